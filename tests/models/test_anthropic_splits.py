"""However the network cuts a stream, the new protocols read the same from it."""

import json
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles.anthropic_wire import ClaudeStyle, events
from tests.doubles.script import Reply, StreamStyle
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelRef
from treadle.models.protocols import anthropic_reply, gemini_reply
from treadle.models.protocols.exchange import Reader
from treadle.models.sse import SseReader
from treadle.models.target import Target

TARGET = Target(provider="vendor", name="any", upstream="any", base_url="https://vendor.test")
REQUEST = ChatRequest(model=ModelRef("vendor", "any"), messages=(Message(role="user", content="Hi"),))
MESSAGE = {
    "id": "msg_1",
    "content": [
        {"type": "thinking", "thinking": "思考 of it", "signature": "c2lnbmVk"},
        {"type": "text", "text": "日本語 🎉 and\r\n\u2028more"},
        {"type": "tool_use", "id": "toolu_1", "name": "sum", "input": {"x": ["ü", 1, None]}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 3, "output_tokens": 9},
}
CLAUDE = "".join(
    f"event: {event['type']}\n: ping\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
    for event in events(MESSAGE, Reply(), StreamStyle(), ClaudeStyle(argument_pieces=10))
).encode()
PARTS = [
    {"text": "思考 of it", "thought": True},
    {"text": "日本語 🎉 and\r\n\u2028more"},
    {"functionCall": {"name": "sum", "args": {"x": ["ü", 1, None]}, "id": "toolu_1"}, "thoughtSignature": "c2lnbmVk"},
]
CHUNKS = [{"candidates": [{"content": {"parts": [part]}}]} for part in PARTS] + [
    {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9}}
]
GEMINI = "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n" for chunk in CHUNKS).encode()


def heard(reader: Reader, stream: bytes, cuts: list[int]) -> tuple[str, str, ChatDelta]:
    """Text, thoughts and the last delta, without its times."""
    lines = SseReader()
    deltas: list[ChatDelta] = []
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for begin, end in pairwise(places):
        deltas += reader.read(lines.feed(stream[begin:end])) if end > begin else []
    deltas += reader.read(lines.end())
    assert reader.failure is None
    assert reader.complete
    last = reader.end()
    assert last.usage is not None
    times = {"latency": 0.0, "time_to_first_token": None, "time_to_generate": None}
    return (
        "".join(delta.text for delta in deltas),
        "".join(delta.reasoning for delta in deltas),
        msgspec.structs.replace(last, usage=msgspec.structs.replace(last.usage, **times)),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_of_claude(cuts: list[int]) -> None:
    text, thoughts, last = heard(anthropic_reply.ReplyReader(TARGET, REQUEST), CLAUDE, cuts)
    assert (text, thoughts) == ("日本語 🎉 and\r\n\u2028more".rstrip(), "思考 of it")
    assert [(call.id, call.name, json.loads(call.arguments)) for call in last.tool_calls] == [
        ("toolu_1", "sum", {"x": ["ü", 1, None]})
    ]
    assert (last.finish_reason, last.usage and last.usage.total_tokens) == ("tool_calls", 12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_of_gemini(cuts: list[int]) -> None:
    text, thoughts, last = heard(gemini_reply.ReplyReader(TARGET, REQUEST), GEMINI, cuts)
    assert (text, thoughts) == ("日本語 🎉 and\r\n\u2028more", "思考 of it")
    assert [(call.id, call.name, json.loads(call.arguments), call.carried) for call in last.tool_calls] == [
        ("toolu_1", "sum", {"x": ["ü", 1, None]}, "c2lnbmVk")
    ]
    assert (last.finish_reason, last.usage and last.usage.total_tokens) == ("tool_calls", 12)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_an_error_or_nothing(noise: bytes) -> None:
    for reader in (anthropic_reply.ReplyReader(TARGET, REQUEST), gemini_reply.ReplyReader(TARGET, REQUEST)):
        reader.read([noise])
        assert reader.failure is None or str(reader.failure).startswith("[vendor] any: ")
