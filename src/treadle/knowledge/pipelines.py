"""Bases that a pipeline fills: made from a file, published, asked what they want. Source: spec knowledge §23.

A pipeline is kept as an app of the mode `rag-pipeline`: its drafts, versions and runs are those of apps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.compile import CompiledApp
from treadle.apps.definition import Definition
from treadle.apps.editing.drafts import Drafts
from treadle.apps.pipeline_inputs import asked_by
from treadle.apps.service import AppService, ImportFailed
from treadle.apps.tables import App
from treadle.apps.tables import AppMode as StoredMode
from treadle.dsl import AppFile, parse_pipeline
from treadle.engine.errors import GraphError
from treadle.engine.graph import DATASOURCE
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import MAX_DESCRIPTION, MAX_NAME, Bases
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import checked_id, find_base, find_own_base
from treadle.knowledge.pipeline_conversion import example_for, fitted
from treadle.knowledge.pipeline_files import FILE_NODE, blank_pipeline, icon_of
from treadle.knowledge.pipeline_orders import PipelineOrder, keep_order
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.requests import JsonMap, NewDataset
from treadle.knowledge.shapes import DatasetShown
from treadle.knowledge.tables import PAGE_SOURCES, Document, KnowledgeBase
from treadle.knowledge.telling import source_info
from treadle.nodes.datasource import DatasourceConfig
from treadle.nodes.knowledge_index import KNOWLEDGE_INDEX
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

_TAKEN = 6
"""Letters that `free_name` may add to a name."""


@dataclass(frozen=True, slots=True)
class BasePipeline:
    """A base, and the version of its pipeline that is asked for."""

    base: KnowledgeBase
    app: App
    version: CompiledApp

    def source(self, node_id: str) -> DatasourceConfig:
        """What a run can begin with. Raises InvalidParam."""
        if node_id not in self.version.roots:
            raise InvalidParam(
                f"The pipeline has no data source {node_id!r}; it has {', '.join(self.version.roots)}.",
                param="start_node_id",
            )
        graph = self.version.graph_from(node_id)
        config: object = graph.nodes[graph.root].config
        assert isinstance(config, DatasourceConfig)
        return config


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLooks:
    """What a new base is called; what is empty is taken from the pipeline."""

    name: str = ""
    description: str = ""
    permission: str | None = None
    icon_info: JsonMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineExample:
    """A pipeline to begin with, and how it cuts and keeps. `content` is its file."""

    id: str
    content: str
    name: str
    description: str
    icon: str
    chunk_structure: str
    indexing_technique: str


class Pipelines:
    """The pipelines of all workspaces; every call says who asks."""

    def __init__(
        self,
        db: Database,
        apps: AppService,
        drafts: Drafts,
        bases: Bases,
        examples: Callable[[], Mapping[str, str]],
    ) -> None:
        """`examples` gives the files of pipelines to begin with, by their names."""
        self._db = db
        self._apps = apps
        self._drafts = drafts
        self._bases = bases
        self._examples = examples

    async def create(self, asker: Asker, text: str) -> DatasetShown:
        """A new base with the pipeline of a file as its draft. Raises Forbidden, and ImportFailed."""
        asker.may_edit()
        return await self._create(asker, _read(text), BaseLooks())

    async def blank(self, asker: Asker, looks: BaseLooks) -> DatasetShown:
        """A new base whose pipeline has a data source and an end, nothing between. Raises Forbidden and Conflict."""
        asker.may_edit()
        return await self._create(asker, blank_pipeline(), looks)

    async def begin(self, asker: Asker, example: str, looks: BaseLooks) -> DatasetShown:
        """A new base with the pipeline of an example. Raises Forbidden, NotFound and Conflict."""
        asker.may_edit()
        text = self._examples().get(example)
        if text is None:
            raise NotFound(f"There is no example {example[:40]!r}; there are {', '.join(self._examples())}.")
        return await self._create(asker, _read(text), looks)

    def examples(self) -> list[PipelineExample]:
        """Pipelines to begin with."""
        return [_example(name, text) for name, text in self._examples().items()]

    async def convert(self, asker: Asker, base_id: str) -> DatasetShown:
        """Give a base that is cut by rules a pipeline that cuts like them, published; there is no way back.

        Its documents stay as they are, and can be run again. Raises NotFound, Forbidden, Refusal.
        """
        asker.may_edit()
        async with self._db.transaction(lock=f"knowledge of {asker.workspace_id}") as session:
            base = await find_own_base(session, asker, base_id)
            if base.pipeline_id is not None:
                raise Refusal("This knowledge base has a pipeline already.", code="pipeline_exists")
            documents = await DocumentRepository(session, asker.workspace_id).documents(base.id)
            if any(row.job is not None for row in documents):
                raise Refusal(
                    "Documents of this knowledge base are being indexed; convert it when that has ended.",
                    code="document_indexing",
                )
            file = _read(self._examples()[example_for(base)])
            rule = await BaseRepository(session, asker.workspace_id).newest_rule(base.id)
            inputs = fitted(file, base, rule)
            app = await self._apps.add(
                session, asker.workspace_id, file, account_id=asker.account_id, pipeline=True, publish=True
            )
            base.pipeline_id = app.id
            base.updated_by, base.updated_at = asker.account_id, now_us()
            for row in documents:
                if (order := _order_of(row, inputs)) is not None:
                    await keep_order(session, asker, row, order, order.datasource_info_list[0])
        return await self._bases.read(asker, base_id)

    async def check_version(self, session: AsyncSession, app: App, definition: Definition) -> None:
        """For `publish_hooks`: refuse a version of a pipeline that could not fill its base. Raises InvalidParam."""
        if app.mode != StoredMode.RAG_PIPELINE:
            return
        query = select(KnowledgeBase).where(KnowledgeBase.pipeline_id == app.id)
        base = (await session.scalars(query)).one_or_none()
        self._check(base, self._apps.compile(definition, "draft"))

    async def is_edited_by(self, asker: Asker, pipeline_id: str) -> bool:
        """Whether somebody may look at and change a pipeline like an app: an editor who may use its base."""
        try:
            await self._edited(asker, pipeline_id)
        except Refusal:
            return False
        return True

    async def _create(self, asker: Asker, file: AppFile, looks: BaseLooks) -> DatasetShown:
        """Base and pipeline are made together or not at all."""
        async with self._db.session() as session:
            wanted = (file.name.strip() or "Knowledge pipeline")[: MAX_NAME - _TAKEN]
            name = looks.name.strip() or await BaseRepository(session, asker.workspace_id).free_name(wanted)

        async def with_pipeline(session: AsyncSession, base: KnowledgeBase) -> None:
            app = await self._apps.add(session, asker.workspace_id, file, account_id=asker.account_id, pipeline=True)
            base.pipeline_id = app.id

        description = (looks.description or file.description)[:MAX_DESCRIPTION]
        icon: JsonMap | None = looks.icon_info or icon_of(file)
        wanted_base = NewDataset(name=name, description=description, icon_info=icon, permission=looks.permission)
        base = await self._bases.create(asker, wanted_base, with_it=with_pipeline)
        return await self._bases.read(asker, base.id)

    async def overwrite(self, asker: Asker, pipeline_id: str, text: str) -> DatasetShown:
        """Put a file in the place of a draft. Raises NotFound, Forbidden and ImportFailed."""
        base = await self._edited(asker, pipeline_id)
        file = _read(text)
        assert file.workflow is not None
        await self._drafts.overwrite(
            asker.workspace_id,
            pipeline_id,
            file.workflow,
            looks={},
            dependencies=list(file.dependencies),
            account_id=asker.account_id,
        )
        return await self._bases.read(asker, base.id)

    async def base_of(self, asker: Asker, pipeline_id: str) -> DatasetShown:
        """The base that a pipeline fills. Raises NotFound and Forbidden."""
        base = await self._edited(asker, pipeline_id)
        return await self._bases.read(asker, base.id)

    async def export(self, asker: Asker, pipeline_id: str, *, include_secrets: bool) -> str:
        """The file of the draft. Raises NotFound and Forbidden."""
        await self._edited(asker, pipeline_id)
        return await self._apps.export(asker.workspace_id, pipeline_id, include_secrets=include_secrets)

    async def publish(self, asker: Asker, pipeline_id: str) -> DatasetShown:
        """Make the draft what runs. Raises NotFound, Forbidden, and InvalidParam for one that cannot run."""
        base = await self._edited(asker, pipeline_id)
        await self._apps.publish(asker.workspace_id, pipeline_id, account_id=asker.account_id)
        return await self._bases.read(asker, base.id)

    async def of_base(self, asker: Asker, base_id: str, *, published: bool) -> BasePipeline:
        """The version that runs, or the draft. Raises NotFound, Forbidden, and Refusal for a base without pipeline or
        one that is not published."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
        if base.pipeline_id is None:
            raise Refusal("This knowledge base has no pipeline.", code="invalid_param", param="dataset_id")
        if published:
            app = await self._apps.of_workspace(asker.workspace_id, base.pipeline_id)
            if app.published_version_id is None:
                raise Refusal("This pipeline is not published yet; publish it first.", code="pipeline_not_published")
            version = await self._apps.published(app)
        else:
            draft = await self._drafts.read(asker.workspace_id, base.pipeline_id)
            app, version = draft.app, self._apps.compile(draft.definition, draft.row.id)
        self._check(base, version)
        return BasePipeline(base, app, version)

    async def sources(self, asker: Asker, base_id: str, *, published: bool) -> list[dict[str, Any]]:
        """What a run can begin with, and what it asks for then. Raises as `of_base`."""
        pipeline = await self.of_base(asker, base_id, published=published)
        found: list[dict[str, Any]] = []
        for node_id in pipeline.version.roots:
            config, node = pipeline.source(node_id), pipeline.version.graph_from(node_id).by_id[node_id]
            found.append(
                {
                    "node_id": node_id,
                    "plugin_id": config.plugin_id,
                    "provider_name": config.provider_name,
                    "datasource_type": config.provider_type,
                    "title": node.title,
                    "file_extensions": list(config.file_extensions),
                    "user_input_variables": [
                        each.written for each in asked_by(pipeline.version.pipeline_variables, node_id)
                    ],
                    "credentials": [],
                }
            )
        return found

    async def asked_now(self, asker: Asker, base_id: str, node_id: str) -> list[dict[str, Any]]:
        """What the version that runs asks for with a data source; nothing when it has it no more. Raises NotFound and
        Forbidden."""
        try:
            sources = await self.sources(asker, base_id, published=True)
        except (InvalidParam, GraphError):
            return []
        for each in sources:
            if each["node_id"] == node_id:
                return each["user_input_variables"]
        return []

    async def _edited(self, asker: Asker, pipeline_id: str) -> KnowledgeBase:
        asker.may_edit()
        async with self._db.session() as session:
            base_id = await _base_of(session, asker.workspace_id, checked_id(pipeline_id, "pipeline"))
            return await find_base(session, asker, base_id)

    def _check(self, base: KnowledgeBase | None, version: CompiledApp) -> None:
        """Raises InvalidParam for a graph that is no pipeline, or that cuts otherwise than the documents of `base`."""
        for root in version.roots:
            graph = version.graph_from(root)
            if graph.nodes[graph.root].kind != DATASOURCE:
                raise InvalidParam("A knowledge pipeline begins with a data source; replace the start node by one.")
            ends = [node for node in graph.nodes if node.kind == KNOWLEDGE_INDEX.kind]
            if not ends:
                raise InvalidParam(f"The data source {root} leads to no knowledge base node; connect it to one.")
            for end in ends:
                if base is not None and base.doc_form not in (None, end.config.chunk_structure):
                    raise InvalidParam(
                        f"The documents of this knowledge base are cut as {base.doc_form}; that cannot change to "
                        f"{end.config.chunk_structure}."
                    )


