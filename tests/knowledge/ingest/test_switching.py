"""Another model or technique for a base, while it answers and while documents come and go."""

from collections.abc import Sequence

from tests.knowledge.ingest.rig import (
    COMPLETED,
    MODEL,
    OTHER_MODEL,
    PARENTS,
    Rig,
    other_model,
    paragraphs,
    switch,
    switched,
)
from treadle.knowledge.index.port import IndexedChunk
from treadle.knowledge.ingest.targets import building_of, wanted_of
from treadle.knowledge.tables import KnowledgeBase, Technique


async def test_documents_that_come_meanwhile_are_in_both(here: Rig) -> None:
    base = await here.base()
    here.here.worker.start()
    old = await here.add(base, paragraphs(3, "old"))
    await here.idle(*old)
    new: list[str] = []

    async def add_another(chunks: Sequence[IndexedChunk]) -> None:
        if not new:
            new.append("being made")
            new[:] = await here.add(base, paragraphs(300, "new"))

    here.index.before_add = add_another
    await switch(here, base.id, Technique.HIGH_QUALITY, other_model())
    await switched(here, base.id)
    await here.idle(*new)
    assert len(here.index.nodes(base.id, 1)) == 303
    assert here.index.nodes(base.id, 0) == set()


async def test_a_switch_in_the_middle_of_indexing_misses_nothing(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(400), queue=False)
    calls = 0

    async def switch_at_the_second_group(chunks: Sequence[IndexedChunk]) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            await switch(here, base.id, Technique.HIGH_QUALITY, other_model())

    here.index.before_add = switch_at_the_second_group
    here.here.worker.start()
    (document,) = await here.idle(document_id)
    await switched(here, base.id)
    nodes = {segment.index_node_id for segment in await here.segments(document_id)}
    assert document.indexing_status == COMPLETED
    assert len(nodes) == 400
    assert here.index.nodes(base.id, 1) == nodes
    assert all(segment.status == "completed" for segment in await here.segments(document_id))


async def test_economy_and_back(working: Rig) -> None:
    base = await working.base()
    ids = await working.add(base, paragraphs(5), rule=PARENTS, doc_form="hierarchical_model")
    await working.idle(*ids)
    await switch(working, base.id, Technique.ECONOMY, None)
    row = await switched(working, base.id)
    assert (row.indexing_technique, row.embedding_model, row.embedding_model_provider) == ("economy", None, None)
    held = working.index.held[base.id, 1].values()
    assert len(held) == 10
    assert all(chunk.vector is None and chunk.keywords for chunk in held)
    await switch(working, base.id, Technique.HIGH_QUALITY, other_model())
    row = await switched(working, base.id)
    assert wanted_of(row) == ("high_quality", other_model().provider, OTHER_MODEL)
    assert all(chunk.vector is not None for chunk in working.index.held[base.id, 2].values())


async def test_a_model_that_refuses_leaves_the_base_as_it_was(working: Rig) -> None:
    base = await working.base()
    ids = await working.add(base, paragraphs(3))
    await working.idle(*ids)
    working.model.fail(100, 401, path="/embeddings")
    await switch(working, base.id, Technique.HIGH_QUALITY, other_model())

    async def given_up() -> bool:
        building = building_of(await working.base_row(base.id))
        return building is not None and building.phase == "failed" and not building.stale

    await working.until(given_up)
    row = await working.base_row(base.id)
    building = building_of(row)
    assert building is not None
    assert building.error
    assert (row.index_generation, row.embedding_model) == (0, MODEL)
    assert len(working.index.texts(base.id)) == 3
    assert (await working.document(ids[0])).job is None


async def test_an_empty_base_switches_at_once(here: Rig) -> None:
    base = await here.base()
    await switch(here, base.id, Technique.ECONOMY, None)
    row = await here.base_row(base.id)
    assert (row.indexing_technique, row.embedding_model) == ("economy", None)


async def test_a_base_is_deleted_with_everything(working: Rig) -> None:
    base = await working.base()
    ids = await working.add(base, paragraphs(3), paragraphs(2))
    documents = await working.idle(*ids)
    await working.here.service.forget_base(base)
    assert [await working.gone(document_id) for document_id in ids] == [True, True]
    assert [await working.uploads.stored(document.file_id or "") for document in documents] == [None, None]
    assert working.index.nodes(base.id) == set()
    async with working.db.session() as session:
        assert await session.get(KnowledgeBase, base.id) is None
