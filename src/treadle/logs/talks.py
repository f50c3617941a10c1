"""What end users wrote to an app and what it answered, as its builders read it: conversations, and the single texts of
completion apps. Trials in the console are left out. Source: spec console §10."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account, ApiKey, EndUser
from treadle.annotations.tables import Annotation
from treadle.apps.tables import (
    Conversation,
    ConversationVariable,
    CreatedFrom,
    Feedback,
    Message,
    MessageFile,
    PinnedConversation,
    Run,
    SpeechCall,
)
from treadle.logs.days import ALWAYS, Period
from treadle.logs.repository import containing
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import NotFound

SortBy = Literal["created_at", "-created_at", "updated_at", "-updated_at"]
RatingFilter = Literal["user_like", "user_dislike", "admin_like", "admin_dislike", "none"]
"""Whose rating, and which; or that nobody has rated."""
Kind = Literal["conversations", "messages", "runs"]
_AT_ONCE = 100
_TABLES: dict[str, Any] = {"conversations": Conversation, "messages": Message, "runs": Run}


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkFilter:
    """Which conversations or messages of an app. `period` is about the time that is sorted by, `status` about how runs
    ended: of a conversation, at least one of them."""

    app_id: str
    period: Period = ALWAYS
    annotated: bool | None = None
    keyword: str = ""
    status: str | None = None
    rating: RatingFilter | None = None
    person: str = ""
    """A part of an end user's session id, or of a member's name."""
    created_from: str | None = None
    api_key_id: str | None = None
    sort_by: SortBy = "-created_at"


@dataclass(slots=True)
class Ratings:
    """How often answers were liked and disliked."""

    like: int = 0
    dislike: int = 0


@dataclass(slots=True)
class TalkRow:
    """A conversation in a list with what is counted of it."""

    conversation: Conversation
    person: str | None
    by_account: bool
    summary: str
    messages: int = 0
    failures: int = 0
    annotated: bool = False
    user: Ratings = field(default_factory=Ratings)
    admin: Ratings = field(default_factory=Ratings)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with who wrote it and what people think of it."""

    message: Message
    person: str | None
    by_account: bool
    feedback: dict[str, Feedback]
    """By source, `user` and `admin`."""
    annotated: bool
    key: ApiKey | None = None
    """The key of the app that was called with, while it is there."""
    speech_e7: int = 0
    """What reading it aloud has cost, in ten-millionths."""


