"""What an obedient model answers when nothing is scripted."""

import json

from tests.doubles.chat_rules import chosen_tool, tool_functions
from tests.doubles.instance import instance_of
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import Reply, ToolCall, last_user_text


def default_reply(request: Request) -> Reply:
    """The tool that the request insists on, the JSON it asks for, or an echo of the last user message."""
    body: dict[str, JsonValue] = request.json
    text = last_user_text(request)
    tools = tool_functions(body)
    wanted = chosen_tool(body) or (tools[0]["name"] if body.get("tool_choice") == "required" else None)
    for tool in tools:
        if tool["name"] == wanted:
            arguments = instance_of(tool.get("parameters", {"type": "object"}), text)
            return Reply(tool_calls=(ToolCall(str(wanted), json.dumps(arguments, ensure_ascii=False)),))
    said = f"You said: {text}"
    shape = asked_shape(body)
    return Reply(said if shape is None else json.dumps(instance_of(shape, said), ensure_ascii=False))


def asked_shape(body: dict[str, JsonValue]) -> JsonValue:
    """The JSON Schema of the answer that a request asks for; None when plain text will do."""
    response_format = body.get("response_format")
    if not isinstance(response_format, dict) or response_format["type"] == "text":
        return None
    wrapper = response_format.get("json_schema")
    if isinstance(wrapper, dict):
        return wrapper.get("schema", {"type": "object"})
    return {"type": "object", "properties": {"answer": {"type": "string"}}}
