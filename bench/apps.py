"""Apps that the benchmarks run, as app files."""

from typing import Any

Node = dict[str, Any]


def _file(mode: str, nodes: list[Node], edges: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "kind": "app",
        "version": "0.5.0",
        "app": {"name": f"bench {mode} {len(nodes)}", "mode": mode, "icon": "🤖", "icon_background": "#FFEAD5"},
        "workflow": {
            "graph": {
                "nodes": [{"id": node["id"], "type": "custom", "data": node} for node in nodes],
                "edges": [
                    {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle}
                    for source, handle, target in edges
                ],
            },
            "features": {},
            "environment_variables": [],
            "conversation_variables": [],
        },
    }


def _start() -> Node:
    variable = {"variable": "name", "label": "Name", "type": "text-input", "required": True, "max_length": 48}
    return {"id": "start", "type": "start", "title": "Start", "variables": [variable]}


def _if(source: list[str]) -> Node:
    condition = {"id": "c", "variable_selector": source, "comparison_operator": "contains", "value": "B"}
    case = {"case_id": "true", "id": "true", "logical_operator": "and", "conditions": [condition]}
    return {"id": "if", "type": "if-else", "title": "If", "cases": [case]}


def _template(node_id: str, source: list[str]) -> Node:
    binding = {"variable": "x", "value_selector": source}
    return {
        "id": node_id,
        "type": "template-transform",
        "title": node_id,
        "template": "Hi {{ x }}",
        "variables": [binding],
    }


def _end(source: list[str]) -> Node:
    output = {"variable": "out", "value_selector": source, "value_type": "string"}
    return {"id": "end", "type": "end", "title": "End", "outputs": [output]}


def three_nodes() -> dict[str, Any]:
    """start → if-else → end."""
    return _file(
        "workflow",
        [_start(), _if(["start", "name"]), _end(["start", "name"])],
        [("start", "source", "if"), ("if", "true", "end")],
    )


def five_nodes() -> dict[str, Any]:
    """start → template → if-else → template → end."""
    return _file(
        "workflow",
        [
            _start(),
            _template("t1", ["start", "name"]),
            _if(["t1", "output"]),
            _template("t2", ["t1", "output"]),
            _end(["t2", "output"]),
        ],
        [("start", "source", "t1"), ("t1", "source", "if"), ("if", "true", "t2"), ("t2", "source", "end")],
    )


def chain(length: int) -> dict[str, Any]:
    """start → `length` aggregators → end."""
    nodes, edges, previous = [_start()], [], "start"
    source = ["start", "name"]
    for number in range(length):
        node_id = f"n{number}"
        nodes.append(
            {
                "id": node_id,
                "type": "variable-aggregator",
                "title": node_id,
                "output_type": "string",
                "variables": [source],
            }
        )
        edges.append((previous, "source", node_id))
        previous, source = node_id, [node_id, "output"]
    return _file("workflow", [*nodes, _end(source)], [*edges, (previous, "source", "end")])


def chatflow() -> dict[str, Any]:
    """start → llm → answer, with the workspace's default model."""
    llm: Node = {
        "id": "llm",
        "type": "llm",
        "title": "Model",
        "model": {"provider": "openai_api_compatible", "name": "steady", "mode": "chat", "completion_params": {}},
        "prompt_template": [
            {"role": "system", "text": "Be brief."},
            {"role": "user", "text": "{{#sys.query#}}"},
        ],
        "context": {"enabled": False, "variable_selector": []},
        "vision": {"enabled": False},
    }
    answer: Node = {"id": "answer", "type": "answer", "title": "Answer", "answer": "{{#llm.text#}}"}
    start: Node = {"id": "start", "type": "start", "title": "Start", "variables": []}
    return _file("advanced-chat", [start, llm, answer], [("start", "source", "llm"), ("llm", "source", "answer")])


def agent_with_three_tools() -> dict[str, Any]:
    """An agent-chat app that may calculate, ask for the time, and ask what weekday it is."""
    names = (("maths", "eval_expression"), ("time", "current_time"), ("time", "weekday"))
    tools = [
        {
            "enabled": True,
            "provider_type": "builtin",
            "provider_id": provider,
            "provider_name": provider,
            "tool_name": tool,
            "tool_label": tool,
            "tool_parameters": {},
        }
        for provider, tool in names
    ]
    return {
        "kind": "app",
        "version": "0.5.0",
        "app": {"name": "bench agent", "mode": "agent-chat", "icon": "🤖", "icon_background": "#FFEAD5"},
        "model_config": {
            "model": {"provider": "openai_api_compatible", "name": "caller", "mode": "chat", "completion_params": {}},
            "pre_prompt": "Be exact.",
            "prompt_type": "simple",
            "user_input_form": [],
            "agent_mode": {"enabled": True, "strategy": "function_call", "max_iteration": 5, "tools": tools},
        },
    }