class TalkLog:
    """`settled` waits until records written behind can be read."""

    def __init__(self, db: Database, settled: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._settled = settled

    async def conversations(self, wanted: TalkFilter, *, page: int, limit: int) -> tuple[list[TalkRow], int]:
        """A page of conversations, and how many there are."""
        await self._settled()
        column, conditions = _of_conversations(wanted)
        async with self._db.session() as session:
            counting = select(func.count()).select_from(Conversation)
            query = _ordered(_with_people(Conversation).where(*conditions), column, Conversation.id, wanted)
            found, total = await _page(
                session, query, counting.where(*conditions), page=page, limit=limit, searched=wanted.keyword != ""
            )
            rows = [_talk_row(*each) for each in found]
            await _count(session, wanted.app_id, rows)
        return rows, total

    async def said(self, wanted: TalkFilter) -> AsyncGenerator[list[MessageRow], None]:
        """Every message of the conversations that are wanted, some at a time, a conversation after the other."""
        await self._settled()
        column, conditions = _of_conversations(wanted)
        async with self._db.session() as session:
            query = _ordered(select(Conversation.id).where(*conditions), column, Conversation.id, wanted)
            ids = list((await session.execute(query)).scalars())
        for some in batched(ids, _AT_ONCE):
            async with self._db.session() as session:
                query = _with_people(Message).where(Message.conversation_id.in_(some))
                query = query.order_by(Message.created_at, Message.id)
                rows = await _message_rows(session, wanted.app_id, (await session.execute(query)).all())
            place = {conversation_id: at for at, conversation_id in enumerate(some)}
            yield sorted(rows, key=lambda row: place[row.message.conversation_id or ""])

    async def written(self, wanted: TalkFilter) -> AsyncGenerator[list[MessageRow], None]:
        """Every text of a completion app that is wanted, some at a time."""
        await self._settled()
        column, conditions = _of_texts(wanted)
        async with self._db.session() as session:
            query = _ordered(select(Message.id).where(*conditions), column, Message.id, wanted)
            ids = list((await session.execute(query)).scalars())
        for some in batched(ids, _AT_ONCE):
            async with self._db.session() as session:
                query = _with_people(Message).where(Message.id.in_(some))
                rows = await _message_rows(session, wanted.app_id, (await session.execute(query)).all())
            place = {message_id: at for at, message_id in enumerate(some)}
            yield sorted(rows, key=lambda row: place[row.message.id])

    async def conversation(self, app_id: str, conversation_id: str) -> TalkRow:
        """Raises NotFound."""
        await self._settled()
        async with self._db.session() as session:
            query = _with_people(Conversation).where(Conversation.id == conversation_id, Conversation.app_id == app_id)
            found: Any = (await session.execute(query)).one_or_none()
            if found is None:
                raise NotFound("There is no such conversation.")
            row = _talk_row(*found)
            await _count(session, app_id, [row])
        return row

    async def messages(
        self, app_id: str, conversation_id: str, *, limit: int, before: str | None
    ) -> tuple[list[MessageRow], bool]:
        """The newest messages of a conversation before one, the oldest first, and whether there are more.

        Raises NotFound.
        """
        await self._settled()
        async with self._db.session() as session:
            # Were the messages asked for their app, SQLite would walk all of the app in search of a few.
            own = select(Conversation.id).where(Conversation.id == conversation_id, Conversation.app_id == app_id)
            query = _with_people(Message).where(Message.conversation_id == own.scalar_subquery())
            if before is not None:
                last = await session.get(Message, before)
                if last is None or last.conversation_id != conversation_id:
                    raise NotFound("`first_id` is no message of this conversation.")
                query = query.where(
                    or_(
                        Message.created_at < last.created_at,
                        and_(Message.created_at == last.created_at, Message.id < last.id),
                    )
                )
            query = query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit + 1)
            rows = await _message_rows(session, app_id, (await session.execute(query)).all())
        return rows[:limit][::-1], len(rows) > limit

    async def texts(self, wanted: TalkFilter, *, page: int, limit: int) -> tuple[list[MessageRow], int]:
        """A page of the single texts of a completion app, and how many there are."""
        await self._settled()
        column, conditions = _of_texts(wanted)
        async with self._db.session() as session:
            counting = select(func.count()).select_from(Message)
            query = _ordered(_with_people(Message).where(*conditions), column, Message.id, wanted)
            found, total = await _page(
                session, query, counting.where(*conditions), page=page, limit=limit, searched=wanted.keyword != ""
            )
            rows = await _message_rows(session, wanted.app_id, found)
        return rows, total

    async def message(self, app_id: str, message_id: str) -> MessageRow:
        """Raises NotFound."""
        await self._settled()
        async with self._db.session() as session:
            query = _with_people(Message).where(Message.id == message_id, Message.app_id == app_id)
            rows = await _message_rows(session, app_id, (await session.execute(query)).all())
        if not rows:
            raise NotFound("There is no such message.")
        return rows[0]

    async def rate(
        self,
        app_id: str,
        message_id: str,
        rating: Literal["like", "dislike"] | None,
        *,
        account_id: str,
        content: str | None = None,
    ) -> None:
        """What the builders think of an answer: one of them decides for all, the last one. Raises NotFound."""
        await self._settled()
        async with self._db.transaction(lock=f"feedback {message_id}") as session:
            message = await session.get(Message, message_id)
            if message is None or message.app_id != app_id:
                raise NotFound("There is no such message.")
            mine = select(Feedback).where(Feedback.message_id == message_id, Feedback.from_source == "admin")
            feedback = (await session.execute(mine)).scalar_one_or_none()
            now = now_us()
            if rating is None:
                if feedback is not None:
                    await session.delete(feedback)
            elif feedback is not None:
                feedback.rating, feedback.content = rating, content
                feedback.account_id, feedback.updated_at = account_id, now
            else:
                session.add(
                    Feedback(
                        id=new_id(),
                        workspace_id=message.workspace_id,
                        app_id=app_id,
                        conversation_id=message.conversation_id,
                        message_id=message_id,
                        from_source="admin",
                        account_id=account_id,
                        rating=rating,
                        content=content,
                        created_at=now,
                        updated_at=now,
                    )
                )

    async def feedback(
        self, app_id: str, *, period: Period, source: str | None, rating: str | None, with_comment: bool
    ) -> list[tuple[Feedback, str, str, str | None]]:
        """What people think of answers, the oldest first: each with question, answer and who it was."""
        await self._settled()
        query = (
            select(Feedback, Message.query, Message.answer, func.coalesce(EndUser.session_id, Account.name))
            .join(Message, Message.id == Feedback.message_id)
            .outerjoin(EndUser, EndUser.id == Feedback.end_user_id)
            .outerjoin(Account, Account.id == Feedback.account_id)
            .where(Feedback.app_id == app_id, *period.bounds(Feedback.created_at))
            .order_by(Feedback.created_at, Feedback.id)
        )
        if source is not None:
            query = query.where(Feedback.from_source == source)
        if rating is not None:
            query = query.where(Feedback.rating == rating)
        if with_comment:
            query = query.where(Feedback.content.is_not(None), Feedback.content != "")
        async with self._db.session() as session:
            return [(row[0], row[1], row[2], row[3]) for row in (await session.execute(query)).all()]

    async def mark_read(self, app_id: str, kind: Kind, record_id: str) -> None:
        """Somebody has opened a record; that it was new is over for all. Raises NotFound."""
        table = _TABLES[kind]
        query = update(table).where(table.id == record_id, table.app_id == app_id)
        async with self._db.transaction() as session:
            marked = query.values(read_at=func.coalesce(table.read_at, now_us())).returning(table.id)
            if (await session.execute(marked)).first() is None:
                raise NotFound("There is no such record.")

    async def delete(self, app_id: str, conversation_id: str) -> None:
        """Delete a conversation with its messages and what people think of them. Its runs stay in the log of runs.

        Raises NotFound.
        """
        await self._settled()
        async with self._db.transaction() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None or conversation.app_id != app_id:
                raise NotFound("There is no such conversation.")
            messages = select(Message.id).where(Message.conversation_id == conversation_id)
            await session.execute(delete(MessageFile).where(MessageFile.message_id.in_(messages)))
            for table in (Feedback, SpeechCall):
                await session.execute(delete(table).where(table.message_id.in_(messages)))
            for table in (Message, ConversationVariable, PinnedConversation):
                await session.execute(delete(table).where(table.conversation_id == conversation_id))
            await session.delete(conversation)


