"""Everything that goes wrong in a browser while a test runs, whether or not the page shows it."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

SIGNED_OUT = r"\b401\b.*/console/api/account"
"""How the console's pages learn that nobody is signed in."""

LEFT = r"net::ERR_ABORTED"
"""A write or a stream whose page was left before it was answered."""


class Witness:
    """Notes console errors, page errors, failed requests and refused ones; a test names those that it provokes."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, *patterns: str) -> None:
        """From now on, and looking back, mishaps in which one of `patterns` is found are part of the test."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    def watch(self, context: BrowserContext) -> None:
        """Notes what goes wrong in every page of a context."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def unexpected(self) -> list[str]:
        return [each for each in self.seen if not any(pattern.search(each) for pattern in self._expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self.seen.append(f"uncaught: {error.error}")

    def _failed(self, request: Request) -> None:
        aside = request.method == "GET" or request.url.endswith(("/name", "/indexing-estimate"))
        if aside and request.failure == "net::ERR_ABORTED":
            return  # A page that is left drops what it was reading, the preview too, and the title it had asked for.
        self.seen.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.seen.append(f"refused: {response.status} {response.request.method} {response.url}")


@contextmanager
def witnessing() -> Generator[Witness]:
    """A witness that speaks up at the end."""
    witness = Witness()
    yield witness
    unexpected = witness.unexpected()
    assert not unexpected, "in the browser:\n" + "\n".join(unexpected)
