"""The draft of an app while people edit it: read, saved against the state that the editor knows, restored.

Nobody's work is overwritten unseen: a save names the `hash` of the draft that it began with, and is refused when
somebody else has saved since. Source: spec workflow-engine §21, app-dsl §8.3.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.definition import Definition, definition_mode
from treadle.apps.pipeline_inputs import SHARED, pipeline_variables
from treadle.apps.repository import AppRepository
from treadle.apps.service import APPS_TOPIC, AppService
from treadle.apps.tables import App, AppVersion, DraftVariable, VersionKind
from treadle.apps.tool_secrets import restored, with_known_config, with_known_workflow
from treadle.dsl import (
    AppMode,
    ConversationVariable,
    EnvironmentType,
    EnvironmentVariable,
    JsonMap,
    ModelConfig,
    Problem,
    WorkflowFile,
    features_view,
    has_errors,
    read_conversation_variables,
    read_environment_variables,
    with_feature_defaults,
)
from treadle.engine.errors import GraphError
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

HIDDEN = "[__HIDDEN__]"
"""What an editor sends for a secret that it does not know and that is to stay."""

_TRIGGERS = frozenset({"trigger-webhook", "trigger-schedule", "trigger-plugin"})


class DraftNotSync(Refusal):
    """Somebody has saved since the editor read the draft."""

    code = "draft_workflow_not_sync"

    def __init__(self) -> None:
        super().__init__("Somebody else has saved this app meanwhile; load it again, or save over it on purpose.")


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft of an app, secrets in clear."""

    app: App
    row: AppVersion
    definition: Definition
    variables_hash: str
    """Changes whenever an environment or conversation variable changes, which `hash` does not tell."""

    @property
    def workflow(self) -> WorkflowFile:
        """The graph and what is around it. Raises InvalidParam for an app without a canvas."""
        if self.definition.workflow is None:
            raise InvalidParam("This app has no canvas.", code="not_workflow_app")
        return self.definition.workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEdit:
    """What an editor saves. Members that are None stay as they are.

    `hash` and `variables_hash` are those of the draft that the editor read; without `variables_hash` variables are
    taken whatever they were.
    """

    graph: JsonMap
    features: JsonMap | None = None
    environment_variables: Sequence[JsonMap] | None = None
    conversation_variables: Sequence[JsonMap] | None = None
    pipeline_variables: Sequence[JsonMap] | None = None
    hash: str | None = None
    variables_hash: str | None = None


