import asyncio
from collections.abc import AsyncIterator

import pytest

from treadle.platform.changes import ChangeWatcher, bump
from treadle.platform.db import Database


class Heard:
    """Collects topics and lets a test wait for one."""

    def __init__(self) -> None:
        self.topics: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, topic: str) -> None:
        self.topics.put_nowait(topic)

    async def next(self) -> str:
        return await asyncio.wait_for(self.topics.get(), 5)


@pytest.fixture
async def heard(db: Database) -> AsyncIterator[Heard]:
    heard = Heard()
    watcher = ChangeWatcher(db, interval=0.02)
    await watcher.start(heard)
    yield heard
    await watcher.close()


async def test_a_change_by_another_process_is_heard(db: Database, heard: Heard) -> None:
    other = Database(db.url.render_as_string(hide_password=False))
    for topic in ("apps", "keys", "apps"):
        async with other.transaction() as session:
            await bump(session, topic)
        assert await heard.next() == topic
    await other.close()


async def test_a_change_by_this_process_is_heard_before_its_transaction_returns(db: Database) -> None:
    heard = Heard()
    watcher = ChangeWatcher(db, interval=60)
    await watcher.start(heard)
    async with db.transaction() as session:
        await bump(session, "apps")
        assert heard.topics.empty()
    assert heard.topics.get_nowait() == "apps"
    await watcher.close()


async def test_a_change_that_is_rolled_back_is_not_heard(db: Database, heard: Heard) -> None:
    async def fail() -> None:
        async with db.transaction() as session:
            await bump(session, "undone")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.transaction() as session:
        await bump(session, "done")
    assert await heard.next() == "done"


async def test_changes_before_the_start_are_old_news(db: Database) -> None:
    async with db.transaction() as session:
        await bump(session, "old")
    heard = Heard()
    watcher = ChangeWatcher(db, interval=0.02)
    await watcher.start(heard)
    async with db.transaction() as session:
        await bump(session, "new")
    assert await heard.next() == "new"
    await watcher.close()
