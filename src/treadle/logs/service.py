"""Reading runs: for the API, the console and the terminal."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import msgspec

from treadle.apps.tables import NodeExecution, Run
from treadle.logs.repository import LogRepository, RunFilter, RunRow
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run, node by node, and the runs that repeat it."""

    row: RunRow
    nodes: list[NodeExecution]
    replays: list[Run]


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A node that asked a model: the messages it sent, and the usage it was told."""

    node: NodeExecution
    provider: str
    model: str
    prompts: list[dict[str, Any]]
    usage: dict[str, Any]


class LogService:
    """`settled` waits until records written behind can be read."""

    def __init__(self, db: Database, settled: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._settled = settled

    async def run(self, run_id: str, *, workspace_id: str | None = None, app_id: str | None = None) -> RunRow:
        """Raises NotFound."""
        await self._settled()
        async with self._db.session() as session:
            row = await LogRepository(session).run(run_id, workspace_id=workspace_id, app_id=app_id)
        if row is None:
            raise NotFound("There is no such run.")
        return row

    async def detail(self, run_id: str, *, workspace_id: str) -> RunDetail:
        """Raises NotFound."""
        row = await self.run(run_id, workspace_id=workspace_id)
        async with self._db.session() as session:
            repository = LogRepository(session)
            return RunDetail(row, await repository.nodes(run_id), await repository.replays(run_id))

    async def model_calls(self, run_id: str) -> list[ModelCall]:
        """What the nodes of a run sent to models, in the order of their start."""
        await self._settled()
        async with self._db.session() as session:
            nodes = await LogRepository(session).nodes(run_id)
        return [call for node in nodes if (call := _model_call(node))]

    async def page(
        self, wanted: RunFilter, *, page: int, limit: int, account_email: str | None = None
    ) -> tuple[list[RunRow], int]:
        """A numbered page and the total. Raises InvalidParam for an unknown account."""
        await self._settled()
        async with self._db.session() as session:
            repository = LogRepository(session)
            if account_email is not None:
                account = await repository.member_by_email(wanted.workspace_id, account_email)
                if account is None:
                    raise InvalidParam("There is no account with this address.", param="created_by_account")
                wanted = replace(wanted, account_id=account.id)
            return await repository.page(wanted, page=page, limit=limit)

    async def every(self, wanted: RunFilter) -> AsyncGenerator[RunRow, None]:
        """All runs that match, one after the other."""
        await self._settled()
        for page in count(1):
            async with self._db.session() as session:
                rows, _ = await LogRepository(session).page(wanted, page=page, limit=_AT_ONCE)
            for row in rows:
                yield row
            if len(rows) < _AT_ONCE:
                return

    async def newest(
        self, wanted: RunFilter, *, cursor: str | None = None, limit: int = 50
    ) -> tuple[list[RunRow], str]:
        """The newest runs behind `cursor`, and the cursor of the next page (empty at the end). Raises InvalidParam."""
        await self._settled()
        async with self._db.session() as session:
            rows = await LogRepository(session).before(wanted, cursor=_read_cursor(cursor), limit=limit + 1)
        more = len(rows) > limit
        last = rows[limit - 1].run if more else None
        return rows[:limit], f"{last.created_at}.{last.id}" if last else ""


class _Process(msgspec.Struct):
    """What nodes that ask models note in their process data."""

    prompts: list[dict[str, Any]] | None = None
    model_provider: str | None = None
    model_name: str | None = None
    usage: dict[str, Any] | None = None


def _model_call(node: NodeExecution) -> ModelCall | None:
    if not node.process_data:
        return None
    try:
        process = msgspec.json.decode(node.process_data, type=_Process)
    except msgspec.ValidationError:
        return None  # another node's use of these names
    if not process.prompts:
        return None
    return ModelCall(node, process.model_provider or "", process.model_name or "", process.prompts, process.usage or {})


def _read_cursor(cursor: str | None) -> tuple[int, str] | None:
    if not cursor:
        return None
    at, _, run_id = cursor.partition(".")
    if not at.isdigit() or not run_id:
        raise InvalidParam("`cursor` is not one that this list gave.", param="cursor")
    return int(at), run_id
