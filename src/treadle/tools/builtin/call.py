"""One call of a built-in tool: what it was given, and what it may ask of the world."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from treadle.engine.errors import ToolCredentialsError, ToolParameterError
from treadle.engine.ports import Clock, Code, Files, Http, ModelRef, Models
from treadle.engine.usage import Usage
from treadle.engine.values import File, Value
from treadle.platform.egress_rules import EgressRules


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recording says, and what it cost to be written down."""

    text: str
    usage: Usage


class Speech(Protocol):
    """The workspace's models of speech. A model without a provider means its default. Failures are InvokeErrors."""

    async def transcribe(self, data: bytes, model: ModelRef, *, filename: str, mime_type: str) -> Heard:
        """What is said in a recording."""
        ...

    def speak(
        self, text: str, model: ModelRef, *, voice: str = "", spent: Callable[[Usage], None] | None = None
    ) -> AsyncIterator[bytes]:
        """The sound of a text in pieces; without a voice, the model's own. `spent` is told what each part cost."""
        ...

    async def audio_type(self, model: ModelRef) -> str:
        """The format of a model's sound, such as mp3."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`parameters` are cast to their declared types, absent ones filled with their defaults; `credentials` are plain.

    `model` is the workspace's default language model, None without one. `timezone` is that of who calls; `egress`
    decides about connections other than HTTP. `urls` are the upstream's addresses by the names that the provider's file
    gives them. `user_id` is the end user or the member for whom the tool is called, `app_id` the app that calls it, and
    `conversation_id` the conversation, where there are such.
    """

    parameters: Mapping[str, Value]
    http: Http
    code: Code
    models: Models
    files: Files
    credentials: Mapping[str, Value] = field(default_factory=dict[str, Value])
    model: ModelRef | None = None
    speech: Speech | None = None
    clock: Clock = time.time
    timezone: str = "UTC"
    egress: EgressRules = field(default_factory=EgressRules)
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    user_id: str = ""
    app_id: str = ""
    conversation_id: str = ""

    def text(self, name: str) -> str:
        """The parameter as text without surrounding blanks; "" when it is absent."""
        value = self.parameters.get(name)
        return "" if value is None else str(value).strip()

    def required(self, name: str) -> str:
        """The same. Raises ToolParameterError when it is empty."""
        value = self.text(name)
        if not value:
            raise ToolParameterError(f'The parameter "{name}" is empty; give it a value.')
        return value

    def number(self, name: str) -> float:
        """The parameter as a number. Raises ToolParameterError when it is none."""
        value = self.parameters.get(name)
        try:
            return float(value) if isinstance(value, int | float | str) else float("nan")
        except ValueError:
            raise ToolParameterError(f'The parameter "{name}" is {value!r}, which is no number.') from None

    def integer(self, name: str, least: int | None = None, most: int | None = None) -> int:
        """The parameter as a whole number, moved into its bounds. Raises ToolParameterError when it is none."""
        try:
            value = int(self.number(name))
        except (ValueError, OverflowError):
            raise ToolParameterError(f'The parameter "{name}" must be a whole number.') from None
        value = value if least is None else max(least, value)
        return value if most is None else min(most, value)

    def flag(self, name: str) -> bool:
        """The parameter as a boolean; False when it is absent."""
        value = self.parameters.get(name)
        return value.strip().lower() in ("true", "yes", "y", "1") if isinstance(value, str) else bool(value)

    def listed(self, name: str, separator: str = ",") -> list[str]:
        """The parameter's parts between separators, empty ones left out."""
        return [part for part in (part.strip() for part in self.text(name).split(separator)) if part]

    def attached(self, name: str) -> list[File]:
        """The files of the parameter."""
        value = self.parameters.get(name)
        items = value if isinstance(value, list) else [value]
        return [item for item in items if isinstance(item, File)]

    def credential(self, name: str) -> str:
        """A credential's text. Raises ToolCredentialsError when it is absent."""
        value = self.optional_credential(name)
        if not value:
            raise ToolCredentialsError(f'The credential "{name}" is missing; enter it in the tool\'s settings.')
        return value

    def optional_credential(self, name: str) -> str:
        """A credential's text; "" when it is absent."""
        value = self.credentials.get(name)
        return "" if value is None else str(value).strip()

    def allows(self, name: str) -> bool:
        """A boolean credential."""
        value = self.credentials.get(name)
        return value.strip().lower() in ("true", "yes", "y", "1") if isinstance(value, str) else bool(value)
