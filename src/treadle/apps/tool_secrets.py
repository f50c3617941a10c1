"""Secret settings of tools: sealed in the database, masked for people, left out of files that are given away.

They stand in tool nodes, in the tools of agent nodes and in those of agent apps. A setting is secret when the tool
declares it so, or the copy of its declaration that editors put beside it.

Source: design "never in logs or exports", spec models-and-tools §4.2.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from treadle.dsl import AppFile, JsonMap, ModelConfig, WorkflowFile
from treadle.engine.values import JsonValue
from treadle.platform.crypto import Crypto, SecretError
from treadle.tools.builtin import builtin_providers
from treadle.tools.builtin_source import named
from treadle.tools.secret_values import HIDDEN, mask

_log = logging.getLogger(__name__)

_SEALED = "$sealed"
"""The only member of what stands in the place of a secret in the database."""
_UNREADABLE = "********"


@dataclass(frozen=True, slots=True)
class _Setting:
    """One setting of a tool. `value` is the text itself, or what is sealed."""

    node: str
    tool: str
    name: str
    value: JsonValue
    secret: bool

    @property
    def readable(self) -> bool:
        """Whether it holds a secret itself, and no reference to one."""
        return self.secret and isinstance(self.value, str) and bool(self.value) and "{{#" not in self.value

    def context(self, app_id: str) -> str:
        """What it is sealed for."""
        return f"app {app_id} tool setting {self.tool} {self.name}"


_Change: TypeAlias = Callable[[_Setting], JsonValue]


class ToolSecrets:
    """Seals and opens the settings of one app."""

    def __init__(self, app_id: str, crypto: Crypto) -> None:
        self._app_id = app_id
        self._crypto = crypto

    def sealed(self, content: JsonMap) -> JsonMap:
        """A graph or a configuration in which no secret can be read."""
        return _changed(content, self._seal)

    def signed(self, content: JsonMap) -> JsonMap:
        """The same with what tells whether a secret is another, and nothing more."""
        return _changed(content, self._sign)

    def opened(self, content: JsonMap) -> JsonMap:
        """The opposite of `sealed`. What does not open becomes empty and is logged; the tool then asks for it."""
        return _changed(content, self._open)

    def _seal(self, setting: _Setting) -> JsonValue:
        if not setting.readable:
            return setting.value
        return {_SEALED: self._crypto.encrypt(str(setting.value), context=setting.context(self._app_id))}

    def _sign(self, setting: _Setting) -> JsonValue:
        if not setting.readable:
            return setting.value
        return self._crypto.sign(f"{setting.context(self._app_id)} {setting.value}")

    def _open(self, setting: _Setting) -> JsonValue:
        if not _is_sealed(setting.value):
            return setting.value
        assert isinstance(setting.value, dict)
        try:
            return self._crypto.decrypt(str(setting.value[_SEALED]), context=setting.context(self._app_id))
        except SecretError as error:
            _log.error("the setting %s of %s in app %s is lost: %s", setting.name, setting.tool, self._app_id, error)
            return ""


def tool_secrets_in(content: JsonMap) -> list[str]:
    """All secrets of a graph or a configuration, to be masked wherever a run is recorded."""
    return [str(setting.value) for setting in _settings(content) if setting.readable]


def masked(content: JsonMap) -> JsonMap:
    """A graph or a configuration as people see it."""
    return _changed(content, _masked)


def restored(content: JsonMap, stored: JsonMap, *, empty: bool = False) -> JsonMap:
    """What an editor sent, with the stored secret wherever its mask came back; with `empty` also where there is none.

    A secret is first looked for in the same node, since nodes may be copied.
    """
    known = [setting for setting in _settings(stored) if setting.readable]

    def kept(setting: _Setting) -> JsonValue:
        same = [old for old in known if (old.tool, old.name) == (setting.tool, setting.name)]
        for old in sorted(same, key=lambda each: each.node != setting.node):
            if setting.value in (HIDDEN, mask(str(old.value))) and setting.secret:
                return old.value
            if empty and setting.value == "" and setting.secret and old.node == setting.node:
                return old.value
        return setting.value

    return _changed(content, kept)


def with_known_config(config: ModelConfig, stored: ModelConfig) -> ModelConfig:
    """`restored` for configurations."""
    settings = config.as_map()
    kept = restored(settings, stored.as_map())
    return config if kept == settings else ModelConfig.read(kept)[0]


def with_known_workflow(workflow: WorkflowFile, stored: WorkflowFile) -> WorkflowFile:
    """`restored` for a workflow that came as a file, whose secrets are empty."""
    return replace(workflow, graph=restored(workflow.graph, stored.graph, empty=True))


def without_tool_secrets(file: AppFile) -> AppFile:
    """`file` with the secret settings of its tools empty. References to variables stay: they tell nothing."""
    workflow, config = file.workflow, file.model_config
    if workflow is not None and tool_secrets_in(workflow.graph):
        file = replace(file, workflow=replace(workflow, graph=_changed(workflow.graph, _emptied)))
    if config is not None and tool_secrets_in(settings := config.as_map()):
        file = replace(file, model_config=ModelConfig.read(_changed(settings, _emptied))[0])
    return file


def _masked(setting: _Setting) -> JsonValue:
    if _is_sealed(setting.value):
        return _UNREADABLE
    return mask(str(setting.value)) if setting.readable else setting.value


def _emptied(setting: _Setting) -> JsonValue:
    return "" if setting.readable else setting.value


def _is_sealed(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.keys() == {_SEALED}


def _settings(content: JsonMap) -> Iterable[_Setting]:
    found: list[_Setting] = []

    def note(setting: _Setting) -> JsonValue:
        found.append(setting)
        return setting.value

    _changed(content, note)
    return found


def _changed(content: JsonMap, change: _Change) -> JsonMap:
    """A graph (`nodes`) or a configuration (`agent_mode`) with its tools' settings changed."""
    nodes, agent = content.get("nodes"), content.get("agent_mode")
    if isinstance(nodes, list):
        return {**content, "nodes": [_node(node, change) for node in nodes]}
    if isinstance(agent, dict) and isinstance(tools := agent.get("tools"), list):
        changed = [_tool(tool, "", ("tool_parameters",), change) for tool in tools]
        return {**content, "agent_mode": {**agent, "tools": changed}}
    return content


