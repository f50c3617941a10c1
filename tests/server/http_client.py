"""A plain HTTP client for tests: it parses event streams strictly, as the specification frames them."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

JsonMap = dict[str, Any]

PING = "event: ping"


class NotAFrame(AssertionError):
    """A stream holds what no client expects (spec service-api §4.1)."""


@dataclass(frozen=True)
class Frame:
    """One event of a stream; `data` is None for a keep-alive."""

    data: JsonMap | None
    id: int | None = None

    @property
    def event(self) -> str:
        return "ping" if self.data is None else str(self.data["event"])


def parse_frame(text: str) -> Frame:
    """A frame: an optional `id:` line, then one `data:` line, or the ping line alone. Raises NotAFrame."""
    if text == PING:
        return Frame(None)
    number, rest = None, text
    if text.startswith("id: "):
        head, _, rest = text.partition("\n")
        number = int(head.removeprefix("id: "))
    if not rest.startswith("data: ") or "\n" in rest:
        raise NotAFrame(text)
    return Frame(json.loads(rest.removeprefix("data: ")), number)


class Stream:
    """An answer in progress. Iterating gives its frames until the server closes it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._frames = self._read()

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def until(self, event: str) -> JsonMap:
        """The next event of this name. Fails when the stream ends before."""
        for frame in self._frames:
            if frame.event == event:
                assert frame.data is not None
                return frame.data
        raise AssertionError(f"the stream ended without {event}")

    def rest(self) -> list[JsonMap]:
        """All events that are left, without keep-alives."""
        return [frame.data for frame in self._frames if frame.data is not None]

    def _read(self) -> Generator[Frame]:
        pending = ""
        for piece in self.response.iter_text():
            pending += piece
            *frames, pending = pending.split("\n\n")
            for text in frames:
                yield parse_frame(text)
        if pending:
            raise NotAFrame(pending)


class Api:
    """Calls of one caller: a base address and the headers that say who calls."""

    def __init__(self, http: httpx.Client, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.http = http
        self.base = base
        self.headers = dict(headers or {})

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **(options.pop("headers", None) or {})}
        return self.http.request(method, self.base + path, headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, params=params or None)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, json=body, **options)

    def put(self, path: str, body: Any = None) -> httpx.Response:
        return self.call("PUT", path, json=body)

    def patch(self, path: str) -> httpx.Response:
        return self.call("PATCH", path)

    def delete(self, path: str, body: Any = None) -> httpx.Response:
        return self.call("DELETE", path, json=body) if body is not None else self.call("DELETE", path)

    @contextmanager
    def stream(self, path: str, body: Any = None, *, method: str = "POST") -> Generator[Stream]:
        """An open stream; leaving the block drops it."""
        with self.http.stream(method, self.base + path, headers=self.headers, json=body) as response:
            if response.status_code != 200:
                response.read()
            assert response.status_code == 200, response.text
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            yield Stream(response)

    def events(self, path: str, body: Any = None, *, method: str = "POST") -> list[JsonMap]:
        """All events of a stream that runs to its end."""
        with self.stream(path, body, method=method) as stream:
            return stream.rest()


class AppApi(Api):
    """The Service API of one app, called for one end user."""

    def __init__(self, http: httpx.Client, base: str, key: str, user: str) -> None:
        super().__init__(http, base, {"Authorization": f"Bearer {key}"})
        self.key = key
        self.user = user

    def as_user(self, user: str) -> "AppApi":
        return AppApi(self.http, self.base, self.key, user)

    def chat_body(self, query: str, **members: Any) -> JsonMap:
        """A chat request that does not ask a model for a title."""
        return {"inputs": {}, "query": query, "user": self.user, "auto_generate_name": False, **members}

    def chat(self, query: str, **members: Any) -> httpx.Response:
        return self.post("/chat-messages", self.chat_body(query, **members))

    def chat_events(self, query: str, **members: Any) -> list[JsonMap]:
        return self.events("/chat-messages", self.chat_body(query, response_mode="streaming", **members))

    def run(self, inputs: JsonMap | None = None, **members: Any) -> httpx.Response:
        return self.post("/workflows/run", {"inputs": inputs or {}, "user": self.user, **members})

    def run_body(self, inputs: JsonMap | None = None) -> JsonMap:
        return {"inputs": inputs or {}, "user": self.user, "response_mode": "streaming"}

    def run_events(self, inputs: JsonMap | None = None) -> list[JsonMap]:
        return self.events("/workflows/run", self.run_body(inputs))

    def complete(self, inputs: JsonMap | None = None, **members: Any) -> httpx.Response:
        return self.post("/completion-messages", {"inputs": inputs or {}, "user": self.user, **members})

    def upload(self, name: str, content: bytes, mime: str = "image/png") -> httpx.Response:
        return self.post("/files/upload", files={"file": (name, content, mime)}, data={"user": self.user})


def text_of(events: list[JsonMap]) -> str:
    """The text that a reader of a chat stream saw."""
    return "".join(event["answer"] for event in events if event["event"] in ("message", "agent_message"))


def names_of(events: list[JsonMap]) -> list[str]:
    """The names of events in order, runs of text counted once."""
    names = [str(event["event"]) for event in events]
    chunks = ("message", "agent_message", "text_chunk")
    return [name for place, name in enumerate(names) if name not in chunks or place == 0 or names[place - 1] != name]
