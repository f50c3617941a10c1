"""Annotations as people keep them, and the replies that they switch on and off.

Source: spec console §11, models-and-tools §6, service-api §3.14.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import App
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.models.catalogue import ModelKind
from treadle.models.providers import provider_id
from treadle.models.service import ModelService
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal, TooManyRequests
from treadle.settings import Settings

from .files import ExportForm, Pair, read_csv, written
from .jobs import JOBS_TOPIC, KEPT_FOR, SETTINGS_TOPIC, SHOWN_FOR, Enabling, Importing, JobStatus, ReplyAction
from .replies import AnnotationReplies, index_ref
from .repository import AnnotationRepository
from .shapes import (
    AnnotationPage,
    AnnotationShown,
    EmbeddingChoice,
    HitPage,
    HitShown,
    JobShown,
    LineProblemShown,
    MessageAnnotation,
    ReplySetting,
)
from .tables import Annotation, AnnotationHit, AnnotationJob, AnnotationSetting
from .texts import checked, question_key
from .work import forgetting, new_job, want_indexing

_log = logging.getLogger(__name__)

_MINUTE = 60 * SECOND
_HOUR = 60 * _MINUTE
_EXPORTED = 500


class AnnotationService:
    """The annotations of apps. Callers have found the app in the workspace of who asks."""

    def __init__(
        self,
        db: Database,
        indexes: ChunkIndexes,
        models: ModelService,
        replies: AnnotationReplies,
        settings: Settings,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        """`settled` waits until records written behind can be read."""
        self._db = db
        self._indexes = indexes
        self._models = models
        self._settings = settings
        self._settled = settled
        self.replies = replies

    # ---- one by one ----

    async def page(self, app: App, *, keyword: str = "", page: int, limit: int) -> AnnotationPage:
        """A numbered page, the newest first; `keyword` is looked for in questions and answers."""
        async with self._db.session() as session:
            repository = _of(session, app)
            rows, total = await repository.page(keyword.strip(), offset=(page - 1) * limit, limit=limit)
            shown = await _all_shown(repository, rows)
        return AnnotationPage(data=shown, has_more=page * limit < total, limit=limit, total=total, page=page)

    async def one(self, app: App, annotation_id: str) -> AnnotationShown:
        """Raises NotFound."""
        async with self._db.session() as session:
            repository = _of(session, app)
            return (await _all_shown(repository, [await _found(repository, annotation_id)]))[0]

    async def add(
        self, app: App, question: str | None, answer: str | None, *, account_id: str | None = None
    ) -> AnnotationShown:
        """A new annotation. Raises InvalidParam."""
        pair = Pair(*checked(question, answer))
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            row = repository.add(pair, account_id=account_id, now=now_us())
            await session.flush()
            await want_indexing(session, app.workspace_id, app.id)
            return (await _all_shown(repository, [row]))[0]

    async def annotate(
        self, app: App, message_id: str, question: str | None, answer: str | None, *, account_id: str | None
    ) -> AnnotationShown:
        """The annotation of an answer that was given: made, or changed when there is one. Without `question`, what was
        asked. Raises NotFound and InvalidParam."""
        await self._settled()
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            message = await repository.message(message_id)
            if message is None:
                raise NotFound("There is no such message.")
            pair = Pair(*checked(question if question is not None else message.query, answer))
            known = await repository.of_messages([message.id])
            if known:
                row = known[0]
                _change(row, pair)
            else:
                row = repository.add(pair, account_id=account_id, now=now_us())
                row.message_id, row.conversation_id = message.id, message.conversation_id
            await session.flush()
            await want_indexing(session, app.workspace_id, app.id)
            return (await _all_shown(repository, [row]))[0]

    async def change(self, app: App, annotation_id: str, question: str | None, answer: str | None) -> AnnotationShown:
        """Other texts for an annotation. Raises NotFound and InvalidParam."""
        pair = Pair(*checked(question, answer))
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            row = await _found(repository, annotation_id)
            _change(row, pair)
            await session.flush()
            await want_indexing(session, app.workspace_id, app.id)
            return (await _all_shown(repository, [row]))[0]

    async def delete(self, app: App, annotation_id: str) -> None:
        """With what it answered. Raises NotFound."""
        if not await self.delete_some(app, [annotation_id]):
            raise NotFound("There is no such annotation.")

    async def delete_some(self, app: App, annotation_ids: Sequence[str]) -> int:
        """Delete those that are there; gives how many they were."""
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            gone = await repository.remove(annotation_ids)
            setting = await repository.setting()
        if gone and setting is not None:
            await self._out_of_index(setting, gone)
        return len(gone)

    async def clear(self, app: App) -> int:
        """Delete all annotations of an app; gives how many they were."""
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            gone = await repository.remove(None)
            setting = await repository.setting()
        if gone and setting is not None:
            await self._out_of_index(setting, gone)
        return len(gone)

    async def hits(self, app: App, annotation_id: str, *, page: int, limit: int) -> HitPage:
        """What an annotation answered, the newest first. Raises NotFound."""
        async with self._db.session() as session:
            repository = _of(session, app)
            row = await _found(repository, annotation_id)
            rows, total = await repository.hits(row.id, offset=(page - 1) * limit, limit=limit)
        return HitPage(
            data=[_hit_shown(each) for each in rows],
            has_more=page * limit < total,
            limit=limit,
            total=total,
            page=page,
        )

    async def of_messages(self, app: App, message_ids: Sequence[str]) -> list[MessageAnnotation]:
        """What annotations have to do with these answers; those with which they have not are left out."""
        async with self._db.session() as session:
            repository = _of(session, app)
            made = await repository.of_messages(message_ids)
            shown = dict(zip([row.message_id for row in made], await _all_shown(repository, made), strict=True))
            hits = {row.message_id: row for row in await repository.hits_of_messages(message_ids)}
        return [
            MessageAnnotation(
                message_id=message_id,
                made=shown.get(message_id),
                given_by=hits[message_id].annotation_id if message_id in hits else None,
                score=hits[message_id].score if message_id in hits else None,
            )
            for message_id in dict.fromkeys(message_ids)
            if message_id in shown or message_id in hits
        ]

    # ---- files ----

    async def import_csv(self, app: App, data: bytes, name: str, *, account_id: str | None = None) -> JobShown:
        """Begin to keep the pairs of a CSV file. Raises InvalidParam for a file of which nothing can be used, and
        TooManyRequests."""
        limit = self._settings.annotation_import_file_size_limit
        if len(data) > limit * 1024 * 1024:
            raise Refusal(f"The file is larger than {limit:g} MiB; split it.", code="file_too_large", status=413)
        read = read_csv(data, name, most=self._settings.annotation_import_max_records)
        async with self._db.transaction(lock=f"annotation imports {app.workspace_id}") as session:
            repository = _of(session, app)
            await self._check_rate(repository)
            await repository.forget_jobs(now_us() - KEPT_FOR)
            payload = Importing(pairs=read.pairs, problems=read.problems)
            job = new_job(app.workspace_id, app.id, "import", payload, total=len(read.pairs), account_id=account_id)
            session.add(job)
            await bump(session, JOBS_TOPIC)
        return _job_shown(job)

    async def import_status(self, app: App, job_id: str) -> JobShown:
        """Raises InvalidParam for an import that is unknown, or long over."""
        return _job_shown(await self._job(app, job_id, "import"))

    def export(self, app: App, form: ExportForm) -> AsyncGenerator[bytes]:
        """The pieces of a file with all annotations, the oldest first."""
        return written(self._pairs(app), form)

    # ---- replies ----

    async def reply_setting(self, app: App) -> ReplySetting:
        """Whether the app answers with its annotations, and what goes on about it."""
        async with self._db.session() as session:
            repository = _of(session, app)
            row = await repository.setting()
            job = await repository.open_job("enable", "disable")
            shown = _setting_shown(row)
            shown.job = None if job is None else _job_shown(job)
            if row is not None and row.embedding_model:
                shown.pending = await repository.count_to_index(row.generation)
                waiting = await repository.open_job("index")
                shown.error = waiting.error if waiting is not None else None
        return shown

    async def change_threshold(self, app: App, setting_id: str, threshold: float) -> ReplySetting:
        """Raises NotFound and InvalidParam."""
        _check_threshold(threshold)
        async with self._db.transaction() as session:
            row = await _of(session, app).setting()
            if row is None or row.id != setting_id:
                raise NotFound("There is no such setting; switch annotation replies on first.")
            row.score_threshold, row.updated_at = threshold, now_us()
            await bump(session, SETTINGS_TOPIC)
        return await self.reply_setting(app)

    async def switch(
        self,
        app: App,
        action: ReplyAction,
        *,
        threshold: float = 0.9,
        provider: str = "",
        model: str = "",
        account_id: str | None = None,
    ) -> tuple[str, JobStatus]:
        """Begin to answer with annotations, or cease to: the id of the job, and whether it was there before
        (`processing`). Raises InvalidParam, and Refusal (`provider_not_initialize`)."""
        payload = await self._enabling(app, threshold, provider, model) if action == "enable" else None
        async with self._db.transaction(lock=f"annotations {app.id}") as session:
            repository = _of(session, app)
            running = await repository.open_job(action)
            if running is not None:
                return running.id, "processing"
            await repository.forget_jobs(now_us() - KEPT_FOR)
            job = new_job(app.workspace_id, app.id, action, payload, account_id=account_id)
            session.add(job)
            await bump(session, JOBS_TOPIC)
        return job.id, "waiting"

    async def switch_status(self, app: App, action: ReplyAction, job_id: str) -> JobShown:
        """Raises InvalidParam for a job that is unknown, or long over."""
        return _job_shown(await self._job(app, job_id, action))

    async def forget_app(self, session: AsyncSession, app: App) -> None:
        """For `apps.service`: an app is being deleted, and its index goes after it."""
        repository = _of(session, app)
        setting = await repository.setting()
        await repository.forget_all_jobs()
        if setting is None:
            return
        session.add(forgetting(setting))
        await bump(session, JOBS_TOPIC)
        await bump(session, SETTINGS_TOPIC)

    async def _enabling(self, app: App, threshold: float, provider: str, model: str) -> Enabling:
        _check_threshold(threshold)
        if bool(provider) != bool(model):
            raise InvalidParam("Give the provider and the name of the embedding model together.")
        if not model:
            return Enabling(score_threshold=threshold, provider="", model="")
        wanted = (provider_id(provider), model)
        usable = await self._models.list_models(app.workspace_id)
        if wanted not in {(each.provider, each.model) for each in usable if each.kind is ModelKind.EMBEDDING}:
            raise Refusal(
                f"The embedding model {model!r} of {provider} is not set up in this workspace.",
                code="provider_not_initialize",
                param="embedding_model_name",
            )
        return Enabling(score_threshold=threshold, provider=wanted[0], model=model)

    async def _check_rate(self, repository: AnnotationRepository) -> None:
        """Raises TooManyRequests."""
        settings, now = self._settings, now_us()
        if await repository.open_imports() >= settings.annotation_import_max_concurrent:
            raise TooManyRequests(
                f"{settings.annotation_import_max_concurrent} imports are going on; wait until one is done.",
                retry_after=10,
            )
        times = await repository.imports_since(now - _HOUR)
        for window, most, word in (
            (_MINUTE, settings.annotation_import_rate_limit_per_minute, "minute"),
            (_HOUR, settings.annotation_import_rate_limit_per_hour, "hour"),
        ):
            recent = [at for at in times if at > now - window]
            if len(recent) >= most:
                wait = (recent[-most] + window - now) // SECOND + 1
                raise TooManyRequests(
                    f"At most {most} files are imported in one {word}; try again in {wait} seconds.", retry_after=wait
                )

    async def _job(self, app: App, job_id: str, kind: str) -> AnnotationJob:
        async with self._db.session() as session:
            job = await _of(session, app).job(job_id, kind)
        if job is None or (job.finished_at is not None and job.finished_at < now_us() - SHOWN_FOR):
            raise InvalidParam("There is no such job, or it ended long ago.", param="job_id")
        return job

    async def _out_of_index(self, setting: AnnotationSetting, annotation_ids: Sequence[str]) -> None:
        """What stays in the index answers nothing, so a failure is only noted."""
        try:
            await self._indexes.of(setting.index_kind).remove(index_ref(setting), annotation_ids)
        except IndexUnavailableError as error:
            _log.warning("deleted annotations of app %s stay in the index: %s", setting.app_id, error)

    async def _pairs(self, app: App) -> AsyncGenerator[list[Pair]]:
        last: tuple[int, str] | None = None
        while True:
            async with self._db.session() as session:
                rows = await _of(session, app).behind(last, _EXPORTED)
            if not rows:
                return
            yield [Pair(row.question, row.answer) for row in rows]
            last = (rows[-1].created_at, rows[-1].id)


def _of(session: AsyncSession, app: App) -> AnnotationRepository:
    return AnnotationRepository(session, app.workspace_id, app.id)


async def _found(repository: AnnotationRepository, annotation_id: str) -> Annotation:
    row = await repository.one(annotation_id)
    if row is None:
        raise NotFound("There is no such annotation.")
    return row


def _change(row: Annotation, pair: Pair) -> None:
    """A question that reads otherwise is indexed again."""
    if row.question != pair.question:
        row.question, row.question_key, row.generation = pair.question, question_key(pair.question), None
    row.answer, row.updated_at = pair.answer, now_us()


def _check_threshold(threshold: float) -> None:
    if not 0 <= threshold <= 1:
        raise InvalidParam("`score_threshold` must be from 0 to 1.", param="score_threshold")


async def _all_shown(repository: AnnotationRepository, rows: Sequence[Annotation]) -> list[AnnotationShown]:
    names = await repository.names(list({row.created_by for row in rows if row.created_by}))
    return [
        AnnotationShown(
            id=row.id,
            question=row.question,
            answer=row.answer,
            hit_count=row.hit_count,
            message_id=row.message_id,
            conversation_id=row.conversation_id,
            author=names.get(row.created_by or "", ""),
            created_at=row.created_at // SECOND,
            updated_at=row.updated_at // SECOND,
        )
        for row in rows
    ]


def _hit_shown(row: AnnotationHit) -> HitShown:
    return HitShown(
        id=row.id,
        source=row.source,
        score=row.score,
        question=row.question,
        match=row.matched_question,
        response=row.given_answer,
        created_at=row.created_at // SECOND,
    )


def _setting_shown(row: AnnotationSetting | None) -> ReplySetting:
    if row is None:
        return ReplySetting(enabled=False)
    return ReplySetting(
        enabled=True,
        id=row.id,
        score_threshold=row.score_threshold,
        embedding_model=EmbeddingChoice(
            embedding_provider_name=row.embedding_provider, embedding_model_name=row.embedding_model
        ),
    )


def _job_shown(job: AnnotationJob) -> JobShown:
    skipped = msgspec.json.decode(job.payload, type=Importing).problems if job.kind == "import" else ()
    return JobShown(
        job_id=job.id,
        job_status=job.status,
        kind=job.kind,
        error_msg=job.error or "",
        done=job.done,
        total=job.total,
        skipped=[LineProblemShown(line=each.line, message=each.message) for each in skipped],
    )
