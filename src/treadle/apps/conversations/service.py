"""What end users do with conversations, messages and kept texts.

Source: spec service-api §3.6 to §3.9 and its annex.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from treadle.apps.conversations.history import HistoryRepository, Owner, Page, SortBy
from treadle.apps.tables import (
    Conversation,
    ConversationVariable,
    Feedback,
    Message,
    PinnedConversation,
    SavedMessage,
)
from treadle.engine.values import JsonValue, ValueType, revive, type_of, unmarked
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import BadRequest, InvalidParam, NotFound

NEW_CONVERSATION = "New conversation"
MAX_NAME = 255
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9\-_.]{1,255}")

Rating = Literal["like", "dislike"]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, oldest first, with their end users' ratings by message id."""

    rows: list[Message]
    ratings: dict[str, str]
    has_more: bool


class ConversationService:
    """Conversations of published apps. `settled` waits until records written behind can be read."""

    def __init__(self, db: Database, settled: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._settled = settled

    async def conversation(self, owner: Owner, conversation_id: str) -> Conversation:
        """Raises NotFound for a deleted, foreign or unknown one."""
        await self._settled()
        async with self._db.session() as session:
            return await _conversation(HistoryRepository(session), owner, conversation_id)

    async def list_conversations(
        self,
        owner: Owner,
        *,
        limit: int,
        last_id: str | None = None,
        sort_by: SortBy = "-updated_at",
        pinned: bool | None = None,
    ) -> Page[Conversation]:
        """Raises NotFound when `last_id` is none of the owner's conversations."""
        await self._settled()
        async with self._db.session() as session:
            history = HistoryRepository(session)
            after = None if last_id is None else await _conversation(history, owner, last_id)
            return await history.conversations(owner, limit=limit, after=after, sort_by=sort_by, pinned=pinned)

    async def rename(self, owner: Owner, conversation_id: str, name: str) -> Conversation:
        """Raises NotFound, and InvalidParam for a blank or overlong name."""
        if not name.strip():
            raise InvalidParam("`name` must not be blank, unless `auto_generate` is true.", param="name")
        if len(name) > MAX_NAME:
            raise InvalidParam(f"`name` is longer than {MAX_NAME} characters.", param="name")
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            conversation = await _conversation(history, owner, conversation_id)
            conversation.name, conversation.updated_at = name, now_us()
            return conversation

    async def delete(self, owner: Owner, conversation_id: str) -> None:
        """Gone for every endpoint from now on. Raises NotFound."""
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            await history.mark_deleted(conversation_id, now_us())

    async def pin(self, owner: Owner, conversation_id: str, *, role: str, workspace_id: str) -> None:
        """Keep a conversation at the top of its owner's list. Raises NotFound."""
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            if await history.pin(owner, conversation_id) is None:
                history.add(
                    PinnedConversation(
                        conversation_id=conversation_id,
                        created_by=owner.user_id,
                        created_by_role=role,
                        workspace_id=workspace_id,
                        app_id=owner.app_id,
                        created_at=now_us(),
                    )
                )

    async def unpin(self, owner: Owner, conversation_id: str) -> None:
        """Without effect on a conversation that is not pinned. Raises NotFound."""
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            if pin := await history.pin(owner, conversation_id):
                await history.remove(pin)

    async def messages(
        self, owner: Owner, conversation_id: str, *, limit: int, first_id: str | None = None
    ) -> MessagePage:
        """The newest messages before `first_id`. Raises NotFound."""
        await self._settled()
        async with self._db.session() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            before = None
            if first_id is not None:
                before = await history.message(owner.app_id, first_id)
                if before is None or before.conversation_id != conversation_id:
                    raise NotFound("`first_id` is no message of this conversation.")
            page = await history.messages(conversation_id, limit=limit, before=before)
            ratings = await history.ratings([message.id for message in page.rows])
            return MessagePage(page.rows, ratings, page.has_more)

    async def message(self, owner: Owner, message_id: str) -> Message:
        """Raises NotFound for a message of somebody else or of a deleted conversation."""
        await self._settled()
        async with self._db.session() as session:
            return await _message(HistoryRepository(session), owner, message_id)

    async def rate(self, owner: Owner, message_id: str, rating: Rating | None, content: str | None) -> None:
        """Store, overwrite or (None) withdraw the end user's rating. Raises NotFound and InvalidParam."""
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            message = await _message(history, owner, message_id)
            feedback = await history.feedback(message_id, "user")
            now = now_us()
            if rating is None:
                if feedback is None:
                    raise InvalidParam("There is no rating to withdraw; send `like` or `dislike`.", param="rating")
                await history.remove(feedback)
            elif feedback is not None:
                feedback.rating, feedback.content, feedback.updated_at = rating, content, now
            else:
                history.add(
                    Feedback(
                        id=new_id(),
                        workspace_id=message.workspace_id,
                        app_id=owner.app_id,
                        conversation_id=message.conversation_id,
                        message_id=message_id,
                        from_source="user",
                        end_user_id=owner.user_id,
                        rating=rating,
                        content=content,
                        created_at=now,
                        updated_at=now,
                    )
                )

    async def feedbacks(self, app_id: str, *, page: int, limit: int) -> list[Feedback]:
        """All feedback on an app, newest first."""
        async with self._db.session() as session:
            return await HistoryRepository(session).feedbacks(app_id, page=page, limit=limit)

    async def variables(
        self, owner: Owner, conversation_id: str, *, limit: int, last_id: str | None, name: str | None
    ) -> Page[ConversationVariable]:
        """Stored variables of a conversation whose name contains `name`. Raises NotFound and InvalidParam."""
        if name is not None and not _VARIABLE_NAME.fullmatch(name):
            raise InvalidParam("`variable_name` may have letters, digits, -, _ and dots.", param="variable_name")
        await self._settled()
        async with self._db.session() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            rows = await history.variables(conversation_id)
        if name is not None:
            rows = [row for row in rows if name.lower() in row.name.lower()]
        if last_id is not None:
            places = [place for place, row in enumerate(rows) if row.id == last_id]
            if not places:
                raise InvalidParam("`last_id` is no variable of this conversation.", param="last_id")
            rows = rows[places[0] + 1 :]
        return Page(rows[:limit], len(rows) > limit)

    async def set_variable(
        self, owner: Owner, conversation_id: str, variable_id: str, value: JsonValue
    ) -> ConversationVariable:
        """Raises NotFound, and BadRequest for a value of another type."""
        value = unmarked(value)
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            await _conversation(history, owner, conversation_id)
            found = [row for row in await history.variables(conversation_id) if row.id == variable_id]
            if not found:
                raise NotFound("This conversation has no such variable.")
            if not fits(value, found[0].value_type):
                raise BadRequest(f"`value` must be a {found[0].value_type}.", param="value")
            found[0].value = msgspec.json.encode(value).decode()
            found[0].sealed_value = None
            found[0].updated_at = now_us()
            return found[0]

    async def save(self, owner: Owner, message_id: str, *, role: str) -> None:
        """Keep a text of a completion app. Raises NotFound."""
        await self._settled()
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            message = await _message(history, owner, message_id)
            if await history.saved(owner, message_id) is None:
                history.add(
                    SavedMessage(
                        id=new_id(),
                        workspace_id=message.workspace_id,
                        app_id=owner.app_id,
                        message_id=message_id,
                        created_by_role=role,
                        created_by=owner.user_id,
                        created_at=now_us(),
                    )
                )

    async def unsave(self, owner: Owner, message_id: str) -> None:
        """Without effect on a text that is not kept."""
        async with self._db.transaction() as session:
            history = HistoryRepository(session)
            if saved := await history.saved(owner, message_id):
                await history.remove(saved)

    async def saved_messages(
        self, owner: Owner, *, limit: int, last_id: str | None
    ) -> tuple[Page[Message], dict[str, str]]:
        """Kept texts, last kept first, with ratings. Raises NotFound for an unknown `last_id`."""
        async with self._db.session() as session:
            history = HistoryRepository(session)
            after = None
            if last_id is not None:
                after = await history.saved(owner, last_id)
                if after is None:
                    raise NotFound("`last_id` is no kept text of yours.")
            page = await history.saved_messages(owner, limit=limit, after=after)
            messages = [message for _, message in page.rows]
            return Page(messages, page.has_more), await history.ratings([message.id for message in messages])


def fits(value: JsonValue, value_type: str) -> bool:
    """Whether `value` may be stored in a variable of `value_type`."""
    if value_type in ("integer", "float"):
        value_type = ValueType.NUMBER
    kind = type_of(revive(value))
    if kind == value_type or (value_type == ValueType.SECRET and kind is ValueType.STRING):
        return True
    return isinstance(value, list) and value_type.startswith("array[") and (not value or value_type == "array[any]")


async def _conversation(history: HistoryRepository, owner: Owner, conversation_id: str) -> Conversation:
    conversation = await history.conversation(owner, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    return conversation


async def _message(history: HistoryRepository, owner: Owner, message_id: str) -> Message:
    message = await history.message(owner.app_id, message_id, owner.user_id)
    if message is None:
        raise NotFound("There is no such message.")
    return message
