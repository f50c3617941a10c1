"""The configuration of a basic app (chat, agent-chat, completion), typed (app-dsl §7)."""

import re
from collections.abc import Mapping
from copy import deepcopy
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, JsonValue, PrivateAttr, field_validator, model_validator

from treadle.dsl.features import (
    FEATURE_DEFAULTS,
    ExternalDataTool,
    FeatureToggle,
    FileUpload,
    Moderation,
    SensitiveWordAvoidance,
    Speech,
    TextToSpeech,
    Toggle,
    Uploads,
)
from treadle.dsl.problems import Problem, ProblemKind
from treadle.dsl.sections import Count, Flag, JsonMap, Number, Section, Text, is_list, is_map
from treadle.dsl.variables import repeated

_EMOJI_AND_CJK = "\u4e00-\u9fa5\U0001f300-\U0001f64f\U0001f680-\U0001f6ff"
_FORM_NAME = re.compile(f"[A-Za-z_{_EMOJI_AND_CJK}][A-Za-z0-9_{_EMOJI_AND_CJK}]{{0,99}}")


class PromptType(StrEnum):
    """Whether the prompt is one text or a list of messages."""

    SIMPLE = "simple"
    ADVANCED = "advanced"


class ModelChoice(Section):
    """Which model answers, and how. `provider` is as typed in the file: see `normalise_provider`."""

    provider: Text = ""
    name: Text = ""
    mode: Literal["chat", "completion"] = "completion"
    completion_params: JsonMap = Field(default_factory=dict)

    @property
    def stop(self) -> list[str]:
        """The stop sequences, which travel among the parameters in files and apart from them to models."""
        stop = self.completion_params.get("stop")
        return [str(text) for text in stop] if isinstance(stop, list) else []

    @property
    def parameters(self) -> JsonMap:
        """The parameters without the stop sequences."""
        return {name: value for name, value in self.completion_params.items() if name != "stop"}


class PromptMessage(Section):
    """One message of an advanced prompt for chat models."""

    role: Literal["system", "user", "assistant"]
    text: Text = ""


class ChatPrompt(Section):
    """An advanced prompt for models of mode chat."""

    prompt: list[PromptMessage] = Field(default_factory=list[PromptMessage], max_length=10)


class PromptText(Section):
    """The one text of an advanced prompt for models of mode completion."""

    text: Text = ""


class HistoryRoles(Section):
    """How the two sides of a conversation are called inside a completion prompt."""

    user_prefix: Text = "Human"
    assistant_prefix: Text = "Assistant"


class CompletionPrompt(Section):
    """An advanced prompt for models of mode completion."""

    prompt: PromptText = PromptText()
    conversation_histories_role: HistoryRoles = HistoryRoles()


class FormFieldKind(StrEnum):
    """What a person is asked with."""

    TEXT = "text-input"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    SELECT = "select"
    CHECKBOX = "checkbox"
    EXTERNAL_DATA_TOOL = "external_data_tool"


class FormField(Section):
    """One question of the form before a conversation; in files a map of one key, its kind."""

    kind: FormFieldKind
    variable: Text
    label: str = ""
    required: Flag = False
    max_length: Count | None = None
    default: JsonValue = None
    options: list[Text] = Field(default_factory=list[str])
    description: Text = ""
    hide: Flag = False
    enabled: Flag = True
    type: Text = ""
    config: JsonMap = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_single_key(cls, raw: object) -> object:
        if not is_map(raw):
            return raw
        if len(raw) != 1:
            raise ValueError(f"must be a map of one key, the kind of field, but has {len(raw)} keys")
        ((kind, inner),) = raw.items()
        if kind not in list(FormFieldKind):
            raise ValueError(f'has the unknown kind "{kind[:40]}": use one of {", ".join(FormFieldKind)}')
        if not is_map(inner):
            raise ValueError(f"must have a map under {kind}")
        return {**inner, "kind": kind}

    @field_validator("variable")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not _FORM_NAME.fullmatch(name):
            raise ValueError("must be 1–100 letters, digits or _ and not begin with a digit")
        return name

    @model_validator(mode="after")
    def _default_is_an_option(self) -> Self:
        if self.kind is FormFieldKind.SELECT and self.default not in (None, "") and self.default not in self.options:
            raise ValueError("has a default that is not among its options: choose one of them")
        return self


