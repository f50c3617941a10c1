"""The console API: voices that an app may speak with (spec models-and-tools §1.8)."""

from pydantic import BaseModel

from treadle.apps.features.around import DEFAULT_MODEL
from treadle.apps.features.spoken import refused
from treadle.engine.errors import InvokeError
from treadle.server.console_api.access import AppUserDep, ServicesDep, console_router

router = console_router("Speech")


class VoiceChoice(BaseModel):
    """A voice: what people call it, and what the app's settings hold."""

    name: str
    value: str


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
