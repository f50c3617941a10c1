"""The console API: the log of an app: conversations, single texts and runs, and what builders think of answers."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, JsonValue

from treadle.accounts.service import SignedIn
from treadle.apps.tables import App, Feedback
from treadle.logs.days import Period, period
from treadle.logs.export import MEDIA, ExportForm, Line, lines_as, message_line, run_line
from treadle.logs.repository import RunFilter
from treadle.logs.service import ModelCall
from treadle.logs.shapes import key_map, run_map
from treadle.logs.talks import Kind, MessageRow, Ratings, SortBy, TalkFilter, TalkRow
from treadle.platform.clock import SECOND
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done, PlainText
from treadle.server.console_api.runs import KeyNamed, LoggedRun
from treadle.server.file_responses import attachment
from treadle.server.service_api.shapes import message_map
from treadle.server.services import Services

router = console_router("Logs")

_decode = msgspec.json.Decoder().decode
_PREVIEW = 280
AnnotationStatus = Literal["all", "annotated", "not_annotated"]
Moment = Annotated[str, Query(description="`YYYY-MM-DD HH:mm` in the time zone of the signed-in account.")]
Page = Annotated[int, Query(ge=1, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Keyword = Annotated[str, Query(max_length=255)]
Status = Annotated[
    Literal["", "running", "paused", "succeeded", "partial-succeeded", "failed", "stopped"],
    Query(description="How a run ended; of a conversation, at least one."),
]
Trigger = Literal["", "app-run", "webhook", "schedule", "plugin"]
Channel = Annotated[
    Literal["", "service-api", "web-app", "installed-app", "trigger"], Query(description="How the app was used.")
]
RatingQuery = Annotated[
    Literal["", "user_like", "user_dislike", "admin_like", "admin_dislike", "none"],
    Query(description="How answers were rated; of a conversation, at least one."),
]
PersonQuery = Annotated[str, Query(max_length=255, description="A part of a session id, or of a member's name.")]
KeyQuery = Annotated[str, Query(max_length=36, description="The key of the app that was called with.")]
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {media: {"schema": {"type": "string"}} for media in MEDIA.values()}}
}
_ANNOTATED: dict[str, bool | None] = {"all": None, "annotated": True, "not_annotated": False}


class RatingCount(BaseModel):
    """How often answers were liked and disliked."""

    like: int
    dislike: int


class LoggedConversation(BaseModel):
    """A conversation in a list. `person` is an end user's session id, or the name of a member. Seconds since 1970."""

    id: str
    summary: str
    person: str | None
    by_account: bool
    created_from: str
    message_count: int
    failure_count: int
    annotated: bool
    user_ratings: RatingCount
    admin_ratings: RatingCount
    read_at: float | None
    deleted_by_user: bool
    created_at: float
    updated_at: float


class LoggedConversations(BaseModel):
    data: list[LoggedConversation]
    page: int
    limit: int
    total: int
    has_more: bool


class ConversationDetail(LoggedConversation):
    """A conversation with what it was begun with."""

    introduction: str
    inputs: dict[str, JsonValue]


class GivenFeedback(BaseModel):
    """What somebody thinks of an answer."""

    rating: Literal["like", "dislike"]
    content: str | None


class LoggedText(BaseModel):
    """A message in a list: the first letters of what was asked and answered."""

    id: str
    input: str
    output: str
    person: str | None
    by_account: bool
    created_from: str
    status: str
    annotated: bool
    user_rating: Literal["like", "dislike"] | None
    admin_rating: Literal["like", "dislike"] | None
    read_at: float | None
    created_at: float


class LoggedTexts(BaseModel):
    data: list[LoggedText]
    page: int
    limit: int
    total: int
    has_more: bool


class LogMessage(BaseModel):
    """A message whole. `latency` in seconds; the maps are those that the apps' own API gives."""

    id: str
    conversation_id: str | None
    parent_message_id: str | None
    run_id: str | None
    query: str
    inputs: dict[str, JsonValue]
    answer: str
    status: str
    error: str | None
    message_files: list[dict[str, JsonValue]]
    agent_thoughts: list[dict[str, JsonValue]]
    retriever_resources: list[dict[str, JsonValue]]
    annotation_reply: dict[str, JsonValue] | None
    model_provider: str | None
    model_name: str | None
    message_tokens: int
    answer_tokens: int
    total_price: str
    currency: str
    speech_price: str
    latency: float
    annotated: bool
    user_feedback: GivenFeedback | None
    admin_feedback: GivenFeedback | None
    api_key: KeyNamed | None
    read_at: float | None
    created_at: float


