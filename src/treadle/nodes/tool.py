"""The tool node: calls a tool of the workspace and gives what it says, makes and finds (workflow-nodes §21)."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator

from treadle.engine.errors import NodeError, ToolInvokeError, ToolNodeError, ToolParameterError, UnknownError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.ports import (
    Tool,
    ToolCitations,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolParameter,
    ToolRef,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.template import Template
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import JsonValue, Missing, Value, plain

from .about import NodeAbout, Output, Words
from .config import JsonField, NodeConfig, as_value, load
from .tool_parameters import call_values, for_the_log

_log = logging.getLogger(__name__)

_KINDS = ("mixed", "variable", "constant")
_RESERVED: Final = frozenset({"text", "files", "json"})


def _map_or_nothing(value: object) -> object:
    """Old editors write an empty list, or nothing, where no parameter is set."""
    return value or {}


JsonMap = Annotated[dict[str, JsonField], BeforeValidator(_map_or_nothing)]


class ToolConfig(NodeConfig):
    """Which tool is called. `tool_parameters` come from the run, `tool_configurations` are settings of the tool."""

    provider_id: str = Field(json_schema_extra={"ui": "tool"})
    provider_type: str = Field(
        default="builtin", json_schema_extra={"ui": "hidden", "enum": ["builtin", "plugin", "api", "workflow", "mcp"]}
    )
    provider_name: str = Field(default="", json_schema_extra={"ui": "hidden"})
    tool_name: str = Field(json_schema_extra={"ui": "hidden"})
    tool_label: str = Field(default="", json_schema_extra={"ui": "hidden"})
    tool_parameters: JsonMap = Field(default={}, json_schema_extra={"ui": "tool-parameters"})
    tool_configurations: JsonMap = Field(default={}, json_schema_extra={"ui": "tool-settings"})
    tool_node_version: str = Field(default="", json_schema_extra={"ui": "hidden"})
    version: str = Field(default="1", json_schema_extra={"ui": "hidden"})
    credential_id: str | None = Field(default=None, json_schema_extra={"ui": "tool-credential"})
    plugin_unique_identifier: str = Field(default="", json_schema_extra={"ui": "hidden"})

    @model_validator(mode="before")
    @classmethod
    def _name_for_id(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("provider_id") and data.get("provider_name"):  # pyright: ignore[reportUnknownMemberType]
            return {**data, "provider_id": data["provider_name"]}  # pyright: ignore[reportUnknownVariableType]
        return data  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class Given:
    """Where the value of a parameter comes from: a variable, a template, or the value itself."""

    selector: tuple[str, ...] | None = None
    template: Template | None = None
    constant: Value = None

    def value(self, pool: VariablePool) -> "Value | Missing":
        if self.selector is not None:
            return pool.get(self.selector)
        return self.constant if self.template is None else self.template.text(pool)


@dataclass(frozen=True, slots=True)
class ToolNode:
    """A tool node ready to run."""

    config: ToolConfig
    ref: ToolRef
    given: Mapping[str, Given]
    chosen: Mapping[str, Given]


def read(data: Mapping[str, JsonValue]) -> ToolNode:
    """Raises GraphProblem."""
    config = load(ToolConfig, data)
    ref = ToolRef(
        provider_type=config.provider_type,
        provider_id=config.provider_id,
        tool_name=config.tool_name,
        credential_id=config.credential_id or None,
    )
    evaluated = bool(config.tool_node_version) or config.version != "1"
    return ToolNode(
        config,
        ref,
        {name: _given(value) for name, value in config.tool_parameters.items() if not _is_null(value)},
        {
            name: _given(value) if evaluated or _is_entry(value) else Given(constant=as_value(value))
            for name, value in config.tool_configurations.items()
            if not _is_null(value)
        },
    )


def _is_entry(value: JsonValue) -> bool:
    """Whether this is `{type, value}`, which the newer editor writes also beside older settings."""
    return isinstance(value, dict) and value.get("type") in _KINDS and "value" in value


def _is_null(value: JsonValue) -> bool:
    return value is None or (isinstance(value, dict) and value.get("type") in _KINDS and value.get("value") is None)


def _given(entry: JsonValue) -> Given:
    if not isinstance(entry, dict) or entry.get("type") not in _KINDS:
        return Given(template=Template.parse(entry)) if isinstance(entry, str) else Given(constant=as_value(entry))
    value = entry.get("value")
    if entry["type"] == "variable":
        if isinstance(value, list):
            return Given(selector=tuple(str(part) for part in value))
        return Given(selector=tuple(value.split(".")) if isinstance(value, str) else ())
    return Given(template=Template.parse(value)) if isinstance(value, str) else Given(constant=as_value(value))


async def run(ctx: NodeContext, node: ToolNode) -> NodeResult:
    """Raises ToolNodeError and its kinds, and UnknownError for a tool that fails unexpectedly."""
    heard = Heard(ctx)
    info: dict[str, JsonValue] = {
        "provider_type": node.config.provider_type,
        "provider_id": node.config.provider_id,
        "plugin_unique_identifier": node.config.plugin_unique_identifier or None,
    }
    inputs: dict[str, Value] = {}
    try:
        await _call(ctx, node, heard, inputs)
    except NodeError as error:
        raise NodeFailure(NodeResult(inputs=inputs, metadata=heard.metadata(info), usage=heard.usage)) from error
    return NodeResult(outputs=heard.outputs(), inputs=inputs, metadata=heard.metadata(info), usage=heard.usage)


async def _call(ctx: NodeContext, node: ToolNode, heard: "Heard", inputs: dict[str, Value]) -> None:
    try:
        tool = await ctx.ports.tools.find(node.ref)
    except ToolNodeError as error:
        raise type(error)(f"Failed to get tool runtime: {error}") from error
    values = call_values(tool, _values(tool, node.chosen, ctx.pool), _values(tool, node.given, ctx.pool))
    inputs.update(for_the_log(tool.parameters, values))
    try:
        async with aclosing(closable(ctx.ports.tools.invoke(tool, values))) as messages:
            async for message in messages:
                heard.take(message)
    except ToolNodeError as error:
        raise type(error)(_failed(tool, error)) from error
    except NodeError as error:
        raise ToolInvokeError(_failed(tool, error)) from error
    except Exception as error:
        _log.exception("the tool %s of %s failed unexpectedly", tool.name, node.ref.provider_id)
        raise UnknownError(_failed(tool, error)) from error


def _failed(tool: Tool, error: Exception) -> str:
    return f"Failed to invoke tool {tool.name}: {str(error) or type(error).__name__}"


async def closable(messages: AsyncIterator[ToolMessage]) -> AsyncGenerator[ToolMessage, None]:
    """`messages`, which end at once when this is closed, however they are made."""
    try:
        async for message in messages:
            yield message
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()


def _values(tool: Tool, sources: Mapping[str, Given], pool: VariablePool) -> dict[str, Value]:
    """The values of all that is set; a variable that has none is left out. Raises ToolParameterError."""
    values: dict[str, Value] = {}
    for name, source in sources.items():
        value = source.value(pool)
        if not isinstance(value, Missing):
            values[name] = value
        elif _required(tool.parameters, name):
            variable = ".".join(source.selector or ())
            raise ToolParameterError(
                f'The parameter "{name}" of the tool is required, but the variable {variable or "it names"} is not set.'
            )
    return values


def _required(parameters: tuple[ToolParameter, ...], name: str) -> bool:
    return any(parameter.name == name and parameter.required for parameter in parameters)


@dataclass(slots=True)
class Heard:
    """What a tool has said so far. Text is passed on while it comes."""

    ctx: NodeContext
    usage: Usage = NO_USAGE
    _text: list[str] = field(default_factory=list[str])
    _files: list[Value] = field(default_factory=list[Value])
    _json: list[Value] = field(default_factory=list[Value])
    _variables: dict[str, Value] = field(default_factory=dict[str, Value])
    _logs: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    def take(self, message: ToolMessage) -> None:
        """Note one message."""
        match message:
            case ToolText():
                self._say(message.text)
            case ToolLink(file=None):
                self._say(f"Link: {message.url}\n")
            case ToolLink():
                self._say(f"File: {message.url}\n")
                self._files.append(message.file)
            case ToolFile():
                self._files.append(message.file)
            case ToolJson():
                self._json.append(as_value(message.value))
            case ToolVariable():
                self._set(message)
            case ToolLog():
                self._logs[message.id] = {
                    "id": message.id,
                    "label": message.label,
                    "parent_id": message.parent_id,
                    "status": message.status,
                    "data": message.data,
                    "error": message.error,
                    "metadata": message.metadata,
                }
            case ToolCitations():
                self.ctx.cite(message.resources)
            case ToolUsage():
                self.usage += message.usage

    @property
    def json(self) -> list[Value]:
        """The objects that the tool gave."""
        return self._json

    def outputs(self) -> dict[str, Value]:
        """`text`, `files`, `json`, and the variables that the tool set."""
        nothing: list[Value] = [{"data": list[Value]()}]
        return {**self._variables, "text": "".join(self._text), "files": self._files, "json": self._json or nothing}

    def metadata(self, info: JsonValue) -> dict[str, JsonValue]:
        """For the log: which tool it was, and the steps that it told of."""
        metadata: dict[str, JsonValue] = {"tool_info": info}
        if self._logs:
            metadata["agent_log"] = list(self._logs.values())
        return metadata

    def _say(self, text: str) -> None:
        if text:
            self._text.append(text)
            self.ctx.stream("text", text)

    def _set(self, message: ToolVariable) -> None:
        """Pieces of a streamed variable are joined. Names of the node's own outputs stay the node's."""
        name, value = message.name, message.value
        if name in _RESERVED:
            return
        if message.stream:
            piece = value if isinstance(value, str) else str(plain(value))
            earlier = self._variables.get(name, "")
            self._variables[name] = f"{earlier}{piece}"
            self.ctx.stream(name, piece)
        else:
            self._variables[name] = value


TOOL = NodeType("tool", read, run)

ABOUT = NodeAbout(
    kind="tool",
    family="tools",
    icon="Wrench",
    title=Words("Tool", "工具", "ツール"),
    description=Words(
        "Calls a tool of the workspace.", "调用工作区中的工具。", "ワークスペースのツールを呼び出します。"
    ),
    outputs=(
        Output("text", "string"),
        Output("files", "array[file]"),
        Output("json", "array[object]"),
    ),
    runs_alone=True,
    retries=True,
    handles_errors=True,
)
