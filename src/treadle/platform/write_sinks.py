"""Where written-behind records go: one transaction at a time, over a connection of its own."""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias, cast

from .db import SQLITE_PRAGMAS, Database
from .write_statements import Statement

Values: TypeAlias = "tuple[str | int | float | bool | None, ...]"
Group: TypeAlias = tuple[Statement, list[Values]]


class Sink(Protocol):
    """Takes records."""

    async def write(self, groups: Sequence[Group]) -> None:
        """Commit all groups in one transaction, or none. Raises what the driver raises."""
        ...

    def is_transient(self, error: Exception) -> bool:
        """True when the same write may succeed later."""
        ...

    async def close(self) -> None: ...


def sink_for(db: Database) -> Sink:
    """The sink of this database's kind."""
    return SqliteSink(db) if db.dialect == "sqlite" else PostgresSink(db)


class SqliteSink:
    """The standard driver in a thread: a third of what aiosqlite and the Core cost per row."""

    _TRANSIENT = frozenset(
        {
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
            sqlite3.SQLITE_NOMEM,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_CANTOPEN,
        }
    )

    def __init__(self, db: Database) -> None:
        self._db = db
        self._path = str(db.sqlite_file)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="records")
        self._connection: sqlite3.Connection | None = None

    async def write(self, groups: Sequence[Group]) -> None:
        async with self._db.write_turn():
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, groups)

    def is_transient(self, error: Exception) -> bool:
        code = getattr(error, "sqlite_errorcode", None)
        return isinstance(error, sqlite3.Error) and code is not None and code & 0xFF in self._TRANSIENT

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _write(self, groups: Sequence[Group]) -> None:
        connection = self._connection or self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in groups:
                connection.executemany(statement.sql, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        self._connection = connection
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresSink:
    """asyncpg without SQLAlchemy between: pipelined executions of one prepared statement per group."""

    _TRANSIENT_CLASSES = ("08", "40", "53", "55", "57", "58")
    """Connection, rollback, resources, not in prerequisite state, operator intervention, system error."""

    def __init__(self, db: Database) -> None:
        self._dsn = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        # asyncpg has no type information.
        self._connection: Any = None

    async def write(self, groups: Sequence[Group]) -> None:
        connection = self._connection
        if connection is None or connection.is_closed():
            import asyncpg

            connection = self._connection = await cast(Any, asyncpg).connect(self._dsn)
        async with connection.transaction():
            for statement, rows in groups:
                if len(rows) == 1:
                    await connection.execute(statement.sql, *rows[0])
                else:
                    await connection.executemany(statement.sql, rows)

    def is_transient(self, error: Exception) -> bool:
        import asyncpg

        if isinstance(error, OSError):
            return True
        state = getattr(error, "sqlstate", None)
        if isinstance(state, str):
            return state[:2] in self._TRANSIENT_CLASSES
        # The driver's own errors: a value of the wrong type is also a ValueError, the rest is a broken connection.
        return isinstance(error, cast(Any, asyncpg).InterfaceError) and not isinstance(error, ValueError)

    async def close(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()
        self._connection = None
