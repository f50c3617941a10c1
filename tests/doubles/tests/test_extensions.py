"""The API extension and the external knowledge endpoint hold their callers to the contract."""

from typing import Any

import aiohttp

from tests.doubles.api_extension import ApiExtension
from tests.doubles.external_knowledge import ExternalKnowledge

Json = dict[str, Any]


async def post(url: str, key: str | None, body: Json | None) -> tuple[int, Json]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.post(url, json=body) as response:
        return response.status, await response.json()


async def test_the_extension_answers_every_point() -> None:
    asked = {"app_id": "a", "inputs": {}, "query": "hi"}
    async with ApiExtension() as extension:
        extension.answer("app.moderation.output", lambda params: {"flagged": "bad" in str(params["text"])})
        answers = [
            await post(extension.url, extension.key, {"point": point, "params": params})
            for point, params in (
                ("ping", {}),
                ("app.external_data_tool.query", {**asked, "tool_variable": "weather"}),
                ("app.moderation.input", asked),
                ("app.moderation.output", {"app_id": "a", "text": "bad words"}),
            )
        ]
    assert answers == [
        (200, {"result": "pong"}),
        (200, {"result": "known weather"}),
        (200, {"flagged": False, "action": "direct_output"}),
        (200, {"flagged": True}),
    ]
    assert extension.calls("app.moderation.input") == [asked]


async def test_the_extension_refuses_wrong_calls_and_can_fail() -> None:
    async with ApiExtension() as extension:
        refused = [
            (await post(extension.url, key, body))[0]
            for key, body in (
                ("other", {"point": "ping", "params": {}}),
                (extension.key, {"point": "pong", "params": {}}),
                (extension.key, {"point": "app.moderation.output", "params": {"text": "x"}}),
            )
        ]
        violations = extension.take_violations()
        extension.fail(500)
        failed, _ = await post(extension.url, extension.key, {"point": "ping", "params": {}})
    assert (refused, failed) == ([401, 400, 400], 500)
    assert [violation.kind for violation in violations] == ["auth", "schema", "schema"]


async def test_external_knowledge_ranks_and_refuses() -> None:
    setting = {"top_k": 2, "score_threshold": 0.3}
    query: Json = {"knowledge_id": "port-docs", "query": "swimming harbour", "retrieval_setting": setting}
    async with ExternalKnowledge() as knowledge:
        url = f"{knowledge.url}/retrieval"
        found = await post(url, knowledge.key, query)
        unknown = await post(url, knowledge.key, {**query, "knowledge_id": "other"})
        wrong_key = await post(url, "other", query)
        no_key = await post(url, None, query)
        wrong_body = await post(url, knowledge.key, {**query, "top_k": 3})
        bearer = {"Authorization": f"Bearer {knowledge.key}"}
        async with aiohttp.ClientSession() as http, http.post(url, headers=bearer) as response:
            probe = response.status
        violations = knowledge.take_violations()

    assert [record["title"] for record in found[1]["records"]] == ["rules.md"]
    assert (unknown[0], unknown[1]["error_code"]) == (404, 2001)
    assert (wrong_key[0], wrong_key[1]["error_code"], no_key[1]["error_code"]) == (403, 1002, 1001)
    assert (wrong_body[0], probe) == (400, 400)
    assert [violation.kind for violation in violations] == ["auth", "auth", "schema"]
