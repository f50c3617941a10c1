"""Putting prompt messages together: texts, files, history (workflow-nodes §0.8 and §4.7)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from treadle.engine.errors import NoPromptFoundError
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Files, Message, ModelProfile, Part, ToolCall, Turn
from treadle.engine.template import Selector, Template
from treadle.engine.values import File, JsonValue, Missing, Value

from .config import not_found
from .media import Detail, SendAs, accepted, files_of, part_of

PromptRole = Literal["system", "user", "assistant"]

_SPECIAL = re.compile(r"\{\{#(context|histories|query)#\}\}")
_UNKNOWN_CONTEXT_SIZE_ROOM = 2000
_OUTPUT_LIMITS = ("max_tokens", "max_output_tokens", "max_completion_tokens")


class PromptText:
    """A prompt text with references to variables and the placeholders `context`, `histories` and `query`.

    Placeholders inside of values stay as they are.
    """

    __slots__ = ("pieces", "selectors", "specials")

    def __init__(self, text: str) -> None:
        pieces = _SPECIAL.split(text)  # literal, placeholder name, literal, ...
        self.pieces: tuple[Template | str, ...] = tuple(
            piece if position % 2 else Template.parse(piece) for position, piece in enumerate(pieces)
        )
        self.specials = frozenset(pieces[1::2])
        self.selectors: tuple[Selector, ...] = tuple(
            selector for piece in self.pieces if isinstance(piece, Template) for selector in piece.selectors
        )

    def render(self, pool: VariablePool, specials: Mapping[str, str]) -> str:
        """The text. A placeholder that `specials` does not know stays as typed."""
        return "".join(
            piece.text(pool) if isinstance(piece, Template) else specials.get(piece, f"{{{{#{piece}#}}}}")
            for piece in self.pieces
        )

    def files(self, pool: VariablePool) -> list[File]:
        """The files that the text refers to, in order."""
        return [file for selector in self.selectors for file in files_of(pool.get(selector))]

    def check(self, pool: VariablePool) -> None:
        """Raises VariableNotFoundError for a reference to a variable that was never written."""
        for selector in self.selectors:
            require(pool, selector)


def require(pool: VariablePool, selector: Selector) -> Value:
    """The value at `selector`. Raises VariableNotFoundError."""
    value = pool.get(selector)
    if isinstance(value, Missing):
        raise not_found(selector)
    return value


@dataclass(slots=True)
class Draft:
    """A message before its files are read."""

    role: PromptRole
    text: str = ""
    files: list[File] = field(default_factory=list[File])


def add_files(drafts: list[Draft], files: Sequence[File]) -> None:
    """Put files to the last message if the user says it, else into a message of their own."""
    if not files:
        return
    if drafts and drafts[-1].role == "user":
        drafts[-1].files += files
    else:
        drafts.append(Draft("user", files=list(files)))


def drafts_of(turns: Sequence[Turn]) -> list[Draft]:
    """Earlier exchanges as messages."""
    drafts: list[Draft] = []
    for turn in turns:
        drafts.append(Draft("user", turn.query, list(turn.query_files)))
        drafts.append(Draft("assistant", turn.answer, list(turn.answer_files)))
    return drafts


def history_text(history: Sequence[Draft], *, user: str, assistant: str) -> str:
    """Earlier exchanges as lines of text, images as `[image]`."""
    lines: list[str] = []
    for draft in history:
        content = [draft.text] if draft.text else []
        content += ["[image]" for file in draft.files if file.type == "image"]
        lines.append(f"{user if draft.role == 'user' else assistant}: " + "\n".join(content))
    return "\n".join(lines)


def output_limit(parameters: Mapping[str, JsonValue]) -> tuple[str, int] | None:
    """The parameter that bounds the reply, with its value in tokens."""
    for name in _OUTPUT_LIMITS:
        value = parameters.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return name, value
    return None


def within_budget(
    history: list[Draft],
    prompt: Sequence[Draft],
    *,
    profile: ModelProfile,
    parameters: Mapping[str, JsonValue],
    count: Callable[[Sequence[Message]], int],
) -> list[Draft]:
    """`history` without its oldest messages, one by one, until it fits beside the prompt. One is always kept."""
    if not history:
        return history
    room = room_for_history(prompt, profile=profile, parameters=parameters, count=count)
    sizes = [count(_plain([draft])) for draft in history]
    total, first = sum(sizes), 0
    while total > room and first < len(history) - 1:
        total -= sizes[first]
        first += 1
    return history[first:]


def room_for_history(
    prompt: Sequence[Draft],
    *,
    profile: ModelProfile,
    parameters: Mapping[str, JsonValue],
    count: Callable[[Sequence[Message]], int],
) -> int:
    """Tokens that are left beside the prompt and the longest reply."""
    if profile.context_size is None:
        return _UNKNOWN_CONTEXT_SIZE_ROOM
    limit = output_limit(parameters)
    return max(0, profile.context_size - (limit[1] if limit else 0) - count(_plain(prompt)))


def _plain(drafts: Sequence[Draft]) -> list[Message]:
    """Messages without their files, which count nothing."""
    return [Message(role=draft.role, content=draft.text) for draft in drafts]


def token_count(drafts: Sequence[Draft], count: Callable[[Sequence[Message]], int]) -> int:
    """Size of the messages in tokens, files left out."""
    return count(_plain(drafts))


async def messages_of(
    drafts: Sequence[Draft], *, profile: ModelProfile, files: Files, detail: Detail, send_as: SendAs
) -> tuple[Message, ...]:
    """The messages to send: files that the model cannot take are left out before they are read, and empty messages.

    Files come before the text. Raises NoPromptFoundError when nothing is left, and the errors of `part_of`.
    """
    messages: list[Message] = []
    for draft in drafts:
        usable = [file for file in draft.files if accepted(file, profile.features)]
        if usable:
            parts = [await part_of(file, files, detail=detail, send_as=send_as) for file in usable]
            if draft.text:
                parts.append(Part(type="text", text=draft.text))
            content = parts[0].text if len(parts) == 1 and parts[0].type == "text" else tuple(parts)
            messages.append(Message(role=draft.role, content=content))
        elif draft.text:
            messages.append(Message(role=draft.role, content=draft.text))
    if not messages:
        raise NoPromptFoundError("The prompt is empty; write a message or switch memory on.")
    return tuple(messages)


def logged_prompts(messages: Sequence[Message]) -> list[Value]:
    """The messages as a run's record keeps them: file data is cut (models-and-tools §1.7)."""
    logged: list[Value] = []
    for message in messages:
        parts = (Part(type="text", text=message.content),) if isinstance(message.content, str) else message.content
        files: list[Value] = [_logged_part(part) for part in parts if part.type != "text"]
        text = "\n".join(part.text for part in parts if part.type == "text")
        entry: dict[str, Value] = {"role": message.role, "text": text, "files": files}
        if message.tool_calls:
            entry["tool_calls"] = [logged_call(call) for call in message.tool_calls]
        logged.append(entry)
    return logged


def logged_call(call: ToolCall) -> Value:
    """A call as records keep it."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _logged_part(part: Part) -> Value:
    data = part.url or f"data:{part.mime_type};base64,{part.data}"
    cut = f"{data[:10]}...[TRUNCATED]...{data[-10:]}" if len(data) > 40 else data
    shown: dict[str, Value] = {"type": part.type, "data": cut}
    if part.type == "image":
        shown["detail"] = part.detail
    else:
        shown["format"] = part.format
    return shown
