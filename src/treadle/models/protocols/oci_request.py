"""From a ChatRequest to the body of a chat of Oracle Cloud: its general layout, and that of Cohere's older models.

Source: spec models-and-tools §1.20 (`oci`); the vendor's reference of ChatDetails.
"""

import re

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .oci_signing import compartment_of
from .openai_request import Body, json_schema, media_url
from .request_values import arguments_of, text_of

_COHERE = re.compile(r"cohere\.command-(r|plus|light|a-03|latest)")
_NAMES = {
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxTokens",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "temperature": "temperature",
    "seed": "seed",
    "reasoning_effort": "reasoningEffort",
}
_COHERE_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}


def speaks_cohere(target: Target) -> bool:
    """Whether the model takes the layout of Cohere's older models."""
    return _COHERE.match(target.upstream) is not None


def chat_details(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/actions/chat`. Raises InvokeBadRequestError for what cannot be sent."""
    layout = _cohere(target, request) if speaks_cohere(target) else _generic(target, request)
    layout |= {_NAMES.get(name, name): value for name, value in _plain(request).items()}
    if stream:
        layout["isStream"] = True
        layout["streamOptions"] = {"isIncludeUsage": True}
    return {**addressed(target), "chatRequest": layout}


def addressed(target: Target) -> Body:
    """Who is charged, and which model is meant: a model of the vendor, or a dedicated endpoint by its OCID."""
    dedicated = target.upstream.startswith("ocid1.generativeaiendpoint")
    mode: Body = (
        {"servingType": "DEDICATED", "endpointId": target.upstream}
        if dedicated
        else {"servingType": "ON_DEMAND", "modelId": target.upstream}
    )
    return {"compartmentId": compartment_of(target), "servingMode": mode}


def _plain(request: ChatRequest) -> Body:
    return {
        name: value
        for name, value in request.parameters.items()
        if value is not None and name not in ("response_format", "json_schema")
    }


def _generic(target: Target, request: ChatRequest) -> Body:
    body: Body = {
        "apiFormat": "GENERIC",
        "messages": [_message(target, message) for message in request.messages],
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "FUNCTION",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters or {"type": "object", "properties": {}},
            }
            for tool in request.tools
        ]
        body["toolChoice"] = {"type": "AUTO"}
    if request.stop:
        body["stop"] = list(request.stop)
    match request.parameters.get("response_format"):
        case "json_object":
            body["responseFormat"] = {"type": "JSON_OBJECT"}
        case "json_schema":
            wrapped = json_schema(target, request.parameters.get("json_schema"))
            schema = wrapped.get("schema", wrapped)
            body["responseFormat"] = {
                "type": "JSON_SCHEMA",
                "jsonSchema": {"name": str(wrapped.get("name", "reply")), "schema": schema, "isStrict": True},
            }
        case _:
            pass
    return body


def _message(target: Target, message: Message) -> Body:
    body: Body = {"role": message.role.upper(), "content": _content(target, message)}
    if message.role == "tool":
        body["toolCallId"] = message.tool_call_id or ""
    if message.tool_calls:
        body["toolCalls"] = [
            {"type": "FUNCTION", "id": call.id, "name": call.name, "arguments": call.arguments}
            for call in message.tool_calls
        ]
        if not text_of(message.content):
            del body["content"]
    return body


def _content(target: Target, message: Message) -> list[JsonValue]:
    if isinstance(message.content, str):
        return [{"type": "TEXT", "text": message.content}]
    return [_part(target, part) for part in message.content]


def _part(target: Target, part: Part) -> Body:
    if part.type == "text":
        return {"type": "TEXT", "text": part.text}
    if part.type == "image":
        return {"type": "IMAGE", "imageUrl": {"url": media_url(part), "detail": part.detail.upper()}}
    raise InvokeBadRequestError(
        target.says(f"this provider takes texts and images, no {part.type}. Leave it out, or use another model.")
    )


def _cohere(target: Target, request: ChatRequest) -> Body:
    """The last question apart from what was said before, and the answers of tools apart from both."""
    system = "\n\n".join(text_of(each.content) for each in request.messages if each.role == "system")
    turns = [each for each in request.messages if each.role != "system"]
    answers = list[Message]()
    while turns and turns[-1].role == "tool":
        answers.insert(0, turns.pop())
    asking = turns.pop() if answers and turns and turns[-1].tool_calls else None
    question = turns.pop() if turns and turns[-1].role == "user" else None
    body: Body = {
        "apiFormat": "COHERE",
        "message": text_of(question.content) if question else system,
        "chatHistory": [_said(each) for each in turns],
    }
    if system and question:
        body["preambleOverride"] = system
    if request.tools:
        body["tools"] = [_cohere_tool(tool) for tool in request.tools]
        body["isForceSingleStep"] = True
    if asking is not None:
        calls = {call.id: call for call in asking.tool_calls}
        body["toolResults"] = [
            {
                "call": {"name": call.name, "parameters": arguments_of(call)},
                "outputs": [{"output": text_of(answer.content)}],
            }
            for answer in answers
            if (call := calls.get(answer.tool_call_id or "")) is not None
        ]
    if request.stop:
        body["stopSequences"] = list(request.stop)
    if request.parameters.get("response_format") == "json_object":
        body["responseFormat"] = {"type": "JSON_OBJECT"}
    return body


def _said(message: Message) -> Body:
    role = {"user": "USER", "assistant": "CHATBOT"}.get(message.role, "USER")
    body: Body = {"role": role, "message": text_of(message.content)}
    if message.tool_calls:
        body["toolCalls"] = [{"name": call.name, "parameters": arguments_of(call)} for call in message.tool_calls]
    return body


def _cohere_tool(tool: ToolSpec) -> Body:
    members = tool.parameters.get("properties")
    needed = tool.parameters.get("required")
    definitions: Body = {}
    for name, member in (members if isinstance(members, dict) else {}).items():
        described = member if isinstance(member, dict) else {}
        definitions[name] = {
            "type": _COHERE_TYPES.get(str(described.get("type")), "str"),
            "description": str(described.get("description", "")),
            "isRequired": isinstance(needed, list) and name in needed,
        }
    return {"name": tool.name, "description": tool.description, "parameterDefinitions": definitions}
