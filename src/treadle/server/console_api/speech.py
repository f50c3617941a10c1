"""The console API: the voices of an app, and speech while a draft is tried (spec models-and-tools §1.8)."""

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from treadle.apps.conversations.history import Owner
from treadle.apps.features.around import DEFAULT_MODEL
from treadle.apps.features.speech_costs import Occasion
from treadle.apps.features.spoken import refused
from treadle.apps.tables import App, CreatedFrom
from treadle.engine.errors import InvokeError
from treadle.server.console_api.access import AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import FILE_FORM, sent_file
from treadle.server.service_api.speech import sound_pieces

router = console_router("Speech")


class VoiceChoice(BaseModel):
    """A voice: what people call it, and what the app's settings hold."""

    name: str
    value: str


class ReadTrial(BaseModel):
    """A text to read aloud, or the answer of `message_id`. Without `voice` the model's own."""

    text: str = ""
    message_id: str | None = None
    voice: str = ""


class WrittenDown(BaseModel):
    """What a recording says."""

    text: str


@router.get("/apps/{app_id}/text-to-audio/voices")
async def list_voices(
    app_id: str, services: ServicesDep, signed_in: AppUserDep, language: str | None = None
) -> list[VoiceChoice]:
    """The voices of the workspace's default speech model, those of one language where it is named."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    try:
        voices = await services.models.media_for(signed_in.workspace_id).voices(DEFAULT_MODEL, language)
    except InvokeError as error:
        raise refused(error) from error
    return [VoiceChoice(name=voice.name, value=voice.mode) for voice in voices]


@router.post(
    "/apps/{app_id}/text-to-audio",
    response_class=StreamingResponse,
    responses={200: {"description": "The sound.", "content": {"audio/mpeg": {"schema": {"type": "string"}}}}},
)
async def read_aloud(app_id: str, body: ReadTrial, services: ServicesDep, signed_in: EditorDep) -> StreamingResponse:
    """Read an answer of the draft aloud, whether or not its settings are saved."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    text = body.text
    if body.message_id is not None:
        owner = Owner(app.id, signed_in.account_id)
        text = (await services.conversations.message(owner, body.message_id)).answer
    sound = await services.speech.read_trial(_trial(app, body.message_id), text=text, voice=body.voice)
    return StreamingResponse(sound_pieces(sound), media_type=sound.media_type)


@router.post("/apps/{app_id}/audio-to-text", openapi_extra=FILE_FORM)
async def write_down(app_id: str, request: Request, services: ServicesDep, signed_in: EditorDep) -> WrittenDown:
    """Write down what somebody asks the draft aloud."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    part = await sent_file(request, services.settings.max_upload_body)
    text = await services.speech.write_down_trial(
        _trial(app), name=part.filename or "", mime_type=part.content_type or "", data=await part.read()
    )
    return WrittenDown(text=text)


def _trial(app: App, message_id: str | None = None) -> Occasion:
    return Occasion(app.workspace_id, app.id, CreatedFrom.CONSOLE, message_id)
