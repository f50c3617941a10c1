"""The knowledge index node: the end of a knowledge pipeline, which keeps chunks in its base (workflow-nodes §28)."""

from typing import Literal

from pydantic import Field

from treadle.engine.errors import KnowledgeIndexError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pipeline_port import ChunkSettings, ChunksToKeep, ChunkStructure, GivenChunk
from treadle.engine.values import Value

from .about import NodeAbout, Output, Words
from .config import JsonField, NodeConfig, SelectorField, reader
from .given_chunks import chunks_of, parent_mode_of

DEBUGGER = "debugger"
"""The `sys.invoke_from` of runs that only show what would be kept."""


class KnowledgeIndexConfig(NodeConfig):
    """How chunks are kept. Technique and search hold for a base without documents; later ones follow the base."""

    chunk_structure: ChunkStructure
    index_chunk_variable_selector: SelectorField = Field(json_schema_extra={"accepts": ["object", "array[string]"]})
    indexing_technique: Literal["high_quality", "economy"]
    embedding_model_provider: str = ""
    embedding_model: str = ""
    keyword_number: int = Field(default=10, ge=1, le=50)
    retrieval_model: dict[str, JsonField] | None = None

    def settings(self) -> ChunkSettings:
        return ChunkSettings(
            structure=self.chunk_structure,
            technique=self.indexing_technique,
            embedding_model_provider=self.embedding_model_provider,
            embedding_model=self.embedding_model,
            keyword_number=self.keyword_number,
            retrieval_model=self.retrieval_model,
        )


async def run(ctx: NodeContext, config: KnowledgeIndexConfig) -> NodeResult:
    """Raises KnowledgeIndexError: no such base, no chunks, chunks of another shape, or they cannot be indexed."""
    given = ctx.pool.get(config.index_chunk_variable_selector)
    result = NodeResult(inputs={"variables": given or None})
    try:
        base = await ctx.ports.pipeline.base(_needed(ctx, "dataset_id"))
        if ctx.pool.get(("sys", "invoke_from")) == DEBUGGER:
            chunks = chunks_of(given, config.chunk_structure)
            result.outputs = _preview(config.chunk_structure, chunks, parent_mode_of(given))
        else:
            chunks = chunks_of(given, base.structure or config.chunk_structure)
            result.outputs = await _kept(ctx, config, base.id, chunks)
    except NodeError as error:
        raise NodeFailure(result) from error
    return result


async def _kept(
    ctx: NodeContext, config: KnowledgeIndexConfig, base_id: str, chunks: list[GivenChunk]
) -> dict[str, Value]:
    replaced = ctx.pool.get(("sys", "original_document_id"))
    wanted = ChunksToKeep(
        base_id=base_id,
        document_id=_needed(ctx, "document_id"),
        replaced_document_id=replaced if isinstance(replaced, str) else "",
        chunks=tuple(chunks),
        settings=config.settings(),
    )
    batch = _needed(ctx, "batch")
    kept = await ctx.ports.pipeline.keep(wanted)
    return {
        "dataset_id": base_id,
        "dataset_name": kept.base_name,
        "batch": batch,
        "document_id": wanted.document_id,
        "document_name": kept.document_name,
        "created_at": kept.created_at,
        "display_status": "completed",
    }


def _needed(ctx: NodeContext, name: str) -> str:
    value = ctx.pool.get(("sys", name))
    if not isinstance(value, str) or not value:
        raise KnowledgeIndexError(f"This run names no `{name}`; a knowledge index works in runs of a pipeline.")
    return value


def _preview(structure: ChunkStructure, chunks: list[GivenChunk], parent_mode: str) -> dict[str, Value]:
    """What would be kept, without keeping it."""
    shown: dict[str, Value] = {"chunk_structure": structure, "total_segments": len(chunks)}
    match structure:
        case "text_model":
            shown["preview"] = [{"content": chunk.content} for chunk in chunks]
        case "hierarchical_model":
            shown["parent_mode"] = parent_mode
            shown["preview"] = [
                {"content": chunk.content, "child_chunks": list[Value](chunk.children)} for chunk in chunks
            ]
        case "qa_model":
            shown["qa_preview"] = [{"question": chunk.content, "answer": chunk.answer} for chunk in chunks]
    return shown


KNOWLEDGE_INDEX = NodeType("knowledge-index", load=reader(KnowledgeIndexConfig), run=run)

ABOUT = NodeAbout(
    kind="knowledge-index",
    family="knowledge",
    icon="Database",
    title=Words("Knowledge base", "知识库", "ナレッジベース"),
    description=Words(
        "Keeps chunks in the knowledge base of the pipeline.",
        "把分段保存到流水线的知识库中。",
        "チャンクをパイプラインのナレッジベースに保存します。",
    ),
    outputs=(
        Output("dataset_id", "string"),
        Output("dataset_name", "string"),
        Output("batch", "string"),
        Output("document_id", "string"),
        Output("document_name", "string"),
        Output("created_at", "number"),
        Output("display_status", "string"),
    ),
)
