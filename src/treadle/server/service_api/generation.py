"""Asking an app: chat, completion and workflow runs, streaming or blocking, and stopping them.

Source: spec service-api §3.1 to §3.5, §3.13, §4.8.
"""

from typing import Any, Literal

import msgspec
from starlette.types import ASGIApp

from treadle.apps.passed_headers import passed_headers
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.frames import Failure, FrameEncoder
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import AppMode
from treadle.platform.refusals import BadRequest, InvalidParam, Refusal
from treadle.server.app_call import CHAT_ONLY, COMPLETION_ONLY, WORKFLOW_ONLY, AppCall, From, ModeRule
from treadle.server.arguments import optional_uuid
from treadle.server.event_stream import EventStream
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.calls import app_route

JsonMap = dict[str, Any]


class Generate(msgspec.Struct, kw_only=True):
    """What every generation endpoint takes."""

    inputs: JsonMap | None
    response_mode: Literal["streaming", "blocking"] | None = None
    files: list[JsonMap] | None = None


class Chat(Generate, kw_only=True):
    """POST /chat-messages."""

    query: str
    conversation_id: str | None = None
    auto_generate_name: bool | None = True
    workflow_id: str | None = None


class Completion(Generate, kw_only=True):
    """POST /completion-messages."""

    query: str | None = None


async def send_chat_message(call: AppCall) -> ASGIApp:
    """POST /chat-messages."""
    body = call.body(Chat)
    query = body.query.replace("\x00", "")
    if not query:
        raise InvalidParam("`query` must not be empty.", param="query")
    if call.app.mode == AppMode.AGENT_CHAT and body.response_mode != "streaming":
        raise InvalidParam("Agent apps only answer with `response_mode` `streaming`.", param="response_mode")
    pinned = body.workflow_id if call.app.mode == AppMode.ADVANCED_CHAT else None
    return await _generate(
        call,
        body,
        query=query,
        conversation_id=optional_uuid(body.conversation_id, "conversation_id"),
        auto_name=body.auto_generate_name is not False,
        version_id=_version_id(pinned) if pinned else None,
    )


async def send_completion_message(call: AppCall) -> ASGIApp:
    """POST /completion-messages."""
    body = call.body(Completion)
    return await _generate(call, body, query=(body.query or "").replace("\x00", ""))


async def run_workflow(call: AppCall) -> ASGIApp:
    """POST /workflows/run."""
    return await _generate(call, call.body(Generate))


async def run_workflow_version(call: AppCall) -> ASGIApp:
    """POST /workflows/{workflow_id}/run."""
    return await _generate(call, call.body(Generate), version_id=_version_id(call.path("workflow_id")))


async def stop(call: AppCall) -> ASGIApp:
    """POST …/{task_id}/stop: always succeeds, and only stops what this user started."""
    services, task_id = call.services, call.path("task_id")
    if not services.host.stop(task_id, app_id=call.app.id, user_id=call.end_user_id):
        services.elsewhere.stop(task_id, app_id=call.app.id, user_id=call.end_user_id)
    return json_response(DONE)


def _version_id(text: str) -> str:
    try:
        version_id = optional_uuid(text, "workflow_id")
    except InvalidParam as error:
        raise BadRequest(error.message, param="workflow_id") from error
    if version_id is None:
        raise BadRequest("`workflow_id` is not a UUID.", param="workflow_id")
    return version_id


async def _generate(
    call: AppCall,
    body: Generate,
    *,
    query: str = "",
    conversation_id: str | None = None,
    auto_name: bool = False,
    version_id: str | None = None,
) -> ASGIApp:
    run = await call.services.host.start(
        StartRun(
            app=call.app,
            created_from=call.created_from,
            user_id=call.end_user_id,
            user=call.user,
            api_key_id=call.api_key_id,
            inputs=body.inputs or {},
            files=body.files or [],
            query=query,
            conversation_id=conversation_id,
            auto_name=auto_name,
            version_id=version_id,
            aloud=body.response_mode == "streaming",
            headers=passed_headers(call.request.headers.items()),
        )
    )
    if body.response_mode == "streaming":
        return EventStream(run.feed, FrameEncoder(run.thread), on_close=run.release)
    return await blocking_answer(run)


async def blocking_answer(run: ActiveRun) -> ASGIApp:
    """The answer in one piece. A failed workflow is no HTTP error, a failed message is."""
    finished = await run.finished()
    run.release()
    if run.thread.mode == "workflow":
        return json_response(run.workflow_answer(finished))
    failure = run.failure(finished)
    if failure is not None:
        raise _refusal(failure)
    return json_response(run.message_answer(finished))


def _refusal(failure: Failure) -> Refusal:
    return Refusal(failure.message, code=failure.code, status=failure.status)


def _stop_route(path: str, modes: ModeRule) -> Any:
    return app_route("POST", path, stop, modes=modes, user=From.JSON, user_required=True)


ROUTES = [
    app_route("POST", "/chat-messages", send_chat_message, modes=CHAT_ONLY, user=From.JSON, user_required=True),
    app_route(
        "POST",
        "/completion-messages",
        send_completion_message,
        modes=COMPLETION_ONLY,
        user=From.JSON,
        user_required=True,
    ),
    app_route("POST", "/workflows/run", run_workflow, modes=WORKFLOW_ONLY, user=From.JSON, user_required=True),
    app_route(
        "POST",
        "/workflows/{workflow_id}/run",
        run_workflow_version,
        modes=WORKFLOW_ONLY,
        user=From.JSON,
        user_required=True,
    ),
    _stop_route("/chat-messages/{task_id}/stop", CHAT_ONLY),
    _stop_route("/completion-messages/{task_id}/stop", COMPLETION_ONLY),
    _stop_route("/workflows/tasks/{task_id}/stop", WORKFLOW_ONLY),
    _stop_route("/workflows/{task_id}/stop", WORKFLOW_ONLY),
]
