"""Small app files to change one thing in."""

from collections.abc import Mapping, Sequence

import yaml

from treadle.dsl import AppFile, AppMode, JsonMap, Parsed, WorkflowFile, parse


def node(node_id: object, kind: str, *, parent: str | None = None, wrapper: JsonMap | None = None, **data: object):
    """A node as files hold it."""
    inside = {"iteration_id": parent} if parent else {}
    return {
        "id": node_id,
        "type": "custom",
        **(wrapper or {}),
        "data": {"type": kind, "title": str(node_id).title(), **inside, **data},
    }


def edge(source: object, target: object, handle: object = "source"):
    """An edge as files hold it."""
    return {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle}


def file_map(
    nodes: Sequence[Mapping] | None = None,
    edges: Sequence[Mapping] | None = None,
    *,
    mode: str = "workflow",
    workflow: Mapping | None = None,
    **top: object,
) -> dict:
    """The data of a file whose graph is, unless given, start → end."""
    nodes = [node("start", "start", variables=[]), node("end", "end", outputs=[])] if nodes is None else nodes
    edges = [edge("start", "end")] if edges is None else edges
    return {
        "version": "0.5.0",
        "kind": "app",
        "app": {"name": "An app", "mode": mode, "icon": "🧶", "icon_background": "#D5F5F6", "description": ""},
        "dependencies": [],
        "workflow": {"graph": {"nodes": list(nodes), "edges": list(edges)}, "features": {}, **(workflow or {})},
        **top,
    }


def basic_map(mode: str = "chat", **config: object) -> dict:
    """The data of a basic app's file."""
    model = {"provider": "openai", "name": "gpt-4o-mini", "mode": "chat", "completion_params": {}}
    data = file_map(mode=mode)
    del data["workflow"]
    return {**data, "model_config": {"model": model, "pre_prompt": "Be kind.", **config}}


def text(data: object) -> str:
    """The data as YAML, written by the writer most files come from."""
    return yaml.safe_dump(data, allow_unicode=True)


def parsed(data: object) -> Parsed:
    """What `parse` makes of the data."""
    return parse(text(data))


def app(nodes: Sequence[Mapping], edges: Sequence[Mapping], **workflow: object) -> AppFile:
    """An app straight from its graph, as drafts are."""
    graph: JsonMap = {"nodes": list(nodes), "edges": list(edges)}
    return AppFile(mode=AppMode.WORKFLOW, workflow=WorkflowFile(graph=graph, **workflow))