def _of_conversations(wanted: TalkFilter) -> tuple[Any, list[Any]]:
    """The time that is sorted by, and what holds of the conversations that are wanted."""
    column, since, conditions = _shared(wanted, Conversation, "conversation_id")
    if wanted.keyword:
        part = containing(wanted.keyword)
        said = select(Message.conversation_id).where(
            Message.app_id == wanted.app_id,
            or_(Message.query.ilike(part, escape="\\"), Message.answer.ilike(part, escape="\\")),
        )
        if since is not None:
            # No message is older than its conversation.
            said = said.where(Message.created_at >= since)
        conditions.append(
            or_(
                Conversation.name.ilike(part, escape="\\"),
                Conversation.introduction.ilike(part, escape="\\"),
                Conversation.created_by.in_(_called(wanted.app_id, part)),
                Conversation.id.in_(said),
            )
        )
    return column, conditions


def _of_texts(wanted: TalkFilter) -> tuple[Any, list[Any]]:
    """The time that is sorted by, and what holds of the single texts that are wanted."""
    column, _, conditions = _shared(wanted, Message, "message_id")
    if wanted.keyword:
        part = containing(wanted.keyword)
        texts = (Message.query, Message.inputs, Message.answer)
        found_in = (text.ilike(part, escape="\\") for text in texts)
        conditions.append(or_(*found_in, Message.created_by.in_(_called(wanted.app_id, part))))
    return column, conditions


