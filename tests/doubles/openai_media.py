"""Moderation, speech, transcription and image answers of the OpenAI wire."""

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence

from tests.doubles import media
from tests.doubles.http_double import Refused
from tests.doubles.recording import FilePart, Form, JsonValue, Request

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)

RECORDINGS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})

SPEECH_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


def moderation_result(text: str, flagged_words: Collection[str]) -> dict[str, JsonValue]:
    """One result: the category `violence` is flagged when the text contains a flagged word."""
    flagged = any(word.lower() in text.lower() for word in flagged_words)
    return {
        "flagged": flagged,
        "categories": {name: flagged and name == "violence" for name in CATEGORIES},
        "category_scores": {name: 0.99 if flagged and name == "violence" else 0.001 for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }


def moderated_texts(value: JsonValue) -> list[str]:
    """The texts to judge one by one: a string, each of several strings, or all parts together."""
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else []
    strings = [item for item in items if isinstance(item, str)]
    return strings or ["\n".join(str(part.get("text", "")) for part in items if isinstance(part, dict))]


def speech(audio_format: str) -> tuple[bytes, str]:
    """A short sound in the wanted format and its media type. Formats without a simple encoder carry the tone raw."""
    match audio_format:
        case "mp3":
            data = media.mp3()
        case "wav":
            data = media.wav()
        case _:
            data = media.pcm()
    return data, SPEECH_TYPES[audio_format]


def recording_of(request: Request) -> tuple[FilePart, dict[str, JsonValue]]:
    """The uploaded recording and the other fields, as lists by name. Raises Refused."""
    if not isinstance(request.body, Form):
        raise Refused(400, "A transcription request must be multipart/form-data.")
    form = request.body
    if [part.field for part in form.files] != ["file"]:
        raise Refused(400, "Exactly one file is required, in the field 'file'.", param="file")
    recording = form.files[0]
    if recording.filename.rpartition(".")[2].lower() not in RECORDINGS:
        raise Refused(400, f"Unrecognised file format {recording.filename!r}.", param="file")
    if not recording.content:
        raise Refused(400, "The audio file is empty.", param="file")
    fields: dict[str, JsonValue] = {name: list[JsonValue](form.values(name)) for name, _ in form.fields}
    return recording, fields


def speech_events(audio: bytes) -> Iterator[dict[str, JsonValue]]:
    """The events of a streamed speech, the last of which counts its tokens."""
    for at in range(0, len(audio), 512):
        yield {"type": "speech.audio.delta", "audio": base64.b64encode(audio[at : at + 512]).decode()}
    yield {"type": "speech.audio.done", "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}}


def transcript(model: str | None, text: str) -> JsonValue:
    """The `json` transcript: newer models count tokens, older ones seconds, and other servers (None) nothing."""
    if model is None:
        return {"text": text}
    if not model.startswith("gpt-4o"):
        return {"text": text, "usage": {"type": "duration", "seconds": 9}}
    details: dict[str, JsonValue] = {"text_tokens": 4, "audio_tokens": 90}
    usage = {"type": "tokens", "input_tokens": 94, "input_token_details": details, "output_tokens": 10}
    return {"text": text, "usage": {**usage, "total_tokens": 104}}


def subtitles(text: str, response_format: str) -> str:
    """The transcript as one cue of SubRip or WebVTT."""
    if response_format == "srt":
        return f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n"
    return f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n\n"


def verbose_transcript(text: str, words: Sequence[str], granularities: Iterable[str]) -> dict[str, JsonValue]:
    """The `verbose_json` transcript, one second long."""
    body: dict[str, JsonValue] = {"task": "transcribe", "language": "english", "duration": 1.0, "text": text}
    if "word" in granularities:
        step = 1.0 / max(len(words), 1)
        body["words"] = [
            {"word": word.strip(), "start": at * step, "end": (at + 1) * step} for at, word in enumerate(words)
        ]
    if "word" not in granularities or "segment" in granularities:
        segment: dict[str, JsonValue] = {"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": text, "tokens": []}
        segment |= {"temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0}
        body["segments"] = [segment]
    return body


def image_file(index: int, size: str) -> bytes:
    """A picture whose colour tells which of several it is; small whatever the asked size."""
    return media.png(8, 8, ((40 * index) % 256, len(size) * 10, 200))


def image_base64(index: int, size: str) -> str:
    """The picture as base64 text."""
    return base64.b64encode(image_file(index, size)).decode()
