"""Image models."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime

from aiohttp import web

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    Endpoint,
    Key,
    Vendor,
    form_of,
    obj,
)

KEY = "key-1"
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff picture"
B64 = b64encode(PNG).decode()


def bearer(status: int = 401, refusal: JsonValue = None) -> Key:
    """A key in the Authorization header."""
    return Key("header", "Authorization", f"Bearer {KEY}", status, refusal or {"error": {"message": "Invalid token"}})


def dalle() -> Vendor:
    """https://platform.openai.com/docs/api-reference/images/create"""

    def answer(request: Request) -> JsonValue:
        return {"created": 1, "data": [{"b64_json": B64, "revised_prompt": "x"}] * request.json["n"]}

    shared = {"prompt": TEXT, "response_format": "b64_json"}
    two = obj(
        {**shared, "model": "dall-e-2", "size": {"enum": ["256x256", "512x512", "1024x1024"]}, "n": INTEGER},
    )
    three = obj(
        {
            **shared,
            "model": "dall-e-3",
            "size": {"enum": ["1024x1024", "1024x1792", "1792x1024"]},
            "n": {"type": "integer", "maximum": 1},
            "quality": {"enum": ["standard", "hd"]},
            "style": {"enum": ["vivid", "natural"]},
        }
    )
    headers = {"OpenAI-Organization?": "org-1"}
    body = {"anyOf": [two, three]}
    return Vendor(
        Endpoint("POST", "/v1/images/generations", answer, body=body, headers=headers),
        Endpoint("GET", "/v1/models", {"object": "list", "data": []}, headers=headers),
        key=bearer(),
    )


def azure() -> Vendor:
    """https://learn.microsoft.com/azure/ai-services/openai/reference#image-generation"""
    body = obj(
        {
            "prompt": TEXT,
            "n": 1,
            "size": {"enum": ["1024x1024", "1024x1792", "1792x1024"]},
            "quality": {"enum": ["standard", "hd"]},
            "style": {"enum": ["vivid", "natural"]},
            "response_format": "b64_json",
        }
    )
    refusal: JsonValue = {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}}
    return Vendor(
        Endpoint(
            "POST",
            "/openai/deployments/draw/images/generations",
            {"created": 1, "data": [{"b64_json": B64}]},
            query={"api-version": r"\d{4}-\d\d-\d\d(-preview)?"},
            body=body,
        ),
        key=Key("header", "api-key", KEY, 401, refusal),
    )


def siliconflow() -> Vendor:
    """https://docs.siliconflow.cn/cn/api-reference/images/images-generations"""
    answer: JsonValue = {"images": [{"url": "https://i.example/1.png"}], "timings": {"inference": 1.5}, "seed": 7}
    shared = {"prompt": TEXT, "image_size": {"type": "string", "pattern": r"^\d+x\d+$"}, "num_inference_steps": INTEGER}
    flux = obj(shared, {"seed": INTEGER})
    diffusion = obj(
        {
            **shared,
            "model": {"type": "string", "pattern": "^stabilityai/"},
            "batch_size": INTEGER,
            "guidance_scale": NUMBER,
        },
        {"seed": INTEGER, "negative_prompt": TEXT},
    )
    return Vendor(
        Endpoint("GET", "/v1/models", {"object": "list", "data": []}),
        Endpoint("POST", "/v1/black-forest-labs/FLUX.1-dev/text-to-image", answer, body=flux),
        Endpoint("POST", "/v1/images/generations", answer, body=diffusion),
        key=bearer(),
    )


def stability() -> Vendor:
    """https://platform.stability.ai/docs/api-reference#tag/Generate"""
    form = {
        "prompt": ANY,
        "output_format": "png|jpeg|webp",
        "seed?": r"\d+",
        "aspect_ratio?": r"\d+:\d+",
        "negative_prompt?": ANY,
    }
    headers = {"accept": r"image/\*|application/json"}
    base = "/v2beta/stable-image/generate"
    refusal: JsonValue = {"id": "1", "name": "unauthorized", "errors": ["missing or invalid authorization header"]}
    return Vendor(
        Endpoint("POST", f"{base}/core", PNG, form=form, headers=headers, kind="image/png"),
        Endpoint(
            "POST", f"{base}/sd3", PNG, form={**form, "model": "sd3|sd3-turbo"}, headers=headers, kind="image/png"
        ),
        key=bearer(401, refusal),
    )


