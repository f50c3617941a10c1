"""Annotations as an editor keeps them, and what they answer (spec console §11)."""

import csv
import io
import json
from uuid import uuid4

import pytest
import yaml

from tests.annotations.notebook import MODEL, Notebook
from tests.server import sample_apps
from tests.server.agents import CALLING, with_caller
from tests.server.app_files import answer, chat, chatflow, start
from tests.server.console_client import console_of
from tests.server.harness import Workbench, eventually
from tests.server.http_client import JsonMap
from tests.server.matchers import refused

HOURS, OPEN = "When is the shop open on weekdays", "From nine to five."


@pytest.fixture
def book(workbench: Workbench) -> Notebook:
    return Notebook(workbench, chat(name="Shop"))


def asked(book: Notebook, text: str) -> bool:
    """Whether the model was asked with this text."""
    return any(text in json.dumps(each.json) for each in book.bench.model.requests_to("/chat/completions"))


def test_an_annotation_is_kept_found_changed_and_deleted(book: Notebook) -> None:
    first = book.add(" When? ", "Now. 100%")
    second = book.add("Where?", "Here_there")
    assert [row["id"] for row in book.rows()] == [second, first]
    assert (book.rows()[1]["question"], book.rows()[1]["author"]) == ("When?", "Member")
    assert [row["id"] for row in book.rows(keyword="100%")] == [first]
    assert [row["id"] for row in book.rows(keyword="e_t")] == [second]
    assert book.rows(keyword="h%e") == []
    changed = book.console.post(f"{book.path}/{first}", {"question": "When?", "answer": "Later"})
    assert (changed.status_code, changed.json()["answer"]) == (200, "Later")
    assert book.console.get(f"{book.path}/{first}").json()["answer"] == "Later"
    for texts in (
        {"question": " ", "answer": "x"},
        {"question": "x", "answer": "\x00"},
        {"question": "x" * 10_001, "answer": "x"},
    ):
        refused(book.console.post(book.path, texts), 400, "invalid_param")
    assert book.console.delete(f"{book.path}/{first}").status_code == 204
    for method in ("GET", "DELETE", "POST"):
        body = {"json": {"question": "q", "answer": "a"}} if method == "POST" else {}
        refused(book.console.call(method, f"{book.path}/{first}", **body), 404, "not_found")
    assert book.console.delete(book.path).json() == {"deleted": 1}
    assert book.rows() == []


def test_the_same_question_is_answered_without_any_model(book: Notebook) -> None:
    """Only case and spaces may differ where no model compares."""
    book.add(HOURS, OPEN)
    book.on(embedding_provider_name="", embedding_model_name="")
    unique = uuid4().hex
    assert book.api.chat("  when is  the SHOP open on weekdays ").json()["answer"] == OPEN
    assert book.api.chat(f"{HOURS} {unique}").json()["answer"] != OPEN
    assert asked(book, unique)


def test_a_close_question_is_answered_and_counted(book: Notebook) -> None:
    annotation = book.add(HOURS, OPEN)
    book.on(0.8)
    close = f"{HOURS} and"
    events = book.api.chat_events(close)
    assert not asked(book, close)
    assert "".join(event["answer"] for event in events if event["event"] == "message") == OPEN
    author = {"id": book.console.account_id, "name": "Member"}
    assert events[-1]["metadata"]["annotation_reply"] == {"id": annotation, "account": author}
    assert events[-1]["metadata"]["usage"]["total_tokens"] == 0
    (hit,) = book.hits(annotation)
    assert (hit["question"], hit["match"], hit["response"], hit["source"]) == (close, HOURS, OPEN, "api")
    assert 0.8 <= hit["score"] < 1
    assert book.rows()[0]["hit_count"] == 1
    about = book.console.get(f"{book.path}/of-messages", message_id=events[-1]["id"]).json()
    assert about == [{"message_id": events[-1]["id"], "made": None, "given_by": annotation, "score": hit["score"]}]


