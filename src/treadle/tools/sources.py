"""What a kind of tools is to the rest: where tools come from, on whose behalf they are called, and with what.

Each kind (built-in, API, workflow, MCP) is one ToolSource. `port.py` puts them together for a run, and `delivery.py`
turns what a tool gives into what the engine knows. Source: spec models-and-tools §4.1 and §4.3.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from treadle.engine.ports import Code, Files, Http, Models, Tool, ToolRef
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, Value
from treadle.nodes.inputs import InputVariable

if TYPE_CHECKING:
    from .messages import Message
    from .providers import ProviderInfo

ProviderType: TypeAlias = Literal["builtin", "api", "workflow", "mcp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a tool is called.

    `role` is end_user or account, `user` the caller's own name for the end user `user_id`, `created_from` the channel,
    and `depth` counts the workflows that called each other to get here. `headers` are those of the request behind the
    run that may be passed on, by lower-case names.
    """

    workspace_id: str
    app_id: str = ""
    conversation_id: str = ""
    role: str = "account"
    user_id: str = ""
    user: str = ""
    created_from: str = "console"
    run_id: str | None = None
    depth: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolWorld:
    """What the code of a tool may use: all of it bounded and guarded by who made it."""

    models: Models
    code: Code
    http: Http
    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call: who, with what, and the parameters of both forms, cast to their declared types."""

    tool: Tool
    parameters: Mapping[str, Value]
    caller: Caller
    world: ToolWorld


class ToolSource(Protocol):
    """All tools of one kind."""

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        """The tool of `ref.provider_id` and `ref.tool_name`, with the parameters that it has for this caller.

        Raises engine.errors.ToolNodeError: no such provider in this workspace, no such tool, no credentials.
        """
        ...

    def invoke(self, call: ToolCall) -> AsyncIterator["Message"]:
        """What the tool gives, as it gives it. Closing the iterator ends the call.

        Raises engine.errors.ToolInvokeError, ToolParameterError or ToolFileError; the message says what the upstream
        said.
        """
        ...


class ToolListing(Protocol):
    """A source that can tell what it has, for people and for the console."""

    async def providers(self, workspace_id: str) -> Sequence["ProviderInfo"]:
        """Every provider of the workspace with its tools, secrets masked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedWorkflow:
    """The version of a workflow that runs now: what it asks for, and what it gives.

    `takes_files`: files may be sent beside the inputs. `outputs` are the names of its outputs with their types.
    """

    app_id: str
    version_id: str
    name: str
    description: str
    icon: str
    icon_background: str
    variables: tuple[InputVariable, ...]
    takes_files: bool
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOutcome:
    """How a workflow that was called as a tool ended. `error` is None when it succeeded."""

    outputs: Mapping[str, Value]
    usage: Usage = NO_USAGE
    error: str | None = None


class Workflows(Protocol):
    """The workflows of workspaces; the application provides them."""

    async def published(self, workspace_id: str, app_id: str) -> PublishedWorkflow:
        """Raises platform.refusals.Refusal: no such app in this workspace, no workflow, not published."""
        ...

    async def versions(self, workspace_id: str, app_ids: Sequence[str]) -> Mapping[str, str]:
        """The version of each app that runs now; those that are not published are left out."""
        ...

    async def call(
        self,
        app_id: str,
        version_id: str,
        *,
        inputs: Mapping[str, Value],
        files: Sequence[File],
        caller: Caller,
    ) -> WorkflowOutcome:
        """Run a published version to its end, as a run of its own, for the same user and channel.

        `caller.depth` is that of the new run, `caller.run_id` the run that calls. Cancelling the call stops the run.
        Raises ToolNodeError when it cannot begin.
        """
        ...
