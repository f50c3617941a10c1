"""APIs of workspaces: described, changed, tried out, and handed to runs. Source: spec models-and-tools §4.4, §4.8."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from treadle.engine.errors import NodeError
from treadle.engine.ports import Files, Http
from treadle.engine.values import JsonValue
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, NotFound
from treadle.tools.json_text import read_map, read_texts, write_json
from treadle.tools.kept import Kept
from treadle.tools.providers import ProviderInfo, known_labels
from treadle.tools.repository import ToolRepository
from treadle.tools.secret_values import Seal, masked, restored
from treadle.tools.tables import ApiTools
from treadle.tools.topic import TOOLS_TOPIC

from .auth import CREDENTIAL_FORM, SECRET, ApiCredentials, read_credentials
from .document import Description, fetch_description, understand
from .failures import ApiDocumentError
from .operations import Operation, parameter_of
from .source import Api, Timeouts, try_out

_SECRETS: Final = frozenset({SECRET})
_ICON: Final = '{"background":"#E4F0FF","content":"🔌"}'


class ApiDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of an API. `icon` is an emoji on a colour: `{"background", "content"}`."""

    name: str
    schema: str
    credentials: dict[str, Any] = {}
    icon: dict[str, Any] | None = None
    description: str = ""
    labels: tuple[str, ...] = ()
    privacy_policy: str = ""
    custom_disclaimer: str = ""


