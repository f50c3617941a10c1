"""The console API: what starts workflows without a caller."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from treadle.apps.editing.debugging import TryOut
from treadle.apps.passed_headers import passed_headers
from treadle.apps.running.frames import FrameEncoder
from treadle.engine.values import plain
from treadle.platform.refusals import NotFound
from treadle.server.console_api.access import AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import STREAM, Streamed, person_of
from treadle.server.event_stream import EventStream
from treadle.triggers.shapes import trigger_map
from treadle.triggers.webhook_request import headers_of

router = console_router("Triggers")


class Switch(BaseModel):
    """A trigger switched on or off."""

    enabled: bool


class Listen(BaseModel):
    """How long an editor waits for a request."""

    seconds: float = Field(30, ge=1, le=120)


@router.get("/triggers")
async def triggers(services: ServicesDep, signed_in: AppUserDep) -> dict[str, Any]:
    """The triggers of all published workflows of the workspace."""
    rows = await services.triggers.of_workspace(signed_in.workspace_id)
    address = services.links.webhook
    return {"data": [{**trigger_map(row.trigger, address), "app_name": row.app_name} for row in rows]}


@router.get("/apps/{app_id}/triggers")
async def app_triggers(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> dict[str, Any]:
    """The triggers of an app, those of its draft included."""
    rows = await services.triggers.of_app(signed_in.workspace_id, app_id)
    return {"data": [trigger_map(row, services.links.webhook) for row in rows]}


@router.put("/triggers/{trigger_id}")
async def switch_trigger(trigger_id: str, body: Switch, services: ServicesDep, signed_in: EditorDep) -> dict[str, Any]:
    """Switch a trigger on or off."""
    row = await services.triggers.switch(signed_in.workspace_id, trigger_id, enabled=body.enabled)
    return trigger_map(row, services.links.webhook)


@router.post("/apps/{app_id}/triggers/{node_id}/listen")
async def listen(
    app_id: str, node_id: str, body: Listen, services: ServicesDep, signed_in: EditorDep
) -> dict[str, Any]:
    """Wait for a request to the debug address of a webhook; `caught` is null when none came in time.

    `…/triggers/caught/{id}/run` runs the draft on it.
    """
    caught = await services.webhooks.listen(signed_in.workspace_id, app_id, node_id, body.seconds)
    if caught is None:
        return {"caught": None}
    return {"caught": {"id": caught.id, "node_id": caught.node_id, "inputs": plain(dict(caught.inputs))}}


@router.post("/apps/{app_id}/triggers/caught/{caught_id}/run", responses=STREAM, response_class=Streamed)
async def run_caught(app_id: str, caught_id: str, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Run the draft on a request that came while an editor listened, files and all; for an hour after it came."""
    caught = await services.webhooks.caught(signed_in.workspace_id, caught_id)
    if caught is None or caught.app_id != app_id:
        raise NotFound("Nothing of this id has come, or it came too long ago.")
    asked = TryOut(root=caught.node_id, caught=caught.inputs)
    # Tools pass on headers of the request that came, not of the browser.
    person = replace(person_of(signed_in), headers=passed_headers(headers_of(caught.inputs)))
    run = await services.editing.runs.start(person, app_id, asked)
    return Streamed(EventStream(run.feed, FrameEncoder(run.thread), on_close=run.release))
