"""Runs of `treadle run`: of an app file as it is, and of an app in the data folder; both followed event by event."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from treadle.accounts.tables import EndUserType
from treadle.apps.compile import CompiledApp, compile_app
from treadle.apps.definition import Definition
from treadle.apps.running.feed import RunFeed
from treadle.apps.running.requests import StartRun
from treadle.apps.service import ImportFailed
from treadle.apps.tables import CreatedFrom
from treadle.apps.uploads import FileOrigin
from treadle.cli.inputs import form_inputs
from treadle.dsl import AppMode, parse
from treadle.engine.errors import GraphError
from treadle.engine.events import Event, RunEnd
from treadle.nodes import NODE_TYPES
from treadle.platform.refusals import InvalidParam
from treadle.server.services import open_services

TERMINAL_USER = "terminal"
_POLL_SECONDS = 60.0


async def run_draft(
    text: bytes, given: Mapping[str, str], query: str, show: Callable[[Event], None], data_dir: Path | None
) -> RunEnd:
    """Run an app file; nothing of the run is kept. Raises ImportFailed, and Refusal for what cannot be run."""
    version = _compiled(text)
    _check_query(version.mode, query)
    async with open_services(data_dir) as services:
        workspace = await services.accounts.only_workspace()
        origin = FileOrigin(workspace.id, "", "end_user", TERMINAL_USER, None)
        inputs = await form_inputs(version.form, given, uploads=services.uploads, origin=origin)
        feed = RunFeed()

        async def rehearse() -> RunEnd:
            try:
                return await services.host.rehearse(
                    version, workspace.id, inputs=inputs, query=query, user=TERMINAL_USER, emit=feed.publish
                )
            finally:
                feed.close()

        task = asyncio.create_task(rehearse())
        try:
            await _follow(feed, show)
            return await task
        finally:
            task.cancel()
            await asyncio.wait([task])


async def run_stored(
    name: str, given: Mapping[str, str], query: str, show: Callable[[Event], None], data_dir: Path | None
) -> RunEnd:
    """Run the published version of an app, as its API would. Raises Refusal."""
    async with open_services(data_dir) as services:
        workspace = await services.accounts.only_workspace()
        app = await services.apps.find(workspace.id, name)
        version = await services.apps.published(app)
        _check_query(version.mode, query)
        user = await services.end_users.get_or_create(
            workspace_id=workspace.id,
            app_id=app.id,
            type=EndUserType.SERVICE_API,
            session_id=TERMINAL_USER,
            is_anonymous=False,
        )
        origin = FileOrigin(workspace.id, app.id, "end_user", user.id, None)
        active = await services.host.start(
            StartRun(
                app=app,
                created_from=CreatedFrom.CONSOLE,
                user_id=user.id,
                user=TERMINAL_USER,
                inputs=await form_inputs(version.form, given, uploads=services.uploads, origin=origin),
                query=query,
            )
        )
        try:
            await _follow(active.feed, show)
        except BaseException:
            active.stop("The terminal was closed.")
            await active.finished()
            raise
        return await active.finished()


def _compiled(text: bytes) -> CompiledApp:
    parsed = parse(text)
    if parsed.app is None:
        raise ImportFailed(parsed.problems)
    try:
        return compile_app(Definition.from_file(parsed.app), NODE_TYPES, version_id="")
    except GraphError as error:
        raise InvalidParam("This app cannot be run. " + " ".join(p.message for p in error.problems)) from error


def _check_query(mode: AppMode, query: str) -> None:
    if mode in (AppMode.CHAT, AppMode.ADVANCED_CHAT) and not query.strip():
        raise InvalidParam("This app answers messages; give one with --query.")


async def _follow(feed: RunFeed, show: Callable[[Event], None]) -> None:
    """Show every event until the run has ended."""
    position = 0
    while not feed.closed or position < len(feed.events):
        await feed.wait(position, _POLL_SECONDS)
        for event in feed.events[position:]:
            show(event)
            position += 1
