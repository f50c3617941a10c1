"""What a new app of each mode begins with: something small that runs as soon as there is a model."""

from itertools import pairwise

from treadle.dsl import AppFile, AppMode, JsonMap, ModelConfig, WorkflowFile, with_feature_defaults
from treadle.engine.ports import ModelRef

_SPACING = 300
_WIDTH = 244


def blank_app(mode: AppMode, name: str, model: ModelRef | None) -> AppFile:
    """A new app. `model` is what it asks; None where the workspace has none yet."""
    app = AppFile(mode=mode, name=name)
    if mode is AppMode.WORKFLOW:
        app.workflow = _workflow(model)
    elif mode is AppMode.ADVANCED_CHAT:
        app.workflow = _chatflow(model)
    else:
        app.model_config, _ = ModelConfig.read(_basic_config(mode, model))
    return app


def _workflow(model: ModelRef | None) -> WorkflowFile:
    """A text goes in, and what the model makes of it comes out."""
    asked: JsonMap = {"variable": "text", "label": "Text", "type": "paragraph", "required": True, "max_length": None}
    nodes: list[JsonMap] = [
        {"type": "start", "title": "Start", "variables": [asked]},
        {**_model_node(model), "prompt_template": [_message("user", "{{#start.text#}}")]},
        {
            "type": "end",
            "title": "End",
            "outputs": [{"variable": "text", "value_selector": ["llm", "text"], "value_type": "string"}],
        },
    ]
    return WorkflowFile(graph=_chain(nodes), features=with_feature_defaults({}, chat=False))


def _chatflow(model: ModelRef | None) -> WorkflowFile:
    """The model answers, and remembers."""
    memory: JsonMap = {"window": {"enabled": True, "size": 10}, "query_prompt_template": "{{#sys.query#}}"}
    nodes: list[JsonMap] = [
        {"type": "start", "title": "Start", "variables": []},
        {**_model_node(model), "prompt_template": [_message("system", "You are helpful.")], "memory": memory},
        {"type": "answer", "title": "Answer", "answer": "{{#llm.text#}}"},
    ]
    return WorkflowFile(graph=_chain(nodes), features=with_feature_defaults({}, chat=True))


def _basic_config(mode: AppMode, model: ModelRef | None) -> JsonMap:
    config: JsonMap = {"model": _model(model), "prompt_type": "simple", "pre_prompt": ""}
    if mode is AppMode.COMPLETION:
        config["pre_prompt"] = "{{query}}"
        config["user_input_form"] = [{"paragraph": {"label": "Query", "variable": "query", "required": True}}]
    elif mode is AppMode.AGENT_CHAT:
        config["agent_mode"] = {
            "enabled": True,
            "strategy": "function_call",
            "max_iteration": 10,
            "tools": [],
            "prompt": None,
        }
    return config


def _model(model: ModelRef | None) -> JsonMap:
    if model is None:
        return {"provider": "", "name": "", "mode": "chat", "completion_params": {}}
    return {"provider": model.provider, "name": model.name, "mode": model.mode, "completion_params": {}}


def _model_node(model: ModelRef | None) -> JsonMap:
    return {
        "type": "llm",
        "title": "LLM",
        "model": _model(model),
        "context": {"enabled": False, "variable_selector": []},
        "vision": {"enabled": False},
    }


def _message(role: str, text: str) -> JsonMap:
    return {"role": role, "text": text}


def _chain(nodes: list[JsonMap]) -> JsonMap:
    """A graph in which each node leads to the next, from left to right; ids are the nodes' types."""
    ids = [str(data["type"]) for data in nodes]
    return {
        "nodes": [
            {
                "id": node_id,
                "type": "custom",
                "data": {"desc": "", **data},
                "position": {"x": 80 + place * _SPACING, "y": 280},
                "width": _WIDTH,
                "sourcePosition": "right",
                "targetPosition": "left",
            }
            for place, (node_id, data) in enumerate(zip(ids, nodes, strict=True))
        ],
        "edges": [
            {
                "id": f"{source}-source-{target}-target",
                "type": "custom",
                "source": source,
                "sourceHandle": "source",
                "target": target,
                "targetHandle": "target",
                "data": {"sourceType": source, "targetType": target, "isInIteration": False, "isInLoop": False},
            }
            for source, target in pairwise(ids)
        ],
        "viewport": {"x": 0, "y": 0, "zoom": 1},
    }
