"""Makers of videos, slides and sound, and other services that work for a while."""

import hashlib
import hmac
from base64 import b64encode

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, INTEGER, TEXT, Endpoint, Key, Vendor, obj

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


def aippt(looks: int = 1) -> Vendor:
    """https://open.aippt.cn/docs: signed once, then known by a token."""
    seen = [0]

    def token(request: Request) -> JsonValue:
        words = f"GET@/api/grant/token/@{request.headers['x-timestamp']}"
        signature = b64encode(hmac.new(KEY.encode(), words.encode(), hashlib.sha1).digest()).decode()
        if request.headers["x-api-key"] != "ak" or request.headers["x-signature"] != signature:
            return {"code": 12116, "data": None, "msg": "signature mismatch"}
        return {
            "code": 0,
            "data": {"uid": "treadle", "token": "tok", "time_expire": 2592000},
            "msg": "",
        }

    def exported(request: Request) -> JsonValue:
        seen[0] += 1
        urls: list[JsonValue] = ["https://p.example/1.pptx"] if seen[0] > looks else []
        return {"code": 0, "data": urls, "msg": "ok" if urls else "exporting"}

    def done(data: JsonValue) -> JsonValue:
        return {"code": 0, "data": data, "msg": "ok"}

    known = {"x-api-key": "ak", "x-token": "tok"}
    stream = b'event:message\ndata:{"content":"# Looms"}\n\nevent:close\ndata:api-close\n\n'
    signed = {"x-api-key": ANY, "x-timestamp": r"\d+", "x-signature": ANY}
    listed: JsonValue = {"list": [{"id": 90, "cover_img": "https://p.example/c.png"}], "pagination": {"total": 1}}
    saved: JsonValue = {"id": 5, "name": "Looms", "cover_url": "https://p.example/c.png", "size": "960x540"}
    task = {"title": ANY, "type": "1|7", "content?": ANY}
    file = {"id": "5", "format": "ppt", "edit": "true", "files_to_zip": "false"}
    written = [
        Endpoint("GET", f"/api/ai/chat/{model}{step}", stream, query={"task_id": "44"}, headers=known)
        for model in ("", "wx/")
        for step in ("outline", "content")
    ]
    page = {"page": r"\d+", "page_size": r"\d+"}
    design = {"task_id": "44", "name": ANY, "template_id": "90"}
    return Vendor(
        Endpoint("GET", "/api/grant/token", token, query={"uid": ANY, "channel": ".*"}, headers=signed),
        Endpoint("POST", "/api/ai/chat/v2/task", done({"id": 44, "title": "Looms"}), form=task, headers=known),
        *written,
        Endpoint("GET", "/api/template_component/suit/search", done(listed), query=page, headers=known),
        Endpoint("POST", "/api/design/v2/save", done(saved), form=design, headers=known),
        Endpoint("POST", "/api/download/export/file", done("k1"), form=file, headers=known),
        Endpoint("POST", "/api/download/export/file/result", exported, form={"task_key": "k1"}, headers=known),
    )


def subtitles() -> Vendor:
    """The player of YouTube's app, and the tracks that it names."""
    track = "https://www.youtube.com/api/timedtext?v=dQw4w9WgXcQ&fmt=srv3&lang="
    tracks: JsonValue = [
        {"baseUrl": f"{track}en&kind=asr", "languageCode": "en", "kind": "asr", "name": {"simpleText": "English"}},
        {"baseUrl": f"{track}en", "languageCode": "en", "name": {"simpleText": "English"}},
        {"baseUrl": f"{track}de", "languageCode": "de", "name": {"simpleText": "German"}},
    ]
    words = (
        b'<?xml version="1.0" encoding="utf-8" ?><transcript>'
        b'<text start="0.5" dur="1.25">It&amp;#39;s &lt;i&gt;a&lt;/i&gt; '
        b'&lt;font color="red"&gt;loom&lt;/font&gt;</text><text start="3661" dur="2">Bye</text></transcript>'
    )

    def player(request: Request) -> JsonValue:
        match request.json["videoId"]:
            case "dQw4w9WgXcQ":
                listed: JsonValue = {"playerCaptionsTracklistRenderer": {"captionTracks": tracks}}
                return {"playabilityStatus": {"status": "OK"}, "captions": listed}
            case "nosubtitles":
                return {"playabilityStatus": {"status": "OK"}}
            case _:
                return {"playabilityStatus": {"status": "ERROR", "reason": "Video unavailable."}}

    client = obj({"clientName": "ANDROID", "clientVersion": TEXT})
    body = obj({"context": obj({"client": client}), "videoId": {"type": "string", "minLength": 11, "maxLength": 11}})
    query = {"v": "dQw4w9WgXcQ", "lang": "en|de"}
    return Vendor(
        Endpoint("POST", "/youtubei/v1/player", player, body=body),
        Endpoint("GET", "/api/timedtext", words, query=query, kind="text/xml"),
    )


def google_news() -> Vendor:
    """https://rapidapi.com/rphrp1985/api/google-news13"""
    headline: JsonValue = {
        "timestamp": "1706690000000",
        "title": "Looms are back",
        "snippet": "All weave.",
        "images": {"thumbnail": "https://n.example/t.png"},
        "newsUrl": "https://n.example/1",
        "publisher": "Mill Times",
    }
    found: JsonValue = {"status": "success", "items": [headline]}
    host = {"x-rapidapi-host": r"google-news13\.p\.rapidapi\.com"}
    return Vendor(
        Endpoint("GET", "/latest", found, query={"lr": r"[a-z]{2}-[A-Z]{2}"}, headers=host),
        key=Key("header", "X-RapidAPI-Key", KEY, 403, {"message": "You are not subscribed to this API."}),
    )
