"""The life of a double: start, record, stop; in the test's own event loop or in a thread."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from tests.doubles.recording import Violation


class DoubleViolated(AssertionError):
    """The system under test broke the protocol of the service that a double stands for."""


class Double(ABC):
    """A server that is running inside `async with double` or `with double.in_thread()`.

    Its state may be scripted and read from any thread. Use a double once: it does not start a second time.
    """

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self._changed = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    @abstractmethod
    async def start(self) -> None:
        """Listens on a free loopback port."""

    @abstractmethod
    async def stop(self) -> None:
        """Closes every connection and stops listening."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        await self.stop()
        self._report(error)

    def in_thread(self) -> AbstractContextManager[Self]:
        """The same server on an event loop of its own thread, for a test that blocks or starts a process."""
        return self._running_in_thread()

    @contextmanager
    def _running_in_thread(self) -> Generator[Self, None, None]:
        loop = asyncio.new_event_loop()
        self._loop = loop
        thread = threading.Thread(target=loop.run_forever, name=type(self).__name__, daemon=True)
        thread.start()
        failure: BaseException | None = None
        try:
            asyncio.run_coroutine_threadsafe(self.start(), loop).result(10)
            yield self
        except BaseException as error:
            failure = error
            raise
        finally:
            self._stopping = True
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()
            self._report(failure)

    def _report(self, failure: BaseException | None) -> None:
        if not self.violations:
            return
        message = f"{type(self).__name__} refused:\n" + "\n".join(f"  {violation}" for violation in self.violations)
        if failure is None:
            raise DoubleViolated(message)
        failure.add_note(message)

    def violate(self, violation: Violation) -> None:
        """Records a broken rule."""
        with self._changed:
            self.violations.append(violation)
            self._changed.notify_all()

    def take_violations(self) -> list[Violation]:
        """The violations so far, which the test has now dealt with: they no longer fail it."""
        with self._changed:
            taken, self.violations = self.violations, []
        return taken

    def changed(self) -> None:
        """Wakes whoever waits for something to arrive."""
        with self._changed:
            self._changed.notify_all()

    def wait_until_now(self, holds: Callable[[], bool], what: str, timeout: float = 10) -> None:
        """Blocks until `holds()`, asked again whenever something arrives. Raises TimeoutError naming `what`."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout):
                raise TimeoutError(f"{type(self).__name__}: waited {timeout} s for {what}")

    async def wait_until(self, holds: Callable[[], bool], what: str, timeout: float = 10) -> None:
        """Awaits `holds()` as wait_until_now does, whichever thread the double runs in."""
        await asyncio.to_thread(self.wait_until_now, holds, what, timeout)
