"""Speech by the workspace's models (models-and-tools §4.9)."""

import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from tests.nodes.ports import MemoryFiles, file
from tests.tools.builtin.calls import a_call, given
from treadle.engine.errors import InvokeAuthorizationError, ToolInvokeError, ToolParameterError
from treadle.engine.ports import ModelRef
from treadle.engine.usage import Price, Sound, SoundPrice, Usage
from treadle.engine.values import Value
from treadle.tools.builtin import Call
from treadle.tools.builtin.call import Heard
from treadle.tools.messages import Blob, ModelUsage, Text

PRICE = Price(sound=SoundPrice(hour=Decimal("0.36"), characters=Decimal(15)))
HEARING = Usage.priced(0, 0, PRICE, sound=Sound(seconds=10))
SPEAKING = Usage.priced(0, 0, PRICE, sound=Sound(characters=5))
FILES = MemoryFiles({"talk.mp3": b"ID3 sound"})
TALK = file("talk.mp3", kind="audio", mime_type="audio/mpeg")


@dataclass
class GivenSpeech:
    """Models that understand and say what the test wants."""

    heard: str = "Hello."
    pieces: tuple[bytes, ...] = (b"RIFF", b"sound")
    calls: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])

    async def transcribe(self, data: bytes, model: ModelRef, *, filename: str, mime_type: str) -> Heard:
        self.calls.append((data, model, filename, mime_type))
        if model.provider == "closed":
            raise InvokeAuthorizationError("closed/x refused the key.")
        return Heard(self.heard, HEARING)

    async def speak(
        self, text: str, model: ModelRef, *, voice: str = "", spent: Callable[[Usage], None] | None = None
    ) -> AsyncIterator[bytes]:
        self.calls.append((text, model, voice))
        if spent is not None and self.pieces:
            spent(SPEAKING)
        for piece in self.pieces:
            yield piece

    async def audio_type(self, model: ModelRef) -> str:
        return "wav"


def speaking(parameters: dict[str, Value], speech: GivenSpeech | None) -> Call:
    return dataclasses.replace(a_call(parameters, files=FILES), speech=speech)


async def test_a_recording_is_written_down() -> None:
    speech = GivenSpeech()
    assert await given("audio", "asr", speaking({"audio_file": TALK}, speech)) == [ModelUsage(HEARING), Text("Hello.")]
    await given("audio", "asr", speaking({"audio_file": [TALK], "model": "openai#whisper-1"}, speech))
    assert speech.calls == [
        (b"ID3 sound", ModelRef("", ""), "talk.mp3", "audio/mpeg"),
        (b"ID3 sound", ModelRef("openai", "whisper-1"), "talk.mp3", "audio/mpeg"),
    ]


async def test_a_text_is_read_aloud() -> None:
    speech = GivenSpeech()
    sound = [ModelUsage(SPEAKING), Blob(b"RIFFsound", "audio/x-wav", "speech.wav")]
    assert await given("audio", "tts", speaking({"text": "Hi"}, speech)) == sound
    assert await given("audio", "tts", speaking({"text": "Hi", "voice": "alloy#openai#tts-1"}, speech)) == sound
    assert speech.calls == [("Hi", ModelRef("", ""), ""), ("Hi", ModelRef("openai", "tts-1"), "alloy")]


async def test_speech_fails_in_one_sentence() -> None:
    with pytest.raises(ToolInvokeError, match="no models of speech"):
        await given("audio", "tts", speaking({"text": "Hi"}, None))
    with pytest.raises(ToolInvokeError, match="gave no sound"):
        await given("audio", "tts", speaking({"text": "Hi"}, GivenSpeech(pieces=())))
    with pytest.raises(ToolParameterError, match='"audio_file" is empty'):
        await given("audio", "asr", speaking({}, GivenSpeech()))
    with pytest.raises(InvokeAuthorizationError, match="refused the key"):
        await given("audio", "asr", speaking({"audio_file": TALK, "model": "closed#x"}, GivenSpeech()))