def _shared(wanted: TalkFilter, table: Any, id: str) -> tuple[Any, int | None, list[Any]]:
    """What conversations and texts have alike, as the tables beside them know them by `id`: the time that is sorted by,
    the time before which nothing that belongs to them can be, and what holds of them. Trials in the console are left
    out."""
    column = table.updated_at if wanted.sort_by.endswith("updated_at") else table.created_at
    since = wanted.period.start if column is table.created_at else None
    conditions = [
        table.app_id == wanted.app_id,
        table.created_from != CreatedFrom.CONSOLE,
        *wanted.period.bounds(column),
    ]
    if wanted.created_from is not None:
        conditions.append(table.created_from == wanted.created_from)
    if wanted.person:
        part = containing(wanted.person)
        members = select(Account.id).where(Account.name.ilike(part, escape="\\"))
        conditions.append(
            or_(
                table.created_by.in_(_called(wanted.app_id, part)),
                and_(table.created_by_role == "account", table.created_by.in_(members)),
            )
        )
    if wanted.annotated is not None:
        marked = _annotated(wanted.app_id, getattr(Annotation, id))
        conditions.append(table.id.in_(marked) if wanted.annotated else table.id.not_in(marked))
    if wanted.status is not None:
        conditions.append(table.id.in_(_ended(wanted, getattr(Run, id), since)))
    if wanted.rating is not None:
        conditions.append(_rated(wanted, table.id, getattr(Feedback, id)))
    if wanted.api_key_id is not None:
        conditions.append(table.id.in_(_called_with(wanted, getattr(Run, id))))
    return column, since, conditions


def _rated(wanted: TalkFilter, id: Any, column: Any) -> Any:
    """Whether somebody has rated as wanted."""
    rated = select(column).where(Feedback.app_id == wanted.app_id, column.is_not(None))
    if wanted.rating == "none":
        return id.not_in(rated)
    source, _, rating = (wanted.rating or "").partition("_")
    return id.in_(rated.where(Feedback.from_source == source, Feedback.rating == rating))


def _called_with(wanted: TalkFilter, column: Any) -> Any:
    """What the runs belong to that a key was used for."""
    return select(column).where(Run.api_key_id == wanted.api_key_id, Run.app_id == wanted.app_id, column.is_not(None))


async def _page(
    session: AsyncSession, query: Any, counting: Any, *, page: int, limit: int, searched: bool
) -> tuple[list[Any], int]:
    """A page of a query, and how many rows there are. Where all texts are `searched`, both in one go: it is the
    searching that takes long."""
    cut = query.offset((page - 1) * limit).limit(limit)
    if not searched:
        return list((await session.execute(cut)).all()), (await session.execute(counting)).scalar_one()
    found = (await session.execute(cut.add_columns(func.count().over()))).all()
    if found:
        return [row[:-1] for row in found], found[0][-1]
    return [], 0 if page == 1 else (await session.execute(counting)).scalar_one()


def batched(ids: list[str], size: int) -> Iterator[list[str]]:
    """Some at a time, in their order."""
    return (ids[at : at + size] for at in range(0, len(ids), size))


def _annotated(app_id: str, column: Any) -> Any:
    """What annotations of an app were made from. Looked up once: asking for each row would walk them all each time."""
    return select(column).where(Annotation.app_id == app_id, column.is_not(None))


def _called(app_id: str, part: str) -> Any:
    """The end users of an app whose session id matches a pattern."""
    return select(EndUser.id).where(EndUser.app_id == app_id, EndUser.session_id.ilike(part, escape="\\"))


def _ended(wanted: TalkFilter, column: Any, since: int | None) -> Any:
    """What the runs belong to that ended as wanted, and did not begin before `since`."""
    query = select(column).where(Run.app_id == wanted.app_id, Run.status == wanted.status, column.is_not(None))
    return query if since is None else query.where(Run.created_at >= since)


