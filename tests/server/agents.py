"""Agent apps for tests, with a model that calls tools and one that reasons in text."""

import time
from collections.abc import Callable
from typing import Any

from tests.doubles.recording import Request
from tests.server.app_files import STUB, Node, answer, basic_app, chatflow, leads, start
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap

CALLER = {"provider": "openai_api_compatible", "name": "caller", "mode": "chat", "completion_params": {}}
"""The scripted model under a name of its own, set up to call tools."""

MATHS = {
    "enabled": True,
    "provider_type": "builtin",
    "provider_id": "maths",
    "provider_name": "maths",
    "tool_name": "eval_expression",
    "tool_label": "Evaluate an expression",
    "tool_parameters": {"expression": ""},
}
QR_CODE = {
    "enabled": True,
    "provider_type": "builtin",
    "provider_id": "qrcode",
    "provider_name": "qrcode",
    "tool_name": "qrcode_generator",
    "tool_label": "QR code",
    "tool_parameters": {},
}


def agent_app(*tools: JsonMap, strategy: str = "function_call", model: JsonMap = CALLER, **settings: Any) -> str:
    """An agent app as file text."""
    mode = {"enabled": True, "strategy": strategy, "max_iteration": 5, "prompt": None, "tools": list(tools)}
    mode |= settings.pop("agent_mode", {})
    return basic_app("agent-chat", name="Agent", prompt="Be exact.", model=model, agent_mode=mode, **settings)


def agent_node(node_id: str, *tools: JsonMap, strategy: str = "function_calling", to: str, **parameters: Any) -> Node:
    """An agent node that answers the question of the chat."""
    given = {
        "model": {"provider": "openai_api_compatible", "model": "caller", "mode": "chat", "model_type": "llm"},
        "tools": [in_node(tool) for tool in tools],
        "instruction": "Be exact.",
        "query": "{{#sys.query#}}",
        "maximum_iterations": 5,
        **parameters,
    }
    data = {
        "type": "agent",
        "title": node_id,
        "agent_strategy_provider_name": "langgenius/agent/agent",
        "agent_strategy_name": strategy,
        "agent_strategy_label": strategy,
        "agent_parameters": {name: {"type": "constant", "value": value} for name, value in given.items()},
    }
    return Node(node_id, data, leads(to))


def in_node(tool: JsonMap) -> JsonMap:
    """A tool of an agent app as an agent node spells it."""
    return {
        "enabled": True,
        "type": tool["provider_type"],
        "provider_name": tool["provider_name"],
        "tool_name": tool["tool_name"],
        "tool_label": tool["tool_label"],
        "settings": {},
        "parameters": {name: {"auto": 1, "value": None} for name in tool["tool_parameters"]},
        "extra": {"description": ""},
    }


CALLING = agent_app(MATHS, QR_CODE)
REASONING = agent_app(MATHS, strategy="react", model=STUB)
AGENT_CHATFLOW = chatflow(
    start(to="work"), agent_node("work", MATHS, QR_CODE, to="answer"), answer("{{#work.text#}}"), name="Agent chatflow"
)


def with_caller(bench: Workbench) -> Workbench:
    """The workbench, with the model `caller`."""
    if not bench.rows("SELECT 1 FROM model_credentials WHERE model = 'caller'"):
        credentials = {
            "endpoint_url": bench.model.url,
            "api_key": bench.model.key,
            "mode": "chat",
            "context_size": "8192",
            "function_calling_type": "tool_call",
            "stream_function_calling": "supported",
        }
        given = [part for name, value in credentials.items() for part in ("--credential", f"{name}={value}")]
        bench.command(
            "model", "add", "--provider", "openai_api_compatible", "--type", "llm", "--model", "caller", *given
        )
        time.sleep(1)  # until the server knows it: an unknown model's calls go to the default one
    return bench


def messages_of(request: Request) -> list[JsonMap]:
    assert isinstance(request.json, dict)
    messages: Any = request.json["messages"]
    return list(messages)


def in_round(query: str, number: int) -> Callable[[Request], bool]:
    """Whether a request is about `query`, with `number` results of tools behind that."""

    def holds(request: Request) -> bool:
        messages = messages_of(request)
        asked = [place for place, message in enumerate(messages) if message.get("content") == query]
        return bool(asked) and sum(message["role"] == "tool" for message in messages[asked[-1] :]) == number

    return holds
