"""Bedrock's protocol: frames, signatures, requests, embeddings and scores."""

import itertools
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles.bedrock_wire import ScriptedBedrock, block_delta, event_frame, frame
from tests.doubles.script import Reply
from tests.models.vendors import SUM, ask, said, target_at, text_of, thoughts_of
from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeServerUnavailableError
from treadle.engine.ports import Message, ModelProfile, Part
from treadle.engine.usage import Price
from treadle.models.catalogue import ModelKind, provider_of
from treadle.models.connection import target_of
from treadle.models.http import ModelHttp
from treadle.models.protocols import aws_signing
from treadle.models.protocols.aws_frames import BrokenFrame, FrameReader
from treadle.models.protocols.bedrock import Bedrock
from treadle.models.protocols.bedrock_reply import ReplyReader
from treadle.models.protocols.bedrock_request import converse_body
from treadle.models.protocols.listing import RemoteModel
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.fixture
async def aws() -> AsyncIterator[ScriptedBedrock]:
    async with ScriptedBedrock() as server:
        yield server


def keyed(server: ScriptedBedrock, *, model: str = CLAUDE, **settings: str | bool) -> Target:
    keys = {"aws_access_key_id": server.key, "aws_secret_access_key": server.secret}
    return target_at(server.url, model=model, **{**keys, **settings})


