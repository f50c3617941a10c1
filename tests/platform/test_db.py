import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from tests.platform.schema import all_tables
from treadle.accounts.tables import Account, ApiKey, Workspace
from treadle.platform.db import Database, DatabaseError
from treadle.platform.migrations import HEAD


def _workspace(name: str) -> Workspace:
    return Workspace(id=f"{name:-<36}", name=name, status="normal", created_at=1, updated_at=1)


async def test_migrating_makes_exactly_the_tables_of_the_program(database_url: str) -> None:
    db = Database(database_url)
    assert await db.revision_of_schema() is None
    assert await db.migrate() is True
    assert await db.revision_of_schema() == HEAD
    assert await db.migrate() is False

    def differences(connection: Connection) -> list[object]:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, all_tables())

    async with db.connect() as connection:
        assert await connection.run_sync(differences) == []
    await db.close()


def test_the_head_is_the_newest_revision_of_one_line() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "src/treadle/platform/migrations")
    directory = ScriptDirectory.from_config(config)
    assert directory.get_heads() == [HEAD]
    files = Path(directory.versions).glob("[0-9]*.py")
    assert len(list(directory.walk_revisions())) == len(list(files)), "two files have one number"


def test_processes_may_migrate_at_once(database_url: str) -> None:
    script = (
        "import asyncio, sys; from treadle.platform.db import Database\n"
        "sys.stdin.readline(); print(asyncio.run(Database(sys.argv[1]).migrate()))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate() for process in processes]
    assert sorted(out.strip() for out, _ in results) == ["False", "False", "True"], results


async def test_a_schema_of_a_newer_program_is_left_alone(db: Database) -> None:
    async with db.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="newer Treadle"):
        await db.migrate()
    assert await db.revision_of_schema() == "9999"


async def test_an_unreachable_database_says_so() -> None:
    with pytest.raises(DatabaseError, match="cannot be used"):
        await Database("postgresql://nobody@127.0.0.1:1/none").migrate()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError):
        Database(url)


async def test_a_transaction_is_kept_whole_or_not_at_all(db: Database) -> None:
    async def add_both() -> None:
        async with db.transaction() as session:
            session.add(_workspace("one"))
            await session.flush()
            session.add(Account(id="a" * 36, email="e", name=None, created_at=1, updated_at=1))

    with pytest.raises(IntegrityError):
        await add_both()
    async with db.session() as session:
        assert await session.scalar(select(func.count()).select_from(Workspace)) == 0


async def test_transactions_that_read_before_they_write_do_not_lose_updates(db: Database) -> None:
    async with db.transaction() as session:
        session.add(_workspace("0"))

    async def add_one() -> None:
        async with db.transaction() as session:
            workspace = await session.scalar(select(Workspace).with_for_update())
            assert workspace
            workspace.name = str(int(workspace.name) + 1)

    await asyncio.gather(*(add_one() for _ in range(20)))
    async with db.session() as session:
        assert await session.scalar(select(Workspace.name)) == "20"


async def test_foreign_keys_are_enforced(db: Database) -> None:
    with pytest.raises(IntegrityError):
        async with db.transaction() as session:
            session.add(
                ApiKey(
                    id="k" * 36, workspace_id="w" * 36, type="app", token_hash="h", last_characters="x", created_at=1
                )
            )


async def test_sqlite_runs_with_a_write_ahead_log(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'deep' / 'folder' / 'treadle.db'}")
    async with db.connect() as connection:
        modes = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert modes == ["wal", 1, 1, 10_000]
    await db.close()