def test_a_page_and_a_preview_are_answered_too(book: Notebook) -> None:
    annotation = book.add(HOURS, OPEN)
    book.on(0.8)
    visitor = book.bench.visitor(book.app)
    body = {"inputs": {}, "query": HOURS, "response_mode": "blocking"}
    assert visitor.post("/chat-messages", body).json()["answer"] == OPEN
    config = book.console.get(f"/apps/{book.app.id}").json()["configuration"]
    preview = {"inputs": {}, "query": HOURS, "model_config": config, "response_mode": "streaming"}
    events = book.console.events(f"/apps/{book.app.id}/chat-messages", preview)
    assert "".join(event["answer"] for event in events if event["event"] == "message") == OPEN
    assert [hit["source"] for hit in book.hits(annotation)] == ["console", "web-app"]


def test_a_chatflow_answers_before_its_first_node(workbench: Workbench) -> None:
    book = Notebook(workbench, chatflow(start(to="answer"), answer("{{#sys.query#}}!"), name="Flow"))
    book.add(HOURS, OPEN)
    book.on(0.8)
    events = book.api.chat_events(HOURS)
    assert [event["event"] for event in events] == ["message", "message_end"]
    assert events[0]["answer"] == OPEN
    assert book.api.chat("Another one").json()["answer"] == "Another one!"
    assert book.console.ask(book.app.id, HOURS)[0]["event"] == "message"


def test_what_is_added_changed_or_deleted_is_answered_so_at_once(book: Notebook) -> None:
    book.on(0.8)
    annotation = book.add(HOURS, OPEN)
    book.indexed()
    assert book.api.chat(f"{HOURS} and").json()["answer"] == OPEN
    book.console.post(f"{book.path}/{annotation}", {"question": "Do you sell warm bread", "answer": "We do."})
    book.indexed()
    assert book.api.chat("Do you sell warm bread and").json()["answer"] == "We do."
    assert book.api.chat(f"{HOURS} and").json()["answer"] not in (OPEN, "We do.")
    book.console.delete(f"{book.path}/{annotation}")
    assert book.api.chat("Do you sell warm bread and").json()["answer"] != "We do."


def test_replies_are_switched_on_tuned_and_off(book: Notebook) -> None:
    assert book.setting() == {
        "enabled": False, "id": None, "score_threshold": None, "embedding_model": None, "job": None, "pending": 0,
        "error": None,
    }  # fmt: skip
    book.add(HOURS, OPEN)
    book.on(0.95)
    setting = book.setting()
    assert (setting["enabled"], setting["score_threshold"], setting["embedding_model"]) == (True, 0.95, MODEL)
    assert book.api.get("/parameters").json()["annotation_reply"] == {
        "id": setting["id"], "enabled": True, "score_threshold": 0.95, "embedding_model": MODEL,
    }  # fmt: skip
    exported = yaml.safe_load(book.bench.command("app", "export", book.app.id))
    assert exported["model_config"]["annotation_reply"]["embedding_model"] == MODEL
    assert book.api.chat(f"{HOURS} and more and more").json()["answer"] != OPEN
    tune = f"/apps/{book.app.id}/annotation-settings/{setting['id']}"
    assert book.console.post(tune, {"score_threshold": 0.5}).json()["score_threshold"] == 0.5
    assert book.api.chat(f"{HOURS} and more and more").json()["answer"] == OPEN
    refused(book.console.post(tune, {"score_threshold": 1.5}), 400, "invalid_param")
    refused(book.console.post(f"{tune[:-1]}x", {"score_threshold": 0.5}), 404, "not_found")
    assert book.switch("disable")["job_status"] == "completed"
    assert book.api.get("/parameters").json()["annotation_reply"] == {"enabled": False}
    assert book.api.chat(HOURS).json()["answer"] != OPEN
    book.on(0.5)
    assert book.api.chat(f"{HOURS} and more").json()["answer"] == OPEN


def test_a_model_that_is_not_set_up_is_refused(book: Notebook) -> None:
    path = f"/apps/{book.app.id}/annotation-reply/enable"
    body = {"score_threshold": 0.9, "embedding_provider_name": "openai", "embedding_model_name": "no-such"}
    refused(book.console.post(path, body), 400, "provider_not_initialize", params="embedding_model_name")
    refused(book.console.post(path, {"embedding_provider_name": "openai"}), 400, "invalid_param")


