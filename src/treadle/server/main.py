"""Serving: listen, say where, and end cleanly."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from treadle.server.app import create_app
from treadle.server.examples import load_examples
from treadle.server.listening import listening_socket
from treadle.server.services import Services, open_services
from treadle.server.worker import Worker
from treadle.settings import Settings

_log = logging.getLogger(__name__)

_GRACEFUL_SECONDS = 3
"""How long open requests may go on after a signal."""


async def serve_forever(settings: Settings, worker: Worker | None = None) -> int:
    """Open the services, load the examples on first start, print the address, and serve until a signal.

    A `worker` serves on its supervisor's socket, and only the first one says where. Gives the exit code, 130 after
    Ctrl-C. Raises CannotListen, DatabaseError, SecretError and FileStoreError.
    """
    process = "" if worker is None else "[%(process)d] "
    logging.basicConfig(
        level=settings.log_level.upper(), format=f"%(asctime)s {process}%(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if worker is not None:
        worker.watch()
    listener = listening_socket(settings.host, settings.port) if worker is None else worker.listener
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    async with open_services(settings=settings, serving=True, local=worker.local if worker else None) as services:
        await load_examples(services)
        announcement = await _announcement(services) if worker is None or worker.first else ""

        def on_ready() -> None:
            if announcement:
                print(announcement, flush=True)
            if worker is not None:
                worker.ready()

        config = uvicorn.Config(
            create_app(services),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            http="httptools",
            ws="none",
            loop="none",
        )
        server = TreadleServer(config, services, on_ready)
        await server.serve(sockets=[listener])
        return 130 if server.interrupted else 0


class TreadleServer(uvicorn.Server):
    """Says when it answers, and leaves the process alive after a signal, so that the services close."""

    def __init__(self, config: uvicorn.Config, services: Services, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.interrupted = False
        self._services = services
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what was made at the start stays to the end: no search for cycles needs to look at it
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
        # Who is about to end must not take up what another process has just let go of.
        await self._services.resumer.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        wanted = (signal.SIGINT, signal.SIGTERM)
        if sys.platform == "win32":
            with super().capture_signals():
                yield
            return
        for number in wanted:
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            yield
        finally:
            for number in wanted:
                loop.add_signal_handler(number, lambda: None)

    def _on_signal(self, number: signal.Signals) -> None:
        self.interrupted |= number is signal.SIGINT
        self.handle_exit(number, None)


def _is_no_cut(record: logging.LogRecord) -> bool:
    """False for a request that is cut when its time is over: how many there are is logged in one line."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


async def _announcement(services: Services) -> str:
    """Where the server is, and an example to begin with."""
    workspace = await services.accounts.only_workspace()
    entries = [entry for entry in await services.apps.list_apps(workspace.id) if entry.site and entry.app.enable_site]
    example = next((entry for entry in reversed(entries) if entry.app.mode == "chat"), None)
    said = f"\nTreadle is ready at {services.links.base}"
    if example is not None and example.site is not None:
        said += f"\nChat with an example: {services.links.page(example.app.mode, example.site.code)}"
    return said
