"""The console API: annotations of an app, and the replies that they give. Source: spec console §11."""

from typing import Annotated, Literal

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from treadle.annotations.files import TEMPLATE, ExportForm
from treadle.annotations.jobs import JobStatus, ReplyAction
from treadle.annotations.shapes import (
    AnnotationPage,
    AnnotationShown,
    HitPage,
    JobShown,
    MessageAnnotation,
    ReplySetting,
)
from treadle.apps.tables import App, AppMode
from treadle.platform.refusals import Refusal
from treadle.server.console_api.access import AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import FILE_FORM, PAGE, Repeated, sent_file
from treadle.server.file_responses import attachment
from treadle.server.services import Services

router = console_router("Annotations")

Limit = Annotated[int, Query(ge=1, le=100)]

_CHATS = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


class NewAnnotation(BaseModel):
    """A question with its answer. With `message_id` it belongs to that answer of the app, and replaces the annotation
    that the answer has; `question` may then be left out."""

    question: str | None = None
    answer: str
    message_id: str | None = None


class AnnotationTexts(BaseModel):
    question: str
    answer: str


class ReplyChoice(BaseModel):
    """How alike a question must be, and the model that compares. Both names empty: only the same question counts."""

    score_threshold: float = Field(0.9, ge=0, le=1)
    embedding_provider_name: str = ""
    embedding_model_name: str = ""


class Threshold(BaseModel):
    score_threshold: float = Field(ge=0, le=1)


class SwitchJob(BaseModel):
    """`waiting`: the job was put down. `processing`: it was there before."""

    job_id: str
    job_status: JobStatus


class Deleted(BaseModel):
    """How many annotations went."""

    deleted: int


@router.get("/apps/{app_id}/annotations")
async def list_annotations(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    keyword: str = Query("", description="Looked for in questions and answers."),
    page: int = PAGE,
    limit: Limit = 10,
) -> AnnotationPage:
    """The annotations of an app, the newest first."""
    app = await _app(services, signed_in.workspace_id, app_id)
    return await services.annotations.page(app, keyword=keyword, page=page, limit=limit)


@router.post("/apps/{app_id}/annotations", status_code=201)
async def create_annotation(
    app_id: str, body: NewAnnotation, services: ServicesDep, signed_in: EditorDep
) -> AnnotationShown:
    """Add an annotation, or set the one of an answer."""
    app = await _app(services, signed_in.workspace_id, app_id)
    author = signed_in.account_id
    if body.message_id is None:
        return await services.annotations.add(app, body.question, body.answer, account_id=author)
    return await services.annotations.annotate(app, body.message_id, body.question, body.answer, account_id=author)


@router.delete("/apps/{app_id}/annotations")
async def delete_annotations(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    annotation_id: Annotated[Repeated | None, Query(description="Those to delete; none means all.")] = None,
) -> Deleted:
    """Delete several annotations, or all of them, with what they answered."""
    app = await _app(services, signed_in.workspace_id, app_id)
    if annotation_id:
        return Deleted(deleted=await services.annotations.delete_some(app, annotation_id))
    return Deleted(deleted=await services.annotations.clear(app))


@router.get("/apps/{app_id}/annotations/export")
async def export_annotations(
    app_id: str, services: ServicesDep, signed_in: EditorDep, form: ExportForm = "csv"
) -> StreamingResponse:
    """All annotations as CSV, or as lines of JSON in the form of chat messages."""
    app = await _app(services, signed_in.workspace_id, app_id)
    return StreamingResponse(
        services.annotations.export(app, form),
        media_type=_MEDIA[form],
        headers=attachment(f"{app.name} annotations.{form}"),
    )


@router.get("/annotations/template")
async def annotation_template(services: ServicesDep, signed_in: AppUserDep) -> Response:
    """A CSV file to fill in."""
    return Response(TEMPLATE, media_type=_MEDIA["csv"], headers=attachment("annotations.csv"))


@router.post("/apps/{app_id}/annotations/batch-import", openapi_extra=FILE_FORM)
async def import_annotations(app_id: str, request: Request, services: ServicesDep, signed_in: EditorDep) -> JobShown:
    """Begin to import a CSV file: a header, then a question and its answer in each line."""
    app = await _app(services, signed_in.workspace_id, app_id)
    file = await sent_file(request, services.settings.max_upload_body)
    return await services.annotations.import_csv(
        app, await file.read(), file.filename or "annotations.csv", account_id=signed_in.account_id
    )


