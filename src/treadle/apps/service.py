"""Apps: import, publish, export, find, delete, and the compiled version that runs.

Source: spec app-dsl §3 to §5, workflow-engine §21.
"""

import secrets
import string
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.compile import CompiledApp, NodeTypes, compile_app
from treadle.apps.definition import Definition, definition_mode
from treadle.apps.features.annotations import Annotations, NoAnnotations
from treadle.apps.repository import AppFilter, AppRepository, AppWithSite
from treadle.apps.tables import App, AppVersion, Site, VersionKind
from treadle.apps.tables import AppMode as StoredMode
from treadle.apps.tool_secrets import without_tool_secrets
from treadle.dsl import (
    AppFile,
    AppMode,
    ImportStatus,
    Problem,
    dump,
    dump_pipeline,
    parse,
    with_feature_defaults,
    with_open_dataset_ids,
)
from treadle.engine.errors import GraphError
from treadle.nodes import NODE_TYPES
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound, Refusal

APPS_TOPIC = "apps"
_CODE_LETTERS = string.ascii_letters + string.digits


class ImportFailed(Refusal):
    """The file is no app that can be created. Nothing was created; `problems` says why."""

    code = "import_failed"

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem.message for problem in problems if problem.severity == "error"]
        super().__init__(errors[0] if errors else "The file cannot be imported.")
        self.problems = list(problems)


class NotPublished(Refusal):
    """The app has no published version, so it cannot be called."""

    def __init__(self) -> None:
        super().__init__("This app has no published version yet; publish it first.")


@dataclass(frozen=True, slots=True)
class Imported:
    """A new app, and what was remarked while reading its file."""

    app: App
    status: ImportStatus
    problems: list[Problem] = field(default_factory=list[Problem])


PublishHook: TypeAlias = Callable[[AsyncSession, App, Definition], Awaitable[None]]
DeleteHook: TypeAlias = Callable[[AsyncSession, App], Awaitable[None]]


