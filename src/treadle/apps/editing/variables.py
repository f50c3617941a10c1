"""Values that debug runs leave to the member who ran them: looked at, changed, and read by single steps.

Source: spec workflow-engine §19, console §7.10.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.conversations.service import fits
from treadle.apps.running.masking import Mask, open_json
from treadle.apps.tables import DraftVariable
from treadle.engine.events import Event, NodeFinished, NodeStatus, RunStarted, VariableAssigned
from treadle.engine.values import JsonValue, Value, plain, revive, type_of
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

_log = logging.getLogger(__name__)

SYSTEM = "sys"
CONVERSATION = "conversation"
SHOWN_IN_LISTS = 10_000
"""Characters of a value, as JSON, that lists show."""

_LONGEST_NAME = 255
_NOT_KEPT = frozenset({("llm", "finish_reason"), ("loop", "loop_round")})
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Debugger:
    """Whose values: a member's, in one app."""

    workspace_id: str
    app_id: str
    account_id: str

    @property
    def lock(self) -> str:
        return f"draft variables of {self.app_id} {self.account_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A saved value as it is shown, secrets masked; of one that is `truncated`, the beginning of its JSON."""

    id: str
    scope: str
    name: str
    value_type: str
    value: JsonValue
    truncated: bool
    edited: bool
    size: int
    """Characters of the value as JSON."""
    updated_at: int


class DraftVariables:
    """The saved values of all members."""

    def __init__(self, db: Database, crypto: Crypto) -> None:
        self._db = db
        self._crypto = crypto

    async def page(self, who: Debugger, *, page: int, limit: int) -> tuple[list[Inspected], int]:
        """The outputs of nodes by node and name, long values cut short, and how many there are."""
        mine = (*_of(who), DraftVariable.scope.not_in((SYSTEM, CONVERSATION)))
        async with self._db.session() as session:
            counting = select(func.count()).select_from(DraftVariable).where(*mine)
            total = (await session.execute(counting)).scalar_one()
            return await _listed(session, mine, offset=(page - 1) * limit, limit=limit), total

    async def of_scope(self, who: Debugger, scope: str) -> list[Inspected]:
        """The values of one node, or of `sys` or `conversation`, long ones cut short."""
        async with self._db.session() as session:
            return await _listed(session, (*_of(who), DraftVariable.scope == scope))

    async def read(self, who: Debugger, variable_id: str) -> Inspected:
        """One value whole. Raises NotFound."""
        async with self._db.session() as session:
            return _whole(await _row(session, who, variable_id))

    async def values(self, who: Debugger, scopes: Iterable[str]) -> dict[str, dict[str, Value]]:
        """The values under these scopes as they are, for a run."""
        query = select(DraftVariable).where(*_of(who), DraftVariable.scope.in_(tuple(scopes)))
        found: dict[str, dict[str, Value]] = {}
        async with self._db.session() as session:
            for row in (await session.execute(query)).scalars():
                found.setdefault(row.scope, {})[row.name] = self._opened(row)
        return found

    async def change(self, who: Debugger, variable_id: str, value: Value, *, secrets: Sequence[str]) -> Inspected:
        """Put another value of the same type in the place of one. Raises NotFound and InvalidParam."""
        async with self._db.transaction(lock=who.lock) as session:
            row = await _row(session, who, variable_id)
            if not fits(plain(value), row.value_type) and row.value_type != "none":
                raise InvalidParam(f"`value` must be of type {row.value_type}, not {type_of(value)}.", param="value")
            if not row.edited:
                row.last_value, row.sealed_last_value, row.edited = row.value, row.sealed_value, True
            row.value, row.sealed_value = Mask(self._crypto, secrets).sealing(value, context=_context(row.id))
            row.value_type = str(type_of(value)) if row.value_type == "none" else row.value_type
            row.updated_at = now_us()
            return _whole(row)

    async def put(
        self, who: Debugger, name: str, value_type: str, value: Value, *, default: Value, secrets: Sequence[str]
    ) -> Inspected:
        """Give a conversation variable a value, whether a run has left one or not; `default` is what `reset` goes back
        to when none has. Raises InvalidParam."""
        if not fits(plain(value), value_type):
            raise InvalidParam(f"`value` must be of type {value_type}, not {type_of(value)}.", param="value")
        query = select(DraftVariable).where(*_of(who), DraftVariable.scope == CONVERSATION, DraftVariable.name == name)
        mask = Mask(self._crypto, secrets)
        async with self._db.transaction(lock=who.lock) as session:
            row = (await session.execute(query)).scalar_one_or_none()
            if row is None:
                row = _new_row(who, CONVERSATION, name, default, mask, now_us())
                session.add(row)
            if not row.edited:
                row.last_value, row.sealed_last_value, row.edited = row.value, row.sealed_value, True
            row.value, row.sealed_value = mask.sealing(value, context=_context(row.id))
            row.updated_at = now_us()
            return _whole(row)

    async def reset(self, who: Debugger, variable_id: str) -> Inspected | None:
        """Make a value what the last run left. None when no run left one: then it is gone. Raises NotFound."""
        async with self._db.transaction(lock=who.lock) as session:
            row = await _row(session, who, variable_id)
            if not row.edited:
                return _whole(row)
            if row.last_value is None:
                await session.delete(row)
                return None
            row.value, row.sealed_value = row.last_value, row.sealed_last_value
            row.last_value = row.sealed_last_value = None
            row.edited, row.updated_at = False, now_us()
            return _whole(row)

    async def forget(self, who: Debugger, *, variable_id: str | None = None, scope: str | None = None) -> None:
        """Delete one value, those of a scope, or all. Raises NotFound for one that is not there."""
        async with self._db.transaction(lock=who.lock) as session:
            if variable_id is not None:
                await session.delete(await _row(session, who, variable_id))
                return
            some = () if scope is None else (DraftVariable.scope == scope,)
            await session.execute(delete(DraftVariable).where(*_of(who), *some))

    async def save(
        self,
        who: Debugger,
        scopes: Mapping[str, Mapping[str, Value]],
        conversation: Mapping[str, Value],
        *,
        secrets: Sequence[str],
    ) -> None:
        """Keep what a run left: everything under each of `scopes` anew, and the conversation variables that changed."""
        if not scopes and not conversation:
            return
        mask, now = Mask(self._crypto, secrets), now_us()
        async with self._db.transaction(lock=who.lock) as session:
            if scopes:
                gone = delete(DraftVariable).where(*_of(who), DraftVariable.scope.in_(tuple(scopes)))
                await session.execute(gone)
            if conversation:
                changed = (DraftVariable.scope == CONVERSATION, DraftVariable.name.in_(tuple(conversation)))
                await session.execute(delete(DraftVariable).where(*_of(who), *changed))
            for scope, values in {**scopes, CONVERSATION: conversation}.items():
                session.add_all(
                    _new_row(who, scope, name, value, mask, now)
                    for name, value in values.items()
                    if len(scope) <= _LONGEST_NAME and len(name) <= _LONGEST_NAME
                )

    def _opened(self, row: DraftVariable) -> Value:
        return revive(open_json(row.value, row.sealed_value, self._crypto, context=_context(row.id)))


