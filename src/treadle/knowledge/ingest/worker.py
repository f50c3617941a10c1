"""Whoever is there does what documents wait for. Every process that serves has one worker, a command may have one.

The database says what there is to do and who does it; a bump of the topic only wakes.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Final

from sqlalchemy.exc import DBAPIError

from treadle.engine.errors import (
    InvokeConnectionError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    NodeError,
)
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.knowledge.tables import ChunkImport, Document, IndexingStatus
from treadle.knowledge.text.pieces import ExtractionError
from treadle.knowledge.text.rules import RuleError
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.files import FileStoreError
from treadle.platform.refusals import Refusal

from .embedding import Embedder
from .forgetting import Forgetting
from .imports import Imports
from .jobs import INGEST_TOPIC, Job
from .leases import Claim, DocumentLeases, LeaseLost
from .reading import SourceUnreachable
from .summaries import Summaries
from .switching import Switching
from .unused import Unused
from .upkeep import Upkeep
from .work import DocumentGone, DocumentWork, Paused, being_read

_log = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 5.0
_SHORTEST_WAIT: Final = 0.05
_SOON: Final = 1.0
_AHEAD: Final = 32
"""Documents that may be claimed before there is a hand free for them, so long as each look comes within `_SOON` of the
last one: small ones then cost a look among them, and large ones are left to whoever is free."""
_DAY: Final = 24 * 60 * 60.0
_TRIES: Final = 5
"""How often something is tried that a server elsewhere does not do now."""
_LONGEST_PAUSE: Final = 300.0
_DEATHS: Final = 10
"""How many processes may end over one step of a document before it is given up."""

_ELSEWHERE = (
    InvokeRateLimitError,
    InvokeConnectionError,
    InvokeServerUnavailableError,
    IndexUnavailableError,
    SourceUnreachable,
    FileStoreError,
    DBAPIError,
    OSError,
)
"""What may go well a little later."""
_TOLD = (ExtractionError, RuleError, NodeError, Refusal, IndexUnavailableError, SourceUnreachable, FileStoreError)
"""What says in a sentence for people what is wrong."""


class IngestWorker:
    """Does the jobs of documents, some at a time, those of all bases in turn."""

    def __init__(
        self,
        *,
        db: Database,
        leases: DocumentLeases,
        work: DocumentWork,
        switching: Switching,
        forgetting: Forgetting,
        imports: Imports,
        embedder: Embedder,
        upkeep: Upkeep,
        summaries: Summaries,
        unused: Unused,
        parallel: int,
        cache_days: int,
        unused_days: int,
    ) -> None:
        """`cache_days`: how long vectors of texts are kept, `unused_days`: after how many days documents of a base that
        nobody uses are switched off; 0 is for ever."""
        self._db = db
        self._leases = leases
        self._work = work
        self._switching = switching
        self._forgetting = forgetting
        self._imports = imports
        self._embedder = embedder
        self._upkeep = upkeep
        self._summaries = summaries
        self._unused = unused
        self._parallel = parallel
        self._cache_days = cache_days
        self._unused_days = unused_days
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._next: deque[Claim] = deque()
        self._ahead = 0
        self._looked_at = 0.0
        self._importing: asyncio.Task[None] | None = None
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work."""
        self._leases.start(self._lost)
        self._loops = [
            asyncio.create_task(self._watch(), name="ingestion"),
            asyncio.create_task(self._tidy(), name="upkeep of knowledge"),
        ]

    async def close(self) -> None:
        """Work no more; what is half done is taken up elsewhere."""
        for tasks in (self._loops, [*self._running.values(), *([self._importing] if self._importing else [])]):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._loops = []
        self._next.clear()
        await self._leases.close()

    def on_change(self, topic: str) -> None:
        """There may be something to do, put down here or elsewhere."""
        if topic == INGEST_TOPIC:
            self._wake.set()

    def _lost(self, document_id: str) -> None:
        task = self._running.get(document_id)
        if task is not None:
            task.cancel()

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            wait = _LONGEST_WAIT
            try:
                if not self._begin_next():
                    wait = await self._look()
                elif asyncio.get_running_loop().time() - self._looked_at > _LONGEST_WAIT:
                    await self._give_back()
            except (DBAPIError, OSError) as error:
                _log.warning("cannot look for documents to index: %s", error)
                wait = 1.0
            except Exception:
                _log.exception("looking for documents to index failed unexpectedly")
                wait = 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):  # `wait_for` of Python 3.11 may swallow the end of this task
                    await self._wake.wait()

    def _begin_next(self) -> bool:
        """Begin what is claimed, as far as there are hands; True if more of it waits."""
        while self._next and len(self._running) < self._parallel:
            self._begin(self._next.popleft())
        return bool(self._next)

    async def _give_back(self) -> None:
        """What is being done takes long: others may do the rest."""
        claims, self._ahead = list(self._next), 0
        self._next.clear()
        await self._leases.give_back(claims)

    async def _look(self) -> float:
        """Take up what waits in the records; gives for how long nothing more is to be expected."""
        free = self._parallel - len(self._running)
        if free > 0:
            now = asyncio.get_running_loop().time()
            self._ahead = min(2 * self._ahead + 1, _AHEAD) if now - self._looked_at < _SOON else 0
            self._looked_at = now
            self._next.extend(await self._leases.claim(free + self._ahead))
            self._begin_next()
        await self._advance_bases()
        if self._importing is None and (claimed := await self._imports.claim()) is not None:
            self._importing = asyncio.create_task(self._import(claimed))
            self._importing.add_done_callback(self._imported)
        return await self._until_due() if len(self._running) < self._parallel else _LONGEST_WAIT

    async def _until_due(self) -> float:
        due = [at for at in (await self._leases.next_due(),) if at is not None]
        if self._importing is None and (at := await self._imports.next_due()) is not None:
            due.append(at)
        if not due:
            return _LONGEST_WAIT
        return min(max((min(due) - now_us()) / SECOND, _SHORTEST_WAIT), _LONGEST_WAIT)

    def _begin(self, claim: Claim) -> None:
        task = asyncio.create_task(self._carry(claim), name=f"document {claim.document_id}")
        self._running[claim.document_id] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._running.pop(claim.document_id, None)
            self._wake.set()

        task.add_done_callback(ended)

    def _imported(self, _: asyncio.Task[None]) -> None:
        self._importing = None
        self._wake.set()

    async def _import(self, claimed: ChunkImport) -> None:
        try:
            await self._imports.carry_out(claimed)
        except _ELSEWHERE as error:
            _log.warning("the import %s goes on later: %s", claimed.id, error)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.exception("the import %s failed unexpectedly", claimed.id)
            reason = f"The import failed unexpectedly: {type(error).__name__}. The server's log has more."
            await self._imports.end(claimed, error=reason)

    async def _carry(self, claim: Claim) -> None:
        """Do one job; whatever happens, the document says so, or another process comes."""
        try:
            document = await self._leases.begin(claim, **being_read(now_us()))
            if document.is_paused:
                raise Paused
            if claim.attempts > _DEATHS:
                await self._fail(claim, f"Indexing was given up: it ended {_DEATHS} times without getting anywhere.")
                return
            await self._do(claim, document)
        except (LeaseLost, DocumentGone):
            self._leases.forget(claim)
        except Paused:
            await self._leases.let_go(claim)
        except _ELSEWHERE as error:
            if isinstance(error, _TOLD) and claim.attempts >= _TRIES:
                await self._told(claim, str(error))
            else:
                _log.warning("document %s goes on later: %s", claim.document_id, error)
                await self._later(claim, error)
        except _TOLD as error:
            await self._told(claim, getattr(error, "message", "") or str(error))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.exception("indexing document %s failed unexpectedly", claim.document_id)
            await self._told(claim, f"Indexing failed unexpectedly: {type(error).__name__}. The server's log has more.")

    async def _do(self, claim: Claim, document: Document) -> None:
        match claim.job:
            case Job.INDEX | Job.REINDEX | Job.SYNC:
                await self._work.index(claim, document)
            case Job.ADD_INDEX:
                await self._work.add(claim, newest=False)
            case Job.EMBED:
                await self._work.add(claim, newest=True)
                await self._switching.advance(claim.workspace_id, claim.base_id)
            case Job.REMOVE_INDEX:
                await self._work.remove(claim)
            case Job.SUMMARISE:
                await self._summaries.make(claim)
            case Job.DELETE:
                await self._forgetting.documents([claim.document_id])
                self._leases.forget(claim)
            case _:
                _log.error("document %s waits for %r, which nobody knows", claim.document_id, claim.job)
                await self._leases.done(claim)

    async def _later(self, claim: Claim, error: BaseException) -> None:
        asked = error.retry_after if isinstance(error, InvokeRateLimitError) else None
        pause = asked if asked is not None else 2.0 ** min(claim.attempts - 1, 8)
        with suppress(DBAPIError, OSError):
            await self._leases.let_go(claim, seconds=min(max(pause, 0.1), _LONGEST_PAUSE))

    async def _told(self, claim: Claim, reason: str) -> None:
        with suppress(LeaseLost):
            await self._fail(claim, reason)

    async def _fail(self, claim: Claim, reason: str) -> None:
        """Say in the document why its job is over."""
        now = now_us()
        match claim.job:
            case Job.EMBED:
                await self._switching.give_up(claim.workspace_id, claim.base_id, reason)
                self._leases.forget(claim)
            case Job.ADD_INDEX:
                await self._leases.done(claim, enabled=False, disabled_at=now, error=reason)
            case Job.REMOVE_INDEX:
                await self._leases.done(claim, error=reason)
            case Job.SUMMARISE:
                await self._summaries.give_up(claim, reason)
            case Job.DELETE:
                await self._leases.let_go(claim, seconds=_LONGEST_PAUSE)
            case _:
                await self._leases.done(claim, indexing_status=IndexingStatus.ERROR, error=reason, stopped_at=now)

    async def _advance_bases(self) -> None:
        for workspace_id, base_id in await self._switching.unfinished():
            try:
                await self._switching.advance(workspace_id, base_id)
                await self._forgetting.base(workspace_id, base_id)
            except (IndexUnavailableError, FileStoreError) as error:
                _log.warning("knowledge base %s goes on later: %s", base_id, error)

    async def _tidy(self) -> None:
        """Once a minute what was left half done by hand, once a day what nobody needs."""
        purge_at = 0.0
        while True:
            try:
                if await self._upkeep.mend():
                    self._wake.set()
                loop = asyncio.get_running_loop()
                if loop.time() >= purge_at:
                    purge_at = loop.time() + _DAY
                    if self._cache_days:
                        await self._embedder.purge(self._cache_days)
                    if self._unused_days and (count := await self._unused.switch_off(self._unused_days)):
                        _log.info("%d documents of unused knowledge bases were switched off", count)
            except (DBAPIError, OSError) as error:
                _log.warning("the upkeep of knowledge goes on later: %s", error)
            await asyncio.sleep(60)
