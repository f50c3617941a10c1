"""Records written behind: rows are put at once, written together, and acknowledged when they are committed.

Rows of all runs share a transaction, and rows of one table and shape one statement, so that a run of many small rows
costs microseconds. Several writes of one row that wait together become one.
"""

import asyncio
import logging
import time
from typing import TypeAlias

from .db import AnyTable, Database
from .write_sinks import Group, Values, sink_for
from .write_statements import Kind, Statement, Statements

_log = logging.getLogger(__name__)

SqlValue: TypeAlias = "str | int | float | bool | None"
Row: TypeAlias = dict[str, SqlValue]

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 2.0


class RecordsUnavailable(Exception):
    """The database has taken no records for a while. They are kept, and tried again until it does."""


class _Pending:
    """A row that waits, and how it is to be written."""

    __slots__ = ("kind", "row")

    def __init__(self, kind: Kind, row: Row) -> None:
        self.kind: Kind = kind
        self.row = row


class _Batch:
    """Rows that are committed together."""

    __slots__ = ("done", "rows")

    def __init__(self) -> None:
        self.rows: dict[tuple[AnyTable, SqlValue | tuple[SqlValue, ...]], _Pending] = {}
        self.done: asyncio.Future[None] | None = None
        """Made when somebody waits."""

    def wait(self) -> asyncio.Future[None]:
        if self.done is None:
            self.done = asyncio.get_running_loop().create_future()
        # One waiter that is cancelled must not take the others with it.
        return asyncio.shield(self.done)

    def finish(self, error: Exception | None = None) -> None:
        if self.done is not None and not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
        self.done = None


class GroupWriter:
    """Writes records of the whole process. Start it in the event loop that puts rows, and close it at the end."""

    def __init__(
        self, db: Database, *, flush_interval: float = 0.1, max_pending: int = 50_000, patience: float = 30.0
    ) -> None:
        """`flush_interval`: seconds that rows wait when nobody asks for them. `patience`: seconds of failure after
        which those who wait are told."""
        self._statements = Statements(db)
        self._sink = sink_for(db)
        self._flush_interval = flush_interval
        self._max_pending = max_pending
        self._patience = patience
        self._batch = _Batch()
        self._writing: _Batch | None = None
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.written_rows = 0
        self.written_statements = 0
        self.written_batches = 0
        self.lost_rows = 0
        """Rows that the database refused; each is in the log."""

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._drain(), name="record writer")
        self._task.add_done_callback(self._stopped)

    async def close(self) -> None:
        """Write what waits, then stop; what cannot be written within the writer's patience is lost and logged."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._patience)
            if not self._task.done():
                waiting = len(self._batch.rows) + (len(self._writing.rows) if self._writing else 0)
                _log.error("%d records are lost: the database cannot be written", waiting)
                self._task.cancel()
                await asyncio.wait([self._task])
            self._task = None
        await self._sink.close()

    def put(self, table: AnyTable, row: Row, kind: Kind = "insert") -> None:
        """Take a row to be written soon; `row` belongs to the writer from now on.

        `insert` leaves a row that exists as it is, `upsert` overwrites the given columns, and `update` changes them
        where the row exists. A row that still waits is merged with the new values.
        """
        names = self._statements.primary_key(table)
        key = (table, row[names[0]] if len(names) == 1 else tuple([row[name] for name in names]))
        rows = self._batch.rows
        pending = rows.get(key)
        if pending is None:
            if not rows and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._flush_interval, self._wake.set)
            rows[key] = _Pending(kind, row)
            return
        pending.row.update(row)
        if pending.kind == "update":
            pending.kind = kind

    async def commit(self) -> None:
        """Return when everything put so far is committed, except rows that the database refuses for what they hold.

        Raises RecordsUnavailable when the database cannot be written for longer than the writer's patience.
        """
        if self._task is None or self._task.done():
            raise RecordsUnavailable("the record writer does not run")
        if self._batch.rows:
            self._wake.set()
            await self._batch.wait()
        elif self._writing is not None:
            await self._writing.wait()

    async def room(self) -> None:
        """Return when there is room for the rows of one more run: call it before starting one."""
        while len(self._batch.rows) > self._max_pending:
            await self.commit()

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for a writer that is gone."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.critical("the record writer has failed", exc_info=error)
        for batch in (self._writing, self._batch):
            if batch is not None:
                batch.finish(RecordsUnavailable("the record writer has stopped"))

    async def _drain(self) -> None:
        while not self._closing or self._batch.rows:
            await self._wake.wait()
            self._wake.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not self._batch.rows:
                continue
            batch, self._batch = self._batch, _Batch()
            self._writing = batch
            await self._store(batch)
            self._writing = None
            batch.finish()

    async def _store(self, batch: _Batch) -> None:
        groups = self._group(batch)
        try:
            await self._write(batch, groups)
        except Exception as error:
            _log.warning("records refused, looking for the culprit: %s", error)
            await self._write_apart(batch, groups)
        self.written_batches += 1

    def _group(self, batch: _Batch) -> list[Group]:
        groups: dict[Statement, list[Values]] = {}
        columns_of: dict[tuple[AnyTable, Kind, tuple[str, ...]], tuple[Statement, list[Values], bool]] = {}
        for (table, _), pending in batch.rows.items():
            shape = table, pending.kind, tuple(pending.row)
            known = columns_of.get(shape)
            if known is None:
                statement = self._statements.get(*shape)
                known = statement, groups.setdefault(statement, []), statement.columns == shape[2]
                columns_of[shape] = known
            statement, rows, in_order = known
            row = pending.row
            rows.append(tuple(row.values()) if in_order else tuple([row[name] for name in statement.columns]))
        return sorted(groups.items(), key=lambda group: group[0].order)

    async def _write(self, batch: _Batch, groups: list[Group]) -> None:
        """Write in one transaction, again and again while the failure may pass. Raises what will not pass."""
        since = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._sink.write(groups)
            except Exception as error:
                if not self._sink.is_transient(error):
                    raise
                _log.warning("records cannot be written yet: %s", error)
                if time.monotonic() - since > self._patience:
                    batch.finish(RecordsUnavailable(str(error)))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self.written_rows += sum(len(rows) for _, rows in groups)
                self.written_statements += len(groups)
                return

    async def _write_apart(self, batch: _Batch, groups: list[Group]) -> None:
        """Write group by group, and those that fail row by row: only what the database refuses is lost."""
        for statement, rows in groups:
            try:
                await self._write(batch, [(statement, rows)])
            except Exception:
                for row in rows:
                    try:
                        await self._write(batch, [(statement, [row])])
                    except Exception as error:
                        self.lost_rows += 1
                        identity = dict(zip(statement.columns, row, strict=True))
                        key = [identity[name] for name in self._statements.primary_key(statement.table)]
                        _log.error("record %s of %s is lost: %s", key, statement.table.name, error)