def test_a_failing_model_leaves_the_app_answering(book: Notebook) -> None:
    """Questions go on to the model of the app; switching on says why it failed."""
    book.add(HOURS, OPEN)
    book.on(0.8)
    unique = f"{HOURS} {uuid4().hex}"
    book.bench.model.fail(1, 400, path="/embeddings")
    assert book.api.chat(unique).status_code == 200
    assert asked(book, unique)
    book.switch("disable")
    book.console.post(f"{book.path}/{book.rows()[0]['id']}", {"question": unique, "answer": OPEN})
    book.bench.model.fail(1, 400, message="no vectors today", path="/embeddings")
    failed = book.switch("enable")
    assert failed["job_status"] == "error"
    assert "no vectors today" in failed["error_msg"]
    assert book.setting()["enabled"] is False
    book.on()


def test_a_given_answer_is_improved(book: Notebook) -> None:
    message = book.api.chat("How much is bread?").json()["id"]
    made = book.console.post(book.path, {"message_id": message, "answer": "Two coins."})
    assert (made.status_code, made.json()["question"]) == (201, "How much is bread?")
    again = book.console.post(book.path, {"message_id": message, "question": "Price of bread?", "answer": "Three."})
    assert (again.json()["id"], again.json()["answer"]) == (made.json()["id"], "Three.")
    (about,) = book.console.get(f"{book.path}/of-messages", message_id=message).json()
    assert (about["made"]["question"], about["given_by"]) == ("Price of bread?", None)
    refused(book.console.post(book.path, {"message_id": str(uuid4()), "answer": "x"}), 404, "not_found")
    book.console.delete(f"{book.path}/{made.json()['id']}")
    assert book.console.get(f"{book.path}/of-messages", message_id=message).json() == []


def test_a_file_comes_in_and_goes_out_the_same(book: Notebook) -> None:
    pairs = [["Größe?", "=SUM(1)"], ['A "quoted"\nquestion, long', "-1"], ["一二三?", "@here"]]
    target = io.StringIO()
    csv.writer(target).writerows([["question", "answer"], *pairs])
    done = book.imported(b"\xef\xbb\xbf" + target.getvalue().encode())
    assert (done["job_status"], done["done"], done["total"], done["skipped"]) == ("completed", 3, 3, [])
    kept = sorted([row["question"], row["answer"]] for row in book.rows())
    assert kept == sorted(pairs)
    out = book.console.get(f"{book.path}/export")
    assert out.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.content.decode("utf-8-sig"), newline="")))
    assert ["Größe?", "'=SUM(1)"] in rows
    assert book.imported(out.content)["job_status"] == "completed"
    assert sorted([row["question"], row["answer"]] for row in book.rows()) == kept
    lines = [json.loads(line) for line in book.console.get(f"{book.path}/export", form="jsonl").text.splitlines()]
    said: JsonMap = {"messages": [{"role": "user", "content": "一二三?"}, {"role": "assistant", "content": "@here"}]}
    assert said in lines
    template = book.console.get("/annotations/template").content
    assert book.imported(template)["done"] == 1


def test_each_bad_line_is_named_and_the_others_are_kept(book: Notebook) -> None:
    done = book.imported('q,a\nfine?,yes\n"two\nlines?",yes\nno answer?,\n,no question\n\n')
    assert (done["done"], done["job_status"]) == (2, "completed")
    assert done["skipped"] == [
        {"line": 5, "message": "The answer is empty."},
        {"line": 6, "message": "The question is empty."},
    ]


def test_files_that_are_none_are_refused(book: Notebook) -> None:
    refused(book.bring("q,a\nx,y", "pairs.xlsx"), 400, "invalid_param", params="file")
    refused(book.bring("q,a\n"), 400, "invalid_param", params="file")
    refused(book.bring("q,a\nonly\n"), 400, "invalid_param", params="file")
    refused(book.bring(b"q,a\n\xff\xfe,x"), 400, "invalid_param", params="file")
    refused(book.bring("q,a\n" + "x,y\n" * 10_001), 400, "invalid_param", params="file")
    refused(book.bring("q,a\nx," + "y" * (2 << 20)), 413, "file_too_large")
    assert book.rows() == []


