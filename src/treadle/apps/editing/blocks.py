"""The node types that an editor offers: what a new node begins with, and the form of its settings.

Source: spec app-dsl §10, console §7.2.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Final

from treadle.apps.editing.pipeline_blocks import FILE_SOURCE, KEEPING
from treadle.apps.tables import AppMode as StoredMode
from treadle.dsl import AppMode, JsonMap
from treadle.engine.ports import ModelRef
from treadle.nodes import FORMS, PIPELINE_ONLY

_TITLES: Final = {
    "llm": "LLM",
    "if-else": "If/Else",
    "http-request": "HTTP Request",
    "template-transform": "Template",
    "assigner": "Variable Assigner",
    "datasource": "Data Source",
    "knowledge-index": "Knowledge Base",
    "document-extractor": "Doc Extractor",
    "loop-end": "Exit Loop",
    "trigger-webhook": "Webhook",
    "trigger-schedule": "Schedule",
    "trigger-plugin": "Plugin Trigger",
}
_NOT_OFFERED: Final = PIPELINE_ONLY | {"variable-assigner"}
"""Node types of knowledge pipelines, and old names."""
_NOT_IN_PIPELINES: Final = frozenset(
    {
        "start",
        "end",
        "answer",
        "human-input",
        "trigger-webhook",
        "trigger-schedule",
        "trigger-plugin",
        "variable-assigner",
    }
)
_ONLY_IN: Final = {
    "answer": AppMode.ADVANCED_CHAT,
    "end": AppMode.WORKFLOW,
    "trigger-webhook": AppMode.WORKFLOW,
    "trigger-schedule": AppMode.WORKFLOW,
    "trigger-plugin": AppMode.WORKFLOW,
}
_MODEL: Final[JsonMap] = {"provider": "", "name": "", "mode": "chat", "completion_params": {"temperature": 0.7}}
_BEGIN: Final[dict[str, JsonMap]] = {
    "datasource": FILE_SOURCE,
    "knowledge-index": KEEPING,
    "start": {"variables": []},
    "end": {"outputs": []},
    "answer": {"answer": ""},
    "llm": {
        "model": _MODEL,
        "prompt_template": [{"role": "system", "text": ""}],
        "context": {"enabled": False, "variable_selector": []},
        "vision": {"enabled": False},
    },
    "knowledge-retrieval": {
        "query_variable_selector": [],
        "dataset_ids": [],
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {"top_k": 4, "score_threshold": None, "reranking_enable": False},
    },
    "question-classifier": {
        "query_variable_selector": [],
        "model": _MODEL,
        "classes": [{"id": "1", "name": ""}, {"id": "2", "name": ""}],
        "instruction": "",
    },
    "if-else": {"cases": [{"case_id": "true", "id": "true", "logical_operator": "and", "conditions": []}]},
    "code": {
        "code_language": "python3",
        "code": "def main(arg1: str) -> dict:\n    return {'result': arg1}\n",
        "variables": [{"variable": "arg1", "value_selector": []}],
        "outputs": {"result": {"type": "string", "children": None}},
    },
    "template-transform": {"template": "{{ arg1 }}", "variables": [{"variable": "arg1", "value_selector": []}]},
    "http-request": {
        "method": "get",
        "url": "",
        "authorization": {"type": "no-auth", "config": None},
        "headers": "",
        "params": "",
        "body": {"type": "none", "data": []},
        "timeout": {"max_connect_timeout": 0, "max_read_timeout": 0, "max_write_timeout": 0},
        "ssl_verify": True,
        "retry_config": {"retry_enabled": True, "max_retries": 3, "retry_interval": 100},
    },
    "tool": {
        "provider_id": "",
        "provider_type": "builtin",
        "provider_name": "",
        "tool_name": "",
        "tool_label": "",
        "tool_configurations": {},
        "tool_parameters": {},
    },
    "variable-aggregator": {"output_type": "any", "variables": []},
    "assigner": {"version": "2", "items": []},
    "parameter-extractor": {
        "query": [],
        "model": _MODEL,
        "parameters": [],
        "instruction": "",
        "reasoning_mode": "prompt",
    },
    "document-extractor": {"variable_selector": [], "is_array_file": False},
    "list-operator": {
        "variable": [],
        "filter_by": {"enabled": False, "conditions": []},
        "order_by": {"enabled": False, "key": "", "value": "asc"},
        "limit": {"enabled": False, "size": 10},
    },
    "iteration": {
        "iterator_selector": [],
        "output_selector": [],
        "output_type": "array[string]",
        "start_node_id": "",
        "is_parallel": False,
        "parallel_nums": 10,
        "error_handle_mode": "terminated",
        "flatten_output": True,
    },
    "loop": {
        "start_node_id": "",
        "loop_count": 10,
        "logical_operator": "and",
        "break_conditions": [],
        "loop_variables": [],
        "error_handle_mode": "terminated",
    },
    "agent": {
        "agent_strategy_provider_name": "langgenius/agent/agent",
        "agent_strategy_name": "function_calling",
        "agent_strategy_label": "FunctionCalling",
        "agent_parameters": {
            "model": {"type": "constant", "value": {**_MODEL, "model_type": "llm", "type": "model-selector"}},
            "tools": {"type": "constant", "value": []},
            "instruction": {"type": "mixed", "value": ""},
            "query": {"type": "mixed", "value": ""},
            "maximum_iterations": {"type": "constant", "value": 5},
        },
    },
    "human-input": {
        "form_content": "",
        "inputs": [],
        "user_actions": [{"id": "approve", "title": "Approve", "button_style": "primary"}],
        "delivery_methods": [],
        "timeout": 3,
        "timeout_unit": "day",
    },
    "trigger-webhook": {
        "method": "post",
        "content_type": "application/json",
        "headers": [],
        "params": [],
        "body": [],
        "async_mode": True,
        "status_code": 200,
        "response_body": "",
    },
    "trigger-schedule": {
        "mode": "visual",
        "frequency": "daily",
        "cron_expression": "",
        "visual_config": {"time": "12:00 AM", "on_minute": 0, "weekdays": ["sun"], "monthly_days": [1]},
        "timezone": "UTC",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A node type. `data` is that of a new node, `form` the JSON Schema of its settings with hints for forms."""

    type: str
    title: str
    data: JsonMap
    form: JsonMap


