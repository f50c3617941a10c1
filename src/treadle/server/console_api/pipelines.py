"""The console API: pipelines of knowledge bases, made, tried, published and run (spec knowledge §23, app-dsl §8.5)."""

from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue

from treadle.apps.editing.debugging import TryOut
from treadle.dsl import MAX_BYTES
from treadle.knowledge.pipeline_orders import PipelineOrder, SourceType
from treadle.knowledge.pipelines import BaseLooks
from treadle.knowledge.shapes import DatasetShown
from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import EditorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.answers import STREAM, Streamed, person_of
from treadle.server.console_api.knowledge_access import asker_of
from treadle.server.console_api.workflow_debugging import streamed

router = console_router("Pipelines")

JsonObject = dict[str, JsonValue]
_DOCUMENT = "/datasets/{dataset_id}/documents/{document_id}"


class NewPipeline(BaseModel):
    """A knowledge base with a pipeline: that of an example, or a blank one. What is empty is taken from the example."""

    template_id: str | None = None
    name: str = Field("", max_length=40)
    description: str = Field("", max_length=400)
    permission: Literal["only_me", "all_team_members", "partial_members"] | None = None


class PipelineImport(BaseModel):
    """A file for a new knowledge base, or over the draft of the pipeline `pipeline_id`."""

    yaml_content: str
    mode: Literal["yaml-content"] = "yaml-content"
    pipeline_id: str | None = None


class PipelineFile(BaseModel):
    """The file of a pipeline, as YAML."""

    data: str


class PipelineTemplate(BaseModel):
    """A pipeline to begin with; `content` is its file."""

    id: str
    content: str
    name: str
    description: str
    icon: str
    chunk_structure: str
    indexing_technique: str


class PipelineTemplates(BaseModel):
    data: list[PipelineTemplate]


class PipelineSource(BaseModel):
    """What a run can begin with, and what it asks for then."""

    node_id: str
    plugin_id: str
    provider_name: str
    datasource_type: SourceType
    title: str
    file_extensions: list[str]
    user_input_variables: list[JsonObject]


class PipelineSources(BaseModel):
    data: list[PipelineSource]


class PipelineRun(BaseModel):
    """What a pipeline is to read."""

    inputs: JsonObject = Field(default_factory=dict)
    datasource_type: SourceType
    datasource_info_list: list[JsonObject]
    start_node_id: str

    def order(self) -> PipelineOrder:
        return PipelineOrder(
            inputs=dict(self.inputs),
            datasource_type=self.datasource_type,
            datasource_info_list=[dict(info) for info in self.datasource_info_list],
            start_node_id=self.start_node_id,
        )


class PipelineDocument(BaseModel):
    id: str
    name: str
    indexing_status: str
    error: str | None


class PipelineBegun(BaseModel):
    """The documents that runs have begun to make."""

    batch: str
    documents: list[PipelineDocument]


class ExecutionLog(BaseModel):
    """What a document was made of, and the version that would make it now."""

    datasource_type: SourceType
    datasource_info: JsonObject
    start_node_id: str
    inputs: JsonObject
    user_input_variables: list[JsonObject] = Field(description="What the pipeline asks for now; empty if it is gone.")


class RunAgain(BaseModel):
    """Left out, the answers that are kept are given again."""

    inputs: JsonObject | None = None


