"""Part of a draft as a graph of its own: one node, or a container with what is inside it.

The rest of the draft may be unfinished. Source: spec workflow-engine §19.
"""

from collections.abc import Sequence
from dataclasses import replace

from treadle.apps.compile import CompiledApp, NodeTypes, compile_app, graph_spec
from treadle.apps.definition import Definition
from treadle.dsl import JsonMap, NodeView, WorkflowFile
from treadle.dsl.legacy import id_text
from treadle.engine.graph import GraphSpec, compile_graph

_EMPTY: JsonMap = {"nodes": [{"id": "start", "data": {"type": "start"}}], "edges": []}


def compile_part(
    definition: Definition, nodes: Sequence[NodeView], types: NodeTypes, *, version_id: str
) -> CompiledApp:
    """The first of `nodes` with those inside it, ready to run: without the features around the app, which belong to
    whole runs. Raises GraphError with what is wrong with these nodes."""
    workflow = definition.workflow or WorkflowFile()
    ids = {node.id for node in nodes}
    raw = [node for node in workflow.nodes if id_text(node.get("id")) in ids]
    alone = replace(definition, workflow=replace(workflow, graph={**workflow.graph, "nodes": [*raw]}))
    spec, first = graph_spec(alone), nodes[0]
    whole = GraphSpec(
        [replace(node, parent=None) if node.id == first.id else node for node in spec.nodes],
        [edge for edge in spec.edges if first.id not in (edge.source, edge.target)],
    )
    graph = compile_graph(whole, types, roots=(first.type,))
    around = replace(definition, workflow=replace(workflow, graph=_EMPTY, features={}))
    return replace(compile_app(around, types, version_id=version_id), graph=graph)
