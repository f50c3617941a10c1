"""Runs of versions that are no stored app's, such as an app file's: nothing of them is kept."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.memory import NoMemory
from treadle.apps.conversations.state import new_conversation
from treadle.apps.features.around import Around, Surroundings
from treadle.apps.features.gate import Asked
from treadle.apps.running.preparation import RunIdentity, accept_inputs, build_pool
from treadle.apps.running.world import RunWorld
from treadle.apps.tables import AppMode, CreatedFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.events import Event, RunEnd
from treadle.engine.run import Run
from treadle.engine.values import to_text
from treadle.platform.ids import new_id


async def rehearse(
    world: RunWorld,
    surroundings: Surroundings,
    uploads: Uploads,
    version: CompiledApp,
    workspace_id: str,
    *,
    inputs: Mapping[str, Any],
    query: str,
    user: str,
    emit: Callable[[Event], None],
) -> RunEnd:
    """Run `version` to its end. Raises Refusal for wrong inputs."""
    files = uploads.for_caller(workspace_id, user)
    accepted = await accept_inputs(version, inputs, stored=None, files=files)
    conversation = new_conversation()
    run_id = new_id()
    identity = RunIdentity(
        run_id=run_id,
        app_id="",
        user=user,
        at=time.time(),
        conversation_id="" if version.mode == AppMode.COMPLETION else conversation.id,
        dialogue_count=1,
    )
    asked = Asked(
        workspace_id=workspace_id,
        app_id="",
        inputs=accepted,
        query=query,
        user_id=user,
        created_from=CreatedFrom.CONSOLE,
        message_id="",
    )
    looked_up = version.extras.query_variable
    around = Around(entry=await surroundings.entry(version.extras, asked, version.mode), emit=emit)
    around.guard = surroundings.guard(
        version.extras,
        workspace_id=workspace_id,
        app_id="",
        mode=version.mode,
        note=_kept_nowhere,
        publish=emit,
    )
    run = Run(
        version.graph,
        run_id=run_id,
        inputs=accepted,
        pool=build_pool(
            version,
            identity,
            query=to_text(accepted.get(looked_up)) if looked_up else query,
            files=(),
            conversation=conversation.values(version),
        ),
        ports=world.ports(workspace_id, NoMemory(), FileOrigin(workspace_id, "", "end_user", user, None)),
        emit=emit if around.guard is None else around.guard.emit,
        new_id=new_id,
        limits=world.limits(),
    )
    if around.guard is not None:
        around.guard.stop = run.stop
    try:
        return await around.settle(await around.enter(run) or await run.execute())
    finally:
        around.close()


def _kept_nowhere(_: Event) -> None:
    """A rehearsal has no record."""
