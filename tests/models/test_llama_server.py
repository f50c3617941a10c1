"""Ranking and Responses against llama.cpp's own server."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.models.vendors import SUM, ask, said, target_at, text_of
from treadle.engine.ports import Message
from treadle.models.http import ModelHttp
from treadle.models.local import MODEL_NAME, LocalModel, model_file
from treadle.models.protocols import protocol
from treadle.models.protocols.rerank_http import HttpRerank

pytestmark = pytest.mark.local_model

RANKING_SERVER = """
import sys
import xllamacpp as llama

params = llama.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {"ranker"}
params.hostnames, params.port, params.n_ctx, params.n_parallel = ["127.0.0.1"], 0, 1024, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.embedding, params.pooling_type = True, llama.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
params.verbosity = 0
params.fit_params = params.warmup = params.ui = False
server = llama.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def ranking_url() -> AsyncIterator[str]:
    file = model_file()
    if not LocalModel().available() or file is None:
        pytest.skip("the extra treadle[local] is not installed")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RANKING_SERVER, str(file), stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    url = ""
    while not url.startswith("http"):
        line = await process.stdout.readline()
        assert line, "the server did not start"
        url = line.decode().strip()
    yield url
    process.kill()
    await process.wait()


@pytest.mark.parametrize("dialect", ["openai", "jina", "tei"])
async def test_llama_cpp_ranks_in_three_dialects(http: ModelHttp, ranking_url: str, dialect: str) -> None:
    documents = ["Bread is made of flour.", "Paris lies in France.", "A third one."]
    target = target_at(f"{ranking_url}/v1", model="ranker", batch=32, rerank=dialect)
    result = await HttpRerank(http).rerank(target, "Where is Paris?", documents, None)
    assert sorted(each.index for each in result.scores) == [0, 1, 2]
    assert len({each.score for each in result.scores}) == 3
    if dialect != "tei":
        assert result.usage.prompt_tokens > 10
        best = await HttpRerank(http).rerank(target, "Where is Paris?", documents, 1)
        assert [each.index for each in best.scores] == [max(result.scores, key=lambda each: each.score).index]


async def test_llama_cpp_speaks_responses(http: ModelHttp) -> None:
    model = LocalModel()
    if not model.available():
        pytest.skip(model.unavailable_reason or "")
    try:
        endpoint = await model.endpoint()
        target = target_at(endpoint.base_url, endpoint.key, model=MODEL_NAME)
        wire = protocol("responses", http)
        request = ask(
            Message(role="system", content="You are terse."),
            Message(role="user", content="Say hello."),
            max_tokens=16,
            temperature=0.0,
        )
        deltas = await said(wire, target, request)
        whole = await wire.complete(target, request)
        assert text_of(deltas)
        assert text_of(deltas) == whole.text
        usages = deltas[-1].usage, whole.usage
        assert usages[0] is not None
        assert usages[1] is not None
        assert usages[0].prompt_tokens == usages[1].prompt_tokens > 5
        assert 0 < usages[0].completion_tokens <= 16
        offered = await wire.complete(replace(target, name="offered"), ask(tools=(SUM,), max_tokens=16))
        assert offered.usage is not None
    finally:
        await model.close()
