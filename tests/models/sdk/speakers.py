"""The conversations as the vendors' documentation would have one write them with their SDKs.

Nothing here looks at our adapters: what they make of a request is compared with what these make of it.
"""

import base64
import json
from typing import Any

import msgspec
from anthropic import AsyncAnthropic, AsyncAnthropicVertex
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from openai import AsyncAzureOpenAI, AsyncOpenAI

from treadle.engine.ports import ChatRequest, Message, Part, ToolCall

Written = dict[str, Any]


async def through_openai(url: str, key: str, request: ChatRequest) -> list[Any]:
    """The chunks of the reply, by OpenAI's SDK."""
    return await _by_openai(AsyncOpenAI(base_url=url, api_key=key, max_retries=0), request)


async def through_azure(url: str, key: str, version: str, deployment: str, request: ChatRequest) -> list[Any]:
    """The same of a deployment at Azure, whose name is the model's."""
    sdk = AsyncAzureOpenAI(azure_endpoint=url, api_key=key, api_version=version, max_retries=0)
    model = msgspec.structs.replace(request.model, name=deployment)
    return await _by_openai(sdk, msgspec.structs.replace(request, model=model))


async def _by_openai(sdk: AsyncOpenAI, request: ChatRequest) -> list[Any]:
    arguments: Written = {name: value for name, value in request.parameters.items() if name != "json_schema"}
    form = arguments.pop("response_format", None)
    if form == "json_schema":
        arguments["response_format"] = {"type": form, "json_schema": request.parameters["json_schema"]}
    elif form:
        arguments["response_format"] = {"type": form}
    if request.tools:
        arguments["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in request.tools
        ]
    if request.stop:
        arguments["stop"] = list(request.stop)
    if request.user:
        arguments["user"] = request.user
    async with sdk as client:
        stream = await client.chat.completions.create(
            model=request.model.name,
            messages=[_openai_message(message) for message in request.messages],  # type: ignore[misc]
            stream=True,
            stream_options={"include_usage": True},
            **arguments,
        )
        return [chunk async for chunk in stream]


def _openai_message(message: Message) -> Written:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    written: Written = {"role": message.role, "content": message.content}
    if not isinstance(message.content, str):
        written["content"] = [_openai_part(part) for part in message.content]
    if message.tool_calls:
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        written["content"] = message.content or None
    return written


def _openai_part(part: Part) -> Written:
    data = f"data:{part.mime_type};base64,{part.data}"
    match part.type:
        case "text":
            return {"type": "text", "text": part.text}
        case "image":
            return {"type": "image_url", "image_url": {"url": part.url or data}}
        case "audio":
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case _:
            return {"type": "file", "file": {"filename": part.filename, "file_data": data}}


async def through_anthropic(url: str, key: str, request: ChatRequest) -> list[Any]:
    """The events of the reply, by Anthropic's SDK."""
    async with AsyncAnthropic(base_url=url.removesuffix("/v1"), api_key=key, max_retries=0) as client:
        stream = await client.messages.create(**_anthropic_arguments(request))
        return [event async for event in stream]


async def through_claude_on_vertex(url: str, token: str, request: ChatRequest) -> list[Any]:
    """The same at Vertex AI."""
    where: Written = {"project_id": "p-1", "region": "us-east5", "base_url": f"{url}/v1"}
    async with AsyncAnthropicVertex(**where, access_token=token, max_retries=0) as client:
        stream = await client.messages.create(**_anthropic_arguments(request))
        return [event async for event in stream]


def _anthropic_arguments(request: ChatRequest) -> Written:
    given = dict(request.parameters)
    arguments: Written = {"max_tokens": given.pop("max_tokens")}
    sampling = {name: given.pop(name) for name in ("temperature", "top_p") if name in given}
    if sampling:  # the way that the guide to the current version shows for models that still sample
        arguments |= {"extra_body": sampling, "extra_headers": {"anthropic-version": "2023-06-01"}}
    output: Written = {}
    if "effort" in given:
        output["effort"] = given["effort"]
    if given.get("response_format") == "json_schema":
        schema: Any = given["json_schema"]
        output["format"] = {"type": "json_schema", "schema": schema["schema"]}
    if output:
        arguments["output_config"] = output
    if "thinking" in given:
        on = {"type": "adaptive", "display": "summarized"}
        arguments["thinking"] = on if given["thinking"] else {"type": "disabled"}
    if "prompt_caching" in given:
        arguments["cache_control"] = {"type": "ephemeral", "ttl": given["prompt_caching"]}
    instructions = [str(message.content) for message in request.messages if message.role == "system"]
    if instructions:
        arguments["system"] = "\n\n".join(instructions)
    if request.tools:
        arguments["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.parameters or {"type": "object", "properties": {}},
            }
            for tool in request.tools
        ]
    if request.stop:
        arguments["stop_sequences"] = list(request.stop)
    if request.user:
        arguments["metadata"] = {"user_id": request.user}
    return {
        "model": request.model.name,
        "messages": _anthropic_messages(request.messages),
        "stream": True,
        **arguments,
    }


