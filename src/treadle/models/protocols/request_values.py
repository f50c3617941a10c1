"""What several protocols read from a request in the same way."""

from collections.abc import Sequence

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Part, ToolCall
from treadle.engine.values import JsonValue
from treadle.models.target import Target

ANSWER_WITH_JSON = "Answer with a JSON object."
"""What a prompt is told that is to be answered so and does not say it."""


def text_of(content: str | Sequence[Part]) -> str:
    """The text of a message, its text parts on lines of their own."""
    return content if isinstance(content, str) else "\n".join(part.text for part in content if part.type == "text")


def mentions_json(request: ChatRequest) -> bool:
    """Whether the word stands anywhere in the prompt: without it nobody answers with JSON, and some vendors refuse."""
    return any("json" in text_of(message.content).lower() for message in request.messages)


def arguments_of(call: ToolCall) -> dict[str, JsonValue]:
    """The arguments of a call as an object; none where the model wrote no such thing."""
    try:
        return msgspec.to_builtins(msgspec.json.decode(call.arguments, type=dict[str, object]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def schema_of(target: Target, parameter: JsonValue) -> dict[str, JsonValue]:
    """The JSON Schema in the parameter `json_schema`: text or object, by itself or beside its name.

    Raises InvokeBadRequestError.
    """
    if isinstance(parameter, str) and parameter.strip():
        try:
            parameter = msgspec.to_builtins(msgspec.json.decode(parameter, type=dict[str, object]))
        except msgspec.DecodeError as error:
            raise InvokeBadRequestError(target.says(f"json_schema is not a JSON object: {error}.")) from error
    if not isinstance(parameter, dict):
        raise InvokeBadRequestError(
            target.says("response_format json_schema needs the parameter json_schema; fill it in.")
        )
    inner = parameter.get("schema")
    return inner if isinstance(inner, dict) and "type" not in parameter else parameter
