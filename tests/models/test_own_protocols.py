"""Vendors whose speech, scores or vectors have a layout of their own (spec models-and-tools §1.20)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles import media
from tests.doubles.rerank_wire import ScriptedRetrieval
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.speech_wire import ScriptedDashScope, ScriptedFishAudio, ScriptedMiniMax, ScriptedTencent
from tests.models.vendors import target_at
from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeRateLimitError
from treadle.engine.ports import ModelRef
from treadle.models.catalogue import ModelKind, provider_of
from treadle.models.connection import base_url, target_of
from treadle.models.http import ModelHttp
from treadle.models.protocols import protocol
from treadle.models.protocols.dashscope import DashScope
from treadle.models.protocols.media import MediaProtocol, Recording, Transcript, media_protocol
from treadle.models.protocols.minimax import MiniMax, MiniMaxSpeech
from treadle.models.protocols.rerank_http import HttpRerank
from treadle.models.protocols.retrieval import Retrieval
from treadle.models.protocols.tencent import TencentSpeech
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

DOCUMENTS = ["Bread is made of flour.", "Paris lies in France.", "In France they speak French."]
QUERY = "Where in France lies Paris"
SOUND = Recording(data=media.mp3())
HERE = "workspace-1"


@pytest.fixture
async def service(db: Database, tmp_path: Path) -> AsyncIterator[ModelService]:
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    yield models
    await models.close()


async def spoken(wire: MediaProtocol, target: object, voice: str, audio_type: str = "mp3") -> bytes:
    return b"".join([piece async for piece in wire.speak(target, "Hi.", voice=voice, audio_type=audio_type)])


async def test_model_studio_ranks_hears_and_speaks_beside_its_compatible_paths(http: ModelHttp) -> None:
    async with ScriptedDashScope() as server:
        target, wire = target_at(server.url, server.key), DashScope(http)
        scores = await wire.rerank(target, QUERY, DOCUMENTS, 2)
        assert [(each.index, each.score) for each in scores.scores] == [(1, 0.8), (2, 0.4)]
        assert scores.usage.total_tokens == 79
        assert (await wire.transcribe(target, SOUND)) == Transcript(text="Good morning", seconds=3)
        sound = await spoken(wire, target, "Cherry", "wav")
        assert sound[:4] + sound[8:12] == b"RIFFWAVE"
        assert sound[44:] == media.pcm()


async def test_minimax_embeds_and_speaks_for_its_group(http: ModelHttp) -> None:
    async with ScriptedMiniMax() as server:
        target = target_at(server.url, server.key, model="embo-01", minimax_group_id=server.group)
        texts = ["one", "two", "three"]
        many = await MiniMax(http).embed(target, texts, "document")
        assert [len(vector) for vector in many.vectors] == [16, 16, 16]
        assert [each.json["type"] for each in server.requests] == ["db", "db"]
        speech = target_at(server.url, server.key, model="speech-02-hd", minimax_group_id=server.group)
        assert await spoken(MiniMaxSpeech(http), speech, "female-shaonv") == media.mp3()


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1004, InvokeAuthorizationError), (1002, InvokeRateLimitError), (2013, InvokeBadRequestError)],
)
async def test_minimax_refuses_with_status_200(http: ModelHttp, code: int, kind: type[Exception]) -> None:
    async with ScriptedMiniMax() as server:
        server.state = (code, "no")
        target = target_at(server.url, server.key, model="embo-01", minimax_group_id=server.group)
        with pytest.raises(kind, match=rf"\[vendor\] embo-01: .*{code}: no"):
            await MiniMax(http).embed(target, ["one"], "query")
        with pytest.raises(kind, match="no"):
            await spoken(MiniMaxSpeech(http), target, "female-shaonv")


async def test_fish_audio_reads_with_the_voices_of_the_account(service: ModelService) -> None:
    async with ScriptedFishAudio() as server:
        fields = {"api_key": server.key, "api_base": server.url}
        await service.add_model(HERE, "fishaudio", "tts", "s1", fields, default=True)
        models, ref = service.media_for(HERE), ModelRef("fishaudio", "s1")
        assert [(voice.mode, voice.name) for voice in await models.voices(ref, "en-US")] == [("mine", "Mine")]
        assert await models.voices(ref, "fr-FR") == ()
        assert b"".join([piece async for piece in models.speak("Hello.", ref, voice="mine")]) == media.mp3()
        assert server.requests[-1].json == {
            "text": "Hello.", "format": "mp3", "latency": "normal", "reference_id": "mine",
        }  # fmt: skip
        assert (await models.transcribe(SOUND, ModelRef("fishaudio", "transcribe-1"))).text == "Good morning"
        await service.add_model(HERE, "fishaudio", "tts", "s1", {**fields, "use_public_models": "true"})
        assert [voice.mode for voice in await models.voices(ref)] == ["theirs"]


async def test_tencent_hears_what_is_signed(http: ModelHttp) -> None:
    async with ScriptedTencent() as server:
        keys = {"app_id": "125", "secret_id": server.key, "secret_key": server.secret}
        target = target_at(server.url, model="16k_zh", **keys)
        assert await TencentSpeech(http).transcribe(target, SOUND) == Transcript(text="Good morning", seconds=1)
        wrong = target_at(server.url, model="16k_zh", **{**keys, "secret_key": "other"})
        with pytest.raises(InvokeAuthorizationError, match="signature check failed"):
            await TencentSpeech(http).transcribe(wrong, SOUND)
        with pytest.raises(InvokeBadRequestError, match="no models that read texts aloud"):
            await spoken(TencentSpeech(http), target, "")
        with pytest.raises(InvokeBadRequestError, match="no embedding models"):
            await protocol("tencent", http).embed(target, ["a"], "query")


async def test_nvidia_ranks_by_logits_and_tells_questions_from_passages(http: ModelHttp) -> None:
    async with ScriptedRetrieval("nvidia") as server:
        target = target_at(server.url, server.key, model="nvidia/ranker", rerank="nvidia", embedding="nvidia", batch=9)
        scores = (await HttpRerank(http).rerank(target, QUERY, DOCUMENTS, 1)).scores
        assert sorted((each.index, each.score) for each in scores) == [(0, 0.0), (1, 0.8), (2, 0.4)]
        await Retrieval(http).embed(target, DOCUMENTS, "query")
        assert server.requests[-1].json["input_type"] == "query"


@pytest.mark.parametrize("by_token", [False, True])
async def test_hugging_face_gives_a_vector_per_text_or_one_per_token(http: ModelHttp, by_token: bool) -> None:
    async with ScriptedRetrieval("huggingface") as server:
        server.by_token = by_token
        target = target_at(server.url, server.key, model="intfloat/e5", embedding="huggingface", batch=9)
        vectors = (await Retrieval(http).embed(target, DOCUMENTS, "document")).vectors
        assert [len(vector) for vector in vectors] == [16, 16, 16]


async def test_mistral_names_the_categories_alone(http: ModelHttp, upstream: ScriptedModel) -> None:
    from treadle.models.protocols.openai_media import decode_judgements

    said = b'{"results":[{"categories":{"pii":false,"law":true}},{"categories":{"pii":false}},{"flagged":false}]}'
    assert [each.found for each in decode_judgements(said).results] == [True, False, False]


def test_models_of_a_kind_may_lie_elsewhere_and_take_another_key() -> None:
    nvidia = provider_of("nvidia")
    assert base_url(nvidia, {}, ModelKind.RERANK) == "https://ai.api.nvidia.com/v1"
    assert base_url(nvidia, {}, ModelKind.EMBEDDING) == "https://integrate.api.nvidia.com/v1"
    assert nvidia.protocol_for(ModelKind.RERANK) == "retrieval"
    azure = provider_of("azure_ai_studio")
    ranker = next(iter(provider_of("nvidia").models))
    keys = {"endpoint": "https://e.test", "api_key": "a", "jwt_token": "j"}
    price = target_at("").profile.price
    assert target_of(azure, ranker, keys, price).headers["Authorization"] == "Bearer a"


@pytest.mark.parametrize(
    "provider", ["tongyi", "minimax", "fishaudio", "tencent", "sagemaker", "siliconflow", "gitee_ai"]
)
def test_kinds_of_sound_have_a_protocol_that_knows_them(provider: str, http: ModelHttp) -> None:
    found = provider_of(provider)
    for kind in {ModelKind.TTS, ModelKind.SPEECH_TO_TEXT}.intersection(found.kinds):
        assert media_protocol(found.protocol_for(kind), http) is not None
