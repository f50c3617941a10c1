"""Speech by the workspace's models (models-and-tools §4.9)."""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.nodes.ports import MemoryFiles, file
from tests.tools.builtin.calls import a_call, given
from treadle.engine.errors import InvokeAuthorizationError, ToolInvokeError, ToolParameterError
from treadle.engine.ports import ModelRef
from treadle.engine.values import Value
from treadle.tools.builtin import Call
from treadle.tools.messages import Blob, Text

FILES = MemoryFiles({"talk.mp3": b"ID3 sound"})
TALK = file("talk.mp3", kind="audio", mime_type="audio/mpeg")


@dataclass
class GivenSpeech:
    """Models that understand and say what the test wants."""

    heard: str = "Hello."
    pieces: tuple[bytes, ...] = (b"RIFF", b"sound")
    calls: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])

    async def transcribe(self, data: bytes, model: ModelRef, *, filename: str, mime_type: str) -> str:
        self.calls.append((data, model, filename, mime_type))
        if model.provider == "closed":
            raise InvokeAuthorizationError("closed/x refused the key.")
        return self.heard

    async def speak(self, text: str, model: ModelRef, *, voice: str = "") -> AsyncIterator[bytes]:
        self.calls.append((text, model, voice))
        for piece in self.pieces:
            yield piece

    async def audio_type(self, model: ModelRef) -> str:
        return "wav"


def speaking(parameters: dict[str, Value], speech: GivenSpeech | None) -> Call:
    return dataclasses.replace(a_call(parameters, files=FILES), speech=speech)


async def test_a_recording_is_written_down() -> None:
    speech = GivenSpeech()
    assert await given("audio", "asr", speaking({"audio_file": TALK}, speech)) == [Text("Hello.")]
    await given("audio", "asr", speaking({"audio_file": [TALK], "model": "openai#whisper-1"}, speech))
    assert speech.calls == [
        (b"ID3 sound", ModelRef("", ""), "talk.mp3", "audio/mpeg"),
        (b"ID3 sound", ModelRef("openai", "whisper-1"), "talk.mp3", "audio/mpeg"),
    ]


async def test_a_text_is_read_aloud() -> None:
    speech = GivenSpeech()
    sound = [Blob(b"RIFFsound", "audio/x-wav", "speech.wav")]
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
