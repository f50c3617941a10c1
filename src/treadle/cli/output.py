"""How commands end and what they print: JSON or text on stdout, one clear sentence on stderr."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from treadle.platform.refusals import Refusal

Result = TypeVar("Result")

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="TREADLE_DATA_DIR", help="Where Treadle keeps its data.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: object) -> None:
    """One JSON value on stdout."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with a sentence on stderr."""
    print(f"treadle: {message}", file=sys.stderr)
    raise typer.Exit(code)


def run(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run a command's work; what is refused becomes its sentence and exit code 1."""
    from treadle.platform.crypto import SecretError
    from treadle.platform.db import DatabaseError

    async def guarded() -> Result:
        return await work()

    try:
        return asyncio.run(guarded())
    except Refusal as refusal:
        fail(refusal.message)
    except (DatabaseError, SecretError) as error:
        fail(f"{error}.")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def pairs(given: list[str], option: str) -> dict[str, str]:
    """`k=v` texts as a map. Ends the command with exit code 2 when one has no `=`."""
    found: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            fail(f"{option} takes NAME=VALUE, not {item!r}.", 2)
        found[name] = value
    return found