class ApiService:
    """The APIs of all workspaces; every call names the workspace."""

    def __init__(self, db: Database, crypto: Crypto, http: Http, timeouts: Timeouts) -> None:
        self._db = db
        self._seal = Seal(crypto, "tool_apis")
        self._http = http
        self._timeouts = timeouts
        self._kept: Kept[tuple[str, str], Api] = Kept()

    def forget(self) -> None:
        """Drop what is kept in memory: APIs have changed."""
        self._kept.forget()

    async def fetch(self, url: str) -> str:
        """The description at an address. Raises InvalidParam."""
        try:
            return await fetch_description(url.strip(), self._http)
        except ApiDocumentError as error:
            raise InvalidParam(str(error), param="url") from error

    async def understand(self, schema: str, *, environment: str | None = None) -> Description:
        """What a description offers. Raises InvalidParam."""
        try:
            return await understand(schema, http=self._http, environment=environment)
        except ApiDocumentError as error:
            raise InvalidParam(str(error), param="schema") from error

    async def preview(self, schema: str, *, environment: str | None = None) -> dict[str, JsonValue]:
        """What a description offers, as the console API shows it. Raises InvalidParam."""
        found = await self.understand(schema, environment=environment)
        return {
            "schema_type": found.schema_type,
            "parameters_schema": [bundle(operation) for operation in found.parsed.operations],
            "credentials_schema": CREDENTIAL_FORM,
            "warning": dict[str, JsonValue](found.parsed.warnings),
        }

    async def add(self, workspace_id: str, draft: ApiDraft, *, account_id: str | None = None) -> ProviderInfo:
        """Make an API a provider of tools. Raises InvalidParam and Conflict."""
        row_id, now = new_id(), now_us()
        row = ApiTools(id=row_id, workspace_id=workspace_id, created_by=account_id, created_at=now)
        await self._fill(row, draft, None)
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            if await repository.api(name=row.name) is not None:
                raise _taken(row.name)
            await repository.add(row, _taken(row.name))
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row)

    async def update(self, workspace_id: str, name: str, draft: ApiDraft) -> ProviderInfo:
        """Change the API that is called `name`; a key that comes back as its mask stays.

        Raises NotFound, InvalidParam and Conflict.
        """
        stored = await self._row(workspace_id, name)
        # The description may have to be fetched: nothing is held open meanwhile.
        filled = ApiTools(id=stored.id, workspace_id=workspace_id)
        await self._fill(filled, draft, stored)
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            if draft.name.strip() != name and await repository.api(name=draft.name.strip()) is not None:
                raise _taken(draft.name.strip())
            row = await repository.api(id=stored.id)
            if row is None:
                raise _missing(name)
            for column in _FILLED:
                setattr(row, column, getattr(filled, column))
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row)

    async def delete(self, workspace_id: str, name: str) -> None:
        """Raises NotFound."""
        row = await self._row(workspace_id, name)
        async with self._db.transaction() as session:
            await ToolRepository(session, workspace_id).delete_api(row.id)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def get(self, workspace_id: str, name: str) -> dict[str, JsonValue]:
        """An API with its description, as the console API shows it. Raises NotFound."""
        row = await self._row(workspace_id, name)
        return {
            "schema_type": row.schema_type,
            "schema": row.schema,
            "tools": [bundle(operation) for operation in _operations(row)],
            "icon": read_map(row.icon),
            "description": row.description,
            "credentials": masked(self._credentials(row), _SECRETS),
            "privacy_policy": row.privacy_policy,
            "custom_disclaimer": row.custom_disclaimer,
            "labels": list(read_texts(row.labels)),
        }

    async def provider(self, workspace_id: str, name: str) -> ProviderInfo:
        """An API as a provider. Raises NotFound."""
        return self._info(await self._row(workspace_id, name))

    async def providers(self, workspace_id: str) -> Sequence[ProviderInfo]:
        """All APIs of a workspace, newest first."""
        async with self._db.session() as session:
            rows = await ToolRepository(session, workspace_id).apis()
        return [self._info(row) for row in rows]

    async def try_out(
        self,
        workspace_id: str,
        *,
        schema: str,
        tool: str,
        credentials: Mapping[str, JsonValue],
        parameters: Mapping[str, JsonValue],
        files: Files,
        provider: str | None = None,
    ) -> dict[str, JsonValue]:
        """Call an operation of a description that need not be saved: `{"result"}` or `{"error"}`.

        Raises InvalidParam for a wrong description, NotFound for an unknown operation or `provider`.
        """
        found = await self.understand(schema)
        if provider:
            credentials = self._with_key(credentials, await self._row(workspace_id, provider), found.parsed.operations)
        operation = next((each for each in found.parsed.operations if each.name == tool), None)
        if operation is None:
            raise NotFound(f"The description has no operation {tool}.")
        try:
            text = await try_out(
                operation,
                dict(parameters),
                _read(credentials),
                http=self._http,
                files=files,
                timeouts=self._timeouts,
            )
        except NodeError as error:
            return {"error": str(error)}
        return {"result": text}

    async def find(self, workspace_id: str, id_or_name: str) -> Api | None:
        """The API of an app file's `provider_id`, or by its name."""

        async def read() -> Api | None:
            async with self._db.session() as session:
                repository = ToolRepository(session, workspace_id)
                row = await repository.api(id=id_or_name) or await repository.api(name=id_or_name)
            return None if row is None else self._api(row)

        return await self._kept.get((workspace_id, id_or_name), read)

    async def _row(self, workspace_id: str, name: str) -> ApiTools:
        async with self._db.session() as session:
            row = await ToolRepository(session, workspace_id).api(name=name)
        if row is None:
            raise _missing(name)
        return row

    async def _fill(self, row: ApiTools, draft: ApiDraft, stored: ApiTools | None) -> None:
        """Write a draft into a row that has its id. Raises InvalidParam."""
        name = draft.name.strip()
        if not name or len(name) > 255:
            raise InvalidParam("The API needs a name of at most 255 characters.", param="provider")
        found = await self.understand(draft.schema)
        given: dict[str, JsonValue] = draft.credentials
        if stored is not None:
            given = self._with_key(given, stored, found.parsed.operations)
        read: dict[str, JsonValue] = msgspec.to_builtins(_read(given))
        row.name = name
        row.icon = write_json(draft.icon) if draft.icon else _ICON
        row.description = draft.description
        row.schema = draft.schema
        row.schema_type = found.schema_type
        row.operations = write_json(found.parsed.operations)
        row.credentials = write_json(self._seal.sealed(read, _SECRETS, row.workspace_id, row.id))
        row.labels = write_json(known_labels(draft.labels))
        row.privacy_policy = draft.privacy_policy
        row.custom_disclaimer = draft.custom_disclaimer
        row.updated_at = now_us()

    def _with_key(
        self, given: Mapping[str, JsonValue], row: ApiTools, operations: Sequence[Operation]
    ) -> dict[str, JsonValue]:
        """`given` with the stored key where its mask came back.

        Who may change a description must not learn the key that way, so it goes to no server that it did not go to
        before. Raises InvalidParam.
        """
        kept = restored(given, self._credentials(row), _SECRETS)
        if kept != dict(given) and not _origins(operations) <= _origins(_operations(row)):
            raise InvalidParam("The description names another server now; enter the key again.", param="credentials")
        return kept

    def _credentials(self, row: ApiTools) -> dict[str, JsonValue]:
        opened = self._seal.opened(read_map(row.credentials), _SECRETS, row.workspace_id, row.id)
        return {"auth_type": "none", **opened}

    def _api(self, row: ApiTools) -> Api:
        stored = self._credentials(row)
        # A key that cannot be opened any more is none, and the API then says so.
        credentials = _read(stored) if stored.get(SECRET) else ApiCredentials()
        return Api(
            id=row.id,
            name=row.name,
            icon=read_map(row.icon),
            operations=_operations(row),
            credentials=credentials,
        )

    def _info(self, row: ApiTools) -> ProviderInfo:
        api = self._api(row)
        return ProviderInfo(
            id=row.id,
            type="api",
            name=row.name,
            label={"en_US": row.name, "zh_Hans": row.name},
            description={"en_US": row.description, "zh_Hans": row.description},
            icon=api.icon,
            labels=read_texts(row.labels),
            tools=tuple(api.tool(operation) for operation in api.operations),
            credentials=masked(self._credentials(row), _SECRETS),
            authorized=True,
            deletable=True,
        )


_FILLED: Final = (
    "name", "icon", "description", "schema", "schema_type", "operations", "credentials", "labels", "privacy_policy",
    "custom_disclaimer", "updated_at",
)  # fmt: skip


def _origins(operations: Sequence[Operation]) -> set[tuple[str, str]]:
    return {urlsplit(operation.server)[:2] for operation in operations}


def _operations(row: ApiTools) -> tuple[Operation, ...]:
    return msgspec.json.decode(row.operations, type=tuple[Operation, ...])


def _read(credentials: Mapping[str, JsonValue]) -> ApiCredentials:
    try:
        return read_credentials(credentials)
    except ApiDocumentError as error:
        raise InvalidParam(str(error), param="credentials") from error


def _taken(name: str) -> Conflict:
    return Conflict(f"There is an API called {name} already; choose another name.")


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no API called {name} among the tools.")


def bundle(operation: Operation) -> dict[str, JsonValue]:
    """An operation as the console API shows it before it is a tool."""
    parameters: list[JsonValue] = [
        msgspec.to_builtins(parameter_of(field)) | {"place": field.place} for field in operation.fields
    ]
    return {
        "server_url": operation.url,
        "method": operation.method,
        "summary": operation.description or operation.summary,
        "operation_id": operation.name,
        "parameters": parameters,
        "author": "",
        "icon": None,
        "openapi": None,
    }
