"""The Service API, case by case (spec service-api §12): annotations."""

from uuid import uuid4

import pytest

from tests.annotations.notebook import MODEL, Notebook
from tests.server import sample_apps
from tests.server.app_files import chat
from tests.server.harness import Workbench
from tests.server.matchers import ID, NOW, refused

REPLY = "/apps/annotation-reply"
CHOICE = {"score_threshold": 0.9, **MODEL}


@pytest.fixture
def book(workbench: Workbench) -> Notebook:
    return Notebook(workbench, chat(name="Annotated"))


def test_case_47_an_annotation_answers_letter_by_letter_and_is_named(book: Notebook) -> None:
    made = book.api.post("/apps/annotations", {"question": "opening hours?", "answer": "9 to 5"}).json()
    begun = book.api.post(f"{REPLY}/enable", CHOICE).json()
    assert begun == {"job_id": ID, "job_status": "waiting"}
    done = book.over(f"{REPLY}/enable/status/{begun['job_id']}", book.api)
    assert done == {"job_id": begun["job_id"], "job_status": "completed", "error_msg": ""}
    events = book.api.chat_events("opening hours?")
    assert [event["answer"] for event in events[:-1]] == list("9 to 5")
    assert {event["event"] for event in events[:-1]} == {"message"}
    assert events[-1]["event"] == "message_end"
    assert events[-1]["metadata"]["annotation_reply"] == {"id": made["id"], "account": {"id": "", "name": ""}}
    answered = book.api.chat("Opening hours?").json()
    assert answered["answer"] == "9 to 5"
    assert answered["metadata"]["annotation_reply"]["id"] == made["id"]
    history = book.api.get("/messages", user=book.api.user, conversation_id=answered["conversation_id"]).json()
    assert history["data"][0]["answer"] == "9 to 5"


def test_case_86_annotations_are_listed_added_changed_and_deleted(book: Notebook) -> None:
    api, path = book.api, "/apps/annotations"
    made = api.post(path, {"question": "opening hours?", "answer": "9 to 5"})
    kept = {"id": ID, "question": "opening hours?", "answer": "9 to 5", "hit_count": 0, "created_at": NOW}
    assert (made.status_code, made.json()) == (201, kept)
    one = f"{path}/{made.json()['id']}"
    for body, wrong in (
        ({"question": "x"}, "answer"),
        ({"answer": "x"}, "question"),
        ({"question": "x", "answer": ""}, "answer"),
    ):
        refused(api.post(path, body), 400, "invalid_param", params=wrong)
        refused(api.put(one, body), 400, "invalid_param", params=wrong)
    changed = api.put(one, {"question": "opening hours?", "answer": "10 to 6"})
    assert (changed.status_code, changed.json()) == (200, {**kept, "answer": "10 to 6"})
    listed = {"data": [changed.json()], "has_more": False, "limit": 20, "total": 1, "page": 1}
    assert api.get(path).json() == listed
    assert api.get(path, keyword="HOURS", limit=500).json() == {**listed, "limit": 500}
    assert api.get(path, keyword="10 TO").json() == listed
    assert api.get(path, page=2).json() == {**listed, "data": [], "page": 2}
    assert api.get(path, page="x", limit="y").json() == listed
    gone = api.delete(one)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(api.delete(one), 404, "not_found")
    refused(api.put(one, {"question": "q", "answer": "a"}), 404, "not_found")
    refused(api.delete(f"{path}/none"), 404, "not_found")


def test_case_86_replies_are_switched_by_known_actions_and_known_jobs(book: Notebook) -> None:
    api = book.api
    refused(api.post(f"{REPLY}/pause", CHOICE), 400, "invalid_param", params="action")
    for missing in CHOICE:
        body = {name: value for name, value in CHOICE.items() if name != missing}
        refused(api.post(f"{REPLY}/enable", body), 400, "invalid_param", params=missing)
        refused(api.post(f"{REPLY}/disable", body), 400, "invalid_param", params=missing)
    refused(api.post(f"{REPLY}/enable", {**CHOICE, "score_threshold": 2}), 400, "invalid_param")
    for action in ("enable", "disable"):
        refused(api.get(f"{REPLY}/{action}/status/{uuid4()}"), 400, "invalid_param")
    begun = api.post(f"{REPLY}/enable", CHOICE).json()["job_id"]
    book.over(f"{REPLY}/enable/status/{begun}", api)
    refused(api.get(f"{REPLY}/disable/status/{begun}"), 400, "invalid_param")
    book.bench.change("UPDATE annotation_jobs SET finished_at = finished_at - 601000000 WHERE id = :id", id=begun)
    refused(api.get(f"{REPLY}/enable/status/{begun}"), 400, "invalid_param")


def test_case_86_only_chats_have_annotations(workbench: Workbench) -> None:
    for text in (sample_apps.COMPLETION, sample_apps.ECHO):
        refused(workbench.of(text).get("/apps/annotations"), 400, "not_chat_app")


def test_a_job_that_runs_is_named_again(book: Notebook) -> None:
    """The same job twice, as long as it has not ended."""
    book.add("opening hours?", "9 to 5")
    book.bench.model.delay(1)
    try:
        begun = book.api.post(f"{REPLY}/enable", CHOICE).json()
        again = book.api.post(f"{REPLY}/enable", CHOICE).json()
    finally:
        book.bench.model.delay(0)
    assert again == {"job_id": begun["job_id"], "job_status": "processing"}
    assert book.over(f"{REPLY}/enable/status/{begun['job_id']}", book.api)["job_status"] == "completed"
