"""What our adapters send to Cohere, AWS and OpenAI's Responses is what the SDKs send, but for differences meant."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import boto3
import cohere
import pytest
from botocore.config import Config
from openai import AsyncOpenAI

from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.schema import SCHEMAS
from tests.doubles.vendor import ScriptedVendor
from tests.models.sdk.conversations import CONVERSATIONS, Conversation
from tests.models.sdk.schemas import written
from tests.models.sdk.service_schemas import schemas
from tests.models.sdk.test_requests import differences
from tests.models.vendors import said, target_at
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.models.http import ModelHttp
from treadle.models.protocols import protocol
from treadle.models.protocols.bedrock import Bedrock
from treadle.models.protocols.rerank_http import HttpRerank

Vendor = Literal["cohere", "bedrock", "responses"]
Written = dict[str, Any]

MODELS: dict[Vendor, str] = {
    "cohere": "command-a-03-2025",
    "bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "responses": "gpt-5",
}


@dataclass(frozen=True)
class Difference:
    """A difference that is meant. `path`: everything that begins so; `conversation` empty: in all of them."""

    vendor: Vendor
    conversation: str
    path: str
    reason: str


EMPTY = "a tool without parameters takes an empty object: compatible servers demand one"

MEANT = (
    Difference("cohere", "a tool without parameters", "tools[0].function.parameters", EMPTY),
    Difference("cohere", "", "tools[1].function.parameters", EMPTY),
    Difference("cohere", "an empty result", "tools[0].function.parameters", EMPTY),
    Difference("bedrock", "a tool without parameters", "toolConfig.tools[0].toolSpec.inputSchema", EMPTY),
    Difference("bedrock", "", "toolConfig.tools[1].toolSpec.inputSchema", EMPTY),
    Difference("bedrock", "an empty result", "toolConfig.tools[0].toolSpec.inputSchema", EMPTY),
    Difference("bedrock", "an empty assistant turn", "messages", "blank text is refused: the turn is left out"),
    Difference("bedrock", "two user turns in a row", "messages", "turns alternate: they are joined"),
    Difference("bedrock", "calls, but no tools any more", "toolConfig", "tools of the past must be declared"),
    Difference("bedrock", "a document", "messages[0].content[0].document.name", "names are made fit, and not repeated"),
    Difference("bedrock", "a text document", "messages[0].content[0].document.name", "the same"),
    Difference("responses", "a tool without parameters", "tools[0].parameters", EMPTY),
    Difference("responses", "", "tools[1].parameters", EMPTY),
    Difference("responses", "an empty result", "tools[0].parameters", EMPTY),
    Difference("responses", "a limit", "max_output_tokens", "less than 16 is refused"),
)

UNFIT: dict[Vendor, dict[str, str]] = {
    "cohere": {
        "a document": "no documents in chats", "a linked document": "no documents in chats",
        "a text document": "no documents in chats", "sound": "no sound", "a film": "no films",
        "a user": "no member for users",
    },
    "bedrock": {
        "a linked image": "data alone", "two images around text": "data alone", "a linked document": "data alone",
        "sound": "another model's", "seed": "a model's own", "a user": "no member for users",
        "any JSON": "schemas alone", "system alone": "a message is demanded",
        "begins with the assistant": "refused by the vendor",
    },
    "responses": {
        "seed": "goes to the older protocol", "a stop word": "goes to the older protocol",
        "several stop words": "goes to the older protocol", "sound": "goes to the older protocol",
        "a film": "goes to the older protocol",
    },
}  # fmt: skip
"""Conversations with something that the vendor's chat has no place for."""

OWN = {"thinking", "no thinking", "signed thoughts", "a signed call", "prompt caching"}
"""Conversations with parameters of other vendors' own."""

CASES = [
    (vendor, each)
    for vendor in get_args(Vendor)
    for each in CONVERSATIONS
    if each.name not in UNFIT[vendor] and each.name not in OWN
]


def data_uri(part: Part) -> str:
    return part.url or f"data:{part.mime_type};base64,{part.data}"


async def through_cohere(server: ScriptedVendor, request: ChatRequest) -> None:
    """By Cohere's SDK, as its documentation has one write it."""
    given: Written = dict(request.parameters)
    if "top_p" in given:
        given["p"] = given.pop("top_p")
    if (form := given.pop("response_format", None)) is not None:
        given["response_format"] = {"type": "json_object"}
        if form == "json_schema":
            given["response_format"]["json_schema"] = given.pop("json_schema")["schema"]
    if request.tools:
        given["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
            for t in request.tools
        ]
    if request.stop:
        given["stop_sequences"] = list(request.stop)
    async with cohere.AsyncClientV2(api_key=server.key, base_url=server.url) as client:
        stream = client.chat_stream(
            model=request.model.name, messages=[_cohere_message(each) for each in request.messages], **given
        )
        async for _ in stream:
            pass


