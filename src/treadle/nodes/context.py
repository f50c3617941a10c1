"""Retrieved passages as text for a prompt, with their citations (workflow-nodes §4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from treadle.engine.errors import InvalidContextStructureError
from treadle.engine.values import File, JsonValue, Missing, Value, plain

_CITED = {
    "position": "position",
    "dataset_id": "dataset_id",
    "dataset_name": "dataset_name",
    "document_id": "document_id",
    "document_name": "document_name",
    "data_source_type": "data_source_type",
    "segment_id": "segment_id",
    "retriever_from": "retriever_from",
    "score": "score",
    "hit_count": "segment_hit_count",
    "word_count": "segment_word_count",
    "segment_position": "segment_position",
    "index_node_hash": "segment_index_node_hash",
    "page": "page",
    "doc_metadata": "doc_metadata",
}
"""Members of a citation, and the metadata that they come from."""


@dataclass(slots=True)
class Context:
    """`text` is None when there is no context."""

    text: str | None = None
    citations: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    images: list[File] = field(default_factory=list[File])


def context_of(value: "Value | Missing") -> Context:
    """A text as it is; a list one item per line. Raises InvalidContextStructureError for an item without content."""
    if isinstance(value, str):
        return Context(value)
    if not isinstance(value, list):
        return Context()
    context = Context()
    lines: list[str] = []
    for item in value:
        if isinstance(item, str):
            lines.append(item)
        elif isinstance(item, dict) and "content" in item:
            summary, content = item.get("summary"), item["content"]
            if summary:
                lines.append(str(summary))
            lines.append("" if content is None else str(content))
            _cite(item, context)
        else:
            raise InvalidContextStructureError("An item of the context has no content.")
    context.text = "\n".join(lines).strip()
    return context


def _cite(item: Mapping[str, Value], context: Context) -> None:
    metadata = item.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("_source") != "knowledge":
        return
    citation: dict[str, JsonValue] = {name: plain(metadata.get(source)) for name, source in _CITED.items()}
    citation["data_source_type"] = plain(metadata.get("data_source_type") or metadata.get("document_data_source_type"))
    citation["content"] = plain(item.get("content"))
    files = item.get("files")
    if isinstance(files, list):
        context.images += [file for file in files if isinstance(file, File) and file.type == "image"]
    citation["files"] = plain(files)
    citation["summary"] = plain(item.get("summary"))
    context.citations.append(citation)
