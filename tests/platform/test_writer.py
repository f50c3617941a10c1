import asyncio
import logging
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from treadle.accounts.tables import Workspace
from treadle.platform.changes import Change
from treadle.platform.db import Database, table_of
from treadle.platform.writer import GroupWriter, RecordsUnavailable, Row

CHANGES = table_of(Change)
WORKSPACES = table_of(Workspace)


@pytest.fixture
async def writer(db: Database) -> AsyncIterator[GroupWriter]:
    """Writes only when somebody waits."""
    writer = GroupWriter(db, flush_interval=60)
    writer.start()
    yield writer
    await writer.close()


def workspace(id_: str, name: str = "w") -> Row:
    return {"id": id_, "name": name, "status": "normal", "created_at": 1, "updated_at": 2}


async def names(db: Database) -> dict[str, str]:
    async with db.connect() as connection:
        rows = await connection.execute(select(WORKSPACES.c.id, WORKSPACES.c.name))
        return {row.id.strip(): row.name for row in rows}


async def test_what_was_put_is_there_after_commit(db: Database, writer: GroupWriter) -> None:
    writer.put(WORKSPACES, workspace("a"))
    writer.put(CHANGES, {"topic": "t", "counter": 2**60})
    assert await names(db) == {}
    await writer.commit()
    assert await names(db) == {"a": "w"}
    async with db.connect() as connection:
        assert (await connection.execute(select(CHANGES))).one() == ("t", 2**60)


async def test_commit_without_rows_returns_at_once(writer: GroupWriter) -> None:
    await writer.commit()
    assert writer.written_batches == 0


async def test_rows_that_nobody_waits_for_are_written_after_the_interval(db: Database) -> None:
    writer = GroupWriter(db, flush_interval=0.01)
    writer.start()
    writer.put(WORKSPACES, workspace("a"))
    async with asyncio.timeout(5):
        while not await names(db):  # noqa: ASYNC110 - nobody is told when rows that nobody waits for are written
            await asyncio.sleep(0.005)
    await writer.close()


async def test_closing_writes_what_waits(db: Database) -> None:
    writer = GroupWriter(db, flush_interval=60)
    writer.start()
    writer.put(WORKSPACES, workspace("a"))
    await writer.close()
    assert await names(db) == {"a": "w"}
    with pytest.raises(RecordsUnavailable):
        await writer.commit()


async def test_writes_of_one_row_that_wait_together_become_one(db: Database, writer: GroupWriter) -> None:
    writer.put(WORKSPACES, workspace("a", "first"))
    writer.put(WORKSPACES, {"id": "a", "name": "second"}, "update")
    writer.put(WORKSPACES, workspace("a", "third"), "upsert")
    await writer.commit()
    assert await names(db) == {"a": "third"}
    assert (writer.written_rows, writer.written_statements, writer.written_batches) == (1, 1, 1)


async def test_an_upsert_overwrites_an_update_changes_and_an_insert_leaves(db: Database, writer: GroupWriter) -> None:
    for id_ in "abc":
        writer.put(WORKSPACES, workspace(id_, "old"))
    await writer.commit()
    writer.put(WORKSPACES, workspace("a", "new"), "upsert")
    writer.put(WORKSPACES, {"name": "new", "id": "b"}, "update")
    writer.put(WORKSPACES, workspace("c", "new"), "insert")
    writer.put(WORKSPACES, {"id": "missing", "name": "new"}, "update")
    await writer.commit()
    assert await names(db) == {"a": "new", "b": "new", "c": "old"}
    assert writer.lost_rows == 0


async def test_runs_that_end_together_share_statements_and_a_transaction(writer: GroupWriter) -> None:
    async def run(number: int) -> None:
        writer.put(WORKSPACES, workspace(str(number)))
        writer.put(CHANGES, {"topic": f"{number}-1", "counter": 1})
        writer.put(CHANGES, {"topic": f"{number}-2", "counter": 1})
        await writer.commit()

    await asyncio.gather(*(run(number) for number in range(50)))
    assert writer.written_rows == 150
    assert (writer.written_statements, writer.written_batches) == (2, 1)


async def test_rows_are_written_after_those_they_refer_to(db: Database, writer: GroupWriter) -> None:
    from treadle.accounts.tables import ApiKey

    key: Row = {
        "id": "k",
        "workspace_id": "a",
        "type": "app",
        "name": "",
        "token_hash": "h",
        "last_characters": "x",
        "created_at": 1,
    }
    writer.put(table_of(ApiKey), key)
    writer.put(WORKSPACES, workspace("a"))
    await writer.commit()
    assert (writer.written_rows, writer.lost_rows) == (2, 0)


