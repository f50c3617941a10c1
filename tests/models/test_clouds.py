"""Models in the clouds of AWS and Oracle, and on Replicate (spec models-and-tools §1.20)."""

import base64

import pytest

from tests.doubles import media
from tests.doubles.oci_wire import ScriptedOracleCloud
from tests.doubles.replicate_wire import ScriptedReplicate
from tests.doubles.sagemaker_wire import ScriptedSageMaker
from tests.doubles.script import Reply, StreamStyle, ToolCall
from tests.models.vendors import SUM, ask, listen, said, target_at, text_of
from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatDelta, Message
from treadle.models.http import ModelHttp
from treadle.models.protocols.media import Recording
from treadle.models.protocols.oci import OracleCloud
from treadle.models.protocols.replicate import Replicate
from treadle.models.protocols.sagemaker import SageMaker
from treadle.models.protocols.sagemaker_media import SageMakerMedia, spoken_body
from treadle.models.target import Target

TEXTS = ["one", "two words", "three more words"]
DOCUMENTS = ["Bread is made of flour.", "Paris lies in France."]


def endpoint(server: ScriptedSageMaker, name: str, **settings: str) -> Target:
    keys = {"aws_access_key_id": "AKIASCRIPTED", "aws_secret_access_key": server.secret, "aws_region": "eu-west-1"}
    return target_at(server.url, model=name, **keys, **settings)


async def test_an_endpoint_of_sagemaker_chats_in_frames_that_cut_its_events(http: ModelHttp) -> None:
    async with ScriptedSageMaker() as server:
        server.reply("Grüße aus dem Süden, 你好")
        target = endpoint(server, "chat", send_user="false")
        deltas = await said(SageMaker(http), target, ask(temperature=0.2))
        assert text_of(deltas) == "Grüße aus dem Süden, 你好"
        assert deltas[-1].finish_reason == "stop"
        assert (await SageMaker(http).complete(target, ask())).text == "Grüße aus dem Süden, 你好"


async def test_a_failure_between_the_frames_ends_the_reply(http: ModelHttp) -> None:
    async with ScriptedSageMaker() as server:
        server.broken = ("ModelStreamError", b'{"Message":"the container went away"}')
        heard: list[ChatDelta] = []
        with pytest.raises(InvokeError, match="the container went away"):
            await listen(SageMaker(http), endpoint(server, "chat"), ask(), heard)


async def test_endpoints_of_sagemaker_embed_and_rank(http: ModelHttp) -> None:
    async with ScriptedSageMaker() as server:
        vectors = (await SageMaker(http).embed(endpoint(server, "vectors"), TEXTS, "document")).vectors
        assert [len(vector) for vector in vectors] == [16, 16, 16]
        scores = (await SageMaker(http).rerank(endpoint(server, "scores"), "Where lies Paris", DOCUMENTS, 1)).scores
        assert max(scores, key=lambda each: each.score).index == 1


async def test_a_wrong_signature_is_a_wrong_key(http: ModelHttp) -> None:
    async with ScriptedSageMaker() as server:
        target = endpoint(server, "vectors")
        wrong = target_at(server.url, model="vectors", **{**target.settings, "aws_secret_access_key": "other"})
        with pytest.raises(InvokeAuthorizationError, match=r"\[vendor\] vectors"):
            await SageMaker(http).embed(wrong, TEXTS, "document")
        server.take_violations()


@pytest.mark.parametrize("bucket", [False, True])
async def test_a_recording_goes_as_it_is_or_by_way_of_a_bucket(http: ModelHttp, bucket: bool) -> None:
    async with ScriptedSageMaker() as server:
        stored = {"audio_s3_cache_bucket": "bucket", "s3_endpoint_url": server.url} if bucket else {}
        target = endpoint(server, "whisper", **stored)
        said = await SageMakerMedia(http).transcribe(target, Recording(data=media.mp3()))
        assert said.text == "Good morning"
        assert len(server.stored) == bucket


async def test_an_endpoint_of_sagemaker_reads_aloud(http: ModelHttp) -> None:
    async with ScriptedSageMaker() as server:
        target = endpoint(server, "voice", audio_model_type="PresetVoice")
        pieces = SageMakerMedia(http).speak(target, "Hi.", voice="anna", audio_type="mp3")
        assert b"".join([piece async for piece in pieces]) == media.mp3()
        clone = endpoint(server, "voice", audio_model_type="CloneVoice", prompt_audio="s3://a", prompt_text="b")
        assert spoken_body(clone, "Hi.", "") == {"tts_text": "Hi.", "prompt_audio": "s3://a", "prompt_text": "b"}