class Drafts:
    """The drafts of all apps; callers name the workspace."""

    def __init__(self, db: Database, crypto: Crypto, apps: AppService) -> None:
        self._db = db
        self._crypto = crypto
        self._apps = apps

    async def read(self, workspace_id: str, app_id: str) -> Draft:
        """The draft of an app. Raises NotFound."""
        async with self._db.session() as session:
            return await self._read(session, workspace_id, app_id)

    async def save(self, workspace_id: str, app_id: str, edit: DraftEdit, *, account_id: str | None) -> Draft:
        """Save a canvas; the graph is kept as it is, whatever is wrong with it.

        Raises NotFound, DraftNotSync, and InvalidParam for features and variables that cannot be read.
        """
        async with self._db.transaction(lock=f"draft of {app_id}") as session:
            draft = await self._read(session, workspace_id, app_id)
            workflow = draft.workflow
            if edit.hash != draft.row.hash:
                raise DraftNotSync
            if edit.variables_hash is not None and edit.variables_hash != draft.variables_hash:
                raise DraftNotSync
            _check_roots(edit.graph)
            chat = draft.definition.mode is AppMode.ADVANCED_CHAT
            saved = WorkflowFile(
                graph=restored(edit.graph, workflow.graph),
                features=workflow.features if edit.features is None else checked_features(edit.features, chat=chat),
                environment_variables=workflow.environment_variables
                if edit.environment_variables is None
                else _environment(edit.environment_variables, workflow.environment_variables),
                conversation_variables=workflow.conversation_variables
                if edit.conversation_variables is None
                else _conversation(edit.conversation_variables),
                pipeline_variables=workflow.pipeline_variables
                if edit.pipeline_variables is None
                else _questions(edit.pipeline_variables),
            )
            return await self._write(session, draft, replace(draft.definition, workflow=saved), account_id)

    async def overwrite(
        self,
        workspace_id: str,
        app_id: str,
        workflow: WorkflowFile,
        *,
        looks: Mapping[str, str],
        dependencies: list[object],
        account_id: str | None,
    ) -> Draft:
        """Put a workflow in the place of a draft on purpose, and `looks` in that of the app's name and icon.

        Secrets that the workflow leaves empty stay; values of debug runs go. Raises NotFound.
        """
        async with self._db.transaction(lock=f"draft of {app_id}") as session:
            draft = await self._read(session, workspace_id, app_id)
            known = draft.workflow.environment_variables
            kept = [_with_known_secret(variable, known) for variable in workflow.environment_variables]
            chat = draft.definition.mode is AppMode.ADVANCED_CHAT
            saved = replace(
                with_known_workflow(workflow, draft.workflow),
                environment_variables=kept,
                features=with_feature_defaults(workflow.features, chat=chat),
            )
            for name, value in looks.items():
                setattr(draft.app, name, value)
            await session.execute(delete(DraftVariable).where(DraftVariable.app_id == app_id))
            await bump(session, APPS_TOPIC)
            definition = replace(draft.definition, workflow=saved, dependencies=dependencies)
            return await self._write(session, draft, definition, account_id)

    async def restore(
        self, workspace_id: str, app_id: str, version_id: str, *, known_hash: str, account_id: str | None
    ) -> Draft:
        """Make the draft what a version was. Raises NotFound and DraftNotSync."""
        async with self._db.transaction(lock=f"draft of {app_id}") as session:
            draft = await self._read(session, workspace_id, app_id)
            row = await AppRepository(session).version(app_id, version_id)
            if row is None:
                raise NotFound("The app has no such version.")
            if known_hash != draft.row.hash:
                raise DraftNotSync
            earlier = Definition.from_row(row, draft.definition.mode, self._crypto)
            return await self._write(session, draft, earlier, account_id)

    async def save_model_config(
        self, workspace_id: str, app_id: str, config: ModelConfig, *, known_hash: str, account_id: str | None
    ) -> Draft:
        """Save the configuration of an app without a canvas, which is live from then on.

        Raises NotFound, DraftNotSync, and InvalidParam for an app with a canvas or a configuration that cannot run.
        """
        async with self._db.transaction(lock=f"draft of {app_id}") as session:
            draft = await self._read(session, workspace_id, app_id)
            known = draft.definition.model_config
            if known is None:
                raise InvalidParam("This app has a canvas; save its draft instead.", code="app_unavailable")
            if known_hash != draft.row.hash:
                raise DraftNotSync
            definition = replace(draft.definition, model_config=with_known_config(config, known))
            saved = await self._write(session, draft, definition, account_id)
            version = self._apps.version_row(draft.app, definition, VersionKind.PUBLISHED, account_id)
            repository = AppRepository(session)
            repository.add(version)
            await repository.point_to(app_id, version.id, version.created_at)
            await self._apps.tell_published(session, draft.app, definition)
            await bump(session, APPS_TOPIC)
            return saved

    async def _read(self, session: AsyncSession, workspace_id: str, app_id: str) -> Draft:
        repository = AppRepository(session)
        app = await repository.app(app_id, workspace_id)
        row = await repository.draft(app_id) if app else None
        if app is None or row is None:
            raise NotFound("There is no such app.")
        definition = Definition.from_row(row, definition_mode(app), self._crypto)
        return Draft(app, row, definition, self._variables_hash(app, definition))

    async def _write(
        self, session: AsyncSession, draft: Draft, definition: Definition, account_id: str | None
    ) -> Draft:
        definition.write(draft.row, self._crypto)
        draft.row.updated_at = draft.app.updated_at = now_us()
        draft.row.updated_by = draft.app.updated_by = account_id
        await session.flush()
        return replace(draft, definition=definition, variables_hash=self._variables_hash(draft.app, definition))

    def _variables_hash(self, app: App, definition: Definition) -> str:
        """Signed, so that nobody can try from it what a secret is."""
        workflow = definition.workflow or WorkflowFile()
        variables = [*workflow.environment_variables, *workflow.conversation_variables]
        listed: list[object] = [[each.namespace, each.model_dump(mode="json")] for each in variables]
        shown = json.dumps([*listed, *workflow.pipeline_variables], sort_keys=True)
        return hashlib.sha256(self._crypto.sign(f"variables of {app.id} {shown}").encode()).hexdigest()


