"""What our adapters read from a stream is what the vendors' SDKs read from it."""

import json

import pytest

from tests.doubles.anthropic_wire import ClaudeStyle, ScriptedClaude
from tests.doubles.gemini_wire import ScriptedGemini
from tests.doubles.script import Reply
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.scripted_model import ScriptedModel
from tests.models.sdk.conversations import CONVERSATIONS, MODELS, Vendor
from tests.models.sdk.speakers import through_anthropic, through_gemini, through_openai
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.protocols import ProtocolName, protocol
from treadle.models.target import Target

CALL = ScriptedCall("get_weather", {"city": "東京", "days": 3})
REPLIES = (
    Reply("Grüße aus 東京 🎉"),
    Reply("So far", finish_reason="length"),
    Reply("It rains.", reasoning="Look outside."),
    Reply("Let me see.", tool_calls=(CALL, ScriptedCall("get_weather", {"city": "Berlin"}))),
    Reply("", reasoning="Hm.", tool_calls=(CALL,)),
)


def request(vendor: Vendor) -> ChatRequest:
    return next(each for each in CONVERSATIONS if each.name == "a tool").request(vendor)


async def heard(
    http: ModelHttp, name: ProtocolName, url: str, headers: dict[str, str], asked: ChatRequest
) -> list[ChatDelta]:
    target = Target(provider=name, name="any", upstream=asked.model.name, base_url=url, headers=headers)
    return [delta async for batch in protocol(name, http).stream(target, asked) for delta in batch]


def told(deltas: list[ChatDelta]) -> tuple[str, str, list[tuple[str, object]], tuple[int, int]]:
    """Text, thoughts, calls, and tokens of prompt and completion."""
    usage = deltas[-1].usage
    assert usage is not None
    return (
        "".join(delta.text for delta in deltas),
        "".join(delta.reasoning for delta in deltas),
        [(call.name, json.loads(call.arguments)) for call in deltas[-1].tool_calls],
        (usage.prompt_tokens, usage.completion_tokens),
    )


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
async def test_of_openai(http: ModelHttp, reply: Reply) -> None:
    asked = request("openai")
    async with ScriptedModel() as double:
        double.reply(reply)
        chunks = await through_openai(double.url, double.key, asked)
        deltas = await heard(http, "openai", double.url, {"Authorization": f"Bearer {double.key}"}, asked)
    pieces = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    calls: dict[int, list[str]] = {}
    for piece in (call for each in pieces for call in each.tool_calls or ()):
        calls.setdefault(piece.index, [""])[0] += piece.function.name or ""
        calls[piece.index].append(piece.function.arguments or "")
    assert told(deltas) == (
        "".join(piece.content or "" for piece in pieces),
        "".join(getattr(piece, "reasoning_content", None) or "" for piece in pieces),
        [(name, json.loads("".join(arguments))) for name, *arguments in calls.values()],
        (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens),
    )
    assert deltas[-1].finish_reason == next(each.choices[0].finish_reason for each in reversed(chunks) if each.choices)


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
async def test_of_anthropic(http: ModelHttp, reply: Reply) -> None:
    asked = request("anthropic")
    async with ScriptedClaude() as double:
        double.reply(reply)
        double.claude_style = ClaudeStyle(argument_pieces=10)
        events = await through_anthropic(double.url, double.key, asked)
        deltas = await heard(http, "anthropic", double.url, {"x-api-key": double.key}, asked)
    parts = [event.delta for event in events if event.type == "content_block_delta"]
    blocks = {event.index: event.content_block for event in events if event.type == "content_block_start"}
    arguments = {
        index: "".join(
            event.delta.partial_json
            for event in events
            if event.type == "content_block_delta" and event.index == index and event.delta.type == "input_json_delta"
        )
        for index, block in blocks.items()
        if block.type == "tool_use"
    }
    (end,) = [event for event in events if event.type == "message_delta"]
    assert told(deltas) == (
        "".join(part.text for part in parts if part.type == "text_delta"),
        "".join(part.thinking for part in parts if part.type == "thinking_delta"),
        [(blocks[index].name, json.loads(text)) for index, text in arguments.items()],
        (events[0].message.usage.input_tokens, end.usage.output_tokens),
    )
    told_by_sdk = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
    assert deltas[-1].finish_reason == told_by_sdk[end.delta.stop_reason]


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
async def test_of_gemini(http: ModelHttp, reply: Reply) -> None:
    asked = request("gemini")
    assert asked.model.name == MODELS["gemini"]
    async with ScriptedGemini() as double:
        double.reply(reply)
        chunks = await through_gemini(double.url, double.key, asked)
        deltas = await heard(http, "gemini", double.url, {"x-goog-api-key": double.key}, asked)
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    usage = chunks[-1].usage_metadata
    assert told(deltas) == (
        "".join(part.text or "" for part in parts if not part.thought),
        "".join(part.text or "" for part in parts if part.thought),
        [(part.function_call.name, part.function_call.args) for part in parts if part.function_call],
        (usage.prompt_token_count, usage.candidates_token_count + usage.thoughts_token_count),
    )