class AppService:
    """The apps of all workspaces; callers name the workspace, or hold a key or code of the app."""

    def __init__(self, db: Database, crypto: Crypto, types: NodeTypes = NODE_TYPES) -> None:
        self._db = db
        self._crypto = crypto
        self._types = types
        self._apps: dict[str, App] = {}
        self._by_code: dict[str, AppWithSite] = {}
        self._compiled: dict[tuple[str, str], CompiledApp] = {}
        self.publish_hooks: list[PublishHook] = []
        """Called in the transaction that makes a version the one that runs; a Refusal raised there undoes it."""
        self.annotations: Annotations = NoAnnotations()
        """What exported files say about annotation replies."""
        self.delete_hooks: list[DeleteHook] = []
        """Called in the transaction that deletes an app, before its rows go."""

    @property
    def types(self) -> NodeTypes:
        """The node types that run here."""
        return self._types

    def forget(self) -> None:
        """Drop what was cached: apps or versions have changed. Published versions never do."""
        self._apps.clear()
        self._by_code.clear()

    async def import_file(
        self, workspace_id: str, text: str | bytes, *, account_id: str | None = None, publish: bool = False
    ) -> Imported:
        """Create an app from a file; a basic app is live at once, a graph app when it is published.

        Raises ImportFailed, and (with `publish`) Refusal when the graph cannot be run. Then nothing is created.
        """
        parsed = parse(text)
        if parsed.app is None:
            raise ImportFailed(parsed.problems)
        app = await self.create(workspace_id, parsed.app, account_id=account_id, publish=publish)
        return Imported(app, parsed.status, parsed.problems)

    async def create(
        self, workspace_id: str, file: AppFile, *, account_id: str | None = None, publish: bool = False
    ) -> App:
        """A new app; a basic one is live at once. Raises Refusal for `publish` with a graph that cannot run."""
        async with self._db.transaction() as session:
            return await self.add(session, workspace_id, file, account_id=account_id, publish=publish)

    async def add(
        self,
        session: AsyncSession,
        workspace_id: str,
        file: AppFile,
        *,
        account_id: str | None = None,
        publish: bool = False,
        pipeline: bool = False,
    ) -> App:
        """As `create`, in the caller's transaction. `pipeline`: it fills a knowledge base."""
        if file.workflow is not None:
            chat = file.mode is AppMode.ADVANCED_CHAT
            file.workflow.graph = with_open_dataset_ids(file.workflow.graph, workspace_id)
            file.workflow.features = with_feature_defaults(file.workflow.features, chat=chat)
        definition = Definition.from_file(file)
        live = publish or not file.mode.has_graph
        if publish:
            check_runnable(definition, self._types)
        app = _new_app(workspace_id, file, account_id)
        if pipeline:
            app.mode, app.enable_site, app.enable_api = StoredMode.RAG_PIPELINE, False, False
        repository = AppRepository(session)
        repository.add(app)
        await repository.flush()
        repository.add(_new_site(app))
        repository.add(self.version_row(app, definition, VersionKind.DRAFT, account_id))
        if live:
            version = self.version_row(app, definition, VersionKind.PUBLISHED, account_id)
            repository.add(version)
            app.published_version_id = version.id
            await self.tell_published(session, app, definition)
        await bump(session, APPS_TOPIC)
        return app

    async def publish(
        self, workspace_id: str, app_id: str, *, account_id: str | None = None, name: str = "", comment: str = ""
    ) -> AppVersion:
        """Make a copy of the draft the version that runs, under a name if one is given.

        Raises NotFound, and Refusal when it cannot be run.
        """
        async with self._db.transaction() as session:
            repository = AppRepository(session)
            app = await repository.app(app_id, workspace_id)
            draft = await repository.draft(app_id) if app else None
            if app is None or draft is None:
                raise NotFound("There is no such app.")
            definition = Definition.from_row(draft, definition_mode(app), self._crypto)
            check_runnable(definition, self._types)
            version = self.version_row(app, definition, VersionKind.PUBLISHED, account_id)
            version.marked_name, version.marked_comment = name, comment
            repository.add(version)
            await repository.point_to(app_id, version.id, version.created_at)
            await self.tell_published(session, app, definition)
            await bump(session, APPS_TOPIC)
            return version

    async def export(
        self, workspace_id: str, app_id: str, *, include_secrets: bool = False, version_id: str | None = None
    ) -> str:
        """The app file of the draft, or of a version. Raises NotFound."""
        async with self._db.session() as session:
            repository = AppRepository(session)
            app = await repository.app(app_id, workspace_id)
            if app is None:
                raise NotFound("There is no such app.")
            row = await (repository.version(app_id, version_id) if version_id else repository.draft(app_id))
        if row is None:
            raise NotFound("The app has no such version.")
        definition = Definition.from_row(row, definition_mode(app), self._crypto)
        file = definition.to_file(app)
        if file.mode in (AppMode.CHAT, AppMode.AGENT_CHAT):
            setting = await self.annotations.setting(app.id)
            file.annotation_reply = dict(setting)
        if not include_secrets:
            file = without_tool_secrets(file)
        if app.mode == StoredMode.RAG_PIPELINE:
            return dump_pipeline(file, include_secrets=include_secrets, workspace_id=workspace_id)
        return dump(file, include_secrets=include_secrets, workspace_id=workspace_id)

    async def delete(self, workspace_id: str, app_id: str) -> None:
        """Delete an app with its versions, page, conversations and logs. Raises NotFound."""
        async with self._db.transaction() as session:
            repository = AppRepository(session)
            app = await repository.app(app_id, workspace_id)
            if app is None:
                raise NotFound("There is no such app.")
            for hook in self.delete_hooks:
                await hook(session, app)
            await repository.delete(app_id)
            await bump(session, APPS_TOPIC)

    async def list_apps(self, workspace_id: str) -> Sequence[AppWithSite]:
        """All apps of a workspace with their pages, last changed first."""
        async with self._db.session() as session:
            return await AppRepository(session).apps(workspace_id)

    async def page(
        self, workspace_id: str, wanted: AppFilter, *, page: int, limit: int
    ) -> tuple[Sequence[AppWithSite], int]:
        """One page (from 1) of the apps wanted, last changed first, and how many they are in all."""
        async with self._db.session() as session:
            return await AppRepository(session).page(workspace_id, wanted, offset=(page - 1) * limit, limit=limit)

    async def find(self, workspace_id: str, name_or_id: str) -> App:
        """The app with this id or (if only one has it) this name. Raises NotFound or InvalidParam."""
        apps = [entry.app for entry in await self.list_apps(workspace_id)]
        found = [app for app in apps if app.id == name_or_id] or [app for app in apps if app.name == name_or_id]
        if not found:
            raise NotFound(f"There is no app with the id or name {name_or_id}; see `treadle app list`.")
        if len(found) > 1:
            raise InvalidParam(f"{len(found)} apps are called {name_or_id}; give the id instead.")
        return found[0]

    async def of_workspace(self, workspace_id: str, app_id: str) -> App:
        """An app of this workspace. Raises NotFound."""
        async with self._db.session() as session:
            app = await AppRepository(session).app(app_id, workspace_id)
        if app is None:
            raise NotFound("There is no such app.")
        return app

    async def app(self, app_id: str) -> App:
        """The app of a key. Raises Forbidden when it is gone."""
        app = self._apps.get(app_id)
        if app is None:
            async with self._db.session() as session:
                app = await AppRepository(session).app(app_id)
            if app is None:
                raise Forbidden("The app of this key is gone.")
            self._apps[app_id] = app
        return app

    async def is_pipeline(self, app_id: str) -> bool:
        """Whether this is no app that people see but the pipeline of a knowledge base."""
        try:
            return (await self.app(app_id)).mode == StoredMode.RAG_PIPELINE
        except Forbidden:
            return False

    async def by_code(self, code: str) -> AppWithSite:
        """The app whose published page has this code. Raises NotFound also when the page is switched off."""
        entry = self._by_code.get(code)
        if entry is None:
            async with self._db.session() as session:
                entry = await AppRepository(session).app_by_site(code)
            if entry is None:
                raise NotFound("There is no page with this code.")
            self._by_code[code] = entry
        if not entry.app.enable_site or entry.app.status != "normal":
            raise NotFound("This page is switched off.")
        return entry

    async def site(self, app_id: str) -> Site | None:
        """The published page of an app."""
        async with self._db.session() as session:
            return await AppRepository(session).site(app_id)

    async def tags(self, app_id: str) -> list[str]:
        """The names of an app's tags."""
        async with self._db.session() as session:
            return await AppRepository(session).tags(app_id)

    async def published(self, app: App) -> CompiledApp:
        """The version that runs. Raises NotPublished."""
        if app.published_version_id is None:
            raise NotPublished
        return await self.version(app, app.published_version_id)

    async def version(self, app: App, version_id: str) -> CompiledApp:
        """A given published version. Raises NotFound, and BadRequest for a draft."""
        compiled = self._compiled.get((app.id, version_id))
        if compiled is None:
            compiled = self.compile(await self.definition(app, version_id), version_id)
            self._compiled[app.id, version_id] = compiled
        return compiled

    async def definition(self, app: App, version_id: str) -> Definition:
        """What a given published version is. Raises NotFound, and BadRequest for a draft."""
        async with self._db.session() as session:
            row = await AppRepository(session).version(app.id, version_id)
        if row is None:
            raise NotFound("The app has no such version.")
        if row.kind == VersionKind.DRAFT:
            raise Refusal("A draft cannot be called; publish it first.", code="bad_request")
        return Definition.from_row(row, definition_mode(app), self._crypto)

    def compile(self, definition: Definition, version_id: str) -> CompiledApp:
        """A version as it runs here, kept nowhere. Raises InvalidParam with every reason why it cannot."""
        try:
            return compile_app(definition, self._types, version_id=version_id)
        except GraphError as error:
            raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error

    async def tell_published(self, session: AsyncSession, app: App, definition: Definition) -> None:
        """Call the `publish_hooks` in the transaction that makes `definition` what runs. Raises Refusal."""
        for hook in self.publish_hooks:
            await hook(session, app, definition)

    def version_row(self, app: App, definition: Definition, kind: VersionKind, account_id: str | None) -> AppVersion:
        """The row of a new version, secrets encrypted; the caller adds it."""
        now = now_us()
        published = datetime.fromtimestamp(now / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        row = AppVersion(
            id=new_id(),
            workspace_id=app.workspace_id,
            app_id=app.id,
            kind=kind,
            version="draft" if kind is VersionKind.DRAFT else published,
            created_by=account_id,
            created_at=now,
            updated_at=now,
        )
        definition.write(row, self._crypto)
        return row


def check_runnable(definition: Definition, types: NodeTypes) -> None:
    """Raises InvalidParam with every reason why a version cannot be run."""
    try:
        version = compile_app(definition, types, version_id="")
        for root in version.roots:
            version.graph_from(root)
    except GraphError as error:
        raise InvalidParam("This app cannot be published. " + " ".join(p.message for p in error.problems)) from error


def _new_app(workspace_id: str, file: AppFile, account_id: str | None) -> App:
    now = now_us()
    return App(
        id=new_id(),
        workspace_id=workspace_id,
        mode=file.mode,
        name=file.name,
        description=file.description,
        icon_type=file.icon_type or "emoji",
        icon=file.icon,
        icon_background=file.icon_background,
        use_icon_as_answer_icon=file.use_icon_as_answer_icon,
        enable_site=True,
        enable_api=True,
        status="normal",
        created_by=account_id,
        updated_by=account_id,
        created_at=now,
        updated_at=now,
    )


def new_site_code() -> str:
    """16 random characters: whoever knows them may open the page."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(16))


def _new_site(app: App) -> Site:
    return Site(
        app_id=app.id,
        workspace_id=app.workspace_id,
        code=new_site_code(),
        title=app.name,
        description=app.description,
        icon_type=app.icon_type,
        icon=app.icon,
        icon_background=app.icon_background,
        created_at=app.created_at,
        updated_at=app.updated_at,
    )
