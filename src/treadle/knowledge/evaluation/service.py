"""Question sets and evaluations, as people ask for them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.access import Asker
from treadle.knowledge.finding import checked_id, find_base, find_own_base
from treadle.knowledge.ingest.jobs import INGEST_TOPIC
from treadle.knowledge.retrieval_settings import kept_retrieval, retrieval_model_from
from treadle.knowledge.shapes import Page, RetrievalModel
from treadle.knowledge.tables import KnowledgeBase, Technique
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

from .questions import MOST, AskedQuestion, checked_questions, read_questions, written
from .repository import (
    EvaluationRepository,
    add_questions,
    expected_of,
    question_count,
    questions_of,
    remove_question,
)
from .shapes import (
    EvaluationShown,
    ExpectedShown,
    NewEvaluation,
    NewQuestion,
    NewQuestionSet,
    NewVariant,
    QuestionSetShown,
    QuestionShown,
    Variant,
    VariantResult,
)
from .tables import OPEN, Evaluation, Question, QuestionSet

MOST_VARIANTS = 12

_LONGEST_NAME = 100
_METHODS = {
    "semantic_search": "By meaning",
    "full_text_search": "Full text",
    "hybrid_search": "Both",
    "keyword_search": "Keywords",
}


class Evaluations:
    """Finds out how well bases answer; every call says who asks, and sees what the asker may see."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def sets(self, asker: Asker, base_id: str) -> list[QuestionSetShown]:
        """The question sets of a base, the newest first. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            found = await (await _of(session, asker, base_id)).sets()
        return [_set_shown(row, count) for row, count in found]

    async def create_set(self, asker: Asker, base_id: str, wanted: NewQuestionSet) -> QuestionSetShown:
        """A set of given questions, or one that a model begins to write. Raises NotFound, Forbidden, InvalidParam."""
        async with self._db.session() as session:
            await find_own_base(session, asker, base_id)
        if bool(wanted.questions) == bool(wanted.generate):
            raise InvalidParam("Give `questions`, or in `generate` how many are to be written.", param="questions")
        if wanted.questions:
            return await self._store(asker, base_id, wanted.name, _checked(wanted.questions))
        if not 1 <= wanted.generate <= MOST:
            raise InvalidParam(f"`generate` must be from 1 to {MOST:,}.", param="generate")
        return await self._store(asker, base_id, wanted.name, (), generate=wanted.generate)

    async def import_set(self, asker: Asker, base_id: str, data: bytes, filename: str) -> QuestionSetShown:
        """A set of the questions of a CSV or JSON Lines file. Raises NotFound, Forbidden, InvalidParam."""
        name = filename.rpartition(".")[0] or filename
        return await self._store(asker, base_id, name, read_questions(data, filename))

    async def export_set(self, asker: Asker, base_id: str, set_id: str) -> tuple[str, str]:
        """The name of a set, and its questions as CSV. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            row = await _set(session, asker, base_id, set_id)
            questions = await questions_of(session, row.id)
        return row.name, written([AskedQuestion(each.question, expected_of(each)) for each in questions])

    async def delete_set(self, asker: Asker, base_id: str, set_id: str) -> None:
        """With the evaluations on it. Raises NotFound and Forbidden."""
        async with self._db.transaction() as session:
            row = await _set(session, asker, base_id, set_id)
            await session.delete(row)

    async def questions(self, asker: Asker, base_id: str, set_id: str, *, page: int, limit: int) -> Page[QuestionShown]:
        """In their order. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            row = await _set(session, asker, base_id, set_id)
            total = await question_count(session, row.id)
            rows = await questions_of(session, row.id, offset=(page - 1) * limit, limit=limit)
        shown = [_question_shown(each) for each in rows]
        return Page(data=shown, has_more=page * limit < total, limit=limit, total=total, page=page)

    async def add(self, asker: Asker, base_id: str, set_id: str, wanted: NewQuestion) -> None:
        """One more question. Raises NotFound, Forbidden, InvalidParam."""
        questions = _checked([wanted])
        async with self._db.transaction(lock=f"questions of {set_id}") as session:
            row = await _set(session, asker, base_id, set_id)
            if await question_count(session, row.id) >= MOST:
                raise InvalidParam(f"A question set has at most {MOST:,} questions.", param="question")
            await add_questions(session, row, questions)

    async def remove(self, asker: Asker, base_id: str, set_id: str, question_id: str) -> None:
        """Raises NotFound and Forbidden."""
        async with self._db.transaction() as session:
            row = await _set(session, asker, base_id, set_id)
            if not await remove_question(session, row.id, checked_id(question_id, "question")):
                raise NotFound("There is no such question in this set.")

    async def evaluations(self, asker: Asker, base_id: str) -> list[EvaluationShown]:
        """The evaluations of a base, the newest first, without `places`. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            repository = await _of(session, asker, base_id)
            names = {row.id: row.name for row, _ in await repository.sets()}
            rows = await repository.evaluations()
        shown = [_evaluation_shown(row, names.get(row.set_id, "")) for row in rows]
        for each in shown:
            for result in each.results:
                result.places = {}
        return shown

    async def evaluation(self, asker: Asker, base_id: str, evaluation_id: str) -> EvaluationShown:
        """Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            row = await _evaluation(session, asker, base_id, evaluation_id)
            return await _shown(session, asker, row)

    async def start(self, asker: Asker, base_id: str, wanted: NewEvaluation) -> EvaluationShown:
        """Begin to compare. Raises NotFound, Forbidden, InvalidParam."""
        if not 1 <= len(wanted.variants) <= MOST_VARIANTS:
            raise InvalidParam(f"Compare 1 to {MOST_VARIANTS} ways of searching.", param="variants")
        async with self._db.transaction() as session:
            base = await find_own_base(session, asker, base_id)
            questions = await _set(session, asker, base_id, wanted.question_set_id)
            if questions.status == "error":
                raise InvalidParam(f"The set has no questions. {questions.error}.", param="question_set_id")
            if questions.status != "ready":
                raise InvalidParam("The questions are not written yet; wait until they are.", param="question_set_id")
            count = await question_count(session, questions.id)
            if not count:
                raise InvalidParam("The set has no questions; add some first.", param="question_set_id")
            variants = [
                await _variant(session, asker, base, each, number) for number, each in enumerate(wanted.variants)
            ]
            row = Evaluation(
                id=new_id(),
                workspace_id=asker.workspace_id,
                base_id=base.id,
                set_id=questions.id,
                variants=msgspec.json.encode(variants).decode(),
                results="[]",
                status="waiting",
                done=0,
                total=count * len(variants),
                created_by=asker.account_id,
                created_at=now_us(),
            )
            session.add(row)
            await bump(session, INGEST_TOPIC)
            return _evaluation_shown(row, questions.name)

    async def stop(self, asker: Asker, base_id: str, evaluation_id: str) -> EvaluationShown:
        """End an evaluation that goes on; what is done stays. Raises NotFound and Forbidden."""
        async with self._db.transaction() as session:
            row = await _evaluation(session, asker, base_id, evaluation_id)
            if row.status in OPEN:
                row.status, row.finished_at, row.lease_owner, row.lease_until = "stopped", now_us(), None, None
            return await _shown(session, asker, row)

    async def delete(self, asker: Asker, base_id: str, evaluation_id: str) -> None:
        """Raises NotFound and Forbidden."""
        async with self._db.transaction() as session:
            row = await _evaluation(session, asker, base_id, evaluation_id)
            await session.delete(row)

    async def _store(
        self, asker: Asker, base_id: str, name: str, questions: Sequence[AskedQuestion], *, generate: int = 0
    ) -> QuestionSetShown:
        name = name.strip()
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise InvalidParam(f"`name` must have 1 to {_LONGEST_NAME} characters.", param="name")
        async with self._db.transaction() as session:
            base = await find_own_base(session, asker, base_id)
            row = QuestionSet(
                id=new_id(),
                workspace_id=asker.workspace_id,
                base_id=base.id,
                name=name,
                status="waiting" if generate else "ready",
                wanted=generate,
                created_by=asker.account_id,
                created_at=now_us(),
            )
            session.add(row)
            await session.flush()
            await add_questions(session, row, questions)
            if generate:
                await bump(session, INGEST_TOPIC)
            return _set_shown(row, len(questions))


async def _of(session: AsyncSession, asker: Asker, base_id: str) -> EvaluationRepository:
    base = await find_base(session, asker, base_id)
    return EvaluationRepository(session, asker.workspace_id, base.id)


async def _set(session: AsyncSession, asker: Asker, base_id: str, set_id: str) -> QuestionSet:
    row = await (await _of(session, asker, base_id)).set(checked_id(set_id, "question set"))
    if row is None:
        raise NotFound("There is no such question set in this knowledge base.")
    return row


async def _evaluation(session: AsyncSession, asker: Asker, base_id: str, evaluation_id: str) -> Evaluation:
    row = await (await _of(session, asker, base_id)).evaluation(checked_id(evaluation_id, "evaluation"))
    if row is None:
        raise NotFound("There is no such evaluation of this knowledge base.")
    return row


async def _variant(session: AsyncSession, asker: Asker, base: KnowledgeBase, given: NewVariant, number: int) -> Variant:
    """What is tried, with everything that it leaves open. Raises NotFound, Forbidden, InvalidParam."""
    if given.dataset_id is not None and given.dataset_id != base.id:
        base = await find_own_base(session, asker, given.dataset_id)
    wanted = retrieval_model_from(given.retrieval_model, f"variants[{number}].retrieval_model")
    settings = wanted or kept_retrieval(base)
    economy = base.indexing_technique == Technique.ECONOMY
    if economy:
        settings.search_method = "keyword_search"
    return Variant(
        name=given.name.strip()[:_LONGEST_NAME] or _name_of(settings),
        dataset_id=base.id,
        dataset_name=base.name,
        retrieval_model=settings,
    )


def _name_of(settings: RetrievalModel) -> str:
    name = _METHODS[settings.search_method]
    if settings.reranking_mode == "weighted_score" and settings.weights is not None:
        return f"{name}, {settings.weights.vector_setting.vector_weight:g} meaning"
    model = settings.reranking_model
    if settings.reranking_enable and model is not None and model.reranking_model_name:
        return f"{name}, {model.reranking_model_name}"
    return name


async def _shown(session: AsyncSession, asker: Asker, row: Evaluation) -> EvaluationShown:
    questions = await EvaluationRepository(session, asker.workspace_id, row.base_id).set(row.set_id)
    return _evaluation_shown(row, questions.name if questions else "")


def _checked(given: Sequence[NewQuestion]) -> list[AskedQuestion]:
    rows = [
        (line, {"question": each.question, "document": each.document, "passage": each.passage})
        for line, each in enumerate(given, 1)
    ]
    return checked_questions(rows)


def _set_shown(row: QuestionSet, count: int) -> QuestionSetShown:
    return QuestionSetShown(
        id=row.id,
        name=row.name,
        status=row.status,
        wanted=row.wanted,
        question_count=count,
        error=row.error,
        created_by=row.created_by,
        created_at=row.created_at // SECOND,
    )


def _question_shown(row: Question) -> QuestionShown:
    expected = [ExpectedShown(document=each.document, passage=each.passage) for each in expected_of(row)]
    return QuestionShown(id=row.id, position=row.position, question=row.question, expected=expected)


def _evaluation_shown(row: Evaluation, set_name: str) -> EvaluationShown:
    return EvaluationShown(
        id=row.id,
        question_set_id=row.set_id,
        question_set_name=set_name,
        status=row.status,
        done=row.done,
        total=row.total,
        error=row.error,
        variants=msgspec.json.decode(row.variants, type=list[Variant]),
        results=msgspec.json.decode(row.results, type=list[VariantResult]),
        created_by=row.created_by,
        created_at=row.created_at // SECOND,
        finished_at=row.finished_at // SECOND if row.finished_at else None,
    )
