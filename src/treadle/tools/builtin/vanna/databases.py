"""Runs one SQL query that a model wrote: reading only, with an end in time and in rows."""

import asyncio
import socket
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias, cast

from treadle.engine.errors import HttpRequestNodeError, ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.platform.egress_rules import EgressRules
from treadle.tools.builtin.worker import in_process

MAX_ROWS = 1000
_SECONDS = 30.0
_SQLITE_TABLES = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_POSTGRES_TABLES = (
    "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
    " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
)

Row = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A copy of a file, read in a process of its own, which can be ended. `tables` is the SQL that lists those."""

    data: bytes
    tables: str = _SQLITE_TABLES

    async def rows(self, sql: str) -> list[Row]:
        """What a query gives, the first rows of it. Raises ToolInvokeError."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / "database"
            await asyncio.to_thread(file.write_bytes, self.data)
            try:
                found = await in_process(__name__, "read_sqlite", str(file), sql, seconds=_SECONDS)
            except ToolParameterError as error:
                raise ToolInvokeError(f"SQLite refused the query: {error}. The query was: {sql}") from error
        assert isinstance(found, list)
        return [row for row in found if isinstance(row, dict)]


def read_sqlite(file: str, sql: str) -> list[Row]:
    """Raises ValueError."""
    connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}

    def authorize(action: int, *_: str | None) -> int:
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)
    try:
        cursor = connection.execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        return [_row(dict(zip(names, row, strict=True))) for row in cursor.fetchmany(MAX_ROWS)]
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server at an address that was checked."""

    address: str
    port: int
    user: str
    password: str
    database: str
    tables: str = _POSTGRES_TABLES

    async def rows(self, sql: str) -> list[Row]:
        """The same of a server."""
        import asyncpg

        connect = cast("Any", asyncpg).connect  # without type information
        try:
            async with asyncio.timeout(_SECONDS):
                connection = await connect(
                    host=self.address,
                    port=self.port,
                    user=self.user or None,
                    password=self.password or None,
                    database=self.database or None,
                    timeout=int(_SECONDS),
                )
                try:
                    async with connection.transaction(readonly=True):
                        cursor = await connection.cursor(sql)
                        return [_row(dict(record)) for record in await cursor.fetch(MAX_ROWS)]
                finally:
                    connection.terminate()
        except TimeoutError:
            raise ToolInvokeError(f"The database took longer than {_SECONDS:g} seconds.") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise ToolInvokeError(f"The database cannot answer: {error}. The query was: {sql}") from error


Database: TypeAlias = SqliteFile | PostgresServer


async def checked_address(rules: EgressRules, host: str, port: int) -> str:
    """The address of a host, which a tool may reach. Raises ToolInvokeError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ToolInvokeError(f"The database's host {host} is not known.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not rules.trusts(host, port):
        for address in addresses:
            try:
                rules.check(host, address, port)
            except HttpRequestNodeError as error:
                raise ToolInvokeError(str(error)) from error
    return addresses[0]


def _row(record: Mapping[str, object]) -> Row:
    return {name: _value(value) for name, value in record.items()}


def _value(value: object) -> JsonValue:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return f"<{len(value)} bytes>"
        case _:
            return str(value)


def as_table(rows: Sequence[Row]) -> str:
    """Rows in Markdown."""
    if not rows:
        return "(no rows)"
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: JsonValue) -> str:
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())
