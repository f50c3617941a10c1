"""What a model is told of the messages that a tool gave (spec models-and-tools §4.3 "Agent text")."""

from dataclasses import dataclass, field

from treadle.engine.ports import (
    ToolCitations,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue, Value, json_text, plain
from treadle.nodes.config import as_value

from .letters import sound_text

NOTHING = "The tool ran, but gave no result."


@dataclass(slots=True)
class Observation:
    """Collects the messages of one call."""

    files: list[File] = field(default_factory=list[File])
    json: list[JsonValue] = field(default_factory=list[JsonValue])
    usage: Usage = NO_USAGE
    cited: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    _texts: list[str] = field(default_factory=list[str])
    _shown_json: list[str] = field(default_factory=list[str])
    _variables: dict[str, Value] = field(default_factory=dict[str, Value])

    def take(self, message: ToolMessage) -> None:
        """Note one message; logs are for others."""
        match message:
            case ToolText():
                self._texts.append(message.text)
            case ToolLink():
                self._note(f"Here is a link; pass it on to the user: {message.url}")
                if message.file is not None:
                    self.files.append(message.file)
            case ToolFile():
                self._note(_delivered(message))
                self.files.append(message.file)
            case ToolJson():
                self.json.append(message.value)
                if not message.suppressed:
                    self._shown_json.append(json_text(as_value(message.value)))
            case ToolVariable():
                self._set(message)
            case ToolUsage():
                self.usage += message.usage
            case ToolCitations():
                self.cited += message.resources
            case ToolLog():
                pass

    def text(self, longest: int) -> str:
        """Texts, then JSON that does not repeat them; variables speak when nothing else does. Cut behind `longest`
        characters."""
        parts = ["".join(self._texts).strip()]
        for shown in self._shown_json:
            if shown not in parts:
                parts.append(shown)
        text = "\n".join(part for part in parts if part)
        if not text and self._variables:
            text = json_text(self._variables)
        if len(text) > longest:
            text = f"{text[:longest]}\n[The result is cut here: {longest} of {len(text)} characters are shown.]"
        return sound_text(text) or NOTHING

    def _note(self, sentence: str) -> None:
        """A sentence of ours, on a line of its own."""
        self._texts.append(f"\n{sentence}\n" if self._texts else f"{sentence}\n")

    def _set(self, message: ToolVariable) -> None:
        if message.stream:
            piece = message.value if isinstance(message.value, str) else str(plain(message.value))
            self._variables[message.name] = f"{self._variables.get(message.name, '')}{piece}"
        else:
            self._variables[message.name] = message.value


def _delivered(message: ToolFile) -> str:
    file = message.file
    if message.image or file.type == "image":
        return "The picture has been delivered to the user, who can see it; it need not be made again."
    name = f' "{file.filename}"' if file.filename else ""
    link = f" Its link: {file.url}" if file.url else ""
    return f"The file{name} has been delivered to the user.{link}"