class LogMessages(BaseModel):
    """The newest last; `has_more` are older ones, before the first."""

    data: list[LogMessage]
    limit: int
    has_more: bool


class SentMessage(BaseModel):
    """A message as a model was sent it."""

    role: str
    text: str
    files: list[dict[str, JsonValue]]
    tool_calls: list[dict[str, JsonValue]] = Field(default_factory=list[dict[str, JsonValue]])


class AskedModel(BaseModel):
    """What a node sent to a model, and what that took. `elapsed_time` in seconds."""

    node_id: str
    node_type: str
    title: str
    model_provider: str
    model_name: str
    messages: list[SentMessage]
    prompt_tokens: int
    completion_tokens: int
    total_price: str
    currency: str
    elapsed_time: float


class AskedModels(BaseModel):
    """The models that were asked for an answer, the first one first, and what the whole answer took."""

    data: list[AskedModel]
    message_tokens: int
    answer_tokens: int
    total_price: str
    currency: str
    latency: float


class AppRuns(BaseModel):
    data: list[LoggedRun]
    page: int
    limit: int
    total: int
    has_more: bool


class AdminRating(BaseModel):
    """What the builders think of an answer, and why; null takes it back."""

    message_id: Annotated[PlainText, Field(max_length=36)]
    rating: Literal["like", "dislike"] | None
    content: Annotated[PlainText, Field(max_length=1000)] | None = None


async def _talk_filter(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    keyword: Keyword = "",
    start: Moment = "",
    end: Moment = "",
    annotation_status: AnnotationStatus = "all",
    status: Status = "",
    rating: RatingQuery = "",
    person: PersonQuery = "",
    created_from: Channel = "",
    api_key_id: KeyQuery = "",
    sort_by: SortBy = "-created_at",
) -> TalkFilter:
    """Which conversations or texts a page or a file asks for."""
    app = await _app(services, signed_in, app_id)
    return TalkFilter(
        app_id=app.id,
        period=await asked_period(services, signed_in, start, end),
        annotated=_ANNOTATED[annotation_status],
        keyword=keyword,
        status=status or None,
        rating=rating or None,
        person=person,
        created_from=created_from or None,
        api_key_id=api_key_id or None,
        sort_by=sort_by,
    )


async def _run_filter(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    keyword: Keyword = "",
    status: Status = "",
    created_from: Channel = "",
    triggered_from: Trigger = "",
    end_user: Annotated[str, Query(max_length=255, description="A session id.")] = "",
    person: PersonQuery = "",
    api_key_id: KeyQuery = "",
    start: Moment = "",
    end: Moment = "",
    sort_by: Literal["created_at", "-created_at"] = "-created_at",
) -> RunFilter:
    """Which runs a page or a file asks for."""
    app = await _app(services, signed_in, app_id)
    asked = await asked_period(services, signed_in, start, end)
    return RunFilter(
        workspace_id=signed_in.workspace_id,
        app_id=app.id,
        statuses=(status,) if status else (),
        keyword=keyword,
        created_after=asked.start,
        created_before=None if asked.stop is None else asked.stop - 1,
        created_from=created_from or None,
        triggered_from=triggered_from or None,
        session_id=end_user or None,
        person=person,
        api_key_id=api_key_id or None,
        oldest_first=sort_by == "created_at",
    )


TalkFilterDep = Annotated[TalkFilter, Depends(_talk_filter)]
RunFilterDep = Annotated[RunFilter, Depends(_run_filter)]


