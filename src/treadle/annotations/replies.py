"""Answers of annotations in the place of a model's: what runs ask. Implements `apps.features.annotations.Annotations`.

The same question, but for case and spaces, is found without a model. Any other is embedded, and the nearest annotation
answers when it is near enough. Source: spec models-and-tools §6.
"""

import asyncio
import logging
from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.features.annotations import AnnotationHit, Question
from treadle.apps.tables import CreatedFrom
from treadle.engine.errors import NodeError
from treadle.engine.ports import ModelRef
from treadle.engine.values import JsonValue
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.port import IndexRef, IndexUnavailableError
from treadle.knowledge.retrieval.questions import QuestionVectors
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id

from . import tables
from .jobs import SETTINGS_TOPIC
from .repository import AnnotationRepository, all_settings
from .tables import Annotation, AnnotationSetting
from .texts import LONGEST_QUESTION, question_key

_log = logging.getLogger(__name__)

_SECONDS = 10.0
"""How long a run waits for the vector of its question."""
_CANDIDATES = 5
"""The nearest may have been changed or deleted since it was indexed: so many are looked at."""
_SOURCES = {CreatedFrom.SERVICE_API: "api", CreatedFrom.WEB_APP: "web-app"}

Setting = Mapping[str, JsonValue]


class AnnotationReplies:
    """Finds the annotation that answers a question."""

    def __init__(self, db: Database, indexes: ChunkIndexes, questions: QuestionVectors) -> None:
        self._db = db
        self._indexes = indexes
        self._questions = questions
        self._settings: dict[str, AnnotationSetting] | None = None
        self._changes = 0

    def on_change(self, topic: str) -> None:
        """For `platform.changes.ChangeWatcher`."""
        if topic == SETTINGS_TOPIC:
            self.forget()

    def forget(self) -> None:
        """Read the settings again before they are next used."""
        self._settings = None
        self._changes += 1

    async def replies_for(self, app_id: str) -> bool:
        """Whether the app answers with annotations: from memory, unless settings have changed."""
        settings = self._settings
        return app_id in (await self._read() if settings is None else settings)

    async def setting(self, app_id: str) -> Setting:
        """What `/parameters` tells."""
        return shown_setting((await self._read()).get(app_id))

    async def match(self, question: Question) -> AnnotationHit | None:
        """The annotation that answers, counted as a hit. Whatever fails, there is none."""
        try:
            setting = (await self._read()).get(question.app_id)
            if setting is None:
                return None
            found = await self._found(setting, question.query)
            return None if found is None else await self._hit(found[0], found[1], question)
        except (NodeError, IndexUnavailableError, DBAPIError, OSError, TimeoutError) as error:
            _log.warning("annotations of app %s were not asked: %s", question.app_id, error or "it took too long")
        except Exception:
            _log.exception("annotations of app %s were not asked", question.app_id)
        return None

    async def _read(self) -> dict[str, AnnotationSetting]:
        while self._settings is None:
            changes = self._changes
            async with self._db.session() as session:
                settings = {row.app_id: row for row in await all_settings(session)}
            if changes == self._changes:
                self._settings = settings
                return settings
        return self._settings

    async def _found(self, setting: AnnotationSetting, query: str) -> tuple[Annotation, float] | None:
        """The best annotation and its score, from 0 to 1."""
        key = question_key(query)
        async with self._db.session() as session:
            same = await _of(session, setting).same(key)
        if same is not None:
            return same, 1.0
        if not setting.embedding_model or len(query) > LONGEST_QUESTION:
            return None
        model = ModelRef(setting.embedding_provider, setting.embedding_model)
        async with asyncio.timeout(_SECONDS):
            vector = await self._questions.vector(setting.workspace_id, model, query)
        hits = await self._indexes.of(setting.index_kind).by_vector(index_ref(setting), vector, top_k=_CANDIDATES)
        threshold = setting.score_threshold or 1.0
        async with self._db.session() as session:
            repository = _of(session, setting)
            for hit in hits:
                score = min(round(hit.score, 6), 1.0)
                if score < threshold:
                    return None
                row = await repository.one(hit.node_id)
                if row is not None and row.question_key == hit.document_id:
                    return row, score
        return None

    async def _hit(self, row: Annotation, score: float, question: Question) -> AnnotationHit:
        async with self._db.transaction() as session:
            mine = (Annotation.id == row.id, Annotation.app_id == row.app_id)
            counted = update(Annotation).where(*mine).values(hit_count=Annotation.hit_count + 1)
            still_there = (await session.execute(counted.returning(Annotation.id))).first() is not None
            if still_there:
                session.add(_history(row, score, question))
            names = await AnnotationRepository(session, row.workspace_id, row.app_id).names([row.created_by or ""])
        return AnnotationHit(
            id=row.id,
            content=row.answer,
            account_id=row.created_by or "",
            account_name=names.get(row.created_by or "", ""),
        )


def index_ref(setting: AnnotationSetting) -> IndexRef:
    """Where the questions of an app are indexed: `node_id` is the annotation, `document_id` the key of its question."""
    return IndexRef(workspace_id=setting.workspace_id, base_id=setting.app_id, generation=setting.generation)


def shown_setting(setting: AnnotationSetting | None) -> Setting:
    """The `annotation_reply` of every interface (spec service-api §3.12)."""
    if setting is None:
        return {"enabled": False}
    return {
        "id": setting.id,
        "enabled": True,
        "score_threshold": setting.score_threshold,
        "embedding_model": {
            "embedding_provider_name": setting.embedding_provider,
            "embedding_model_name": setting.embedding_model,
        },
    }


def _of(session: AsyncSession, setting: AnnotationSetting) -> AnnotationRepository:
    return AnnotationRepository(session, setting.workspace_id, setting.app_id)


def _history(row: Annotation, score: float, question: Question) -> tables.AnnotationHit:
    return tables.AnnotationHit(
        id=new_id(),
        workspace_id=row.workspace_id,
        app_id=row.app_id,
        annotation_id=row.id,
        message_id=question.message_id,
        asked_by=question.user_id,
        source=_SOURCES.get(CreatedFrom(question.created_from), "console"),
        question=question.query,
        score=score,
        matched_question=row.question,
        given_answer=row.answer,
        created_at=now_us(),
    )
