"""Serving: listen, say where, and end cleanly."""

import logging
import socket
import sys

import uvicorn

from treadle.server.app import create_app
from treadle.server.examples import load_examples
from treadle.server.services import Services, open_services
from treadle.settings import Settings

_log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The address is taken or not ours."""


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises CannotListen with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port."
        ) from error
    listener.setblocking(False)
    return listener


async def serve_forever(settings: Settings) -> None:
    """Open the services, load the examples on first start, print the address, and serve until a signal."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    listener = listening_socket(settings.host, settings.port)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    async with open_services(settings=settings, serving=True) as services:
        await load_examples(services)
        server = AnnouncedServer(
            uvicorn.Config(
                create_app(services),
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_keep_alive=75,
                timeout_graceful_shutdown=5,
                server_header=False,
                date_header=False,
                http="httptools",
                ws="none",
                loop="none",
            ),
            services,
        )
        await server.serve(sockets=[listener])


class AnnouncedServer(uvicorn.Server):
    """Says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await _announce(self._services)


async def _announce(services: Services) -> None:
    workspace = await services.accounts.only_workspace()
    entries = [entry for entry in await services.apps.list_apps(workspace.id) if entry.site and entry.app.enable_site]
    example = next((entry for entry in reversed(entries) if entry.app.mode == "chat"), None)
    print(f"\nTreadle is ready at {services.links.base}")
    if example is not None and example.site is not None:
        print(f"Chat with an example: {services.links.page(example.app.mode, example.site.code)}")
    sys.stdout.flush()