class Trail:
    """Collects what a debug run leaves: `watch` every event, then `keep`."""

    def __init__(self, variables: DraftVariables, who: Debugger, secrets: Sequence[str]) -> None:
        self._variables = variables
        self._who = who
        self._secrets = secrets
        self._scopes: dict[str, dict[str, Value]] = {}
        self._conversation: dict[str, Value] = {}

    def watch(self, event: Event) -> None:
        """Note an event; those of nodes inside containers matter only where they write variables."""
        match event:
            case RunStarted():
                system = {k.removeprefix("sys."): v for k, v in event.inputs.items() if k.startswith("sys.")}
                self._scopes[SYSTEM] = system
            case NodeFinished(container=None, status=NodeStatus.SUCCEEDED | NodeStatus.EXCEPTION):
                self._scopes[event.node_id] = {
                    name: value
                    for name, value in event.outputs.items()
                    if not name.startswith("sys.") and (event.node_type, name) not in _NOT_KEPT
                }
            case VariableAssigned():
                self._conversation[event.name] = event.value
            case _:
                pass

    async def keep(self) -> None:
        """Save what was left. A database that fails costs the values, not the run that left them."""
        try:
            await self._variables.save(self._who, self._scopes, self._conversation, secrets=self._secrets)
        except (DBAPIError, OSError) as error:
            _log.warning("the values of a debug run of app %s are lost: %s", self._who.app_id, error)

    def without_system(self) -> "Trail":
        """The same, for a single step, which leaves the system variables of the last run alone."""
        self._scopes.pop(SYSTEM, None)
        return self


def _of(who: Debugger) -> tuple[ColumnElement[bool], ...]:
    return (
        DraftVariable.workspace_id == who.workspace_id,
        DraftVariable.app_id == who.app_id,
        DraftVariable.account_id == who.account_id,
    )


def _context(variable_id: str) -> str:
    return f"draft_variables/{variable_id}"


def _new_row(who: Debugger, scope: str, name: str, value: Value, mask: Mask, now: int) -> DraftVariable:
    variable_id = new_id()
    recorded = mask.sealing(value, context=_context(variable_id))
    return DraftVariable(
        id=variable_id,
        workspace_id=who.workspace_id,
        app_id=who.app_id,
        account_id=who.account_id,
        scope=scope,
        name=name,
        value_type=str(type_of(value)),
        value=recorded.text,
        sealed_value=recorded.sealed,
        edited=False,
        created_at=now,
        updated_at=now,
    )


async def _row(session: AsyncSession, who: Debugger, variable_id: str) -> DraftVariable:
    query = select(DraftVariable).where(*_of(who), DraftVariable.id == variable_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such value.")
    return row


async def _listed(
    session: AsyncSession,
    conditions: Sequence[ColumnElement[bool]],
    *,
    offset: int = 0,
    limit: int | None = None,
) -> list[Inspected]:
    """The values, of which no more is read than is shown."""
    query = (
        select(
            DraftVariable.id,
            DraftVariable.scope,
            DraftVariable.name,
            DraftVariable.value_type,
            func.substr(DraftVariable.value, 1, SHOWN_IN_LISTS),
            func.length(DraftVariable.value),
            DraftVariable.edited,
            DraftVariable.updated_at,
        )
        .where(*conditions)
        .order_by(DraftVariable.scope, DraftVariable.name)
        .offset(offset)
    )
    rows = await session.execute(query if limit is None else query.limit(limit))
    return [
        Inspected(
            id=variable_id,
            scope=scope,
            name=name,
            value_type=value_type,
            value=text if size > SHOWN_IN_LISTS else _decode(text),
            truncated=size > SHOWN_IN_LISTS,
            edited=edited,
            size=size,
            updated_at=updated_at,
        )
        for variable_id, scope, name, value_type, text, size, edited, updated_at in rows
    ]


def _whole(row: DraftVariable) -> Inspected:
    return Inspected(
        id=row.id,
        scope=row.scope,
        name=row.name,
        value_type=row.value_type,
        value=_decode(row.value),
        truncated=False,
        edited=row.edited,
        size=len(row.value),
        updated_at=row.updated_at,
    )
