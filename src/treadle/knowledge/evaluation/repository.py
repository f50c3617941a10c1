"""The SQL of question sets and evaluations. What people ask for is scoped by workspace and base."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.platform.ids import new_id

from .questions import AskedQuestion, Expected
from .tables import OPEN, Evaluation, Question, QuestionSet


class EvaluationRepository:
    """The question sets and evaluations of one base, within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str, base_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id
        self._base_id = base_id

    async def sets(self) -> list[tuple[QuestionSet, int]]:
        """All sets with the number of their questions, the newest first."""
        count = select(func.count()).where(Question.set_id == QuestionSet.id).scalar_subquery()
        query = select(QuestionSet, count).where(*self._mine(QuestionSet)).order_by(QuestionSet.created_at.desc())
        return [(row, number) for row, number in (await self._session.execute(query)).all()]

    async def set(self, set_id: str) -> QuestionSet | None:
        query = select(QuestionSet).where(QuestionSet.id == set_id, *self._mine(QuestionSet))
        return (await self._session.scalars(query)).one_or_none()

    async def evaluations(self) -> list[Evaluation]:
        """The newest first."""
        query = select(Evaluation).where(*self._mine(Evaluation)).order_by(Evaluation.created_at.desc())
        return list(await self._session.scalars(query))

    async def evaluation(self, evaluation_id: str) -> Evaluation | None:
        query = select(Evaluation).where(Evaluation.id == evaluation_id, *self._mine(Evaluation))
        return (await self._session.scalars(query)).one_or_none()

    def _mine(self, table: type[QuestionSet] | type[Evaluation]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.workspace_id == self._workspace_id, table.base_id == self._base_id


async def questions_of(
    session: AsyncSession, set_id: str, *, offset: int = 0, limit: int | None = None
) -> list[Question]:
    """In their order."""
    query = select(Question).where(Question.set_id == set_id).order_by(Question.position).offset(offset)
    return list(await session.scalars(query if limit is None else query.limit(limit)))


async def question_count(session: AsyncSession, set_id: str) -> int:
    return await session.scalar(select(func.count()).where(Question.set_id == set_id)) or 0


async def add_questions(session: AsyncSession, row: QuestionSet, questions: Sequence[AskedQuestion]) -> None:
    """Behind those that are there."""
    last = await session.scalar(select(func.max(Question.position)).where(Question.set_id == row.id)) or 0
    session.add_all(
        Question(
            id=new_id(),
            workspace_id=row.workspace_id,
            set_id=row.id,
            position=position,
            question=each.question,
            expected=msgspec.json.encode(each.expected).decode(),
        )
        for position, each in enumerate(questions, last + 1)
    )


async def remove_question(session: AsyncSession, set_id: str, question_id: str) -> bool:
    """Whether it was there."""
    gone = await session.execute(
        delete(Question).where(Question.set_id == set_id, Question.id == question_id).returning(Question.id)
    )
    return gone.first() is not None


def expected_of(row: Question) -> tuple[Expected, ...]:
    return msgspec.json.decode(row.expected, type=tuple[Expected, ...])


async def claimed(
    session: AsyncSession, table: type[QuestionSet] | type[Evaluation], owner: str, *, now: int, until: int
) -> str | None:
    """The oldest of what nobody works on; it is `owner`'s from then on."""
    free = (table.status.in_(OPEN), or_(table.lease_until.is_(None), table.lease_until <= now))
    oldest = select(table.id).where(*free).order_by(table.created_at).limit(1).with_for_update(skip_locked=True)
    row_id = (await session.scalars(oldest)).first()
    if row_id is not None:
        taken = update(table).where(table.id == row_id).values(status="running", lease_owner=owner, lease_until=until)
        await session.execute(taken)
    return row_id


async def next_due(session: AsyncSession) -> int | None:
    """When something can be claimed; None when there is nothing to do."""
    times = [
        await session.scalar(select(func.min(func.coalesce(table.lease_until, 0))).where(table.status.in_(OPEN)))
        for table in (QuestionSet, Evaluation)
    ]
    return min((time for time in times if time is not None), default=None)
