"""How commands end and what they print: JSON or text on stdout, one clear sentence on stderr."""

import gc
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

Result = TypeVar("Result")

_ALLOCATIONS_BETWEEN_COLLECTIONS = 20_000
"""Instead of 700. What is made at the start stays to the end, and most of what a run makes is gone without cycles:
looking for those so often costs a tenth of the start, and a tenth of a run."""

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="TREADLE_DATA_DIR", help="Where Treadle keeps its data.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def speak_any_terminal() -> None:
    """Let letters that the terminal's encoding lacks become question marks instead of an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def flush_for_whoever_reads() -> None:
    """Write out what is left; nothing is said when the reader has closed the pipe."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: object) -> None:
    """One JSON value on stdout, in ASCII where the terminal knows no Unicode."""
    unicode = (sys.stdout.encoding or "ascii").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not unicode, default=str))


def write_utf8(text: str) -> None:
    """A file's text on stdout, in the encoding of files whatever the terminal's is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with a sentence on stderr."""
    print(f"treadle: {message}", file=sys.stderr)
    raise typer.Exit(code)


def read_app_file(path: Path) -> bytes:
    """The bytes of an app file, no more than one that is too large needs. Raises OSError."""
    from treadle.dsl import MAX_BYTES

    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def run(work: Callable[[], Awaitable[Result]], *, serving: bool = False) -> Result:
    """Run a command's work; one that is `serving` sets up logging itself, else warnings are sentences on stderr.

    What goes wrong for a known reason becomes a sentence and exit code 1, or 2 for settings that cannot be used;
    Ctrl-C ends quietly with 130.
    """
    import asyncio
    import logging

    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, 20, 20)
    if not serving:
        logging.basicConfig(level=logging.WARNING, format="treadle: %(message)s")

    async def guarded() -> Result:
        return await work()

    try:
        with asyncio.Runner(loop_factory=_fast_loop() if serving else None) as runner:
            return runner.run(guarded())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:
        from treadle.cli.failures import explain

        known = explain(error)
        if known is None:
            raise
        fail(known.sentence, known.exit_code)


def _fast_loop() -> "Callable[[], AbstractEventLoop] | None":
    """uvloop where there is one: it carries more streams than asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def pairs(given: list[str], option: str) -> dict[str, str]:
    """`k=v` texts as a map. Ends the command with exit code 2 when one has no `=`."""
    found: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            fail(f"{option} takes NAME=VALUE, not {item!r}.", 2)
        found[name] = value
    return found