def blocks(mode: StoredMode | AppMode | str, model: ModelRef | None = None) -> Iterator[Block]:
    """The node types that an app of this mode can have, none for apps without a canvas. New nodes that ask a model ask
    `model`."""
    for kind in FORMS:
        if _is_offered(kind, StoredMode(mode)):
            title = _TITLES.get(kind) or kind.replace("-", " ").title()
            data: JsonMap = {"type": kind, "title": title, "desc": "", **deepcopy(_BEGIN.get(kind, {}))}
            if model is not None:
                _choose(data, model)
            yield Block(type=kind, title=title, data=data, form=_form(kind))


def _is_offered(kind: str, mode: StoredMode) -> bool:
    if mode is StoredMode.RAG_PIPELINE:
        return kind not in _NOT_IN_PIPELINES
    return AppMode(mode).has_graph and kind not in _NOT_OFFERED and _ONLY_IN.get(kind, mode) == mode


def _choose(data: JsonMap, model: ModelRef) -> None:
    """Put a model where a new node has none."""
    parameters = data.get("agent_parameters")
    holder = parameters.get("model") if isinstance(parameters, dict) else data
    asked = holder.get("value" if holder is not data else "model") if isinstance(holder, dict) else None
    if isinstance(asked, dict):
        asked.update(provider=model.provider, name=model.name, mode=model.mode)


@cache
def _form(kind: str) -> JsonMap:
    return FORMS[kind].model_json_schema()