def _anthropic_messages(messages: tuple[Message, ...]) -> Any:
    written: list[Written] = []
    for place, message in enumerate(messages):
        if message.role == "system":
            continue
        if message.role == "tool":
            block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}
            if messages[place - 1].role == "tool":  # results of parallel calls stand in one message
                written[-1]["content"].append(block)
            else:
                written.append({"role": "user", "content": [block]})
        elif message.tool_calls:
            blocks: list[Written] = []
            for call in message.tool_calls:
                blocks += json.loads(call.carried) if call.carried else []
            blocks += [{"type": "text", "text": message.content}] if message.content else []
            blocks += [_tool_use(call) for call in message.tool_calls]
            written.append({"role": "assistant", "content": blocks})
        elif isinstance(message.content, str):
            written.append({"role": message.role, "content": message.content})
        else:
            written.append({"role": message.role, "content": [_anthropic_part(part) for part in message.content]})
    return written


def _tool_use(call: ToolCall) -> Written:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}


def _anthropic_part(part: Part) -> Written:
    source: Written = {"type": "base64", "media_type": part.mime_type, "data": part.data}
    if part.url:
        source = {"type": "url", "url": part.url}
    match part.type:
        case "text":
            return {"type": "text", "text": part.text}
        case "image":
            return {"type": "image", "source": source}
        case _:
            if part.mime_type == "text/plain":
                source = {"type": "text", "media_type": "text/plain", "data": base64.b64decode(part.data).decode()}
            named = {"title": part.filename} if part.filename else {}
            return {"type": "document", "source": source, **named}


async def through_gemini(url: str, key: str, request: ChatRequest) -> list[Any]:
    """The chunks of the reply, by Google's SDK."""
    options = types.HttpOptions(base_url=url.removesuffix("/v1beta"), api_version="v1beta")
    return await _gemini_chunks(genai.Client(api_key=key, http_options=options), request)


async def through_gemini_on_vertex(url: str, token: str, request: ChatRequest) -> list[Any]:
    """The same at Vertex AI."""
    client = genai.Client(
        vertexai=True,
        project="p-1",
        location="eu",
        credentials=Credentials(token=token),
        http_options=types.HttpOptions(base_url=url, api_version="v1"),
    )
    return await _gemini_chunks(client, request)


async def _gemini_chunks(client: genai.Client, request: ChatRequest) -> list[Any]:
    given = dict(request.parameters)
    config: Written = {
        name: given[name] for name in ("max_output_tokens", "temperature", "top_p", "seed") if name in given
    }
    thinking = {
        name: given[name] for name in ("include_thoughts", "thinking_budget", "thinking_level") if name in given
    }
    if thinking:
        config["thinking_config"] = types.ThinkingConfig(**thinking)  # type: ignore[arg-type]
    form = given.get("response_format")
    if form:
        config["response_mime_type"] = "application/json"
    if form == "json_schema":
        schema: Any = given["json_schema"]
        config["response_json_schema"] = schema["schema"]
    instructions = [str(message.content) for message in request.messages if message.role == "system"]
    if instructions:
        config["system_instruction"] = "\n\n".join(instructions)
    if request.stop:
        config["stop_sequences"] = list(request.stop)
    if request.tools:
        declarations = [
            types.FunctionDeclaration(
                name=tool.name, description=tool.description, parameters_json_schema=tool.parameters or None
            )
            for tool in request.tools
        ]
        config["tools"] = [types.Tool(function_declarations=declarations)]
    try:
        stream = await client.aio.models.generate_content_stream(
            model=request.model.name,
            contents=_gemini_contents(request.messages),  # type: ignore[arg-type]
            config=types.GenerateContentConfig(**config),
        )
        return [chunk async for chunk in stream]
    finally:
        await client.aio.aclose()


def _gemini_contents(messages: tuple[Message, ...]) -> list[types.Content]:
    contents: list[types.Content] = []
    for place, message in enumerate(messages):
        if message.role == "system":
            continue
        if message.role == "tool":
            answered = types.FunctionResponse(
                id=message.tool_call_id, name=message.name, response={"output": message.content}
            )
            part = types.Part(function_response=answered)
            if messages[place - 1].role == "tool":  # results of parallel calls stand in one content
                (contents[-1].parts or []).append(part)
            else:
                contents.append(types.Content(role="user", parts=[part]))
            continue
        content = message.content
        parts = [types.Part(text=content)] if isinstance(content, str) else [_gemini_part(each) for each in content]
        if message.tool_calls and not content:
            parts = []
        for call in message.tool_calls:
            signature = base64.b64decode(call.carried) if call.carried else None
            function = types.FunctionCall(id=call.id, name=call.name, args=json.loads(call.arguments))
            parts.append(types.Part(function_call=function, thought_signature=signature))
        contents.append(types.Content(role="model" if message.role == "assistant" else "user", parts=parts))
    return contents


def _gemini_part(part: Part) -> types.Part:
    if part.type == "text":
        return types.Part(text=part.text)
    if part.url:
        return types.Part(file_data=types.FileData(file_uri=part.url, mime_type=part.mime_type))
    return types.Part(inline_data=types.Blob(data=base64.b64decode(part.data), mime_type=part.mime_type))
