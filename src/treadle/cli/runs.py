"""`treadle run`: an app in the terminal, without a server."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treadle.cli.output import AsJson, DataDir, fail, pairs, print_json, read_app_file, run

if TYPE_CHECKING:
    from treadle.engine.events import Event, NodeFinished, RunEnd

AppOrFile = Annotated[
    str,
    typer.Argument(metavar="FILE_OR_APP", help="App file, or id or name of an app.", show_default=False),
]


def run_app(
    target: AppOrFile,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input", "-i", metavar="NAME=VALUE", show_default=False, help="May be repeated; a file is NAME=@PATH."
        ),
    ] = None,
    query: Annotated[str, typer.Option("--query", "-q", show_default=False, help="The message to a chat app.")] = "",
    as_json: AsJson = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every node on stderr.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Run an app and stream its answer to the terminal. A run of a file is not kept in the logs."""
    inputs = pairs(given or [], "--input")
    text = _read_file(target)
    screen = Screen(as_json=as_json, trace=trace)

    async def work() -> "RunEnd":
        from treadle.cli.following import run_draft, run_stored

        if text is not None:
            return await run_draft(text, inputs, query, screen.show, data_dir)
        return await run_stored(target, inputs, query, screen.show, data_dir)

    screen.end(run(work))


def _read_file(target: str) -> bytes | None:
    """The app file at `target`; None when that is no file and may be the name of an app."""
    path = Path(target)
    try:
        return read_app_file(path)
    except FileNotFoundError:
        if path.suffix.lower() in (".yml", ".yaml"):
            fail(f"There is no file {path}.")
        return None
    except OSError as error:
        if path.is_dir() and path.name == target:
            return None
        fail(f"{path} cannot be read: {error.strerror}.")


class Screen:
    """What the terminal shows of a run: the answer as it comes, or one JSON value at the end."""

    def __init__(self, *, as_json: bool, trace: bool) -> None:
        self._as_json = as_json
        self._trace = trace
        self._nodes: list[dict[str, Any]] = []
        self._line_open = False

    def show(self, event: "Event") -> None:
        """Raises OSError when nobody reads any more."""
        from treadle.engine.events import AnswerChunk, AnswerReplaced, NodeFinished

        match event:
            case AnswerChunk() if not self._as_json:
                self._say(event.text)
            case AnswerReplaced() if not self._as_json:
                self._say(f"\n{event.text}")
            case NodeFinished():
                self._nodes.append(_node(event))
                if self._trace:
                    self._end_line()
                    print(_trace_line(event), file=sys.stderr, flush=True)
            case _:
                pass

    def end(self, finished: "RunEnd") -> None:
        """The result. Ends the command with exit code 1 when the run has failed."""
        from treadle.engine.events import RunStatus

        if self._as_json:
            print_json(_result(finished, self._nodes))
        self._end_line()
        if finished.status is RunStatus.PAUSED:
            fail("The run waits for a person, who cannot answer from here.")
        if finished.status in (RunStatus.FAILED, RunStatus.STOPPED):
            fail(finished.error or "The run failed.")

    def _say(self, text: str) -> None:
        if text:
            print(text, end="", flush=True)
            self._line_open = not text.endswith("\n")

    def _end_line(self) -> None:
        if self._line_open:
            print(flush=True)
            self._line_open = False


def _node(event: "NodeFinished") -> dict[str, Any]:
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


def _trace_line(event: "NodeFinished") -> str:
    tokens = f" {event.usage.total_tokens} tok" if event.usage.total_tokens else ""
    error = f": {event.error}" if event.error else ""
    return f"[{event.status}] {event.title or event.node_id} ({event.node_type}) {event.elapsed:.3f} s{tokens}{error}"


def _result(finished: "RunEnd", nodes: list[dict[str, Any]]) -> dict[str, Any]:
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
