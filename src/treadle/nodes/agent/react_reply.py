"""Reading a ReAct reply while it streams: a thought, then an action as JSON.

Models write the action in a code fence or bare, inside a one-element list, behind words like `Action:`, or not at all.
The JSON that counts is the first that reads as an action; all other JSON is text. Source: spec models-and-tools §3.4.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from treadle.engine.values import JsonValue, json_text
from treadle.nodes.config import as_value

from .letters import sound, sound_text

_OPENING = re.compile(r"\[\s*\{|\{")
_MAYBE_OPENING = re.compile(r"\[\s*\Z")
_NOTEWORTHY = re.compile(r'["{}\[\]]')
_IN_TEXT = re.compile(r'["\\]')
_LABEL = re.compile(r"(?<!\S)(?:thought|action)[ \t]*:[ \t]*", re.IGNORECASE)
_FENCE_BEFORE = re.compile(r"`{1,3}[ \t]*[a-zA-Z]*\s*\Z")
_OBSERVATION = re.compile(r"(?:\A|\n)[ \t]*observation[ \t]*:", re.IGNORECASE)
_WRITTEN_ANSWER = re.compile(r"(?:\A|\n)[ \t]*final[ _]?answer[ \t]*:", re.IGNORECASE)
_TWO_LINES = re.compile(
    r"(?:\A|\n)[ \t]*action[ \t]*:[ \t]*`?([^\n`{}\[\]]{1,80}?)`?[ \t]*\n\s*action[ _]input[ \t]*:\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
"""An action whose name and input stand on lines of their own."""
_BROKEN = re.compile(r'\{\s*"action"\s*:\s*"([^"\\]{1,80})"\s*,\s*"action_input"\s*:\s*(.*)', re.DOTALL)
"""An action whose input is no JSON, up to the end of the reply."""
_FINAL = re.compile(
    r'(?:\[\s*)?\{\s*"(?:[^"\\]*action|tool|name)"\s*:\s*"[^"\\]*final[ _]?answer[^"\\]*"\s*,'
    r'\s*"[^"\\]*input[^"\\]*"\s*:\s*"',
    re.IGNORECASE,
)
"""The beginning of an answer that is a text, up to its first letter."""
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
_LONGEST_ESCAPE: Final = 12

_MOST_TRIES: Final = 50
"""How often a brace that leads nowhere is given up for a later one."""


@dataclass(frozen=True, slots=True)
class Action:
    """What the model wants done."""

    name: str
    input: JsonValue

    @property
    def is_answer(self) -> bool:
        """The model is done, and the input is its answer."""
        return "finalanswer" in re.sub(r"[\s_-]", "", self.name).lower()


@dataclass(frozen=True, slots=True)
class ReadReply:
    """A whole reply: a thought with an action, or an answer. `unsaid` is what `feed` has not given of the answer.

    The input of an action that is `broken` is no JSON, but the text that stands there.
    """

    thought: str = ""
    action: Action | None = None
    answer: str = ""
    unsaid: str = ""
    broken: bool = False


class ReplyReader:
    """Takes a reply piece by piece; what it says in the end does not depend on where the pieces are cut."""

    __slots__ = ("_action", "_answer_open", "_answer_place", "_depth", "_in_text", "_place", "_said", "_start", "_text",
                 "_tries")  # fmt: skip

    def __init__(self) -> None:
        self._text = ""
        self._place = 0
        """All before it has been looked at."""
        self._start: int | None = None
        """Where the JSON begins that is being read."""
        self._depth = 0
        self._in_text = False
        self._tries = 0
        self._action: Action | None = None
        self._answer_place: int | None = None
        """Where the next letter of an answer stands that streams."""
        self._answer_open = True
        self._said: list[str] = []

    def feed(self, text: str) -> str:
        """The piece of the answer that can be shown now; empty for thoughts and other actions."""
        if self._action is not None:
            return ""
        self._text += text
        before = len(self._said)
        while self._step():
            pass
        if self._start is not None:
            self._follow_answer(self._start)
        return "".join(self._said[before:])

    def close(self) -> ReadReply:
        """The whole reply."""
        if self._action is None and self._start is not None:
            self._finish(self._start)
        action = self._action
        if action is None or self._start is None:
            written = _in_two_lines(self._text) or _broken(self._text)
            if written is not None:
                return written
            answer = _plain_answer(self._text)
        else:
            thought = _thought(self._text[: self._start])
            if not action.is_answer:
                return ReadReply(thought, action)
            answer = action.input if isinstance(action.input, str) else json_text(as_value(action.input))
            said = "".join(self._said)
            return ReadReply(thought, answer=answer, unsaid=answer.removeprefix(said))
        return ReadReply(answer=answer, unsaid=answer)

    def _step(self) -> bool:
        """Look at the next letter that matters; False when there is none yet, or nothing more to look for."""
        if self._action is not None:
            return False
        if self._start is None:
            return self._open()
        match = (_IN_TEXT if self._in_text else _NOTEWORTHY).search(self._text, self._place)
        if match is None:
            self._place = len(self._text)
            return False
        self._place = match.end()
        letter = match.group()
        if letter == "\\":
            if self._place == len(self._text):
                self._place = match.start()
                return False
            self._place += 1
        elif letter == '"':
            self._in_text = not self._in_text
        else:
            self._depth += 1 if letter in "{[" else -1
            if self._depth <= 0:
                self._take(self._start, self._text[self._start : self._place])
        return True

    def _open(self) -> bool:
        match = _OPENING.search(self._text, self._place)
        if match is None:
            maybe = _MAYBE_OPENING.search(self._text, self._place)
            self._place = maybe.start() if maybe else len(self._text)
            return False
        self._start = self._place = match.start()
        self._depth, self._in_text = 0, False
        return True

    def _take(self, start: int, candidate: str) -> None:
        """JSON has ended: it is the action, or text after all."""
        try:
            self._action = _action(candidate)
        except (ValueError, RecursionError):
            if (begun := _FINAL.match(self._text, start)) is not None:
                self._action = Action("Final Answer", _loose_text(self._text[begun.end() : self._place]))
            else:
                self._give_up(start)
            return
        if self._action is None:
            self._start = None

    def _give_up(self, start: int) -> None:
        """What began at `start` is no JSON; an action may still stand inside of it."""
        self._tries += 1
        if self._tries <= _MOST_TRIES:
            self._place = start + 1
        self._start = None

    def _finish(self, start: int) -> None:
        """The reply has ended inside of JSON: closing braces are missing, or it was none."""
        if (begun := _FINAL.match(self._text, start)) is not None:
            self._action = Action("Final Answer", _loose_text(self._text[begun.end() :]))
            return
        if not self._in_text:
            with suppress(ValueError, RecursionError):
                self._action = _action(self._text[start:].rstrip("` \t\r\n") + "}" * self._depth)
            if self._action is not None:
                return
        while self._start is not None and self._action is None:
            if self._tries > _MOST_TRIES:
                self._start = None
                return
            self._give_up(self._start)
            while self._step():
                pass

    def _follow_answer(self, start: int) -> None:
        """Say the letters of a final answer while its text grows."""
        if self._answer_place is None:
            begun = _FINAL.match(self._text, start)
            if begun is None:
                return
            self._answer_place = begun.end()
        while self._answer_open:
            match = _IN_TEXT.search(self._text, self._answer_place)
            end = match.start() if match else len(self._text)
            if end > self._answer_place:
                self._said.append(sound_text(self._text[self._answer_place : end]))
                self._answer_place = end
            if match is None:
                return
            if match.group() == '"':
                self._answer_open = False
                return
            if len(self._text) - end < _LONGEST_ESCAPE:
                return
            escape = _ESCAPE.match(self._text, end)
            if escape is None:
                return
            self._said.append(_unescaped(escape))
            self._answer_place = escape.end()


def _action(text: str) -> Action | None:
    """The action that `text` is, None for other JSON. Raises ValueError and RecursionError for what is no JSON."""
    value: JsonValue = json.loads(text, strict=False)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return None
    inputs = [key for key in value if "input" in key.lower()]
    if not inputs:
        name = value.get("action")
        return Action(sound_text(name), {}) if isinstance(name, str) and len(value) == 1 and name.strip() else None
    others = [content for key, content in value.items() if key not in inputs and isinstance(content, str)]
    name = value.get("action", others[0] if others else None)
    if not isinstance(name, str) or not name.strip():
        return None
    return Action(sound_text(name), sound(value["action_input" if "action_input" in value else inputs[0]]))


def _loose_text(text: str) -> str:
    """A text that was begun as a JSON string, and is not well-formed to its end: up to the last quotation mark."""
    body, mark, behind = text.rpartition('"')
    if mark and not behind.strip("}] \t\r\n`"):
        text = body
    return sound_text(_ESCAPE.sub(_unescaped, text))


def _unescaped(escape: re.Match[str]) -> str:
    """What an escape stands for; one that JSON does not know stands for itself."""
    try:
        letters = json.loads(f'"{escape.group()}"')
    except ValueError:
        return escape.group()
    return sound_text(letters)


def _thought(text: str) -> str:
    """What stands before an action, without the words and fences that lead to it."""
    return _LABEL.sub("", _FENCE_BEFORE.sub("", _cut(text))).strip()


def _in_two_lines(text: str) -> ReadReply | None:
    """An action written as `Action: <name>` and `Action Input: <JSON object>`."""
    match = _TWO_LINES.search(_cut(text))
    if match is None:
        return None
    name, given = match.group(1).strip(), match.group(2).strip().strip("`").removeprefix("json").strip()
    try:
        arguments: JsonValue = json.loads(given, strict=False)
    except (ValueError, RecursionError):
        return None
    action = Action(sound_text(name), sound(arguments))
    if not name or action.is_answer or not isinstance(arguments, dict):
        return None
    return ReadReply(_thought(text[: match.start()]), action)


def _broken(text: str) -> ReadReply | None:
    """An action that was meant, and cannot be read: the model may write it again."""
    text = _cut(text)
    match = _BROKEN.search(text)
    if match is None:
        return None
    action = Action(sound_text(match.group(1)), sound_text(match.group(2).rstrip("` \t\r\n")))
    if action.is_answer or not action.name.strip():
        return None
    return ReadReply(_thought(text[: match.start()]), action, broken=True)


def _plain_answer(text: str) -> str:
    """The answer of a reply without any action."""
    text = _cut(text)
    if (written := _WRITTEN_ANSWER.search(text)) is not None:
        text = text[written.end() :]
    return sound_text(_LABEL.sub("", text).strip())


def _cut(text: str) -> str:
    """Without the observations that a model makes up."""
    match = _OBSERVATION.search(text)
    return text if match is None else text[: match.start()]
