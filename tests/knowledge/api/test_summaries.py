"""Summaries of chunks over HTTP: switched on, read, written by hand, found by, and taken away."""

import asyncio
from typing import Any

import pytest

from tests.doubles.script import Reply
from tests.knowledge.api.bench import Bench, Caller, refused

TEXT = "The ferry leaves at noon.\n\nThe bridge is closed."
ON = {"enable": True, "model_name": None, "model_provider_name": None, "summary_prompt": ""}


async def progress(editor: Caller, base_id: str, document_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            answer = await editor.get(f"/datasets/{base_id}/documents/{document_id}/summary-status")
            assert answer.status_code == 200, answer.text
            if not answer.json()["summary_status"]["generating"]:
                return dict(answer.json())
            await asyncio.sleep(0.05)


@pytest.fixture
async def editor(here: Bench) -> Caller:
    await here.add_models()
    here.model.reply_when("ferry", Reply("About boats."))
    here.model.reply_when("bridge", Reply("About roads."))
    return await here.member("editor")


async def filled(here: Bench, api: Caller, editor: Caller) -> tuple[str, str]:
    base_id = await here.base(editor, indexing_technique="high_quality", summary_index_setting=ON)
    document = await here.text(api, base_id, TEXT, indexing_technique="high_quality")
    await progress(editor, base_id, document["id"])
    await here.idle(document["id"])
    return base_id, str(document["id"])


async def test_a_chunk_is_found_by_its_summary(here: Bench, api: Caller, editor: Caller) -> None:
    base_id, document_id = await filled(here, api, editor)
    told = await progress(editor, base_id, document_id)
    assert told["summary_status"] == {"not_started": 0, "generating": 0, "completed": 2, "error": 0}
    assert [row["summary_preview"] for row in told["summaries"]] == ["About boats.", "About roads."]
    assert [row["summary"] for row in await here.segments(api, base_id, document_id)] == [
        "About boats.",
        "About roads.",
    ]
    settings = {"search_method": "full_text_search", "reranking_enable": False, "top_k": 1}
    answer = await api.post(f"/datasets/{base_id}/retrieve", {"query": "boats", "retrieval_model": settings})
    (record,) = answer.json()["records"]
    assert (record["segment"]["content"], record["summary"]) == ("The ferry leaves at noon.", "About boats.")
    both = {"search_method": "semantic_search", "reranking_enable": False, "top_k": 2}
    answer = await api.post(f"/datasets/{base_id}/retrieve", {"query": "About boats.", "retrieval_model": both})
    found = [record["segment"]["content"] for record in answer.json()["records"]]
    assert found == ["The ferry leaves at noon.", "The bridge is closed."]  # a chunk once, and as many as asked for
    shown = (await editor.get(f"/datasets/{base_id}/documents")).json()["data"][0]
    assert (shown["need_summary"], shown["summary_index_status"]) == (True, None)


async def test_people_write_summaries_and_take_them_away(here: Bench, api: Caller, editor: Caller) -> None:
    base_id, document_id = await filled(here, api, editor)
    first, _ = await here.segments(api, base_id, document_id)
    at = f"/datasets/{base_id}/documents/{document_id}/segments/{first['id']}"
    assert (await editor.patch(at, {"summary": "The timetable of the harbour."})).json()["data"]["summary"] == (
        "The timetable of the harbour."
    )
    settings = {"search_method": "full_text_search", "reranking_enable": False, "top_k": 3}
    answer = await api.post(f"/datasets/{base_id}/retrieve", {"query": "timetable", "retrieval_model": settings})
    assert [record["summary"] for record in answer.json()["records"]] == ["The timetable of the harbour."]
    assert (await api.post(f"/datasets/{base_id}/retrieve", {"query": "boats", "retrieval_model": settings})).json()[
        "records"
    ] == []
    anew = await editor.post(f"/datasets/{base_id}/documents/generate-summary", {"document_list": [], "anew": True})
    assert anew.status_code == 200, anew.text
    await here.idle(document_id)
    assert (await here.segments(api, base_id, document_id))[0]["summary"] == "The timetable of the harbour."
    await editor.patch(at, {"summary": ""})
    await here.idle(document_id)
    assert (await here.segments(api, base_id, document_id))[0]["summary"] == "About boats."
    assert (await editor.delete(f"/datasets/{base_id}/summaries")).status_code == 204
    assert [row["summary"] for row in await here.segments(api, base_id, document_id)] == [None, None]
    base = (await editor.get(f"/datasets/{base_id}")).json()
    assert base["summary_index_setting"]["enable"] is False
    refused(
        await editor.post(f"/datasets/{base_id}/documents/generate-summary", {}), 400, "invalid_param",
    )  # fmt: skip


async def test_an_edited_chunk_is_summarised_again(here: Bench, api: Caller, editor: Caller) -> None:
    base_id, document_id = await filled(here, api, editor)
    _, second = await here.segments(api, base_id, document_id)
    at = f"/datasets/{base_id}/documents/{document_id}/segments/{second['id']}"
    await editor.patch(at, {"content": "The ferry comes at six."})
    await here.idle(document_id)
    assert (await here.segments(api, base_id, document_id))[1]["summary"] == "About boats."


async def test_what_has_no_summaries_says_why(here: Bench, api: Caller, editor: Caller) -> None:
    base_id = await here.base(editor, indexing_technique="economy")
    refused(await editor.patch(f"/datasets/{base_id}", {"summary_index_setting": ON}), 400, "high_quality_dataset_only")
    document = await here.text(api, base_id, TEXT)
    (first, _) = await here.segments(api, base_id, document["id"])
    at = f"/datasets/{base_id}/documents/{document['id']}/segments/{first['id']}"
    refused(await editor.patch(at, {"summary": "x"}), 400, "high_quality_dataset_only")
    rich = await here.base(editor, indexing_technique="high_quality")
    half = {"enable": True, "model_name": "stub-chat"}
    refused(await editor.patch(f"/datasets/{rich}", {"summary_index_setting": half}), 400, "invalid_param")
