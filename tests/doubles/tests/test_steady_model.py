"""The benchmark model speaks the same protocol as the scripted one, from a process of its own."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from openai import AsyncOpenAI

ROOT = Path(__file__).parents[3]
USER = [{"role": "user", "content": "hi"}]


@asynccontextmanager
async def steady(*options: str) -> AsyncIterator[AsyncOpenAI]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.doubles.scripted_model", *options, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    try:
        async with AsyncOpenAI(api_key="any", base_url=url, max_retries=0) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 10)


async def test_every_kind_of_answer_is_readable_by_the_official_client() -> None:
    async with steady("--tokens", "5", "--dimensions", "8") as client:
        whole = await client.chat.completions.create(model="m", messages=USER)
        stream = await client.chat.completions.create(
            model="m", messages=USER, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        plain = await client.embeddings.create(model="e", input=["a", "b", "a"], encoding_format="float")
        packed = await client.embeddings.create(model="e", input="a")
        models = await client.models.list()

    text = " word0 word1 word2 word3 word4"
    assert whole.choices[0].message.content == text
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == text
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == [5]
    first, second, third = (item.embedding for item in plain.data)
    assert first == third != second
    assert [round(value, 5) for value in packed.data[0].embedding] == [round(value, 5) for value in first]
    assert models.data[0].id == "steady"


async def test_streams_are_paced_side_by_side() -> None:
    async def seconds(client: AsyncOpenAI) -> float:
        began = time.perf_counter()
        stream = await client.chat.completions.create(model="m", messages=USER, stream=True)
        assert len([chunk async for chunk in stream]) == 22
        return time.perf_counter() - began

    async with steady("--tokens", "20", "--rate", "50", "--latency", "50") as client:
        times = await asyncio.gather(*(seconds(client) for _ in range(10)))

    assert min(times) > 0.4
    assert max(times) < 3  # one after the other they would take 4.5
