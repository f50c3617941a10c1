"""Credentials of built-in providers: several by name, one of them the default. Source: spec models-and-tools §4.2."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from treadle.engine.errors import NodeError
from treadle.engine.values import JsonValue
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, NotFound

from .builtin.provider import BuiltinProvider
from .json_text import read_map, write_json
from .kept import Kept
from .repository import ToolRepository
from .secret_values import Seal, masked, restored
from .tables import ToolCredential
from .topic import TOOLS_TOPIC

MAX_PER_PROVIDER: Final = 100
_MAX_NAME: Final = 255

Check: TypeAlias = Callable[[str, BuiltinProvider, Mapping[str, JsonValue]], Awaitable[None]]
"""Makes a real call with the credentials of a workspace."""


ListProviders: TypeAlias = Callable[[], Mapping[str, BuiltinProvider]]
"""The built-in providers by name. Their files are read when they are first asked for."""


class CredentialInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A stored credential, its secrets masked."""

    id: str
    provider: str
    name: str
    credential_type: str
    is_default: bool
    credentials: dict[str, JsonValue]
    created_at: int


class CredentialService:
    """The credentials of all workspaces; every call names the workspace."""

    def __init__(self, db: Database, crypto: Crypto, providers: ListProviders, check: Check) -> None:
        """`check` raises what the call raises that it makes."""
        self._db = db
        self._seal = Seal(crypto, "tool_credentials")
        self._list = providers
        self._check = check
        self._kept: Kept[str, list[tuple[ToolCredential, dict[str, JsonValue]]]] = Kept()

    def forget(self) -> None:
        """Drop what is kept in memory: credentials have changed."""
        self._kept.forget()

    async def list_credentials(self, workspace_id: str, provider: str | None = None) -> list[CredentialInfo]:
        """Those of one provider or of all, the default one first."""
        rows = [each for each in await self._rows(workspace_id) if provider in (None, each[0].provider)]
        return [self._info(*each) for each in sorted(rows, key=lambda each: not each[0].is_default)]

    async def add(
        self,
        workspace_id: str,
        provider: str,
        values: Mapping[str, JsonValue],
        *,
        name: str = "",
        default: bool = False,
        check: bool = True,
        account_id: str | None = None,
    ) -> CredentialInfo:
        """Keep credentials that fit the provider's form and, with `check`, work. The first ones are the default.

        Raises NotFound, InvalidParam and Conflict.
        """
        found = self._provider(provider)
        existing = [row for row, _ in await self._rows(workspace_id) if row.provider == provider]
        if len(existing) >= MAX_PER_PROVIDER:
            raise Conflict(f"{provider} has {MAX_PER_PROVIDER} credentials already; remove one first.")
        names = {row.name for row in existing}
        name = name.strip()[:_MAX_NAME] or _free_name(names)
        if name in names:
            raise _taken(provider, name)
        kept = await self._accepted(workspace_id, found, values, {}, check=check)
        row_id, now = new_id(), now_us()
        row = ToolCredential(
            id=row_id,
            workspace_id=workspace_id,
            provider=provider,
            name=name,
            credential_type="api-key",
            config=write_json(self._seal.sealed(kept, _secrets(found), workspace_id, row_id)),
            is_default=default or not existing,
            created_by=account_id,
            created_at=now,
            updated_at=now,
        )
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            await repository.add(row, _taken(provider, name))
            if row.is_default:
                await repository.make_default(provider, row_id)
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row, kept)

    async def update(
        self,
        workspace_id: str,
        credential_id: str,
        values: Mapping[str, JsonValue] | None = None,
        *,
        name: str | None = None,
        check: bool = True,
    ) -> CredentialInfo:
        """Change values or name; a secret that comes back as its mask stays.

        Raises NotFound, InvalidParam and Conflict.
        """
        row, stored = await self._row(workspace_id, credential_id)
        found = self._provider(row.provider)
        kept = stored if values is None else await self._accepted(workspace_id, found, values, stored, check=check)
        name = row.name if name is None else name.strip()[:_MAX_NAME] or row.name
        for other, _ in await self._rows(workspace_id):
            if other.provider == row.provider and other.id != row.id and other.name == name:
                raise _taken(row.provider, name)
        async with self._db.transaction() as session:
            changed = await ToolRepository(session, workspace_id).credential(credential_id)
            if changed is None:
                raise _no_credentials()
            changed.name = name
            changed.config = write_json(self._seal.sealed(kept, _secrets(found), workspace_id, credential_id))
            changed.updated_at = now_us()
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(changed, kept)

    async def remove(self, workspace_id: str, credential_id: str) -> None:
        """Forget credentials; the oldest others of the provider become the default. Raises NotFound."""
        row, _ = await self._row(workspace_id, credential_id)
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            await repository.delete_credential(credential_id)
            left = await repository.credentials(row.provider)
            if left and not any(each.is_default for each in left):
                await repository.make_default(row.provider, left[0].id)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def set_default(self, workspace_id: str, credential_id: str) -> None:
        """Make these the ones that calls without a choice use. Raises NotFound."""
        row, _ = await self._row(workspace_id, credential_id)
        async with self._db.transaction() as session:
            await ToolRepository(session, workspace_id).make_default(row.provider, credential_id)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def opened(
        self, workspace_id: str, provider: str, credential_id: str | None = None
    ) -> dict[str, JsonValue] | None:
        """Plain credentials for a call: those chosen, else the default ones; None where there are none."""
        rows = [each for each in await self._rows(workspace_id) if each[0].provider == provider]
        if credential_id is not None:
            return next((values for row, values in rows if row.id == credential_id), None)
        rows.sort(key=lambda each: not each[0].is_default)
        return rows[0][1] if rows else None

    async def _accepted(
        self,
        workspace_id: str,
        provider: BuiltinProvider,
        values: Mapping[str, JsonValue],
        stored: Mapping[str, JsonValue],
        *,
        check: bool,
    ) -> dict[str, JsonValue]:
        """The fields of the form, with defaults, checked. Raises InvalidParam."""
        form = provider.credentials_for_provider
        if not form:
            raise InvalidParam(f"{provider.name} needs no credentials.")
        if unknown := sorted(set(values) - set(form)):
            raise InvalidParam(f"{provider.name} has no credential {unknown[0]}; it has {', '.join(form)}.")
        merged = restored(values, stored, _secrets(provider))
        kept: dict[str, JsonValue] = {}
        for name, field in form.items():
            value = merged.get(name)
            if value is None or value == "":
                value = field.default
            if value is None or value == "":
                if field.required:
                    raise InvalidParam(f"The credential {name} is missing; give it as {name}=...", param=name)
                continue
            if field.type == "boolean":
                value = str(value).strip().lower() in ("true", "yes", "y", "1")
            elif not isinstance(value, str):
                value = str(value)
            if field.type == "select" and field.options:
                offered = [option.value for option in field.options]
                if value not in offered:
                    raise InvalidParam(f"The credential {name} must be one of {', '.join(offered)}.", param=name)
            kept[name] = value
        if check:
            try:
                await self._check(workspace_id, provider, kept)
            except NodeError as error:
                raise InvalidParam(f"The credentials of {provider.name} do not work: {error}") from error
        return kept

    def _provider(self, name: str) -> BuiltinProvider:
        if name not in self._list():
            raise NotFound(f"There is no tool provider {name}; see `treadle tool list`.")
        return self._list()[name]

    async def _rows(self, workspace_id: str) -> list[tuple[ToolCredential, dict[str, JsonValue]]]:
        async def read() -> list[tuple[ToolCredential, dict[str, JsonValue]]]:
            async with self._db.session() as session:
                stored = await ToolRepository(session, workspace_id).credentials()
            return [(row, self._values(row)) for row in stored]

        return list(await self._kept.get(workspace_id, read) or [])

    async def _row(self, workspace_id: str, credential_id: str) -> tuple[ToolCredential, dict[str, JsonValue]]:
        for row, values in await self._rows(workspace_id):
            if row.id == credential_id:
                return row, values
        raise _no_credentials()

    def _values(self, row: ToolCredential) -> dict[str, JsonValue]:
        provider = self._list().get(row.provider)
        if provider is None:
            return {}
        return self._seal.opened(read_map(row.config), _secrets(provider), row.workspace_id, row.id)

    def _info(self, row: ToolCredential, values: Mapping[str, JsonValue]) -> CredentialInfo:
        provider = self._list().get(row.provider)
        return CredentialInfo(
            id=row.id,
            provider=row.provider,
            name=row.name,
            credential_type=row.credential_type,
            is_default=row.is_default,
            credentials=masked(values, _secrets(provider)) if provider else {},
            created_at=row.created_at,
        )


def _secrets(provider: BuiltinProvider) -> frozenset[str]:
    form = provider.credentials_for_provider
    return frozenset(name for name, field in form.items() if field.type == "secret-input")


def _free_name(names: set[str]) -> str:
    number = 1
    while f"API KEY {number}" in names:
        number += 1
    return f"API KEY {number}"


def _taken(provider: str, name: str) -> Conflict:
    return Conflict(f"{provider} has credentials called {name} already; choose another name.")


def _no_credentials() -> NotFound:
    return NotFound("There are no such credentials.")