def fal() -> Vendor:
    """https://fal.ai/models"""
    drawn: JsonValue = {
        "images": [{"url": "https://i.example/1.jpg", "width": 1024, "height": 768}],
        "seed": 7,
        "prompt": "x",
    }
    size = {"enum": ["square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"]}
    tolerance = {"enum": ["1", "2", "3", "4", "5", "6"]}
    shared = {"prompt": TEXT, "num_images": INTEGER}
    audio = obj(
        {"audio_url": {"type": "string", "pattern": "^data:audio/mpeg;base64,"}},
        {"task": {"enum": ["transcribe", "translate"]}, "language": TEXT},
    )
    return Vendor(
        Endpoint(
            "POST",
            "/fal-ai/flux-pro/v1.1",
            drawn,
            body=obj({**shared, "image_size": size, "safety_tolerance": tolerance}, {"seed": INTEGER}),
        ),
        Endpoint(
            "POST",
            "/fal-ai/flux-pro/v1.1-ultra",
            drawn,
            body=obj(
                {**shared, "aspect_ratio": TEXT, "safety_tolerance": tolerance, "raw": BOOLEAN}, {"seed": INTEGER}
            ),
        ),
        Endpoint(
            "POST",
            "/fal-ai/flux/dev",
            drawn,
            body=obj({**shared, "image_size": size, "num_inference_steps": INTEGER, "guidance_scale": NUMBER}),
        ),
        Endpoint("POST", "/fal-ai/wizper", {"text": "Hello.", "chunks": [], "languages": ["en"]}, body=audio),
        key=Key("header", "Authorization", f"Key {KEY}", 401, {"detail": "Cannot access application: Authentication"}),
    )


def getimg() -> Vendor:
    """https://docs.getimg.ai/reference"""
    answer: JsonValue = {"image": B64, "seed": 7, "cost": 0.01}
    form = {"enum": ["png", "jpeg"]}
    essential = obj(
        {"prompt": TEXT},
        {"style": {"enum": ["photorealism", "anime", "art"]}, "aspect_ratio": TEXT, "output_format": form},
    )
    diffusion = obj(
        {"prompt": TEXT},
        {
            "model": TEXT,
            "negative_prompt": TEXT,
            "width": INTEGER,
            "height": INTEGER,
            "steps": INTEGER,
            "seed": INTEGER,
            "output_format": form,
        },
    )
    return Vendor(
        Endpoint("POST", "/v1/essential-v2/text-to-image", answer, body=essential),
        Endpoint("POST", "/v1/stable-diffusion-xl/text-to-image", answer, body=diffusion),
        key=bearer(),
    )


def novita(looks: int = 1) -> Vendor:
    """https://novita.ai/docs/api-reference"""
    seen = [0]

    def result(request: Request) -> JsonValue:
        seen[0] += 1
        if seen[0] <= looks:
            return {"task": {"task_id": "t1", "status": "TASK_STATUS_PROCESSING", "progress_percent": 50}, "images": []}
        picture: JsonValue = {"image_url": "https://i.example/1.png", "image_type": "png"}
        return {"task": {"task_id": "t1", "status": "TASK_STATUS_SUCCEED"}, "images": [picture]}

    asked = obj(
        {
            "model_name": TEXT,
            "prompt": TEXT,
            "width": INTEGER,
            "height": INTEGER,
            "image_num": INTEGER,
            "steps": INTEGER,
            "guidance_scale": NUMBER,
            "seed": INTEGER,
            "sampler_name": TEXT,
        },
        {"negative_prompt": TEXT},
    )
    models: JsonValue = {"models": [{"id": 1, "name": "SD XL", "sd_name": "sd_xl.safetensors"}], "pagination": {}}
    return Vendor(
        Endpoint("POST", "/v3/async/txt2img", {"task_id": "t1"}, body=obj({"request": asked})),
        Endpoint("GET", "/v3/async/task-result", result, query={"task_id": "t1"}),
        Endpoint(
            "GET",
            "/v3/model",
            models,
            query={"pagination.limit": r"\d+", "filter.types": "checkpoint", "filter.query?": ANY},
        ),
        key=bearer(),
    )


def zhipu() -> Vendor:
    """https://open.bigmodel.cn/dev/api/image-model/cogview"""
    body = obj({"model": {"type": "string", "pattern": "^cogview"}, "prompt": TEXT, "size": TEXT})
    answer: JsonValue = {"created": 1, "data": [{"url": "https://i.example/1.png"}], "content_filter": []}
    return Vendor(Endpoint("POST", "/api/paas/v4/images/generations", answer, body=body), key=bearer())


def stepfun() -> Vendor:
    """https://platform.stepfun.com/docs/api-reference/image/image"""
    body = obj(
        {
            "model": "step-1x-medium",
            "prompt": TEXT,
            "size": TEXT,
            "n": 1,
            "response_format": "b64_json",
            "seed": INTEGER,
            "steps": INTEGER,
        }
    )
    answer: JsonValue = {"created": 1, "data": [{"b64_json": B64, "seed": 10, "finish_reason": "success"}]}
    return Vendor(Endpoint("POST", "/v1/images/generations", answer, body=body), key=bearer())


