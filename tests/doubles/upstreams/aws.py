"""S3, Bedrock, SageMaker, Transcribe, Lambda and the service that tells whose keys they are.

Each request must be signed by the right secret.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from aiohttp import web
from jsonschema import Draft202012Validator

from tests.doubles.bedrock_wire import signed
from tests.doubles.http_double import Refused
from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, INTEGER, NUMBER, TEXT, TEXTS, Answer, Endpoint, Vendor, obj

KEY, SECRET, REGION = "AKIAWEAVER", "key-1", "eu-west-1"

_PASSAGE: JsonValue = {
    "content": {"text": "Looms weave.", "type": "TEXT"},
    "location": {"type": "S3", "s3Location": {"uri": "s3://mill/looms.md"}},
    "score": 0.7,
    "metadata": {"year": 2024},
}


_WORDS = {"text": TEXT}
_NOT = {"negativeText": TEXT}
_IMAGE = {"image": TEXT}
_TASKS = {
    "TEXT_IMAGE": ("textToImageParams", obj(_WORDS, _NOT)),
    "COLOR_GUIDED_GENERATION": (
        "colorGuidedGenerationParams",
        obj({**_WORDS, "colors": {**TEXTS, "minItems": 1}}, {**_NOT, "referenceImage": TEXT}),
    ),
    "IMAGE_VARIATION": ("imageVariationParams", obj({**_WORDS, "images": TEXTS, "similarityStrength": NUMBER}, _NOT)),
    "INPAINTING": ("inPaintingParams", obj({**_WORDS, **_IMAGE, "maskPrompt": TEXT}, _NOT)),
    "OUTPAINTING": (
        "outPaintingParams",
        obj({**_WORDS, **_IMAGE, "maskPrompt": TEXT, "outPaintingMode": {"enum": ["DEFAULT", "PRECISE"]}}, _NOT),
    ),
}
_CONFIG = obj(
    {
        "numberOfImages": INTEGER,
        "width": INTEGER,
        "height": INTEGER,
        "cfgScale": NUMBER,
        "seed": INTEGER,
        "quality": {"enum": ["standard", "premium"]},
    }
)
_PICTURE = {
    "type": "object",
    "oneOf": [
        *(
            obj({"taskType": kind, name: form, "imageGenerationConfig": _CONFIG})
            for kind, (name, form) in _TASKS.items()
        ),
        obj({"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": obj(_IMAGE)}),
    ],
}


def _painted(request: Request) -> JsonValue:
    """A picture that tells of what kind it is; none of what is not allowed."""
    if "forbidden" in str(request.json):
        return {"images": [], "error": "Content was blocked."}
    return {"images": [b64encode(str(request.json["taskType"]).encode()).decode()]}


ARN = "arn:aws:bedrock:eu-west-1:123456789012:async-invoke/reel7"
_REEL = obj(
    {
        "modelId": "amazon.nova-reel-v1:0",
        "modelInput": obj(
            {
                "taskType": "TEXT_VIDEO",
                "textToVideoParams": obj(
                    {"text": TEXT},
                    {
                        "images": {
                            "type": "array",
                            "items": obj({"format": {"enum": ["png", "jpeg"]}, "source": obj({"bytes": TEXT})}),
                            "maxItems": 1,
                        }
                    },
                ),
                "videoGenerationConfig": obj(
                    {"durationSeconds": 6, "fps": 24, "dimension": "1280x720", "seed": INTEGER}
                ),
            }
        ),
        "outputDataConfig": obj({"s3OutputDataConfig": obj({"s3Uri": TEXT})}),
    }
)
_SPEECH = {
    "type": "object",
    "oneOf": [
        obj({"tts_text": TEXT, "role": TEXT}),
        obj({"tts_text": TEXT, "prompt_text": TEXT, "prompt_audio": TEXT}),
        obj({"tts_text": TEXT, "prompt_audio": TEXT, "lang_tag": TEXT}),
        obj({"tts_text": TEXT, "role": TEXT, "instruct_text": TEXT}),
    ],
}
_JOB = {
    "type": "object",
    "oneOf": [
        obj({"TranscriptionJobName": TEXT}),
        *(
            obj(
                {"TranscriptionJobName": TEXT, "Media": obj({"MediaFileUri": TEXT}), language: value},
                {
                    "MediaFormat": {"enum": ["mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"]},
                    "LanguageOptions": TEXTS,
                    "Settings": obj({"ShowSpeakerLabels": True, "MaxSpeakerLabels": INTEGER}),
                },
            )
            for language, value in (
                ("LanguageCode", TEXT),
                ("IdentifyLanguage", {"enum": [True]}),
                ("IdentifyMultipleLanguages", {"enum": [True]}),
            )
        ),
    ],
}


def _word(text: str, speaker: str = "", *, mark: bool = False) -> JsonValue:
    said: dict[str, JsonValue] = {"alternatives": [{"confidence": "0.99", "content": text}]}
    label: dict[str, JsonValue] = {"speaker_label": speaker} if speaker else {}
    return {**said, **label, "type": "punctuation" if mark else "pronunciation"}


TALK: JsonValue = {
    "jobName": "j",
    "status": "COMPLETED",
    "results": {
        "transcripts": [{"transcript": "Good morning. Hello"}],
        "items": [
            _word("Good", "spk_0"),
            _word("morning", "spk_0"),
            _word(".", "spk_0", mark=True),
            _word("Hello", "spk_1"),
        ],
    },
}


class Jobs:
    """Transcription jobs: each is done when it is asked about for the second time."""

    def __init__(self) -> None:
        self.started: list[dict[str, JsonValue]] = []
        self._looks = 0

    def answer(self, request: Request) -> JsonValue:
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        if operation == "StartTranscriptionJob":
            self.started.append(request.json)
            return self._job("IN_PROGRESS")
        assert request.json == {"TranscriptionJobName": self.started[-1]["TranscriptionJobName"]}
        self._looks += 1
        if self._looks < 2:
            return self._job("IN_PROGRESS")
        if "broken" in str(self.started[-1]["Media"]):
            return self._job("FAILED", FailureReason="The media format is not valid")
        origin = f"http://{request.headers['host']}"
        return self._job("COMPLETED", Transcript={"TranscriptFileUri": f"{origin}/transcripts/talk.json?X-Amz-Sig=s"})

    def _job(self, status: str, **more: JsonValue) -> JsonValue:
        name = self.started[-1]["TranscriptionJobName"]
        return {"TranscriptionJob": {"TranscriptionJobName": name, "TranscriptionJobStatus": status, **more}}


def _filmed() -> Callable[[Request], Answer]:
    """A video that is there when it is asked about for the second time."""
    states = ["InProgress", "Completed"]

    def look(request: Request) -> JsonValue:
        place = {"s3OutputDataConfig": {"s3Uri": "s3://mill/videos/reel7"}}
        return {"invocationArn": ARN, "status": states.pop(0), "outputDataConfig": place}

    return look


def _ranked(request: Request) -> JsonValue:
    """The longer a text, the better it fits."""
    docs = request.json["docs"]
    if len(request.json["inputs"]) != len(docs):
        return {"scores": []}
    return {"scores": [len(each) / 100 for each in docs]}


def _judged(request: Request) -> JsonValue:
    label = "LABEL_1" if "坏" in request.json["text"] else "LABEL_0"
    return {"body": f'{{"prediction": "{label}"}}'} if "函数" in request.json["text"] else {"prediction": label}


def aws() -> Vendor:
    """https://docs.aws.amazon.com: buckets keep what was put there."""
    files: dict[str, bytes] = {"/s3/mill/a b/loom.txt": b"All about looms.", "/s3/mill/loom.png": b"\x89PNG"}

    def put(request: Request) -> bytes:
        files[request.path] = request.raw
        return b""

    def delete(request: Request) -> bytes:
        del files[request.path]
        return b""

    def get(request: Request) -> Answer:
        found = files.get(request.path)
        return web.Response(status=404, text="The specified key does not exist.") if found is None else found

    search = obj(
        {"numberOfResults": INTEGER},
        {"filter": {"type": "object"}, "overrideSearchType": {"enum": ["SEMANTIC", "HYBRID"]}},
    )
    searched = obj({"vectorSearchConfiguration": search})
    inference = obj({"textInferenceConfig": obj({"maxTokens": INTEGER, "temperature": NUMBER, "topP": NUMBER})})
    generation = obj(
        {"inferenceConfig": inference},
        {
            "promptTemplate": obj({"textPromptTemplate": TEXT}),
            "guardrailConfiguration": obj({"guardrailId": TEXT, "guardrailVersion": TEXT}),
        },
    )
    base = obj(
        {
            "knowledgeBaseId": "KB1",
            "modelArn": TEXT,
            "retrievalConfiguration": searched,
            "generationConfiguration": generation,
        }
    )
    how = obj({"type": "KNOWLEDGE_BASE", "knowledgeBaseConfiguration": base})
    answer: JsonValue = {
        "sessionId": "s1",
        "output": {"text": "They weave."},
        "citations": [{"generatedResponsePart": {}, "retrievedReferences": [_PASSAGE]}],
    }
    guarded: JsonValue = {
        "action": "GUARDRAIL_INTERVENED",
        "outputs": [{"text": "I cannot say."}],
        "assessments": [{"wordPolicy": {}}],
        "usage": {"wordPolicyUnits": 1},
    }
    content = {"type": "array", "items": obj({"text": obj({"text": TEXT})}), "minItems": 1}
    checked = obj({"source": {"enum": ["INPUT", "OUTPUT"]}, "content": content})
    looked = obj({"retrievalQuery": obj({"text": TEXT}), "retrievalConfiguration": searched})
    asked = obj({"input": obj({"text": TEXT}), "retrieveAndGenerateConfiguration": how}, {"sessionId": "s0"})
    whose = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    identity = b"<GetCallerIdentityResponse/>"
    functions = "/lambda/2015-03-31/functions"
    converted: JsonValue = {"statusCode": 200, "body": '{"a": 1}'}
    failed: JsonValue = {"errorMessage": "no yaml", "errorType": "ValueError"}
    text = obj({"body": TEXT})
    jobs, endpoints = Jobs(), "/sagemaker/endpoints"
    translated: JsonValue = {"translations": [{"translated_text": "loom", "term_mapping": [["织机", "loom"]]}]}
    translate = obj(
        {
            "src_contents": TEXTS,
            "src_lang": TEXT,
            "dest_lang": TEXT,
            "dictionary_id": TEXT,
            "request_type": {"enum": ["term_mapping", "segment_only", "translate"]},
            "model_id": {"type": "string"},
        }
    )
    ranking = obj({"inputs": TEXTS, "docs": TEXTS})
    sound: JsonValue = {"s3_presign_url": "https://mill.s3.amazonaws.com/hello.wav?sig=1"}
    target = {"x-amz-target": r"com\.amazonaws\.transcribe\.Transcribe\.(Start|Get)TranscriptionJob"}
    return Vendor(
        Endpoint("POST", "/runtime/async-invoke", _signed("bedrock", lambda _: {"invocationArn": ARN}), body=_REEL),
        Endpoint(
            "GET",
            "/runtime/async-invoke/{arn:.+}",
            _signed("bedrock", _filmed(), path=f"/runtime/async-invoke/{quote(ARN, safe='')}"),
        ),
        Endpoint("POST", f"{endpoints}/ranker/invocations", _signed("sagemaker", _ranked), body=ranking),
        Endpoint("POST", f"{endpoints}/speaker/invocations", _signed("sagemaker", lambda _: sound), body=_SPEECH),
        Endpoint("POST", f"{endpoints}/judge/invocations", _signed("sagemaker", _judged), body=obj({"text": TEXT})),
        Endpoint("POST", "/transcribe/", _signed("transcribe", _checked_job(jobs)), headers=target, raw=True),
        Endpoint("GET", "/transcripts/talk.json", TALK, query={"X-Amz-Sig": "s"}, open=True),
        Endpoint("GET", "/recordings/{name}", b"\xff\xfbsound", kind="audio/mpeg", open=True),
        Endpoint("DELETE", "/s3/mill/{key:.+}", _signed("s3", delete)),
        Endpoint(
            "POST", f"{functions}/translate_tool/invocations", _signed("lambda", lambda _: translated), body=translate
        ),
        Endpoint("POST", f"{functions}/yaml_to_json/invocations", _signed("lambda", lambda _: converted), body=text),
        Endpoint("POST", f"{functions}/broken/invocations", _signed("lambda", lambda _: failed), body=text),
        Endpoint("PUT", "/s3/mill/{key:.+}", _signed("s3", put), raw=True),
        Endpoint("GET", "/s3/mill/{key:.+}", _signed("s3", get), kind="text/plain"),
        Endpoint("POST", "/runtime/guardrail/g1/version/2/apply", _signed("bedrock", lambda _: guarded), body=checked),
        Endpoint(
            "POST",
            "/agents/knowledgebases/KB1/retrieve",
            _signed("bedrock", lambda _: {"retrievalResults": [_PASSAGE]}),
            body=looked,
        ),
        Endpoint("POST", "/runtime/model/amazon.nova-canvas-v1:0/invoke", _signed("bedrock", _painted), body=_PICTURE),
        Endpoint("POST", "/agents/retrieveAndGenerate", _signed("bedrock", lambda _: answer), body=asked),
        Endpoint("POST", "/identity/", _signed("sts", lambda _: identity), form=whose, headers={"host": ANY}),
    )


def _checked_job(jobs: Jobs) -> Callable[[Request], Answer]:
    """Transcribe has a JSON type of its own."""

    def answer(request: Request) -> Answer:
        asked = json.loads(request.raw)
        if request.headers["content-type"] != "application/x-amz-json-1.1":
            raise Refused(400, "The body is not sent as application/x-amz-json-1.1.", kind="schema")
        if error := next(iter(Draft202012Validator(_JOB).iter_errors(asked)), None):
            raise Refused(400, error.message, kind="schema")
        return jobs.answer(replace(request, body=asked))

    return answer


def _signed(service: str, answer: Callable[[Request], Answer], path: str = "") -> Callable[[Request], Answer]:
    """Answers who has the right keys. `path` is that of the request as it was sent, where its letters matter."""
    sent = path

    def checked(request: Request) -> Answer:
        path = sent or quote(request.path, safe="/-_.~")
        canonical = path if service == "s3" else quote(path, safe="/-_.~")
        right = signed(request, canonical, KEY, SECRET, service)
        if request.headers.get("authorization") != right or f"/{REGION}/" not in right:
            return web.json_response({"message": "The request signature we calculated does not match."}, status=403)
        return answer(request)

    return checked
