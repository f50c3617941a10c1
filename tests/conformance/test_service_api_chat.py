"""The Service API, case by case (spec service-api §12): chats and completions."""

from typing import Any
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import chat
from tests.server.harness import Workbench, eventually
from tests.server.http_client import text_of
from tests.server.matchers import ID, NOW, TEXT, refused, usage
from tests.server.payloads import asked, unique

JsonMap = dict[str, Any]


def test_case_20_a_blocking_chat_answers_with_one_message(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("hello")
    answer = api.chat(query)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body == {
        "event": "message",
        "task_id": ID,
        "id": ID,
        "message_id": body["id"],
        "conversation_id": ID,
        "mode": "chat",
        "answer": f"You said: {query}",
        "metadata": {"usage": usage(), "retriever_resources": [], "annotation_reply": None},
        "created_at": NOW,
    }
    assert len({body["task_id"], body["id"], body["conversation_id"]}) == 3


def test_case_21_a_chat_stream_is_messages_and_one_end(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("hello")
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        headers = stream.response.headers
        events = stream.rest()
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")
    first = events[0]
    envelope = {
        "conversation_id": ID,
        "message_id": ID,
        "created_at": NOW,
        "task_id": ID,
    }
    fixed = {name: first[name] for name in envelope}
    assert fixed == envelope
    assert len(events) > 2
    for event in events[:-1]:
        chunk = {"id": fixed["message_id"], "answer": TEXT, "from_variable_selector": None}
        assert event == {"event": "message", **fixed, **chunk}
    assert events[-1] == {
        "event": "message_end",
        **fixed,
        "id": fixed["message_id"],
        "metadata": {"usage": usage(), "retriever_resources": [], "annotation_reply": None},
        "files": None,
    }
    assert text_of(events) == f"You said: {query}"


def test_case_22_the_response_mode_is_blocking_when_not_given(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    assert api.chat("hi").json()["event"] == "message"
    assert api.chat("hi", response_mode=None).json()["event"] == "message"
    assert api.chat("hi", response_mode="blocking").json()["event"] == "message"
    refused(api.chat("hi", response_mode="fast"), 400, "invalid_param", params="response_mode")


def test_case_23_a_chat_needs_a_query(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.chat(""), 400, "invalid_param", params="query")
    refused(api.chat("\x00"), 400, "invalid_param", params="query")
    refused(api.post("/chat-messages", {"inputs": {}, "user": api.user}), 400, "invalid_param", params="query")
    for query in (["a"], {"a": 1}, True, None):
        body = {**api.chat_body("x"), "query": query}
        refused(api.post("/chat-messages", body), 400, "invalid_param", params="query")


def test_nul_characters_leave_the_query(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("nul")
    assert api.chat(f"\x00{query}\x00").json()["answer"] == f"You said: {query}"


def test_case_24_inputs_are_required_but_may_be_null(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.post("/chat-messages", {"query": "hi", "user": api.user}), 400, "invalid_param", params="inputs")
    assert api.chat("hi", inputs=None).status_code == 200
    refused(api.chat("hi", inputs=[]), 400, "invalid_param", params="inputs")
    refused(workbench.of(sample_apps.ECHO).post("/workflows/run", {"user": "u"}), 400, "invalid_param", params="inputs")


@pytest.mark.parametrize(
    ("inputs", "variable"),
    [
        ({}, "city"),
        ({"city": None}, "city"),
        ({"city": "Reykjavik"}, "city"),
        ({"city": 7}, "city"),
        ({"city": {"a": 1}}, "city"),
        ({"city": "Bergen", "unit": "kelvin"}, "unit"),
        ({"city": "Bergen", "days": "abc"}, "days"),
        ({"city": "Bergen", "days": [1]}, "days"),
        ({"city": "Bergen", "days": True}, "days"),
    ],
)  # fmt: skip
def test_case_25_inputs_must_fit_the_form(workbench: Workbench, inputs: JsonMap, variable: str) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    refused(api.chat("hi", inputs=inputs), 400, "invalid_param", params=variable)
    refused(api.chat("hi", inputs=inputs, response_mode="streaming"), 400, "invalid_param", params=variable)


def test_a_limit_counts_characters_and_not_bytes(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    assert api.chat("hi", inputs={"city": "東京都渋谷区神南"}).status_code == 200
    refused(api.chat("hi", inputs={"city": "東京都渋谷区神南一"}), 400, "invalid_param", params="city")


def test_case_26_numbers_may_be_text_and_unknown_inputs_are_dropped(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.FORM_CHAT), unique("form")
    sent = {"city": "Ber\x00gen", "unit": "", "days": "3", "unheard_of": "x", "sys.query": "forged"}
    answer = api.chat(query, inputs=sent)
    assert answer.status_code == 200
    conversation = api.get("/conversations", user=api.user).json()["data"][0]
    assert conversation["inputs"] == {"city": "Bergen", "unit": None, "days": 3}
    assert type(conversation["inputs"]["days"]) is int
    system = asked(workbench, query)[0].json["messages"][0]
    assert system["content"].strip() == "City Bergen, unit , days 3."
    halves = api.chat(query, inputs={"city": "Oslo", "days": "2.5"})
    listed = api.get("/messages", user=api.user, conversation_id=halves.json()["conversation_id"]).json()
    assert listed["data"][0]["inputs"] == {"city": "Oslo", "unit": None, "days": 2.5}


def test_case_27_conversation_ids(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    first = api.chat("hi", conversation_id="").json()["conversation_id"]
    second = api.chat("hi", conversation_id=None).json()["conversation_id"]
    assert first != second
    assert api.chat("hi", conversation_id=first.replace("-", "")).json()["conversation_id"] == first
    refused(api.chat("hi", conversation_id="not-a-uuid"), 400, "invalid_param", params="conversation_id")
    refused(api.chat("hi", conversation_id=str(uuid4())), 404, "not_found")
    refused(api.chat("hi", conversation_id=str(uuid4()), response_mode="streaming"), 404, "not_found")


def test_case_28_conversations_of_others_are_not_found(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation = api.chat("hi").json()["conversation_id"]
    refused(workbench.of(sample_apps.CHAT).chat("hi", conversation_id=conversation), 404, "not_found")
    other_app = workbench.api(workbench.shared_app(sample_apps.SUGGESTING_CHAT), api.user)
    refused(other_app.chat("hi", conversation_id=conversation), 404, "not_found")


@pytest.mark.parametrize("file_text", [sample_apps.CHAT, sample_apps.CHATFLOW], ids=["chat", "advanced-chat"])
def test_case_29_a_second_turn_knows_the_first(any_workbench: Workbench, file_text: str) -> None:
    api = any_workbench.of(file_text)
    questions = [unique("first"), unique("second"), unique("third")]
    conversation = api.chat(questions[0]).json()["conversation_id"]
    for question in questions[1:]:
        answer = api.chat(question, conversation_id=conversation)
        assert answer.json()["conversation_id"] == conversation
    said = [(m["role"], m["content"]) for m in asked(any_workbench, questions[2])[-1].json["messages"]]
    turns = [(role, text) for role, text in said if text != "Answer ."]
    assert [role for role, _ in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert [text for role, text in turns if role == "user"] == questions
    assert all(question in text for question, (_, text) in zip(questions, turns[1::2], strict=False))


def test_inputs_of_an_earlier_turn_are_kept_and_may_change(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    first = api.chat("hi", inputs={"city": "Bergen", "days": 2}).json()["conversation_id"]
    assert api.chat("again", conversation_id=first, inputs={}).status_code == 200
    assert api.chat("again", conversation_id=first, inputs={"days": 5}).status_code == 200
    listed = api.get("/messages", user=api.user, conversation_id=first).json()["data"]
    assert [row["inputs"]["days"] for row in listed] == [2, 2, 5]
    assert {row["inputs"]["city"] for row in listed} == {"Bergen"}


def test_case_30_a_closed_conversation_is_refused(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation = api.chat("hi").json()["conversation_id"]
    workbench.change("UPDATE conversations SET status = 'completed' WHERE id = :id", id=conversation)
    refused(api.chat("hi", conversation_id=conversation), 400, "conversation_completed")


def test_case_31_chat_routes_are_for_chat_apps(workbench: Workbench) -> None:
    for file_text in (sample_apps.COMPLETION, sample_apps.ECHO):
        api = workbench.of(file_text)
        refused(api.chat("hi"), 400, "not_chat_app")
        refused(api.get("/conversations", user=api.user), 400, "not_chat_app")
        refused(api.get(f"/messages/{uuid4()}/suggested", user=api.user), 400, "not_chat_app")


def test_case_32_the_completion_route_is_for_completion_apps(workbench: Workbench) -> None:
    for file_text in (sample_apps.CHAT, sample_apps.CHATFLOW, sample_apps.ECHO):
        refused(workbench.of(file_text).complete({}), 400, "app_unavailable")


def test_case_33_workflow_routes_are_for_workflows(workbench: Workbench) -> None:
    for file_text in (sample_apps.CHAT, sample_apps.CHATFLOW, sample_apps.COMPLETION):
        refused(workbench.of(file_text).run({}), 400, "not_workflow_app")
    refused(workbench.of(sample_apps.CHAT).get(f"/workflows/run/{uuid4()}"), 400, "not_workflow_app")


def test_case_46_names_are_made_only_where_wanted(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)

    def names() -> list[str]:
        return [row["name"] for row in api.get("/conversations", user=api.user).json()["data"]]

    for value in (False, "false", "False", 0):
        query = unique("untitled")
        assert api.chat(query, auto_generate_name=value).status_code == 200
        assert len(asked(workbench, query)) == 1
    assert names() == ["New conversation"] * 4

    query = unique("titled")
    workbench.model.reply_when(
        lambda request: query in str(request.json) and request.json["messages"][-1]["content"] != query,
        "A fine title",
    )
    body = {key: value for key, value in api.chat_body(query).items() if key != "auto_generate_name"}
    assert api.post("/chat-messages", body).status_code == 200
    eventually(lambda: names()[0] != "New conversation", "a title is made")
    assert names()[0] == "A fine title"


def test_a_completion_answers_without_a_conversation(workbench: Workbench) -> None:
    api, product = workbench.of(sample_apps.COMPLETION), unique("jacket")
    answer = api.complete({"product": product})
    body = answer.json()
    assert answer.status_code == 200
    assert body == {
        "event": "message",
        "task_id": ID,
        "id": ID,
        "message_id": body["id"],
        "mode": "completion",
        "answer": TEXT,
        "metadata": {"usage": usage(), "retriever_resources": [], "annotation_reply": None},
        "created_at": NOW,
    }
    assert product in body["answer"]
    streamed = {"inputs": {"product": product}, "user": api.user, "response_mode": "streaming", "files": None}
    events = api.events("/completion-messages", streamed)
    fixed = {"message_id": ID, "created_at": NOW, "task_id": ID}
    fixed = {name: events[0][name] for name in fixed}
    for event in events[:-1]:
        chunk = {"id": fixed["message_id"], "answer": TEXT, "from_variable_selector": None}
        assert event == {"event": "message", **fixed, **chunk}
    assert events[-1] == {
        "event": "message_end",
        **fixed,
        "id": fixed["message_id"],
        "metadata": {"usage": usage(), "retriever_resources": [], "annotation_reply": None},
        "files": None,
    }
    assert text_of(events).strip() == body["answer"].strip()


def test_two_users_with_one_name_in_two_apps_are_two_users(workbench: Workbench) -> None:
    one = workbench.of(chat(name="One"))
    two = workbench.api(workbench.shared_app(chat(name="Two")), one.user)
    one.chat("hi")
    assert two.get("/conversations", user=two.user).json()["data"] == []
