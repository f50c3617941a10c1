"""The console API: the log of an app: conversations, single texts and runs."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse

from treadle.logs.export import MEDIA, ExportForm, Line, lines_as, message_line, run_line
from treadle.logs.shapes import run_map
from treadle.logs.talks import Kind, MessageRow
from treadle.platform.refusals import NotFound
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.log_queries import Limit, Page, RunFilterDep, TalkFilterDep, app_of
from treadle.server.console_api.log_shapes import (
    AppRuns,
    AskedModels,
    ConversationDetail,
    LoggedConversation,
    LoggedConversations,
    LoggedTexts,
    LogMessage,
    LogMessages,
    asked_model,
    conversation_detail,
    conversation_map,
    log_message,
    logged_text,
)
from treadle.server.console_api.runs import LoggedRun
from treadle.server.file_responses import attachment

router = console_router("Logs")

EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {media: {"schema": {"type": "string"}} for media in MEDIA.values()}}
}


@router.get("/apps/{app_id}/chat-conversations")
async def list_conversations(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, page: Page = 1, limit: Limit = 20
) -> LoggedConversations:
    """Conversations of end users with an app."""
    rows, total = await services.talks.conversations(wanted, page=page, limit=limit)
    return LoggedConversations(
        data=[LoggedConversation(**conversation_map(row)) for row in rows],
        page=page,
        limit=limit,
        total=total,
        has_more=page * limit < total,
    )


@router.get("/apps/{app_id}/chat-conversations/export", response_class=StreamingResponse, responses=EXPORTED)
async def export_conversations(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, format: ExportForm = "csv"
) -> StreamingResponse:
    """Every message of the conversations that the list would show, all pages of it."""
    return _file("conversations", format, _messages_of(services.talks.said(wanted)))


@router.get("/apps/{app_id}/chat-conversations/{conversation_id}")
async def read_conversation(
    app_id: str, conversation_id: str, services: ServicesDep, signed_in: EditorDep
) -> ConversationDetail:
    """One conversation."""
    app = await app_of(services, signed_in, app_id)
    row = await services.talks.conversation(app.id, conversation_id)
    try:
        definition = await services.apps.definition(app, row.conversation.version_id)
    except NotFound:  # it was deleted; the conversation is still there to be read
        definition = None
    return conversation_detail(row, definition)


@router.delete("/apps/{app_id}/chat-conversations/{conversation_id}")
async def delete_conversation(app_id: str, conversation_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Delete a conversation with its messages."""
    app = await app_of(services, signed_in, app_id)
    await services.talks.delete(app.id, conversation_id)
    return Done()


@router.get("/apps/{app_id}/chat-messages")
async def list_messages(
    app_id: str,
    conversation_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    first_id: str | None = None,
    limit: Limit = 20,
) -> LogMessages:
    """The newest messages of a conversation, before `first_id`."""
    app = await app_of(services, signed_in, app_id)
    rows, more = await services.talks.messages(app.id, conversation_id, limit=limit, before=first_id or None)
    return LogMessages(data=[log_message(row, services) for row in rows], limit=limit, has_more=more)


@router.get("/apps/{app_id}/completion-messages")
async def list_texts(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, page: Page = 1, limit: Limit = 20
) -> LoggedTexts:
    """What end users had a completion app write."""
    rows, total = await services.talks.texts(wanted, page=page, limit=limit)
    return LoggedTexts(
        data=[logged_text(row) for row in rows], page=page, limit=limit, total=total, has_more=page * limit < total
    )


@router.get("/apps/{app_id}/completion-messages/export", response_class=StreamingResponse, responses=EXPORTED)
async def export_texts(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, format: ExportForm = "csv"
) -> StreamingResponse:
    """Every text that the list would show, all pages of it."""
    return _file("texts", format, _messages_of(services.talks.written(wanted)))


@router.get("/apps/{app_id}/messages/{message_id}")
async def read_message(app_id: str, message_id: str, services: ServicesDep, signed_in: EditorDep) -> LogMessage:
    """One message."""
    app = await app_of(services, signed_in, app_id)
    return log_message(await services.talks.message(app.id, message_id), services)


@router.get("/apps/{app_id}/messages/{message_id}/prompts")
async def list_prompts(app_id: str, message_id: str, services: ServicesDep, signed_in: EditorDep) -> AskedModels:
    """What models were sent to answer a message, word for word, call by call. Data of files is cut short."""
    app = await app_of(services, signed_in, app_id)
    message = (await services.talks.message(app.id, message_id)).message
    calls = await services.logs.model_calls(message.run_id) if message.run_id else []
    return AskedModels(
        data=[asked_model(call) for call in calls],
        message_tokens=message.message_tokens,
        answer_tokens=message.answer_tokens,
        total_price=f"{message.total_price_e7 / 1e7:.7f}",
        currency=message.currency,
        latency=message.latency,
    )


@router.get("/apps/{app_id}/workflow-app-logs")
async def list_app_runs(
    services: ServicesDep,
    signed_in: EditorDep,
    wanted: RunFilterDep,
    account: Annotated[str, Query(max_length=255, description="The address of a member.")] = "",
    page: Page = 1,
    limit: Limit = 20,
) -> AppRuns:
    """Runs of an app for its users, without those of its draft."""
    rows, total = await services.logs.page(wanted, page=page, limit=limit, account_email=account or None)
    return AppRuns(
        data=[LoggedRun.model_validate(run_map(row)) for row in rows],
        page=page,
        limit=limit,
        total=total,
        has_more=page * limit < total,
    )


@router.get("/apps/{app_id}/workflow-app-logs/export", response_class=StreamingResponse, responses=EXPORTED)
async def export_runs(
    services: ServicesDep, signed_in: EditorDep, wanted: RunFilterDep, format: ExportForm = "csv"
) -> StreamingResponse:
    """Every run that the list would show, all pages of it."""
    return _file("runs", format, (run_line(row) async for row in services.logs.every(wanted)))


@router.put("/apps/{app_id}/logs/{kind}/{record_id}/read")
async def mark_read(app_id: str, kind: Kind, record_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Somebody has opened a record: it is not new any more, for all."""
    app = await app_of(services, signed_in, app_id)
    await services.talks.mark_read(app.id, kind, record_id)
    return Done()


async def _messages_of(found: AsyncIterable[list[MessageRow]]) -> AsyncGenerator[Line, None]:
    async for rows in found:
        for row in rows:
            yield message_line(row)


def _file(name: str, format: ExportForm, lines: AsyncIterable[Line]) -> StreamingResponse:
    return StreamingResponse(lines_as(format, lines), media_type=MEDIA[format], headers=attachment(f"{name}.{format}"))
