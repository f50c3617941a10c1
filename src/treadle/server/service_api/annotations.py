"""Annotations of an app, and the replies that they give (spec service-api §3.14)."""

from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.annotations.jobs import ReplyAction
from treadle.annotations.shapes import AnnotationShown
from treadle.platform.refusals import InvalidParam
from treadle.server.app_call import CHAT_ONLY, AppCall, From
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route

_MOST = 100


class AnnotationsQuery(msgspec.Struct):
    page: str = "1"
    limit: str = "20"
    keyword: str = ""


class Texts(msgspec.Struct):
    question: str
    answer: str


class ReplySetting(msgspec.Struct):
    score_threshold: float
    embedding_provider_name: str
    embedding_model_name: str


async def list_annotations(call: AppCall) -> ASGIApp:
    """GET /apps/annotations."""
    query = call.query(AnnotationsQuery)
    page, limit = _number(query.page, 1, "page"), _number(query.limit, 20, "limit")
    found = await call.services.annotations.page(call.app, keyword=query.keyword, page=page, limit=min(limit, _MOST))
    return json_response(
        {
            "data": [annotation_map(each) for each in found.data],
            "has_more": found.has_more,
            "limit": limit,
            "total": found.total,
            "page": page,
        }
    )


async def create_annotation(call: AppCall) -> ASGIApp:
    """POST /apps/annotations."""
    await call.read(From.JSON)
    body = call.body(Texts)
    return json_response(annotation_map(await call.services.annotations.add(call.app, body.question, body.answer)), 201)


async def change_annotation(call: AppCall) -> ASGIApp:
    """PUT /apps/annotations/{id}."""
    await call.read(From.JSON)
    body = call.body(Texts)
    changed = await call.services.annotations.change(call.app, call.path("annotation_id"), body.question, body.answer)
    return json_response(annotation_map(changed))


async def delete_annotation(call: AppCall) -> ASGIApp:
    """DELETE /apps/annotations/{id}."""
    await call.services.annotations.delete(call.app, call.path("annotation_id"))
    return Response(status_code=204)


async def switch_replies(call: AppCall) -> ASGIApp:
    """POST /apps/annotation-reply/{action}."""
    action = _action(call)
    await call.read(From.JSON)
    body = call.body(ReplySetting)
    for name in ("embedding_provider_name", "embedding_model_name"):
        if not getattr(body, name).strip():
            raise InvalidParam(f"`{name}` is required.", param=name)
    job_id, status = await call.services.annotations.switch(
        call.app,
        action,
        threshold=body.score_threshold,
        provider=body.embedding_provider_name,
        model=body.embedding_model_name,
    )
    return json_response({"job_id": job_id, "job_status": status})


async def reply_status(call: AppCall) -> ASGIApp:
    """GET /apps/annotation-reply/{action}/status/{job_id}."""
    job = await call.services.annotations.switch_status(call.app, _action(call), call.path("job_id"))
    return json_response({"job_id": job.job_id, "job_status": job.job_status, "error_msg": job.error_msg})


def annotation_map(shown: AnnotationShown) -> dict[str, Any]:
    """An annotation, as this API shows it."""
    return {
        "id": shown.id,
        "question": shown.question,
        "answer": shown.answer,
        "hit_count": shown.hit_count,
        "created_at": shown.created_at,
    }


def _action(call: AppCall) -> ReplyAction:
    action = call.path("action")
    if action == "enable":
        return "enable"
    if action == "disable":
        return "disable"
    raise InvalidParam("The action must be `enable` or `disable`.", param="action")


def _number(text: str, default: int, name: str) -> int:
    """A number of a query from 1 on; what is none counts as left out."""
    try:
        number = int(text)
    except ValueError:
        return default
    if number < 1:
        raise InvalidParam(f"`{name}` must be at least 1.", param=name)
    return min(number, 10**9)


_ONE = "/apps/annotations/{annotation_id:uuid}"
_REPLY = "/apps/annotation-reply/{action}"

ROUTES = [
    app_route("GET", "/apps/annotations", list_annotations, modes=CHAT_ONLY),
    app_route("POST", "/apps/annotations", create_annotation, modes=CHAT_ONLY),
    app_route("PUT", _ONE, change_annotation, modes=CHAT_ONLY),
    app_route("DELETE", _ONE, delete_annotation, modes=CHAT_ONLY),
    app_route("POST", _REPLY, switch_replies, modes=CHAT_ONLY),
    app_route("GET", _REPLY + "/status/{job_id:uuid}", reply_status, modes=CHAT_ONLY),
]
