"""Work beside a run that tracing tells: a check of what was asked, suggestions for what to ask next, a title.

Source: spec models-and-tools §8.2.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec


class AskedModel(msgspec.Struct, frozen=True, kw_only=True):
    """The model that did the work."""

    provider: str
    name: str
    input_tokens: int = 0
    output_tokens: int = 0


class SideWork(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of it. Times are microseconds since the epoch; `message_at` is when the run of the message began."""

    kind: Literal["moderation", "suggested_question", "generate_name"]
    workspace_id: str
    app_id: str
    user_id: str | None = None
    """Who talks to the app: an end user or an account."""
    conversation_id: str | None = None
    message_id: str | None = None
    message_at: int = 0
    start: int
    end: int
    inputs: Any = None
    outputs: Any = None
    details: dict[str, Any] = {}
    error: str | None = None
    model: AskedModel | None = None


Tell: TypeAlias = Callable[[SideWork], None]
"""Takes a piece of work that is done, and is quick about it."""


def untold(_: SideWork) -> None:
    """Nobody is told."""
