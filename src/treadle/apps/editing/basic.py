"""The configuration of an app without a canvas, checked when somebody saves it.

Source: spec app-dsl §7, console §6.
"""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from treadle.dsl import AppMode, JsonMap, ModelConfig, has_errors
from treadle.dsl.model_settings import PromptType
from treadle.platform.refusals import InvalidParam

_MAX_PRESET = 100
_MAX_KEYWORDS = 10_000
_MAX_KEYWORD_LINES = 100
_MAX_QUESTIONS = 10

_OF_CHATS = frozenset(
    {
        "opening_statement",
        "suggested_questions",
        "suggested_questions_after_answer",
        "speech_to_text",
        "retriever_resource",
    }
)
_OF_COMPLETIONS = frozenset({"more_like_this"})


def checked_config(raw: Mapping[str, JsonValue], mode: AppMode) -> ModelConfig:
    """The configuration in `raw`, without what other modes have. Raises InvalidParam naming the first bad setting."""
    foreign = _OF_CHATS if mode is AppMode.COMPLETION else _OF_COMPLETIONS
    own: JsonMap = {key: value for key, value in raw.items() if key not in foreign}
    speech = own.get("text_to_speech")
    if isinstance(speech, dict) and not speech.get("enabled"):
        own["text_to_speech"] = {**speech, "voice": "", "language": ""}
    config, problems = ModelConfig.read(own)
    if has_errors(problems):
        first = next(problem for problem in problems if problem.severity == "error")
        raise InvalidParam(first.message, param=first.where)
    for field, message in _faults(config, mode):
        raise InvalidParam(message, param=field)
    return config


def _faults(config: ModelConfig, mode: AppMode) -> Iterator[tuple[str, str]]:
    """What is wrong with settings that each can be read: the setting, and a sentence."""
    if not config.model.provider or not config.model.name:
        yield "model", "Choose a model before saving."
    if config.prompt_type is PromptType.ADVANCED:
        texts = [message.text for message in config.chat_prompt_config.prompt]
        if not any(texts) and not config.completion_prompt_config.prompt.text:
            yield "chat_prompt_config", "The prompt is empty; write a message."
    if mode is AppMode.COMPLETION and config.dataset_configs.dataset_ids and not config.dataset_query_variable:
        yield "dataset_query_variable", "Choose the variable that knowledge is searched with."
    if len(config.suggested_questions) > _MAX_QUESTIONS:
        yield "suggested_questions", f"There can be {_MAX_QUESTIONS} suggested questions."
    yield from _moderation_faults(config)


def _moderation_faults(config: ModelConfig) -> Iterator[tuple[str, str]]:
    moderation = config.sensitive_word_avoidance
    if not moderation.enabled:
        return
    field, settings = "sensitive_word_avoidance", moderation.config
    sides = [side for side in (settings.inputs_config, settings.outputs_config) if side.enabled]
    if not moderation.type:
        yield field, "Choose how content is moderated."
    if not sides:
        yield field, "Moderation needs inputs, outputs or both to look at."
    for side in sides:
        if moderation.type != "api" and not side.preset_response:
            yield field, "Moderation needs a preset reply for each side that it looks at."
        if len(side.preset_response) > _MAX_PRESET:
            yield field, f"A preset reply has at most {_MAX_PRESET} characters."
    if moderation.type == "keywords":
        if not settings.keywords.strip():
            yield field, "Moderation by keywords needs a keyword."
        lines = settings.keywords.splitlines()
        if len(settings.keywords) > _MAX_KEYWORDS or len(lines) > _MAX_KEYWORD_LINES:
            yield field, f"Keywords take at most {_MAX_KEYWORD_LINES} lines and {_MAX_KEYWORDS:,} characters."
