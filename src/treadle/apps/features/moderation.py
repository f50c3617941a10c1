"""Moderation of what people ask and of what is answered: by keywords, by a model, by an endpoint, by code.

Source: spec models-and-tools §5.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from treadle.apps.features.plan import ModerationPlan
from treadle.engine.ports import ModelRef
from treadle.engine.values import File, JsonValue, Value, to_text
from treadle.extensions.base import Moderation as CodeModeration
from treadle.extensions.code import called
from treadle.extensions.service import ExtensionService
from treadle.extensions.wire import ExtensionFailed
from treadle.models.media import MediaModels

Action = Literal["direct_output", "overridden"]

OPENAI_MODEL = ModelRef("openai", "omni-moderation-latest")


class ModerationError(Exception):
    """Inputs could not be moderated. The message is a sentence for the caller."""


class InputVerdict(msgspec.Struct, kw_only=True):
    """What is to become of inputs and query. `inputs` and `query` None: they stay."""

    flagged: bool = False
    action: Action = "direct_output"
    preset_response: str = ""
    inputs: dict[str, Any] | None = None
    query: str | None = None


class OutputVerdict(msgspec.Struct, kw_only=True):
    """What is to become of a text; `text` takes its place when the action is `overridden`."""

    flagged: bool = False
    action: Action = "direct_output"
    preset_response: str = ""
    text: str = ""


Verdict = TypeVar("Verdict", InputVerdict, OutputVerdict)


class Moderator(Protocol):
    """One app's moderation."""

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        """Raises ModerationError or InvokeError."""
        ...

    async def output(self, text: str) -> OutputVerdict:
        """The verdict on the whole text so far. Raises whatever goes wrong: then the text passes."""
        ...


class Keywords:
    """Words that a text must not have, whatever their case."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = tuple(dict.fromkeys(word.lower() for word in words if word))
        self.reach = max(map(len, self._words), default=1) - 1
        """How many characters at the end of a text may still become part of a word."""

    def found_in(self, text: str) -> bool:
        """Whether a word is in the text."""
        lowered = text.lower()
        return any(word in lowered for word in self._words)

    def begun_in(self, text: str) -> int:
        """How many characters at the end of `text` are the beginning of a word."""
        lowered = text[-self.reach :].lower() if self.reach else ""
        return next(
            (
                length
                for length in range(len(lowered), 0, -1)
                if any(word.startswith(lowered[-length:]) for word in self._words)
            ),
            0,
        )


@dataclass(frozen=True, slots=True)
class KeywordModerator:
    """Flags texts with one of the app's keywords."""

    plan: ModerationPlan
    keywords: Keywords

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        flagged = any(self.keywords.found_in(text) for text in (*texts_of(inputs), query))
        return InputVerdict(flagged=flagged, preset_response=self.plan.input_preset)

    async def output(self, text: str) -> OutputVerdict:
        return OutputVerdict(flagged=self.keywords.found_in(text), preset_response=self.plan.output_preset)


@dataclass(frozen=True, slots=True)
class ModelModerator:
    """Asks the moderation model of the workspace's OpenAI account."""

    plan: ModerationPlan
    models: MediaModels

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        text = "\n".join(text for text in (*texts_of(inputs), query) if text)
        flagged = bool(text) and await self.models.moderate(text, OPENAI_MODEL)
        return InputVerdict(flagged=flagged, preset_response=self.plan.input_preset)

    async def output(self, text: str) -> OutputVerdict:
        flagged = await self.models.moderate(text, OPENAI_MODEL)
        return OutputVerdict(flagged=flagged, preset_response=self.plan.output_preset)


@dataclass(frozen=True, slots=True)
class ApiModerator:
    """Asks an endpoint of the workspace's own."""

    plan: ModerationPlan
    extensions: ExtensionService
    workspace_id: str
    app_id: str

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        params = {"app_id": self.app_id, "inputs": inputs, "query": query}
        try:
            answer = await self.extensions.ask(
                self.workspace_id, self.plan.extension_id, "app.moderation.input", params
            )
            return _read(answer, InputVerdict)
        except ExtensionFailed as error:
            raise ModerationError(error.message) from error

    async def output(self, text: str) -> OutputVerdict:
        params = {"app_id": self.app_id, "text": text}
        answer = await self.extensions.ask(self.workspace_id, self.plan.extension_id, "app.moderation.output", params)
        return _read(answer, OutputVerdict)


@dataclass(frozen=True, slots=True)
class CodeModerator:
    """Asks code of the operator's folder."""

    code: CodeModeration

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        try:
            result = await called(self.code.moderation_for_inputs, dict(inputs), query)
            return msgspec.convert(result, InputVerdict, from_attributes=True)
        except Exception as error:  # whatever an operator's code raises
            raise ModerationError(f'The moderation "{self.code.name}" failed: {error}') from error

    async def output(self, text: str) -> OutputVerdict:
        result = await called(self.code.moderation_for_outputs, text)
        return msgspec.convert(result, OutputVerdict, from_attributes=True)


def texts_of(inputs: Mapping[str, Value]) -> list[str]:
    """The values of inputs as texts; files are not among them."""
    return [to_text(value) for value in inputs.values() if value is not None and not isinstance(value, File)]


def _read(answer: Mapping[str, JsonValue], kind: type[Verdict]) -> Verdict:
    """The answer of an endpoint; it must say what to do even when nothing is flagged. Raises ExtensionFailed."""
    if "action" not in answer:
        raise ExtensionFailed('The moderation endpoint left out "action" in its answer.')
    kept = {name: value for name, value in answer.items() if value is not None}
    try:
        return msgspec.convert(kept, kind)
    except msgspec.ValidationError as error:
        raise ExtensionFailed(f"The moderation endpoint's answer cannot be used: {error}.") from error
