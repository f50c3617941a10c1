"""The process that holds a model for llama.cpp: its own HTTP server on a loopback port.

Not a public entry: `local.LocalModel` starts it, writes its orders to its standard input as one line of JSON, and keeps
that pipe open; the process ends when the pipe does. It answers with one line of JSON once the model is loaded.
"""

import json
import os
import signal
import sys
import threading
from importlib import import_module
from typing import Literal, Protocol, TypedDict

from treadle.platform.parent import end_with_parent


class Orders(TypedDict):
    """What to serve. `context` is in tokens per slot; `vectors` is how those of an embedding model
    become one: as its file says, or by their mean."""

    file: str
    name: str
    key: str
    slots: int
    context: int
    threads: int
    vectors: Literal["", "own", "mean"]


def main() -> None:
    """Serves until the parent is gone."""
    end_with_parent(signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the model's library prints must not look like an answer
    orders: Orders = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_pipe, daemon=True).start()
    server = serve(orders)
    answers.write(json.dumps({"url": server.listening_address}) + "\n")
    answers.flush()
    threading.Event().wait()


class Server(Protocol):
    """A running server, which stops when nothing refers to it any more."""

    @property
    def listening_address(self) -> str: ...


def serve(orders: Orders) -> Server:
    """Loads the model and answers HTTP from threads of its own."""
    llama = import_module("xllamacpp")  # its types are not declared
    params = llama.CommonParams()
    params.model.path = orders["file"]
    params.model_alias = {orders["name"]}
    params.api_keys = [orders["key"]]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = orders["slots"]
    params.n_ctx = orders["slots"] * orders["context"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = orders["threads"]
    params.cache_type_k = params.cache_type_v = llama.ggml_type.GGML_TYPE_Q8_0  # half the memory, same speed
    params.cache_ram_mib = 64
    if orders["vectors"]:
        params.embedding = True
        if orders["vectors"] == "mean":
            params.pooling_type = llama.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        params.n_batch = params.n_ubatch = orders["context"]  # a text is read in one piece
    params.verbosity = 0
    params.fit_params = params.warmup = params.ui = params.endpoint_slots = False
    return llama.Server(params)


def _end_with_pipe() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
