"""Moderation, transcription and speech of the OpenAI-compatible protocol, at any base URL.

Source: spec models-and-tools §1.19.
"""

import base64
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import aiohttp
import msgspec

from treadle.models.http import MAX_ERROR_BYTES, TIMEOUT, ModelHttp
from treadle.models.sse import SseReader
from treadle.models.target import Target

from .exchange import bytes_of, pieces_of
from .failures import broken_connection, refusal, shorten, unreadable
from .media import Meter, Recording, Transcript
from .openai_reply import stream_error
from .openai_wire import decode_failure


class _Judgement(msgspec.Struct):
    """One text's judgement; Mistral names the categories alone."""

    flagged: bool | None = None
    categories: dict[str, bool] | None = None

    @property
    def found(self) -> bool:
        return any((self.categories or {}).values()) if self.flagged is None else self.flagged


class _Judgements(msgspec.Struct):
    results: list[_Judgement]


class _Details(msgspec.Struct):
    audio_tokens: int | None = None


class _Counted(msgspec.Struct):
    """Tokens, or seconds where the provider charges by the hour."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: _Details | None = None
    seconds: float | None = None


class _Transcript(msgspec.Struct):
    text: str
    usage: _Counted | None = None


class _Event(msgspec.Struct):
    type: str = ""
    audio: str = ""
    usage: _Counted | None = None
    error: object = None


decode_judgements = msgspec.json.Decoder(_Judgements).decode
_decode_event = msgspec.json.Decoder(_Event).decode
_decode_transcript = msgspec.json.Decoder(_Transcript).decode


class OpenAIMedia:
    """Speaks to OpenAI-compatible servers."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def moderate(self, target: Target, texts: Sequence[str]) -> list[bool]:
        """For each text whether it is flagged."""
        body = msgspec.json.encode({"model": target.upstream, "input": list(texts)})
        response = await self._post(target, "moderations", body, "application/json")
        sent = await _body(target, response)
        try:
            results = decode_judgements(sent).results
        except msgspec.DecodeError as error:
            raise unreadable(target, sent) from error
        if len(results) != len(texts):
            raise unreadable(target, f"{len(results)} judgements of {len(texts)} texts".encode())
        return [result.found for result in results]

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording."""
        body, content_type = form_of({"model": target.upstream}, recording)
        response = await self._post(target, "audio/transcriptions", body, content_type)
        sent = await _body(target, response)
        try:
            said = _decode_transcript(sent)
        except msgspec.DecodeError as error:
            raise unreadable(target, sent) from error
        counted = said.usage or _Counted()
        details = counted.input_token_details
        return Transcript(
            text=said.text,
            seconds=counted.seconds or 0.0,
            prompt_tokens=counted.input_tokens or 0,
            sound_tokens=(details.audio_tokens if details else None) or 0,
            completion_tokens=counted.output_tokens or 0,
        )

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces. Closing the iterator closes the connection."""
        asked = {"model": target.upstream, "input": text, "voice": voice, "response_format": audio_type}
        if target.settings.get("speech_events"):  # the only way in which the tokens are told
            asked["stream_format"] = "sse"
        response = await self._post(target, "audio/speech", msgspec.json.encode(asked), "application/json")
        if response.content_type != "text/event-stream":
            async with aclosing(bytes_of(target, response)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        async with aclosing(pieces_of(target, response, SseReader())) as payloads:
            async for payload in payloads:
                event = _event(target, payload)
                if event.audio:
                    yield base64.b64decode(event.audio)
                if event.usage is not None and meter is not None:
                    meter.prompt_tokens += event.usage.input_tokens or 0
                    meter.completion_tokens += event.usage.output_tokens or 0

    async def _post(self, target: Target, path: str, body: bytes, content_type: str) -> aiohttp.ClientResponse:
        """The answer, which has status 200. Raises InvokeError."""
        headers = {"Content-Type": content_type, **target.headers}
        timeout = TIMEOUT
        if target.read_timeout is not None:
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=TIMEOUT.sock_connect, sock_read=target.read_timeout
            )
        try:
            response = await self._http.post(
                f"{target.base_url.rstrip('/')}/{path}", body=body, headers=headers, timeout=timeout
            )
            if response.status == 200:
                return response
            try:
                reason = await response.content.read(MAX_ERROR_BYTES)
            finally:
                response.close()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise broken_connection(target, error) from error
        raise refusal(target, response.status, _reason(reason), response.headers)


async def _body(target: Target, response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise broken_connection(target, error) from error
    finally:
        response.close()


def _event(target: Target, payload: bytes) -> _Event:
    try:
        event = _decode_event(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, payload) from error
    if event.error is not None:
        raise stream_error(target, _reason(payload))
    return event


def _reason(body: bytes) -> str:
    try:
        return decode_failure(body).text
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace")
        return "" if "<html" in text[:1000].lower() else shorten(text)


def form_of(fields: dict[str, str], recording: Recording, field: str = "file") -> tuple[bytes, str]:
    """A multipart body with the recording in `field`, and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    name = recording.filename.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {recording.mime_type}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), recording.data, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"
