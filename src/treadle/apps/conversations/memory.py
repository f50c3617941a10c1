"""What a conversation remembers, for model nodes.

Source: spec workflow-nodes §0.8, models-and-tools §2.5.
"""

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import select

from treadle.apps.features.gate import STOPPED_BY_MODERATION
from treadle.apps.running.records import RunRecord, stored_thoughts
from treadle.apps.tables import Message, Run
from treadle.engine.ports import Memory, PastCall, PastRound, Turn
from treadle.engine.values import File
from treadle.platform.db import Database, table_of

MAX_TURNS = 500
NIL_UUID = "00000000-0000-0000-0000-000000000000"

_messages = table_of(Message)
_runs = table_of(Run)
_decode_map = msgspec.json.Decoder(dict[str, object]).decode
_decode_files = msgspec.json.Decoder(list[dict[str, object]]).decode


class NoMemory:
    """A run outside any conversation, or the first turn of one."""

    async def turns(self, limit: int) -> list[Turn]:
        return []


class ConversationMemory:
    """The finished exchanges before the current message, on its thread."""

    def __init__(
        self, db: Database, conversation_id: str, message_id: str, parent_id: str | None, signed: Callable[[File], File]
    ) -> None:
        self._db = db
        self._conversation_id = conversation_id
        self._message_id = message_id
        self._parent_id = parent_id
        self._signed = signed

    async def turns(self, limit: int) -> list[Turn]:
        """At most `limit` exchanges, oldest first; those without an answer do not count.

        Nor do those that moderation answered: no model was to see the question, so none sees it later.
        """
        columns = _messages.c
        query = (
            select(
                columns.id,
                columns.parent_message_id,
                columns.query,
                columns.answer,
                columns.files,
                columns.agent_thoughts,
                _runs.c.error,
            )
            .outerjoin(_runs, _runs.c.id == columns.run_id)
            .where(columns.conversation_id == self._conversation_id, columns.id != self._message_id)
            .order_by(columns.created_at.desc(), columns.id.desc())
            .limit(MAX_TURNS)
        )
        async with self._db.connect() as connection:
            rows = [MessageRow(*row) for row in (await connection.execute(query)).all()]
        found: list[Turn] = []
        for row in thread(rows, self._parent_id):
            if (
                row.answer
                and row.run_error != STOPPED_BY_MODERATION
                and len(found) < min(limit or MAX_TURNS, MAX_TURNS)
            ):
                found.append(self._turn(row))
        return found[::-1]

    def _turn(self, row: "MessageRow") -> Turn:
        sent: list[File] = []
        received: list[File] = []
        for entry in _decode_files(row.files):
            file = self._signed(msgspec.convert(entry["file"], File))
            (sent if entry["belongs_to"] == "user" else received).append(file)
        return Turn(row.query, row.answer, tuple(sent), tuple(received), _rounds(row.agent_thoughts))


def memory_of(record: RunRecord, db: Database, signed: Callable[[File], File]) -> Memory:
    """What the models of a run remember. `signed` gives a file a link."""
    thread = record.remembers
    if thread is None:
        return NoMemory()
    return ConversationMemory(db, thread.conversation_id, thread.message_id, thread.parent_message_id, signed)


class MessageRow(msgspec.Struct):
    """The columns of a message that memory reads."""

    id: str
    parent_message_id: str | None
    query: str
    answer: str
    files: str
    agent_thoughts: str = "[]"
    run_error: str | None = None


def _rounds(stored: str) -> tuple[PastRound, ...]:
    """The rounds of an agent, each call under the name of its tool."""
    if stored == "[]":
        return ()
    rounds: list[PastRound] = []
    for thought in stored_thoughts(stored):
        asked = _decode_map(thought.tool_input) if thought.tool_meta else {}
        given = _decode_map(thought.observation) if thought.tool_meta else {}
        calls = tuple(
            PastCall(str(meta.get("tool", key)), _arguments(asked.get(key)), str(given.get(key, "")))
            for key, meta in thought.tool_meta.items()
        )
        rounds.append(PastRound(thought.thought, calls))
    return tuple(rounds)


def _arguments(value: object) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else "{}"


def thread(newest_first: "Iterable[MessageRow]", parent_id: str | None) -> "Iterable[MessageRow]":
    """The messages of the thread that ends at `parent_id`, newest first.

    A message with the nil UUID follows the one before it in time; one without a parent begins a thread. Siblings of the
    thread's messages (earlier answers to a question that was asked again) are left out.
    """
    wanted = parent_id
    for row in newest_first:
        if wanted is None:
            return
        if wanted not in (row.id, NIL_UUID):
            continue
        yield row
        wanted = row.parent_message_id