def _cohere_message(message: Message) -> Written:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    content: Any = message.content
    if not isinstance(content, str):
        content = [
            {"type": "text", "text": part.text}
            if part.type == "text"
            else {"type": "image_url", "image_url": {"url": data_uri(part), "detail": part.detail}}
            for part in content
        ]
    body: Written = {"role": message.role, "content": content}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        if not content:
            del body["content"]
    return body


async def through_boto(server: ScriptedVendor, request: ChatRequest) -> None:
    """By boto3, in a thread."""
    await asyncio.to_thread(_through_boto, server, request)


def _through_boto(server: ScriptedVendor, request: ChatRequest) -> None:
    given: Written = dict(request.parameters)
    names = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP"}
    inference = {names[name]: given.pop(name) for name in [*given] if name in names}
    if request.stop:
        inference["stopSequences"] = list(request.stop)
    arguments: Written = {"inferenceConfig": inference}
    if given.get("response_format") == "json_schema":
        schema = given["json_schema"]
        text = json.dumps(schema["schema"], separators=(",", ":"))
        structure = {"jsonSchema": {"schema": text, "name": schema["name"]}}
        arguments["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    if request.tools:
        specs = [
            {"toolSpec": {"name": t.name, "description": t.description, "inputSchema": {"json": t.parameters}}}
            for t in request.tools
        ]
        arguments["toolConfig"] = {"tools": specs, "toolChoice": {"auto": {}}}
    system = [{"text": str(each.content)} for each in request.messages if each.role == "system"]
    if system:
        arguments["system"] = system
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id=server.key,
        aws_secret_access_key="secret/key",
        config=Config(retries={"max_attempts": 0}, parameter_validation=False, proxies={}),
    )
    answer = client.converse_stream(modelId=request.model.name, messages=_boto_messages(request.messages), **arguments)
    for _ in answer["stream"]:
        pass


def _boto_messages(messages: tuple[Message, ...]) -> list[Written]:
    turns: list[Written] = []
    for place, message in enumerate(messages):
        if message.role == "system":
            continue
        if message.role == "tool":
            result = {"toolResult": {"toolUseId": message.tool_call_id, "content": [{"text": message.content}]}}
            if messages[place - 1].role == "tool":
                turns[-1]["content"].append(result)
            else:
                turns.append({"role": "user", "content": [result]})
            continue
        content = message.content
        blocks: list[Written] = [{"text": content}] if isinstance(content, str) else [_boto_part(p) for p in content]
        if message.tool_calls and not content:
            blocks = []
        for call in message.tool_calls:
            blocks.append({"toolUse": {"toolUseId": call.id, "name": call.name, "input": json.loads(call.arguments)}})
        turns.append({"role": message.role, "content": blocks})
    return turns


def _boto_part(part: Part) -> Written:
    if part.type == "text":
        return {"text": part.text}
    named = {"name": part.filename} if part.type == "document" else {}
    return {part.type: {"format": part.format, "source": {"bytes": base64.b64decode(part.data)}, **named}}


async def through_openai(server: ScriptedVendor, request: ChatRequest) -> None:
    """By OpenAI's SDK."""
    given: Written = dict(request.parameters)
    given["max_output_tokens"] = given.pop("max_tokens")
    form = given.pop("response_format", None)
    if form == "json_schema":
        schema = given.pop("json_schema")
        given["text"] = {"format": {"type": form, "name": schema["name"], "schema": schema["schema"]}}
    elif form:
        given["text"] = {"format": {"type": form}}
    if request.tools:
        given["tools"] = [
            {
                "type": "function",
                "name": t.name,
                "description": t.description,
                "parameters": t.parameters,
                "strict": False,
            }
            for t in request.tools
        ]
        given["tool_choice"] = "auto"
    if request.user:
        given["user"] = request.user
    items = [item for message in request.messages for item in _response_items(message)]
    async with AsyncOpenAI(base_url=server.url, api_key=server.key, max_retries=0) as client:
        stream = await client.responses.create(
            model=request.model.name,
            input=items,  # type: ignore[arg-type]
            store=False,
            include=["reasoning.encrypted_content"],
            reasoning={"summary": "auto"},
            stream=True,
            **given,
        )
        async for _ in stream:
            pass