def in_oracle(server: ScriptedOracleCloud, model: str, **settings: str) -> Target:
    access = {"tenancy_ocid": "ocid1.tenancy.1", "user_ocid": "ocid1.user.1", "fingerprint": "aa:bb"}
    return target_at(server.url, model=model, **{**access, "key_content": server.pem, **settings})


@pytest.mark.parametrize("model", ["meta.llama-3.3-70b-instruct", "cohere.command-r-plus-08-2024"])
async def test_oracle_cloud_chats_in_both_layouts(http: ModelHttp, model: str) -> None:
    async with ScriptedOracleCloud() as server:
        server.reply("Grüße aus dem Süden")
        request = ask(
            Message(role="system", content="Be brief."), Message(role="user", content="Hi"),
            Message(role="assistant", content="Yes?"), Message(role="user", content="Where?"),
            max_tokens=50, stop=["END"],
        )  # fmt: skip
        for size in (0, 3):
            server.bytes_per_write = size
            deltas = await said(OracleCloud(http), in_oracle(server, model), request)
            assert text_of(deltas) == "Grüße aus dem Süden"
            assert deltas[-1].finish_reason == "stop"
        whole = await OracleCloud(http).complete(in_oracle(server, model), request)
        assert whole.text == "Grüße aus dem Süden"
        assert whole.usage is not None
        assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (7, 3)


@pytest.mark.parametrize("model", ["meta.llama-3.3-70b-instruct", "cohere.command-r-plus-08-2024"])
async def test_tools_are_called_and_their_answers_given_back(http: ModelHttp, model: str) -> None:
    async with ScriptedOracleCloud() as server:
        server.reply_sequence([Reply(tool_calls=(ToolCall("sum", {"x": 20}),)), "It is 22."])
        target = in_oracle(server, model)
        question = Message(role="user", content="20 and 2?")
        (call,) = (await said(OracleCloud(http), target, ask(question, tools=[SUM])))[-1].tool_calls
        assert (call.name, call.arguments.replace(" ", "")) == ("sum", '{"x":20}')
        asked = Message(role="assistant", tool_calls=(call,))
        answer = Message(role="tool", content="22", tool_call_id=call.id)
        assert text_of(await said(OracleCloud(http), target, ask(question, asked, answer, tools=[SUM]))) == "It is 22."


async def test_oracle_cloud_takes_its_configuration_file_and_embeds(http: ModelHttp) -> None:
    async with ScriptedOracleCloud() as server:
        file = "[DEFAULT]\nuser=ocid1.user.1\nfingerprint=aa:bb\ntenancy=ocid1.tenancy.1\nregion=us-chicago-1\n"
        for content, key in ((file, server.pem), (_base64(file), _base64(server.pem))):
            target = target_at(
                server.url, model="cohere.embed-v4.0", oci_config_content=content, oci_key_content=key,
                compartment_ocid="ocid1.compartment.9",
            )  # fmt: skip
            assert len((await OracleCloud(http).embed(target, TEXTS, "query")).vectors) == 3
            assert server.requests[-1].json["compartmentId"] == "ocid1.compartment.9"


async def test_oracle_cloud_tells_which_models_can_be_called(http: ModelHttp) -> None:
    chat = {"displayName": "cohere.command-a", "capabilities": ["CHAT"], "lifecycleState": "ACTIVE"}
    async with ScriptedOracleCloud() as server:
        server.model_pages = [
            [
                chat,
                {**chat, "displayName": "gone", "lifecycleState": "DELETED"},
                {**chat, "displayName": "retired", "timeOnDemandRetired": "2025-01-01T00:00:00Z"},
            ],
            [
                {**chat, "capabilities": ["FINE_TUNE", "CHAT"]},
                {**chat, "displayName": "base", "capabilities": ["FINE_TUNE"]},
                {**chat, "displayName": "cohere.embed-v4.0", "capabilities": ["TEXT_EMBEDDINGS"]},
            ],
        ]
        wire = OracleCloud(http)
        listed = [each.name for each in await wire.list_models(in_oracle(server, "-"))]
        assert listed == ["cohere.command-a", "cohere.embed-v4.0"]
        assert ("compartmentId", "ocid1.tenancy.1") in server.requests[-1].query
        with pytest.raises(InvokeAuthorizationError, match="refused the API key"):
            await wire.list_models(in_oracle(server, "-", user_ocid="ocid1.user.2"))
        server.take_violations()


