"""The console API: pipelines of knowledge bases, made from files (spec knowledge §23, app-dsl §8.5)."""

from typing import Literal

from pydantic import BaseModel

from treadle.dsl import MAX_BYTES
from treadle.knowledge.shapes import DatasetShown
from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import EditorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import asker_of
from treadle.server.examples import pipeline_files

router = console_router("Pipelines")


class PipelineImport(BaseModel):
    """A file for a new knowledge base, or over the draft of the pipeline `pipeline_id`."""

    yaml_content: str
    mode: Literal["yaml-content"] = "yaml-content"
    pipeline_id: str | None = None


class PipelineFile(BaseModel):
    """The file of a pipeline, as YAML."""

    data: str


class PipelineTemplate(BaseModel):
    """A pipeline to begin with: import its `content`."""

    id: str
    content: str


class PipelineTemplates(BaseModel):
    data: list[PipelineTemplate]


@router.post("/rag/pipelines/imports")
async def import_pipeline(body: PipelineImport, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """Make a knowledge base with the pipeline of a file, or put the file in the place of a pipeline's draft."""
    if len(body.yaml_content.encode("utf-8", "replace")) > MAX_BYTES:
        raise InvalidParam(f"The file is larger than {MAX_BYTES // 2**20} MiB.", param="yaml_content")
    asker = asker_of(signed_in)
    if body.pipeline_id:
        return await services.pipelines.overwrite(asker, body.pipeline_id, body.yaml_content)
    return await services.pipelines.create(asker, body.yaml_content)


@router.get("/rag/pipelines/{pipeline_id}/exports")
async def export_pipeline(
    pipeline_id: str, services: ServicesDep, signed_in: EditorDep, include_secret: bool = False
) -> PipelineFile:
    """The file of a pipeline's draft."""
    asker = asker_of(signed_in)
    return PipelineFile(data=await services.pipelines.export(asker, pipeline_id, include_secrets=include_secret))


@router.post("/rag/pipelines/{pipeline_id}/workflows/publish")
async def publish_pipeline(pipeline_id: str, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """Make the draft the version that runs."""
    return await services.pipelines.publish(asker_of(signed_in), pipeline_id)


@router.get("/rag/pipeline/templates")
async def list_pipeline_templates(_: MemberDep) -> PipelineTemplates:
    """Pipelines to begin with."""
    files = pipeline_files()
    return PipelineTemplates(
        data=[PipelineTemplate(id=path.stem, content=path.read_text(encoding="utf-8")) for path in files]
    )
