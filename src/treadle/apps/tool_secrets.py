"""Secret settings of tools in app files: a file that is given away keeps their names, not their values.

Source: design "never in logs or exports", spec models-and-tools §4.2.
"""

from collections.abc import Mapping
from dataclasses import replace

from treadle.dsl import AppFile, JsonMap
from treadle.engine.values import JsonValue
from treadle.tools.builtin import builtin_providers
from treadle.tools.builtin_source import named


def without_tool_secrets(file: AppFile) -> AppFile:
    """`file` with the secret settings of its tool nodes empty. References to variables stay: they tell nothing."""
    workflow = file.workflow
    nodes = workflow.graph.get("nodes") if workflow is not None else None
    if workflow is None or not isinstance(nodes, list):
        return file
    emptied = [_node(node) for node in nodes]
    if all(new is old for new, old in zip(emptied, nodes, strict=True)):
        return file
    return replace(file, workflow=replace(workflow, graph={**workflow.graph, "nodes": emptied}))


def _node(node: JsonValue) -> JsonValue:
    data = node.get("data") if isinstance(node, dict) else None
    if not isinstance(node, dict) or not isinstance(data, dict) or data.get("type") != "tool":
        return node
    secrets = _secrets(data)
    emptied: JsonMap = {}
    for place in ("tool_configurations", "tool_parameters"):
        values = data.get(place)
        if isinstance(values, dict) and any(_tells(values.get(name)) for name in secrets):
            emptied[place] = {
                name: _empty(value) if name in secrets and _tells(value) else value for name, value in values.items()
            }
    return {**node, "data": {**data, **emptied}} if emptied else node


def _secrets(data: Mapping[str, JsonValue]) -> frozenset[str]:
    """The names of the tool's secret parameters, by its own declaration and by the file's copy of it."""
    schemas = data.get("paramSchemas")
    declared = {
        str(schema.get("name"))
        for schema in (schemas if isinstance(schemas, list) else [])
        if isinstance(schema, dict) and schema.get("type") == "secret-input"
    }
    if data.get("provider_type") in ("builtin", "plugin"):
        provider = named(builtin_providers(), str(data.get("provider_id") or data.get("provider_name") or ""))
        for tool in provider.tools if provider is not None else ():
            if tool.name == data.get("tool_name"):
                declared |= {each.name for each in tool.parameters if each.type == "secret-input"}
    return frozenset(declared)


def _tells(value: JsonValue) -> bool:
    """Whether a setting holds a secret itself, and no reference to one."""
    if isinstance(value, dict):
        return value.get("type") != "variable" and _tells(value.get("value"))
    return isinstance(value, str) and bool(value) and "{{#" not in value


def _empty(value: JsonValue) -> JsonValue:
    return {**value, "value": ""} if isinstance(value, dict) else ""
