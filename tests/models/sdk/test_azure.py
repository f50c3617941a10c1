"""What we send to deployments at Azure is what OpenAI's SDK sends there."""

import openai
import pytest

from tests.models.sdk.conversations import CONVERSATIONS, Conversation
from tests.models.sdk.speakers import through_azure
from tests.models.sdk.test_requests import MEANT, differences
from tests.models.test_azure import VERSION, ScriptedAzure, target
from treadle.models.http import ModelHttp
from treadle.models.protocols.azure import Azure

CASES = [each for each in CONVERSATIONS if "openai" in each.vendors]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
async def test_the_sdk_and_we_send_the_same(http: ModelHttp, each: Conversation) -> None:
    request = each.request("openai")
    async with ScriptedAzure() as azure:
        try:
            await through_azure(azure.origin, "azure-key", VERSION, "my-gpt", request)
        except openai.APIStatusError:
            azure.take_violations()
        async for _ in Azure(http).stream(target(azure, openai_api_key="azure-key"), request):
            pass
        sdk, own = azure.requests
    assert (sdk.method, sdk.path, sdk.query) == (own.method, own.path, own.query)
    assert sdk.headers["api-key"] == own.headers["api-key"]
    assert "authorization" not in own.headers
    unmeant = {
        path: values
        for path, values in differences(sdk.json, own.json).items()
        if not any(row.covers("openai", each.name, path) for row in MEANT)
    }
    assert unmeant == {}


def test_there_are_forty_conversations_or_more() -> None:
    assert len(CASES) >= 40
