"""The arrays of the embedded index: other processes, memory, merging, many rows."""

import asyncio
from random import Random

import numpy as np
import pytest

from tests.knowledge.index.conftest import ref
from treadle.knowledge.index import memory
from treadle.knowledge.index.coarse import Coarse, quantise
from treadle.knowledge.index.embedded import EmbeddedIndex
from treadle.knowledge.index.pgvector import PgVectorIndex
from treadle.knowledge.index.port import IndexedChunk, IndexUnavailableError
from treadle.knowledge.index.terms import query_terms, stem, terms_of
from treadle.platform.db import Database


def made(place: int, random: np.random.Generator, width: int = 16) -> IndexedChunk:
    vector = random.normal(size=width).astype(np.float32)
    return IndexedChunk(
        node_id=f"n{place}",
        document_id=f"d{place % 5}",
        text=f"word{place % 7} all word{place}",
        vector=vector / np.linalg.norm(vector),
        keywords=(f"Key{place % 3}",),
    )


async def test_what_another_process_writes_is_found_at_once(workspaces: Database) -> None:
    here, there = EmbeddedIndex(workspaces), EmbeddedIndex(workspaces)
    random = np.random.default_rng(1)
    chunks = [made(place, random) for place in range(20)]
    await here.add(ref(), chunks[:10])
    assert len(await there.by_text(ref(), "all", top_k=50)) == 10
    await here.add(ref(), chunks[10:])
    assert len(await there.by_text(ref(), "all", top_k=50)) == 20
    await here.remove(ref(), ["n3"])
    assert await there.by_text(ref(), "word3", top_k=1) != []
    assert "n3" not in {hit.node_id for hit in await there.by_text(ref(), "word3", top_k=50)}
    await here.drop(ref())
    assert await there.by_text(ref(), "all", top_k=50) == []
    await here.add(ref(), chunks[:1])
    assert [hit.node_id for hit in await there.by_text(ref(), "all", top_k=50)] == ["n0"]


@pytest.mark.parametrize("quantised_above", [1_000_000, 20])
async def test_any_order_of_changes_gives_what_a_plain_list_gives(
    workspaces: Database, monkeypatch: pytest.MonkeyPatch, quantised_above: int
) -> None:
    monkeypatch.setattr(memory, "QUANTISED_ABOVE", quantised_above)
    index, choose, random = EmbeddedIndex(workspaces), Random(5), np.random.default_rng(5)
    held: dict[str, IndexedChunk] = {}
    for _ in range(12):
        added = [made(choose.randrange(60), random) for _ in range(choose.randrange(1, 15))]
        await index.add(ref(), added)
        held |= {chunk.node_id: chunk for chunk in added}
        gone = choose.sample(sorted(held), min(len(held), choose.randrange(4)))
        await index.remove(ref(), gone)
        held = {node: chunk for node, chunk in held.items() if node not in gone}
        question = made(0, random).vector
        assert question is not None
        nearest = sorted(held.values(), key=lambda chunk: -float(np.dot(chunk.vector, question)))[:5]
        found = await index.by_vector(ref(), question, top_k=5)
        assert [hit.node_id for hit in found] == [chunk.node_id for chunk in nearest]
        only = frozenset({"d1", "d2"})
        some = {chunk.node_id for chunk in held.values() if chunk.document_id in only}
        assert {hit.node_id for hit in await index.by_text(ref(), "all", top_k=99, document_ids=only)} == some
        keyed = {chunk.node_id for chunk in held.values() if "Key1" in chunk.keywords}
        assert {hit.node_id for hit in await index.by_keywords(ref(), ["Key1"], top_k=99)} == keyed
    assert await index.count(ref()) == len(held)


def test_coarse_vectors_find_the_nearest_among_many() -> None:
    """Vectors that lean to one side and differ in some directions more than in others, as those of models do."""
    random, rows, width = np.random.default_rng(4), 20_000, 100
    spread = random.normal(size=(rows + 20, width)) * np.arange(1, width + 1) ** -0.4 / 5 + random.normal(size=width)
    vectors = (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)
    held, questions = vectors[:rows], vectors[rows:]
    coarse = Coarse(quantise(held))
    everywhere, half = np.ones(rows, dtype=np.bool_), np.arange(rows) % 2 == 0
    for mask in (everywhere, half):
        found = 0
        for question in questions:
            nearest = np.argsort(np.where(mask, -(held @ question), 2))[:10]
            rows_found, scores = coarse.nearest(question, mask, 52)
            assert mask[rows_found].all()
            assert scores == pytest.approx(held[rows_found] @ question, abs=0.02)
            found += len(set(nearest) & set(rows_found))
        assert found >= 0.99 * 10 * len(questions)
    assert sorted(coarse.nearest(questions[0], np.arange(rows) < 3, 52)[0]) == [0, 1, 2]
    assert len(coarse.nearest(questions[0], np.zeros(rows, dtype=np.bool_), 52)[0]) == 0


async def test_what_was_searched_longest_ago_is_forgotten(workspaces: Database) -> None:
    index = EmbeddedIndex(workspaces, memory_limit=1)
    random = np.random.default_rng(1)
    for name in ("one", "two", "three"):
        await index.add(ref(name), [made(place, random) for place in range(5)])
        assert len(await index.by_text(ref(name), "all", top_k=9)) == 5
        alone = index.memory_used
    assert index.memory_used == alone
    assert len(await index.by_text(ref("one"), "all", top_k=9)) == 5


async def test_many_who_ask_first_load_once(workspaces: Database) -> None:
    index = EmbeddedIndex(workspaces)
    random = np.random.default_rng(1)
    await index.add(ref(), [made(place, random) for place in range(50)])
    found = await asyncio.gather(*(index.by_text(ref(), "all", top_k=99) for _ in range(20)))
    assert [len(hits) for hits in found] == [50] * 20


async def test_another_workspace_cannot_write_into_a_generation(workspaces: Database) -> None:
    index = EmbeddedIndex(workspaces)
    await index.add(ref(), [made(1, np.random.default_rng(1))])
    with pytest.raises(IndexUnavailableError, match="another workspace"):
        await index.add(ref(workspace=1), [made(2, np.random.default_rng(1))])


async def test_pgvector_over_sqlite_says_what_to_do(workspaces: Database) -> None:
    if workspaces.dialect == "sqlite":
        with pytest.raises(IndexUnavailableError, match="TREADLE_DATABASE_URL"):
            await PgVectorIndex(workspaces).prepare()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("password", "passwords"),
        ("reset", "resetting"),
        ("run", "running"),
        ("query", "queries"),
        ("make", "making"),
        ("class", "classes"),
        ("configure", "configured"),
        ("café", "cafes"),
    ],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_words_are_counted_and_asked_for_once() -> None:
    assert sorted(terms_of("one two two")[:, 1].tolist()) == [1, 2]
    assert len(query_terms("two two TWO")) == 1
    assert len(terms_of("")) == 0
