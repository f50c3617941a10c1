"""What a model is asked beside the conversation: a title for it, and what the reader may ask next.

Both use the workspace's default model. Source: spec models-and-tools §2.9, §7.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import json_repair

from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.service import ConversationService
from treadle.apps.service import AppService
from treadle.apps.side_work import AskedModel, SideWork, Tell, untold
from treadle.apps.tables import App, Conversation, Message
from treadle.engine.errors import NodeError
from treadle.engine.ports import ChatRequest, ModelRef
from treadle.engine.ports import Message as Prompt
from treadle.engine.usage import NO_USAGE
from treadle.models.service import ModelService
from treadle.platform.clock import now_us
from treadle.platform.db import table_of
from treadle.platform.refusals import BadRequest, InvalidParam, NotFound
from treadle.platform.writer import GroupWriter

_log = logging.getLogger(__name__)

_CONVERSATIONS = table_of(Conversation)

MAX_TITLE = 75
PLAIN_TITLE = 47
QUESTIONS = 3
_SECONDS = 30
_NAMING_AT_ONCE = 2
_NAMING_AT_MOST = 8
_HISTORY_MESSAGES = 3
_HISTORY_LETTERS = 6000

_LONG_QUERY = 2000
_KEPT_OF_LONG = 300
_TITLE_TOKENS = 500
_TITLE_PROMPT = (
    "Give the message below a title of two to six words. Do not answer the message. Reply with a JSON object of three "
    'members and nothing else: "Language Type", the language of the message; "Your Reasoning", one sentence on what '
    'the message is about; "Your Output", the title in that language.\n\nMessage: '
)
_QUESTIONS_PROMPT = (
    f"Here is the end of a conversation. Write the {QUESTIONS} questions that the user is most likely to ask next, "
    "each under 60 characters and in the user's language. Reply with a JSON list of strings and nothing else."
)


@dataclass(slots=True)
class _Reply:
    """What came of asking a model. `start` is in microseconds since the epoch; `model` is None when none was asked."""

    start: int
    text: str = ""
    error: str | None = None
    model: AskedModel | None = None


class Asides:
    """Titles and suggestions for conversations of published apps."""

    def __init__(
        self, models: ModelService, apps: AppService, conversations: ConversationService, writer: GroupWriter
    ) -> None:
        self._models = models
        self._apps = apps
        self._conversations = conversations
        self._writer = writer
        self.tell: Tell = untold
        """Hears of every title and suggestion that a model was asked for."""
        self._naming: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_NAMING_AT_ONCE)

    async def first_name(self, workspace_id: str, query: str) -> str | None:
        """The name that a new conversation begins with when no model is to name it later.

        That is so where the default model is the small built-in one, or while many conversations wait for a name.
        """
        model = await self._models.default_model(workspace_id)
        plain = model is None or model.provider == "local" or len(self._naming) >= _NAMING_AT_MOST
        return plain_title(query) if plain else None

    def name_later(self, workspace_id: str, app_id: str, conversation_id: str, query: str) -> None:
        """Name a conversation whose row exists, in the background."""
        task = asyncio.create_task(self._name(workspace_id, app_id, conversation_id, query))
        self._naming.add(task)
        task.add_done_callback(self._naming.discard)

    async def retitle(self, app: App, owner: Owner, conversation_id: str) -> Conversation:
        """Name a conversation by its first message; a failing model leaves the old name.

        Raises NotFound, and InvalidParam for a conversation without messages.
        """
        conversation = await self._conversations.conversation(owner, conversation_id)
        first = await self._first_message(owner, conversation_id)
        if first is None:
            raise InvalidParam("A conversation without messages cannot be named by a model.", param="auto_generate")
        title = await self._title(app.workspace_id, app.id, conversation_id, first.query)
        return await self._conversations.rename(owner, conversation_id, title or conversation.name)

    async def questions(self, app: App, owner: Owner, message_id: str) -> list[str]:
        """What may be asked after a message; empty when the model gives nothing usable.

        Raises NotFound, and BadRequest when the app's feature is off.
        """
        message = await self._conversations.message(owner, message_id)
        features = (await self._apps.published(app)).features
        if not features.suggested_questions_after_answer.enabled:
            raise BadRequest("This app suggests no questions; the feature is switched off.")
        return await self._suggest(app, owner, message)

    async def tried_questions(self, app: App, owner: Owner, message_id: str) -> list[str]:
        """The same after an answer of a draft, whose settings need not be saved: who tries it asks where they say so.

        Raises NotFound.
        """
        return await self._suggest(app, owner, await self._conversations.message(owner, message_id))

    async def _suggest(self, app: App, owner: Owner, message: Message) -> list[str]:
        if message.conversation_id is None:
            raise NotFound("There is no such message.")
        page = await self._conversations.messages(owner, message.conversation_id, limit=_HISTORY_MESSAGES)
        history = "\n".join(f"User: {row.query}\nAssistant: {row.answer}" for row in page.rows)
        asked = history[-_HISTORY_LETTERS:]
        reply = await self._ask(app.workspace_id, f"{_QUESTIONS_PROMPT}\n\n{asked}", 256)
        found = _read_questions(reply.text)
        if reply.model is not None:
            self.tell(
                SideWork(
                    kind="suggested_question",
                    workspace_id=app.workspace_id,
                    app_id=app.id,
                    user_id=owner.user_id,
                    conversation_id=message.conversation_id,
                    message_id=message.id,
                    message_at=message.created_at,
                    start=reply.start,
                    end=now_us(),
                    inputs=asked,
                    outputs=found,
                    error=reply.error,
                    model=reply.model,
                )
            )
        return found

    async def close(self) -> None:
        """Give up what is still being named."""
        for task in self._naming:
            task.cancel()
        await asyncio.gather(*self._naming, return_exceptions=True)

    async def _name(self, workspace_id: str, app_id: str, conversation_id: str, query: str) -> None:
        async with self._turns:
            title = await self._title(workspace_id, app_id, conversation_id, query) or plain_title(query)
        self._writer.put(_CONVERSATIONS, {"id": conversation_id, "name": title}, "update")

    async def _title(self, workspace_id: str, app_id: str, conversation_id: str, query: str) -> str:
        """A title by the default model; the beginning of the question where that is the small built-in one."""
        model = await self._models.default_model(workspace_id)
        if model is None or model.provider == "local":
            return plain_title(query)
        reply = await self._ask(workspace_id, _TITLE_PROMPT + _shortened(query), _TITLE_TOKENS, model)
        title = _read_title(reply.text)
        self.tell(
            SideWork(
                kind="generate_name",
                workspace_id=workspace_id,
                app_id=app_id,
                conversation_id=conversation_id,
                start=reply.start,
                end=now_us(),
                inputs=query,
                outputs=title,
                error=reply.error,
                model=reply.model,
            )
        )
        return title

    async def _ask(self, workspace_id: str, prompt: str, max_tokens: int, model: ModelRef | None = None) -> "_Reply":
        """The default model's reply, empty when there is no model or it fails."""
        reply = _Reply(now_us())
        model = model or await self._models.default_model(workspace_id)
        if model is None:
            return reply
        request = ChatRequest(
            model=model,
            messages=(Prompt(role="user", content=prompt),),
            parameters={"temperature": 0.3, "max_tokens": max_tokens},
        )
        usage = NO_USAGE
        try:
            async with asyncio.timeout(_SECONDS):
                async for delta in self._models.for_workspace(workspace_id).chat(request):
                    reply.text += delta.text
                    usage = delta.usage or usage
        except (NodeError, TimeoutError) as error:
            reply.text, reply.error = "", str(error) or f"The model gave no reply within {_SECONDS} seconds."
            _log.warning("the default model gave no title or suggestion: %s", reply.error)
        reply.model = AskedModel(
            provider=model.provider,
            name=model.name,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
        )
        return reply

    async def _first_message(self, owner: Owner, conversation_id: str) -> Message | None:
        page = await self._conversations.messages(owner, conversation_id, limit=100)
        return page.rows[0] if page.rows else None


