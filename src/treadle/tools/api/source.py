"""APIs of a workspace as a source of tools."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from treadle.engine.errors import HttpRequestNodeError, NodeError, ToolInvokeError, ToolNodeError
from treadle.engine.ports import Files, Http, HttpResponse, Tool, ToolRef
from treadle.engine.values import JsonValue
from treadle.tools.messages import Blob, Message, Text
from treadle.tools.sources import Caller, ToolCall, ToolWorld

from .answer import messages_of
from .auth import ApiCredentials
from .operations import Operation, tool_of
from .request import request_of


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for a connection and for an answer."""

    connect: float = 10
    read: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A provider made from a description, ready to be called."""

    id: str
    name: str
    icon: JsonValue
    operations: tuple[Operation, ...]
    credentials: ApiCredentials

    def operation(self, name: str) -> Operation:
        """Raises ToolNodeError."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        names = ", ".join(operation.name for operation in self.operations[:10])
        raise ToolNodeError(f'The API "{self.name}" has no operation "{name}"; it has {names}.')

    def tool(self, operation: Operation) -> Tool:
        """An operation as a tool of this provider."""
        ref = ToolRef(provider_type="api", provider_id=self.id, tool_name=operation.name)
        return tool_of(operation, ref, provider_name=self.name, icon=self.icon)


FindApi = Callable[[str, str], Awaitable[Api | None]]
"""The API with an id (or a name) in a workspace."""


class ApiSource:
    """Implements `tools.sources.ToolSource`."""

    def __init__(self, find: FindApi, timeouts: Timeouts) -> None:
        self._find = find
        self._timeouts = timeouts

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        """Raises ToolNodeError."""
        api = await self._api(caller.workspace_id, ref)
        return api.tool(api.operation(ref.tool_name))

    async def invoke(self, call: ToolCall) -> AsyncIterator[Message]:
        """Raises ToolParameterError, ToolFileError and ToolInvokeError."""
        api = await self._api(call.caller.workspace_id, call.tool.ref)
        operation = api.operation(call.tool.name)
        parameters = call.parameters
        request = await request_of(
            operation,
            parameters,
            api.credentials,
            call.world.files,
            connect_timeout=self._timeouts.connect,
            read_timeout=self._timeouts.read,
        )
        try:
            answer = await call.world.http.send(request)
        except HttpRequestNodeError as error:
            raise ToolInvokeError(without_key(str(error), api.credentials)) from error
        for message in answered(answer, api.credentials):
            yield message

    async def _api(self, workspace_id: str, ref: ToolRef) -> Api:
        api = await self._find(workspace_id, ref.provider_id)
        if api is None:
            raise ToolNodeError(f'There is no API "{ref.provider_id}" among the tools of this workspace.')
        return api


async def try_out(
    operation: Operation,
    parameters: dict[str, JsonValue],
    credentials: ApiCredentials,
    *,
    http: Http,
    files: Files,
    timeouts: Timeouts,
) -> str:
    """What a call answers, as text. Raises NodeError."""
    from treadle.nodes.config import as_value

    request = await request_of(
        operation,
        {name: as_value(value) for name, value in parameters.items()},
        credentials,
        files,
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
    )
    try:
        answer = await http.send(request)
    except NodeError as error:
        raise ToolInvokeError(without_key(str(error), credentials)) from error
    said: list[str] = []
    for message in answered(answer, credentials):
        match message:
            case Text():
                said.append(message.text)
            case Blob():
                said.append(f"A file of {len(message.data)} bytes, {message.mime_type}.")
            case _:
                pass
    return "\n".join(said)


def answered(answer: HttpResponse, credentials: ApiCredentials) -> Iterator[Message]:
    """The messages of an answer. Raises ToolInvokeError, without the key where the API says it back."""
    try:
        yield from messages_of(answer)
    except ToolInvokeError as error:
        raise ToolInvokeError(without_key(str(error), credentials)) from error


def without_key(text: str, credentials: ApiCredentials) -> str:
    """`text` of a failure, which may show an address, without the key in it."""
    return text.replace(credentials.api_key_value, "***") if credentials.api_key_value else text