def gitee() -> Vendor:
    """https://ai.gitee.com/docs/openapi"""
    path, body = "/api/serverless/Kolors/text-to-image", obj({"inputs": TEXT})
    return Vendor(Endpoint("POST", path, JPEG, body=body, kind="image/jpeg"), key=bearer())


def webui() -> Vendor:
    """https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API"""
    models: JsonValue = [
        {"title": "dream.safetensors [abc]", "model_name": "dream", "hash": "abc", "filename": "/m/dream"}
    ]
    body = obj(
        {"prompt": TEXT, "steps": INTEGER, "width": INTEGER, "height": INTEGER}, {"negative_prompt": {"type": "string"}}
    )
    return Vendor(
        Endpoint("GET", "/sdapi/v1/sd-models", models),
        Endpoint("POST", "/sdapi/v1/options", None, body=obj({"sd_model_checkpoint": TEXT})),
        Endpoint("POST", "/sdapi/v1/txt2img", {"images": [B64], "parameters": {}, "info": "{}"}, body=body),
    )


def xinference() -> Vendor:
    """https://inference.readthedocs.io"""
    body = obj(
        {"model": "sdxl", "prompt": TEXT, "steps": INTEGER, "width": INTEGER, "height": INTEGER},
        {"negative_prompt": {"type": "string"}},
    )
    return Vendor(Endpoint("POST", "/sdapi/v1/txt2img", {"images": [B64], "info": {}}, body=body), key=bearer())


def spark() -> Vendor:
    """https://www.xfyun.cn/doc/spark/ImageGeneration.html"""

    def answer(request: Request) -> web.Response | JsonValue:
        query = dict(request.query)
        signed = f"host: {query['host']}\ndate: {query['date']}\nPOST /v2.1/tti HTTP/1.1"
        signature = b64encode(hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()).decode()
        expected = (
            f'api_key="{KEY}", algorithm="hmac-sha256", headers="host date request-line", signature="{signature}"'
        )
        datetime.strptime(query["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        if b64decode(query["authorization"]).decode() != expected:
            return web.json_response({"message": "HMAC signature does not match"}, status=401)
        text: JsonValue = [{"content": B64, "index": 0, "role": "assistant"}]
        choices: JsonValue = {"status": 2, "seq": 0, "text": text}
        return {"header": {"code": 0, "message": "Success", "sid": "s1", "status": 2}, "payload": {"choices": choices}}

    chat = obj({"chat": obj({"domain": "general", "width": INTEGER, "height": INTEGER})})
    message = obj({"text": {"type": "array", "items": obj({"role": "user", "content": TEXT})}})
    body = obj({"header": obj({"app_id": TEXT}), "parameter": chat, "payload": obj({"message": message})})
    query = {"authorization": ANY, "date": ANY, "host": r"127\.0\.0\.1:\d+"}
    return Vendor(Endpoint("POST", "/v2.1/tti", answer, query=query, body=body))


def baidu() -> Vendor:
    """https://fanyi-api.baidu.com/doc/21"""

    def signed(request: Request, answer: JsonValue) -> JsonValue:
        form = form_of(request)
        whole = f"{form['appid']}{form['q']}{form['salt']}{form.get('domain', '')}{KEY}"
        if hashlib.md5(whole.encode()).hexdigest() != form["sign"]:
            return {"error_code": "54001", "error_msg": "Invalid Sign"}
        return answer

    lines: JsonValue = {
        "from": "zh",
        "to": "en",
        "trans_result": [{"src": "苹果", "dst": "Apple"}, {"src": "梨", "dst": "Pear"}],
    }
    known: JsonValue = {"error_code": 0, "error_msg": "success", "data": {"src": "zh"}}
    form = {"q": ANY, "appid": "app", "salt": r"\d+", "sign": "[0-9a-f]{32}"}
    languages = {"from": r"\w+", "to": r"\w+"}
    return Vendor(
        Endpoint(
            "POST", "/api/trans/vip/translate", lambda request: signed(request, lines), form={**form, **languages}
        ),
        Endpoint(
            "POST",
            "/api/trans/vip/fieldtranslate",
            lambda request: signed(request, lines),
            form={**form, **languages, "domain": r"\w+"},
        ),
        Endpoint("POST", "/api/trans/vip/language", lambda request: signed(request, known), form=form),
    )


def google_translate() -> Vendor:
    """What Google's own extension asks for."""
    answer: JsonValue = [[["Hello. ", "Hallo. ", None, None, 1], ["World.", "Welt.", None, None, 1]], None, "de"]
    query = {"client": "gtx", "sl": "auto", "tl": ANY, "dt": "t", "q": ANY}
    return Vendor(Endpoint("GET", "/translate_a/single", answer, query=query))
