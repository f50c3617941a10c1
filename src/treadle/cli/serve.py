"""`treadle serve`: everything in one process, or in several that share the port."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from treadle.cli.output import DataDir, fail, run

if TYPE_CHECKING:
    from treadle.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.", show_default="8700")
    ] = None,
    data_dir: DataDir = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that share the port.", show_default="1")] = None,
    local_model: Annotated[
        bool | None, typer.Option("--local-model/--no-local-model", help="Offer the small model inside.")
    ] = None,
) -> None:
    """Start Treadle: API, published pages, log page and a small language model."""
    from treadle.server.listening import CannotListen
    from treadle.settings import Settings

    async def work() -> int:
        given = {"data_dir": data_dir, "host": host, "port": port, "workers": workers, "local_model": local_model}
        settings = Settings.model_validate({name: value for name, value in given.items() if value is not None})
        try:
            return await (_serve_alone(settings) if settings.workers == 1 else _serve_together(settings))
        except CannotListen as error:
            fail(str(error))

    raise typer.Exit(run(work, serving=True))


async def _serve_alone(settings: "Settings") -> int:
    from treadle.server.main import serve_forever

    return await serve_forever(settings)


async def _serve_together(settings: "Settings") -> int:
    from treadle.server.workers import FirstWorkerFailed, WorkersKeepDying, supervise

    if sys.platform == "win32":
        fail("Several workers need Linux or macOS; leave --workers out.")
    try:
        return await supervise(settings, [sys.executable, "-P", "-m", "treadle.cli.worker"])
    except WorkersKeepDying as error:
        fail(str(error))
    except FirstWorkerFailed as error:
        if error.exit_code < 0:
            fail(f"The first worker was ended by signal {-error.exit_code} before it answered.")
        raise typer.Exit(error.exit_code) from error
