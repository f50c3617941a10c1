"""Models that judge texts, write down speech and read aloud (spec models-and-tools §1.8, §1.19, §5.2)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles import media
from tests.doubles.recording import Form
from tests.doubles.scripted_model import ScriptedModel
from treadle.engine.errors import InvokeBadRequestError, ProviderNotInitializeError
from treadle.engine.ports import ModelRef
from treadle.models.media import spoken_parts
from treadle.models.protocols.media import Recording
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

HERE = "workspace-1"
KEY = "sk-scripted"
DEFAULT = ModelRef("", "")


@pytest.fixture
async def service(db: Database, tmp_path: Path, upstream: ScriptedModel) -> AsyncIterator[ModelService]:
    """Models of a workspace that has stored a key for OpenAI."""
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    await models.add_model(
        HERE, "openai", "tts", "tts-1", {"openai_api_key": KEY, "openai_api_base": upstream.url}, default=True
    )
    yield models
    await models.close()


async def test_a_recording_is_written_down_by_the_default_model(service: ModelService, upstream: ScriptedModel) -> None:
    upstream.transcript = "Good morning"
    said = await service.media_for(HERE).transcribe(Recording(data=media.mp3(), filename='a "b".mp3'), DEFAULT)
    assert said.text == "Good morning"
    body = upstream.requests[-1].body
    assert isinstance(body, Form)
    assert body.fields == (("model", "gpt-4o-mini-transcribe"),)
    assert [(part.filename, part.content_type) for part in body.files] == [("a _b_.mp3", "audio/mpeg")]


async def test_a_text_is_read_aloud_with_a_voice_that_the_model_has(
    service: ModelService, upstream: ScriptedModel
) -> None:
    models = service.media_for(HERE)
    sound = b"".join([piece async for piece in models.speak("Hello there.", DEFAULT, voice="nobody")])
    assert sound == media.mp3()
    assert upstream.requests[-1].json == {
        "model": "tts-1",
        "input": "Hello there.",
        "voice": "alloy",
        "response_format": "mp3",
    }
    assert [voice.mode for voice in await models.voices(DEFAULT)][:2] == ["alloy", "echo"]


async def test_a_long_text_is_judged_in_pieces_and_one_flagged_piece_is_enough(
    service: ModelService, upstream: ScriptedModel
) -> None:
    upstream.flagged_words = {"poison"}
    models = service.media_for(HERE)
    model = ModelRef("openai", "omni-moderation-latest")
    assert not await models.moderate("fine " * 900, model)
    assert [len(piece) for piece in upstream.requests[-1].json["input"]] == [2000, 2000, 500]
    assert await models.moderate("fine " * 900 + "poison", model)


async def test_a_workspace_without_such_models_is_told_so(service: ModelService) -> None:
    with pytest.raises(ProviderNotInitializeError, match="No tts model is set up"):
        await anext(service.media_for("workspace-2").speak("Hi", DEFAULT))


async def test_what_the_provider_refuses_is_named(service: ModelService, upstream: ScriptedModel) -> None:
    with pytest.raises(InvokeBadRequestError, match=r"\[openai\] gpt-4o-mini-transcribe: .*Unrecognised file format"):
        await service.media_for(HERE).transcribe(Recording(data=b"x", filename="a.txt"), DEFAULT)
    assert len(upstream.take_violations()) == 1


async def test_models_of_these_kinds_are_checked_by_a_call_when_they_are_stored(
    service: ModelService, upstream: ScriptedModel
) -> None:
    for kind, name in (("speech2text", "whisper-1"), ("moderation", "omni-moderation-latest")):
        check = await service.test_model(HERE, "openai", kind, name)
        assert check.model == name
    credentials = {"endpoint_url": upstream.url, "api_key": KEY, "voices": "anna, ben"}
    await service.add_model(HERE, "openai_api_compatible", "tts", "own-voice", credentials)
    assert upstream.requests[-1].json["voice"] == "anna"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two. Three.", ["One. Two.", " Three."]),
        ("abcdefghijklmnop", ["abcdefghij", "klmnop"]),
        ("", []),
    ],
)
def test_a_text_is_cut_at_sentence_ends(text: str, parts: list[str]) -> None:
    assert list(spoken_parts(text, 10)) == parts
