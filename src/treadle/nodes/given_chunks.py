"""The shapes in which a pipeline hands chunks to its knowledge base (workflow-nodes §28)."""

from collections.abc import Mapping
from typing import Final

from treadle.engine.errors import KnowledgeIndexError
from treadle.engine.pipeline_port import ChunkStructure, GivenChunk
from treadle.engine.values import Missing, Value

_MEMBERS: Final[Mapping[ChunkStructure, str]] = {
    "text_model": "general_chunks",
    "hierarchical_model": "parent_child_chunks",
    "qa_model": "qa_chunks",
}


def chunks_of(given: "Value | Missing", structure: ChunkStructure) -> list[GivenChunk]:
    """The chunks in a variable. Raises KnowledgeIndexError when there are none, or they have another shape."""
    member = _MEMBERS[structure]
    items = given.get(member) if isinstance(given, dict) else given if structure == "text_model" else None
    if given and not isinstance(items, list):
        raise KnowledgeIndexError(f"Chunks for {structure} must be an object with the list `{member}`.")
    if not isinstance(items, list) or not items:
        raise KnowledgeIndexError("There are no chunks to keep: the variable of chunks is empty.")
    return [_chunk(item, structure, f"{member}[{place}]") for place, item in enumerate(items)]


def parent_mode_of(given: "Value | Missing") -> str:
    """`full-doc` where the parent is the whole document, else `paragraph`."""
    return "full-doc" if isinstance(given, dict) and given.get("parent_mode") == "full-doc" else "paragraph"


def _chunk(item: Value, structure: ChunkStructure, place: str) -> GivenChunk:
    match structure:
        case "text_model":
            return GivenChunk(content=item if isinstance(item, str) else _text(item, "content", place))
        case "qa_model":
            return GivenChunk(content=_text(item, "question", place), answer=_text(item, "answer", place))
        case "hierarchical_model":
            return GivenChunk(content=_text(item, "parent_content", place), children=_children(item, place))


def _text(item: Value, name: str, place: str) -> str:
    text = item.get(name) if isinstance(item, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise KnowledgeIndexError(f"`{name}` of the chunk {place} must be a text that is not empty.")
    return text


def _children(item: Value, place: str) -> tuple[str, ...]:
    listed = item.get("child_contents") if isinstance(item, dict) else None
    texts = tuple(text for text in listed if isinstance(text, str)) if isinstance(listed, list) else ()
    if not isinstance(listed, list) or len(texts) != len(listed) or not texts:
        raise KnowledgeIndexError(f"`child_contents` of the chunk {place} must be a list of texts.")
    return texts
