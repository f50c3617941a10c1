"""The console API: basic apps made into graph apps (spec workflow-engine §22)."""

from pydantic import BaseModel, Field

from treadle.apps.editing.imports import Looks
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router

router = console_router("Conversion")


class NewLooks(BaseModel):
    """How the new app is called and looks; what is empty stays as in the source."""

    name: str | None = Field(default=None, max_length=255)
    icon_type: str | None = Field(default=None, max_length=16)
    icon: str | None = Field(default=None, max_length=255)
    icon_background: str | None = Field(default=None, max_length=16)


class Converted(BaseModel):
    """The app that a conversion made."""

    new_app_id: str
    mode: str


@router.post("/apps/{app_id}/convert-to-workflow")
async def convert_to_workflow(
    app_id: str, services: ServicesDep, signed_in: EditorDep, body: NewLooks | None = None
) -> Converted:
    """Make a chatflow of a chat app, or a workflow of a completion app; the source stays."""
    given = body or NewLooks()
    await services.icons.check(signed_in.workspace_id, given.icon_type or "", given.icon or "")
    app = await services.conversion.convert(
        signed_in.workspace_id,
        app_id,
        Looks(
            name=given.name or "",
            icon_type=given.icon_type or "",
            icon=given.icon or "",
            icon_background=given.icon_background or "",
        ),
        account_id=signed_in.account_id,
    )
    return Converted(new_app_id=app.id, mode=app.mode)
