"""What every kind of index does."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from tests.knowledge.index.conftest import ref
from treadle.knowledge.index.port import ChunkIndex, Hit, IndexedChunk, IndexRef, IndexUnavailableError


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def chunk(node: str, text: str = "", *, document: str = "doc", vector: Sequence[float] | None = None) -> IndexedChunk:
    return IndexedChunk(node_id=node, document_id=document, text=text, vector=None if vector is None else unit(*vector))


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.node_id for hit in hits]


WEST, EAST, NORTH = (
    chunk("west", "the setting sun", document="d1", vector=(1, 0, 0)),
    chunk("east", "the rising sun", document="d2", vector=(0.8, 0.6, 0)),
    chunk("north", "a cold wind", document="d2", vector=(0, 0, 1)),
)


async def test_the_nearest_come_first_with_their_cosine(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, EAST, NORTH])
    hits = await index.by_vector(ref(), unit(1, 0, 0), top_k=2)
    assert names(hits) == ["west", "east"]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.8], abs=1e-5)
    assert [hit.document_id for hit in hits] == ["d1", "d2"]


async def test_only_chunks_of_chosen_documents_are_found(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, EAST, NORTH])
    only = frozenset({"d2"})
    assert names(await index.by_vector(ref(), unit(1, 0, 0), top_k=2, document_ids=only)) == ["east", "north"]
    assert names(await index.by_text(ref(), "sun", top_k=9, document_ids=only)) == ["east"]
    assert await index.by_vector(ref(), unit(1, 0, 0), top_k=2, document_ids=frozenset()) == []
    assert await index.by_text(ref(), "sun", top_k=2, document_ids=frozenset()) == []


async def test_adding_again_replaces(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, EAST])
    await index.add(ref(), [chunk("west", "midnight", document="d3", vector=(0, 1, 0))])
    assert await index.count(ref()) == 2
    (hit,) = await index.by_vector(ref(), unit(0, 1, 0), top_k=1)
    assert (hit.node_id, hit.document_id) == ("west", "d3")
    assert names(await index.by_text(ref(), "setting", top_k=5)) == []
    assert names(await index.by_text(ref(), "midnight", top_k=5)) == ["west"]


async def test_the_last_of_two_chunks_of_the_same_node_counts(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, chunk("west", "dusk", vector=(0, 1, 0))])
    assert await index.count(ref()) == 1
    assert names(await index.by_text(ref(), "dusk", top_k=5)) == ["west"]


async def test_what_is_removed_is_not_found(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, EAST, NORTH])
    assert len(await index.by_vector(ref(), unit(1, 0, 0), top_k=9)) == 3
    await index.remove(ref(), ["west", "unknown"])
    assert names(await index.by_vector(ref(), unit(1, 0, 0), top_k=9)) == ["east", "north"]
    await index.remove_documents(ref(), ["d2", "unknown"])
    assert await index.by_vector(ref(), unit(1, 0, 0), top_k=9) == []
    assert await index.by_text(ref(), "sun", top_k=9) == []
    assert await index.count(ref()) == 0


async def test_nothing_of_another_base_generation_or_workspace_is_touched(index: ChunkIndex) -> None:
    others = [ref("two"), ref(generation=1)]
    for each in [ref(), *others]:
        await index.add(each, [WEST])
    await index.drop(ref())
    assert await index.count(ref()) == 0
    assert await index.by_vector(ref(), unit(1, 0, 0), top_k=1) == []
    for each in others:
        assert names(await index.by_vector(each, unit(1, 0, 0), top_k=9)) == ["west"]
    assert await index.by_text(ref("two", workspace=1), "sun", top_k=9) == []
    assert await index.count(ref("two", workspace=1)) == 0


async def test_a_dropped_generation_may_be_filled_again_with_other_widths(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST])
    await index.drop(ref())
    await index.add(ref(), [chunk("wide", "x", vector=(1, 0, 0, 0))])
    assert names(await index.by_vector(ref(), unit(1, 0, 0, 0), top_k=9)) == ["wide"]


async def test_vectors_of_another_width_are_refused_whole(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST])
    with pytest.raises(IndexUnavailableError):
        await index.add(ref(), [chunk("wide", "x", vector=(1, 0, 0, 0))])
    assert await index.count(ref()) == 1


async def test_similarities_of_chosen_nodes(index: ChunkIndex) -> None:
    await index.add(ref(), [WEST, EAST, NORTH])
    found = await index.similarities(ref(), unit(1, 0, 0), ["east", "north", "unknown"])
    assert found == pytest.approx({"east": 0.8, "north": 0.0}, abs=1e-5)


async def test_an_index_without_chunks_finds_nothing(index: ChunkIndex) -> None:
    assert await index.by_vector(ref(), unit(1, 0), top_k=3) == []
    assert await index.by_text(ref(), "anything", top_k=3) == []
    assert await index.by_keywords(ref(), ["anything"], top_k=3) == []
    assert await index.similarities(ref(), unit(1, 0), ["x"]) == {}
    assert await index.count(ref()) == 0
    await index.remove(ref(), ["x"])
    await index.remove_documents(ref(), ["x"])
    await index.drop(ref())
    await index.add(ref(), [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("How do I reset passwords?", ["en"]),
        ("resetting", ["en"]),
        ("RÉSET", ["en"]),
        ("退款", ["zh"]),
        ("退款政策是什么", ["zh"]),
        ("返品の条件", ["ja"]),
        ("비밀번호", ["ko"]),
        ("пароли", ["ru"]),
        ("kubernetes", []),
        ("", []),
        ("?!…", []),
        ("' OR 1=1 --\x00\"", []),
    ],
)
async def test_full_text_in_many_languages(index: ChunkIndex, query: str, expected: list[str]) -> None:
    texts = {
        "en": "You can reset your password in the settings.",
        "zh": "我们的退款政策:七天之内可以退款。",
        "ja": "返品は七日以内に限ります。条件をご確認ください。",
        "ko": "비밀번호를 바꾸려면 설정을 여세요.",
        "ru": "Забытые пароли меняют на этой странице.",
    }
    await index.add(ref(), [chunk(node, text) for node, text in texts.items()])
    assert names(await index.by_text(ref(), query, top_k=1)) == expected


async def test_rare_words_count_more_than_common_ones(index: ChunkIndex) -> None:
    texts = ["the green apple", "the green pear", "the green plum", "the quince", "the green fig"]
    await index.add(ref(), [chunk(str(place), text) for place, text in enumerate(texts)])
    assert names(await index.by_text(ref(), "the green quince", top_k=1)) == ["3"]


async def test_keywords_are_counted_and_ties_keep_their_order(index: ChunkIndex) -> None:
    await index.add(
        ref(),
        [
            IndexedChunk(node_id="z", document_id="d1", text="", keywords=("password",)),
            IndexedChunk(node_id="b", document_id="d2", text="", keywords=("password", "reset")),
            IndexedChunk(node_id="a", document_id="d2", text="", keywords=("password", "Reset")),
        ],
    )
    hits = await index.by_keywords(ref(), ["reset", "password", "reset"], top_k=3)
    assert [(hit.node_id, hit.score) for hit in hits] == [("b", 2), ("z", 1), ("a", 1)]
    assert names(await index.by_keywords(ref(), ["reset", "password"], top_k=2)) == ["b", "z"]
    assert names(await index.by_keywords(ref(), ["password"], top_k=1, document_ids=frozenset({"d2"}))) == ["b"]


async def test_many_writers_at_once_lose_nothing(index: ChunkIndex) -> None:
    async def write(writer: int) -> None:
        for step in range(3):
            await index.add(ref(), [chunk(f"{writer}-{step}", f"word{writer}", vector=(1, writer, step))])
            await index.by_text(ref(), f"word{writer}", top_k=5)

    await asyncio.gather(*(write(writer) for writer in range(6)))
    assert await index.count(ref()) == 18
    for writer in range(6):
        assert len(await index.by_text(ref(), f"word{writer}", top_k=5)) == 3
    assert len(await index.by_vector(ref(), unit(1, 1, 1), top_k=50)) == 18


async def test_ids_may_hold_anything(index: ChunkIndex) -> None:
    odd = IndexRef(workspace_id=ref().workspace_id, base_id="Base-'; \"x", generation=3)
    await index.add(odd, [chunk("no'de\"\\", "sun", document='d"\\', vector=(1, 0))])
    hits = await index.by_vector(odd, unit(1, 0), top_k=1, document_ids=frozenset({'d"\\'}))
    assert names(hits) == ["no'de\"\\"]
    await index.remove(odd, ["no'de\"\\"])
    assert await index.by_vector(odd, unit(1, 0), top_k=1) == []
