"""Chunks into the index, in every generation that is kept, and out of it.

Rows are written first and the index after them; whoever has added something looks at the rows once more. So, whatever
happens at the same time, the index ends as the rows say.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from treadle.knowledge.index.port import ChunkIndex, IndexedChunk, IndexRef
from treadle.knowledge.tables import FacetKind, KnowledgeBase
from treadle.models.tokens import text_tokens
from treadle.platform.db import Database

from .embedding import Embedder
from .repository import IngestRepository, Node
from .targets import Target, targets_of

Keywords = Callable[[str, int], Sequence[str]]
"""The most telling words of a text, at most so many and their parts."""


class Indexes(Protocol):
    """The indexes that this server can use."""

    @property
    def default(self) -> str:
        """The kind that new bases get."""
        ...

    def of(self, kind: str | None) -> ChunkIndex:
        """The index of this kind, the default one for None. Raises IndexUnavailableError."""
        ...


@dataclass(slots=True)
class Put:
    """What became of nodes: the generations that hold them now, tokens and keywords by node, and the nodes that a
    model refused with its reasons."""

    generations: set[int] = field(default_factory=set[int])
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    keywords: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    refused: dict[str, str] = field(default_factory=dict[str, str])


class Indexer:
    """The only writer of indexes."""

    def __init__(self, db: Database, indexes: Indexes, embedder: Embedder, keywords: Keywords) -> None:
        self._db = db
        self._indexes = indexes
        self._embedder = embedder
        self._keywords = keywords

    async def base(self, workspace_id: str, base_id: str) -> KnowledgeBase | None:
        """A base, with the index that holds its chunks settled."""
        async with self._db.connect() as connection:
            base = await IngestRepository(connection, workspace_id).base(base_id)
        if base is None or base.index_kind is not None or base.indexing_technique is None:
            return base
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, workspace_id)
            await repository.fix_index_kind(base_id, self._indexes.default)
            return await repository.base(base_id)

    async def prepare(self, target: Target, nodes: Sequence[Node]) -> tuple[list[IndexedChunk], Put]:
        """The nodes as `target` holds them. Raises InvokeError."""
        put = Put()
        nodes = [node for node in nodes if node.kind is None or (node.kind == FacetKind.SUMMARY and target.model)]
        if target.model is None:
            found = await asyncio.to_thread(self._found_keywords, nodes, target.keywords)
            put.keywords = found
            return [_indexed(node, keywords=found[node.node_id]) for node in nodes], put
        name = target.model.name
        put.tokens = await asyncio.to_thread(lambda: {node.node_id: text_tokens(node.text, name) for node in nodes})
        texts = {node.hash: node.text for node in nodes}
        embedded = await self._embedder.vectors(target.ref.workspace_id, target.model, texts)
        put.refused = {node.node_id: embedded.refused[node.hash] for node in nodes if node.hash in embedded.refused}
        return [
            msgspec.structs.replace(_indexed(node), vector=embedded.vectors[node.hash])
            for node in nodes
            if node.node_id not in put.refused
        ], put

    async def add(self, target: Target, chunks: Sequence[IndexedChunk], put: Put) -> None:
        """What `prepare` gave, into the index of `target`. Raises IndexUnavailableError."""
        if chunks:
            first = chunks[0].vector
            width = None if first is None else len(first)
            await self._indexes.of(target.kind).add(msgspec.structs.replace(target.ref, dimensions=width), chunks)
        put.generations.add(target.generation)

    async def put(self, workspace_id: str, base_id: str, nodes: Sequence[Node], *, newest: bool = False) -> Put:
        """Nodes into every generation that is kept, those included that come to be kept meanwhile; with `newest`, into
        the last of them alone. Raises InvokeError and IndexUnavailableError."""
        total, used = Put(), dict[int, Target]()
        while True:
            base = await self.base(workspace_id, base_id)
            targets = targets_of(base) if base is not None else ()
            if newest:
                targets = targets[-1:]
            missing = [target for target in targets if target.generation not in used]
            if not missing:
                break
            for target in missing:
                chunks, put = await self.prepare(target, nodes)
                await self.add(target, chunks, put)
                merge(total, put)
                used[target.generation] = target
        await self._drop_stale(base, used.values())
        return total

    async def settle(self, workspace_id: str, base_id: str, nodes: Sequence[Node]) -> None:
        """Look at the rows of nodes that were added: those that are not to be found (any more) go. Raises
        IndexUnavailableError."""
        async with self._db.connect() as connection:
            current = await IngestRepository(connection, workspace_id).current([node.node_id for node in nodes])
        gone = [node.node_id for node in nodes if node.node_id not in current]
        if gone:
            await self.remove(workspace_id, base_id, gone)

    async def remove(self, workspace_id: str, base_id: str, node_ids: Sequence[str]) -> None:
        """Nodes out of every generation. Raises IndexUnavailableError."""
        for target in await self._kept(workspace_id, base_id):
            await self._indexes.of(target.kind).remove(target.ref, node_ids)

    async def remove_documents(self, workspace_id: str, base_id: str, document_ids: Sequence[str]) -> None:
        """All nodes of these documents out of every generation. Raises IndexUnavailableError."""
        for target in await self._kept(workspace_id, base_id):
            await self._indexes.of(target.kind).remove_documents(target.ref, document_ids)

    async def drop(self, kind: str | None, workspace_id: str, base_id: str, generation: int) -> None:
        """Forget a generation of a base. Raises IndexUnavailableError."""
        ref = IndexRef(workspace_id=workspace_id, base_id=base_id, generation=generation)
        await self._indexes.of(kind).drop(ref)

    async def _kept(self, workspace_id: str, base_id: str) -> tuple[Target, ...]:
        base = await self.base(workspace_id, base_id)
        return targets_of(base) if base is not None else ()

    async def _drop_stale(self, base: KnowledgeBase | None, used: Iterable[Target]) -> None:
        """A generation that was given up while nodes went into it is forgotten once more."""
        kept = {target.generation for target in targets_of(base)} if base is not None else set[int]()
        for target in used:
            if target.generation not in kept:
                await self.drop(target.kind, target.ref.workspace_id, target.ref.base_id, target.generation)

    def _found_keywords(self, nodes: Sequence[Node], number: int) -> dict[str, tuple[str, ...]]:
        return {
            node.node_id: tuple(self._keywords(node.text, number)) if node.keywords is None else node.keywords
            for node in nodes
        }


def merge(total: Put, put: Put) -> None:
    """Add what became of nodes in one more generation; the tokens of the last one count."""
    total.generations |= put.generations
    total.tokens |= put.tokens
    total.keywords |= put.keywords
    total.refused |= put.refused


def _indexed(node: Node, *, keywords: tuple[str, ...] = ()) -> IndexedChunk:
    return IndexedChunk(node_id=node.node_id, document_id=node.document_id, text=node.text, keywords=keywords)
