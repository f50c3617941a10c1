"""What was run of a draft, for the people who edit it. Source: spec workflow-engine §19, console §7.10."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select, and_, or_, select

from treadle.accounts.tables import Account
from treadle.apps.editing.variables import Debugger
from treadle.apps.tables import TRIALS, Message, NodeExecution, Run, TriggeredFrom
from treadle.engine.values import JsonValue
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound

_WHOLE = (TriggeredFrom.DEBUGGING, TriggeredFrom.PIPELINE_DEBUGGING)
_ALONE = (TriggeredFrom.SINGLE_STEP,)


@dataclass(frozen=True, slots=True)
class DebugRun:
    """A run of a draft, who started it, and its message in a chat."""

    run: Run
    account: Account | None
    message: Message | None


class DebugHistory:
    """Runs and steps of drafts. `settled` waits until records written behind can be read."""

    def __init__(self, db: Database, settled: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._settled = settled

    async def runs(
        self, workspace_id: str, app_id: str, *, limit: int, last_id: str | None = None, alone: bool = False
    ) -> tuple[list[DebugRun], bool]:
        """The newest debug runs of an app behind `last_id`, and whether there are more. Raises NotFound.

        `alone`: those of single containers, else those of the whole draft.
        """
        await self._settled()
        of_app = (
            Run.workspace_id == workspace_id,
            Run.app_id == app_id,
            Run.triggered_from.in_(_ALONE if alone else _WHOLE),
        )
        query = _runs().where(*of_app).order_by(Run.created_at.desc(), Run.id.desc()).limit(limit + 1)
        async with self._db.session() as session:
            if last_id is not None:
                last = (await session.execute(select(Run).where(*of_app, Run.id == last_id))).scalar_one_or_none()
                if last is None:
                    raise NotFound("There is no such run.")
                same = and_(Run.created_at == last.created_at, Run.id < last.id)
                query = query.where(or_(Run.created_at < last.created_at, same))
            rows = [DebugRun(*row) for row in (await session.execute(query)).all()]
        return rows[:limit], len(rows) > limit

    async def run(self, workspace_id: str, app_id: str, run_id: str) -> DebugRun:
        """One run of an app, of a draft or not. Raises NotFound."""
        await self._settled()
        query = _runs().where(Run.workspace_id == workspace_id, Run.app_id == app_id, Run.id == run_id)
        async with self._db.session() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            raise NotFound("There is no such run.")
        return DebugRun(*row)

    async def nodes(self, run_id: str) -> Sequence[NodeExecution]:
        """The node executions of a run in the order of their start, repeated attempts included."""
        query = (
            select(NodeExecution)
            .where(NodeExecution.run_id == run_id)
            .order_by(NodeExecution.created_at, NodeExecution.node_index, NodeExecution.retry_index)
        )
        async with self._db.session() as session:
            return (await session.execute(query)).scalars().all()

    async def step(self, who: Debugger, row_id: str) -> NodeExecution:
        """A single step by the id of its record. Raises NotFound."""
        async with self._db.session() as session:
            row = await session.get(NodeExecution, row_id)
        if row is None or (row.workspace_id, row.app_id) != (who.workspace_id, who.app_id):
            raise NotFound("There is no such step.")
        return row

    async def last(self, who: Debugger, node_id: str) -> NodeExecution:
        """The last time that this member ran a node: alone, or in a run of the draft. Raises NotFound."""
        await self._settled()
        mine = (
            NodeExecution.workspace_id == who.workspace_id,
            NodeExecution.app_id == who.app_id,
            NodeExecution.created_by == who.account_id,
            NodeExecution.node_id == node_id,
            NodeExecution.status != "retry",
        )
        alone = select(NodeExecution).where(*mine, NodeExecution.run_id.is_(None))
        whole = (
            select(NodeExecution)
            .join(Run, Run.id == NodeExecution.run_id)
            .where(
                *mine,
                Run.app_id == who.app_id,
                Run.triggered_from.in_(TRIALS),
            )
        )
        found: list[NodeExecution] = []
        async with self._db.session() as session:
            for query in (alone, whole):
                newest = query.order_by(NodeExecution.created_at.desc(), NodeExecution.id.desc()).limit(1)
                found += (await session.execute(newest)).scalars()
        if not found:
            raise NotFound("This node has not been run yet.")
        return max(found, key=lambda row: row.created_at)

    async def given(self, row: NodeExecution) -> dict[str, JsonValue] | None:
        """What a container was given that ran alone as a run of its own; None for any other execution."""
        if row.run_id is None:
            return None
        alone = select(Run.inputs).where(Run.id == row.run_id, Run.triggered_from == TriggeredFrom.SINGLE_STEP)
        async with self._db.session() as session:
            text = await session.scalar(alone)
        if text is None:
            return None
        inputs = msgspec.json.decode(text, type=dict[str, Any])
        return {name: value for name, value in inputs.items() if not name.startswith("sys.")}


def _runs() -> Select[Run, Account, Message]:
    return (
        select(Run, Account, Message)
        .outerjoin(Account, and_(Account.id == Run.created_by, Run.created_by_role == "account"))
        .outerjoin(Message, Message.id == Run.message_id)
    )
