"""What a knowledge pipeline asks of the base that it fills. Source: spec workflow-nodes §28."""

from typing import Literal, Protocol

import msgspec

from .errors import KnowledgeIndexError
from .values import JsonValue

ChunkStructure = Literal["text_model", "hierarchical_model", "qa_model"]


class GivenChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that a pipeline made: `answer` for questions, `children` for parents."""

    content: str
    answer: str | None = None
    children: tuple[str, ...] = ()


class ChunkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a base without documents is to keep and find its chunks."""

    structure: ChunkStructure
    technique: Literal["high_quality", "economy"]
    embedding_model_provider: str = ""
    embedding_model: str = ""
    keyword_number: int = 10
    retrieval_model: dict[str, JsonValue] | None = None


class ChunksToKeep(msgspec.Struct, frozen=True, kw_only=True):
    """The chunks of a document. Those of `replaced_document_id`, if it names one, go."""

    base_id: str
    document_id: str
    replaced_document_id: str = ""
    chunks: tuple[GivenChunk, ...]
    settings: ChunkSettings


class PipelineBase(msgspec.Struct, frozen=True):
    """The base that a pipeline fills; `structure` is None while it holds nothing."""

    id: str
    structure: ChunkStructure | None


class KeptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that can be found now. `created_at` is in seconds since the epoch."""

    base_name: str
    document_name: str
    created_at: float


class Pipeline(Protocol):
    """The knowledge bases of the workspace that a run may fill."""

    async def base(self, base_id: str) -> PipelineBase:
        """Raises KnowledgeIndexError when there is no such base in this workspace."""
        ...

    async def keep(self, wanted: ChunksToKeep) -> KeptDocument:
        """Keep and index chunks. Raises KnowledgeIndexError."""
        ...


class NoPipeline:
    """A run that fills no base."""

    async def base(self, base_id: str) -> PipelineBase:
        raise KnowledgeIndexError("This run belongs to no knowledge pipeline.")

    async def keep(self, wanted: ChunksToKeep) -> KeptDocument:
        raise KnowledgeIndexError("This run belongs to no knowledge pipeline.")
