"""S3, Lambda and Bedrock (https://docs.aws.amazon.com/AmazonS3/latest/API/, https://docs.aws.amazon.com/bedrock/)."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import DEFAULT_MIME_TYPE, Blob, Json, Message, Text

from .canvas import nova_canvas
from .client import asked, in_s3, link, path_in_s3, who_am_i
from .endpoints import sagemaker_chinese_toxicity_detector, sagemaker_text_rerank, sagemaker_tts
from .reel import nova_reel
from .transcribe import transcribe_asr

__all__ = [
    "apply_guardrail",
    "bedrock_retrieve",
    "bedrock_retrieve_and_generate",
    "check",
    "lambda_translate_utils",
    "lambda_yaml_to_json",
    "nova_canvas",
    "nova_reel",
    "s3_operator",
    "sagemaker_chinese_toxicity_detector",
    "sagemaker_text_rerank",
    "sagemaker_tts",
    "transcribe_asr",
]

_OK = 200


class _Words(msgspec.Struct):
    text: str = ""


class _Guarded(msgspec.Struct):
    action: str
    outputs: list[_Words] = []
    assessments: list[dict[str, Any]] = []


class _Passage(msgspec.Struct):
    content: _Words
    score: float | None = None
    location: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


class _Passages(msgspec.Struct):
    retrievalResults: list[_Passage]  # noqa: N815 - the wire's names


class _Citation(msgspec.Struct):
    retrievedReferences: list[_Passage] = []  # noqa: N815


class _Answer(msgspec.Struct):
    output: _Words
    sessionId: str = ""  # noqa: N815
    citations: list[_Citation] = []


class _Made(msgspec.Struct):
    """What the function returned, or how it failed."""

    statusCode: int = 0  # noqa: N815
    body: str = ""
    errorMessage: str | None = None  # noqa: N815


async def check(call: Call) -> None:
    await who_am_i(call)


async def s3_operator(call: Call) -> AsyncIterator[Message]:
    path, writes = path_in_s3(call.required("s3_uri")), call.text("operation_type") == "write"
    if writes:
        await in_s3(call, "PUT", path, call.required("text_content").encode())
    if call.flag("generate_presign_url"):
        yield Text(link(call, path, call.integer("presign_expiry", 1, 604_800)))
    elif writes:
        yield Text(f"The text was written to {call.required('s3_uri')}.")
    else:
        response = await in_s3(call, "GET", path)
        try:
            yield Text(response.body.decode())
        except UnicodeDecodeError:
            kind = response.headers.get("content-type", DEFAULT_MIME_TYPE)
            yield Blob(response.body, kind.partition(";")[0], path.rpartition("/")[2])


async def apply_guardrail(call: Call) -> AsyncIterator[Message]:
    guardrail, version = (quote(call.required(name), safe="") for name in ("guardrail_id", "guardrail_version"))
    body: dict[str, JsonValue] = {
        "source": call.required("source"),
        "content": [{"text": {"text": call.required("text")}}],
    }
    found = await asked(call, _Guarded, "runtime", f"/guardrail/{guardrail}/version/{version}/apply", body)
    said = "".join(output.text for output in found.outputs)
    yield Text(said or f"{found.action}: {'the guardrail has no objection' if found.action == 'NONE' else 'stopped'}.")
    yield Json(
        {"action": found.action, "outputs": [each.text for each in found.outputs], "assessments": [*found.assessments]}
    )


async def lambda_yaml_to_json(call: Call) -> AsyncIterator[Message]:
    name = quote(call.required("lambda_name"), safe="")
    body: dict[str, JsonValue] = {"body": call.required("yaml_content")}
    made = await asked(call, _Made, "lambda", f"/2015-03-31/functions/{name}/invocations", body)
    if made.errorMessage is not None or made.statusCode != _OK:
        reason = made.errorMessage or f"it answered with status {made.statusCode}"
        raise ToolInvokeError(f"The function {call.text('lambda_name')} failed: {reason}.")
    yield Text(made.body)


async def lambda_translate_utils(call: Call) -> AsyncIterator[Message]:
    name = quote(call.required("lambda_name"), safe="")
    body: dict[str, JsonValue] = {
        "src_contents": [call.required("text_content")],
        "src_lang": call.required("src_lang"),
        "dest_lang": call.required("dest_lang"),
        "dictionary_id": call.required("dictionary_id"),
        "request_type": call.text("request_type"),
        "model_id": call.text("model_id"),
    }
    made: Any = await asked(call, dict[str, Any], "lambda", f"/2015-03-31/functions/{name}/invocations", body)
    if reason := made.get("errorMessage"):
        raise ToolInvokeError(f"The function {call.text('lambda_name')} failed: {reason}.")
    yield Text(msgspec.json.encode(made).decode())
    yield Json(made)


async def bedrock_retrieve(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "retrievalQuery": {"text": call.required("query")},
        "retrievalConfiguration": {"vectorSearchConfiguration": _search(call, "topk")},
    }
    base = quote(call.required("knowledge_base_id"), safe="")
    found = await asked(call, _Passages, "agents", f"/knowledgebases/{base}/retrieve", body)
    passages = found.retrievalResults
    yield Text("\n\n".join(passage.content.text for passage in passages) or "Nothing was found.")
    yield Json({"results": [_told(passage) for passage in passages]})


async def bedrock_retrieve_and_generate(call: Call) -> AsyncIterator[Message]:
    generation: dict[str, JsonValue] = {
        "inferenceConfig": {
            "textInferenceConfig": {
                "maxTokens": call.integer("max_tokens", 1),
                "temperature": call.number("temperature"),
                "topP": call.number("top_p"),
            }
        }
    }
    if prompt := call.text("prompt_template"):
        generation["promptTemplate"] = {"textPromptTemplate": prompt}
    if guardrail := call.text("guardrail_id"):
        version = call.required("guardrail_version")
        generation["guardrailConfiguration"] = {"guardrailId": guardrail, "guardrailVersion": version}
    search = {**_search(call, "number_of_results"), "overrideSearchType": call.text("search_type")}
    body: dict[str, JsonValue] = {
        "input": {"text": call.required("query")},
        "retrieveAndGenerateConfiguration": {
            "type": "KNOWLEDGE_BASE",
            "knowledgeBaseConfiguration": {
                "knowledgeBaseId": call.required("knowledge_base_id"),
                "modelArn": call.required("model_arn"),
                "retrievalConfiguration": {"vectorSearchConfiguration": search},
                "generationConfiguration": generation,
            },
        },
    }
    if session := call.text("session_id"):
        body["sessionId"] = session
    answer = await asked(call, _Answer, "agents", "/retrieveAndGenerate", body)
    yield Text(answer.output.text)
    cited = [_told(passage) for citation in answer.citations for passage in citation.retrievedReferences]
    yield Json({"session_id": answer.sessionId, "citations": cited})


def _search(call: Call, count: str) -> dict[str, JsonValue]:
    """How a knowledge base is searched. Raises ToolParameterError for a filter that is no JSON."""
    search: dict[str, JsonValue] = {"numberOfResults": call.integer(count, 1, 100)}
    text = call.text("metadata_filter")
    if text:
        try:
            wanted = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ToolParameterError(f'The parameter "metadata_filter" is no JSON object: {error}.') from error
        if wanted:
            search["filter"] = wanted
    return search


def _told(passage: _Passage) -> JsonValue:
    return {
        "content": passage.content.text,
        "score": passage.score,
        "location": passage.location,
        "metadata": passage.metadata,
    }
