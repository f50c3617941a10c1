"""What the server tells the fork server, and what the fork server answers about this machine."""

import json
from typing import NamedTuple


class Feature(NamedTuple):
    """One kind of isolation: whether it is active here, and why (or why not)."""

    name: str
    active: bool
    reason: str


class Config(NamedTuple):
    """Settings of the jail. Sizes in bytes, times in seconds; `packages` is a folder of importable packages,
    `preload` those of them to import once, before any code."""

    server_pid: int
    control_fd: int
    root: str
    memory_limit: int
    time_limit: float
    scratch_limit: int
    result_limit: int
    packages: str | None
    preload: tuple[str, ...]
    unjailed: bool

    def encode(self) -> str:
        return json.dumps(self)

    @classmethod
    def decode(cls, text: str) -> "Config":
        return cls(*json.loads(text))
