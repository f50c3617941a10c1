"""An application that is made for the first who asks for it, off the event loop."""

import asyncio
import gc
import threading
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send


class LateApp:
    """Stands for an application that takes long to make and that not every server needs at once."""

    def __init__(self, make: Callable[[], Starlette]) -> None:
        self._make = make
        self._made: Starlette | None = None
        self._making = threading.Lock()

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Those of the application, which is made for it."""
        return self.made().routes

    def made(self) -> Starlette:
        """The application; the same one for everybody."""
        with self._making:
            if self._made is None:
                self._made = self._make()
                gc.freeze()  # it stays to the end: no search for cycles needs to look at it
            return self._made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._made or await asyncio.to_thread(self.made)
        await app(scope, receive, send)