async def test_what_is_wrong_with_a_credential_of_oracle_cloud_is_named(http: ModelHttp) -> None:
    async with ScriptedOracleCloud() as server:
        wire = OracleCloud(http)
        with pytest.raises(InvokeAuthorizationError, match="names no fingerprint"):
            await wire.complete(in_oracle(server, "m", fingerprint=""), ask())
        with pytest.raises(InvokeAuthorizationError, match="private key cannot be read"):
            await wire.complete(in_oracle(server, "m", key_content="nonsense"), ask())
        with pytest.raises(InvokeAuthorizationError, match="refused the API key"):
            await wire.complete(in_oracle(server, "m", user_ocid="ocid1.user.2"), ask())
        server.take_violations()


async def test_a_fault_in_the_middle_of_a_reply_of_oracle_cloud(http: ModelHttp) -> None:
    async with ScriptedOracleCloud() as server:
        server.style, heard = StreamStyle(error_after=1), list[ChatDelta]()
        server.reply(Reply("Hello there", chunks=("Hello", " there")))
        with pytest.raises(InvokeServerUnavailableError, match="the model went away"):
            await listen(OracleCloud(http), in_oracle(server, "meta.llama"), ask(), heard)
        assert text_of(heard) == "Hello"


@pytest.mark.parametrize("version", ["", "abc123"])
async def test_replicate_streams_a_prediction(http: ModelHttp, version: str) -> None:
    async with ScriptedReplicate() as server:
        server.reply("Two lines:\none\ntwo 你好")
        target = target_at(
            server.url, server.key, model="meta/llama", **({"model_version": version} if version else {})
        )
        request = ask(Message(role="system", content="Be brief."), Message(role="user", content="Hi"), max_tokens=9)
        for size in (0, 3):
            server.bytes_per_write = size
            deltas = await said(Replicate(http), target, request)
            assert text_of(deltas) == "Two lines:\none\ntwo 你好"
        begun = server.requests[0].json
        assert begun["input"] == {"prompt": "Hi", "system_prompt": "Be brief.", "max_tokens": 9}
        assert begun.get("version", "") == version
        assert server.cancelled == []


async def test_a_prediction_is_cancelled_when_nobody_listens_any_more(http: ModelHttp) -> None:
    async with ScriptedReplicate() as server:
        server.hang(after_events=1)
        stream = Replicate(http).stream(target_at(server.url, server.key, model="meta/llama"), ask())
        assert text_of(await anext(stream)) == "Hello"
        await stream.aclose()
        assert server.cancelled == ["p0"]


async def test_a_model_that_cannot_stream_is_polled(http: ModelHttp) -> None:
    async with ScriptedReplicate(streams=False, waits=1) as server:
        target = target_at(server.url, server.key, model="meta/llama")
        assert text_of(await said(Replicate(http), target, ask())) == "Hello there"
        server.failed = "out of memory"
        with pytest.raises(InvokeServerUnavailableError, match="the model failed: out of memory"):
            await Replicate(http).complete(target, ask())


async def test_a_conversation_is_written_out_as_the_prompt(http: ModelHttp) -> None:
    async with ScriptedReplicate() as server:
        turns = (("user", "Hi"), ("assistant", "Yes?"), ("user", "Where?"))
        messages = [Message(role=role, content=text) for role, text in turns]
        await Replicate(http).complete(target_at(server.url, server.key, model="meta/llama"), ask(*messages))
        assert (
            server.requests[-1].json["input"]["prompt"] == "User: Hi\n\nAssistant: Yes?\n\nUser: Where?\n\nAssistant:"
        )


@pytest.mark.parametrize("field", ["texts", "text_batch", "text"])
async def test_what_an_embedding_model_calls_its_texts_is_read_from_its_description(
    http: ModelHttp, field: str
) -> None:
    async with ScriptedReplicate(field=field) as server:
        target = target_at(server.url, server.key, model="nateraw/bge", model_version="v1")
        assert [len(each) for each in (await Replicate(http).embed(target, TEXTS, "document")).vectors] == [16] * 3


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
