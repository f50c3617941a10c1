"""The SQL of annotations. Everything is scoped by workspace and app."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from treadle.accounts.tables import Account
from treadle.apps.tables import Message
from treadle.platform.ids import new_id

from .files import Pair
from .tables import OPEN, Annotation, AnnotationHit, AnnotationJob, AnnotationSetting
from .texts import question_key

_AT_ONCE = 500


class AnnotationRepository:
    """The annotations of one app, within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str, app_id: str) -> None:
        self._session = session
        self.workspace_id = workspace_id
        self.app_id = app_id
        self._mine = (Annotation.workspace_id == workspace_id, Annotation.app_id == app_id)

    async def page(self, keyword: str, *, offset: int, limit: int) -> tuple[list[Annotation], int]:
        """Those with `keyword` in question or answer, the newest first, and how many there are in all."""
        conditions: list[ColumnElement[bool]] = [*self._mine]
        if keyword:
            part = f"%{_escaped(keyword)}%"
            conditions.append(
                or_(Annotation.question.ilike(part, escape="\\"), Annotation.answer.ilike(part, escape="\\"))
            )
        total = await self._session.scalar(select(func.count()).select_from(Annotation).where(*conditions))
        query = select(Annotation).where(*conditions).order_by(Annotation.created_at.desc(), Annotation.id.desc())
        rows = await self._session.scalars(query.offset(offset).limit(limit))
        return list(rows), total or 0

    async def behind(self, last: tuple[int, str] | None, limit: int) -> list[Annotation]:
        """The next ones after a place, the oldest first."""
        query = select(Annotation).where(*self._mine).order_by(Annotation.created_at, Annotation.id).limit(limit)
        if last is not None:
            at, annotation_id = last
            later = Annotation.created_at > at
            query = query.where(or_(later, (Annotation.created_at == at) & (Annotation.id > annotation_id)))
        return list(await self._session.scalars(query))

    async def one(self, annotation_id: str) -> Annotation | None:
        query = select(Annotation).where(Annotation.id == annotation_id, *self._mine)
        return (await self._session.scalars(query)).one_or_none()

    async def of_messages(self, message_ids: Sequence[str]) -> list[Annotation]:
        """Those made from these answers."""
        query = select(Annotation).where(Annotation.message_id.in_(message_ids[:_AT_ONCE]), *self._mine)
        return list(await self._session.scalars(query))

    async def same(self, key: str) -> Annotation | None:
        """The one that was changed last of those whose question has this key."""
        query = select(Annotation).where(Annotation.question_key == key, *self._mine)
        newest = query.order_by(Annotation.updated_at.desc(), Annotation.id.desc()).limit(1)
        return (await self._session.scalars(newest)).first()

    async def names(self, account_ids: Sequence[str]) -> dict[str, str]:
        """What accounts are called."""
        rows = await self._session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
        return {row.id: row.name for row in rows}

    async def message(self, message_id: str) -> Message | None:
        """An answer of this app."""
        query = select(Message).where(
            Message.id == message_id, Message.app_id == self.app_id, Message.workspace_id == self.workspace_id
        )
        return (await self._session.scalars(query)).one_or_none()

    def add(self, pair: Pair, *, account_id: str | None, now: int) -> Annotation:
        """A new one; the caller's session writes it."""
        row = Annotation(
            id=new_id(),
            workspace_id=self.workspace_id,
            app_id=self.app_id,
            question=pair.question,
            answer=pair.answer,
            question_key=question_key(pair.question),
            hit_count=0,
            created_by=account_id,
            created_at=now,
            updated_at=now,
        )
        self._session.add(row)
        return row

    async def store(self, pairs: Sequence[Pair], *, account_id: str | None, now: int) -> None:
        """Keep pairs; a question that is there already gets the new answer."""
        keys = [question_key(pair.question) for pair in pairs]
        query = select(Annotation).where(Annotation.question_key.in_(keys), *self._mine)
        known = {row.question_key: row for row in await self._session.scalars(query.order_by(Annotation.updated_at))}
        for key, pair in zip(keys, pairs, strict=True):
            row = known.get(key)
            if row is None:
                known[key] = self.add(pair, account_id=account_id, now=now)
            elif row.answer != pair.answer:
                row.answer, row.updated_at = pair.answer, now

    async def remove(self, annotation_ids: Sequence[str] | None) -> list[str]:
        """Delete these, or all; gives the ids of those that were there."""
        gone: list[str] = []
        if annotation_ids is None:
            gone += await self._session.scalars(delete(Annotation).where(*self._mine).returning(Annotation.id))
            return gone
        for at in range(0, len(annotation_ids), _AT_ONCE):
            some = annotation_ids[at : at + _AT_ONCE]
            query = delete(Annotation).where(Annotation.id.in_(some), *self._mine).returning(Annotation.id)
            gone += await self._session.scalars(query)
        return gone

    async def hits(self, annotation_id: str, *, offset: int, limit: int) -> tuple[list[AnnotationHit], int]:
        """What an annotation answered, the newest first, and how many there are in all."""
        mine = (AnnotationHit.annotation_id == annotation_id, AnnotationHit.app_id == self.app_id)
        total = await self._session.scalar(select(func.count()).select_from(AnnotationHit).where(*mine))
        query = select(AnnotationHit).where(*mine).order_by(AnnotationHit.created_at.desc(), AnnotationHit.id.desc())
        return list(await self._session.scalars(query.offset(offset).limit(limit))), total or 0

    async def hits_of_messages(self, message_ids: Sequence[str]) -> list[AnnotationHit]:
        """The hits that gave these answers."""
        query = select(AnnotationHit).where(
            AnnotationHit.app_id == self.app_id, AnnotationHit.message_id.in_(message_ids[:_AT_ONCE])
        )
        return list(await self._session.scalars(query))

    async def setting(self) -> AnnotationSetting | None:
        query = select(AnnotationSetting).where(
            AnnotationSetting.app_id == self.app_id, AnnotationSetting.workspace_id == self.workspace_id
        )
        return (await self._session.scalars(query)).one_or_none()

    async def to_index(self, generation: int, limit: int) -> list[Annotation]:
        """Some that are not in this generation of the index."""
        query = select(Annotation).where(*self._mine, _missing(generation)).order_by(Annotation.id).limit(limit)
        return list(await self._session.scalars(query))

    async def count_to_index(self, generation: int) -> int:
        query = select(func.count()).select_from(Annotation).where(*self._mine, _missing(generation))
        return await self._session.scalar(query) or 0

    async def indexed(self, rows: Sequence[Annotation], generation: int) -> None:
        """These are in that generation, unless their questions have changed since they were read."""
        for row in rows:
            same = (Annotation.id == row.id, Annotation.question_key == row.question_key)
            await self._session.execute(update(Annotation).where(*same).values(generation=generation))

    async def leave(self, generation: int | None) -> None:
        """None is in this generation any more, or in any."""
        conditions = [*self._mine]
        if generation is not None:
            conditions.append(Annotation.generation == generation)
        await self._session.execute(update(Annotation).where(*conditions).values(generation=None))

    async def open_job(self, *kinds: str) -> AnnotationJob | None:
        """The oldest of these kinds that is not at its end."""
        query = select(AnnotationJob).where(
            *self._jobs(), AnnotationJob.kind.in_(kinds), AnnotationJob.status.in_(OPEN)
        )
        return (await self._session.scalars(query.order_by(AnnotationJob.created_at).limit(1))).first()

    async def job(self, job_id: str, *kinds: str) -> AnnotationJob | None:
        query = select(AnnotationJob).where(AnnotationJob.id == job_id, *self._jobs(), AnnotationJob.kind.in_(kinds))
        return (await self._session.scalars(query)).one_or_none()

    async def forget_jobs(self, before: int) -> None:
        """Those that ended before this time."""
        old = (*self._jobs(), AnnotationJob.finished_at.is_not(None), AnnotationJob.finished_at < before)
        await self._session.execute(delete(AnnotationJob).where(*old))

    async def forget_all_jobs(self) -> None:
        await self._session.execute(delete(AnnotationJob).where(*self._jobs()))

    async def imports_since(self, since: int) -> list[int]:
        """When the workspace began imports since then, the oldest first."""
        query = select(AnnotationJob.created_at).where(
            AnnotationJob.workspace_id == self.workspace_id,
            AnnotationJob.kind == "import",
            AnnotationJob.created_at >= since,
        )
        return list(await self._session.scalars(query.order_by(AnnotationJob.created_at)))

    async def open_imports(self) -> int:
        """Imports of the workspace that go on."""
        query = select(func.count()).where(
            AnnotationJob.workspace_id == self.workspace_id,
            AnnotationJob.kind == "import",
            AnnotationJob.status.in_(OPEN),
        )
        return await self._session.scalar(query) or 0

    def _jobs(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return AnnotationJob.workspace_id == self.workspace_id, AnnotationJob.app_id == self.app_id


async def all_settings(session: AsyncSession) -> list[AnnotationSetting]:
    """Of all apps of all workspaces, for the process that runs them."""
    return list(await session.scalars(select(AnnotationSetting)))


async def claimed(session: AsyncSession, owner: str, *, now: int, until: int) -> AnnotationJob | None:
    """The oldest job that nobody works on, of an app of which no other job is worked on; it is `owner`'s from then
    on."""
    other = aliased(AnnotationJob)
    busy = exists().where(
        other.app_id == AnnotationJob.app_id,
        other.id != AnnotationJob.id,
        other.status == "processing",
        other.lease_until > now,
    )
    free = or_(AnnotationJob.lease_until.is_(None), AnnotationJob.lease_until <= now)
    query = select(AnnotationJob).where(AnnotationJob.status.in_(OPEN), free, ~busy)
    oldest = query.order_by(AnnotationJob.created_at, AnnotationJob.id).limit(1).with_for_update(skip_locked=True)
    row = (await session.scalars(oldest)).first()
    if row is not None:
        row.status, row.lease_owner, row.lease_until = "processing", owner, until
    return row


async def next_due(session: AsyncSession) -> int | None:
    """When something can be claimed; None when there is nothing to do."""
    due = func.min(func.coalesce(AnnotationJob.lease_until, 0))
    return await session.scalar(select(due).where(AnnotationJob.status.in_(OPEN)))


def _missing(generation: int) -> ColumnElement[bool]:
    return or_(Annotation.generation.is_(None), Annotation.generation != generation)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
