"""A base that a knowledge pipeline fills."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.knowledge.ingest.rig import MODEL, PROVIDER, Rig, rig
from tests.nodes.harness import node, play
from tests.nodes.ports import a_world
from treadle.engine.events import NodeFinished
from treadle.engine.values import JsonValue, Value
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.pipeline_chunks import PipelineChunks
from treadle.knowledge.tables import KnowledgeBase
from treadle.platform.db import Database


@dataclass
class Filling:
    """A base that a pipeline fills, with one document row that waits for its chunks."""

    rig: Rig
    base: KnowledgeBase
    workspace_id: str

    async def document(self) -> str:
        (document_id,) = await self.rig.add(self.base, "", queue=False, job=None)
        return document_id

    async def run(
        self, chunks: Value, structure: str = "text_model", technique: str = "high_quality", **system: Value
    ) -> NodeFinished:
        data: dict[str, JsonValue] = {
            "chunk_structure": structure,
            "index_chunk_variable_selector": ["s", "chunks"],
            "indexing_technique": technique,
            "embedding_model_provider": PROVIDER,
            "embedding_model": MODEL,
        }
        chunks_of = PipelineChunks(
            self.rig.db, self.rig.here.service, EmbeddingModels(self.rig.models), self.workspace_id
        )
        played = await play(
            [node("n", "knowledge-index", data)],
            "start -> n",
            scopes={"sys": {"dataset_id": self.base.id, "batch": "b1", **system}, "s": {"chunks": chunks}},
            ports=replace(a_world(), pipeline=chunks_of),
        )
        return played.node("n")


@pytest.fixture
async def filling(db: Database, tmp_path: Path) -> AsyncIterator[Filling]:
    async with rig(db, tmp_path) as made:
        yield Filling(made, await made.base(indexing_technique=None, embedding_model=None), made.workspace_id)
