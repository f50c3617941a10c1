"""Fixtures of the model layer's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles.scripted_model import ScriptedModel
from treadle.models.http import ModelHttp
from treadle.models.protocols.openai import OpenAI


@pytest.fixture
async def http() -> AsyncIterator[ModelHttp]:
    client = ModelHttp()
    yield client
    await client.close()


@pytest.fixture
def wire(http: ModelHttp) -> OpenAI:
    return OpenAI(http)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model
