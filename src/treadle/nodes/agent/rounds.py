"""What happens in the rounds of an agent, and who is told of it.

A round is one model call and the tool calls that the model asked for. Source: spec models-and-tools §3.3 to §3.5.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from treadle.engine.ports import ToolLog
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue

from .belt import Offered


@dataclass(slots=True)
class Result:
    """What a call came to. `text` is what the model reads, `cited` the passages that it stands on; `error` is set when
    the call failed."""

    text: str
    files: Sequence[File] = ()
    json: Sequence[JsonValue] = ()
    usage: Usage = NO_USAGE
    error: str | None = None
    cited: Sequence[dict[str, JsonValue]] = ()


@dataclass(slots=True)
class Call:
    """A tool call of a round.

    `key` names it in the records of its round: the tool's name, told apart where a tool is called more than once.
    `arguments` are as the model gave them, an object unless it gave something else; `broken` when they should be JSON
    and are not. `offered` is None for a tool that does not exist. `carried` belongs to the model's protocol.
    """

    id: str
    key: str
    name: str
    arguments: JsonValue
    broken: bool = False
    carried: str = ""
    offered: Offered | None = None
    result: Result | None = None
    began: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class Round:
    """One model call, and the tool calls that followed. Times are seconds since the epoch."""

    number: int
    thought: str = ""
    answer: str = ""
    calls: list[Call] = field(default_factory=list[Call])
    files: list[File] = field(default_factory=list[File])
    """What the model itself made."""
    usage: Usage = NO_USAGE
    began: float = field(default_factory=time.time)


class Teller(Protocol):
    """Tells the run what an agent does. All methods return at once."""

    def begin(self, round: Round) -> None:
        """The model is about to be asked."""
        ...

    def say(self, round: Round, text: str) -> None:
        """A piece of text for the reader."""
        ...

    def asked(self, round: Round) -> None:
        """The model has replied: thought, calls and usage of the round are known."""
        ...

    def calling(self, round: Round, call: Call) -> None:
        """A tool is about to be called."""
        ...

    def log(self, round: Round, call: Call, entry: ToolLog) -> None:
        """A tool tells a step of its own."""
        ...

    def called(self, round: Round, call: Call) -> None:
        """The result of a call is known."""
        ...

    def end(self, round: Round) -> None:
        """All results of the round are known."""
        ...

    def fail(self, round: Round, error: BaseException) -> None:
        """The model could not be asked, or the run is being stopped."""
        ...


class Speech:
    """The text for the reader; what different rounds say stands on lines of its own."""

    __slots__ = ("_break", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._break = False

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(self._pieces)

    def new_round(self) -> None:
        """What is said from now on belongs to another round."""
        self._break = bool(self._pieces) and not self._pieces[-1].endswith("\n")

    def add(self, text: str) -> str:
        """The piece to pass on for `text`."""
        if text and self._break:
            text = f"\n{text}"
            self._break = False
        if text:
            self._pieces.append(text)
        return text
