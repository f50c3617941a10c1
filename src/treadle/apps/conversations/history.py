"""Conversations, messages and what belongs to them, in the database.

Lists are in a total order (time, then id), so that paging visits every row once (spec service-api §1.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from treadle.apps.tables import (
    Conversation,
    ConversationVariable,
    Feedback,
    Message,
    PinnedConversation,
    SavedMessage,
)

SortBy = Literal["created_at", "-created_at", "updated_at", "-updated_at"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows are meant: one end user (or account) of one app."""

    app_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and whether there is more."""

    rows: list[Row]
    has_more: bool


class HistoryRepository:
    """The SQL of conversations, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, row: Feedback | SavedMessage | PinnedConversation) -> None:
        self._session.add(row)

    async def remove(self, row: Feedback | SavedMessage | PinnedConversation) -> None:
        await self._session.delete(row)

    async def _hold(self, key: InstrumentedAttribute[str], row_id: str) -> None:
        """Let no other transaction past this row (SQLite has one writer at a time anyway)."""
        await self._session.execute(select(key).where(key == row_id).with_for_update())

    async def conversation(self, owner: Owner, conversation_id: str) -> Conversation | None:
        """A conversation that its owner has not deleted."""
        query = select(Conversation).where(
            Conversation.id == conversation_id,
            Conversation.app_id == owner.app_id,
            Conversation.created_by == owner.user_id,
            Conversation.deleted_at.is_(None),
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def conversations(
        self,
        owner: Owner,
        *,
        limit: int,
        after: Conversation | None = None,
        sort_by: SortBy = "-updated_at",
        pinned: bool | None = None,
    ) -> Page[Conversation]:
        """A page of an owner's conversations, strictly behind `after`."""
        time = Conversation.created_at if sort_by.endswith("created_at") else Conversation.updated_at
        descending = sort_by.startswith("-")
        query = select(Conversation).where(
            Conversation.app_id == owner.app_id,
            Conversation.created_by == owner.user_id,
            Conversation.deleted_at.is_(None),
        )
        if pinned is not None:
            pins = select(PinnedConversation.conversation_id).where(PinnedConversation.created_by == owner.user_id)
            query = query.where(Conversation.id.in_(pins) if pinned else Conversation.id.not_in(pins))
        if after is not None:
            at = after.created_at if sort_by.endswith("created_at") else after.updated_at
            query = query.where(_behind(time, at, Conversation.id, after.id, descending=descending))
        order = (time.desc(), Conversation.id.desc()) if descending else (time, Conversation.id)
        rows = list((await self._session.execute(query.order_by(*order).limit(limit + 1))).scalars())
        return Page(rows[:limit], len(rows) > limit)

    async def rename(self, conversation_id: str, name: str, now: int) -> None:
        await self._session.execute(
            update(Conversation).where(Conversation.id == conversation_id).values(name=name, updated_at=now)
        )

    async def mark_deleted(self, conversation_id: str, now: int) -> None:
        await self._session.execute(
            update(Conversation).where(Conversation.id == conversation_id).values(deleted_at=now)
        )

    async def messages(self, conversation_id: str, *, limit: int, before: Message | None = None) -> Page[Message]:
        """The newest messages older than `before`, oldest first."""
        query = select(Message).where(Message.conversation_id == conversation_id)
        if before is not None:
            query = query.where(_behind(Message.created_at, before.created_at, Message.id, before.id, descending=True))
        query = query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit + 1)
        rows = list((await self._session.execute(query)).scalars())
        return Page(list(reversed(rows[:limit])), len(rows) > limit)

    async def message(self, app_id: str, message_id: str, user_id: str | None = None) -> Message | None:
        """A message of an app; with `user_id`, only one of that user's, in a conversation that still exists."""
        query = select(Message).where(Message.id == message_id, Message.app_id == app_id)
        if user_id is not None:
            query = query.where(Message.created_by == user_id)
        message = (await self._session.execute(query)).scalar_one_or_none()
        if message is None or message.conversation_id is None or user_id is None:
            return message
        alive = await self.conversation(Owner(app_id, user_id), message.conversation_id)
        return message if alive else None

    async def message_of_run(self, run_id: str) -> Message | None:
        return (await self._session.execute(select(Message).where(Message.run_id == run_id))).scalar_one_or_none()

    async def feedback(self, message_id: str, from_source: str) -> Feedback | None:
        """The rating of a message, held until the transaction ends: whoever rates it at the same time comes after."""
        await self._hold(Message.id, message_id)
        query = select(Feedback).where(Feedback.message_id == message_id, Feedback.from_source == from_source)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def ratings(self, message_ids: Sequence[str]) -> dict[str, str]:
        """The end users' ratings of messages, by message id."""
        query = select(Feedback.message_id, Feedback.rating).where(
            Feedback.message_id.in_(message_ids), Feedback.from_source == "user"
        )
        rows = (await self._session.execute(query)).all()
        return {row.message_id: row.rating for row in rows}

    async def feedbacks(self, app_id: str, *, page: int, limit: int) -> list[Feedback]:
        """Feedback on an app's messages, newest first."""
        query = (
            select(Feedback)
            .where(Feedback.app_id == app_id)
            .order_by(Feedback.created_at.desc(), Feedback.id.desc())
            .offset((page - 1) * limit)
            .limit(limit)
        )
        return list((await self._session.execute(query)).scalars())

    async def variables(self, conversation_id: str) -> list[ConversationVariable]:
        """All stored variables of a conversation, oldest first."""
        query = (
            select(ConversationVariable)
            .where(ConversationVariable.conversation_id == conversation_id)
            .order_by(ConversationVariable.created_at, ConversationVariable.id)
        )
        return list((await self._session.execute(query)).scalars())

    async def pin(self, owner: Owner, conversation_id: str) -> PinnedConversation | None:
        """Whether a conversation is pinned, held until the transaction ends."""
        await self._hold(Conversation.id, conversation_id)
        query = select(PinnedConversation).where(
            PinnedConversation.conversation_id == conversation_id, PinnedConversation.created_by == owner.user_id
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def saved(self, owner: Owner, message_id: str) -> SavedMessage | None:
        """Whether a text is kept, held until the transaction ends."""
        await self._hold(Message.id, message_id)
        query = select(SavedMessage).where(
            SavedMessage.message_id == message_id, SavedMessage.created_by == owner.user_id
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def saved_messages(
        self, owner: Owner, *, limit: int, after: SavedMessage | None = None
    ) -> Page[tuple[SavedMessage, Message]]:
        """Kept texts, last kept first."""
        query = (
            select(SavedMessage, Message)
            .join(Message, Message.id == SavedMessage.message_id)
            .where(SavedMessage.app_id == owner.app_id, SavedMessage.created_by == owner.user_id)
        )
        if after is not None:
            query = query.where(
                _behind(SavedMessage.created_at, after.created_at, SavedMessage.id, after.id, descending=True)
            )
        query = query.order_by(SavedMessage.created_at.desc(), SavedMessage.id.desc()).limit(limit + 1)
        rows = [(saved, message) for saved, message in (await self._session.execute(query)).all()]
        return Page(rows[:limit], len(rows) > limit)


def _behind(
    time: InstrumentedAttribute[int], at: int, key: InstrumentedAttribute[str], value: str, *, descending: bool
) -> ColumnElement[bool]:
    """Rows strictly behind the one at (`at`, `value`) in the order of (time, id)."""
    if descending:
        return or_(time < at, and_(time == at, key < value))
    return or_(time > at, and_(time == at, key > value))