@router.post("/rag/pipelines")
async def create_pipeline(body: NewPipeline, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """Make a knowledge base with a blank pipeline, or with that of an example."""
    looks = BaseLooks(name=body.name, description=body.description, permission=body.permission)
    asker = asker_of(signed_in)
    if body.template_id:
        return await services.pipelines.begin(asker, body.template_id, looks)
    return await services.pipelines.blank(asker, looks)


@router.post("/rag/pipelines/imports")
async def import_pipeline(body: PipelineImport, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """Make a knowledge base with the pipeline of a file, or put the file in the place of a pipeline's draft."""
    if len(body.yaml_content.encode("utf-8", "replace")) > MAX_BYTES:
        raise InvalidParam(f"The file is larger than {MAX_BYTES // 2**20} MiB.", param="yaml_content")
    asker = asker_of(signed_in)
    if body.pipeline_id:
        return await services.pipelines.overwrite(asker, body.pipeline_id, body.yaml_content)
    return await services.pipelines.create(asker, body.yaml_content)


@router.post("/rag/pipelines/transform/datasets/{dataset_id}")
async def convert_base(dataset_id: str, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """Give an ordinary knowledge base a pipeline that cuts like its rules, for good."""
    return await services.pipelines.convert(asker_of(signed_in), dataset_id)


@router.get("/rag/pipelines/{pipeline_id}")
async def read_pipeline(pipeline_id: str, services: ServicesDep, signed_in: EditorDep) -> DatasetShown:
    """The knowledge base that a pipeline fills."""
    return await services.pipelines.base_of(asker_of(signed_in), pipeline_id)


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
async def list_pipeline_templates(services: ServicesDep, _: MemberDep) -> PipelineTemplates:
    """Pipelines to begin with."""
    return PipelineTemplates(
        data=[
            PipelineTemplate(
                id=each.id,
                content=each.content,
                name=each.name,
                description=each.description,
                icon=each.icon,
                chunk_structure=each.chunk_structure,
                indexing_technique=each.indexing_technique,
            )
            for each in services.pipelines.examples()
        ]
    )


@router.get("/datasets/{dataset_id}/pipeline/sources")
async def list_pipeline_sources(
    dataset_id: str, services: ServicesDep, signed_in: MemberDep, is_published: bool = True
) -> PipelineSources:
    """The data sources of the version that runs, or of the draft, and the form of each."""
    found = await services.pipelines.sources(asker_of(signed_in), dataset_id, published=is_published)
    return PipelineSources(data=[PipelineSource.model_validate(each) for each in found])


@router.post("/datasets/{dataset_id}/pipeline/run")
async def run_pipeline(
    dataset_id: str, body: PipelineRun, services: ServicesDep, signed_in: MemberDep
) -> PipelineBegun:
    """Begin to make a document of each source with the version that runs."""
    return _begun((await services.pipeline_runs.add(asker_of(signed_in), dataset_id, body.order())).shown())


@router.post("/datasets/{dataset_id}/pipeline/draft/run", responses=STREAM, response_class=Streamed)
async def try_pipeline(dataset_id: str, body: PipelineRun, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Run the draft with the first source, and show what would be kept; nothing is."""
    trial = await services.pipeline_runs.trial(asker_of(signed_in), dataset_id, body.order())
    asked = TryOut(root=body.start_node_id, caught=trial.inputs, system=trial.system)
    return streamed(await services.editing.runs.start(person_of(signed_in), trial.pipeline_id, asked))


@router.get(f"{_DOCUMENT}/pipeline-execution-log")
async def read_execution_log(
    dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep
) -> ExecutionLog:
    """What a document was made of: its source, and what was answered."""
    asker = asker_of(signed_in)
    order = await services.pipeline_runs.order(asker, dataset_id, document_id)
    (info,) = order.datasource_info_list
    return ExecutionLog(
        datasource_type=order.datasource_type,
        datasource_info={name: value for name, value in info.items() if name != "content"},
        start_node_id=order.start_node_id,
        inputs=order.inputs,
        user_input_variables=await services.pipelines.asked_now(asker, dataset_id, order.start_node_id),
    )


@router.post(f"{_DOCUMENT}/pipeline-run")
async def run_document_again(
    dataset_id: str, document_id: str, body: RunAgain, services: ServicesDep, signed_in: MemberDep
) -> PipelineBegun:
    """Make a document anew from its source, with the answers that are kept or with other ones."""
    inputs = None if body.inputs is None else dict(body.inputs)
    return _begun((await services.pipeline_runs.again(asker_of(signed_in), dataset_id, document_id, inputs)).shown())


def _begun(shown: dict[str, Any]) -> PipelineBegun:
    return PipelineBegun.model_validate(shown)