def _response_items(message: Message) -> list[Written]:
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": message.content}]
    content: Any = message.content
    if not isinstance(content, str):
        content = [_response_part(part) for part in content]
    calls = [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    spoken: list[Written] = [{"role": message.role, "content": content}] if content or not calls else []
    return spoken + calls


def _response_part(part: Part) -> Written:
    match part.type:
        case "text":
            return {"type": "input_text", "text": part.text}
        case "image":
            return {"type": "input_image", "image_url": data_uri(part), "detail": part.detail}
        case _ if part.url:
            return {"type": "input_file", "file_url": part.url}
        case _:
            return {"type": "input_file", "filename": part.filename, "file_data": data_uri(part)}


SPEAKERS: dict[Vendor, Callable[[ScriptedVendor, ChatRequest], Awaitable[None]]] = {
    "cohere": through_cohere,
    "bedrock": through_boto,
    "responses": through_openai,
}
DOUBLES: dict[Vendor, type[ScriptedVendor]] = {
    "cohere": ScriptedCohere,
    "bedrock": ScriptedBedrock,
    "responses": ScriptedResponses,
}


@pytest.fixture
async def doubles() -> AsyncIterator[dict[Vendor, ScriptedVendor]]:
    async with ScriptedCohere() as one, ScriptedBedrock() as two, ScriptedResponses() as three:
        yield {"cohere": one, "bedrock": two, "responses": three}


async def both(http: ModelHttp, server: ScriptedVendor, vendor: Vendor, each: Conversation) -> tuple[Any, Any]:
    """The bodies that the SDK and our adapter send. What the double refuses of the SDK's is no fault of ours."""
    parameters = {"max_tokens": 1500, **each.parameters}
    asked = each.request("openai")
    request = ChatRequest(
        model=type(asked.model)(vendor, MODELS[vendor]),
        messages=asked.messages,
        parameters=parameters,
        stop=asked.stop,
        tools=asked.tools,
        user=asked.user,
    )
    try:
        await SPEAKERS[vendor](server, request)
    except Exception:
        server.take_violations()
    keys = {"aws_access_key_id": server.key, "aws_secret_access_key": "secret/key"} if vendor == "bedrock" else {}
    target = target_at(server.url, "" if vendor == "bedrock" else server.key, model=MODELS[vendor], **keys)
    await said(protocol(vendor, http), target, request)
    sdk, own = server.requests
    assert sdk.path == own.path
    return sdk.json, own.json


def meant(vendor: Vendor, conversation: str, path: str) -> bool:
    """Whether a difference is in the table."""
    return any(
        row.vendor == vendor and row.conversation in ("", conversation) and path.startswith(row.path) for row in MEANT
    )


@pytest.mark.parametrize(("vendor", "each"), CASES, ids=[f"{vendor}-{each.name}" for vendor, each in CASES])
async def test_the_sdk_and_we_send_the_same(
    http: ModelHttp, doubles: dict[Vendor, ScriptedVendor], vendor: Vendor, each: Conversation
) -> None:
    sdk, own = await both(http, doubles[vendor], vendor, each)
    unmeant = {path: values for path, values in differences(sdk, own).items() if not meant(vendor, each.name, path)}
    assert unmeant == {}


async def test_embeddings_and_scores_are_asked_for_as_coheres_sdk_does(
    http: ModelHttp, doubles: dict[Vendor, ScriptedVendor]
) -> None:
    server = doubles["cohere"]
    async with cohere.AsyncClientV2(api_key=server.key, base_url=server.url) as client:
        await client.embed(
            model="embed-v4.0",
            texts=["one", "two"],
            input_type="search_document",
            embedding_types=["float"],
            truncate="END",
        )
        await client.rerank(model="rerank-v3.5", query="one", documents=["one", "two"], top_n=1)
    await protocol("cohere", http).embed(
        target_at(server.url, server.key, model="embed-v4.0"), ["one", "two"], "document"
    )
    ranker = target_at(server.url, server.key, model="rerank-v3.5", rerank="cohere")
    await HttpRerank(http).rerank(ranker, "one", ["one", "two"], 1)
    sdk_embed, sdk_rank, own_embed, own_rank = server.requests
    assert (own_embed.path, own_embed.json) == (sdk_embed.path, sdk_embed.json)
    assert (own_rank.path, own_rank.json) == (sdk_rank.path, sdk_rank.json)


async def test_scores_are_asked_for_as_boto3_does(http: ModelHttp, doubles: dict[Vendor, ScriptedVendor]) -> None:
    server = doubles["bedrock"]
    arn = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"

    def call() -> None:
        client = boto3.client(
            "bedrock-agent-runtime",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id=server.key,
            aws_secret_access_key="secret/key",
            config=Config(proxies={}),
        )
        client.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": "one"}}],
            sources=[
                {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}}
                for text in ("one", "two")
            ],
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {"modelConfiguration": {"modelArn": arn}, "numberOfResults": 1},
            },
        )

    await asyncio.to_thread(call)
    keys = {"aws_access_key_id": server.key, "aws_secret_access_key": "secret/key"}
    target = target_at(server.url, model="cohere.rerank-v3-5:0", **keys)
    await Bedrock(http).rerank(target, "one", ["one", "two"], 1)
    sdk, own = server.requests
    assert (own.path, own.json) == (sdk.path, sdk.json)


@pytest.mark.parametrize("name", list(schemas()))
def test_the_kept_schemas_are_those_of_the_packages(name: str) -> None:
    assert (SCHEMAS / f"{name}.json").read_text() == written(schemas()[name])
