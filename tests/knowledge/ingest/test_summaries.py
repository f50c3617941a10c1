"""Summaries of chunks: made behind the indexing, indexed beside the chunks, and kept up with them."""

from sqlalchemy import select

from tests.doubles.recording import Request
from tests.doubles.script import Reply
from tests.knowledge.ingest.rig import PARENTS, Rig, other_model, switch, switched
from treadle.knowledge.ingest.summaries import INSTRUCTION
from treadle.knowledge.tables import Document, Facet, KnowledgeBase, SummaryStatus, Technique

ON = '{"enable": true}'
TEXT = "The ferry leaves at noon.\n\nThe bridge is closed."


def summarise(here: Rig) -> None:
    here.model.reply_when(lambda request: "ferry" in _asked(request), Reply("About boats."))
    here.model.reply_when(lambda request: "bridge" in _asked(request), Reply("About roads."))


def _asked(request: Request) -> str:
    return str(request.json["messages"][-1]["content"]) if "messages" in request.json else ""


async def facets(here: Rig, document_id: str) -> dict[str, Facet]:
    async with here.db.session() as session:
        found = await session.scalars(select(Facet).where(Facet.document_id == document_id))
        return {row.segment_id: row for row in found}


async def summarised(here: Rig, document_id: str) -> Document:
    async def over() -> bool:
        row = await here.document(document_id)
        return row.job is None and row.summary_status not in (None, SummaryStatus.WAITING)

    await here.until(over)
    return await here.document(document_id)


async def ask(here: Rig, base: KnowledgeBase, ids: list[str] | None, *, anew: bool = False) -> int:
    async with here.db.transaction() as session:
        return await here.here.service.summarise(session, await here.base_row(base.id), ids, anew=anew)


async def test_chunks_are_summarised_and_found_by_their_summaries(working: Rig) -> None:
    summarise(working)
    base = await working.base(summary_index_setting=ON)
    (document_id,) = await working.add(base, TEXT)
    document = await summarised(working, document_id)
    assert (document.indexing_status, document.summary_status, document.notice) == ("completed", "completed", None)
    rows = await facets(working, document_id)
    assert sorted(row.content for row in rows.values()) == ["About boats.", "About roads."]
    assert working.index.texts(base.id) == sorted([*TEXT.split("\n\n"), "About boats.", "About roads."])
    asked = working.model.requests_to("/chat/completions")[0].json
    assert asked["messages"][0] == {"role": "system", "content": INSTRUCTION}


async def test_a_base_that_does_not_summarise_asks_no_model(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, TEXT)
    (document,) = await working.idle(document_id)
    assert document.summary_status is None
    assert working.model.requests_to("/chat/completions") == []


async def test_only_what_lacks_a_summary_is_asked_for(working: Rig) -> None:
    summarise(working)
    base = await working.base(summary_index_setting='{"enable": true, "summary_prompt": "In one word."}')
    (document_id,) = await working.add(base, TEXT)
    await summarised(working, document_id)
    assert await ask(working, base, [document_id]) == 1
    await summarised(working, document_id)
    asked = working.model.requests_to("/chat/completions")
    assert len(asked) == 2
    assert asked[0].json["messages"][0]["content"] == "In one word."
    assert await ask(working, base, None, anew=True) == 1
    await summarised(working, document_id)
    assert len(working.model.requests_to("/chat/completions")) == 4
    assert len(await facets(working, document_id)) == 2


async def test_a_refused_chunk_says_so_and_the_rest_are_summarised(working: Rig) -> None:
    summarise(working)
    working.model.fail(1, 400, message="This text is refused.", path="/chat/completions")
    base = await working.base(summary_index_setting=ON)
    (document_id,) = await working.add(base, TEXT)
    document = await summarised(working, document_id)
    assert document.summary_status == "error"
    assert "1 chunk was not summarised" in (document.notice or "")
    assert sorted(row.status for row in (await facets(working, document_id)).values()) == ["completed", "error"]
    assert len(working.index.texts(base.id)) == 3
    await ask(working, base, [document_id])
    assert (await summarised(working, document_id)).summary_status == "completed"
    assert len(working.index.texts(base.id)) == 4


async def test_a_busy_model_is_asked_again_later(working: Rig) -> None:
    summarise(working)
    working.model.fail(8, 429, retry_after=0.05, path="/chat/completions")
    base = await working.base(summary_index_setting=ON)
    (document_id,) = await working.add(base, TEXT)
    assert (await summarised(working, document_id)).summary_status == "completed"
    assert len(await facets(working, document_id)) == 2


async def test_summaries_follow_their_document_into_another_index_and_out_of_it(working: Rig) -> None:
    summarise(working)
    base = await working.base(summary_index_setting=ON)
    (document_id,) = await working.add(base, TEXT, rule=PARENTS, doc_form="hierarchical_model")
    await summarised(working, document_id)
    before = working.index.texts(base.id)
    assert "About boats." in before
    await switch(working, base.id, Technique.HIGH_QUALITY, other_model())
    await switched(working, base.id)
    assert working.index.texts(base.id, 1) == before
    await working.here.service.forget_documents([document_id])
    assert working.index.texts(base.id, 1) == []
    assert await facets(working, document_id) == {}


async def test_a_base_of_keywords_holds_no_summaries(working: Rig) -> None:
    summarise(working)
    base = await working.base(summary_index_setting=ON)
    (document_id,) = await working.add(base, TEXT)
    await summarised(working, document_id)
    await switch(working, base.id, Technique.ECONOMY, None)
    await switched(working, base.id)
    assert working.index.texts(base.id, 1) == sorted(TEXT.split("\n\n"))