def masked_secret(value: str) -> str:
    """A secret as the console shows it: enough to tell it from another, too little to use it."""
    return "*" * 20 if len(value) <= 8 else f"{value[:6]}{'*' * 12}{value[-2:]}"


def checked_features(features: JsonMap, *, chat: bool) -> JsonMap:
    """The features with missing ones at their defaults. Raises InvalidParam for one that cannot be read."""
    complete = with_feature_defaults(features, chat=chat)
    _, problems = features_view(complete, chat=chat)
    if problems:
        raise InvalidParam(problems[0].message, param="features")
    return complete


def _check_roots(graph: JsonMap) -> None:
    nodes = graph.get("nodes")
    kinds = {_kind(node) for node in nodes} if isinstance(nodes, list) else set[str | None]()
    if "start" in kinds and kinds & _TRIGGERS:
        raise Refusal(
            "A workflow begins with a start node or with triggers, not with both; remove one of them.",
            code="trigger_start_node_conflict",
        )


def _kind(node: JsonValue) -> str | None:
    data = node.get("data") if isinstance(node, dict) else None
    kind = data.get("type") if isinstance(data, dict) else None
    return kind if isinstance(kind, str) else None


def _environment(sent: Sequence[JsonMap], known: Sequence[EnvironmentVariable]) -> list[EnvironmentVariable]:
    """The environment variables that an editor sent, with the secrets that it does not know."""
    by_id = {variable.id: str(variable.value) for variable in known}
    opened: list[JsonValue] = []
    for item in sent:
        stored = by_id.get(str(item.get("id")))
        if item.get("value_type") == EnvironmentType.SECRET:
            hidden = item.get("value") == HIDDEN
            if stored is not None and (hidden or item.get("value") == masked_secret(stored)):
                item = {**item, "value": stored}
            elif hidden:
                raise InvalidParam(
                    f'The secret "{item.get("name")}" has no value yet; type one.', param="environment_variables"
                )
        opened.append(item)
    variables, problems = read_environment_variables(opened)
    _refuse(problems, "environment_variables")
    return variables


def _conversation(sent: Sequence[JsonMap]) -> list[ConversationVariable]:
    variables, problems = read_conversation_variables(list(sent))
    _refuse(problems, "conversation_variables")
    return variables


def _questions(sent: Sequence[JsonMap]) -> list[JsonMap]:
    """What a pipeline asks for. Raises InvalidParam for a question that cannot be read, or stands there twice."""
    try:
        read = pipeline_variables(sent)
    except GraphError as error:
        raise InvalidParam(error.problems[0].message, param="rag_pipeline_variables") from error
    names = [(each.belongs_to, each.question.variable) for each in read]
    for name in names:
        if names.count(name) > 1 or (name[0] != SHARED and (SHARED, name[1]) in names):
            raise InvalidParam(f"Two questions have the name {name[1]!r}; rename one.", param="rag_pipeline_variables")
    return list(sent)


def _refuse(problems: Sequence[Problem], param: str) -> None:
    if has_errors(problems):
        message = next(problem.message for problem in problems if problem.severity == "error")
        raise InvalidParam(message.replace("workflow.", ""), param=param)


def _with_known_secret(variable: EnvironmentVariable, known: Sequence[EnvironmentVariable]) -> EnvironmentVariable:
    if variable.value_type is not EnvironmentType.SECRET or variable.value:
        return variable
    same = next((other for other in known if other.id == variable.id), None) or next(
        (other for other in known if other.name == variable.name), None
    )
    if same is None or same.value_type is not EnvironmentType.SECRET:
        return variable
    return variable.model_copy(update={"value": same.value})
