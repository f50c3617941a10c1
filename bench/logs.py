"""How long the log and the charts of a busy app take: 1,000,000 messages of a year, in 250,000 conversations.

The rows are written straight into an empty SQLite database, or the empty one that TREADLE_BENCH_DATABASE names; what is
measured is what the console's routes call.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from treadle.accounts.tables import EndUser, Workspace
from treadle.annotations.tables import Annotation
from treadle.annotations.texts import question_key
from treadle.apps.tables import App, Conversation, Feedback, Message, Run
from treadle.logs.days import Period
from treadle.logs.repository import RunFilter
from treadle.logs.service import LogService
from treadle.logs.statistics import Chart, StatisticsService
from treadle.logs.talks import TalkFilter, TalkLog
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Base, Database

from . import Measurement

CONVERSATIONS, TURNS, USERS, RUNS = 250_000, 4, 20_000, 300_000
YEAR, WEEK = 365 * 86_400 * SECOND, 7 * 86_400 * SECOND
ZONE = ZoneInfo("America/New_York")
RARE = "heliotrope"
LIST_SECONDS, WEEK_SECONDS, YEAR_SECONDS = 0.5, 1.0, 10.0
_WORDS = (
    "river", "stone", "bridge", "paper", "garden", "winter", "letter", "harbour", "market", "silver", "window",
)  # fmt: skip
_CHATS: tuple[Chart, ...] = (
    "daily-conversations", "daily-end-users", "average-session-interactions", "tokens-per-second",
    "user-satisfaction-rate", "token-costs", "daily-messages",
)  # fmt: skip
_FLOWS: tuple[Chart, ...] = ("daily-runs", "daily-terminals", "run-token-costs", "average-app-interactions")
_WORKSPACE, _CHAT, _FLOW = (str(UUID(int=number)) for number in (1, 2, 3))
_Rows = list[dict[str, Any]]


def run() -> Iterator[Measurement]:
    """Lists and charts of a week, and of all time."""
    with tempfile.TemporaryDirectory() as folder:
        own = f"sqlite:///{Path(folder) / 'bench.db'}"
        yield from asyncio.run(_measured(os.environ.get("TREADLE_BENCH_DATABASE", own)))


async def _measured(url: str) -> list[Measurement]:
    async with _filled(url) as db:
        return await _lists(db) + await _charts(db)


async def _lists(db: Database) -> list[Measurement]:
    talks, runs = TalkLog(db, _settled), LogService(db, _settled)
    week = Period(now_us() - WEEK, None)

    def conversations(page: int = 1, **wanted: Any) -> Callable[[], Awaitable[object]]:
        return lambda: talks.conversations(TalkFilter(app_id=_CHAT, **wanted), page=page, limit=25)

    def listed(page: int = 1, **wanted: Any) -> Callable[[], Awaitable[object]]:
        return lambda: runs.page(RunFilter(workspace_id=_WORKSPACE, app_id=_FLOW, **wanted), page=page, limit=25)

    some = (await talks.conversations(TalkFilter(app_id=_CHAT), page=1, limit=1))[0][0].conversation.id
    return [
        await _timed("conversations of a week", conversations(period=week), LIST_SECONDS),
        await _timed("conversations of a week and a rare word", conversations(period=week, keyword=RARE), LIST_SECONDS),
        await _timed("conversations of all time", conversations(), LIST_SECONDS),
        await _timed("conversations of all time, page 1,000", conversations(1000), LIST_SECONDS),
        await _timed("conversations of all time, annotated", conversations(annotated=True), LIST_SECONDS),
        await _timed("conversations of all time, not annotated", conversations(annotated=False), YEAR_SECONDS),
        await _timed("conversations of all time with a rare word", conversations(keyword=RARE), YEAR_SECONDS),
        await _timed(
            "messages of a conversation", lambda: talks.messages(_CHAT, some, limit=20, before=None), LIST_SECONDS
        ),
        await _timed("runs of a workflow, all time", listed(), LIST_SECONDS),
        await _timed("failed runs of a workflow, all time", listed(statuses=("failed",)), LIST_SECONDS),
    ]


async def _charts(db: Database) -> list[Measurement]:
    charts = StatisticsService(db, _settled)
    week = Period(now_us() - WEEK, None)

    def page(app: str, names: tuple[Chart, ...], period: Period) -> Callable[[], Awaitable[object]]:
        async def drawn() -> None:
            for name in names:
                await charts.chart(name, app_id=app, period=period, zone=ZONE)

        return drawn

    found = [
        await _timed("the seven charts of a chat app, a week", page(_CHAT, _CHATS, week), WEEK_SECONDS),
        await _timed("the four charts of a workflow, a week", page(_FLOW, _FLOWS, week), WEEK_SECONDS),
    ]
    for name in _CHATS:
        found.append(await _timed(f"{name}, all time", page(_CHAT, (name,), Period()), YEAR_SECONDS))
    found.append(await _timed("the four charts of a workflow, all time", page(_FLOW, _FLOWS, Period()), YEAR_SECONDS))
    return found


async def _timed(name: str, work: Callable[[], Awaitable[object]], budget: float) -> Measurement:
    """The median of three, after one that warms up."""
    await work()
    taken: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return Measurement(name, statistics.median(taken), "s", budget)


async def _settled() -> None:
    """Nothing is written behind here."""


@asynccontextmanager
async def _filled(url: str) -> AsyncGenerator[Database]:
    """A database with the year of two apps."""
    db = Database(url)
    await db.migrate()
    try:
        await _store(db, Workspace, [{"id": _WORKSPACE, "name": "bench", "created_at": 0, "updated_at": 0}])
        await _store(db, App, [_app(_CHAT, "chat"), _app(_FLOW, "workflow")])
        await _store(db, EndUser, [_end_user(number) for number in range(USERS)])
        first = now_us() - YEAR
        for at in range(0, CONVERSATIONS, 5_000):
            await _store_talks(db, range(at, min(at + 5_000, CONVERSATIONS)), first)
        for at in range(0, RUNS, 20_000):
            await _store(db, Run, [_run(number, first) for number in range(at, at + 20_000)])
        yield db
    finally:
        await db.close()


async def _store(db: Database, table: type[Base], rows: _Rows) -> None:
    async with db.begin() as connection:
        await connection.execute(insert(table), rows)


async def _store_talks(db: Database, numbers: range, first: int) -> None:
    conversations: _Rows = []
    messages: _Rows = []
    feedbacks: _Rows = []
    annotations: _Rows = []
    chance = random.Random(numbers.start)
    for number in numbers:
        began = first + number * (YEAR // CONVERSATIONS)
        conversation = _conversation(number, began, chance)
        conversations.append(conversation)
        for turn in range(TURNS):
            message = _message(number * TURNS + turn, conversation, began + turn * 30 * SECOND, chance)
            messages.append(message)
            if chance.random() < 0.02:
                feedbacks.append(_feedback(message, chance))
            if chance.random() < 0.002:
                annotations.append(_annotation(message))
    for table, rows in ((Conversation, conversations), (Message, messages), (Feedback, feedbacks)):
        await _store(db, table, rows)
    if annotations:
        await _store(db, Annotation, annotations)


def _id(kind: int, number: int) -> str:
    """Spread as random ids are, the same every time."""
    return str(UUID(int=random.Random(kind * 10**9 + number).getrandbits(128)))


def _text(words: int, chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _app(app_id: str, mode: str) -> dict[str, Any]:
    return {
        "id": app_id, "workspace_id": _WORKSPACE, "mode": mode, "name": mode, "description": "", "icon_type": "emoji",
        "icon": "x", "icon_background": "#FFFFFF", "created_at": 0, "updated_at": 0,
    }  # fmt: skip


def _end_user(number: int) -> dict[str, Any]:
    return {
        "id": _id(1, number), "workspace_id": _WORKSPACE, "app_id": _CHAT, "type": "service-api",
        "session_id": f"person-{number}", "is_anonymous": False, "created_at": 0, "updated_at": 0,
    }  # fmt: skip


def _conversation(number: int, began: int, chance: random.Random) -> dict[str, Any]:
    return {
        "id": _id(2, number), "workspace_id": _WORKSPACE, "app_id": _CHAT, "version_id": "", "mode": "chat",
        "name": _text(4, chance), "introduction": "", "inputs": "{}", "status": "normal",
        "created_from": "service-api", "created_by_role": "end_user", "created_by": _id(1, number % USERS),
        "dialogue_count": TURNS, "created_at": began, "updated_at": began + TURNS * 30 * SECOND,
    }  # fmt: skip


def _message(number: int, conversation: dict[str, Any], at: int, chance: random.Random) -> dict[str, Any]:
    query = _text(12, chance) + (f" {RARE}" if chance.random() < 0.0001 else "")
    return {
        "id": _id(3, number), "workspace_id": _WORKSPACE, "app_id": _CHAT, "conversation_id": conversation["id"],
        "run_id": _id(4, number), "created_from": "service-api", "created_by_role": "end_user",
        "created_by": conversation["created_by"], "model_provider": "openai", "model_name": "small", "inputs": "{}",
        "query": query, "answer": _text(90, chance), "files": "[]", "message_metadata": '{"usage": {}}',
        "agent_thoughts": "[]", "status": "normal", "message_tokens": 300, "message_unit_price": "0.001",
        "message_price_unit": "0.001", "answer_tokens": 150, "answer_unit_price": "0.002",
        "answer_price_unit": "0.001", "total_price_e7": 6_000, "currency": "USD", "latency": 1.5, "created_at": at,
        "updated_at": at,
    }  # fmt: skip


def _feedback(message: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {
        "id": _id(5, chance.getrandbits(60)), "workspace_id": _WORKSPACE, "app_id": _CHAT,
        "conversation_id": message["conversation_id"], "message_id": message["id"], "from_source": "user",
        "end_user_id": message["created_by"], "rating": chance.choice(("like", "dislike")),
        "created_at": message["created_at"], "updated_at": message["created_at"],
    }  # fmt: skip


def _annotation(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _id(6, message["created_at"]), "workspace_id": _WORKSPACE, "app_id": _CHAT,
        "conversation_id": message["conversation_id"], "message_id": message["id"], "question": message["query"],
        "answer": "better", "question_key": question_key(message["query"]), "created_at": message["created_at"],
        "updated_at": message["created_at"],
    }  # fmt: skip


def _run(number: int, first: int) -> dict[str, Any]:
    at = first + number * (YEAR // RUNS)
    return {
        "id": _id(7, number), "workspace_id": _WORKSPACE, "app_id": _FLOW, "version_id": "", "mode": "workflow",
        "triggered_from": "app-run", "created_from": "service-api", "created_by_role": "end_user",
        "created_by": _id(1, number % USERS), "task_id": _id(8, number),
        "status": "failed" if number % 50 == 0 else "succeeded", "inputs": '{"topic": "river"}',
        "outputs": '{"text": "stone"}', "total_tokens": 450, "total_price_e7": 6_000, "currency": "USD",
        "total_steps": 4, "exceptions_count": 0, "elapsed": 1.5, "created_at": at, "finished_at": at + SECOND,
        "attempts": 1,
    }  # fmt: skip
