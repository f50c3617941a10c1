"""Answers for runs that wait, kept in the rows of the nodes that they are for.

A node may be answered before its whole run has paused: the answer is then found when it does. The first answer stands.
Source: spec workflow-engine §24.
"""

import asyncio
import time
from collections.abc import Mapping

import msgspec
from sqlalchemy import ColumnElement, exists, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.apps.running.checkpoints import container_of
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.tables import NodeExecution, Run
from treadle.engine.events import PauseKey
from treadle.engine.past import Answer
from treadle.platform.clock import now_us
from treadle.platform.db import Database

_PAUSED = "paused"
_WRITTEN_WITHIN = 2.0
"""Seconds within which a node that waits has its row, whichever process runs it."""


class Pauses:
    """What waits, and what it waits for."""

    def __init__(self, db: Database, leases: LeaseKeeper) -> None:
        self._db = db
        self._leases = leases

    async def keep(self, run_id: str, answers: Mapping[PauseKey, Answer]) -> bool:
        """Keep answers for nodes of a run, all or none: none when one of them does not wait (any more)."""
        deadline = time.monotonic() + _WRITTEN_WITHIN
        while not await self._kept(run_id, answers):
            if time.monotonic() > deadline or not await self._in_progress(run_id):
                return False
            await asyncio.sleep(0.1)
        return True

    async def claim_answered(self, run_id: str) -> bool:
        """Take over a paused run if one of its nodes has an answer; False for any other run. No run is given to two
        processes."""
        answered = exists().where(
            NodeExecution.run_id == run_id, NodeExecution.status == _PAUSED, NodeExecution.answer.is_not(None)
        )
        return await self._claim(run_id, answered)

    async def claim(self, run_id: str) -> bool:
        """Take over a paused run, answered or not; False for any other run."""
        return await self._claim(run_id, true())

    async def _claim(self, run_id: str, condition: ColumnElement[bool]) -> bool:
        claim = (
            update(Run)
            .where(Run.id == run_id, Run.status == _PAUSED, condition)
            .values(
                status="running",
                lease_owner=self._leases.owner,
                lease_until=now_us() + self._leases.duration_us,
            )
            .returning(Run.id)
        )
        async with self._db.begin() as connection:
            return (await connection.execute(claim)).scalar_one_or_none() is not None

    async def _in_progress(self, run_id: str) -> bool:
        wanted = select(Run.status).where(Run.id == run_id)
        async with self._db.connect() as connection:
            return (await connection.execute(wanted)).scalar_one_or_none() in (None, "running")

    async def _kept(self, run_id: str, answers: Mapping[PauseKey, Answer]) -> bool:
        async with self._db.begin() as connection:
            waiting = await self._waiting(connection, run_id)
            if not answers.keys() <= waiting.keys():
                return False
            for key, answer in answers.items():
                keeping = (
                    update(NodeExecution)
                    .where(
                        NodeExecution.id == waiting[key],
                        NodeExecution.status == _PAUSED,
                        NodeExecution.answer.is_(None),
                    )
                    .values(answer=msgspec.json.encode(answer).decode())
                    .returning(NodeExecution.id)
                )
                if (await connection.execute(keeping)).scalar_one_or_none() is None:
                    await connection.rollback()
                    return False
            return True

    async def _waiting(self, connection: AsyncConnection, run_id: str) -> dict[PauseKey, str]:
        """The rows of nodes that wait and have no answer yet."""
        wanted = select(NodeExecution.__table__).where(
            NodeExecution.run_id == run_id, NodeExecution.status == _PAUSED, NodeExecution.answer.is_(None)
        )
        found: dict[PauseKey, str] = {}
        for row in (await connection.execute(wanted)).mappings():
            container = container_of(row)
            found[PauseKey(row["node_id"], container.path if container else ())] = row["id"]
        return found
