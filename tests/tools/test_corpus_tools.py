"""Tool nodes that real users drew: each builds, and calls its tool with all that it was given.

The tools are scripted: what they declare is what the file's own copy of the declaration says, where it has one.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.nodes.harness import run_node
from tests.nodes.scripted_tools import ScriptedTools, with_tools
from treadle.dsl import graph_view, parse
from treadle.engine.events import NodeStatus
from treadle.engine.ports import Tool, ToolJson, ToolOption, ToolParameter, ToolText
from treadle.engine.values import JsonValue, Value
from treadle.nodes.tool import ToolNode, read
from treadle.tools.builtin import builtin_providers
from treadle.tools.builtin_source import named

CORPUS = Path(os.environ.get("TREADLE_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")


def _nodes() -> list[tuple[str, Mapping[str, JsonValue]]]:
    found: list[tuple[str, Mapping[str, JsonValue]]] = []
    for file in sorted(CORPUS.glob("*.yml")) if CORPUS.is_dir() else []:
        app = parse(file.read_bytes()).app
        if app is not None and app.workflow is not None:
            for node in graph_view(app.workflow).nodes:
                if node.type == "tool":
                    found.append((f"{file.stem} · {node.id}", node.data))
    return found


NODES = _nodes()
pytestmark = pytest.mark.skipif(not NODES, reason="the corpus of app files is not at hand")
each_node = pytest.mark.parametrize("data", [data for _, data in NODES], ids=[name for name, _ in NODES])


def _declared(node: ToolNode, data: Mapping[str, JsonValue]) -> Tool:
    """The tool as the file says it is; parameters that it says nothing about are texts."""
    schemas = data.get("paramSchemas")
    parameters: dict[str, ToolParameter] = {}
    for schema in schemas if isinstance(schemas, list) else []:
        assert isinstance(schema, dict)
        options = schema.get("options")
        name = str(schema["name"])
        parameters[name] = ToolParameter(
            name=name,
            type=str(schema["type"]),
            form="form" if schema.get("form") == "form" else "llm",
            required=bool(schema.get("required")),
            default=schema.get("default"),
            options=tuple(
                ToolOption(value=str(option["value"]))
                for option in (options if isinstance(options, list) else [])
                if isinstance(option, dict)
            ),
        )
    for name in node.given:
        parameters.setdefault(name, ToolParameter(name=name))
    for name in node.chosen:
        parameters.setdefault(name, ToolParameter(name=name, form="form", type="any"))
    return Tool(ref=node.ref, name=node.config.tool_name, parameters=tuple(parameters.values()))


def _scopes(node: ToolNode) -> dict[str, dict[str, Value]]:
    """A value for every variable that the node reads."""
    scopes: dict[str, dict[str, Value]] = {}
    for given in (*node.given.values(), *node.chosen.values()):
        selectors = [given.selector] if given.selector else list(given.template.selectors if given.template else ())
        for selector in selectors:
            if len(selector) > 1:
                scopes.setdefault(selector[0], {})[selector[1]] = "7"
    return scopes


@each_node
async def test_the_node_calls_its_tool_with_all_that_it_was_given(data: Mapping[str, JsonValue]) -> None:
    node = read(data)
    tools = ScriptedTools([ToolText("said"), ToolJson({"k": 1})], tool=_declared(node, data))
    played = await run_node("tool", data, scopes=_scopes(node), ports=with_tools(tools), answer="{{#n.text#}}")
    record = played.node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    assert record.outputs == {"text": "said", "files": [], "json": [{"k": 1}]}
    assert played.chunks == ["said"]
    (called,) = tools.calls
    assert set(called) >= set(node.given) | set(node.chosen)
    assert tools.asked == [node.ref]


NOT_OFFERED = {"hexinfo_db_query", "hjlarry/small_pay/small_pay"}
"""Built-in providers of real apps that this program does not have; their nodes say so when they run."""


@each_node
def test_a_built_in_tool_takes_what_the_node_gives(data: Mapping[str, JsonValue]) -> None:
    node = read(data)
    if node.ref.provider_type != "builtin":
        return
    provider = named(builtin_providers(), node.ref.provider_id)
    if provider is None:
        assert node.ref.provider_id in NOT_OFFERED
        return
    tool = provider.tool(node.ref.tool_name)
    assert set(node.given) <= {parameter.name for parameter in tool.parameters}