@router.get("/apps/{app_id}/chat-conversations")
async def list_conversations(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, page: Page = 1, limit: Limit = 20
) -> LoggedConversations:
    """Conversations of end users with an app."""
    rows, total = await services.talks.conversations(wanted, page=page, limit=limit)
    return LoggedConversations(
        data=[LoggedConversation(**_conversation(row)) for row in rows],
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
    app = await _app(services, signed_in, app_id)
    row = await services.talks.conversation(app.id, conversation_id)
    return ConversationDetail(
        **_conversation(row), introduction=row.conversation.introduction, inputs=_decode(row.conversation.inputs)
    )


@router.delete("/apps/{app_id}/chat-conversations/{conversation_id}")
async def delete_conversation(app_id: str, conversation_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Delete a conversation with its messages."""
    app = await _app(services, signed_in, app_id)
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
    app = await _app(services, signed_in, app_id)
    rows, more = await services.talks.messages(app.id, conversation_id, limit=limit, before=first_id or None)
    return LogMessages(data=[_message(row, services) for row in rows], limit=limit, has_more=more)


@router.get("/apps/{app_id}/completion-messages")
async def list_texts(
    services: ServicesDep, signed_in: EditorDep, wanted: TalkFilterDep, page: Page = 1, limit: Limit = 20
) -> LoggedTexts:
    """What end users had a completion app write."""
    rows, total = await services.talks.texts(wanted, page=page, limit=limit)
    return LoggedTexts(
        data=[_text(row) for row in rows], page=page, limit=limit, total=total, has_more=page * limit < total
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
    app = await _app(services, signed_in, app_id)
    return _message(await services.talks.message(app.id, message_id), services)


@router.get("/apps/{app_id}/messages/{message_id}/prompts")
async def list_prompts(app_id: str, message_id: str, services: ServicesDep, signed_in: EditorDep) -> AskedModels:
    """What models were sent to answer a message, word for word, call by call. Data of files is cut short."""
    app = await _app(services, signed_in, app_id)
    message = (await services.talks.message(app.id, message_id)).message
    calls = await services.logs.model_calls(message.run_id) if message.run_id else []
    return AskedModels(
        data=[_asked_model(call) for call in calls],
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
    app = await _app(services, signed_in, app_id)
    await services.talks.mark_read(app.id, kind, record_id)
    return Done()


@router.post("/apps/{app_id}/feedbacks")
async def rate_message(app_id: str, body: AdminRating, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Like or dislike an answer as a builder; the end user's own rating stays."""
    app = await _app(services, signed_in, app_id)
    await services.talks.rate(
        app.id, body.message_id, body.rating, account_id=signed_in.account_id, content=body.content or None
    )
    return Done()


@router.get(
    "/apps/{app_id}/feedbacks/export",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {}}}},
)
async def export_feedback(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    format: Literal["csv", "json"] = "csv",
    from_source: Literal["", "user", "admin"] = "",
    rating: Literal["", "like", "dislike"] = "",
    with_comment: bool = False,
    start: Moment = "",
    end: Moment = "",
) -> Response:
    """What people think of the answers of an app, with question and answer, the oldest first."""
    app = await _app(services, signed_in, app_id)
    rows = await services.talks.feedback(
        app.id,
        period=await asked_period(services, signed_in, start, end),
        source=from_source or None,
        rating=rating or None,
        with_comment=with_comment,
    )
    entries = [_exported(*row) for row in rows]
    if format == "json":
        body, media = msgspec.json.encode(entries), "application/json"
    else:
        body, media = "".join(_csv(entries)).encode("utf-8-sig"), "text/csv; charset=utf-8"
    name = f"feedback.{format}"
    return Response(body, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _messages_of(found: AsyncIterable[list[MessageRow]]) -> AsyncGenerator[Line, None]:
    async for rows in found:
        for row in rows:
            yield message_line(row)


def _file(name: str, format: ExportForm, lines: AsyncIterable[Line]) -> StreamingResponse:
    return StreamingResponse(lines_as(format, lines), media_type=MEDIA[format], headers=attachment(f"{name}.{format}"))


async def asked_period(services: Services, signed_in: SignedIn, start: str, end: str) -> Period:
    """What a page asks for in the time zone of its reader. Raises InvalidParam."""
    return period(start, end, await zone_of(services, signed_in))


async def zone_of(services: Services, signed_in: SignedIn) -> ZoneInfo:
    """The time zone in which somebody reads charts and logs."""
    return ZoneInfo((await services.profiles.of(signed_in)).timezone)


async def _app(services: Services, signed_in: SignedIn, app_id: str) -> App:
    return await services.apps.of_workspace(signed_in.workspace_id, app_id)


def _conversation(row: TalkRow) -> dict[str, Any]:
    conversation = row.conversation
    return {
        "id": conversation.id,
        "summary": row.summary,
        "person": row.person,
        "by_account": row.by_account,
        "created_from": conversation.created_from,
        "message_count": row.messages,
        "failure_count": row.failures,
        "annotated": row.annotated,
        "user_ratings": _ratings(row.user),
        "admin_ratings": _ratings(row.admin),
        "read_at": _seconds(conversation.read_at),
        "deleted_by_user": conversation.deleted_at is not None,
        "created_at": conversation.created_at / SECOND,
        "updated_at": conversation.updated_at / SECOND,
    }


def _ratings(ratings: Ratings) -> RatingCount:
    return RatingCount(like=ratings.like, dislike=ratings.dislike)


def _text(row: MessageRow) -> LoggedText:
    message = row.message
    return LoggedText(
        id=message.id,
        input=(message.query or _first_inputs(message.inputs))[:_PREVIEW],
        output=message.answer[:_PREVIEW],
        person=row.person,
        by_account=row.by_account,
        created_from=message.created_from,
        status=message.status,
        annotated=row.annotated,
        user_rating=_rating(row.feedback.get("user")),
        admin_rating=_rating(row.feedback.get("admin")),
        read_at=_seconds(message.read_at),
        created_at=message.created_at / SECOND,
    )


def _first_inputs(inputs: str) -> str:
    """The values of a form in one line."""
    return " · ".join(str(value) for value in _decode(inputs).values() if isinstance(value, str | int | float))


def _message(row: MessageRow, services: Services) -> LogMessage:
    message = row.message
    shown = message_map(message, None, services)
    metadata = _decode(message.message_metadata)
    return LogMessage(
        **{name: shown[name] for name in ("id", "conversation_id", "parent_message_id", "query", "inputs", "answer")},
        **{name: shown[name] for name in ("status", "error", "message_files", "agent_thoughts", "retriever_resources")},
        run_id=message.run_id,
        annotation_reply=metadata.get("annotation_reply"),
        model_provider=message.model_provider,
        model_name=message.model_name,
        message_tokens=message.message_tokens,
        answer_tokens=message.answer_tokens,
        total_price=f"{message.total_price_e7 / 1e7:.7f}",
        currency=message.currency,
        speech_price=f"{row.speech_e7 / 1e7:.7f}",
        latency=message.latency,
        annotated=row.annotated,
        user_feedback=_feedback(row.feedback.get("user")),
        admin_feedback=_feedback(row.feedback.get("admin")),
        api_key=KeyNamed.model_validate(key_map(row.key)) if row.key else None,
        read_at=_seconds(message.read_at),
        created_at=message.created_at / SECOND,
    )


def _asked_model(call: ModelCall) -> AskedModel:
    usage = call.usage
    return AskedModel(
        node_id=call.node.node_id,
        node_type=call.node.node_type,
        title=call.node.title,
        model_provider=call.provider,
        model_name=call.model,
        messages=[SentMessage.model_validate(message) for message in call.prompts],
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        total_price=str(usage.get("total_price") or "0"),
        currency=str(usage.get("currency") or "USD"),
        elapsed_time=call.node.elapsed,
    )


def _feedback(row: Feedback | None) -> GivenFeedback | None:
    rating = _rating(row)
    return None if row is None or rating is None else GivenFeedback(rating=rating, content=row.content)


def _rating(row: Feedback | None) -> Literal["like", "dislike"] | None:
    if row is None:
        return None
    return "like" if row.rating == "like" else "dislike"


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND


def _exported(feedback: Feedback, query: str, answer: str, person: str | None) -> dict[str, str | None]:
    return {
        "time": datetime.fromtimestamp(feedback.created_at / SECOND, UTC).isoformat(timespec="seconds"),
        "from": feedback.from_source,
        "person": person,
        "rating": feedback.rating,
        "comment": feedback.content,
        "question": query,
        "answer": answer,
        "conversation_id": feedback.conversation_id,
        "message_id": feedback.message_id,
    }


def _csv(entries: list[dict[str, str | None]]) -> Iterator[str]:
    """Cells that a spreadsheet would take for formulas are texts."""
    names = ("time", "from", "person", "rating", "comment", "question", "answer", "conversation_id", "message_id")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    for entry in entries:
        cells = (entry[name] or "" for name in names)
        writer.writerow([f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell for cell in cells])
    yield text.getvalue()
