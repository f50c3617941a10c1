"""`treadle serve`: everything in one process."""

from typing import Annotated

import typer

from treadle.cli.output import DataDir, fail, run


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
    from treadle.server.main import CannotListen, serve_forever
    from treadle.server.services import settings_for

    async def work() -> None:
        settings = settings_for(data_dir, host=host, port=port, workers=workers, local_model=local_model)
        try:
            await serve_forever(settings)
        except CannotListen as error:
            fail(str(error))

    run(work, logs=True)
