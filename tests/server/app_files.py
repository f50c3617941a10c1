"""App files for tests, written out of small parts as an editor would write them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

JsonMap = dict[str, Any]

STUB = {"provider": "openai_api_compatible", "name": "stub", "mode": "chat", "completion_params": {}}
"""The scripted model, as the workbench configures it."""

WITHOUT_CREDENTIALS = {"provider": "anthropic", "name": "claude-sonnet-4-5", "mode": "chat", "completion_params": {}}


@dataclass(frozen=True)
class Node:
    """A node, and the edges that leave it: target id by handle (or several)."""

    id: str
    data: JsonMap
    to: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str])


def leads(target: str | Sequence[str] | None) -> Mapping[str, str | Sequence[str]]:
    """An edge from the ordinary handle."""
    return {"source": target} if target else {}


def text_input(name: str, **settings: Any) -> JsonMap:
    return {"type": "text-input", "variable": name, "label": name, "required": False, "max_length": 48, **settings}


def number_input(name: str, **settings: Any) -> JsonMap:
    return {"type": "number", "variable": name, "label": name, "required": False, **settings}


def select_input(name: str, options: Sequence[str], **settings: Any) -> JsonMap:
    return {
        "type": "select",
        "variable": name,
        "label": name,
        "required": False,
        "options": list(options),
        **settings,
    }


def file_input(name: str, kind: str = "file", **settings: Any) -> JsonMap:
    return {
        "type": kind,
        "variable": name,
        "label": name,
        "required": False,
        "allowed_file_types": ["image", "document"],
        "allowed_file_extensions": [],
        "allowed_file_upload_methods": ["local_file", "remote_url"],
        **settings,
    }


def start(*variables: JsonMap, to: str | Sequence[str]) -> Node:
    return Node("start", {"type": "start", "title": "Start", "variables": list(variables)}, leads(to))


def template(node_id: str, text: str, *, to: str | Sequence[str] | None = None, **variables: str) -> Node:
    """A template node; `variables` map a name to `node.variable`."""
    bound = [{"variable": name, "value_selector": selector.split(".")} for name, selector in variables.items()]
    return Node(
        node_id, {"type": "template-transform", "title": node_id, "template": text, "variables": bound}, leads(to)
    )


def llm(node_id: str, prompt: str, *, to: str | Sequence[str] | None = None, **settings: Any) -> Node:
    data = {
        "type": "llm",
        "title": node_id,
        "model": STUB,
        "prompt_template": [{"id": "1", "role": "user", "text": prompt}],
        "context": {"enabled": False, "variable_selector": []},
        "vision": {"enabled": False},
        **settings,
    }
    return Node(node_id, data, leads(to))


def code(node_id: str, source: str, outputs: Mapping[str, str], *, to: str | None = None, **settings: Any) -> Node:
    """A Python node without inputs; `outputs` map a name to its type."""
    data = {
        "type": "code",
        "title": node_id,
        "code_language": "python3",
        "code": source,
        "variables": [],
        "outputs": {name: {"type": kind, "children": None} for name, kind in outputs.items()},
        **settings,
    }
    return Node(node_id, data, leads(to))


def failing(node_id: str = "boom", *, to: Mapping[str, str] | None = None, **settings: Any) -> Node:
    """A code node that always fails."""
    source = "def main():\n    raise ValueError('the machine broke')\n"
    made = code(node_id, source, {"result": "string"}, **settings)
    return Node(node_id, made.data, to or {})


def http(node_id: str, url: str, *, to: str | Sequence[str] | None = None, **settings: Any) -> Node:
    data = {
        "type": "http-request",
        "title": node_id,
        "method": "get",
        "url": url,
        "authorization": {"type": "no-auth", "config": None},
        "headers": "",
        "params": "",
        "body": {"type": "none", "data": []},
        "timeout": {"connect": 5, "read": 60, "write": 5},
        **settings,
    }
    return Node(node_id, data, leads(to))


def if_contains(node_id: str, selector: str, text: str, *, then: str, otherwise: str) -> Node:
    condition = {
        "id": "c1",
        "variable_selector": selector.split("."),
        "comparison_operator": "contains",
        "value": text,
        "varType": "string",
    }
    cases = [{"case_id": "true", "id": "true", "logical_operator": "and", "conditions": [condition]}]
    data = {"type": "if-else", "title": node_id, "cases": cases}
    return Node(node_id, data, {"true": then, "false": otherwise})


def assign(node_id: str, variable: str, operation: str, value: Any, *, to: str) -> Node:
    """Writes a conversation variable; a list names the variable to take the value from."""
    item = {
        "variable_selector": ["conversation", variable],
        "operation": operation,
        "input_type": "variable" if isinstance(value, list) else "constant",
        "value": value,
        "write_mode": "over-write",
    }
    return Node(node_id, {"type": "assigner", "version": "2", "title": node_id, "items": [item]}, leads(to))


def answer(text: str, node_id: str = "answer") -> Node:
    return Node(node_id, {"type": "answer", "title": node_id, "answer": text, "variables": []})


def end(node_id: str = "end", **outputs: str) -> Node:
    """An end node; `outputs` map a name to `node.variable`."""
    made = [{"variable": name, "value_selector": selector.split(".")} for name, selector in outputs.items()]
    return Node(node_id, {"type": "end", "title": node_id, "outputs": made})


def conversation_variable(name: str, value_type: str, value: Any) -> JsonMap:
    return {
        "id": str(uuid4()),
        "name": name,
        "value_type": value_type,
        "value": value,
        "description": f"the {name}",
        "selector": ["conversation", name],
    }


def secret(name: str, value: str) -> JsonMap:
    """A secret environment variable."""
    return {"id": str(uuid4()), "name": name, "value_type": "secret", "value": value, "selector": ["env", name]}


NO_FEATURES: JsonMap = {
    "opening_statement": "",
    "suggested_questions": [],
    "suggested_questions_after_answer": {"enabled": False},
    "speech_to_text": {"enabled": False},
    "text_to_speech": {"enabled": False, "voice": "", "language": ""},
    "retriever_resource": {"enabled": True},
    "sensitive_word_avoidance": {"enabled": False},
}


def uploads(limit: int = 3, types: Sequence[str] = ("image", "document")) -> JsonMap:
    """The `file_upload` feature of a graph app, switched on."""
    return {
        "enabled": True,
        "allowed_file_types": list(types),
        "allowed_file_extensions": [],
        "allowed_file_upload_methods": ["local_file", "remote_url"],
        "number_limits": limit,
    }


def graph_app(
    mode: str,
    *nodes: Node,
    name: str = "Graph",
    features: JsonMap | None = None,
    environment: Sequence[JsonMap] = (),
    conversation: Sequence[JsonMap] = (),
) -> str:
    """A workflow or advanced-chat app as file text."""
    edges = [
        {
            "id": f"{node.id}-{handle}-{target}",
            "source": node.id,
            "sourceHandle": handle,
            "target": target,
            "targetHandle": "target",
            "type": "custom",
            "data": {},
        }
        for node in nodes
        for handle, targets in node.to.items()
        for target in ([targets] if isinstance(targets, str) else targets)
    ]
    drawn = [
        {"id": node.id, "type": "custom", "position": {"x": 300 * place, "y": 0}, "data": node.data}
        for place, node in enumerate(nodes)
    ]
    return _file(
        mode,
        name,
        workflow={
            "graph": {"nodes": drawn, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}},
            "features": {**NO_FEATURES, **(features or {})},
            "environment_variables": list(environment),
            "conversation_variables": list(conversation),
        },
    )


def workflow(*nodes: Node, **settings: Any) -> str:
    return graph_app("workflow", *nodes, **settings)


def chatflow(*nodes: Node, **settings: Any) -> str:
    return graph_app("advanced-chat", *nodes, **settings)


def basic_app(mode: str, *form: JsonMap, name: str = "Basic", prompt: str = "", **settings: Any) -> str:
    """A chat or completion app as file text; `settings` replace members of its configuration."""
    configuration: JsonMap = {
        **NO_FEATURES,
        "model": STUB,
        "prompt_type": "simple",
        "pre_prompt": prompt,
        "chat_prompt_config": {},
        "completion_prompt_config": {},
        "user_input_form": [{item["type"]: {k: v for k, v in item.items() if k != "type"}} for item in form],
        "more_like_this": {"enabled": False},
        "agent_mode": {"enabled": False, "strategy": None, "tools": [], "prompt": None},
        "dataset_configs": {"retrieval_model": "multiple"},
        "dataset_query_variable": "",
        "external_data_tools": [],
        "file_upload": {
            "image": {"enabled": False, "detail": "high", "number_limits": 3, "transfer_methods": ["local_file"]}
        },
        **settings,
    }
    return _file(mode, name, model_config=configuration)


def chat(*form: JsonMap, **settings: Any) -> str:
    return basic_app("chat", *form, **settings)


def completion(*form: JsonMap, **settings: Any) -> str:
    return basic_app("completion", *form, **settings)


def _file(mode: str, name: str, **section: JsonMap) -> str:
    """JSON is YAML, so an app file may be written as JSON."""
    app = {
        "name": name,
        "mode": mode,
        "description": f"{name} of a test",
        "icon": "🧪",
        "icon_background": "#FFEAD5",
        "use_icon_as_answer_icon": False,
    }
    return json.dumps(
        {"kind": "app", "version": "0.5.0", "app": app, "dependencies": [], **section}, ensure_ascii=False, indent=1
    )
