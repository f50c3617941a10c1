"""Which tools and agent strategies a version of an app names, for those who show it."""

from collections.abc import Iterator, Mapping

from treadle.engine.graph import Graph, Node
from treadle.engine.ports import ToolRef
from treadle.nodes.agent import AgentConfig
from treadle.nodes.basic_agent import BasicAgent
from treadle.nodes.tool import ToolNode


def tool_refs(graph: Graph) -> list[ToolRef]:
    """The tools of an app's nodes, each once, in the order of the graph."""
    found: dict[ToolRef, None] = {}
    for node in _nodes(graph):
        match node.config:
            case ToolNode():
                found.setdefault(node.config.ref)
            case AgentConfig():
                found.update(dict.fromkeys(node.config.tool_refs()))
            case BasicAgent():
                found.update(dict.fromkeys(choice.ref for choice in node.config.tools))
            case _:
                pass
    return list(found)


def agent_strategies(graph: Graph) -> Mapping[str, str]:
    """The names of the strategies of agent nodes, by node id."""
    return {node.id: node.config.agent_strategy_name for node in _nodes(graph) if isinstance(node.config, AgentConfig)}


def tool_icons(graph: Graph) -> Mapping[str, str]:
    """Where the icons of built-in tools are, by node id."""
    return {
        node.id: f"/console/api/workspaces/current/tool-provider/builtin/{node.config.ref.provider_id}/icon"
        for node in _nodes(graph)
        if isinstance(node.config, ToolNode) and node.config.ref.provider_type in ("builtin", "plugin")
    }


def _nodes(graph: Graph) -> Iterator[Node]:
    """All nodes, those inside of containers too."""
    for node in graph.nodes:
        yield node
        if node.body is not None:
            yield from _nodes(node.body)
