"""What runs on the machine itself: the built-in embedding model's speed and memory, and counting tokens.

Wants a quiet machine. The built-in chat model is measured by `bench.models`.
"""

import asyncio
import time
from collections.abc import Callable, Iterator

from bench import Measurement
from bench.served import resident_mib
from treadle.models import tokens_vocabulary
from treadle.models.catalogue import ModelKind, provider_of
from treadle.models.http import ModelHttp
from treadle.models.local import EMBEDDING_NAME, LocalModel
from treadle.models.protocols.openai import OpenAI
from treadle.models.target import Target
from treadle.models.tokens import text_tokens
from treadle.models.tokens_estimate import estimated

SENTENCE = "The weaver sets one foot on the treadle, and the pattern grows by a row. "
CHUNK = SENTENCE * 16
"""About 300 tokens."""
_TIMES = 2000


def run() -> Iterator[Measurement]:
    """Times are wall time for the embedding model, processor time for counting."""
    yield from asyncio.run(_embeddings())
    prompt = (SENTENCE * 14)[:1000]
    yield Measurement("tokens of 1,000 characters, estimated", _microseconds(_estimate, prompt), "µs CPU", 50)
    yield Measurement("tokens of 1,000 characters, as seen before", _microseconds(text_tokens, prompt), "µs CPU", 5)
    if tokens_vocabulary.installed():
        began = time.perf_counter()
        tokens_vocabulary.load("o200k_base")
        yield Measurement("vocabulary: read, in a thread", (time.perf_counter() - began) * 1000, "ms")
        count = tokens_vocabulary.counter("o200k_base")
        assert count is not None
        yield Measurement("tokens of 1,000 characters, exact", _microseconds(count, prompt), "µs CPU", 100)


def _estimate(text: str) -> int:
    return estimated(text, "o200k_base")


def _microseconds(count: Callable[[str], int], text: str) -> float:
    began = time.process_time()
    for _ in range(_TIMES):
        count(text)
    return (time.process_time() - began) / _TIMES * 1e6


async def _embeddings() -> list[Measurement]:
    local = LocalModel()
    schema = next((each for each in local.models() if each.model == EMBEDDING_NAME), None)
    if schema is None or schema.kind is not ModelKind.EMBEDDING:
        return []
    http = ModelHttp()
    try:
        began = time.perf_counter()
        endpoint = await local.endpoint(EMBEDDING_NAME)
        started = time.perf_counter() - began
        target = Target(
            provider=provider_of("local").provider,
            name=schema.model,
            upstream=schema.model,
            base_url=endpoint.base_url,
            headers={"Authorization": f"Bearer {endpoint.key}"},
            settings=schema.settings,
            batch=schema.max_chunks,
        )
        wire = OpenAI(http)
        began = time.perf_counter()
        for number in range(20):
            await wire.embed(target, [f"How is cloth number {number} woven?"], "query")
        question = (time.perf_counter() - began) / 20
        began = time.perf_counter()
        await wire.embed(target, [f"{number} {CHUNK}" for number in range(24)], "document")
        chunks = 24 / (time.perf_counter() - began)
        pid = local.pid_of(EMBEDDING_NAME)
        assert pid is not None
        memory = resident_mib(pid)
    finally:
        await http.close()
        await local.close()
    return [
        Measurement("built-in embedding model: start", started, "s", 1.0),
        Measurement("built-in embedding model: a question", question * 1000, "ms"),
        Measurement("built-in embedding model: chunks of 300 tokens", chunks, "1/s"),
        Measurement("built-in embedding model: memory", memory, "MiB"),
    ]
