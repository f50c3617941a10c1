"""Importing app files in the console: from text or an address, at once or after a confirmation.

Nothing is created before everything is known to be right. Source: spec app-dsl §2.2, §3, §4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, select

from treadle.apps.editing.drafts import Drafts
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, PendingImport
from treadle.dsl import (
    CURRENT_VERSION,
    MAX_BYTES,
    AppFile,
    ImportStatus,
    Parsed,
    file_dependencies,
    parse,
    with_open_dataset_ids,
)
from treadle.engine.errors import NodeError, ResponseSizeError
from treadle.engine.ports import Http, HttpRequest
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Refusal

CONFIRM_WITHIN = 600
"""Seconds for which a file waits to be confirmed."""

_FETCH_SECONDS = 10
_KINDS = {"workflow": "workflow", "advanced-chat": "chatflow"}
_BLOB = re.compile(r"https?://(?:www\.)?github\.com/([^/]+)/([^/]+)/blob/(.+\.ya?ml)")


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """What the person who imports wants in place of what the file says; empty leaves the file's."""

    name: str = ""
    description: str = ""
    icon_type: str = ""
    icon: str = ""
    icon_background: str = ""

    def given(self) -> dict[str, str]:
        """What is to be changed, by its name."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """How an import went. `error` says why it failed."""

    id: str
    status: ImportStatus
    app_id: str | None = None
    app_mode: str | None = None
    imported_version: str = ""
    current_version: str = CURRENT_VERSION
    error: str = ""


class Imports:
    """Imports of all workspaces."""

    def __init__(self, db: Database, apps: AppService, drafts: Drafts, http: Http) -> None:
        self._db = db
        self._apps = apps
        self._drafts = drafts
        self._http = http

    async def from_url(
        self, workspace_id: str, url: str, *, account_id: str, looks: Looks, app_id: str | None = None
    ) -> ImportResult:
        """Import the file at an address, fetched through the guard."""
        try:
            content = await self._fetch(url)
        except Refusal as refusal:
            return _failed(refusal.message)
        return await self.from_text(workspace_id, content, account_id=account_id, looks=looks, app_id=app_id)

    async def from_text(
        self, workspace_id: str, content: str | bytes, *, account_id: str, looks: Looks, app_id: str | None = None
    ) -> ImportResult:
        """Import a file: a new app, or with `app_id` over the draft of one that exists. A file of another version
        waits for `confirm`."""
        parsed = parse(content)
        if parsed.app is None:
            return _failed(parsed.error, parsed.imported_version)
        if app_id is not None:
            try:
                _check_target(await self._apps.of_workspace(workspace_id, app_id), parsed.app)
            except Refusal as refusal:
                return _failed(refusal.message, parsed.imported_version)
        if parsed.status is ImportStatus.PENDING:
            return await self._keep(workspace_id, content, parsed, account_id, looks, app_id)
        return await self._finish(
            workspace_id, parsed, parsed.status, new_id(), account_id=account_id, looks=looks, app_id=app_id
        )

    async def confirm(self, workspace_id: str, import_id: str, *, account_id: str) -> ImportResult:
        """Import a file that waits; failed when it is unknown, another member's, or has waited too long."""
        async with self._db.transaction(lock=f"import {import_id}") as session:
            mine = (
                PendingImport.id == import_id,
                PendingImport.workspace_id == workspace_id,
                PendingImport.account_id == account_id,
            )
            row = (await session.execute(select(PendingImport).where(*mine))).scalar_one_or_none()
            await session.execute(delete(PendingImport).where(*mine))
        if row is None or row.expires_at < now_us():
            return _failed("This import is unknown or has waited too long; import the file again.")
        looks = msgspec.json.decode(row.looks, type=Looks)
        return await self._finish(
            workspace_id,
            parse(row.content),
            ImportStatus.COMPLETED,
            row.id,
            account_id=account_id,
            looks=looks,
            app_id=row.app_id,
        )

    async def _keep(
        self,
        workspace_id: str,
        content: str | bytes,
        parsed: Parsed,
        account_id: str,
        looks: Looks,
        app_id: str | None,
    ) -> ImportResult:
        now = now_us()
        row = PendingImport(
            id=new_id(),
            workspace_id=workspace_id,
            account_id=account_id,
            app_id=app_id,
            content=content if isinstance(content, str) else content.decode("utf-8", "replace"),
            looks=msgspec.json.encode(looks).decode(),
            created_at=now,
            expires_at=now + CONFIRM_WITHIN * SECOND,
        )
        async with self._db.transaction() as session:
            await session.execute(delete(PendingImport).where(PendingImport.expires_at < now))
            session.add(row)
        return ImportResult(id=row.id, status=ImportStatus.PENDING, imported_version=parsed.imported_version)

    async def _finish(
        self,
        workspace_id: str,
        parsed: Parsed,
        status: ImportStatus,
        import_id: str,
        *,
        account_id: str,
        looks: Looks,
        app_id: str | None,
    ) -> ImportResult:
        file = parsed.app
        if file is None:
            return _failed(parsed.error, parsed.imported_version)
        file.dependencies = file_dependencies(file, parsed.imported_version)
        try:
            if app_id is None:
                app = await self._apps.create(workspace_id, _dressed(file, looks.given()), account_id=account_id)
            else:
                app = await self._overwrite(workspace_id, app_id, file, looks, account_id)
        except Refusal as refusal:
            return _failed(refusal.message, parsed.imported_version)
        return ImportResult(
            id=import_id, status=status, app_id=app.id, app_mode=app.mode, imported_version=parsed.imported_version
        )

    async def _overwrite(self, workspace_id: str, app_id: str, file: AppFile, looks: Looks, account_id: str) -> App:
        _check_target(await self._apps.of_workspace(workspace_id, app_id), file)
        assert file.workflow is not None
        file.workflow.graph = with_open_dataset_ids(file.workflow.graph, workspace_id)
        worn = {
            "name": file.name,
            "description": file.description,
            "icon_type": file.icon_type or "emoji",
            "icon": file.icon,
            "icon_background": file.icon_background,
        } | looks.given()
        draft = await self._drafts.overwrite(
            workspace_id,
            app_id,
            file.workflow,
            looks={name: value for name, value in worn.items() if value},
            dependencies=list[object](file.dependencies),
            account_id=account_id,
        )
        return draft.app

    async def _fetch(self, url: str) -> bytes:
        """The bytes at an address. Raises Refusal with a sentence."""
        address = _raw_address(url.strip())
        if not address.startswith(("http://", "https://")):
            raise Refusal("The address must begin with http:// or https://.")
        request = HttpRequest(
            method="GET",
            url=address,
            connect_timeout=_FETCH_SECONDS,
            read_timeout=_FETCH_SECONDS,
            max_bytes=MAX_BYTES,
        )
        try:
            answer = await self._http.send(request)
        except ResponseSizeError as error:
            raise Refusal(f"The file at this address is larger than {MAX_BYTES // 2**20} MiB.") from error
        except NodeError as error:
            raise Refusal(f"The file cannot be fetched: {error}") from error
        if answer.status >= 400:
            raise Refusal(f"The file cannot be fetched: {url} answered with status {answer.status}.")
        if not answer.body.strip():
            raise Refusal("The file at this address is empty.")
        return answer.body


def _raw_address(url: str) -> str:
    """Where the text itself is, for the address of the page that shows it."""
    found = _BLOB.fullmatch(url)
    return f"https://raw.githubusercontent.com/{found[1]}/{found[2]}/{found[3]}" if found else url


def _check_target(app: App, file: AppFile) -> None:
    if app.mode not in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT):
        raise Refusal("Only a workflow or a chatflow can be overwritten; create a new app from this file.")
    if file.workflow is None:
        raise Refusal("The file holds an app without a canvas, which cannot take the place of this one.")
    if file.mode != app.mode:
        held, wanted = _KINDS[str(file.mode)], _KINDS[str(app.mode)]
        raise Refusal(f"The file holds a {held} and this app is a {wanted}; create a new app from this file instead.")


def _dressed(file: AppFile, looks: Mapping[str, str]) -> AppFile:
    for name, value in looks.items():
        setattr(file, name, value)
    return file


def _failed(error: str, version: str = "") -> ImportResult:
    return ImportResult(id=new_id(), status=ImportStatus.FAILED, imported_version=version, error=error)
