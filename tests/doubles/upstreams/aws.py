"""S3, Bedrock and the service that tells whose keys they are: each request must be signed by the right secret."""

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web

from tests.doubles.bedrock_wire import signed
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


def aws() -> Vendor:
    """https://docs.aws.amazon.com: buckets keep what was put there."""
    files: dict[str, bytes] = {"/s3/mill/a b/loom.txt": b"All about looms.", "/s3/mill/loom.png": b"\x89PNG"}

    def put(request: Request) -> bytes:
        files[request.path] = request.raw
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
    return Vendor(
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


def _signed(service: str, answer: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    def checked(request: Request) -> Answer:
        path = quote(request.path, safe="/-_.~")
        canonical = path if service == "s3" else quote(path, safe="/-_.~")
        right = signed(request, canonical, KEY, SECRET, service)
        if request.headers.get("authorization") != right or f"/{REGION}/" not in right:
            return web.json_response({"message": "The request signature we calculated does not match."}, status=403)
        return answer(request)

    return checked
