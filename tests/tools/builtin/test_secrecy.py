"""No error of a tool names a secret, whoever repeats it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.doubles.upstreams import search, work
from tests.nodes.ports import RecordedHttp, http_answer
from tests.tools.builtin.calls import a_call, given
from tests.tools.builtin.cases import Case, check_said
from treadle.engine.errors import HttpRequestNodeError, ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin import Call, builtin_providers
from treadle.tools.builtin.time import tools
from treadle.tools.messages import Message, Text

SECRET = "se/cr+et-1"


async def test_an_upstream_that_repeats_the_key_is_masked() -> None:
    body = f'{{"error": {{"message": "Incorrect API key provided: {SECRET}."}}}}'.encode()
    http = RecordedHttp([http_answer(body, status=401, url="https://api.openai.com/v1/images/generations")])
    call = a_call({"prompt": "x"}, credentials={"openai_api_key": SECRET}, http=http)
    with pytest.raises(ToolCredentialsError) as refused:
        await given("dalle", "dalle2", call)
    assert str(refused.value) == (
        "api.openai.com refused the credentials (status 401): Incorrect API key provided: ***; "
        "check them in the tool's settings."
    )
    assert refused.value.__cause__ is None


async def test_a_url_that_holds_the_key_is_masked() -> None:
    failure = HttpRequestNodeError("https://serpapi.com/search?q=x&api_key=se%2Fcr%2Bet-1 did not answer in time.")
    call = a_call({"query": "x"}, credentials={"serpapi_api_key": SECRET}, http=RecordedHttp([failure]))
    with pytest.raises(ToolInvokeError) as failed:
        await given("google", "google_search", call)
    assert str(failed.value) == "https://serpapi.com/search did not answer in time."


async def test_secret_parameters_are_masked_too() -> None:
    http = RecordedHttp([HttpRequestNodeError(f"Cannot reach https://x/?key={SECRET}")])
    call = a_call({"hook_key": SECRET, "content": "x"}, http=http)
    with pytest.raises(ToolInvokeError) as failed:
        await given("wecom", "wecom_group_bot", call)
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    ("provider", "tool", "credential", "header"),
    [
        ("bing", "bing_web_search", "subscription_key", "Ocp-Apim-Subscription-Key"),
        ("serper", "serper", "serperapi_api_key", "X-API-KEY"),
        ("fal", "flux_1_dev", "fal_api_key", "Authorization"),
    ],
)
async def test_a_header_with_a_key_is_for_one_server_alone(
    provider: str, tool: str, credential: str, header: str
) -> None:
    http = RecordedHttp([http_answer(b"", status=500)])
    call = a_call({"query": "x", "prompt": "x"}, credentials={credential: SECRET}, http=http)
    with pytest.raises(ToolInvokeError):
        await given(provider, tool, call)
    assert http.requests[0].secret_headers == (header,)


async def test_an_unreachable_service_is_told_without_its_query(tmp_path: Path) -> None:
    case = Case("google/google_search", {"query": "x"}, search.serpapi, [], {"serpapi_api_key": search.KEY})
    assert await check_said(case, tmp_path, b"{}", 500) == "ToolInvokeError: HOST answered with status 500."
    plain = Case("github/github_repositories", {"query": "x"}, work.github, [], {"access_tokens": "abc"})
    assert "***" not in await check_said(plain, tmp_path, {"message": "abc"}, 500)


async def test_closing_a_call_closes_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    async def endless(call: Call) -> AsyncGenerator[Message, None]:
        try:
            while True:
                yield Text("tick")
        finally:
            closed.append(True)

    monkeypatch.setattr(tools, "current_time", endless)
    messages = builtin_providers()["time"].invoke("current_time", a_call())
    assert await anext(messages) == Text("tick")
    await messages.aclose()
    assert closed == [True]
