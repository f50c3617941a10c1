"""The routes of published pages. Most are the Service API's, with the visitor in the place of `user`."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from treadle.apps.conversations.history import SortBy
from treadle.apps.passed_headers import passed_headers
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.frames import FrameEncoder
from treadle.apps.running.requests import StartRun
from treadle.platform.refusals import Forbidden, InvalidParam, Refusal
from treadle.server.app_call import CHAT_ONLY, COMPLETION_ONLY, WORKFLOW_ONLY, AppCall, From, ModeRule
from treadle.server.arguments import optional_uuid
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.event_stream import EventStream
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.conversations import rate_message, rename_conversation
from treadle.server.service_api.description import meta, parameters, site_map
from treadle.server.service_api.files import upload_file
from treadle.server.service_api.generation import blocking_answer, stop
from treadle.server.service_api.shapes import conversation_map, message_map
from treadle.server.service_api.speech import audio_to_text, text_to_audio
from treadle.server.streams import stream_of
from treadle.server.web_api.calls import passport, visitor_route
from treadle.server.web_api.forms import ROUTES as FORM_ROUTES

JsonMap = dict[str, Any]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]

SAVING_ONLY = ModeRule(COMPLETION_ONLY.modes, "not_completion_app", "Only texts of completion apps can be kept.")


class Ask(msgspec.Struct, kw_only=True):
    """What a page sends to any kind of app."""

    inputs: JsonMap | None = None
    query: str = ""
    files: list[JsonMap] | None = None
    response_mode: Literal["streaming", "blocking"] | None = None
    conversation_id: str | None = None
    parent_message_id: str | None = None


class ConversationsQuery(msgspec.Struct):
    last_id: str | None = None
    limit: Limit = 20
    pinned: bool | None = None
    sort_by: SortBy = "-updated_at"


class MessagesQuery(msgspec.Struct):
    conversation_id: str
    first_id: str | None = None
    limit: Limit = 20


class CursorQuery(msgspec.Struct):
    last_id: str | None = None
    limit: Limit = 20


class Save(msgspec.Struct):
    message_id: str


class MoreQuery(msgspec.Struct):
    response_mode: Literal["streaming", "blocking"] = "streaming"


class FollowQuery(msgspec.Struct):
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


async def send_chat_message(call: AppCall) -> ASGIApp:
    """POST /api/chat-messages."""
    body = call.body(Ask)
    if not body.query.replace("\x00", ""):
        raise InvalidParam("`query` must not be empty.", param="query")
    return await _ask(call, body, conversation_id=optional_uuid(body.conversation_id, "conversation_id"))


async def send_completion_message(call: AppCall) -> ASGIApp:
    """POST /api/completion-messages."""
    return await _ask(call, call.body(Ask))


async def run_workflow(call: AppCall) -> ASGIApp:
    """POST /api/workflows/run."""
    return await _ask(call, call.body(Ask), always_stream=True)


async def _ask(call: AppCall, body: Ask, *, conversation_id: str | None = None, always_stream: bool = False) -> ASGIApp:
    streaming = always_stream or body.response_mode != "blocking"
    run = await call.services.host.start(
        StartRun(
            app=call.app,
            created_from=call.created_from,
            user_id=call.end_user_id,
            user=call.user,
            inputs=body.inputs or {},
            files=body.files or [],
            query=body.query.replace("\x00", ""),
            conversation_id=conversation_id,
            parent_message_id=optional_uuid(body.parent_message_id, "parent_message_id"),
            aloud=streaming,
            headers=passed_headers(call.request.headers.items(), signed_in=True),
        )
    )
    if streaming:
        return EventStream(run.feed, FrameEncoder(run.thread, "web"), on_close=run.release)
    return await blocking_answer(run)


async def follow_task(call: AppCall) -> ASGIApp:
    """GET /api/tasks/{task_id}/events: an answer in progress, from its beginning or behind event `after`."""
    return await stream_of(
        call.services,
        call.path("task_id"),
        user_id=call.end_user_id,
        app_id=call.app.id,
        audience="web",
        after=call.query(FollowQuery).after,
    )


async def list_conversations(call: AppCall) -> ASGIApp:
    """GET /api/conversations."""
    query = call.query(ConversationsQuery)
    page = await call.services.conversations.list_conversations(
        call.owner,
        limit=query.limit,
        last_id=optional_uuid(query.last_id, "last_id"),
        sort_by=query.sort_by,
        pinned=query.pinned,
    )
    rows = [conversation_map(row) for row in page.rows]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


async def delete_conversation(call: AppCall) -> ASGIApp:
    """DELETE /api/conversations/{id}."""
    await call.services.conversations.delete(call.owner, call.path("conversation_id"))
    return Response(status_code=204)


async def pin_conversation(call: AppCall) -> ASGIApp:
    """PATCH /api/conversations/{id}/pin."""
    await call.services.conversations.pin(
        call.owner, call.path("conversation_id"), role="end_user", workspace_id=call.app.workspace_id
    )
    return json_response(DONE)


async def unpin_conversation(call: AppCall) -> ASGIApp:
    """PATCH /api/conversations/{id}/unpin."""
    await call.services.conversations.unpin(call.owner, call.path("conversation_id"))
    return json_response(DONE)


async def list_messages(call: AppCall) -> ASGIApp:
    """GET /api/messages; an answer in progress is among them, with its task."""
    query = call.query(MessagesQuery)
    conversation_id = optional_uuid(query.conversation_id, "conversation_id")
    if conversation_id is None:
        return json_response({"limit": query.limit, "has_more": False, "data": []})
    page = await call.services.conversations.messages(
        call.owner, conversation_id, limit=query.limit, first_id=optional_uuid(query.first_id, "first_id")
    )
    here = {row.id: call.services.host.find(message_id=row.id) for row in page.rows}
    # One without an answer may be in progress elsewhere.
    elsewhere = await call.services.elsewhere.open_tasks(
        [row.run_id for row in page.rows if row.run_id and not (row.answer or here[row.id])]
    )
    rows = [
        message_map(row, page.ratings.get(row.id), call.services)
        | _progress(here[row.id], elsewhere.get(row.run_id or ""))
        for row in page.rows
    ]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


def _progress(run: ActiveRun | None, task_id: str | None) -> JsonMap:
    """What a message in progress shows besides: of a run here also the text so far."""
    if run is not None:
        return {"status": "running", "task_id": run.thread.task_id, "answer": run.shown()}
    return {} if task_id is None else {"status": "running", "task_id": task_id}


async def suggest_questions(call: AppCall) -> ASGIApp:
    """GET /api/messages/{id}/suggested-questions."""
    try:
        questions = await call.services.asides.questions(call.app, call.owner, call.path("message_id"))
    except Refusal as refusal:
        if refusal.code == "bad_request":
            raise Forbidden(refusal.message, code="app_suggested_questions_after_answer_disabled") from refusal
        raise
    return json_response({"data": questions})


async def more_like_this(call: AppCall) -> ASGIApp:
    """GET /api/messages/{id}/more-like-this: the same request once more, with a warmer model."""
    streaming = call.query(MoreQuery).response_mode != "blocking"
    run = await call.services.again.more_like(
        call.app,
        call.owner,
        call.path("message_id"),
        created_from=call.created_from,
        user=call.user,
        aloud=streaming,
    )
    if streaming:
        return EventStream(run.feed, FrameEncoder(run.thread, "web"), on_close=run.release)
    return await blocking_answer(run)


async def list_saved(call: AppCall) -> ASGIApp:
    """GET /api/saved-messages."""
    query = call.query(CursorQuery)
    page, ratings = await call.services.conversations.saved_messages(
        call.owner, limit=query.limit, last_id=optional_uuid(query.last_id, "last_id")
    )
    rows = [message_map(row, ratings.get(row.id), call.services) for row in page.rows]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


async def save_message(call: AppCall) -> ASGIApp:
    """POST /api/saved-messages."""
    message_id = optional_uuid(call.body(Save).message_id, "message_id")
    if message_id is None:
        raise InvalidParam("`message_id` is required.", param="message_id")
    await call.services.conversations.save(call.owner, message_id, role="end_user")
    return json_response(DONE)


async def unsave_message(call: AppCall) -> ASGIApp:
    """DELETE /api/saved-messages/{message_id}."""
    await call.services.conversations.unsave(call.owner, call.path("message_id"))
    return json_response(DONE)


async def site(call: AppCall) -> ASGIApp:
    """GET /api/site."""
    row = await call.services.apps.site(call.app.id)
    shown = await site_map(call, row) if row else {}
    return json_response(
        {
            "app_id": call.app.id,
            "mode": call.app.mode,
            "end_user_id": call.end_user_id,
            "enable_site": call.app.enable_site,
            "site": {**shown, "prompt_public": bool(row and row.prompt_public)},
            "model_config": None,
            "plan": "basic",
            "can_replace_logo": True,
            "custom_config": None,
        }
    )


_CONVERSATION = "/conversations/{conversation_id:uuid}"

ROUTES: list[BaseRoute] = [
    DeclaredRoute("/passport", passport, method="GET", caller=Caller.ANYONE),
    visitor_route("GET", "/site", site),
    visitor_route("GET", "/parameters", parameters),
    visitor_route("GET", "/meta", meta),
    visitor_route("POST", "/chat-messages", send_chat_message, modes=CHAT_ONLY, read=From.JSON),
    visitor_route("POST", "/completion-messages", send_completion_message, modes=COMPLETION_ONLY, read=From.JSON),
    visitor_route("POST", "/workflows/run", run_workflow, modes=WORKFLOW_ONLY, read=From.JSON),
    visitor_route("POST", "/chat-messages/{task_id}/stop", stop, modes=CHAT_ONLY),
    visitor_route("POST", "/completion-messages/{task_id}/stop", stop, modes=COMPLETION_ONLY),
    visitor_route("POST", "/workflows/tasks/{task_id}/stop", stop, modes=WORKFLOW_ONLY),
    visitor_route("GET", "/tasks/{task_id}/events", follow_task),
    visitor_route("GET", "/conversations", list_conversations, modes=CHAT_ONLY),
    visitor_route("DELETE", _CONVERSATION, delete_conversation, modes=CHAT_ONLY),
    visitor_route("POST", f"{_CONVERSATION}/name", rename_conversation, modes=CHAT_ONLY, read=From.JSON),
    visitor_route("PATCH", f"{_CONVERSATION}/pin", pin_conversation, modes=CHAT_ONLY),
    visitor_route("PATCH", f"{_CONVERSATION}/unpin", unpin_conversation, modes=CHAT_ONLY),
    visitor_route("GET", "/messages", list_messages, modes=CHAT_ONLY),
    visitor_route("POST", "/messages/{message_id:uuid}/feedbacks", rate_message, read=From.JSON),
    visitor_route("GET", "/messages/{message_id:uuid}/suggested-questions", suggest_questions, modes=CHAT_ONLY),
    visitor_route("GET", "/saved-messages", list_saved, modes=SAVING_ONLY),
    visitor_route("POST", "/saved-messages", save_message, modes=SAVING_ONLY, read=From.JSON),
    visitor_route("DELETE", "/saved-messages/{message_id:uuid}", unsave_message, modes=SAVING_ONLY),
    visitor_route("POST", "/files/upload", upload_file, read=From.FORM),
    visitor_route("POST", "/audio-to-text", audio_to_text, read=From.FORM),
    visitor_route("POST", "/text-to-audio", text_to_audio, read=From.JSON),
    visitor_route("GET", "/messages/{message_id:uuid}/more-like-this", more_like_this, modes=SAVING_ONLY),
    *FORM_ROUTES,
]
