"""Makers of videos, slides and sound, and other services that work for a while."""

from base64 import b64encode

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import INTEGER, TEXT, Endpoint, Key, Vendor, obj

KEY = "key-1"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def vectorizer() -> Vendor:
    """https://vectorizer.ai/api"""
    account = b64encode(f"vk1:{KEY}".encode()).decode()
    refusal: JsonValue = {"error": {"status": 401, "code": 1002, "message": "Invalid API credentials."}}
    return Vendor(
        Endpoint("GET", "/api/v1/account", {"subscriptionPlan": "none", "credits": 0}),
        Endpoint(
            "POST",
            "/api/v1/vectorize",
            SVG,
            form={"mode": "test|preview|production"},
            files=("image",),
            kind="image/svg+xml",
        ),
        key=Key("header", "Authorization", f"Basic {account}", 401, refusal),
    )


def did(looks: int = 0, outcome: str = "done") -> Vendor:
    """https://docs.d-id.com/reference"""
    seen = [0]

    def video(request: Request) -> JsonValue:
        seen[0] += 1
        if seen[0] <= looks:
            return {"id": "v1", "status": "started", "created_at": "2024"}
        if outcome == "error":
            return {"id": "v1", "status": "error", "error": {"kind": "FaceError", "description": "face not detected"}}
        return {"id": "v1", "status": "done", "result_url": "https://v.example/1.mp4", "duration": 3}

    voice = obj({"type": {"enum": ["microsoft", "elevenlabs", "amazon"]}, "voice_id": TEXT})
    script = obj({"type": "text", "input": TEXT}, {"provider": voice})
    started: JsonValue = {"id": "v1", "status": "created", "created_at": "2024", "object": "talk"}
    return Vendor(
        Endpoint("GET", "/credits", {"credits": [], "remaining": 9}),
        Endpoint("POST", "/talks", started, body=obj({"source_url": TEXT, "script": script})),
        Endpoint("GET", "/talks/v1", video),
        Endpoint("POST", "/animations", started, body=obj({"source_url": TEXT}, {"driver_url": TEXT})),
        Endpoint("GET", "/animations/v1", video),
        key=Key("header", "Authorization", f"Basic {KEY}", 401, {"message": "Unauthorized"}),
    )


def slidespeak() -> Vendor:
    """https://docs.slidespeak.co"""
    done: JsonValue = {"task_id": "t1", "task_status": "SUCCESS", "task_result": {"url": "https://s.example/1.pptx"}}
    body = obj({"plain_text": TEXT, "length": INTEGER, "template": TEXT})
    return Vendor(
        Endpoint("GET", "/api/v1/me", {"user_name": "ada"}),
        Endpoint("POST", "/api/v1/presentation/generate", {"task_id": "t1"}, body=body),
        Endpoint("GET", "/api/v1/task_status/t1", done),
        key=Key("header", "X-API-Key", KEY, 401, {"detail": "Invalid API Key"}),
    )


def judge0() -> Vendor:
    """https://ce.judge0.com"""
    done: JsonValue = {
        "stdout": "42\n",
        "stderr": None,
        "compile_output": None,
        "time": "0.02",
        "memory": 3000,
        "token": "t1",
        "status": {"id": 3, "description": "Accepted"},
    }
    query, host = {"base64_encoded": "false"}, {"x-rapidapi-host": r"judge0-ce\.p\.rapidapi\.com"}
    body = obj({"source_code": TEXT, "language_id": INTEGER}, {"stdin": TEXT, "expected_output": TEXT})
    return Vendor(
        Endpoint("POST", "/submissions", {"token": "t1"}, query=query, headers=host, body=body),
        Endpoint("GET", "/submissions/t1", done, query=query, headers=host),
        key=Key("header", "X-RapidAPI-Key", KEY, 403, {"message": "You are not subscribed to this API."}),
    )


def onebot() -> Vendor:
    """https://github.com/botuniverse/onebot-11"""
    segment = obj({"type": "text", "data": obj({"text": TEXT})})
    message = {"type": "array", "items": segment, "minItems": 1}
    sent: JsonValue = {"status": "ok", "retcode": 0, "data": {"message_id": 1}}
    return Vendor(
        Endpoint(
            "POST", "/get_status", {"status": "ok", "retcode": 0, "data": {"online": True}}, body={"type": "object"}
        ),
        Endpoint("POST", "/send_group_msg", sent, body=obj({"group_id": INTEGER, "message": message})),
        Endpoint("POST", "/send_private_msg", sent, body=obj({"user_id": INTEGER, "message": message})),
        key=Key("header", "Authorization", f"Bearer {KEY}", 403, b""),
    )


def speech() -> Vendor:
    """https://platform.openai.com/docs/api-reference/audio/createSpeech"""

    def spoken(request: Request) -> bytes:
        return f"<{request.json['voice']}: {request.json['input']}>".encode()

    body = obj({"model": TEXT, "voice": {"enum": ["alloy", "echo"]}, "input": TEXT, "response_format": "mp3"})
    return Vendor(
        Endpoint("GET", "/v1/models", {"object": "list", "data": []}),
        Endpoint("POST", "/v1/audio/speech", spoken, body=body, kind="audio/mpeg"),
        key=Key("header", "Authorization", f"Bearer {KEY}", 401, {"error": {"message": "Incorrect API key provided."}}),
    )
