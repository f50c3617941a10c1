"""What the log of an app shows of conversations, single texts and runs."""

from typing import Any, Literal

import msgspec
from pydantic import BaseModel, Field, JsonValue

from treadle.apps.definition import Definition
from treadle.apps.tables import Feedback
from treadle.logs.service import ModelCall
from treadle.logs.shapes import key_map
from treadle.logs.talks import MessageRow, Ratings, TalkRow
from treadle.platform.clock import SECOND
from treadle.server.console_api.runs import KeyNamed, LoggedRun
from treadle.server.service_api.shapes import message_map
from treadle.server.services import Services

_decode = msgspec.json.Decoder().decode
_PREVIEW = 280


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


class SettledModel(BaseModel):
    """The model of an app without a canvas, as the version had it that the conversation keeps to."""

    provider: str
    name: str
    parameters: dict[str, JsonValue]


class ConversationDetail(LoggedConversation):
    """A conversation with what it was begun with. `model` is null for chatflows, and when the version is gone."""

    introduction: str
    inputs: dict[str, JsonValue]
    model: SettledModel | None


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


def conversation_map(row: TalkRow) -> dict[str, Any]:
    """What lists and details tell of a conversation."""
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


def conversation_detail(row: TalkRow, definition: Definition | None) -> ConversationDetail:
    """A conversation with what its app began it with. `definition` is the version that it began with."""
    conversation = row.conversation
    config = definition.model_config if definition else None
    return ConversationDetail(
        **conversation_map(row),
        introduction=conversation.introduction,
        inputs=_decode(conversation.inputs),
        model=SettledModel(
            provider=config.model.provider,
            name=config.model.name,
            parameters=config.model.completion_params,
        )
        if config
        else None,
    )


def _ratings(ratings: Ratings) -> RatingCount:
    return RatingCount(like=ratings.like, dislike=ratings.dislike)


def logged_text(row: MessageRow) -> LoggedText:
    """A single text of the list."""
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


def log_message(row: MessageRow, services: Services) -> LogMessage:
    """A message whole, with links to its files."""
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


def asked_model(call: ModelCall) -> AskedModel:
    """What a model was sent, and what that cost."""
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
