"""`treadle run`: an app in the terminal, without a server."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from treadle.cli.output import AsJson, DataDir, fail, pairs, print_json, run

AppOrFile = Annotated[str, typer.Argument(metavar="FILE_OR_APP", help="App file, or id or name of an app.")]
TERMINAL_USER = "terminal"


def run_app(
    target: AppOrFile,
    given: Annotated[
        list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="May be repeated.")
    ] = None,
    query: Annotated[str, typer.Option("--query", "-q", help="The message to a chat app.")] = "",
    as_json: AsJson = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every node on stderr.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Run an app and stream its answer to the terminal. A file runs as it is, and nothing of it is kept."""
    from treadle.engine.events import AnswerChunk, AnswerReplaced, Event, NodeFinished, RunFinished, RunStatus

    inputs = pairs(given or [], "--input")
    nodes: list[dict[str, Any]] = []

    def show(event: Event) -> None:
        match event:
            case AnswerChunk() if not as_json:
                print(event.text, end="", flush=True)
            case AnswerReplaced() if not as_json:
                print(f"\n{event.text}", end="", flush=True)
            case NodeFinished():
                nodes.append(_node(event))
                if trace:
                    print(_trace_line(event), file=sys.stderr, flush=True)
            case _:
                pass

    finished: RunFinished = run(lambda: _run(target, inputs, query, show, data_dir))
    if as_json:
        print_json(_result(finished, nodes))
    else:
        print()
    if finished.status in (RunStatus.FAILED, RunStatus.STOPPED):
        fail(finished.error or "the run failed.")


async def _run(target: str, inputs: dict[str, str], query: str, show: Any, data_dir: Path | None) -> Any:
    from treadle.accounts.tables import EndUserType
    from treadle.apps.compile import compile_app
    from treadle.apps.definition import Definition
    from treadle.apps.runs import StartRun
    from treadle.apps.service import ImportFailed
    from treadle.apps.tables import CreatedFrom
    from treadle.dsl import parse
    from treadle.engine.errors import GraphError
    from treadle.nodes import NODE_TYPES
    from treadle.platform.refusals import InvalidParam
    from treadle.server.services import open_services

    path = Path(target)
    version = None
    if path.is_file():
        parsed = parse(path.read_bytes())
        if parsed.app is None:
            raise ImportFailed(parsed.problems)
        try:
            version = compile_app(Definition.from_file(parsed.app), NODE_TYPES, version_id="")
        except GraphError as error:
            raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
        if parsed.app.mode in ("chat", "advanced-chat") and not query:
            raise InvalidParam("This app answers messages; give one with --query.")
    async with open_services(data_dir) as services:
        workspace = await services.accounts.only_workspace()
        if version is not None:
            return await services.host.rehearse(
                version, workspace.id, inputs=inputs, query=query, user=TERMINAL_USER, emit=show
            )
        app = await services.apps.find(workspace.id, target)
        if app.mode in ("chat", "advanced-chat") and not query:
            raise InvalidParam("This app answers messages; give one with --query.")
        user = await services.end_users.get_or_create(
            workspace_id=workspace.id,
            app_id=app.id,
            type=EndUserType.SERVICE_API,
            session_id=TERMINAL_USER,
            is_anonymous=False,
        )
        active = await services.host.start(
            StartRun(
                app=app,
                created_from=CreatedFrom.CONSOLE,
                user_id=user.id,
                user=TERMINAL_USER,
                inputs=inputs,
                query=query,
            )
        )
        position = 0
        while not active.feed.closed or position < len(active.feed.events):
            await active.feed.wait(position, 60)
            for event in active.feed.events[position:]:
                show(event)
                position += 1
        return await active.finished()


def _node(event: Any) -> dict[str, Any]:
    from treadle.engine.values import plain

    return {
        "node_id": event.node_id,
        "type": event.node_type,
        "title": event.title,
        "status": str(event.status),
        "elapsed": round(event.elapsed, 6),
        "outputs": plain(event.outputs),
        "error": event.error,
        "total_tokens": event.usage.total_tokens,
    }


def _trace_line(event: Any) -> str:
    tokens = f" {event.usage.total_tokens} tok" if event.usage.total_tokens else ""
    error = f": {event.error}" if event.error else ""
    return f"[{event.status}] {event.title or event.node_id} ({event.node_type}) {event.elapsed:.3f} s{tokens}{error}"


def _result(finished: Any, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    from treadle.engine.values import plain

    return {
        "status": str(finished.status),
        "outputs": plain(finished.outputs),
        "error": finished.error,
        "elapsed": round(finished.elapsed, 6),
        "total_tokens": finished.total_tokens,
        "total_steps": finished.total_steps,
        "nodes": nodes,
    }