class DatasetChoice(Section):
    """One knowledge base a basic app reads."""

    enabled: Flag = False
    id: Text = ""


class VectorWeight(Section):
    """The part of similarity in a weighted score."""

    vector_weight: Number = 0.7
    embedding_provider_name: Text = ""
    embedding_model_name: Text = ""


class KeywordWeight(Section):
    """The part of keywords in a weighted score."""

    keyword_weight: Number = 0.3


class Weights(Section):
    """How a weighted score is put together."""

    weight_type: Text = ""
    vector_setting: VectorWeight = VectorWeight()
    keyword_setting: KeywordWeight = KeywordWeight()


class RerankingModel(Section):
    """The model that puts passages in order."""

    reranking_provider_name: Text = ""
    reranking_model_name: Text = ""


class MetadataCondition(Section):
    """One comparison with a document's metadata."""

    name: Text = ""
    comparison_operator: Text = ""
    value: JsonValue = None


class MetadataConditions(Section):
    """Which documents are searched at all."""

    logical_operator: Literal["and", "or"] = "and"
    conditions: list[MetadataCondition] = Field(default_factory=list[MetadataCondition])


def _dataset_list(value: object) -> object:
    """`{strategy, datasets: [{dataset: {…}}]}` as the list of the inner maps."""
    listed: object = value.get("datasets") if is_map(value) else value
    if listed is None:
        return list[object]()
    return [item.get("dataset", item) if is_map(item) else item for item in listed] if is_list(listed) else listed


class DatasetConfigs(Section):
    """How a basic app retrieves."""

    retrieval_model: Literal["single", "multiple"] = "single"
    datasets: Annotated[list[DatasetChoice], BeforeValidator(_dataset_list)] = Field(
        default_factory=list[DatasetChoice]
    )
    top_k: Count = 4
    score_threshold: Number | None = None
    score_threshold_enabled: Flag = False
    reranking_mode: Literal["reranking_model", "weighted_score"] | None = None
    reranking_enable: Flag = Field(
        default=False, validation_alias=AliasChoices("reranking_enable", "reranking_enabled")
    )
    reranking_model: RerankingModel = RerankingModel()
    weights: Weights | None = None
    metadata_filtering_mode: Literal["disabled", "automatic", "manual"] = "disabled"
    metadata_model_config: ModelChoice | None = None
    metadata_filtering_conditions: MetadataConditions = MetadataConditions()

    @property
    def dataset_ids(self) -> list[str]:
        """The ids of the knowledge bases that are switched on."""
        return [dataset.id for dataset in self.datasets if dataset.enabled and dataset.id]


class AgentStrategy(StrEnum):
    """How an agent decides on its next step; the last two only choose a knowledge base."""

    FUNCTION_CALL = "function_call"
    REACT = "react"
    ROUTER = "router"
    REACT_ROUTER = "react_router"


class AgentPrompt(Section):
    """The two prompts of a ReAct agent."""

    first_prompt: Text = ""
    next_iteration: Text = ""


class AgentTool(Section):
    """A tool of an agent. The old single-key form is read with the key as `tool_name` and no provider."""

    enabled: Flag = True
    provider_type: Text = ""
    provider_id: Text = ""
    provider_name: Text = ""
    tool_name: Text = ""
    tool_label: Text = ""
    tool_parameters: Annotated[JsonMap, BeforeValidator(lambda value: value or {})] = Field(default_factory=dict)
    credential_id: Text = ""
    plugin_unique_identifier: Text = ""
    id: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _from_single_key(cls, raw: object) -> object:
        if is_map(raw) and len(raw) == 1:
            ((name, inner),) = raw.items()
            if is_map(inner):
                return {**inner, "tool_name": name}
        return raw


