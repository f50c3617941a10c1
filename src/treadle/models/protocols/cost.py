"""What a reply cost: the provider's own counts, or an estimate where it gave none."""

import time
from collections.abc import Iterable, Sequence

from treadle.engine.ports import ChatRequest, ToolCall
from treadle.engine.usage import SILENCE, Sound, Usage
from treadle.models.target import Target
from treadle.models.tokens import text_tokens, tokens


def cost_of(
    target: Target,
    request: ChatRequest,
    *,
    said: Iterable[str],
    calls: Sequence[ToolCall],
    started: float,
    first: float | None,
    prompt: int,
    completion: int,
    cached: int = 0,
    written: int = 0,
    sound: Sound = SILENCE,
) -> Usage:
    """The usage of a reply that `started` then and said something `first` then (`time.perf_counter`).

    `cached` and `written` of the `prompt` tokens came from the provider's cache and went into it. Counts of 0 are
    estimated from what was sent and `said`.
    """
    now = time.perf_counter()
    first = first or now
    if not prompt and not completion:
        prompt = tokens(request.messages)
        completion = text_tokens("".join(said)) + sum(text_tokens(call.name + call.arguments) for call in calls)
    return Usage.priced(
        prompt,
        completion,
        target.profile.price,
        cached_tokens=cached,
        cache_written_tokens=written,
        latency=now - started,
        time_to_first_token=first - started,
        time_to_generate=now - first,
        sound=sound,
    )
