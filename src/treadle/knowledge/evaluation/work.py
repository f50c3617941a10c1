"""Writes the questions and asks them, in whichever process is there.

A lease in the row says whose it is; what was begun in a process that is gone goes on in another, after what it has
stored: the questions written, the variants tried.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from random import Random

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.errors import NodeError
from treadle.knowledge.ingest.jobs import INGEST_TOPIC
from treadle.knowledge.retrieval.records import Record
from treadle.knowledge.retrieval.service import RetrievalService
from treadle.knowledge.tables import Document, IndexingStatus, Segment, SegmentStatus
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.due_loop import DueLoop
from treadle.platform.refusals import Refusal

from .metrics import DEPTH, figures, first_places, is_same_passage, shingles
from .questions import AskedQuestion, Expected, question_about
from .repository import add_questions, claimed, expected_of, next_due, question_count, questions_of
from .shapes import FigureShown, Variant, VariantResult
from .tables import Evaluation, Question, QuestionSet

_log = logging.getLogger(__name__)

_AT_ONCE = 4
_LEASE = 60 * SECOND
_RENEWED_EVERY = 20.0
_NOTED_EVERY = 20
"""Questions after which progress is stored."""
_SHORTEST = 80
"""Characters of a chunk that a question is written about."""
_FAILURES = 5
"""Chunks in a row that give no question before a set is given up."""
_LONGEST_WAIT = 30.0

Ask = Callable[[str, str], Awaitable[str]]
"""(workspace_id, prompt): what the default model of the workspace answers."""


class LeaseLost(Exception):
    """It was stopped or deleted, or belongs to another process now."""


class EvaluationWorker(DueLoop):
    """Does what evaluations and question sets wait for, one after another."""

    def __init__(self, db: Database, retrieval: RetrievalService, ask: Ask, owner: str) -> None:
        super().__init__("evaluation", INGEST_TOPIC, self.work_off, self._next_due, longest=_LONGEST_WAIT)
        self._db = db
        self._retrieval = retrieval
        self._ask = ask
        self._owner = owner

    async def work_off(self) -> None:
        """Do all that waits, and return: for commands that run where no server does."""
        while await self._one():
            pass

    async def _next_due(self) -> int | None:
        async with self._db.session() as session:
            return await next_due(session)

    async def _one(self) -> bool:
        """Whether there was something to do."""
        for table, work in ((QuestionSet, self._write), (Evaluation, self._evaluate)):
            async with self._db.transaction() as session:
                now = now_us()
                row_id = await claimed(session, table, self._owner, now=now, until=now + _LEASE)
            if row_id is None:
                continue
            try:
                async with self._kept(table, row_id):
                    await work(row_id)
            except LeaseLost:
                pass
            except (NodeError, Refusal) as error:
                await self._end(table, row_id, "error", str(error))
            except (DBAPIError, OSError):
                raise
            except Exception:
                _log.exception("evaluation %s failed unexpectedly", row_id)
                await self._end(table, row_id, "error", "It failed unexpectedly; the server's log says more.")
            return True
        return False

    async def _write(self, set_id: str) -> None:
        """Write questions about chunks of all documents until there are as many as were wanted."""
        async with self._db.session() as session:
            row = await session.get_one(QuestionSet, set_id)
            chunks = await self._chunks(row)
            have = await question_count(session, set_id)
        failures, reason = 0, f"there are no chunks of at least {_SHORTEST} characters that can be found"
        for at in range(0, len(chunks), _AT_ONCE):
            if have >= row.wanted or failures >= _FAILURES:
                break
            some = chunks[at : at + min(_AT_ONCE, row.wanted - have)]
            answers = await asyncio.gather(
                *(question_about(text, lambda prompt: self._ask(row.workspace_id, prompt)) for _, text in some),
                return_exceptions=True,
            )
            made: list[AskedQuestion] = []
            for (document, text), answer in zip(some, answers, strict=True):
                if isinstance(answer, str):
                    made.append(AskedQuestion(answer, (Expected(document, text),)))
                    failures = 0
                elif isinstance(answer, (NodeError, Refusal)) or answer is None:
                    failures, reason = failures + 1, str(answer or "the model answered without a question")
                else:
                    raise answer
            async with self._db.transaction() as session:
                await self._hold(session, QuestionSet, set_id)
                await add_questions(session, row, made)
            have += len(made)
        if not have:
            await self._end(QuestionSet, set_id, "error", f"No question could be written: {reason}")
            return
        note = f"Only {have} of {row.wanted} questions could be written: {reason}" if failures >= _FAILURES else None
        await self._end(QuestionSet, set_id, "ready", note)

    async def _chunks(self, row: QuestionSet) -> list[tuple[str, str]]:
        """Chunks that may be asked about, as pairs of document and text: of each document in turn, else by chance;
        those that have a question already come no more."""
        query = (
            select(Document.name, Document.id, Segment.content, Segment.answer)
            .join(Segment, Segment.document_id == Document.id)
            .where(
                Document.base_id == row.base_id,
                Document.indexing_status == IndexingStatus.COMPLETED,
                Document.enabled.is_(True),
                Document.archived.is_(False),
                Segment.status == SegmentStatus.COMPLETED,
                Segment.enabled.is_(True),
                func.length(Segment.content) >= _SHORTEST,
            )
            .order_by(Document.position, Segment.position)
        )
        async with self._db.session() as session:
            rows = list((await session.execute(query)).all())
            written = await questions_of(session, row.id)
        asked = {answer.passage for each in written for answer in expected_of(each)}
        chance, by_document = Random(row.id), dict[str, list[tuple[str, str]]]()
        for name, document_id, content, answer in rows:
            text = f"{content}\n{answer}" if answer else content
            if text not in asked:
                by_document.setdefault(document_id, []).append((name, text))
        turns: list[tuple[int, float, tuple[str, str]]] = []
        for chunks in by_document.values():
            chance.shuffle(chunks)
            turns += [(turn, chance.random(), chunk) for turn, chunk in enumerate(chunks)]
        return [chunk for _, _, chunk in sorted(turns)]

    async def _evaluate(self, evaluation_id: str) -> None:
        """Try the variants that have no result yet."""
        async with self._db.session() as session:
            row = await session.get_one(Evaluation, evaluation_id)
            questions = await questions_of(session, row.set_id)
        variants = msgspec.json.decode(row.variants, type=list[Variant])
        results = msgspec.json.decode(row.results, type=list[VariantResult])
        for variant in variants[len(results) :]:
            done = len(results) * len(questions)
            results.append(await self._tried(row, variant, questions, done))
            async with self._db.transaction() as session:
                await self._hold(session, Evaluation, evaluation_id)
                await session.execute(
                    update(Evaluation)
                    .where(Evaluation.id == evaluation_id)
                    .values(results=msgspec.json.encode(results).decode(), done=len(results) * len(questions))
                )
        await self._end(Evaluation, evaluation_id, "completed", None)

    async def _tried(
        self, row: Evaluation, variant: Variant, questions: Sequence[Question], done: int
    ) -> VariantResult:
        places: dict[str, list[int]] = {}
        times: list[float] = []
        reasons: list[str] = []
        for at in range(0, len(questions), _AT_ONCE):
            some = questions[at : at + _AT_ONCE]
            answers = await asyncio.gather(
                *(self._places(row.workspace_id, variant, each) for each in some), return_exceptions=True
            )
            for question, answer in zip(some, answers, strict=True):
                if isinstance(answer, (NodeError, Refusal)):
                    reasons.append(str(answer))
                    places[question.id] = [0] * len(expected_of(question))
                elif isinstance(answer, BaseException):
                    raise answer
                else:
                    places[question.id], took = answer
                    times.append(took)
            if at % _NOTED_EVERY < _AT_ONCE:
                await self._note(row.id, done + at + len(some))
        times.sort()
        return VariantResult(
            figures={
                name: FigureShown(value=each.value, low=each.low, high=each.high)
                for name, each in figures(list(places.values())).items()
            },
            p50_ms=times[len(times) // 2] if times else 0.0,
            p95_ms=times[int(len(times) * 0.95)] if times else 0.0,
            places=places,
            failed=len(reasons),
            error=reasons[0] if reasons else None,
        )

    async def _places(self, workspace_id: str, variant: Variant, question: Question) -> tuple[list[int], float]:
        """Where the expected passages were found, and the milliseconds of the search."""
        settings = replace(variant.retrieval_model, top_k=DEPTH)
        began = time.perf_counter()
        records = await self._retrieval.search(workspace_id, variant.dataset_id, question.question, settings=settings)
        took = (time.perf_counter() - began) * 1000
        expected = [(each.document, shingles(each.passage)) for each in expected_of(question)]
        matches = [[number for number, each in enumerate(expected) if _answers(record, *each)] for record in records]
        return first_places(matches, len(expected)), took

    async def _note(self, evaluation_id: str, done: int) -> None:
        """Store how far it is, and hold the lease. Raises LeaseLost."""
        async with self._db.transaction() as session:
            await self._hold(session, Evaluation, evaluation_id)
            await session.execute(update(Evaluation).where(Evaluation.id == evaluation_id).values(done=done))

    @asynccontextmanager
    async def _kept(self, table: type[QuestionSet] | type[Evaluation], row_id: str) -> AsyncGenerator[None]:
        """Holds the lease however long a model takes to answer; what lost it finds out when it stores something."""

        async def renew() -> None:
            with suppress(LeaseLost):
                while True:
                    await asyncio.sleep(_RENEWED_EVERY)
                    async with self._db.transaction() as session:
                        await self._hold(session, table, row_id)

        renewing = asyncio.create_task(renew(), name=f"lease of {row_id}")
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _hold(self, session: AsyncSession, table: type[QuestionSet] | type[Evaluation], row_id: str) -> None:
        held = await session.execute(
            update(table)
            .where(table.id == row_id, table.lease_owner == self._owner, table.status == "running")
            .values(lease_until=now_us() + _LEASE)
            .returning(table.id)
        )
        if held.first() is None:
            raise LeaseLost

    async def _end(
        self, table: type[QuestionSet] | type[Evaluation], row_id: str, status: str, error: str | None
    ) -> None:
        values: dict[str, str | int | None] = {"status": status, "error": error}
        if table is Evaluation:
            values["finished_at"] = now_us()
        async with self._db.transaction() as session:
            await session.execute(
                update(table)
                .where(table.id == row_id, table.lease_owner == self._owner)
                .values(**values, lease_owner=None, lease_until=None)
            )


def _answers(record: Record, document: str, passage: frozenset[str]) -> bool:
    if document and record.document.name != document:
        return False
    if not passage:
        return True
    text = record.segment.content
    if record.segment.answer:
        text = f"{text}\n{record.segment.answer}"
    return is_same_passage(passage, shingles(text))
