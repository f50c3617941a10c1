"""The rounds of an agent as they are kept while it works, so that a process that takes it up does none of them again.

A round is kept when the model has replied, and once more with each result. Whatever follows from these is worked out
anew: what the model is asked next, what is told of the round.
"""

import logging
from typing import Any

import msgspec

from treadle.engine.node import NodeContext
from treadle.engine.ports import ModelRef, ToolCall
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue
from treadle.nodes.model_call import Reply

from .rounds import Call, Result

_log = logging.getLogger(__name__)

_MOST_KEPT = 4_000_000
"""Characters of replies and results; what comes behind is done again."""


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    files: tuple[File, ...] = ()
    json: tuple[Any, ...] = ()
    cited: tuple[dict[str, Any], ...] = ()
    usage: Usage = NO_USAGE
    error: str | None = None
    began: float = 0.0
    ended: float = 0.0


class _Round(msgspec.Struct, kw_only=True):
    """A model's reply, and the results of its calls by their key."""

    text: str
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage = NO_USAGE
    files: tuple[File, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    model: ModelRef | None = None
    results: dict[str, _Result] = {}


class Notebook:
    """What one execution of an agent keeps, and what an earlier process kept of it."""

    def __init__(self, ctx: NodeContext) -> None:
        self._ctx = ctx
        self._earlier = _read(ctx.take_kept())
        self._rounds: list[_Round] = []
        self._size = 0

    def reply(self) -> Reply | None:
        """What the model said in the next round, when that is known already."""
        if len(self._rounds) >= len(self._earlier):
            return None
        known = self._earlier[len(self._rounds)]
        return Reply(
            text=known.text,
            reasoning=known.reasoning,
            finish_reason=known.finish_reason,
            usage=known.usage,
            files=list(known.files),
            tool_calls=list(known.tool_calls),
            model=known.model,
        )

    def keep_reply(self, reply: Reply) -> None:
        """The model has replied: another round begins."""
        self._rounds.append(
            _Round(
                text=reply.text,
                reasoning=reply.reasoning,
                finish_reason=reply.finish_reason,
                usage=reply.usage,
                files=tuple(reply.files),
                tool_calls=tuple(reply.tool_calls),
                model=reply.model,
                results={},
            )
        )
        self._keep(len(reply.text) + len(reply.reasoning))

    def recall(self, call: Call) -> bool:
        """Fill in the result of a call of this round, when it is known already."""
        place = len(self._rounds) - 1
        known = self._earlier[place].results.get(call.key) if place < len(self._earlier) else None
        if known is None:
            return False
        call.result = Result(known.text, known.files, known.json, known.usage, known.error, list(known.cited))
        call.began, call.ended = known.began, known.ended
        return True

    def keep_result(self, call: Call) -> None:
        """A call of this round has its result."""
        result = call.result
        assert result is not None
        self._rounds[-1].results[call.key] = _Result(
            text=result.text,
            files=tuple(result.files),
            json=tuple(result.json),
            cited=tuple(result.cited),
            usage=result.usage,
            error=result.error,
            began=call.began,
            ended=call.ended,
        )
        self._keep(len(result.text))

    def _keep(self, size: int) -> None:
        self._size += size
        if self._size <= _MOST_KEPT:
            self._ctx.keep(msgspec.to_builtins(self._rounds))


def _read(kept: JsonValue) -> list[_Round]:
    """Nothing where it cannot be read: then all rounds are done again."""
    try:
        return msgspec.convert(kept or [], list[_Round], strict=False)
    except msgspec.ValidationError as error:
        _log.warning("the rounds of an agent cannot be read, and are done again: %s", error)
        return []
