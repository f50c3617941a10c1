"""Bases that a pipeline fills: made from a file, published, asked what they want. Source: spec knowledge §23.

A pipeline is kept as an app of the mode `rag-pipeline`: its drafts, versions and runs are those of apps.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.compile import CompiledApp
from treadle.apps.editing.drafts import Drafts
from treadle.apps.pipeline_inputs import asked_by
from treadle.apps.service import AppService, ImportFailed
from treadle.apps.tables import App
from treadle.dsl import AppFile, parse_pipeline
from treadle.engine.graph import DATASOURCE
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import MAX_DESCRIPTION, MAX_NAME, Bases
from treadle.knowledge.finding import checked_id, find_base
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.requests import NewDataset
from treadle.knowledge.shapes import DatasetShown
from treadle.knowledge.tables import KnowledgeBase
from treadle.nodes.datasource import DatasourceConfig
from treadle.nodes.knowledge_index import KNOWLEDGE_INDEX
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


class Pipelines:
    """The pipelines of all workspaces; every call says who asks."""

    def __init__(self, db: Database, apps: AppService, drafts: Drafts, bases: Bases) -> None:
        self._db = db
        self._apps = apps
        self._drafts = drafts
        self._bases = bases

    async def create(self, asker: Asker, text: str) -> DatasetShown:
        """A new base with the pipeline of a file as its draft. Raises Forbidden, and ImportFailed."""
        asker.may_edit()
        file = _read(text)
        async with self._db.session() as session:
            wanted = (file.name.strip() or "Knowledge pipeline")[: MAX_NAME - _TAKEN]
            name = await BaseRepository(session, asker.workspace_id).free_name(wanted)
        base = await self._bases.create(asker, NewDataset(name=name, description=file.description[:MAX_DESCRIPTION]))
        try:
            app = await self._apps.create(asker.workspace_id, file, account_id=asker.account_id, pipeline=True)
        except Refusal:
            await self._bases.delete(asker, base.id)
            raise
        async with self._db.transaction() as session:
            await session.execute(update(KnowledgeBase).where(KnowledgeBase.id == base.id).values(pipeline_id=app.id))
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

    async def export(self, asker: Asker, pipeline_id: str, *, include_secrets: bool) -> str:
        """The file of the draft. Raises NotFound and Forbidden."""
        await self._edited(asker, pipeline_id)
        return await self._apps.export(asker.workspace_id, pipeline_id, include_secrets=include_secrets)

    async def publish(self, asker: Asker, pipeline_id: str) -> DatasetShown:
        """Make the draft what runs. Raises NotFound, Forbidden, and InvalidParam for one that cannot run."""
        base = await self._edited(asker, pipeline_id)
        draft = await self._drafts.read(asker.workspace_id, pipeline_id)
        self._check(base, self._apps.compile(draft.definition, draft.row.id))
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
                    "user_input_variables": [
                        each.written for each in asked_by(pipeline.version.pipeline_variables, node_id)
                    ],
                    "credentials": [],
                }
            )
        return found

    async def _edited(self, asker: Asker, pipeline_id: str) -> KnowledgeBase:
        asker.may_edit()
        async with self._db.session() as session:
            base_id = await _base_of(session, asker.workspace_id, checked_id(pipeline_id, "pipeline"))
            return await find_base(session, asker, base_id)

    def _check(self, base: KnowledgeBase, version: CompiledApp) -> None:
        """Raises InvalidParam for a graph that is no pipeline, or that cuts otherwise than the documents of `base`."""
        for root in version.roots:
            graph = version.graph_from(root)
            if graph.nodes[graph.root].kind != DATASOURCE:
                raise InvalidParam("A knowledge pipeline begins with a data source; replace the start node by one.")
            ends = [node for node in graph.nodes if node.kind == KNOWLEDGE_INDEX.kind]
            if not ends:
                raise InvalidParam(f"The data source {root} leads to no knowledge base node; connect it to one.")
            for end in ends:
                if base.doc_form not in (None, end.config.chunk_structure):
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


def _read(text: str) -> AppFile:
    parsed = parse_pipeline(text)
    if parsed.app is None:
        raise ImportFailed(parsed.problems)
    return parsed.app