FRAMES = [
    event_frame("messageStart", {"role": "assistant"}),
    event_frame(*block_delta(0, {"reasoningContent": {"text": "Hm — 東"}})),
    event_frame(*block_delta(0, {"reasoningContent": {"signature": "sig"}})),
    event_frame(*block_delta(1, {"text": "Grüße 🎉"})),
    event_frame("messageStop", {"stopReason": "end_turn"}),
    event_frame("metadata", {"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}}),
]


def test_frames_may_be_cut_at_every_byte() -> None:
    whole = b"".join(FRAMES)
    expected = FrameReader().feed(whole)
    assert len(expected) == len(FRAMES)
    for at in range(len(whole) + 1):
        reader = FrameReader()
        assert reader.feed(whole[:at]) + reader.feed(whole[at:]) + reader.end() == expected
    one_by_one = FrameReader()
    assert [each for at in range(len(whole)) for each in one_by_one.feed(whole[at : at + 1])] == expected


@given(
    st.lists(st.dictionaries(st.text(max_size=9), st.text(max_size=60), max_size=3), max_size=6),
    st.lists(st.integers(0, 2000), max_size=6),
)
def test_any_frames_cut_anywhere_are_what_was_sent(payloads: list[dict[str, str]], cuts: list[int]) -> None:
    whole = b"".join(event_frame(f"event{at}", payload) for at, payload in enumerate(payloads))
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    reader = FrameReader()
    found = [json.loads(each) for at, to in itertools.pairwise(places) for each in reader.feed(whole[at:to])]
    assert found == [{f"event{at}": payload} for at, payload in enumerate(payloads)]


def test_a_reply_reads_the_same_from_frames() -> None:
    reply = ReplyReader(target_at(""), ask())
    deltas = reply.read(FrameReader().feed(b"".join(FRAMES)))
    assert (text_of(deltas), thoughts_of(deltas), reply.done) == ("Grüße 🎉", "Hm — 東", True)


@pytest.mark.parametrize("at", range(len(FRAMES[3])))
def test_a_damaged_byte_is_noticed(at: int) -> None:
    damaged = bytearray(FRAMES[3])
    damaged[at] ^= 0x20
    reader = FrameReader()
    with pytest.raises(BrokenFrame):
        reader.feed(bytes(damaged))


def test_headers_of_other_kinds_are_passed_over() -> None:
    head = b"".join(
        bytes([1]) + b"x" + kind + value
        for kind, value in (
            (b"\0", b""), (b"\1", b""), (b"\2", b"\1"), (b"\3", b"\0\1"), (b"\4", b"\0" * 4), (b"\5", b"\0" * 8),
            (b"\6", b"\0\2ab"), (b"\x08", b"\0" * 8), (b"\x09", b"\0" * 16),
        )
    )  # fmt: skip
    head += bytes([11]) + b":event-type\x07\0\1a"
    prelude = struct.pack(">II", len(head) + 18, len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + b"{}"
    assert FrameReader().feed(message + struct.pack(">I", zlib.crc32(message))) == [b'{"a":{}}']


def test_an_error_without_a_payload_is_told() -> None:
    told = frame({":message-type": "error", ":error-code": "Boom", ":error-message": 'a "quoted"\nreason'}, None)
    reply = ReplyReader(target_at(""), ask())
    reply.read(FrameReader().feed(told))
    assert isinstance(reply.failure, InvokeServerUnavailableError)
    assert 'a "quoted" reason' in str(reply.failure)


@pytest.mark.parametrize("model", [CLAUDE, "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x.y-v1:0"])
async def test_signatures_cover_what_is_sent(http: ModelHttp, aws: ScriptedBedrock, model: str) -> None:
    assert text_of(await said(Bedrock(http), keyed(aws, model=model), ask())) == "Hello"
    assert aws.requests[0].path.endswith("/converse-stream")


async def test_a_wrong_secret_is_an_error_of_authorization(http: ModelHttp, aws: ScriptedBedrock) -> None:
    with pytest.raises(InvokeAuthorizationError, match="does not match"):
        await said(Bedrock(http), keyed(aws, aws_secret_access_key="wrong"), ask())
    assert [each.kind for each in aws.take_violations()] == ["auth"]


async def test_a_session_token_goes_along(http: ModelHttp) -> None:
    async with ScriptedBedrock(token="session") as server:
        assert text_of(await said(Bedrock(http), keyed(server, aws_session_token="session"), ask())) == "Hello"


async def test_an_api_key_needs_no_signature(http: ModelHttp, aws: ScriptedBedrock) -> None:
    target = target_at(aws.url, model=CLAUDE, auth_method="API_Key", bedrock_api_key=aws.key)
    assert text_of(await said(Bedrock(http), target, ask())) == "Hello"
    assert aws.requests[0].bearer == aws.key


async def test_without_keys_the_machine_is_asked(
    http: ModelHttp, aws: ScriptedBedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text(f"[default]\naws_access_key_id = {aws.key}\naws_secret_access_key = {aws.secret}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(aws_signing, "_ambient", aws_signing.Ambient())
    target = target_at(aws.url, model=CLAUDE, auth_method="IAM_Role")
    assert text_of(await said(Bedrock(http), target, ask())) == "Hello"
    shared.write_text("")
    monkeypatch.setattr(aws_signing, "_ambient", aws_signing.Ambient())
    with pytest.raises(InvokeAuthorizationError, match="neither keys are stored nor does this machine have a role"):
        await said(Bedrock(http), target, ask())


async def test_the_machines_role_is_not_shown_to_strangers(http: ModelHttp) -> None:
    for url in ("https://evil.test", "https://amazonaws.com.evil.test", "https://127.0.0.1.evil.test"):
        with pytest.raises(InvokeAuthorizationError, match="only used at addresses of AWS"):
            await said(Bedrock(http), target_at(url, model=CLAUDE, auth_method="IAM_Role"), ask())


def test_the_region_is_in_the_address() -> None:
    provider = provider_of("bedrock")
    schema = provider.model("amazon.nova-pro-v1:0", ModelKind.LLM)
    assert schema is not None
    target = target_of(provider, schema, {"aws_region": "eu-west-1"}, Price())
    assert target.base_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"


async def test_usage_counts_what_the_cache_held(http: ModelHttp, aws: ScriptedBedrock) -> None:
    aws.cache = (100, 20)
    usage = (await said(Bedrock(http), keyed(aws), ask()))[-1].usage
    assert usage is not None
    assert (usage.cached_tokens, usage.cache_written_tokens) == (100, 20)
    assert usage.prompt_tokens > 120


async def test_signed_thoughts_go_back_with_their_calls(http: ModelHttp, aws: ScriptedBedrock) -> None:
    aws.redacted = "c2VhbGVk"
    aws.tool_calls([("sum", {"x": 1})])
    first = await said(Bedrock(http), keyed(aws), ask(tools=(SUM,)))
    aws.reply_sequence([Reply("x", reasoning="Let me think")])
    calls = first[-1].tool_calls
    assert calls[0].carried == '[{"redactedContent":"c2VhbGVk"}]'
    again = ask(
        Message(role="user", content="Hi"),
        Message(role="assistant", tool_calls=calls),
        Message(role="tool", content="1", tool_call_id=calls[0].id),
        tools=(SUM,),
    )
    await said(Bedrock(http), keyed(aws), again)
    assistant = aws.requests[-1].json["messages"][1]["content"]
    assert assistant[0] == {"reasoningContent": {"redactedContent": "c2VhbGVk"}}


def test_parts_parameters_and_tools_have_their_places() -> None:
    content = (
        Part(type="text", text="Look"),
        Part(type="image", data="aW1n", format="jpg", mime_type="image/jpeg"),
        Part(type="document", data="cGRm", format="pdf", filename="my_report: final.pdf"),
        Part(type="video", data="dmlk", format="mp4"),
    )
    request = ask(
        Message(role="system", content="Be terse."),
        Message(role="user", content=content),
        tools=(SUM,),
        stop=("END",),
        max_tokens=9,
        temperature=0.5,
        top_k=3,
    )
    body = converse_body(target_at("", model=CLAUDE), request)
    assert body["system"] == [{"text": "Be terse."}]
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"text": "Look"},
                {"image": {"format": "jpeg", "source": {"bytes": "aW1n"}}},
                {"document": {"format": "pdf", "source": {"bytes": "cGRm"}, "name": "my report final 3"}},
                {"video": {"format": "mp4", "source": {"bytes": "dmlk"}}},
            ],
        }
    ]
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"]}
    assert body["additionalModelRequestFields"] == {"top_k": 3}
    with pytest.raises(InvokeBadRequestError, match="as data, not as an address"):
        converse_body(target_at(""), ask(Message(role="user", content=(Part(type="image", url="https://x.test/a"),))))


def test_thinking_leaves_out_what_it_forbids() -> None:
    body = converse_body(target_at(""), ask(reasoning_type=True, reasoning_budget=2048, temperature=0.5, top_k=3))
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    assert "inferenceConfig" not in body


@pytest.mark.parametrize(("model", "calls"), [("amazon.titan-embed-text-v2:0", 3), ("cohere.embed-english-v3", 2)])
async def test_embeddings_by_family(http: ModelHttp, aws: ScriptedBedrock, model: str, calls: int) -> None:
    target = keyed(aws, model=model)
    found = await Bedrock(http).embed(target, ["one", "two words", "three"], "document")
    assert (len(found.vectors), found.usage.prompt_tokens, len(aws.requests)) == (3, 4, calls)
    assert found.vectors[1] == (await Bedrock(http).embed(target, ["two words"], "document")).vectors[0]


async def test_other_families_have_no_embeddings(http: ModelHttp, aws: ScriptedBedrock) -> None:
    with pytest.raises(InvokeBadRequestError, match="titan-embed"):
        await Bedrock(http).embed(keyed(aws, model="meta.llama"), ["one"], "document")


async def test_scores_come_from_the_agents_runtime(http: ModelHttp, aws: ScriptedBedrock) -> None:
    target = keyed(aws, model="cohere.rerank-v3-5:0", aws_region="us-west-2")
    scores = await Bedrock(http).rerank(target, "red apple", ["blue sky", "red apple", "red"], 2)
    assert [(each.index, each.score) for each in scores.scores] == [(1, 1.0), (2, 0.5)]
    asked = aws.requests[0].json["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    arn = "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0"
    assert asked == {"modelConfiguration": {"modelArn": arn}, "numberOfResults": 2}


async def test_long_texts_are_cut_before_they_are_embedded(http: ModelHttp, aws: ScriptedBedrock) -> None:
    keys = {"aws_access_key_id": aws.key, "aws_secret_access_key": aws.secret}
    small = ModelProfile(context_size=5)
    target = target_at(aws.url, model="amazon.titan-embed-text-v1", profile=small, **keys)
    text = "word " * 20
    await Bedrock(http).embed(target, [text], "document")
    assert aws.requests[0].json == {"inputText": text[: 100 * 5 // text_tokens(text)]}


async def test_what_can_be_called_is_listed(http: ModelHttp, aws: ScriptedBedrock) -> None:
    aws.profile_pages = [
        [{"inferenceProfileId": CLAUDE, "inferenceProfileName": "US Claude Sonnet 4.5", "status": "ACTIVE"}],
        [{"inferenceProfileId": "eu.amazon.nova-lite-v1:0"}],
    ]
    text = {"outputModalities": ["TEXT"], "inferenceTypesSupported": ["ON_DEMAND"]}
    aws.models = [
        {"modelId": "amazon.nova-lite-v1:0", "modelName": "Nova Lite", **text},
        {"modelId": "old", **text, "modelLifecycle": {"status": "LEGACY"}},
        {"modelId": "behind-a-profile", **text, "inferenceTypesSupported": ["INFERENCE_PROFILE"]},
        {"modelId": "painter", **text, "outputModalities": ["IMAGE"]},
    ]
    assert await Bedrock(http).list_models(keyed(aws)) == [
        RemoteModel(CLAUDE, "US Claude Sonnet 4.5"),
        RemoteModel("eu.amazon.nova-lite-v1:0", "eu.amazon.nova-lite-v1:0"),
        RemoteModel("amazon.nova-lite-v1:0", "Nova Lite"),
    ]
    with pytest.raises(InvokeAuthorizationError):
        await Bedrock(http).list_models(keyed(aws, aws_secret_access_key="wrong"))
    assert [each.kind for each in aws.take_violations()] == ["auth"]
