"""What one version of an app is, apart from its looks: from a file or a row, to a row or a file.

Source: spec workflow-engine §21, app-dsl §8.3.
"""

import hashlib
import json
from dataclasses import dataclass, field

import msgspec

from treadle.apps.tables import App, AppVersion
from treadle.apps.tables import AppMode as StoredMode
from treadle.apps.tool_secrets import ToolSecrets, tool_secrets_in
from treadle.dsl import (
    AppFile,
    AppMode,
    ConversationVariable,
    EnvironmentType,
    EnvironmentVariable,
    Features,
    JsonMap,
    ModelConfig,
    WorkflowFile,
    features_view,
    with_feature_defaults,
)
from treadle.dsl.app_file import DEFAULT_ICON_BACKGROUND
from treadle.platform.crypto import Crypto

_encode = msgspec.json.Encoder().encode
_decode_map = msgspec.json.Decoder(dict[str, object]).decode
_decode_list = msgspec.json.Decoder(list[object]).decode
_decode_maps = msgspec.json.Decoder(list[dict[str, object]]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of an app. Graph modes have a `workflow`, the others a `model_config`."""

    mode: AppMode
    workflow: WorkflowFile | None = None
    model_config: ModelConfig | None = None
    dependencies: list[object] = field(default_factory=list[object])
    dsl_version: str = ""

    @property
    def features(self) -> Features:
        """The features with every default filled in; those of a basic app are in its configuration."""
        if self.workflow is not None:
            return features_view(self.workflow.features, chat=self.mode is AppMode.ADVANCED_CHAT)[0]
        assert self.model_config is not None
        return Features.model_construct(
            opening_statement=self.model_config.opening_statement,
            suggested_questions=self.model_config.suggested_questions,
            suggested_questions_after_answer=self.model_config.suggested_questions_after_answer,
            speech_to_text=self.model_config.speech_to_text,
            text_to_speech=self.model_config.text_to_speech,
            retriever_resource=self.model_config.retriever_resource,
            sensitive_word_avoidance=self.model_config.sensitive_word_avoidance,
            file_upload=self.model_config.file_upload,
        )

    @property
    def tool_secrets(self) -> list[str]:
        """The secret settings of its tools."""
        if self.workflow is not None:
            return tool_secrets_in(self.workflow.graph)
        return tool_secrets_in(self.model_config.as_map()) if self.model_config else []

    @property
    def feature_map(self) -> JsonMap:
        """The features as the app's owner wrote them, missing ones at their defaults."""
        if self.workflow is not None:
            return with_feature_defaults(self.workflow.features, chat=True)
        assert self.model_config is not None
        return self.model_config.as_map()

    @classmethod
    def from_file(cls, app: AppFile) -> "Definition":
        return cls(
            mode=app.mode,
            workflow=app.workflow,
            model_config=app.model_config,
            dependencies=list(app.dependencies),
            dsl_version=app.version,
        )

    @classmethod
    def from_row(cls, row: AppVersion, mode: AppMode, crypto: Crypto) -> "Definition":
        """Raises platform.crypto.SecretError when a secret was encrypted with another key."""
        workflow = config = None
        tools = ToolSecrets(row.app_id, crypto)
        if row.graph is not None:
            workflow = WorkflowFile(
                graph=tools.opened(_decode_map(row.graph)),  # type: ignore[arg-type]
                features=_decode_map(row.features),  # type: ignore[arg-type]
                environment_variables=[
                    EnvironmentVariable.model_validate(_opened(item, row.app_id, crypto))
                    for item in _decode_maps(row.environment_variables)
                ],
                conversation_variables=[
                    ConversationVariable.model_validate(item) for item in _decode_list(row.conversation_variables)
                ],
                pipeline_variables=_decode_maps(row.pipeline_variables),  # type: ignore[arg-type]
            )
        if row.model_config is not None:
            config, _ = ModelConfig.read(tools.opened(_decode_map(row.model_config)))  # type: ignore[arg-type]
        return cls(
            mode=mode,
            workflow=workflow,
            model_config=config,
            dependencies=_decode_list(row.dependencies),
            dsl_version=row.dsl_version,
        )

    def write(self, row: AppVersion, crypto: Crypto) -> None:
        """Put this definition into `row`, secrets encrypted."""
        row.dsl_version = self.dsl_version
        row.dependencies = _text(self.dependencies)
        tools = ToolSecrets(row.app_id, crypto)
        if self.workflow is not None:
            row.graph = _text(tools.sealed(self.workflow.graph))
            row.features = _text(self.workflow.features)
            row.environment_variables = _text(
                [_sealed(variable, row.app_id, crypto) for variable in self.workflow.environment_variables]
            )
            row.conversation_variables = _text(
                [variable.model_dump(mode="json") for variable in self.workflow.conversation_variables]
            )
            row.pipeline_variables = _text(self.workflow.pipeline_variables)
        if self.model_config is not None:
            row.model_config = _text(tools.sealed(self.model_config.as_map()))
        row.hash = digest(
            tools,
            graph=self.workflow.graph if self.workflow else None,
            features=self.workflow.features if self.workflow else {},
            config=self.model_config.as_map() if self.model_config else None,
        )

    def to_file(self, app: App) -> AppFile:
        """The app file of this version."""
        return AppFile(
            mode=self.mode,
            name=app.name,
            description=app.description,
            icon=app.icon,
            icon_type=app.icon_type,
            icon_background=app.icon_background or DEFAULT_ICON_BACKGROUND,
            use_icon_as_answer_icon=app.use_icon_as_answer_icon,
            workflow=self.workflow,
            model_config=self.model_config,
            dependencies=list(self.dependencies),  # type: ignore[arg-type]
        )


def digest(tools: ToolSecrets, *, graph: JsonMap | None, features: JsonMap, config: JsonMap | None) -> str:
    """Changes whenever the graph or the features (or the configuration) change; variables do not count. Nobody can
    try from it what a secret is."""
    if graph is not None:
        content: object = {"graph": tools.signed(graph), "features": features}
    else:
        content = tools.signed(config) if config else None
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def definition_mode(app: App) -> AppMode:
    """The mode that an app is compiled and run in: a knowledge pipeline is a workflow to the engine."""
    return AppMode.WORKFLOW if app.mode == StoredMode.RAG_PIPELINE else AppMode(app.mode)


def _text(value: object) -> str:
    return _encode(value).decode()


def _context(app_id: str, variable_id: object) -> str:
    return f"app {app_id} environment variable {variable_id}"


def _sealed(variable: EnvironmentVariable, app_id: str, crypto: Crypto) -> dict[str, object]:
    members = variable.model_dump(mode="json")
    if variable.value_type is EnvironmentType.SECRET and variable.value:
        members["value"] = crypto.encrypt(str(variable.value), context=_context(app_id, variable.id))
        members["sealed"] = True
    return members


def _opened(item: dict[str, object], app_id: str, crypto: Crypto) -> dict[str, object]:
    if not item.get("sealed"):
        return item
    opened = crypto.decrypt(str(item["value"]), context=_context(app_id, item["id"]))
    return {key: value for key, value in item.items() if key != "sealed"} | {"value": opened}
