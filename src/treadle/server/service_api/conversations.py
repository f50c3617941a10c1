"""Conversations, messages, feedback and suggestions (spec service-api §3.6 to §3.9)."""

from typing import Annotated, Any

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.apps.conversations.history import SortBy
from treadle.apps.conversations.service import Rating
from treadle.platform.refusals import InvalidParam
from treadle.server.app_call import CHAT_ONLY, AppCall, From
from treadle.server.arguments import optional_uuid
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.calls import app_route
from treadle.server.service_api.shapes import conversation_map, feedback_map, message_map, variable_map

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]


class ConversationsQuery(msgspec.Struct):
    last_id: str | None = None
    limit: Limit = 20
    sort_by: SortBy = "-updated_at"


class MessagesQuery(msgspec.Struct):
    conversation_id: str | None = None
    first_id: str | None = None
    limit: Limit = 20


class VariablesQuery(msgspec.Struct):
    last_id: str | None = None
    limit: Limit = 20
    variable_name: str | None = None


class FeedbacksQuery(msgspec.Struct):
    page: Annotated[int, msgspec.Meta(ge=1, le=99999)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=101)] = 20


class Rename(msgspec.Struct):
    name: str | None = None
    auto_generate: bool | None = False


class Rate(msgspec.Struct):
    rating: Rating | None = None
    content: str | None = None


class SetVariable(msgspec.Struct):
    value: Any


async def list_conversations(call: AppCall) -> ASGIApp:
    """GET /conversations."""
    query = call.query(ConversationsQuery)
    page = await call.services.conversations.list_conversations(
        call.owner, limit=query.limit, last_id=optional_uuid(query.last_id, "last_id"), sort_by=query.sort_by
    )
    rows = [conversation_map(row) for row in page.rows]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


async def delete_conversation(call: AppCall) -> ASGIApp:
    """DELETE /conversations/{id}."""
    await call.services.conversations.delete(call.owner, call.path("conversation_id"))
    return Response(status_code=204) if call.services.settings.compat == "newest" else json_response(DONE)


async def rename_conversation(call: AppCall) -> ASGIApp:
    """POST /conversations/{id}/name."""
    body, conversation_id = call.body(Rename), call.path("conversation_id")
    if body.auto_generate:
        row = await call.services.asides.retitle(call.app, call.owner, conversation_id)
    else:
        row = await call.services.conversations.rename(call.owner, conversation_id, body.name or "")
    return json_response(conversation_map(row))


async def list_messages(call: AppCall) -> ASGIApp:
    """GET /messages."""
    if "conversation_id" not in call.request.query_params:
        raise InvalidParam("`conversation_id` is required.", param="conversation_id")
    query = call.query(MessagesQuery)
    conversation_id = optional_uuid(query.conversation_id, "conversation_id")
    if conversation_id is None:
        return json_response({"limit": query.limit, "has_more": False, "data": []})
    page = await call.services.conversations.messages(
        call.owner, conversation_id, limit=query.limit, first_id=optional_uuid(query.first_id, "first_id")
    )
    rows = [message_map(row, page.ratings.get(row.id), call.services) for row in page.rows]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


async def rate_message(call: AppCall) -> ASGIApp:
    """POST /messages/{id}/feedbacks."""
    body = call.body(Rate)
    await call.services.conversations.rate(call.owner, call.path("message_id"), body.rating, body.content)
    return json_response(DONE)


async def suggest_questions(call: AppCall) -> ASGIApp:
    """GET /messages/{id}/suggested."""
    questions = await call.services.asides.questions(call.app, call.owner, call.path("message_id"))
    return json_response({"result": "success", "data": questions})


async def list_feedbacks(call: AppCall) -> ASGIApp:
    """GET /app/feedbacks."""
    query = call.query(FeedbacksQuery)
    rows = await call.services.conversations.feedbacks(call.app.id, page=query.page, limit=query.limit)
    return json_response({"data": [feedback_map(row) for row in rows]})


async def list_variables(call: AppCall) -> ASGIApp:
    """GET /conversations/{id}/variables."""
    query = call.query(VariablesQuery)
    page = await call.services.conversations.variables(
        call.owner,
        call.path("conversation_id"),
        limit=query.limit,
        last_id=query.last_id,
        name=query.variable_name,
    )
    rows = [variable_map(row) for row in page.rows]
    return json_response({"limit": query.limit, "has_more": page.has_more, "data": rows})


async def set_variable(call: AppCall) -> ASGIApp:
    """PUT /conversations/{id}/variables/{variable_id}."""
    row = await call.services.conversations.set_variable(
        call.owner, call.path("conversation_id"), call.path("variable_id"), call.body(SetVariable).value
    )
    return json_response(variable_map(row))


ROUTES = [
    app_route("GET", "/conversations", list_conversations, modes=CHAT_ONLY, user=From.QUERY),
    app_route("DELETE", "/conversations/{conversation_id:uuid}", delete_conversation, modes=CHAT_ONLY, user=From.JSON),
    app_route(
        "POST", "/conversations/{conversation_id:uuid}/name", rename_conversation, modes=CHAT_ONLY, user=From.JSON
    ),
    app_route(
        "GET", "/conversations/{conversation_id:uuid}/variables", list_variables, modes=CHAT_ONLY, user=From.QUERY
    ),
    app_route(
        "PUT",
        "/conversations/{conversation_id:uuid}/variables/{variable_id:uuid}",
        set_variable,
        modes=CHAT_ONLY,
        user=From.JSON,
    ),
    app_route("GET", "/messages", list_messages, modes=CHAT_ONLY, user=From.QUERY),
    app_route("POST", "/messages/{message_id:uuid}/feedbacks", rate_message, user=From.JSON, user_required=True),
    app_route(
        "GET",
        "/messages/{message_id:uuid}/suggested",
        suggest_questions,
        modes=CHAT_ONLY,
        user=From.QUERY,
        user_required=True,
    ),
    app_route("GET", "/app/feedbacks", list_feedbacks),
]
