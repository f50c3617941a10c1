"""Models that somebody serves in SageMaker: ranking, speech, and whether a Chinese text is fit to be shown.

Each endpoint speaks as the solution it was set up with. Source:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Link, Message, Text

from .client import asked

T = TypeVar("T")

_SAFE = "LABEL_0"
_SPEAKING = 300.0


class _Candidate(msgspec.Struct):
    content: str


class _Scores(msgspec.Struct):
    scores: list[float]


class _Spoken(msgspec.Struct):
    s3_presign_url: str


class _Judged(msgspec.Struct):
    """`body` is the same as text, where a function stands before the endpoint."""

    prediction: str = ""
    body: str = ""


async def sagemaker_text_rerank(call: Call) -> AsyncIterator[Message]:
    query, given = call.required("query"), call.required("candidate_texts")
    try:
        candidates = msgspec.json.decode(given, type=list[dict[str, Any]])
        docs = [msgspec.convert(each, _Candidate).content for each in candidates]
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ToolParameterError(
            f'The parameter "candidate_texts" is no JSON list of objects with a "content": {error}.'
        ) from error
    if not docs:
        raise ToolParameterError('The parameter "candidate_texts" is empty; give it passages to rank.')
    body: dict[str, JsonValue] = {"inputs": [query for _ in docs], "docs": [*docs]}
    found = await _invoked(call, _Scores, body)
    if len(found.scores) != len(docs):
        raise ToolInvokeError(
            f"The endpoint {call.text('sagemaker_endpoint')} gave {len(found.scores)} scores for {len(docs)} texts."
        )
    ranked = sorted(zip(candidates, found.scores, strict=True), key=lambda pair: -pair[1])
    for candidate, score in ranked[: call.integer("topk", 1)]:
        yield Json({**candidate, "score": score})


async def sagemaker_tts(call: Call) -> AsyncIterator[Message]:
    spoken = await _invoked(call, _Spoken, _speech(call), timeout=_SPEAKING)
    yield Text(spoken.s3_presign_url)
    yield Link(spoken.s3_presign_url, "audio/wav")


async def sagemaker_chinese_toxicity_detector(call: Call) -> AsyncIterator[Message]:
    judged = await _invoked(call, _Judged, {"text": call.required("content_text")})
    if judged.body:
        try:
            judged = msgspec.json.decode(judged.body, type=_Judged)
        except msgspec.DecodeError as error:
            raise ToolInvokeError(f"The endpoint answered with something unexpected: {error}.") from error
    if not judged.prediction:
        raise ToolInvokeError(f"The endpoint {call.text('sagemaker_endpoint')} answered without a prediction.")
    yield Text("SAFE" if judged.prediction == _SAFE else "NO_SAFE")


def _speech(call: Call) -> dict[str, JsonValue]:
    """What is to be said, and by whom. Raises ToolParameterError."""
    body: dict[str, JsonValue] = {"tts_text": call.required("text")}
    match call.text("tts_type"):
        case "CloneVoice":
            return body | {"prompt_text": call.required("prompt_text"), "prompt_audio": call.required("prompt_audio")}
        case "CloneVoice_CrossLingual":
            return body | {"prompt_audio": call.required("prompt_audio"), "lang_tag": call.required("lang_tag")}
        case "InstructVoice":
            return body | {"role": call.required("voice"), "instruct_text": call.required("instruct_text")}
        case _:
            return body | {"role": call.required("voice")}


async def _invoked(call: Call, answer: type[T], body: Mapping[str, JsonValue], *, timeout: float = 60) -> T:
    endpoint = quote(call.required("sagemaker_endpoint"), safe="")
    return await asked(call, answer, "sagemaker", f"/endpoints/{endpoint}/invocations", body, timeout=timeout)
