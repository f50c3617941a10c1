"""Apps that are served to MCP clients: each as one tool behind a secret address.

Source: spec models-and-tools §4.6 "Server".
"""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import select

from treadle.accounts.end_users import EndUserService
from treadle.accounts.tables import EndUserType
from treadle.apps.compile import CompiledApp
from treadle.apps.running.frames import answer_of
from treadle.apps.running.requests import StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMcpServer, AppMode, CreatedFrom
from treadle.engine.events import RunPaused, RunStatus
from treadle.engine.values import JsonValue, plain
from treadle.nodes.inputs import InputVariable
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, NotFound, Refusal

CHATS: Final = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})
_FILES: Final = frozenset({"file", "file-list"})
_SCHEMA_TYPES: Final[Mapping[str, str]] = {"number": "number", "checkbox": "boolean", "json_object": "object"}
_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_decode_texts = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedTool:
    """An app as the tool that clients see. `schema` is the JSON Schema of its arguments."""

    app: App
    name: str
    description: str
    schema: dict[str, JsonValue]


class ServedApps:
    """What MCP clients may call, and calling it."""

    def __init__(self, db: Database, apps: AppService, end_users: EndUserService, host: RunHost) -> None:
        self._db = db
        self._apps = apps
        self._end_users = end_users
        self._host = host

    async def settings(self, workspace_id: str, app_id: str) -> AppMcpServer | None:
        """How an app is served; None when it never was. Raises NotFound for another workspace's app."""
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.session() as session:
            return await session.get(AppMcpServer, app_id)

    async def serve(self, workspace_id: str, app_id: str, *, description: str, parameters: Mapping[str, str]) -> None:
        """Give an app a secret address. `parameters` describe the fields of its form. Raises NotFound and Conflict."""
        await self._apps.of_workspace(workspace_id, app_id)
        now = now_us()
        async with self._db.transaction() as session:
            if await session.get(AppMcpServer, app_id) is not None:
                raise Conflict("This app is served to MCP clients already.")
            session.add(
                AppMcpServer(
                    app_id=app_id,
                    workspace_id=workspace_id,
                    code=_new_code(),
                    description=description,
                    parameters=msgspec.json.encode(dict(parameters)).decode(),
                    active=True,
                    created_at=now,
                    updated_at=now,
                )
            )

    async def change(
        self,
        workspace_id: str,
        app_id: str,
        *,
        description: str | None = None,
        parameters: Mapping[str, str] | None = None,
        active: bool | None = None,
        new_address: bool = False,
    ) -> None:
        """Change how an app is served; with a new address the old one is dead at once. Raises NotFound."""
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.transaction() as session:
            row = await session.get(AppMcpServer, app_id)
            if row is None:
                raise NotFound("This app is not served to MCP clients.")
            row.description = row.description if description is None else description
            if parameters is not None:
                row.parameters = msgspec.json.encode(dict(parameters)).decode()
            row.active = row.active if active is None else active
            row.code = _new_code() if new_address else row.code
            row.updated_at = now_us()

    async def tool(self, code: str) -> ServedTool:
        """The tool behind an address. Raises NotFound, and Refusal when the app is not published."""
        async with self._db.session() as session:
            row = (await session.scalars(select(AppMcpServer).where(AppMcpServer.code == code))).first()
        if row is None or not row.active:
            raise NotFound("There is no MCP server at this address, or it is switched off.")
        app = await self._apps.app(row.app_id)
        version = await self._apps.published(app)
        return ServedTool(
            app=app,
            name=_NAME.sub("_", app.name).strip("_") or "app",
            description=row.description or app.description or app.name,
            schema=_schema(version, _decode_texts(row.parameters), chat=app.mode in CHATS),
        )

    async def call(
        self, tool: ServedTool, arguments: Mapping[str, JsonValue], *, session_id: str, headers: Mapping[str, str]
    ) -> str:
        """Run the app for whoever calls, and give its answer as text. `headers` may be passed on by tools.

        Raises Refusal; a failed run is one too.
        """
        app = tool.app
        user = await self._end_users.get_or_create(
            workspace_id=app.workspace_id,
            app_id=app.id,
            type=EndUserType.SERVICE_API,
            session_id=session_id,
            is_anonymous=True,
        )
        inputs = dict(arguments)
        query = str(inputs.pop("query", "") or "") if app.mode in CHATS else ""
        if app.mode in CHATS and not query.strip():
            raise Refusal("Give a `query`.", code="invalid_param")
        active = await self._host.start(
            StartRun(
                app=app,
                created_from=CreatedFrom.SERVICE_API,
                user_id=user.id,
                user=session_id,
                inputs=inputs,
                query=query,
                headers=headers,
            )
        )
        try:
            finished = await active.finished()
        except asyncio.CancelledError:
            active.stop("The MCP client gave up.")
            raise
        if isinstance(finished, RunPaused):
            raise Refusal("The app waits for a person; a tool cannot.", code="run_paused")
        if finished.status not in (RunStatus.SUCCEEDED, RunStatus.PARTIAL):
            raise Refusal(finished.error or "The run was stopped.", code="run_failed")
        if app.mode == AppMode.WORKFLOW:
            outputs = {name: plain(value) for name, value in finished.outputs.items()}
            return json.dumps(outputs, ensure_ascii=False)
        return answer_of(finished)


def _new_code() -> str:
    return secrets.token_hex(16)


def _schema(version: CompiledApp, described: Mapping[str, str], *, chat: bool) -> dict[str, JsonValue]:
    asked = [variable for variable in version.form if variable.type not in _FILES]
    properties: dict[str, JsonValue] = {each.variable: _property(each, described) for each in asked}
    required: list[JsonValue] = [each.variable for each in asked if each.required]
    if chat:
        properties["query"] = {"type": "string", "description": "What the person says."}
        required.append("query")
    return {"type": "object", "properties": properties, "required": required}


def _property(variable: InputVariable, described: Mapping[str, str]) -> JsonValue:
    text = described.get(variable.variable) or variable.description or variable.label
    found: dict[str, JsonValue] = {"type": _SCHEMA_TYPES.get(variable.type, "string"), "description": text}
    if variable.type == "select":
        found["enum"] = list[JsonValue](variable.options)
    return found