async def _base_of(session: AsyncSession, workspace_id: str, pipeline_id: str) -> str:
    query = select(KnowledgeBase.id).where(
        KnowledgeBase.pipeline_id == pipeline_id, KnowledgeBase.workspace_id == workspace_id
    )
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound("There is no such pipeline.")
    return found


def _example(name: str, text: str) -> PipelineExample:
    file = _read(text)
    assert file.workflow is not None
    ends = (node["data"] for node in file.workflow.nodes)
    end = next(data for data in ends if isinstance(data, dict) and data.get("type") == KNOWLEDGE_INDEX.kind)
    return PipelineExample(
        id=name,
        content=text,
        name=file.name,
        description=file.description,
        icon=file.icon,
        chunk_structure=str(end["chunk_structure"]),
        indexing_technique=str(end["indexing_technique"]),
    )


def _order_of(row: Document, inputs: JsonMap) -> PipelineOrder | None:
    """What a document of a converted base is made of; of a page, what it says is read when it is run."""
    if row.data_source_type in PAGE_SOURCES:
        url = source_info(row).get("url")
        page: JsonMap = {"source_url": url if isinstance(url, str) else "", "title": row.name, "description": ""}
        return _order("website_crawl", page, inputs)
    return _order("local_file", {"related_id": row.file_id}, inputs) if row.file_id else None


def _order(type: Literal["local_file", "website_crawl"], info: JsonMap, inputs: JsonMap) -> PipelineOrder:
    return PipelineOrder(inputs=inputs, datasource_type=type, datasource_info_list=[info], start_node_id=FILE_NODE)


def _read(text: str) -> AppFile:
    parsed = parse_pipeline(text)
    if parsed.app is None:
        raise ImportFailed(parsed.problems)
    return parsed.app