def test_imports_are_counted(workbench: Workbench) -> None:
    other = workbench.second_workspace("Importing")
    app = other.import_app(chat(name="Elsewhere"))
    console = console_of(workbench, workspace_id=other.id)
    files = {"file": ("pairs.csv", b"q,a\nx,y\n", "text/csv")}
    answers = [console.call("POST", f"/apps/{app.id}/annotations/batch-import", files=files) for _ in range(6)]
    assert [each.status_code for each in answers[:5]] == [200] * 5
    refused(answers[5], 429, "too_many_requests")
    assert 0 < int(answers[5].headers["Retry-After"]) <= 61


def test_nobody_reaches_the_annotations_of_another_workspace_or_app(workbench: Workbench, book: Notebook) -> None:
    annotation = book.add(HOURS, OPEN)
    message = book.api.chat("Mine?").json()["id"]
    book.on(0.8)
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Strangers").id)
    texts = {"question": "q", "answer": "a"}
    calls = [
        ("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/export"), ("GET", f"/{annotation}"),
        ("POST", f"/{annotation}"), ("DELETE", f"/{annotation}"), ("GET", f"/{annotation}/hit-histories"),
        ("GET", "/of-messages"),
    ]  # fmt: skip
    for method, path in calls:
        options = {"json": texts} if method == "POST" else {}
        refused(stranger.call(method, book.path + path, **options), 404, "not_found")
    for path in ("annotation-setting", f"annotation-reply/enable/status/{uuid4()}"):
        refused(stranger.get(f"/apps/{book.app.id}/{path}"), 404, "not_found")
    neighbour = Notebook(workbench, chat(name="Neighbour"))
    for method in ("GET", "POST", "DELETE"):
        options = {"json": texts} if method == "POST" else {}
        refused(book.console.call(method, f"{neighbour.path}/{annotation}", **options), 404, "not_found")
    refused(neighbour.console.post(neighbour.path, {"message_id": message, "answer": "x"}), 404, "not_found")
    assert neighbour.console.get(f"{neighbour.path}/of-messages", message_id=message).json() == []
    assert book.rows()[0]["answer"] == OPEN


def test_only_chats_have_annotations(workbench: Workbench) -> None:
    console = console_of(workbench, role="editor")
    for text in (sample_apps.COMPLETION, sample_apps.ECHO):
        app = workbench.shared_app(text)
        refused(console.get(f"/apps/{app.id}/annotations"), 400, "not_chat_app")


def test_a_deleted_app_leaves_no_annotation_and_no_index(book: Notebook) -> None:
    book.add(HOURS, OPEN)
    book.on(0.8)
    assert console_of(book.bench).delete(f"/apps/{book.app.id}").status_code == 204

    def left() -> int:
        tables = ("annotations", "annotation_settings", "annotation_hits")
        counts = [
            book.bench.rows(f"SELECT count(*) FROM {table} WHERE app_id = :id", id=book.app.id) for table in tables
        ]
        index = book.bench.rows("SELECT count(*) FROM knowledge_index_rows WHERE base_id = :id", id=book.app.id)
        return sum(int(rows[0][0]) for rows in (*counts, index))

    eventually(lambda: left() == 0, "everything is gone")


def test_an_agent_answers_with_an_annotation_before_it_works(any_workbench: Workbench) -> None:
    """No model is asked and no tool is called; without a hit the agent works as ever."""
    book = Notebook(with_caller(any_workbench), CALLING)
    annotation = book.add(HOURS, OPEN)
    book.on(0.8)
    close = f"{HOURS} please"
    events = book.api.chat_events(close)
    assert {event["event"] for event in events} == {"agent_message", "message_end"}
    assert "".join(event["answer"] for event in events[:-1]) == OPEN
    assert events[-1]["metadata"]["annotation_reply"]["id"] == annotation
    assert not asked(book, close)
    (hit,) = book.hits(annotation)
    assert (hit["question"], hit["response"]) == (close, OPEN)
    unique = uuid4().hex
    worked = book.api.chat_events(f"What else is there {unique}?")
    assert "agent_thought" in {event["event"] for event in worked}
    assert asked(book, unique)
