"""Seals the secret settings of tools that older programs wrote down in plain: in versions of apps, published ones too,
and in runs of drafts.

Done once for a database, when a process opens it. Killed half way it begins again: what is sealed stays as it is.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, cast

import msgspec
from sqlalchemy import CursorResult, Row, Update, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.dsl import JsonMap, ModelConfig
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of

from .definition import digest
from .tables import AppVersion, Run, Upkeep
from .tool_secrets import ToolSecrets, tool_secrets_in

_log = logging.getLogger(__name__)

NAME: Final = "seal tool secrets"
"""Under which name the table `upkeep` says that it is done."""
_AT_ONCE: Final = 50

_Change: TypeAlias = Callable[[Row[Any], Crypto], Update | None]

_versions, _runs, _upkeep = table_of(AppVersion), table_of(Run), table_of(Upkeep)
_map = msgspec.json.Decoder(dict[str, Any]).decode


async def seal_tool_secrets(db: Database, crypto: Crypto, *, progress: Callable[[int], None] | None = None) -> int:
    """The number of rows that were changed. `progress` is told of each as it is committed."""
    async with db.connect() as connection:
        if (await connection.execute(select(_upkeep.c.name).where(_upkeep.c.name == NAME))).first():
            return 0
    changed = await _walk(db, crypto, _VERSION_ROWS, _sealed_version, progress)
    changed += await _walk(db, crypto, _RUN_ROWS, _sealed_run, progress)
    if changed:
        _log.info("sealed the secrets of tools in %s stored versions and runs of apps", changed)
        await _let_log_go(db)
    async with db.begin() as connection:
        await connection.execute(
            db.insert(_upkeep).values(name=NAME, done_at=now_us()).on_conflict_do_nothing(index_elements=["name"])
        )
    return changed


_VERSION_ROWS = select(
    _versions.c.id, _versions.c.app_id, _versions.c.graph, _versions.c.features, _versions.c.model_config
).order_by(_versions.c.id)
_RUN_ROWS = select(_runs.c.id, _runs.c.app_id, _runs.c.graph).where(_runs.c.graph.is_not(None)).order_by(_runs.c.id)


async def _walk(
    db: Database, crypto: Crypto, rows: Any, change: _Change, progress: Callable[[int], None] | None
) -> int:
    """Go through a table by id, and change its rows a few at a time."""
    last, changed = "", 0
    while True:
        async with db.connect() as connection:
            after = rows.where(rows.selected_columns.id > last).limit(_AT_ONCE)
            page = (await connection.execute(after)).all()
        if not page:
            return changed
        last = page[-1].id
        updates = [made for row in page if (made := change(row, crypto)) is not None]
        if updates:
            async with db.begin() as connection, _without_traces(db, connection):
                results = [cast(CursorResult[Any], await connection.execute(made)) for made in updates]
            changed += sum(result.rowcount for result in results)
            if progress is not None:
                progress(changed)


def _sealed_version(row: Row[Any], crypto: Crypto) -> Update | None:
    """A row that somebody changed meanwhile is left alone: whoever changes one seals it."""
    tools = ToolSecrets(row.app_id, crypto)
    column = _versions.c.graph if row.graph is not None else _versions.c.model_config
    stored: str | None = row.graph if row.graph is not None else row.model_config
    if stored is None or not tool_secrets_in(content := cast(JsonMap, _map(stored))):
        return None
    plain = tools.opened(content)
    config = ModelConfig.read(plain)[0].as_map() if row.graph is None else None
    of_it = digest(
        tools, graph=plain if row.graph is not None else None, features=cast(JsonMap, _map(row.features)), config=config
    )
    sealed = msgspec.json.encode(tools.sealed(content)).decode()
    return (
        update(_versions)
        .where(_versions.c.id == row.id, column == stored)
        .values({column.name: sealed, _versions.c.hash.name: of_it})
    )


def _sealed_run(row: Row[Any], crypto: Crypto) -> Update | None:
    content = cast(JsonMap, _map(row.graph))
    if not tool_secrets_in(content):
        return None
    sealed = msgspec.json.encode(ToolSecrets(row.app_id, crypto).sealed(content)).decode()
    return update(_runs).where(_runs.c.id == row.id, _runs.c.graph == row.graph).values(graph=sealed)


@asynccontextmanager
async def _without_traces(db: Database, connection: AsyncConnection) -> AsyncGenerator[None]:
    """What is overwritten inside is wiped from an SQLite file; its pages would keep it until they are used again."""
    if db.dialect != "sqlite":
        yield
        return
    await connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        await connection.exec_driver_sql("PRAGMA secure_delete=OFF")


async def _let_log_go(db: Database) -> None:
    """Empty the log of an SQLite file, which still holds what was there before, as far as readers allow it now."""
    if db.dialect == "sqlite":
        async with db.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
