"""Runs and node executions in the database, for reading. Every query is scoped by workspace or by app."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account, ApiKey, EndUser, Member
from treadle.apps.tables import TRIALS, App, AppVersion, Message, NodeExecution, Run

KEYWORD_LENGTH = 30
REPLAYS = 100
"""How many replays of a run are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs of an app or a workspace. Times are microseconds since the epoch, inclusive."""

    workspace_id: str
    app_id: str | None = None
    statuses: tuple[str, ...] = ()
    keyword: str = ""
    created_before: int | None = None
    created_after: int | None = None
    session_id: str | None = None
    account_id: str | None = None
    person: str = ""
    """A part of an end user's session id, or of a member's name."""
    api_key_id: str | None = None
    oldest_first: bool = False
    created_from: str | None = None
    triggered_from: str | None = None
    with_debugging: bool = False


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with what a list shows beside it."""

    run: Run
    app: App
    version: str | None
    end_user: EndUser | None
    account: Account | None
    message: Message | None
    key: ApiKey | None = None
    """The key of the app that was called with, while it is there."""


class LogRepository:
    """The SQL of logs, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def run(self, run_id: str, *, workspace_id: str | None = None, app_id: str | None = None) -> RunRow | None:
        """One run of an app, or of a workspace."""
        query = _rows().where(Run.id == run_id)
        if workspace_id is not None:
            query = query.where(Run.workspace_id == workspace_id)
        if app_id is not None:
            query = query.where(Run.app_id == app_id)
        return next(iter(await self._read(query)), None)

    async def page(self, wanted: RunFilter, *, page: int, limit: int) -> tuple[list[RunRow], int]:
        """A numbered page, newest first, and the number of all runs that match."""
        conditions = _conditions(wanted)
        counting = select(func.count()).select_from(Run)
        if wanted.keyword or wanted.session_id is not None:
            counting = counting.outerjoin(EndUser, EndUser.id == Run.created_by)
        total = (await self._session.execute(counting.where(*conditions))).scalar_one()
        order = (Run.created_at, Run.id) if wanted.oldest_first else (Run.created_at.desc(), Run.id.desc())
        query = _rows().where(*conditions).order_by(*order)
        return await self._read(query.offset((page - 1) * limit).limit(limit)), total

    async def before(self, wanted: RunFilter, *, cursor: tuple[int, str] | None, limit: int) -> list[RunRow]:
        """The newest runs before a cursor of (created_at, id)."""
        query = _rows().where(*_conditions(wanted))
        if cursor is not None:
            at, run_id = cursor
            query = query.where(or_(Run.created_at < at, and_(Run.created_at == at, Run.id < run_id)))
        return await self._read(query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit))

    async def nodes(self, run_id: str) -> list[NodeExecution]:
        """The node executions of a run in the order of their start, attempts that were repeated included."""
        query = (
            select(NodeExecution)
            .where(NodeExecution.run_id == run_id)
            .order_by(NodeExecution.created_at, NodeExecution.node_index, NodeExecution.retry_index)
        )
        return list((await self._session.execute(query)).scalars())

    async def replays(self, run_id: str) -> list[Run]:
        """The runs that repeat this one, newest first."""
        query = select(Run).where(Run.replay_of == run_id).order_by(Run.created_at.desc(), Run.id.desc())
        return list((await self._session.execute(query.limit(REPLAYS))).scalars())

    async def member_by_email(self, workspace_id: str, email: str) -> Account | None:
        """A person of the workspace; addresses known elsewhere are none of its business."""
        query = (
            select(Account)
            .join(Member, Member.account_id == Account.id)
            .where(Member.workspace_id == workspace_id, Account.email == email.lower())
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def _read(self, query: "Select[Run, App, str, EndUser, Account, Message, ApiKey]") -> list[RunRow]:
        return [RunRow(*row) for row in (await self._session.execute(query)).all()]


def _rows() -> "Select[Run, App, str, EndUser, Account, Message, ApiKey]":
    return (
        select(Run, App, AppVersion.version, EndUser, Account, Message, ApiKey)
        .join(App, App.id == Run.app_id)
        .outerjoin(AppVersion, AppVersion.id == Run.version_id)
        .outerjoin(EndUser, and_(EndUser.id == Run.created_by, Run.created_by_role == "end_user"))
        .outerjoin(Account, and_(Account.id == Run.created_by, Run.created_by_role == "account"))
        .outerjoin(Message, Message.id == Run.message_id)
        .outerjoin(ApiKey, ApiKey.id == Run.api_key_id)
    )


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Run.workspace_id == wanted.workspace_id]
    if wanted.app_id is not None:
        conditions.append(Run.app_id == wanted.app_id)
    if not wanted.with_debugging:
        conditions.append(Run.triggered_from.not_in(TRIALS))
    if wanted.statuses:
        conditions.append(Run.status.in_(wanted.statuses))
    if wanted.created_before is not None:
        conditions.append(Run.created_at <= wanted.created_before)
    if wanted.created_after is not None:
        conditions.append(Run.created_at >= wanted.created_after)
    if wanted.account_id is not None:
        conditions += [Run.created_by == wanted.account_id, Run.created_by_role == "account"]
    if wanted.created_from is not None:
        conditions.append(Run.created_from == wanted.created_from)
    if wanted.triggered_from is not None:
        conditions.append(Run.triggered_from == wanted.triggered_from)
    if wanted.api_key_id is not None:
        conditions.append(Run.api_key_id == wanted.api_key_id)
    if wanted.person:
        part = containing(wanted.person)
        users = select(EndUser.id).where(
            EndUser.workspace_id == wanted.workspace_id, EndUser.session_id.ilike(part, escape="\\")
        )
        members = select(Account.id).where(Account.name.ilike(part, escape="\\"))
        conditions.append(
            or_(Run.created_by.in_(users), and_(Run.created_by_role == "account", Run.created_by.in_(members)))
        )
    if wanted.session_id is not None:
        conditions.append(EndUser.session_id == wanted.session_id)
    if wanted.keyword:
        part = containing(wanted.keyword[:KEYWORD_LENGTH])
        conditions.append(
            or_(
                Run.inputs.ilike(part, escape="\\"),
                Run.outputs.ilike(part, escape="\\"),
                EndUser.session_id.ilike(part, escape="\\"),
                Run.id == wanted.keyword,
            )
        )
    return conditions


def containing(text: str) -> str:
    """A pattern that finds `text` anywhere, its wildcards taken as letters; use with `escape="\\\\"`."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
