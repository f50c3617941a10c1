"""Speech: recordings written down, texts and answers read aloud (spec service-api §3.10)."""

from collections.abc import AsyncIterator

import msgspec
from starlette.datastructures import UploadFile
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from treadle.apps.compile import CompiledApp
from treadle.apps.features.speech_costs import Occasion
from treadle.apps.features.spoken import Sound
from treadle.apps.service import NotPublished
from treadle.platform.refusals import InvalidParam, NotFound, Refusal
from treadle.server.app_call import AppCall, From
from treadle.server.arguments import optional_uuid
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route

_PARTS = ("file", "audio_file")


class ReadAloud(msgspec.Struct):
    """POST /text-to-audio. `message_id` wins over `text`."""

    message_id: str | None = None
    text: str | None = None
    voice: str | None = None


async def audio_to_text(call: AppCall) -> ASGIApp:
    """POST /audio-to-text."""
    version = await _version(call)
    part = next((part for name in _PARTS if isinstance(part := call.form.get(name), UploadFile)), None)
    if part is None:
        raise Refusal("Send the recording in the part `file`.", code="no_audio_uploaded")
    text = await call.services.speech.write_down(
        version,
        _occasion(call),
        name=part.filename or "",
        mime_type=part.content_type or "",
        data=await part.read(),
    )
    return json_response({"text": text})


async def text_to_audio(call: AppCall) -> ASGIApp:
    """POST /text-to-audio."""
    body, version = call.body(ReadAloud), await _version(call)
    text = body.text or ""
    if body.message_id:
        text = await _answer(call, body.message_id)
    sound = await call.services.speech.read_aloud(
        version, _occasion(call, body.message_id or None), text=text, voice=body.voice or ""
    )
    return StreamingResponse(sound_pieces(sound), media_type=sound.media_type)


def _occasion(call: AppCall, message_id: str | None = None) -> Occasion:
    return Occasion(call.app.workspace_id, call.app.id, call.created_from, message_id)


async def _version(call: AppCall) -> CompiledApp:
    try:
        return await call.services.apps.published(call.app)
    except NotPublished as error:
        raise Refusal(error.message, code="app_unavailable") from error


async def _answer(call: AppCall, message_id: str) -> str:
    try:
        wanted = optional_uuid(message_id, "message_id")
    except InvalidParam as error:
        raise NotFound("There is no such message.") from error
    return (await call.services.conversations.message(call.owner, wanted or "")).answer


async def sound_pieces(sound: Sound) -> AsyncIterator[bytes]:
    """A text read aloud, piece by piece."""
    yield sound.first
    async for piece in sound.rest:
        yield piece


ROUTES = [
    app_route("POST", "/audio-to-text", audio_to_text, user=From.FORM),
    app_route("POST", "/text-to-audio", text_to_audio, user=From.JSON),
]
