"""Comparing ways of searching, from question sets to figures, on either database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import Response

from tests.knowledge.api.bench import PARAGRAPHS, Bench, Caller, JsonMap, refused
from treadle.accounts.tables import Role
from treadle.knowledge.evaluation.tables import Evaluation

FACTS = {
    "lock.md": "The lock opens at dawn for boats that carry grain, and for those alone; all others wait until noon."
    "\n\nThe keeper of the lock takes two copper coins for each boat, and three when the river stands high.",
    "mill.md": "The mill grinds at night because the wind is stronger then, and the miller sleeps through the morning."
    "\n\nFlour of the mill is sold on Thursdays in the square behind the chapel, never on other days of a week.",
}
QUESTIONS = [
    {"question": "opens dawn boats grain", "document": "lock.md", "passage": "The lock opens at dawn for boats"},
    {"question": "copper coins keeper", "document": "lock.md", "passage": "The keeper of the lock takes two copper"},
    {"question": "flour Thursdays square", "document": "mill.md", "passage": ""},
    {"question": "zeppelin", "document": "lock.md", "passage": "There is no such sentence in any of the documents."},
]


async def filled(here: Bench, api: Caller, technique: str = "high_quality") -> str:
    base_id = await here.base(api, indexing_technique=technique)
    for name, text in FACTS.items():
        await here.text(api, base_id, text, name, indexing_technique=technique, process_rule=PARAGRAPHS)
    return base_id


async def until(ask: Callable[[], Awaitable[Response]], reached: Callable[[JsonMap], bool]) -> JsonMap:
    """What is told once it is as it should be; of a list, its first."""
    async with asyncio.timeout(60):
        while True:
            body = (await ask()).json()
            shown: JsonMap = body[0] if isinstance(body, list) else body
            if reached(shown):
                return shown
            await asyncio.sleep(0.02)


async def over(caller: Caller, path: str) -> JsonMap:
    """What `path` tells when it is over."""
    return await until(lambda: caller.get(path), lambda shown: shown["status"] not in ("waiting", "running"))


async def question_set(caller: Caller, base_id: str, **members: Any) -> JsonMap:
    body = {"name": "Harbour", **({"questions": QUESTIONS} if "generate" not in members else {}), **members}
    answer = await caller.post(f"/datasets/{base_id}/question-sets", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_settings_are_compared_on_a_question_set(here: Bench, api: Caller) -> None:
    await here.add_models()
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api)
    made = await question_set(owner, base_id)
    assert (made["status"], made["question_count"]) == ("ready", 4)
    hybrid = {
        "search_method": "hybrid_search", "reranking_mode": "weighted_score", "top_k": 2,
        "weights": {"vector_setting": {"vector_weight": 0.5}, "keyword_setting": {"keyword_weight": 0.5}},
    }  # fmt: skip
    variants = [
        {"retrieval_model": {"search_method": "full_text_search"}},
        {"retrieval_model": hybrid},
        {"name": "Own"},
    ]
    body = {"question_set_id": made["id"], "variants": variants}
    begun = await owner.post(f"/datasets/{base_id}/evaluations", body)
    assert begun.status_code == 201, begun.text
    path = f"/datasets/{base_id}/evaluations/{begun.json()['id']}"
    done = await over(owner, path)
    assert (done["status"], done["done"], done["total"], done["error"]) == ("completed", 12, 12, None)
    assert [each["name"] for each in done["variants"]] == ["Full text", "Both, 0.5 meaning", "Own"]
    found = done["results"][0]
    assert found["failed"] == 0
    assert sorted(places[0] for places in found["places"].values())[:2] == [0, 1]
    assert found["figures"]["recall@10"]["value"] == 0.75
    assert found["figures"]["mrr"]["low"] <= found["figures"]["mrr"]["value"]
    (listed,) = (await owner.get(f"/datasets/{base_id}/evaluations")).json()
    assert listed == {**done, "results": [{**each, "places": {}} for each in done["results"]]}
    assert (await owner.delete(path)).status_code == 204
    refused(await owner.get(path), 404, "not_found")


async def test_another_base_with_smaller_chunks_is_compared_by_what_its_chunks_say(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    small = await here.base(api, indexing_technique="economy")
    rule = {"mode": "custom", "rules": {**PARAGRAPHS["rules"],
            "segmentation": {"separator": ", ", "max_tokens": 60, "chunk_overlap": 0}}}  # fmt: skip
    for name, text in FACTS.items():
        await here.text(api, small, text, name, process_rule=rule)
    questions = (await question_set(owner, base_id))["id"]
    variants = [{"name": "large"}, {"name": "small", "dataset_id": small}]
    begun = await owner.post(f"/datasets/{base_id}/evaluations", {"question_set_id": questions, "variants": variants})
    done = await over(owner, f"/datasets/{base_id}/evaluations/{begun.json()['id']}")
    assert [each["retrieval_model"]["search_method"] for each in done["variants"]] == ["keyword_search"] * 2
    assert all(each["figures"]["recall@10"]["value"] >= 0.5 for each in done["results"])


async def test_a_model_writes_questions_about_chunks_of_every_document(here: Bench, api: Caller) -> None:
    await here.add_models()
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    here.model.reply_sequence(["1. When is it open?\n", "“What is sold?”"])
    made = await question_set(owner, base_id, generate=2)
    assert made["status"] == "waiting"
    sets = f"/datasets/{base_id}/question-sets"
    shown = await over(owner, sets)
    assert (shown["status"], shown["error"]) == ("ready", None)
    page = (await owner.get(f"{sets}/{made['id']}/questions")).json()
    assert page["total"] == 2
    assert {each["expected"][0]["document"] for each in page["data"]} == set(FACTS)
    assert "When is it open?" in [each["question"] for each in page["data"]]
    exported = await owner.get(f"{sets}/{made['id']}/export")
    again = await owner.call("POST", f"{sets}/import", files={"file": ("mine.csv", exported.content)})
    assert (again.status_code, again.json()["name"], again.json()["question_count"]) == (201, "mine", 2)


async def test_a_set_that_no_model_can_write_says_why(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    made = await question_set(owner, base_id, generate=3)
    shown = await over(owner, f"/datasets/{base_id}/question-sets")
    assert shown["status"] == "error"
    assert "no default language model" in shown["error"]
    body = {"question_set_id": made["id"], "variants": [{}]}
    refused(await owner.post(f"/datasets/{base_id}/evaluations", body), 400, "invalid_param")


async def test_questions_are_added_and_taken_out(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await here.base(api)
    made = await question_set(owner, base_id)
    path = f"/datasets/{base_id}/question-sets/{made['id']}"
    assert (await owner.post(f"{path}/questions", {"question": "五", "passage": "五つ"})).status_code == 204
    page = (await owner.get(f"{path}/questions", page=2, limit=4)).json()
    assert ([each["question"] for each in page["data"]], page["total"], page["has_more"]) == (["五"], 5, False)
    question = f"{path}/questions/{page['data'][0]['id']}"
    assert (await owner.delete(question)).status_code == 204
    refused(await owner.delete(question), 404, "not_found")
    refused(await owner.post(f"{path}/questions", {"question": "Why?"}), 400, "invalid_param")
    assert (await owner.delete(path)).status_code == 204
    refused(await owner.get(f"{path}/questions"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"variants": []}, "variants"),
        ({"variants": [{}] * 13}, "variants"),
        ({"variants": [{"retrieval_model": {"top_k": 0}}]}, "variants[0].retrieval_model.top_k"),
    ],
)
async def test_bad_orders_are_refused(here: Bench, api: Caller, body: JsonMap, param: str) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await here.base(api)
    made = await question_set(owner, base_id)
    answer = await owner.post(f"/datasets/{base_id}/evaluations", {"question_set_id": made["id"], **body})
    assert refused(answer, 400, "invalid_param")["params"] == param
    refused(await owner.post(f"/datasets/{base_id}/question-sets", {"name": "Both"}), 400, "invalid_param")
    refused(await owner.post(f"/datasets/{base_id}/question-sets", {"name": "", "questions": QUESTIONS}), 400,
            "invalid_param")  # fmt: skip


async def test_others_do_not_see_sets_and_evaluations(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    made = await question_set(owner, base_id)
    begun = await owner.post(f"/datasets/{base_id}/evaluations", {"question_set_id": made["id"], "variants": [{}]})
    stranger = await here.member(Role.ADMIN, await here.workspace())
    for path in ("question-sets", f"question-sets/{made['id']}/questions", "evaluations",
                 f"evaluations/{begun.json()['id']}"):  # fmt: skip
        refused(await stranger.get(f"/datasets/{base_id}/{path}"), 404, "not_found")
    theirs = await stranger.post("/datasets", {"name": "Theirs"})
    refused(await stranger.get(f"/datasets/{theirs.json()['id']}/evaluations/{begun.json()['id']}"), 404, "not_found")
    wanted = {"name": "x", "questions": QUESTIONS}
    set_id = (await stranger.post(f"/datasets/{theirs.json()['id']}/question-sets", wanted)).json()["id"]
    body = {"question_set_id": set_id, "variants": [{"dataset_id": base_id}]}
    refused(await stranger.post(f"/datasets/{theirs.json()['id']}/evaluations", body), 404, "not_found")
    member = await here.member(Role.NORMAL)
    refused(await member.get(f"/datasets/{base_id}/evaluations"), 403, "forbidden")


async def test_one_left_half_done_goes_on_where_it_was(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    made = await question_set(owner, base_id)
    await here.services.evaluation.close()
    body = {"question_set_id": made["id"], "variants": [{"name": "first"}, {"name": "second"}]}
    begun = (await owner.post(f"/datasets/{base_id}/evaluations", body)).json()
    first = {"figures": {}, "p50_ms": 7.0, "p95_ms": 7.0, "places": {}, "failed": 0, "error": None}
    async with here.services.db.transaction() as session:
        row = await session.get_one(Evaluation, begun["id"])
        row.status, row.lease_owner, row.lease_until = "running", "a process that is gone", 1
        row.results, row.done = json.dumps([first]), 4
    here.services.evaluation.start()
    done = await over(owner, f"/datasets/{base_id}/evaluations/{begun['id']}")
    assert done["status"] == "completed"
    assert done["results"][0] == first
    assert done["results"][1]["figures"]["recall@10"]["value"] > 0


async def test_a_stopped_one_keeps_what_is_done(here: Bench, api: Caller) -> None:
    owner = await here.member(Role.OWNER)
    base_id = await filled(here, api, "economy")
    made = await question_set(owner, base_id)
    await here.services.evaluation.close()
    begun = await owner.post(f"/datasets/{base_id}/evaluations", {"question_set_id": made["id"], "variants": [{}]})
    stopped = await owner.post(f"/datasets/{base_id}/evaluations/{begun.json()['id']}/stop")
    assert stopped.json()["status"] == "stopped"
    await here.services.evaluation.work_off()
    assert (await owner.get(f"/datasets/{base_id}/evaluations/{begun.json()['id']}")).json()["status"] == "stopped"
