"""The rules of the chat endpoint that a schema cannot state: what goes together with what."""

import base64
import binascii
from collections.abc import Mapping, Sequence

from tests.doubles.http_double import Refused
from tests.doubles.recording import JsonValue, objects
from tests.doubles.script import message_text

Json = Mapping[str, JsonValue]


def check_chat(body: Json) -> None:
    """Raises Refused for a schema-valid chat request that the vendor answers with status 400."""
    messages = objects(body["messages"])
    check_options(body, messages)
    check_tool_turns(messages)
    check_tools(body)
    check_response_format(body)
    for index, message in enumerate(messages):
        check_media(index, message)


def check_options(body: Json, messages: Sequence[Json]) -> None:
    """Options that need or exclude each other."""
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refused(400, "'stream_options' is only allowed when 'stream' is true.", param="stream_options")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise Refused(400, "Set either 'max_tokens' or 'max_completion_tokens', not both.", param="max_tokens")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise Refused(400, "'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    response_format = body.get("response_format")
    wants_json = isinstance(response_format, dict) and response_format["type"] == "json_object"
    if wants_json and not any("json" in message_text(message).lower() for message in messages):
        raise Refused(400, "'messages' must mention 'json' for a json_object response format.", param="messages")


def check_tool_turns(messages: Sequence[Json]) -> None:
    """Every call is answered right after it by tool messages, and no tool message comes without its call."""
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            call_id = str(message["tool_call_id"])
            if call_id not in open_calls:
                raise Refused(
                    400,
                    f"messages[{index}]: a 'tool' message must answer a preceding message with 'tool_calls'; "
                    f"{call_id!r} is not open.",
                    param=f"messages[{index}].tool_call_id",
                )
            open_calls.remove(call_id)
            continue
        if open_calls:
            raise Refused(
                400,
                f"messages[{index}]: tool calls without a 'tool' message: {', '.join(open_calls)}.",
                param=f"messages[{index}].role",
            )
        if message["role"] == "assistant":
            open_calls = [str(call["id"]) for call in objects(message.get("tool_calls"))]
            if len(set(open_calls)) != len(open_calls):
                raise Refused(400, f"messages[{index}]: tool call ids repeat.", param=f"messages[{index}].tool_calls")
    if open_calls:
        raise Refused(400, f"Tool calls without a 'tool' message: {', '.join(open_calls)}.", param="messages")


def check_tools(body: Json) -> None:
    """Tool names are unique; a choice of tool needs tools and names one of them."""
    names = offered_tools(body)
    if len(set(names)) != len(names):
        raise Refused(400, "Tool names must be unique.", param="tools")
    for member, needs in (("tool_choice", "tools"), ("parallel_tool_calls", "tools"), ("function_call", "functions")):
        if member in body and needs not in body:
            raise Refused(400, f"'{member}' is only allowed when '{needs}' are specified.", param=member)
    if "tools" in body and "functions" in body:
        raise Refused(400, "Send either 'tools' or the older 'functions', not both.", param="functions")
    wanted = chosen_tool(body)
    if wanted is not None and wanted not in names:
        raise Refused(400, f"The chosen tool {wanted!r} is not among the tools.", param="tool_choice")
    for index, tool in enumerate(objects(body.get("tools"))):
        function = tool["function"]
        assert isinstance(function, dict)
        if function.get("strict") and isinstance(function.get("parameters"), dict):
            check_strict_schema(function["parameters"], f"tools[{index}].function.parameters")


def check_response_format(body: Json) -> None:
    """A strict structured-output schema closes and requires every property."""
    response_format = body.get("response_format")
    if not isinstance(response_format, dict) or response_format["type"] != "json_schema":
        return
    wrapper = response_format["json_schema"]
    assert isinstance(wrapper, dict)
    if wrapper.get("strict"):
        if not isinstance(wrapper.get("schema"), dict):
            raise Refused(400, "A strict json_schema needs a 'schema'.", param="response_format.json_schema.schema")
        check_strict_schema(wrapper["schema"], "response_format.json_schema.schema")


def check_strict_schema(schema: JsonValue, where: str) -> None:
    """Strict mode: every object has additionalProperties false and requires all its properties."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            check_strict_schema(item, f"{where}[{index}]")
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        if schema.get("additionalProperties") is not False:
            raise Refused(400, f"{where}: 'additionalProperties' must be false in strict mode.", param=where)
        required = schema.get("required")
        if isinstance(properties, dict) and set(properties) != set(required if isinstance(required, list) else []):
            raise Refused(400, f"{where}: 'required' must name every property in strict mode.", param=where)
    children = {**properties} if isinstance(properties, dict) else {}
    children |= {key: schema[key] for key in ("items", "anyOf", "$defs") if key in schema}
    defs = children.pop("$defs", None)
    for key, child in {**children, **(defs if isinstance(defs, dict) else {})}.items():
        check_strict_schema(child, f"{where}.{key}")


def check_media(index: int, message: Json) -> None:
    """Inline images hold decodable base64."""
    content = message.get("content")
    for position, part in enumerate(objects(content if isinstance(content, list) else None)):
        image = part.get("image_url")
        if not isinstance(image, dict) or not str(image["url"]).startswith("data:"):
            continue
        head, _, data = str(image["url"]).partition(",")
        try:
            decoded = base64.b64decode(data, validate=True) if head.endswith(";base64") else b""
        except binascii.Error:
            decoded = b""
        if not decoded:
            where = f"messages[{index}].content[{position}].image_url.url"
            raise Refused(400, f"{where}: not a base64 image.", param=where)


def tool_functions(body: Json) -> list[dict[str, JsonValue]]:
    """The declarations of the tools, or older functions, that a request offers."""
    tools = [tool["function"] for tool in objects(body.get("tools"))]
    return [*objects(tools), *objects(body.get("functions"))]


def offered_tools(body: Json) -> list[str]:
    """The names of the tools that a request offers."""
    return [str(function["name"]) for function in tool_functions(body)]


def chosen_tool(body: Json) -> str | None:
    """The tool a request insists on by name, or None."""
    choice = body.get("tool_choice", body.get("function_call"))
    if not isinstance(choice, dict):
        return None
    function = choice.get("function", choice)
    return str(function["name"]) if isinstance(function, dict) else None
