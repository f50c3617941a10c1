"""What an OpenAI-compatible server may send, and the deltas it comes to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.errors import (
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelRef, Part, ToolCall
from treadle.models.protocols.openai_reply import ReplyReader
from treadle.models.sse import SseReader
from treadle.models.target import Target

TARGET = Target(provider="vendor", name="model", upstream="model", base_url="http://vendor.test/v1", secrets=("sk-x",))
REQUEST = ChatRequest(model=ModelRef("vendor", "model"), messages=(Message(role="user", content="Hi there"),))


def read(*chunks: object) -> tuple[list[ChatDelta], ChatDelta]:
    reader = ReplyReader(TARGET, REQUEST)
    deltas = reader.read([chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode() for chunk in chunks])
    if reader.failure:
        raise reader.failure
    return deltas, reader.end()


def delta(finish: str | None = None, **members: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": members, "finish_reason": finish}]}


def call(
    index: int | None = None, id: object = None, name: str | None = None, arguments: object = None
) -> dict[str, object]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {key: value for key, value in (("index", index), ("id", id), ("function", function)) if value is not None}


def test_text_and_reasoning_come_in_their_own_members() -> None:
    deltas, last = read(
        delta(role="assistant", content=""),
        delta(reasoning_content="Hm"),
        delta(reasoning="m.", content=None),
        delta(content="Yes"),
        delta(content="!", reasoning_content="?"),
        delta("stop"),
    )
    assert [(each.reasoning, each.text) for each in deltas] == [
        ("Hm", ""),
        ("m.", ""),
        ("", "Yes"),
        ("", "!"),
        ("?", ""),
    ]
    assert (last.finish_reason, last.tool_calls, last.text) == ("stop", (), "")


def test_content_as_a_list_gives_text_thoughts_and_images() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}
    picture = {"type": "image_url", "image_url": {"url": "data:image/webp;base64,QUJD"}}
    deltas, _ = read(delta(content=[thinking, {"type": "text", "text": "ok"}]), delta(images=[picture]))
    assert deltas == [
        ChatDelta(text="ok", reasoning="so"),
        ChatDelta(images=(Part(type="image", data="QUJD", mime_type="image/webp", format="webp"),)),
    ]


def test_parallel_calls_are_put_together_and_come_complete() -> None:
    _, last = read(
        delta(tool_calls=[call(0, "a", "sum", "")]),
        delta(tool_calls=[call(0, arguments='{"x":')]),
        delta(tool_calls=[call(1, "b", "now", "{}")]),
        delta(tool_calls=[call(0, arguments="1}")]),
        delta("tool_calls"),
    )
    assert last.tool_calls == (ToolCall("a", "sum", '{"x":1}'), ToolCall("b", "now", "{}"))
    assert last.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([[call(0, "a", "f", '{"x":1}')], [call(0, "b", "g", "{}")]], id="every call is number 0"),
        pytest.param(
            [[call(None, "a", "f", '{"x"')], [call(None, "a", None, ":1}")], [call(None, "b", "g")]], id="no index"
        ),
        pytest.param([[call(None, "a", "f", '{"x"')], [call(arguments=":1}")], [call(1, "b", "g")]], id="index later"),
        pytest.param([[call(0, "a", "f", {"x": 1}), call(1, "b", "g")]], id="arguments as an object"),
        pytest.param(
            [[call(0, "a", "f", '{"x":')], [call(0, "", "f", "1}")], [call(1, "b", "g", "")]], id="name repeated"
        ),
    ],
)
def test_calls_are_told_apart_however_servers_number_them(chunks: list[list[dict[str, object]]]) -> None:
    _, last = read(*(delta(tool_calls=calls) for calls in chunks))
    assert last.tool_calls == (ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}"))
    assert last.finish_reason == "tool_calls"


def test_a_call_without_an_id_gets_one_and_numbers_become_text() -> None:
    _, last = read(delta(tool_calls=[call(0, None, "f", "{}"), call(1, 7, "g", "{}")]))
    assert last.tool_calls[0].id.startswith("call_")
    assert last.tool_calls[1].id == "7"


def test_the_old_function_call_is_a_tool_call() -> None:
    _, last = read(
        delta(function_call={"name": "f", "arguments": ""}),
        delta(function_call={"arguments": '{"a":2}'}),
        delta("function_call"),
    )
    assert [(each.name, each.arguments) for each in last.tool_calls] == [("f", '{"a":2}')]


@pytest.mark.parametrize(
    ("usage", "cached"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}, 6),
        ({"prompt_tokens": 10, "completion_tokens": 4, "prompt_cache_hit_tokens": 3}, 3),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14, "prompt_tokens_details": None}, 0),
    ],
)
def test_usage_with_empty_choices_is_read(usage: dict[str, object], cached: int) -> None:
    _, last = read(delta(content="a"), delta("stop"), {"choices": [], "usage": usage}, b" [DONE]")
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.cached_tokens) == (10, 4, cached)


def test_usage_that_never_comes_is_counted_here() -> None:
    _, last = read(delta(content="one two three"), delta("stop"))
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (4, 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "boom sk-x", "type": "server_error"}, InvokeServerUnavailableError),
        ({"message": "boom sk-x", "code": 429}, InvokeRateLimitError),
        ({"message": "boom sk-x", "code": "rate_limit_exceeded"}, InvokeRateLimitError),
        ({"message": "boom sk-x", "type": "invalid_request_error"}, InvokeBadRequestError),
        ("boom sk-x", InvokeServerUnavailableError),
    ],
)
def test_an_error_object_ends_the_reply_without_showing_the_key(error: object, kind: type[InvokeError]) -> None:
    with pytest.raises(kind) as caught:
        read(delta(content="a"), {"error": error})
    assert str(caught.value).startswith("[vendor] model: ")
    assert "boom ***" in str(caught.value)


def test_what_was_said_before_an_error_is_kept() -> None:
    reader = ReplyReader(TARGET, REQUEST)
    assert reader.read([json.dumps(delta(content="a")).encode(), b'{"error":"x"}']) == [ChatDelta(text="a")]
    assert isinstance(reader.failure, InvokeServerUnavailableError)


def test_garbage_is_named() -> None:
    with pytest.raises(InvokeServerUnavailableError, match="cannot be read: 'upstream timeout'"):
        read(b"upstream timeout")


STREAM = (
    ": hello\n\n"
    + "".join(
        f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n"
        for chunk in (
            delta(role="assistant"),
            delta(content="Grüße, 世"),
            delta(),
            delta(content="界 🎉"),
            delta(reasoning_content="考"),
            delta(tool_calls=[call(0, "a", "sum", '{"x')]),
            delta(tool_calls=[call(0, arguments='":"é"}')]),
            delta("tool_calls"),
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 8}},
        )
    )
    + "data: [DONE]\n\n"
).encode()


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_deltas_do_not_depend_on_how_the_bytes_are_split(cuts: list[int]) -> None:
    events, reply = SseReader(), ReplyReader(TARGET, REQUEST)
    deltas: list[ChatDelta] = []
    places = sorted(set(cuts))
    for start, end in zip([0, *places], [*places, len(STREAM)], strict=True):
        deltas += reply.read(events.feed(STREAM[start:end]))
    assert deltas == [ChatDelta(text="Grüße, 世"), ChatDelta(text="界 🎉"), ChatDelta(reasoning="考")]
    last = reply.end()
    assert (reply.done, last.tool_calls, last.finish_reason) == (
        True,
        (ToolCall("a", "sum", '{"x":"é"}'),),
        "tool_calls",
    )
    assert last.usage is not None
    assert last.usage.total_tokens == 17
