"""The records: one SQLite file by default, PostgreSQL by URL, with the same code above."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from sqlalchemy import ClauseElement, Connection, FromClause, MetaData, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler

from .migrations import HEAD, upgrade

_log = logging.getLogger(__name__)

Dialect: TypeAlias = Literal["sqlite", "postgresql"]
ConflictInsert: TypeAlias = sqlite.Insert | postgresql.Insert
AnyTable: TypeAlias = Table[Any]

CHANGED_TOPICS = "treadle.changed_topics"
"""Where a session keeps the topics bumped in its transaction (see changes.py)."""

_BUSY_TIMEOUT_MS = 10_000
_MIGRATION_TIMEOUT_MS = 120_000


class Base(DeclarativeBase):
    """What every table class derives from. Times are microseconds since the epoch, ids UUIDv7 text, JSON is text."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Base]) -> AnyTable:
    """The Core table behind a table class."""
    table: FromClause = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a plain table")
    return cast(AnyTable, table)


class DatabaseError(Exception):
    """The database cannot be used. The message says what to do."""


class Database:
    """Connections to the records. One for the whole process."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """`url`: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`. Connects lazily. Raises DatabaseError."""
        self.url = _async_url(url)
        self.dialect: Dialect = "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        self.change_listeners: list[Callable[[frozenset[str]], None]] = []
        """Called with the topics bumped by each transaction of this process, right after its commit."""
        if path := self.sqlite_file:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=self.dialect == "postgresql",
            connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000} if self.dialect == "sqlite" else {},
        )
        if self.dialect == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _tune)
            event.listen(self._engine.sync_engine, "begin", _begin)
        writing = self._engine.execution_options(treadle_writes=True)
        self._turn = asyncio.Lock()
        self._reading_sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writing_sessions = async_sessionmaker(writing, expire_on_commit=False)
        self._writing = writing

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, None for PostgreSQL."""
        return Path(self.url.database) if self.dialect == "sqlite" and self.url.database else None

    def session(self) -> AsyncSession:
        """A session for reading: `async with db.session() as session`."""
        return self._reading_sessions()

    @asynccontextmanager
    async def transaction(self, *, lock: str | None = None) -> AsyncGenerator[AsyncSession]:
        """A session whose changes are committed together at the end of the block, or not at all.

        On SQLite it holds the write lock from its beginning, so that what it reads stays true until it commits. On
        PostgreSQL only transactions with the same `lock` exclude each other: name what must not change meanwhile.
        """
        async with self.write_turn(), self._writing_sessions() as session:
            async with session.begin():
                if lock is not None and self.dialect == "postgresql":
                    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), {"lock": lock})
                yield session
            topics = session.info.get(CHANGED_TOPICS)
        if topics:
            for listener in self.change_listeners:
                listener(frozenset(topics))

    def connect(self) -> AsyncConnection:
        """A Core connection for reading: `async with db.connect() as connection`."""
        return self._engine.connect()

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[AsyncConnection]:
        """A Core connection in a writing transaction, as `transaction` gives a session."""
        async with self.write_turn(), self._writing.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def write_turn(self) -> AsyncGenerator[None]:
        """Wait for our turn to write. SQLite lets one connection write at a time, and those that wait for it there
        poll and may starve; here they queue. Never wait for the record writer inside."""
        if self.dialect == "sqlite":
            async with self._turn:
                yield
        else:
            yield

    def insert(self, table: AnyTable | type[Base]) -> ConflictInsert:
        """An INSERT of this database's dialect, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    def compile(self, statement: ClauseElement) -> tuple[str, list[str]]:
        """The SQL of `statement` for the bare driver, and the names of its parameters in their order."""
        compiled = statement.compile(dialect=self._engine.dialect)
        return str(compiled), list(cast(SQLCompiler, compiled).positiontup or ())

    async def revision_of_schema(self) -> str | None:
        """The migration that the schema stands at, None for an empty database."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(_revision)

    async def migrate(self) -> bool:
        """Bring the schema to the newest revision; True when something was done.

        Processes that start at once wait for the first one. Raises DatabaseError when the schema is newer than
        this program, or when the database cannot be reached.
        """
        try:
            if await self.revision_of_schema() == HEAD:
                return False
            async with self._engine.connect() as connection:
                if self.dialect == "sqlite":
                    await connection.exec_driver_sql(f"PRAGMA busy_timeout={_MIGRATION_TIMEOUT_MS}")
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('treadle migrate'))"))
                before = await connection.run_sync(_revision)
                if before != HEAD:
                    await connection.run_sync(upgrade, before)
                await connection.commit()
                if self.dialect == "sqlite":
                    await connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        except (DBAPIError, OSError) as error:
            raise DatabaseError(f"{self.url.render_as_string()} cannot be used: {error}") from error
        except LookupError as error:
            raise DatabaseError(f"the schema was made by a newer Treadle ({error}); install that version") from error
        if before != HEAD:
            _log.info("schema brought from %s to %s", before or "nothing", HEAD)
        return before != HEAD

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA mmap_size=268435456",
    "PRAGMA cache_size=-8192",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)
"""Settings of every SQLite connection: readers never wait for the writer, and a killed process loses no commit.

`synchronous=NORMAL` syncs the file at checkpoints only: a commit survives the death of the process at once, and the
loss of power once the system has written it out.
"""


def _tune(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    """The driver opens a transaction by itself before the first change, and none for reading: only writers that
    must not be overtaken between reading and writing take the lock at once."""
    if connection.get_execution_options().get("treadle_writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _async_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(f"TREADLE_DATABASE_URL is not a database URL: {error}") from error
    match parsed.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise DatabaseError("the SQLite database must be a file: sqlite:///path/to/treadle.db")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres" | "postgresql+asyncpg":
            return parsed.set(drivername="postgresql+asyncpg")
        case other:
            raise DatabaseError(f"{other} is not supported: use sqlite:///FILE or postgresql://...")
