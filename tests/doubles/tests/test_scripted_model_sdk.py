"""The official OpenAI client, used as it comes, finds in the scripted model the API it expects."""

import base64
import math
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.doubles import media
from tests.doubles.script import Reply, StreamStyle, ToolCall
from tests.doubles.scripted_model import ScriptedModel

WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
async def stub() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
async def client(stub: ScriptedModel) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=stub.key, base_url=stub.url, max_retries=0) as sdk:
        yield sdk


def dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


async def test_an_unscripted_chat_echoes_the_last_user_message(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model="m", messages=user("good morning"))

    assert answer.choices[0].message.content == "You said: good morning"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "m"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (2, 4, 6)


async def test_a_stream_carries_the_text_in_pieces_and_usage_last(stub: ScriptedModel, client: AsyncOpenAI) -> None:
    stub.reply(Reply("one two three", chunks=("one ", "two", " three")))

    stream = await client.chat.completions.create(
        model="m", messages=user("count"), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]

    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices] == ["", "one ", "two", " three", None]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices] == [None, None, None, None, "stop"]
    assert chunks[-1].choices == []
    assert [chunk.usage.total_tokens if chunk.usage else None for chunk in chunks] == [None] * 5 + [4]


async def test_parallel_tool_calls_arrive_whole(stub: ScriptedModel, client: AsyncOpenAI) -> None:
    stub.reply_sequence(
        [
            Reply(tool_calls=(ToolCall("weather", {"city": "Oslo"}), ToolCall("weather", {"city": "Rome"}))),
            "Cold and warm",
        ]
    )

    first = await client.chat.completions.create(model="m", messages=user("weather?"), tools=[WEATHER_TOOL])

    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls or []] == [
        ("weather", '{"city": "Oslo"}'),
        ("weather", '{"city": "Rome"}'),
    ]
    second = await client.chat.completions.create(
        model="m",
        tools=[WEATHER_TOOL],
        messages=[
            *user("weather?"),
            message.model_dump(exclude_none=True),
            *({"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in message.tool_calls or []),
        ],
    )
    assert second.choices[0].message.content == "Cold and warm"


async def test_streamed_tool_calls_come_in_pieces_that_the_client_joins(
    stub: ScriptedModel, client: AsyncOpenAI
) -> None:
    stub.tool_calls([("weather", {"city": "Reykjavík"}), ("weather", {"city": "Ulaanbaatar"})])

    pieces = 0
    async with client.chat.completions.stream(model="m", messages=user("weather?"), tools=[WEATHER_TOOL]) as stream:
        async for event in stream:
            pieces += event.type == "tool_calls.function.arguments.delta"
        final = await stream.get_final_completion()

    calls = final.choices[0].message.tool_calls or []
    assert [call.function.arguments for call in calls] == ['{"city": "Reykjavík"}', '{"city": "Ulaanbaatar"}']
    assert len({call.id for call in calls}) == 2
    assert pieces > 4


async def test_a_vision_message_is_understood(stub: ScriptedModel, client: AsyncOpenAI) -> None:
    image = f"data:image/png;base64,{base64.b64encode(media.png()).decode()}"
    parts = [
        {"type": "text", "text": "what is it"},
        {"type": "image_url", "image_url": {"url": image, "detail": "low"}},
    ]

    answer = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": parts}])

    assert answer.choices[0].message.content == "You said: what is it"
    assert stub.requests[0].json["messages"][0]["content"] == parts


async def test_structured_output_parses_into_the_asked_shape(client: AsyncOpenAI) -> None:
    class City(BaseModel):
        name: str
        population: int
        tags: list[str]

    answer = await client.chat.completions.parse(model="m", messages=user("a city"), response_format=City)

    assert answer.choices[0].message.parsed == City(name="You said: a city", population=1, tags=["You said: a city"])


async def test_embeddings_are_the_same_packed_or_plain_and_bring_like_texts_together(client: AsyncOpenAI) -> None:
    texts = ["the red boat", "a red boat sails", "quarterly tax report"]

    packed = await client.embeddings.create(model="e", input=texts, encoding_format="base64")
    plain = await client.embeddings.create(model="e", input=texts, encoding_format="float")
    by_default = await client.embeddings.create(model="e", input=texts[0], dimensions=16)

    boats, sails, tax = (item.embedding for item in plain.data)
    assert len(boats) == 64
    assert math.isclose(sum(value * value for value in boats), 1, rel_tol=1e-6)
    assert dot(boats, sails) > dot(boats, tax) + 0.2
    unpacked = base64.b64decode(str(packed.data[0].embedding))
    assert len(unpacked) == 4 * 64
    assert len(by_default.data[0].embedding) == 16


async def test_legacy_completions_stream_and_block(client: AsyncOpenAI) -> None:
    whole = await client.completions.create(model="c", prompt="Once upon", max_tokens=16)
    stream = await client.completions.create(model="c", prompt="Once upon", max_tokens=3, stream=True)
    chunks = [chunk async for chunk in stream]

    assert whole.choices[0].text == "You said: Once upon"
    assert "".join(chunk.choices[0].text for chunk in chunks) == "You said: Once"
    assert chunks[-1].choices[0].finish_reason == "length"


async def test_speech_transcription_moderation_images_and_models(stub: ScriptedModel, client: AsyncOpenAI) -> None:
    speech = await client.audio.speech.create(model="t", voice="alloy", input="hello", response_format="wav")
    transcript = await client.audio.transcriptions.create(model="w", file=("a.wav", media.wav(), "audio/wav"))
    plain = await client.audio.transcriptions.create(model="w", file=("a.mp3", media.mp3()), response_format="text")
    moderation = await client.moderations.create(input=["fine", "FLAGGED words"])
    image = await client.images.generate(prompt="a boat", n=2, response_format="b64_json", model="d", size="256x256")
    models = await client.models.list()

    assert speech.content[:4] == b"RIFF"
    assert transcript.text == plain.strip() == stub.transcript
    assert [result.flagged for result in moderation.results] == [False, True]
    assert moderation.results[1].categories.violence is True
    assert [base64.b64decode(item.b64_json or "")[:4] for item in image.data or []] == [b"\x89PNG"] * 2
    assert "stub-chat" in [model.id async for model in models]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (429, openai.RateLimitError),
        (503, openai.InternalServerError),
    ],
)
async def test_scripted_failures_raise_the_clients_own_errors(
    stub: ScriptedModel, client: AsyncOpenAI, status: int, error: type[openai.APIStatusError]
) -> None:
    stub.fail(times=1, status=status, message="not today", retry_after=1)

    with pytest.raises(error) as caught:
        await client.chat.completions.create(model="m", messages=user("hi"))
    again = await client.chat.completions.create(model="m", messages=user("hi"))

    assert isinstance(caught.value.body, dict)
    assert caught.value.body["message"] == "not today"
    assert caught.value.response.headers["retry-after"] == "1"
    assert again.choices[0].message.content == "You said: hi"