class AgentMode(Section):
    """How an agent works."""

    enabled: Flag = False
    strategy: Annotated[AgentStrategy, BeforeValidator(lambda word: "react" if word == "cot" else word)] | None = None
    max_iteration: Count = 10
    prompt: Annotated[AgentPrompt | None, BeforeValidator(lambda value: value or None)] = None
    tools: list[AgentTool] = Field(default_factory=list[AgentTool])


DEFAULTS: JsonMap = {
    **FEATURE_DEFAULTS,
    "model": {},
    "prompt_type": "simple",
    "pre_prompt": None,
    "chat_prompt_config": {},
    "completion_prompt_config": {},
    "user_input_form": [],
    "dataset_query_variable": "",
    "dataset_configs": {"retrieval_model": "multiple"},
    "agent_mode": {"enabled": False, "strategy": None, "tools": [], "prompt": None},
    "more_like_this": {"enabled": False},
    "external_data_tools": [],
    "annotation_reply": {"enabled": False},
}
"""What an unset key is written as (app-dsl §7.1)."""


class ModelConfig(Section):
    """Everything a basic app is, with defaults filled in. Read it with `ModelConfig.read`."""

    model: ModelChoice = ModelChoice()
    prompt_type: PromptType = PromptType.SIMPLE
    pre_prompt: Text = ""
    chat_prompt_config: ChatPrompt = ChatPrompt()
    completion_prompt_config: CompletionPrompt = CompletionPrompt()
    user_input_form: list[FormField] = Field(default_factory=list[FormField])
    dataset_query_variable: Text = ""
    dataset_configs: DatasetConfigs = DatasetConfigs(retrieval_model="multiple")
    agent_mode: AgentMode = AgentMode()
    opening_statement: Text = ""
    suggested_questions: list[Text] = Field(default_factory=list[str])
    suggested_questions_after_answer: FeatureToggle = Toggle()
    speech_to_text: FeatureToggle = Toggle()
    text_to_speech: Speech = TextToSpeech()
    retriever_resource: FeatureToggle = Toggle(enabled=True)
    more_like_this: FeatureToggle = Toggle()
    sensitive_word_avoidance: Moderation = SensitiveWordAvoidance()
    external_data_tools: list[ExternalDataTool] = Field(default_factory=list[ExternalDataTool])
    file_upload: Uploads = FileUpload()

    _raw: JsonMap = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, JsonValue]) -> tuple[Self, list[Problem]]:
        """The configuration in a file's `model_config`, and an error for every key that is wrong.

        Unknown keys and `annotation_reply` are left out (app-dsl §7.1); what the known keys hold is kept
        verbatim for `as_map`.
        """
        known = {key: value for key, value in raw.items() if key in cls.model_fields}
        read, problems = cls.lenient(known, "model_config", ProblemKind.BAD_FIELD, "error")
        read._raw = deepcopy(known)
        return read, problems

    @field_validator("user_input_form")
    @classmethod
    def _names_differ(cls, form: list[FormField]) -> list[FormField]:
        if names := repeated(field.variable for field in form):
            raise ValueError(f'uses the variable "{names[0]}" twice: rename one of the fields')
        return form

    def as_map(self) -> JsonMap:
        """The map to store or export: every key, as it was read, the missing ones at their defaults."""
        written = deepcopy(DEFAULTS)
        written.update((key, value) for key, value in self._raw.items() if value is not None)
        datasets = written["dataset_configs"]
        if isinstance(datasets, dict):
            written["dataset_configs"] = {"retrieval_model": "single", **datasets}
        return deepcopy(written)