def plain_title(query: str) -> str:
    """The beginning of a question, as a name."""
    line = " ".join(query.split())
    return f"{line[:PLAIN_TITLE]}..." if len(line) > PLAIN_TITLE else line or "New conversation"


def _shortened(query: str) -> str:
    """A question on one line; of a very long one, its beginning and its end."""
    if len(query) > _LONG_QUERY:
        query = f"{query[:_KEPT_OF_LONG]}...[TRUNCATED]...{query[-_KEPT_OF_LONG:]}"
    return " ".join(query.split())


def _read_title(reply: str) -> str:
    """The title in a reply: of the JSON object that was asked for, else the first line; empty when there is none."""
    start, end = reply.find("{"), reply.rfind("}")
    parsed = json_repair.loads(reply[start : end + 1]) if 0 <= start < end else None
    found = parsed.get("Your Output") if isinstance(parsed, dict) else reply.strip().partition("\n")[0]
    title = str(found or "").strip().strip("\"'“”「」").strip()
    return f"{title[:MAX_TITLE]}..." if len(title) > MAX_TITLE else title


def _read_questions(reply: str) -> list[str]:
    start = reply.find("[")
    if start < 0:
        return []
    parsed = json_repair.loads(reply[start:])
    items: Sequence[object] = parsed if isinstance(parsed, list) else ()
    return [item.strip() for item in items if isinstance(item, str) and item.strip()][:QUESTIONS]
