"""Requests for runs: who asks, for which app, with what, and what is special about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from treadle.apps.compile import CompiledApp
from treadle.apps.running.records import CreatorRole
from treadle.apps.tables import App, CreatedFrom, TriggeredFrom
from treadle.engine.events import Event
from treadle.engine.values import JsonValue, Value
from treadle.nodes.inputs import FileResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugging:
    """What makes a run one of a draft: a member tries it, and its values are kept for that member."""

    version: CompiledApp
    """The draft as it is now."""
    graph: str | None
    """Its graph as JSON, for the record."""
    person: Mapping[str, JsonValue]
    """The member as frames name one: id, name and email."""
    watch: Callable[[Event], None]
    """Called with every event but the last."""
    keep: Callable[[], Awaitable[None]]
    """Awaited when the run has ended, before its readers are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A run that calls another one as a tool, and waits for it.

    `files` finds the files that it passes on; `depth` counts the runs that called each other to get here.
    """

    run_id: str | None
    role: CreatorRole
    depth: int
    files: FileResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """A request for a run. `user` is the caller's own name for the end user `user_id`: a member in a debug run.

    `root` is the trigger node that fired; its `inputs` were checked by whoever fired it, and no form is asked.
    """

    app: App
    created_from: CreatedFrom
    triggered_from: TriggeredFrom = TriggeredFrom.APP_RUN
    root: str | None = None
    user_id: str
    user: str
    api_key_id: str | None = None
    """The key of the app that the caller has."""
    inputs: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]] = ()
    query: str = ""
    conversation_id: str | None = None
    parent_message_id: str | None = None
    auto_name: bool = False
    version_id: str | None = None
    debugging: Debugging | None = None
    compiled: CompiledApp | None = None
    """A version that is made for this run alone."""
    aloud: bool = False
    """The caller follows the stream, and hears the answer where the app reads it aloud."""
    called: Called | None = None
    """The run that this one is a part of."""
    system: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """More system variables, such as those of knowledge pipelines."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of the caller's request that tools may pass on, by lower-case names. Those that tools of the workspace
    name are kept with the run until it has ended."""
    run_id: str | None = None
    """The id of the run where it must be known before; a new one otherwise."""
