"""Which features of a version take part in its runs, worked out once when it is compiled.

Source: spec models-and-tools §2.1, §5.1, §5.4, app-dsl §7.7.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from treadle.apps.definition import Definition
from treadle.apps.features.retrieval import base_ids
from treadle.dsl import AppMode, JsonMap
from treadle.dsl.features import ExternalDataTool, SensitiveWordAvoidance
from treadle.dsl.model_settings import FormFieldKind, ModelConfig
from treadle.engine.errors import GraphProblem
from treadle.engine.values import JsonValue

KEYWORDS, OPENAI, API = "keywords", "openai_moderation", "api"
MAX_PRESET = 100
MAX_KEYWORDS = 100
MAX_KEYWORD_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class ModerationPlan:
    """A moderation that is switched on. `config` is as its owner wrote it, for types of code."""

    type: str
    config: Mapping[str, JsonValue]
    inputs: bool
    outputs: bool
    input_preset: str
    output_preset: str
    keywords: tuple[str, ...] = ()
    extension_id: str = ""


@dataclass(frozen=True, slots=True)
class DataTool:
    """A form variable whose value comes from outside."""

    variable: str
    type: str
    config: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Extras:
    """What happens around the runs of a version; nothing in most."""

    moderation: ModerationPlan | None = None
    data_tools: tuple[DataTool, ...] = ()
    voice: str | None = None
    """The voice that reads answers aloud while they are written; empty: the model's own. None: nobody does."""
    query_variable: str = ""
    """The input that a completion app looks up in its knowledge bases: its query, whatever else was sent as one."""
    annotated: bool = False
    """The mode takes annotation replies: chats do, other apps do not."""


def extras_of(definition: Definition) -> Extras:
    """The features of a version that take part in its runs."""
    features = definition.features
    speech = features.text_to_speech
    return Extras(
        moderation=_moderation(features.sensitive_word_avoidance, definition.feature_map),
        data_tools=tuple(data_tools_of(definition.model_config)) if definition.model_config else (),
        voice=speech.voice if speech.enabled and speech.auto_play == "enabled" else None,
        query_variable=_query_variable(definition),
        annotated=definition.mode in (AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT),
    )


def moderation_problems(plan: ModerationPlan | None) -> Iterator[GraphProblem]:
    """Every reason why a moderation cannot work as it is set."""
    if plan is None:
        return
    if not (plan.inputs or plan.outputs):
        yield _problem("Moderation is on, but for neither inputs nor outputs: switch one of them on.")
    for enabled, preset, side in (
        (plan.inputs, plan.input_preset, "inputs_config"),
        (plan.outputs, plan.output_preset, "outputs_config"),
    ):
        if enabled and plan.type in (KEYWORDS, OPENAI) and not 1 <= len(preset) <= MAX_PRESET:
            yield _problem(f"The preset reply of {side} must have 1 to {MAX_PRESET} characters.", side)
    if plan.type == KEYWORDS:
        written = plan.config.get("keywords")
        if not plan.keywords:
            yield _problem("Moderation by keywords needs keywords, one a line.", "keywords")
        elif len(plan.keywords) > MAX_KEYWORDS or len(str(written)) > MAX_KEYWORD_TEXT:
            yield _problem(
                f"At most {MAX_KEYWORDS} keywords and {MAX_KEYWORD_TEXT} characters are possible.", "keywords"
            )
    if plan.type == API and not plan.extension_id:
        yield _problem("Moderation by an API extension needs the extension's id.", "api_based_extension_id")


def query_problems(definition: Definition) -> Iterator[GraphProblem]:
    """A completion app with knowledge bases must say what to look for."""
    config = definition.model_config
    if definition.mode is AppMode.COMPLETION and config and base_ids(config) and not config.dataset_query_variable:
        yield GraphProblem(
            "This app has knowledge bases, but no query variable: choose the input that is looked up.",
            field="model_config.dataset_query_variable",
        )


def _query_variable(definition: Definition) -> str:
    config = definition.model_config
    if definition.mode is not AppMode.COMPLETION or config is None or not base_ids(config):
        return ""
    return config.dataset_query_variable


def _problem(message: str, field: str = "") -> GraphProblem:
    place = f"sensitive_word_avoidance.config.{field}" if field else "sensitive_word_avoidance"
    return GraphProblem(message, field=place)


def _moderation(feature: SensitiveWordAvoidance, feature_map: JsonMap) -> ModerationPlan | None:
    if not feature.enabled or not feature.type:
        return None
    raw = feature_map.get("sensitive_word_avoidance")
    written = raw.get("config") if isinstance(raw, dict) else None
    config = feature.config
    return ModerationPlan(
        type=feature.type,
        config=written if isinstance(written, dict) else {},
        inputs=config.inputs_config.enabled,
        outputs=config.outputs_config.enabled,
        input_preset=config.inputs_config.preset_response,
        output_preset=config.outputs_config.preset_response,
        keywords=tuple(word for line in config.keywords.split("\n") if (word := line.strip())),
        extension_id=config.api_based_extension_id,
    )


def data_tools_of(config: ModelConfig) -> Iterator[DataTool]:
    """Tools of both places where they may stand, the form's first; a variable that is named twice counts once."""
    written = [
        ExternalDataTool(enabled=field.enabled, variable=field.variable, type=field.type, config=field.config)
        for field in config.user_input_form
        if field.kind is FormFieldKind.EXTERNAL_DATA_TOOL
    ]
    seen: set[str] = set()
    for tool in (*written, *config.external_data_tools):
        if tool.enabled and tool.variable and tool.variable not in seen:
            seen.add(tool.variable)
            yield DataTool(tool.variable, tool.type or API, tool.config)