@router.get("/apps/{app_id}/annotations/batch-import-status/{job_id}")
async def annotation_import_status(app_id: str, job_id: str, services: ServicesDep, signed_in: EditorDep) -> JobShown:
    """How far an import is, and which lines it leaves out."""
    return await services.annotations.import_status(await _app(services, signed_in.workspace_id, app_id), job_id)


@router.get("/apps/{app_id}/annotations/of-messages")
async def annotations_of_messages(
    app_id: str,
    services: ServicesDep,
    signed_in: AppUserDep,
    message_id: Annotated[Repeated, Query(max_length=100)] = (),
) -> list[MessageAnnotation]:
    """What annotations have to do with answers: made from them, or given as them. Others are left out."""
    return await services.annotations.of_messages(
        await _app(services, signed_in.workspace_id, app_id), list(message_id)
    )


@router.post("/apps/{app_id}/annotations/{annotation_id}")
async def change_annotation(
    app_id: str, annotation_id: str, body: AnnotationTexts, services: ServicesDep, signed_in: EditorDep
) -> AnnotationShown:
    """Other texts for an annotation."""
    app = await _app(services, signed_in.workspace_id, app_id)
    return await services.annotations.change(app, annotation_id, body.question, body.answer)


@router.get("/apps/{app_id}/annotations/{annotation_id}")
async def read_annotation(
    app_id: str, annotation_id: str, services: ServicesDep, signed_in: EditorDep
) -> AnnotationShown:
    """One annotation."""
    return await services.annotations.one(await _app(services, signed_in.workspace_id, app_id), annotation_id)


@router.delete("/apps/{app_id}/annotations/{annotation_id}", status_code=204)
async def delete_annotation(app_id: str, annotation_id: str, services: ServicesDep, signed_in: EditorDep) -> None:
    """Delete an annotation with what it answered."""
    await services.annotations.delete(await _app(services, signed_in.workspace_id, app_id), annotation_id)


@router.get("/apps/{app_id}/annotations/{annotation_id}/hit-histories")
async def annotation_hits(
    app_id: str,
    annotation_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    page: int = PAGE,
    limit: Limit = 10,
) -> HitPage:
    """What an annotation answered, the newest first."""
    app = await _app(services, signed_in.workspace_id, app_id)
    return await services.annotations.hits(app, annotation_id, page=page, limit=limit)


@router.get("/apps/{app_id}/annotation-setting")
async def annotation_setting(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> ReplySetting:
    """Whether the app answers with its annotations, and what goes on about it."""
    return await services.annotations.reply_setting(await _app(services, signed_in.workspace_id, app_id))


@router.post("/apps/{app_id}/annotation-settings/{setting_id}")
async def change_annotation_threshold(
    app_id: str, setting_id: str, body: Threshold, services: ServicesDep, signed_in: EditorDep
) -> ReplySetting:
    """Another threshold, at once."""
    app = await _app(services, signed_in.workspace_id, app_id)
    return await services.annotations.change_threshold(app, setting_id, body.score_threshold)


@router.post("/apps/{app_id}/annotation-reply/{action}")
async def switch_annotation_reply(
    app_id: str,
    action: Literal["enable", "disable"],
    services: ServicesDep,
    signed_in: EditorDep,
    body: ReplyChoice | None = None,
) -> SwitchJob:
    """Begin to answer with annotations, or cease to: a job does it."""
    app = await _app(services, signed_in.workspace_id, app_id)
    choice = body or ReplyChoice(score_threshold=0.9)
    job_id, status = await services.annotations.switch(
        app,
        action,
        threshold=choice.score_threshold,
        provider=choice.embedding_provider_name,
        model=choice.embedding_model_name,
        account_id=signed_in.account_id,
    )
    return SwitchJob(job_id=job_id, job_status=status)


@router.get("/apps/{app_id}/annotation-reply/{action}/status/{job_id}")
async def annotation_reply_status(
    app_id: str, action: ReplyAction, job_id: str, services: ServicesDep, signed_in: EditorDep
) -> JobShown:
    """How far such a job is."""
    return await services.annotations.switch_status(
        await _app(services, signed_in.workspace_id, app_id), action, job_id
    )


async def _app(services: Services, workspace_id: str, app_id: str) -> App:
    """A chat app of the workspace. Raises NotFound and Refusal."""
    app = await services.apps.of_workspace(workspace_id, app_id)
    if app.mode not in _CHATS:
        raise Refusal("Only chat apps have annotations.", code="not_chat_app")
    return app
