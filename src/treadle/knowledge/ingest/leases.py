"""Which process works on which document: the database decides, and a lease that is not renewed runs out.

As runs have theirs (apps.running.leases); here a claim is fair between bases, and every step proves that it still
holds the lease in the transaction that writes it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.knowledge.tables import Document
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database, table_of

_log = logging.getLogger(__name__)


class Claim(msgspec.Struct, kw_only=True):
    """A document that this process works on, or soon will. `attempts` counts how often its job was begun since chunks
    of it were last written."""

    document_id: str
    workspace_id: str
    base_id: str
    job: str
    attempts: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What people want of a document, as of a step."""

    is_paused: bool
    searchable: bool
    started_at: int | None
    notice: str | None


class LeaseLost(Exception):
    """The document was given another job, is gone, or belongs to another process now: nothing was written."""


class DocumentLeases:
    """The documents that this process holds."""

    def __init__(self, db: Database, owner: str, *, seconds: float) -> None:
        self.owner = owner
        self._db = db
        self._duration = round(seconds * SECOND)
        self._held: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._on_lost: Callable[[str], None] = lambda _: None

    def start(self, on_lost: Callable[[str], None]) -> None:
        """Renew leases from now on; `on_lost` is told of each document that is another's now."""
        self._on_lost = on_lost
        self._task = asyncio.create_task(self._renew_for_ever(), name="document leases")

    async def close(self) -> None:
        """Stop renewing, and let go of what is held, so that another process need not wait."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._held:
            async with self._db.begin() as connection:
                await connection.execute(
                    update(Document)
                    .where(Document.id.in_(self._held), Document.lease_owner == self.owner)
                    .values(lease_owner=None, lease_until=0)
                )
            self._held.clear()

    async def claim(self, limit: int) -> list[Claim]:
        """At most `limit` documents with a job that nobody works on: those of bases of which least is being worked on
        first, in the order of their positions. No document is given to two processes."""
        now = now_us()
        due = (Document.job.is_not(None), Document.is_paused.is_(False), _free(now))
        async with self._db.connect() as connection:
            candidates = list((await connection.execute(_fairest(now, limit))).scalars())
        if not candidates:
            return []
        async with self._db.begin() as connection:
            free = select(Document.id).where(Document.id.in_(candidates), *due).with_for_update(skip_locked=True)
            ids = list((await connection.execute(free)).scalars())
            if not ids:
                return []
            taken = (
                update(Document)
                .where(Document.id.in_(ids))
                .values(lease_owner=self.owner, lease_until=now + self._duration)
                .returning(
                    Document.id, Document.workspace_id, Document.base_id, Document.job, Document.attempts,
                )
            )  # fmt: skip
            rows = (await connection.execute(taken)).all()
        claims = {
            row.id: Claim(
                document_id=row.id,
                workspace_id=row.workspace_id,
                base_id=row.base_id,
                job=row.job or "",
                attempts=row.attempts,
            )
            for row in rows
        }
        self._held.update(claims)
        return [claims[document_id] for document_id in candidates if document_id in claims]

    async def begin(self, claim: Claim, **values: Any) -> Document:
        """The document, whose job is being done from now on, with `values` written. Raises LeaseLost."""
        begun = (
            update(Document)
            .where(*self._ours(claim))
            .values(lease_until=now_us() + self._duration, attempts=Document.attempts + 1, **values)
            .returning(table_of(Document))
        )
        async with self._db.begin() as connection:
            row = (await connection.execute(begun)).mappings().one_or_none()
        if row is None:
            self._held.discard(claim.document_id)
            raise LeaseLost(claim.document_id)
        document = Document(**row)
        claim.attempts = document.attempts
        return document

    async def next_due(self) -> int | None:
        """When the next document that waits, or whose process may be gone, can be claimed; None without any."""
        query = select(func.min(func.coalesce(Document.lease_until, 0))).where(
            Document.job.is_not(None), Document.is_paused.is_(False), Document.id.not_in(self._held)
        )
        async with self._db.connect() as connection:
            return (await connection.execute(query)).scalar()

    async def hold(self, connection: AsyncConnection, claim: Claim, **values: Any) -> Standing:
        """Write `values` into the document, in the caller's transaction, if it is still ours. Raises LeaseLost."""
        statement = (
            update(Document)
            .where(*self._ours(claim))
            .values({"lease_until": now_us() + self._duration, **values})
            .returning(
                Document.is_paused,
                Document.enabled,
                Document.archived,
                Document.processing_started_at,
                Document.notice,
            )
        )
        row = (await connection.execute(statement)).one_or_none()
        if row is None:
            self._held.discard(claim.document_id)
            raise LeaseLost(claim.document_id)
        return Standing(
            is_paused=row.is_paused,
            searchable=row.enabled and not row.archived,
            started_at=row.processing_started_at,
            notice=row.notice,
        )

    async def step(self, claim: Claim, **values: Any) -> Standing:
        """`hold` in a transaction of its own; the document has got somewhere. Raises LeaseLost."""
        async with self._db.begin() as connection:
            return await self.hold(connection, claim, attempts=0, **values)

    async def done(self, claim: Claim, **values: Any) -> None:
        """The job is over, with `values` as its outcome. Raises LeaseLost."""
        async with self._db.begin() as connection:
            await self.finish(connection, claim, **values)

    async def finish(self, connection: AsyncConnection, claim: Claim, **values: Any) -> Standing:
        """`done`, in the caller's transaction. Raises LeaseLost."""
        standing = await self.hold(
            connection, claim, attempts=0, job=None, lease_owner=None, lease_until=None, **values
        )
        self._held.discard(claim.document_id)
        return standing

    async def hand_on(self, connection: AsyncConnection, claim: Claim, job: str) -> None:
        """The document waits for another job from now on. The caller holds it."""
        await connection.execute(
            update(Document)
            .where(Document.id == claim.document_id, Document.lease_owner == self.owner)
            .values(job=job, lease_owner=None, lease_until=0)
        )
        self._held.discard(claim.document_id)

    async def let_go(self, claim: Claim, *, seconds: float = 0) -> None:
        """Leave the job for whoever comes, not before `seconds` from now."""
        self._held.discard(claim.document_id)
        async with self._db.begin() as connection:
            await connection.execute(
                update(Document)
                .where(Document.id == claim.document_id, Document.lease_owner == self.owner)
                .values(
                    lease_owner=None,
                    lease_until=now_us() + round(seconds * SECOND) if seconds else 0,
                    attempts=claim.attempts if seconds else 0,
                )
            )

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Leave to others what was claimed and not begun."""
        ids = [claim.document_id for claim in claims]
        self._held.difference_update(ids)
        async with self._db.begin() as connection:
            await connection.execute(
                update(Document)
                .where(Document.id.in_(ids), Document.lease_owner == self.owner)
                .values(lease_owner=None, lease_until=0)
            )

    def forget(self, claim: Claim) -> None:
        """The document is gone."""
        self._held.discard(claim.document_id)

    async def renew(self) -> list[str]:
        """Renew all leases in one statement; gives, and forgets, those that were lost."""
        asked = set(self._held)
        if not asked:
            return []
        renewal = (
            update(Document)
            .where(Document.id.in_(asked), Document.lease_owner == self.owner)
            .values(lease_until=now_us() + self._duration)
            .returning(Document.id)
        )
        async with self._db.begin() as connection:
            kept = set((await connection.execute(renewal)).scalars())
        lost = sorted((asked - kept) & self._held)
        self._held.difference_update(lost)
        return lost

    def _ours(self, claim: Claim) -> tuple[Any, ...]:
        return (
            Document.id == claim.document_id,
            Document.workspace_id == claim.workspace_id,
            Document.lease_owner == self.owner,
            Document.job == claim.job,
        )

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._duration / SECOND / 3)
            try:
                lost = await self.renew()
            except (DBAPIError, OSError) as error:
                _log.warning("leases of documents cannot be renewed yet: %s", error)
                continue
            for document_id in lost:
                self._on_lost(document_id)


def _free(now: int) -> Any:
    return or_(Document.lease_until.is_(None), Document.lease_until <= now)


def _fairest(now: int, limit: int) -> Any:
    """The ids of due documents: the first of each base, then the second of each, counting those worked on already."""
    busy = (
        select(Document.base_id, func.count().label("count"))
        .where(Document.job.is_not(None), Document.lease_owner.is_not(None), Document.lease_until > now)
        .group_by(Document.base_id)
        .subquery()
    )
    turn = func.row_number().over(partition_by=Document.base_id, order_by=(Document.position, Document.id))
    waiting = (
        select(Document.id, Document.base_id, Document.created_at, turn.label("turn"))
        .where(Document.job.is_not(None), Document.is_paused.is_(False), _free(now))
        .subquery()
    )
    return (
        select(waiting.c.id)
        .outerjoin(busy, busy.c.base_id == waiting.c.base_id)
        .order_by(waiting.c.turn + func.coalesce(busy.c.count, 0), waiting.c.created_at, waiting.c.id)
        .limit(limit)
    )
