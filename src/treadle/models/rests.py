"""Credentials that rest, known to every process and after a restart.

A credential that was refused is left alone for a while (spec models-and-tools §1.16). The process that found out writes
that down and bumps a topic; the others read it within a second, so that a server of many workers asks a provider that
wants quiet once, not once for each of them.
"""

import asyncio
import logging
from collections.abc import Coroutine

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
)
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us, to_us
from treadle.platform.db import Database, table_of

from .policy import Policy, RestKey
from .tables import ModelRest

TOPIC = "model rests"

_rests = table_of(ModelRest)
_ERRORS = {kind.__name__: kind for kind in (InvokeAuthorizationError, InvokeConnectionError, InvokeRateLimitError)}

_log = logging.getLogger(__name__)


class SharedRests:
    """What the processes tell each other about credentials. Only hints: a database that fails stops no call."""

    def __init__(self, db: Database, policy: Policy) -> None:
        """Takes over `policy.on_rest`."""
        self._db = db
        self._policy = policy
        self._read: set[RestKey] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        policy.on_rest = lambda key, seconds, error: self._begin(self._write(key, seconds, error))

    async def load(self) -> None:
        """Takes what is written now; what is no longer written ends."""
        now = now_us()
        async with self._db.connect() as connection:
            rows = (await connection.execute(select(_rests).where(_rests.c.until > now))).all()
        found: set[RestKey] = set()
        for row in rows:
            key = (row.credential_id, row.model_type, row.model)
            found.add(key)
            self._policy.set_rest(key, (row.until - now) / SECOND, _ERRORS.get(row.error, InvokeError)(row.reason))
        for key in self._read - found:
            self._policy.set_rest(key, 0, None)
        self._read = found

    def on_change(self, topic: str) -> None:
        """For `platform.changes.ChangeWatcher`."""
        if topic == TOPIC:
            self._begin(self.load())

    def forget(self, credential_id: str) -> None:
        """A credential that was changed or removed rests nowhere."""
        self._policy.forget(credential_id)
        self._begin(self._delete(credential_id))

    async def close(self) -> None:
        """Ends when what was told is written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except (DBAPIError, OSError) as error:
            _log.warning("cannot tell the other processes about a credential, or hear of it: %s", error)

    async def _write(self, key: RestKey, seconds: float, error: InvokeError) -> None:
        now = now_us()
        said = {"until": now + to_us(seconds), "error": _kind(error), "reason": str(error)}
        names = dict(zip(("credential_id", "model_type", "model"), key, strict=True))
        row = self._db.insert(ModelRest).values(**names, **said)
        async with self._db.transaction() as session:
            await session.execute(delete(_rests).where(_rests.c.until <= now))
            await session.execute(row.on_conflict_do_update(index_elements=[*names], set_=said))
            await bump(session, TOPIC)

    async def _delete(self, credential_id: str) -> None:
        async with self._db.transaction() as session:
            gone = await session.execute(
                delete(_rests).where(_rests.c.credential_id == credential_id).returning(_rests.c.model)
            )
            if gone.all():
                await bump(session, TOPIC)


def _kind(error: InvokeError) -> str:
    """The class that callers tell apart, also for one derived from it."""
    return next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), InvokeError.__name__)