def _node(node: JsonValue, change: _Change) -> JsonValue:
    data = node.get("data") if isinstance(node, dict) else None
    if not isinstance(node, dict) or not isinstance(data, dict):
        return node
    node_id = str(node.get("id"))
    match data.get("type"):
        case "tool":
            return {**node, "data": _tool(data, node_id, ("tool_configurations", "tool_parameters"), change)}
        case "agent" if isinstance(parameters := data.get("agent_parameters"), dict):
            changed = {name: _agent_parameter(each, node_id, change) for name, each in parameters.items()}
            return {**node, "data": {**data, "agent_parameters": changed}}
        case _:
            return node


def _agent_parameter(parameter: JsonValue, node_id: str, change: _Change) -> JsonValue:
    tools = parameter.get("value") if isinstance(parameter, dict) else None
    if not isinstance(parameter, dict) or not isinstance(tools, list):
        return parameter
    return {**parameter, "value": [_tool(tool, node_id, ("settings", "parameters"), change) for tool in tools]}


def _tool(tool: JsonValue, node_id: str, places: Iterable[str], change: _Change) -> JsonValue:
    """What calls a tool, with its settings in these members changed."""
    if not isinstance(tool, dict):
        return tool
    secrets, name = _secrets(tool), str(tool.get("tool_name"))
    changed: JsonMap = {}
    for place in places:
        if isinstance(values := tool.get(place), dict):
            changed[place] = {
                key: _value(value, lambda inner, key=key: change(_Setting(node_id, name, key, inner, key in secrets)))
                for key, value in values.items()
            }
    return {**tool, **changed}


def _value(value: JsonValue, change: Callable[[JsonValue], JsonValue]) -> JsonValue:
    """A setting's value with what is inside it changed; one that names a variable is left alone."""
    if isinstance(value, dict) and not _is_sealed(value):
        if value.get("type") == "variable" or "value" not in value:
            return value
        return {**value, "value": _value(value["value"], change)}
    return change(value)


def _secrets(tool: Mapping[str, JsonValue]) -> frozenset[str]:
    """The names of the tool's secret parameters, by its own declaration and by the file's copy of it."""
    schemas = tool.get("paramSchemas") or tool.get("schemas")
    declared = {
        str(schema.get("name"))
        for schema in (schemas if isinstance(schemas, list) else [])
        if isinstance(schema, dict) and schema.get("type") == "secret-input"
    }
    kinds = (tool.get("provider_type"), tool.get("type"))
    if "builtin" in kinds or "plugin" in kinds:
        ids = [str(each) for each in (tool.get("provider_id"), tool.get("provider_name")) if each]
        providers = [found for each in ids if (found := named(builtin_providers(), each)) is not None]
        declared |= {
            parameter.name
            for provider in providers
            for each in provider.tools
            if each.name == tool.get("tool_name")
            for parameter in each.parameters
            if parameter.type == "secret-input"
        }
    return frozenset(declared)
