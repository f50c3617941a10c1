"""What is said in a recording, by Amazon Transcribe: the recording goes through a bucket, and is taken out of it again.

Source: https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import decoded, exchange, raise_for_status
from treadle.tools.messages import DEFAULT_MIME_TYPE, Message, Text

from .client import asked, in_s3, path_in_s3

_TARGET = "com.amazonaws.transcribe.Transcribe."
_KINDS = frozenset({"mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"})
_PAUSE = 5.0
_LOOKS = 180
_LARGEST = 200 * 1024 * 1024
"""The largest recording, in bytes."""
_LISTENING = 300.0


class _Transcript(msgspec.Struct, rename="pascal"):
    transcript_file_uri: str = ""


class _Job(msgspec.Struct, rename="pascal"):
    transcription_job_status: str
    failure_reason: str = ""
    transcript: _Transcript = msgspec.field(default_factory=_Transcript)


class _Told(msgspec.Struct, rename="pascal"):
    transcription_job: _Job


class _Heard(msgspec.Struct):
    content: str = ""


class _Item(msgspec.Struct):
    type: str
    alternatives: list[_Heard] = []
    speaker_label: str = ""


class _Said(msgspec.Struct):
    transcript: str


class _Results(msgspec.Struct):
    transcripts: list[_Said] = []
    items: list[_Item] = []


class _Document(msgspec.Struct):
    results: _Results


async def transcribe_asr(call: Call) -> AsyncIterator[Message]:
    wanted = _settings(call)
    async with _in_a_bucket(call, call.required("file_url")) as (place, kind):
        name = f"treadle-{uuid4()}"
        job: dict[str, JsonValue] = {"TranscriptionJobName": name, "Media": {"MediaFileUri": place}, **wanted}
        if kind in _KINDS:
            job["MediaFormat"] = kind
        told = await _asked(call, "StartTranscriptionJob", job)
        for _ in range(_LOOKS):
            if told.transcription_job_status in ("COMPLETED", "FAILED"):
                break
            await asyncio.sleep(_PAUSE)
            told = await _asked(call, "GetTranscriptionJob", {"TranscriptionJobName": name})
    if told.transcription_job_status == "FAILED":
        raise ToolInvokeError(f"Transcribe failed: {told.failure_reason or 'no reason is given'}.")
    if told.transcription_job_status != "COMPLETED":
        raise ToolInvokeError(f"Transcribe did not finish within {_PAUSE * _LOOKS:g} seconds.")
    answer = await exchange(call, "GET", told.transcript.transcript_file_uri, timeout=_LISTENING)
    raise_for_status(answer, keyed=False)
    yield Text(_spoken(decoded(answer, _Document).results))


async def _asked(call: Call, operation: str, body: dict[str, JsonValue]) -> _Job:
    return (await asked(call, _Told, "transcribe", "/", body, target=f"{_TARGET}{operation}")).transcription_job


def _settings(call: Call) -> dict[str, JsonValue]:
    """In which language it is, and whether speakers are told apart. Raises ToolParameterError."""
    settings: dict[str, JsonValue] = {}
    options = call.listed("language_options")
    if code := call.text("language_code"):
        settings["LanguageCode"] = code
    elif call.flag("identify_multiple_languages"):
        settings["IdentifyMultipleLanguages"] = True
    elif call.flag("identify_language"):
        settings["IdentifyLanguage"] = True
    else:
        raise ToolParameterError("Name the language of the recording, or have it found out.")
    if options and "LanguageCode" not in settings:
        settings["LanguageOptions"] = [*options]
    if call.flag("ShowSpeakerLabels"):
        most = call.integer("MaxSpeakerLabels", 2, 30)
        settings["Settings"] = {"ShowSpeakerLabels": True, "MaxSpeakerLabels": most}
    return settings


@asynccontextmanager
async def _in_a_bucket(call: Call, url: str) -> AsyncGenerator[tuple[str, str]]:
    """The recording's place in S3 and its kind; a copy that was put there for this is taken away again."""
    kind = PurePosixPath(urlsplit(url).path).suffix.removeprefix(".").lower()
    if url.startswith("s3://"):
        path_in_s3(url)
        yield url, kind
        return
    bucket = call.required("s3_bucket_name")
    found = await exchange(call, "GET", url, timeout=_LISTENING, max_bytes=_LARGEST)
    raise_for_status(found, keyed=False)
    kind = kind if kind in _KINDS else _kind_of(found.headers.get("content-type", ""))
    place = f"s3://{bucket}/transcribe/{uuid4()}{f'.{kind}' if kind else ''}"
    told = found.headers.get("content-type", DEFAULT_MIME_TYPE)
    await in_s3(call, "PUT", path_in_s3(place), found.body, kind=told, timeout=_LISTENING)
    try:
        yield place, kind
    finally:
        await in_s3(call, "DELETE", path_in_s3(place))


def _kind_of(content_type: str) -> str:
    named = content_type.partition(";")[0].rpartition("/")[2].lower().removeprefix("x-").replace("mpeg", "mp3")
    return named if named in _KINDS else ""


def _spoken(results: _Results) -> str:
    """The text; where speakers are told apart, a line for each turn."""
    if not any(item.speaker_label for item in results.items):
        return "\n".join(said.transcript for said in results.transcripts)
    turns: list[tuple[str, str]] = []
    for item in results.items:
        word = item.alternatives[0].content if item.alternatives else ""
        speaker = item.speaker_label or (turns[-1][0] if turns else "")
        if turns and turns[-1][0] == speaker:
            gap = "" if item.type == "punctuation" else " "
            turns[-1] = speaker, f"{turns[-1][1]}{gap}{word}"
        else:
            turns.append((speaker, word))
    return "\n".join(f"{speaker}: {text}" for speaker, text in turns)
