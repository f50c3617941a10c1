"""Ordinary bases that get a pipeline over HTTP, and their documents run again by it (spec knowledge §23)."""

from typing import Any

import pytest

from tests.knowledge.api.bench import PARAGRAPHS, PARENTS, Bench, Caller, JsonMap, refused
from tests.knowledge.api.test_pipelines import finished, order, uploaded

CLUTTERED = "\n\n".join(
    f"{number}   boats, write to master{number}@pier.example.\n\n\n\nSee https://pier.example/{number}\tfor   tides. "
    + "No diving from the pier. " * 3
    for number in range(40)
)
"""More chunks than a list of texts may have that a code node gives."""


async def run_again(api: Caller, owner: Caller, base_id: str, document_id: str) -> None:
    """Convert a base, and have a document of it made by its pipeline."""
    turned = await owner.post(f"/rag/pipelines/transform/datasets/{base_id}")
    assert turned.status_code == 200, turned.text
    begun = await owner.post(f"/datasets/{base_id}/documents/{document_id}/pipeline-run", {})
    assert begun.status_code == 200, begun.text
    assert (await finished(api, base_id, begun.json()["batch"]))["error"] is None


def cleaned(rule: JsonMap, *names: str, **more: Any) -> JsonMap:
    steps = [{"id": name, "enabled": True} for name in names]
    return {**rule, "rules": {**rule["rules"], "pre_processing_rules": steps, **more}}


def told(rows: list[JsonMap]) -> list[Any]:
    return [(row["content"], [child["content"] for child in row.get("child_chunks") or []]) for row in rows]


async def test_an_ordinary_base_becomes_one_that_a_pipeline_fills(here: Bench, api: Caller) -> None:
    await here.add_models()
    owner = await here.member("owner")
    plain = await here.base(api)
    text = "\n\n".join(["No swimming in the harbour. " * 3, "No diving from the pier. " * 3])
    rule = {**PARAGRAPHS, "rules": {**PARAGRAPHS["rules"], "segmentation": {
        "separator": "\\n\\n", "max_tokens": 90, "chunk_overlap": 0}}}  # fmt: skip
    document = await here.text(api, plain, text, process_rule=rule)
    before = [row["content"] for row in await here.segments(api, plain, document["id"])]
    turned = await owner.post(f"/rag/pipelines/transform/datasets/{plain}")
    assert turned.status_code == 200, turned.text
    assert (turned.json()["runtime_mode"], turned.json()["is_published"]) == ("rag_pipeline", True)
    refused(await owner.post(f"/rag/pipelines/transform/datasets/{plain}"), 400, "pipeline_exists")
    again = (await owner.post(f"/datasets/{plain}/documents/{document['id']}/pipeline-run", {})).json()
    assert (await finished(api, plain, again["batch"]))["error"] is None
    assert [row["content"] for row in await here.segments(api, plain, document["id"])] == before
    parents = await here.base(api)
    child = await here.text(
        api, parents, text, process_rule=PARENTS, doc_form="hierarchical_model", indexing_technique="high_quality"
    )
    rows = await here.segments(api, parents, child["id"])
    before = [(row["content"], [each["content"] for each in row["child_chunks"]]) for row in rows]
    assert (await owner.post(f"/rag/pipelines/transform/datasets/{parents}")).status_code == 200
    begun = (await owner.post(f"/datasets/{parents}/documents/{child['id']}/pipeline-run", {})).json()
    assert (await finished(api, parents, begun["batch"]))["error"] is None
    rows = await here.segments(api, parents, child["id"])
    assert [(row["content"], [each["content"] for each in row["child_chunks"]]) for row in rows] == before
    empty = await here.base(api)
    assert (await owner.post(f"/rag/pipelines/transform/datasets/{empty}")).status_code == 200
    first = (await api.post(f"/datasets/{empty}/pipeline/run", order(await uploaded(api)))).json()
    assert (await finished(api, empty, first["batch"]))["error"] is None


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ("text_model", cleaned(PARAGRAPHS, "remove_extra_spaces", "remove_urls_emails")),
        ("text_model", cleaned(PARAGRAPHS, "remove_urls_emails")),
        ("text_model", {"mode": "automatic"}),
        ("hierarchical_model", cleaned(PARENTS, "remove_extra_spaces", "remove_urls_emails")),
        ("hierarchical_model", cleaned(PARENTS, "remove_extra_spaces", parent_mode="full-doc")),
    ],
)
async def test_a_converted_base_cleans_and_cuts_as_before(here: Bench, api: Caller, form: str, rule: JsonMap) -> None:
    await here.add_models()
    base = await here.base(api)
    document = await here.text(
        api, base, CLUTTERED, process_rule=rule, doc_form=form, indexing_technique="high_quality"
    )
    before = told(await here.segments(api, base, document["id"]))
    assert before
    await run_again(api, await here.member("owner"), base, document["id"])
    assert told(await here.segments(api, base, document["id"])) == before