def _ordered(query: Any, time: Any, id: Any, wanted: TalkFilter) -> Any:
    return query.order_by(time.desc(), id.desc()) if wanted.sort_by.startswith("-") else query.order_by(time, id)


def _with_people(table: Any) -> Any:
    return (
        select(table, EndUser, Account)
        .outerjoin(EndUser, and_(EndUser.id == table.created_by, table.created_by_role == "end_user"))
        .outerjoin(Account, and_(Account.id == table.created_by, table.created_by_role == "account"))
    )


def _person(end_user: EndUser | None, account: Account | None) -> tuple[str | None, bool]:
    """What somebody is called, and whether it is a member."""
    if account is not None:
        return account.name, True
    return (end_user.session_id if end_user else None), False


def _talk_row(conversation: Conversation, end_user: EndUser | None, account: Account | None) -> TalkRow:
    return TalkRow(conversation, *_person(end_user, account), conversation.name)


async def _count(session: AsyncSession, app_id: str, rows: Sequence[TalkRow]) -> None:
    """Fill in what is counted of conversations."""
    by_id = {row.conversation.id: row for row in rows}
    counted = (
        select(
            Message.conversation_id,
            func.count(Message.id),
            func.sum(case((Message.status == "error", 1), else_=0)),
            func.min(Message.created_at),
        )
        .where(Message.conversation_id.in_(by_id))
        .group_by(Message.conversation_id)
    )
    firsts: list[int] = []
    for conversation_id, messages, failures, first in (await session.execute(counted)).all():
        row = by_id[str(conversation_id)]
        row.messages, row.failures = messages, int(failures)
        firsts.append(first)
    first_queries = select(Message.conversation_id, Message.query).where(
        Message.conversation_id.in_(by_id), Message.created_at.in_(firsts)
    )
    for conversation_id, query in (await session.execute(first_queries)).all():
        row = by_id[str(conversation_id)]
        if not row.summary.strip():
            row.summary = query[:200]
    rated = (
        select(Feedback.conversation_id, Feedback.from_source, Feedback.rating, func.count())
        .join(Message, Message.id == Feedback.message_id)
        .where(Message.conversation_id.in_(by_id))
        .group_by(Feedback.conversation_id, Feedback.from_source, Feedback.rating)
    )
    for conversation_id, source, rating, count in (await session.execute(rated)).all():
        row = by_id.get(conversation_id or "")
        if row is not None and rating in ("like", "dislike"):
            setattr(row.admin if source == "admin" else row.user, rating, count)
    marked = _annotated(app_id, Annotation.conversation_id).where(Annotation.conversation_id.in_(by_id)).distinct()
    for conversation_id in (await session.execute(marked)).scalars():
        by_id[str(conversation_id)].annotated = True


async def _message_rows(session: AsyncSession, app_id: str, found: Sequence[Any]) -> list[MessageRow]:
    ids = [message.id for message, _, _ in found]
    feedback: dict[str, dict[str, Feedback]] = {}
    for row in (await session.execute(select(Feedback).where(Feedback.message_id.in_(ids)))).scalars():
        feedback.setdefault(row.message_id, {})[row.from_source] = row
    made = _annotated(app_id, Annotation.message_id).where(Annotation.message_id.in_(ids))
    marked = set((await session.execute(made)).scalars())
    of_runs = select(Run.id, ApiKey).join(ApiKey, ApiKey.id == Run.api_key_id)
    runs = [message.run_id for message, _, _ in found if message.run_id is not None]
    keys = {row[0]: row[1] for row in (await session.execute(of_runs.where(Run.id.in_(runs)))).all()}
    of_speech = select(SpeechCall.message_id, func.sum(SpeechCall.total_price_e7)).group_by(SpeechCall.message_id)
    spoken = {row[0]: int(row[1]) for row in await session.execute(of_speech.where(SpeechCall.message_id.in_(ids)))}
    return [
        MessageRow(
            message,
            *_person(end_user, account),
            feedback.get(message.id, {}),
            message.id in marked,
            keys.get(message.run_id),
            spoken.get(message.id, 0),
        )
        for message, end_user, account in found
    ]