async def test_the_client_retries_by_itself_through_two_rate_limits(stub: ScriptedModel) -> None:
    stub.fail(times=2, status=429, retry_after=0)

    async with AsyncOpenAI(api_key=stub.key, base_url=stub.url, max_retries=2) as sdk:
        answer = await sdk.chat.completions.create(model="m", messages=user("hi"))

    assert answer.choices[0].message.content == "You said: hi"
    assert len(stub.requests) == 3


@pytest.mark.parametrize(
    "style",
    [
        StreamStyle(line_end="\r\n"),
        StreamStyle(space_after_colon=False),
        StreamStyle(role_first=False),
        StreamStyle(empty_deltas=True),
        StreamStyle(keep_alive_comments=True),
        StreamStyle(usage="with_finish"),
        StreamStyle(done=False),
        StreamStyle(split_bytes=True),
    ],
    ids=lambda style: next(
        name for name in StreamStyle.__annotations__ if getattr(style, name) != getattr(StreamStyle(), name)
    ),
)
async def test_odd_but_legal_streams_give_the_client_the_same_text(
    stub: ScriptedModel, client: AsyncOpenAI, style: StreamStyle
) -> None:
    stub.reply("Größe 東京タワー 🚀 done")
    stub.stream_as(style)

    stream = await client.chat.completions.create(model="m", messages=user("hi"), stream=True)
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    assert text == "Größe 東京タワー 🚀 done"


@pytest.mark.parametrize(
    ("style", "error"),
    [(StreamStyle(error_after=3), openai.APIError), (StreamStyle(cut_after=3), openai.APIConnectionError)],
    ids=["error", "cut"],
)
async def test_an_error_object_or_a_cut_in_mid_stream_raises_in_the_client(
    stub: ScriptedModel, client: AsyncOpenAI, style: StreamStyle, error: type[openai.APIError]
) -> None:
    stub.stream_as(style)
    received: list[str] = []

    async def read() -> None:
        stream = await client.chat.completions.create(model="m", messages=user("one two three four"), stream=True)
        async for chunk in stream:
            received.append(chunk.choices[0].delta.content or "")

    with pytest.raises(error):
        await read()
    assert received == ["", "You", " said:"]
