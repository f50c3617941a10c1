"""The doubles refuse what the vendors refuse, and take what their SDKs may send."""

from typing import Any

import aiohttp
import pytest

from tests.doubles.anthropic_wire import ScriptedClaude
from tests.doubles.gemini_wire import ScriptedGemini

USER = {"role": "user", "content": "Hi"}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "now", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "noon"}]}
TOOL = {"name": "now", "input_schema": {"type": "object"}}
ASKED = {"role": "user", "parts": [{"text": "Hi"}]}


async def answered(url: str, headers: dict[str, str], body: Any) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        return response.status


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (200, {}),
        (200, {"messages": [USER, CALL, RESULT], "tools": [TOOL]}),
        (200, {"system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]}),
        (400, {"max_tokens": None}),
        (400, {"max_token": 5}),
        (400, {"temperature": 1.0}),
        (400, {"messages": []}),
        (400, {"messages": [{"role": "assistant", "content": "Hi"}]}),
        (400, {"messages": [{"role": "tool", "content": "Hi"}]}),
        (400, {"messages": [{"role": "user", "content": " "}]}),
        (400, {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "mood": "b"}]}]}),
        (400, {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}}]}]}),
        (400, {"messages": [USER, CALL, USER], "tools": [TOOL]}),
        (400, {"messages": [USER, RESULT], "tools": [TOOL]}),
        (400, {"messages": [USER, CALL, RESULT]}),
        (400, {"tools": [{"name": "now", "parameters": {"type": "object"}}]}),
        (400, {"tools": [{"name": "now", "input_schema": {"properties": {}}}]}),
        (400, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (400, {"thinking": {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}}),
        (400, {"output_config": {"effort": "huge"}}),
        (400, {"output_config": {"format": {"type": "json_object"}}}),
        (400, {"stop_sequences": ["\n"]}),
    ],
)
async def test_claude(status: int, change: dict[str, Any]) -> None:
    body = {"model": "claude-a", "max_tokens": 100, "messages": [USER], **change}
    headers = {"x-api-key": "sk-ant-scripted", "anthropic-version": "2026-10-21"}
    async with ScriptedClaude() as double:
        url = f"{double.url}/messages"
        assert (
            await answered(url, headers, {name: value for name, value in body.items() if value is not None}) == status
        )
        assert len(double.take_violations()) == (status != 200)


async def test_claude_wants_a_key_and_a_version() -> None:
    body = {"model": "claude-a", "max_tokens": 100, "messages": [USER]}
    async with ScriptedClaude() as double:
        url = f"{double.url}/messages"
        assert await answered(url, {"x-api-key": double.key}, body) == 400
        assert await answered(url, {"anthropic-version": "2026-10-21"}, body) == 401
        assert len(double.take_violations()) == 2


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (200, {}),
        (200, {"system_instruction": {"parts": [{"text": "Be kind."}]}}),
        (400, {"contents": []}),
        (400, {"contents": [ASKED, ASKED]}),
        (400, {"contents": [{"role": "user", "parts": []}]}),
        (400, {"contents": [{"role": "user", "parts": [{"text": "a", "mood": "b"}]}]}),
        (400, {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "url": "a"}}]}]}),
        (400, {"contents": [ASKED, {"role": "model", "parts": [{"functionCall": {"name": "now"}}]}, ASKED]}),
        (400, {"messages": [USER]}),
        (400, {"generationConfig": {"max_tokens": 5}}),
        (400, {"generationConfig": {"stopSequences": ["1", "2", "3", "4", "5", "6"]}}),
        (400, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 5}}}),
        (
            400,
            {
                "generationConfig": {"responseJsonSchema": {"type": "object"}},
                "tools": [{"functionDeclarations": [{"name": "now"}]}],
            },
        ),
        (400, {"tools": [{"functionDeclarations": [{"name": "now", "input_schema": {}}]}]}),
    ],
)
async def test_gemini(status: int, change: dict[str, Any]) -> None:
    async with ScriptedGemini() as double:
        url = f"{double.url}/models/gemini-3.8-flash:generateContent"
        assert await answered(url, {"x-goog-api-key": double.key}, {"contents": [ASKED], **change}) == status
        assert len(double.take_violations()) == (status != 200)