async def test_a_row_the_database_refuses_loses_no_other(
    db: Database, writer: GroupWriter, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        writer.put(WORKSPACES, workspace(str(number)))
    writer.put(WORKSPACES, {**workspace("poison"), "name": None})
    writer.put(CHANGES, {"topic": "t", "counter": 1})
    with caplog.at_level(logging.ERROR):
        await writer.commit()
    assert sorted(await names(db)) == ["0", "1", "2", "3", "4"]
    assert writer.lost_rows == 1
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "record ['poison'] of workspaces is lost"
    ]
    writer.put(WORKSPACES, workspace("after"))
    await writer.commit()
    assert "after" in await names(db)


async def test_values_that_a_driver_cannot_take_lose_no_other(db: Database, writer: GroupWriter) -> None:
    writer.put(WORKSPACES, workspace("good"))
    writer.put(WORKSPACES, {**workspace("big"), "created_at": 2**70})
    writer.put(WORKSPACES, workspace("surrogate", "\ud800"))
    await writer.commit()
    assert await names(db) == {"good": "w"}
    assert writer.lost_rows == 2


async def test_one_waiter_that_is_cancelled_does_not_disturb_the_others(db: Database, writer: GroupWriter) -> None:
    writer.put(WORKSPACES, workspace("a"))
    waiters = [asyncio.create_task(writer.commit()) for _ in range(3)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, type(None), type(None)]
    assert await names(db) == {"a": "w"}


async def test_commits_wait_for_another_writer_of_the_file(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'treadle.db'}")
    await db.migrate()
    writer = GroupWriter(db, flush_interval=60)
    writer.start()
    other = sqlite3.connect(tmp_path / "treadle.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer.put(WORKSPACES, workspace("a"))
    committing = asyncio.create_task(writer.commit())
    done, _ = await asyncio.wait([committing], timeout=0.2)
    assert not done
    other.execute("COMMIT")
    other.close()
    await asyncio.wait_for(committing, 5)
    assert await names(db) == {"a": "w"}
    await writer.close()
    await db.close()


async def test_a_lost_connection_is_made_again(db: Database, writer: GroupWriter) -> None:
    if db.dialect != "postgresql":
        pytest.skip("a file has no connection to lose")
    writer.put(WORKSPACES, workspace("before"))
    await writer.commit()
    async with db.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    writer.put(WORKSPACES, workspace("after"))
    await asyncio.wait_for(writer.commit(), 10)
    assert await names(db) == {"before": "w", "after": "w"}


async def test_those_who_wait_are_told_when_the_database_stays_away() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/none")
    writer = GroupWriter(db, patience=0.05)
    writer.start()
    writer.put(WORKSPACES, workspace("a"))
    with pytest.raises(RecordsUnavailable):
        await asyncio.wait_for(writer.commit(), 5)
    await writer.close()


async def test_room_waits_while_too_much_waits(db: Database) -> None:
    writer = GroupWriter(db, flush_interval=60, max_pending=10)
    writer.start()
    for number in range(11):
        writer.put(WORKSPACES, workspace(str(number)))
    await writer.room()
    assert writer.written_rows == 11
    await writer.close()


_RECORD_UNTIL_KILLED = """
import asyncio, itertools, sys
from treadle.accounts.tables import Workspace
from treadle.platform.db import Database, table_of
from treadle.platform.writer import GroupWriter

async def client(writer, numbers):
    for number in numbers:
        row = {"id": str(number), "name": "w", "status": "normal", "created_at": 1, "updated_at": 2}
        writer.put(table_of(Workspace), row)
        await writer.commit()
        print(number, flush=True)

async def main():
    writer = GroupWriter(Database(sys.argv[1]))
    writer.start()
    numbers = itertools.count()
    await asyncio.gather(*(client(writer, numbers) for _ in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(3))
def test_everything_acknowledged_survives_a_kill(migrated_url: str, seed: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _RECORD_UNTIL_KILLED, migrated_url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    acknowledged = [process.stdout.readline().strip()]
    for _ in range(random.Random(seed).randrange(1, 400)):
        acknowledged.append(process.stdout.readline().strip())
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += [line.strip() for line in process.communicate()[0].splitlines(keepends=True) if line.endswith("\n")]
    assert len(acknowledged) > 1

    async def kept() -> set[str]:
        db = Database(migrated_url)
        try:
            return set(await names(db))
        finally:
            await db.close()

    assert set(acknowledged) <= asyncio.run(kept())
