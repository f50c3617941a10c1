"""What sound costs: recordings by the hour, texts read aloud by characters or tokens, tokens of sound in chats."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.doubles import media
from tests.doubles.gemini_wire import ScriptedGemini
from tests.doubles.scripted_model import ScriptedModel
from tests.models import test_gemini
from treadle.engine.ports import ModelRef
from treadle.engine.usage import Price, Sound, SoundPrice, Usage
from treadle.models.http import ModelHttp
from treadle.models.pricing import listed_price
from treadle.models.protocols.gemini import Gemini
from treadle.models.protocols.media import Recording
from treadle.models.protocols.openai_wire import decode_chunk
from treadle.models.service import ModelService
from treadle.models.sound_length import seconds_of
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

HERE = "workspace-1"
RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture
async def service(db: Database, tmp_path: Path, upstream: ScriptedModel) -> AsyncIterator[ModelService]:
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    credentials = {"openai_api_key": "sk-scripted", "openai_api_base": upstream.url}
    await models.add_model(HERE, "openai", "tts", "tts-1", credentials)
    yield models
    await models.close()


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.ogg", "a.webm", "a.flac", "a.amr"])
def test_half_a_second_is_half_a_second_in_every_format(name: str) -> None:
    assert seconds_of((RECORDINGS / name).read_bytes()) == pytest.approx(0.5, abs=0.12)


def test_a_wave_file_is_as_long_as_it_says() -> None:
    assert seconds_of(media.wav(2)) == 2
    assert seconds_of(media.wav(2)[:-16_000]) == 1  # cut off


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.ogg", "a.webm", "a.flac", "a.amr"])
def test_a_damaged_recording_has_no_length_and_breaks_nothing(name: str) -> None:
    data = (RECORDINGS / name).read_bytes()
    for end in range(0, min(len(data), 300), 7):
        found = seconds_of(data[:end])
        assert found is None or 0 <= found < 60
    assert seconds_of(b"no sound at all") is None


async def test_a_recording_costs_by_its_length(service: ModelService) -> None:
    recording = Recording(data=media.wav(1), filename="a.wav", mime_type="audio/wav")
    heard = await service.media_for(HERE).transcribe(recording, ModelRef("openai", "whisper-1"))
    assert heard.usage.sound == Sound(seconds=9)  # what the provider counts goes before
    assert heard.usage.total_price == Decimal("0.0009")
    assert heard.usage.to_map()["sound"] == {"seconds": 9}


async def test_a_provider_that_does_not_count_is_paid_by_the_recording_itself(
    service: ModelService, upstream: ScriptedModel
) -> None:
    credentials = {"endpoint_url": upstream.url, "api_key": "sk-scripted"}
    await service.add_model(HERE, "openai_api_compatible", "speech2text", "stub-heard", credentials)
    upstream.counts_sound = False
    recording = Recording(data=media.wav(3), filename="a.wav", mime_type="audio/wav")
    heard = await service.media_for(HERE).transcribe(recording, ModelRef("openai_api_compatible", "stub-heard"))
    assert (heard.usage.sound.seconds, heard.usage.total_price) == (3, 0)


async def test_tokens_of_a_recording_cost_more_than_those_of_text(service: ModelService) -> None:
    recording = Recording(data=media.mp3(), filename="a.mp3")
    heard = await service.media_for(HERE).transcribe(recording, ModelRef("openai", "gpt-4o-mini-transcribe"))
    assert (heard.usage.prompt_tokens, heard.usage.sound.prompt_tokens, heard.usage.completion_tokens) == (94, 90, 10)
    assert heard.usage.total_price * 1_000_000 == 4 * Decimal("1.25") + 90 * 3 + 10 * 5


async def test_a_text_read_aloud_costs_by_its_characters(service: ModelService) -> None:
    spent: list[Usage] = []
    models = service.media_for(HERE)
    _ = [piece async for piece in models.speak("Hello there.", ModelRef("openai", "tts-1"), spent=spent.append)]
    assert [(each.sound, each.total_price) for each in spent] == [(Sound(characters=12), Decimal("0.00018"))]


async def test_a_text_read_aloud_costs_by_the_tokens_that_the_last_event_counts(
    service: ModelService, upstream: ScriptedModel
) -> None:
    spent: list[Usage] = []
    models, model = service.media_for(HERE), ModelRef("openai", "gpt-4o-mini-tts")
    sound = b"".join([piece async for piece in models.speak("Hello there.", model, spent=spent.append)])
    assert sound == media.mp3()
    assert upstream.requests[-1].json["stream_format"] == "sse"
    (usage,) = spent
    assert (usage.prompt_tokens, usage.completion_tokens) == (14, 101)
    assert usage.total_price * 1_000_000 == 14 * Decimal("0.6") + 101 * 12


async def test_sound_in_a_prompt_to_gemini_costs_as_sound(http: ModelHttp) -> None:
    price = Price(input=Decimal(1), output=Decimal(2), sound=SoundPrice(input=Decimal(7)))
    async with ScriptedGemini() as gemini:
        gemini.sound = 4
        gemini.reply("Heard.")
        last = (await test_gemini.said(Gemini(http), test_gemini.target(gemini, price=price), test_gemini.ask()))[-1]
    assert last.usage is not None
    assert last.usage.sound == Sound(prompt_tokens=4)
    assert last.usage.prompt_price * 1_000_000 == last.usage.prompt_tokens - 4 + 4 * 7


def test_sound_in_chats_costs_as_sound_both_ways() -> None:
    counted = decode_chunk(
        b'{"usage":{"prompt_tokens":100,"completion_tokens":50,"prompt_tokens_details":{"audio_tokens":80},'
        b'"completion_tokens_details":{"audio_tokens":40}}}'
    ).usage
    price = listed_price("openai", "gpt-audio")
    assert counted is not None
    assert price is not None
    usage = Usage.priced(100, 50, price, sound=counted.sound)
    assert usage.prompt_price * 1_000_000 == 20 * Decimal("2.5") + 80 * 32
    assert usage.completion_price * 1_000_000 == 10 * 10 + 40 * 64


def test_cached_sound_has_a_price_of_its_own() -> None:
    rates = SoundPrice(input=Decimal(10), cached_input=Decimal(3))
    price = Price(input=Decimal(2), cached_input=Decimal(1), sound=rates)
    usage = Usage.priced(100, 0, price, cached_tokens=60, sound=Sound(prompt_tokens=50, cached_tokens=20))
    # 10 of text, 40 of text in the cache, 30 of sound, 20 of sound in the cache
    assert usage.prompt_price * 1_000_000 == 10 * 2 + 40 * 1 + 30 * 10 + 20 * 3


def test_calls_without_tokens_add_up_too() -> None:
    price = Price(sound=SoundPrice(hour=Decimal("0.36")))
    one = Usage.priced(0, 0, price, sound=Sound(seconds=100))
    both = one + one
    assert (both.total_price, both.sound.seconds) == (Decimal("0.02"), 200)
