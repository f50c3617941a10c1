"""The Service API, case by case (spec service-api §12): asking apps, streams, blocking answers, stopping."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from tests.doubles.recording import Request
from tests.server import sample_apps
from tests.server.app_files import chat, end, start, template, text_input, workflow
from tests.server.harness import Workbench, eventually
from tests.server.http_client import AppApi, Stream, names_of, text_of
from tests.server.matchers import COUNT, ID, NOW, SECONDS, TEXT, refused, usage

JsonMap = dict[str, Any]


def unique(word: str) -> str:
    """A text that no other test sends, so that the model's script can tell this test's calls."""
    return f"{word} {uuid4().hex[:10]}"


def asked(bench: Workbench, text: str) -> list[Request]:
    """The requests that reached the model with this text in them."""
    return [request for request in bench.model.requests_to("/chat/completions") if text in str(request.json)]


# ---- chat ----


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


def test_case_35_what_is_not_published_cannot_be_called(workbench: Workbench) -> None:
    draft = workbench.api(workbench.import_app(sample_apps.PLAIN_CHATFLOW, publish=False))
    refused(draft.chat("hi"), 400, "invalid_param")
    draft = workbench.api(workbench.import_app(sample_apps.ECHO, publish=False))
    refused(draft.run({}), 400, "invalid_param")
    refused(draft.run({}, response_mode="streaming"), 400, "invalid_param")


def test_case_36_a_provider_without_credentials(workbench: Workbench) -> None:
    """Nor a default model, which would take its place."""
    api = workbench.api(workbench.second_workspace("Without models").import_app(sample_apps.NO_CREDENTIALS_CHAT))
    refused(api.chat("hi"), 400, "provider_not_initialize")
    answer = api.call("POST", "/chat-messages", json=api.chat_body("hi", response_mode="streaming"))
    if answer.status_code == 400:
        refused(answer, 400, "provider_not_initialize")
    else:
        assert answer.text.count("data: ") == 1
        assert '"code":"provider_not_initialize"' in answer.text


def test_case_38_a_model_that_refuses(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    for status in (400, 401, 429, 500):
        workbench.model.fail(status=status)
        refused(api.chat("hi"), 400, "completion_request_error")
        workbench.model.fail(status=status)
        events = api.chat_events("hi")
        assert [event["event"] for event in events] == ["error"]
        assert (events[0]["code"], events[0]["status"]) == ("completion_request_error", 400)


def test_case_39_an_error_event_is_last_and_has_no_task(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    workbench.model.fail(status=500)
    events = api.chat_events("will fail")
    assert events == [
        {
            "event": "error",
            "conversation_id": ID,
            "message_id": ID,
            "created_at": NOW,
            "code": "completion_request_error",
            "status": 400,
            "message": TEXT,
        }
    ]
    listed = api.get("/messages", user=api.user, conversation_id=events[0]["conversation_id"]).json()["data"]
    assert [(row["id"], row["status"], row["error"]) for row in listed] == [
        (events[0]["message_id"], "error", events[0]["message"])
    ]


def test_case_40_what_nobody_foresaw_is_an_internal_server_error(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.ECHO)
    workbench.change("UPDATE app_versions SET graph = '{' WHERE app_id = :id", "apps", id=app.id)
    api = workbench.api(app)
    refused(api.run({}), 500, "internal_server_error")
    refused(api.run({}, response_mode="streaming"), 500, "internal_server_error")


def test_case_41_over_the_ceiling_callers_wait(workbench: Workbench) -> None:
    gate = unique("ceiling").replace(" ", "-")
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    workbench.change("UPDATE apps SET max_active_requests = 1 WHERE id = :id", "apps", id=app.id)
    api = workbench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        stream.until("node_started")
        answer = api.run()
        refused(answer, 429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
        refused(api.run(response_mode="streaming"), 429, "too_many_requests")
        workbench.gate.open(gate)
        assert stream.rest()[-1]["event"] == "workflow_finished"
    assert api.run().status_code == 200


def test_case_42_a_dropped_stream_frees_its_slot(workbench: Workbench) -> None:
    gate = unique("dropped").replace(" ", "-")
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    workbench.change("UPDATE apps SET max_active_requests = 1 WHERE id = :id", "apps", id=app.id)
    api = workbench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
    workbench.gate.wait(gate)

    def free() -> bool:
        address = f"{api.base}/workflows/run"
        with api.http.stream("POST", address, headers=api.headers, json=api.run_body()) as answer:
            return answer.status_code == 200

    eventually(free, "the slot is given back")
    workbench.gate.open(gate)
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] == "succeeded", "the run ends")


@pytest.fixture(scope="module")
def quiet_stream(workbench: Workbench) -> Any:
    """A stream whose only node says nothing for 21 seconds, read while the other tests run."""
    gate = unique("quiet").replace(" ", "-")
    api = workbench.api(workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate))))
    found: list[list[str]] = []

    def read() -> None:
        with api.stream("/workflows/run", api.run_body()) as stream:
            found.append([frame.event for frame in stream])

    reader = threading.Thread(target=read)
    reader.start()
    timer = threading.Timer(21, workbench.gate.open, [gate])
    timer.start()

    def finished() -> list[str]:
        reader.join(40)
        return found[0]

    return finished


@pytest.fixture(autouse=True)
def _begin_to_wait_early(quiet_stream: Any) -> None:
    """Case 43 waits for real seconds; the other tests fill them."""


def test_case_44_files_that_cannot_be_taken(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)

    def local(file_id: Any) -> JsonMap:
        return {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}

    remote = {"type": "image", "transfer_method": "remote_url"}
    for files in (
        [local(str(uuid4()))],
        [local("not-a-uuid")],
        [local(None)],
        [local("")],
        [local({"id": 1})],
        [{"type": "image", "transfer_method": "carrier", "upload_file_id": str(uuid4())}],
        [{"type": "parchment", "transfer_method": "local_file", "upload_file_id": str(uuid4())}],
        [{**remote, "url": "ftp://example.com/a.png"}],
        [{**remote, "url": "file:///etc/passwd"}],
        [{**remote, "url": "/etc/passwd"}],
        [{**remote, "url": 7}],
    ):
        refused(api.chat("look", files=files), 400, "invalid_param", params="files")
    refused(api.chat("look", files="none"), 400, "invalid_param", params="files")
    refused(api.chat("look", files={"0": local(str(uuid4()))}), 400, "invalid_param", params="files")
    uploads = [api.upload(f"{name}.png", workbench.png()).json()["id"] for name in "abc"]
    refused(api.chat("look", files=[local(each) for each in uploads]), 400, "invalid_param", params="files")
    assert api.chat("look", files=[local(each) for each in uploads[:2]]).status_code == 200


def test_case_45_files_are_ignored_where_they_are_off(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    files = [{"type": "image", "transfer_method": "local_file", "upload_file_id": str(uuid4())}]
    answer = api.chat("look", files=files)
    assert answer.status_code == 200
    conversation = answer.json()["conversation_id"]
    listed = api.get("/messages", user=api.user, conversation_id=conversation).json()["data"]
    assert listed[0]["message_files"] == []


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


# ---- completion ----


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


# ---- advanced chat ----


def node_started(envelope: JsonMap, **members: Any) -> JsonMap:
    data = {
        "id": ID,
        "node_id": TEXT,
        "node_type": TEXT,
        "title": TEXT,
        "index": COUNT,
        "predecessor_node_id": TEXT,
        "inputs": None,
        "inputs_truncated": False,
        "created_at": NOW,
        "extras": {},
        "agent_strategy": None,
        "iteration_id": None,
        "loop_id": None,
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        "parallel_run_id": None,
        **members,
    }
    return {"event": "node_started", **envelope, "data": data}


def node_finished(envelope: JsonMap, event: str = "node_finished", **members: Any) -> JsonMap:
    data = {
        "id": ID,
        "node_id": TEXT,
        "node_type": TEXT,
        "title": TEXT,
        "index": COUNT,
        "predecessor_node_id": TEXT,
        "inputs": None,
        "inputs_truncated": False,
        "process_data": None,
        "process_data_truncated": False,
        "outputs": None,
        "outputs_truncated": False,
        "status": "succeeded",
        "error": None,
        "elapsed_time": SECONDS,
        "execution_metadata": None,
        "created_at": NOW,
        "finished_at": NOW,
        "files": [],
        "iteration_id": None,
        "loop_id": None,
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        **members,
    }
    return {"event": event, **envelope, "data": data}


def run_finished(envelope: JsonMap, **members: Any) -> JsonMap:
    data = {
        "id": envelope["workflow_run_id"],
        "workflow_id": ID,
        "sequence_number": 0,
        "status": "succeeded",
        "outputs": None,
        "error": None,
        "elapsed_time": SECONDS,
        "total_tokens": 0,
        "total_steps": COUNT,
        "created_by": {"id": ID, "user": TEXT},
        "created_at": NOW,
        "finished_at": NOW,
        "exceptions_count": 0,
        "files": [],
        **members,
    }
    return {"event": "workflow_finished", **envelope, "data": data}


def system_inputs(envelope: JsonMap, api: AppApi, **members: Any) -> JsonMap:
    return {
        "sys.files": [],
        "sys.user_id": api.user,
        "sys.app_id": ID,
        "sys.workflow_id": ID,
        "sys.workflow_run_id": envelope["workflow_run_id"],
        **members,
    }


def test_case_52_a_chatflow_streams_its_nodes_and_its_text(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.PLAIN_CHATFLOW), unique("plain")
    events = api.chat_events(query)
    shared = {"conversation_id": ID, "message_id": ID, "created_at": NOW, "task_id": ID}
    message = {name: events[0][name] for name in shared}
    assert message == shared
    graph = {**message, "workflow_run_id": events[0]["workflow_run_id"]}
    inputs = system_inputs(
        graph,
        api,
        **{"sys.query": query, "sys.conversation_id": message["conversation_id"], "sys.dialogue_count": 1},
    )
    started = events[0]
    assert started == {
        "event": "workflow_started",
        **graph,
        "data": {
            "id": graph["workflow_run_id"],
            "workflow_id": ID,
            "sequence_number": 0,
            "inputs": inputs,
            "created_at": NOW,
            "reason": "initial",
        },
    }
    texts = [event for event in events if event["event"] == "message"]
    others = [event for event in events if event["event"] != "message"]
    assert [
        *others[1:],
    ] == [
        node_started(graph, node_id="start", node_type="start", title="Start", index=1, predecessor_node_id=None),
        node_finished(
            graph,
            node_id="start",
            node_type="start",
            title="Start",
            index=1,
            predecessor_node_id=None,
            inputs=inputs,
            outputs=inputs,
        ),
        node_started(graph, node_id="answer", node_type="answer", index=2, predecessor_node_id="start"),
        node_finished(
            graph,
            node_id="answer",
            node_type="answer",
            index=2,
            predecessor_node_id="start",
            outputs={"answer": f"You asked: {query}", "files": []},
        ),
        run_finished(
            graph,
            outputs={"answer": f"You asked: {query}", "files": []},
            total_steps=2,
            created_by={"id": ID, "user": api.user},
        ),
        {
            "event": "message_end",
            **message,
            "id": message["message_id"],
            "metadata": {
                "usage": usage(
                    prompt_tokens=0,
                    completion_tokens=0,
                    total_tokens=0,
                    prompt_price="0.0",
                    completion_price="0.0",
                    total_price="0.0",
                    prompt_unit_price="0.0",
                    prompt_price_unit="0.0",
                    completion_unit_price="0.0",
                    completion_price_unit="0.0",
                    latency=0.0,
                ),
                "retriever_resources": [],
                "annotation_reply": None,
            },
            "files": [],
        },
    ]
    assert "".join(event["answer"] for event in texts) == f"You asked: {query}"
    for event in texts:
        assert event == {
            "event": "message",
            **message,
            "id": message["message_id"],
            "answer": TEXT,
            "from_variable_selector": event["from_variable_selector"],
        }
    finished = [event["data"]["id"] for event in others if event["event"] == "node_finished"]
    assert finished == [event["data"]["id"] for event in others if event["event"] == "node_started"]


def test_model_text_of_a_chatflow_comes_between_the_events_of_its_node(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHATFLOW), unique("flow")
    events = api.chat_events(query, inputs={"name": "Ada"})
    steps = [
        (event["event"], event.get("data", {}).get("node_id", "") or event.get("from_variable_selector"))
        for event in events
        if event["event"] in ("node_started", "node_finished", "message")
    ]
    first_chunk = steps.index(("message", ["reply", "text"]))
    last_chunk = len(steps) - 1 - steps[::-1].index(("message", ["reply", "text"]))
    assert steps.index(("node_started", "reply")) < first_chunk
    assert last_chunk < steps.index(("node_finished", "reply"))
    assert text_of(events) == f"You said: {query} (turn 1)"
    end = events[-1]
    assert end["event"] == "message_end"
    assert end["metadata"]["usage"] == usage()
    finished = next(event for event in events if event["event"] == "workflow_finished")
    assert finished["data"]["total_tokens"] == end["metadata"]["usage"]["total_tokens"]
    model = next(
        event["data"] for event in events if event["event"] == "node_finished" and event["data"]["node_id"] == "reply"
    )
    assert model["execution_metadata"] == {
        "total_tokens": end["metadata"]["usage"]["total_tokens"],
        "total_price": "0.0000000",
        "currency": "USD",
    }


def test_case_53_a_failed_chatflow_ends_with_an_error(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FAILING_CHATFLOW)
    events = api.chat_events("break")
    assert names_of(events) == [
        "workflow_started",
        "node_started",
        "node_finished",
        "node_started",
        "node_finished",
        "workflow_finished",
        "error",
    ]
    failed, finished, error = events[-3:]
    assert (failed["data"]["node_id"], failed["data"]["status"]) == ("boom", "failed")
    assert "the machine broke" in failed["data"]["error"]
    assert (finished["data"]["status"], finished["data"]["error"]) == ("failed", failed["data"]["error"])
    assert error == {
        "event": "error",
        "conversation_id": ID,
        "message_id": ID,
        "created_at": NOW,
        "code": "invalid_param",
        "status": 400,
        "message": f"Run failed: {failed['data']['error']}",
    }
    refused(api.chat("break"), 400, "invalid_param")
    message = api.get("/messages", user=api.user, conversation_id=error["conversation_id"]).json()["data"][0]
    assert (message["status"], message["answer"]) == ("error", "")


# ---- workflow ----


def test_case_54_a_failed_workflow_is_no_http_error(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FAILING_WORKFLOW)
    answer = api.run()
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "task_id": ID,
        "workflow_run_id": ID,
        "data": {
            "id": body["workflow_run_id"],
            "workflow_id": ID,
            "status": "failed",
            "outputs": body["data"]["outputs"],
            "error": TEXT,
            "elapsed_time": SECONDS,
            "total_tokens": 0,
            "total_steps": 2,
            "created_at": NOW,
            "finished_at": NOW,
        },
    }
    assert not body["data"]["outputs"]
    events = api.run_events()
    assert names_of(events)[-2:] == ["node_finished", "workflow_finished"]
    assert "error" not in names_of(events)
    assert events[-1]["data"]["status"] == "failed"


def test_case_55_a_workflow_that_succeeds(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.ECHO)
    body = api.run({"word": "tide", "count": 2}).json()
    assert body == {
        "task_id": ID,
        "workflow_run_id": ID,
        "data": {
            "id": body["workflow_run_id"],
            "workflow_id": ID,
            "status": "succeeded",
            "outputs": {"text": "tide x 2"},
            "error": None,
            "elapsed_time": SECONDS,
            "total_tokens": 0,
            "total_steps": 3,
            "created_at": NOW,
            "finished_at": NOW,
        },
    }
    assert body["data"]["finished_at"] >= body["data"]["created_at"]

    events = api.run_events({"word": "tide", "count": 2})
    envelope = {"workflow_run_id": ID, "task_id": ID}
    envelope = {name: events[0][name] for name in envelope}
    inputs = system_inputs(envelope, api, word="tide", count=2, **{"sys.timestamp": NOW})
    assert events == [
        {
            "event": "workflow_started",
            **envelope,
            "data": {
                "id": envelope["workflow_run_id"],
                "workflow_id": body["data"]["workflow_id"],
                "sequence_number": 0,
                "inputs": inputs,
                "created_at": NOW,
                "reason": "initial",
            },
        },
        node_started(envelope, node_id="start", index=1, predecessor_node_id=None),
        node_finished(envelope, node_id="start", index=1, predecessor_node_id=None, inputs=inputs, outputs=inputs),
        node_started(envelope, node_id="shout", node_type="template-transform", index=2),
        node_finished(
            envelope,
            node_id="shout",
            node_type="template-transform",
            index=2,
            predecessor_node_id="start",
            inputs={"word": "tide", "count": 2},
            outputs={"output": "tide x 2"},
        ),
        {
            "event": "text_chunk",
            **envelope,
            "data": {"text": "tide x 2", "from_variable_selector": ["shout", "output"]},
        },
        node_started(envelope, node_id="end", node_type="end", index=3, predecessor_node_id="shout"),
        node_finished(
            envelope,
            node_id="end",
            node_type="end",
            index=3,
            predecessor_node_id="shout",
            inputs={"text": "tide x 2"},
            outputs={"text": "tide x 2"},
        ),
        run_finished(
            envelope,
            outputs={"text": "tide x 2"},
            total_steps=3,
            created_by={"id": ID, "user": api.user},
        ),
    ]


def test_a_workflow_streams_the_text_of_its_model(workbench: Workbench) -> None:
    api, topic = workbench.of(sample_apps.WRITER), unique("storm")
    events = api.run_events({"topic": topic})
    chunks = [event for event in events if event["event"] == "text_chunk"]
    envelope = {name: events[0][name] for name in ("workflow_run_id", "task_id")}
    for chunk in chunks:
        assert chunk == {
            "event": "text_chunk",
            **envelope,
            "data": {"text": TEXT, "from_variable_selector": chunk["data"]["from_variable_selector"]},
        }
    model_text = "".join(
        chunk["data"]["text"] for chunk in chunks if chunk["data"]["from_variable_selector"] == ["write", "text"]
    )
    finished = events[-1]["data"]
    assert model_text == finished["outputs"]["text"] == f"You said: Write about {topic}"
    assert finished["outputs"]["topic"] == topic
    assert finished["total_tokens"] > 0


def test_only_the_branch_taken_runs(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.ROUTER)
    for ticket, desk, node in (("a refund", "Billing: a refund", "billing"), ("hi", "General: hi", "general")):
        events = api.run_events({"ticket": ticket})
        ran = [event["data"]["node_id"] for event in events if event["event"] == "node_finished"]
        assert ran == ["start", "route", node, f"end_{node}"]
        assert events[-1]["data"]["outputs"] == {"desk": desk}


def test_case_56_a_handled_failure_is_an_exception(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.HANDLED_WORKFLOW)
    events = api.run_events()
    handled = next(event["data"] for event in events if event.get("data", {}).get("status") == "exception")
    assert handled["outputs"] == {
        "result": "spare",
        "error_message": handled["error"],
        "error_type": TEXT,
    }
    assert handled["execution_metadata"] == {"error_strategy": "default-value"}
    finished = events[-1]["data"]
    assert (finished["status"], finished["exceptions_count"], finished["error"]) == (
        "partial-succeeded",
        1,
        finished["error"],
    )
    assert finished["outputs"] == {"text": "spare", "why": handled["outputs"]["error_type"]}


def test_case_58_retries_are_told_before_the_end_of_the_node(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.RETRYING_WORKFLOW)
    events = api.run_events()
    envelope = {name: events[0][name] for name in ("workflow_run_id", "task_id")}
    started = next(e["data"] for e in events if e["event"] == "node_started" and e["data"]["node_id"] == "boom")
    retries = [event for event in events if event["event"] == "node_retry"]
    assert retries == [
        node_finished(
            envelope,
            "node_retry",
            id=started["id"],
            node_id="boom",
            node_type="code",
            index=2,
            predecessor_node_id="start",
            status="retry",
            error=TEXT,
            inputs=retries[0]["data"]["inputs"],
            process_data=retries[0]["data"]["process_data"],
            retry_index=number,
        )
        for number in (1, 2)
    ]
    last = [event for event in events if event["event"] in ("node_retry", "node_finished")][-1]
    assert (last["event"], last["data"]["id"], last["data"]["status"]) == ("node_finished", started["id"], "failed")
    assert events[-1]["data"]["total_steps"] == 2


def test_case_59_a_file_inside_inputs_becomes_a_file_object(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FILE_WORKFLOW)
    uploaded = api.upload("shelf.png", workbench.png()).json()
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": uploaded["id"]}
    events = api.run_events({"report": sent})
    file = next(e["data"] for e in events if e["event"] == "node_finished")["outputs"]["report"]
    assert file == {
        "dify_model_identity": "__dify__file__",
        "id": file["id"],
        "tenant_id": ID,
        "type": "image",
        "transfer_method": "local_file",
        "remote_url": file["remote_url"],
        "related_id": uploaded["id"],
        "filename": "shelf.png",
        "extension": ".png",
        "mime_type": "image/png",
        "size": len(workbench.png()),
        "url": TEXT,
    }
    assert file["remote_url"] in ("", None)
    assert workbench.http.get(file["url"]).content == workbench.png()
    finished = events[-1]["data"]
    assert finished["outputs"]["name"] == "shelf.png"
    assert [each["related_id"] for each in finished["files"]] == [uploaded["id"]]


def test_case_60_pinned_versions(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.ECHO)
    api = workbench.api(app)
    version = api.run({"word": "a"}).json()["data"]["workflow_id"]
    draft = workbench.rows("SELECT id FROM app_versions WHERE app_id = :id AND kind = 'draft'", id=app.id)[0][0]
    body = {"inputs": {"word": "a"}, "user": api.user}
    assert api.post(f"/workflows/{version}/run", body).json()["data"]["workflow_id"] == version
    refused(api.post("/workflows/not-a-uuid/run", body), 400, "bad_request")
    refused(api.post(f"/workflows/{draft}/run", body), 400, "bad_request")
    refused(api.post(f"/workflows/{uuid4()}/run", body), 404, "not_found")
    foreign = workbench.of(sample_apps.ROUTER).run({"ticket": "x"}).json()["data"]["workflow_id"]
    refused(api.post(f"/workflows/{foreign}/run", {**body, "inputs": {"ticket": "x"}}), 404, "not_found")

    flow = workbench.of(sample_apps.PLAIN_CHATFLOW)
    refused(flow.chat("hi", workflow_id="not-a-uuid"), 400, "bad_request")
    refused(flow.chat("hi", workflow_id=str(uuid4())), 404, "not_found")
    assert flow.chat("hi", workflow_id=None).status_code == 200


# ---- stop ----


def stop(api: AppApi, path: str, task: str, **body: Any) -> Any:
    return api.post(f"{path}/{task}/stop", {"user": api.user, **body})


def test_case_61_a_stopped_chat_ends_with_its_text_so_far(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("stop me")
    workbench.model.hang(times=1, after_events=5)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        first = stream.until("message")
        answer = stop(api, "/chat-messages", first["task_id"])
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
        events = [first, *stream.rest()]
    assert names_of(events) == ["message", "message_end"]
    said = text_of(events)
    assert said
    assert f"You said: {query}".startswith(said)
    listed = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
    assert [(row["answer"], row["status"]) for row in listed] == [(said, "normal")]


def test_case_61_a_stopped_completion_ends_with_its_text_so_far(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.COMPLETION)
    workbench.model.hang(times=1, after_events=4)
    body = {"inputs": {"product": unique("boots")}, "user": api.user, "response_mode": "streaming"}
    with api.stream("/completion-messages", body) as stream:
        task = stream.until("message")["task_id"]
        assert stop(api, "/completion-messages", task).json() == {"result": "success"}
        assert names_of(stream.rest())[-1] == "message_end"


def held(workbench: Workbench, make: Any) -> tuple[AppApi, str]:
    gate = unique("held").replace(" ", "-")
    return workbench.api(workbench.import_app(make(workbench.gate.held(gate)))), gate


def started(stream: Stream, workbench: Workbench, gate: str) -> JsonMap:
    event = stream.until("workflow_started")
    workbench.gate.wait(gate)
    return event


@pytest.mark.parametrize("path", ["/workflows/tasks", "/workflows"])
def test_case_61_a_stopped_workflow_ends_stopped(workbench: Workbench, path: str) -> None:
    api, gate = held(workbench, sample_apps.held_workflow)
    with api.stream("/workflows/run", api.run_body()) as stream:
        first = started(stream, workbench, gate)
        assert stop(api, path, first["task_id"]).json() == {"result": "success"}
        events = stream.rest()
    finished = events[-1]["data"]
    assert (events[-1]["event"], finished["status"], finished["error"]) == ("workflow_finished", "stopped", TEXT)
    assert [e["data"]["node_id"] for e in events if e["event"] == "node_finished"] == ["start"]
    detail = api.get(f"/workflows/run/{first['workflow_run_id']}").json()
    assert detail["status"] == "stopped"
    nodes = workbench.rows(
        "SELECT node_id, status FROM node_executions WHERE run_id = :id ORDER BY node_index",
        id=first["workflow_run_id"],
    )
    assert nodes == [("start", "succeeded"), ("wait", "failed")]


def test_case_61_a_stopped_chatflow_ends_stopped_and_with_message_end(workbench: Workbench) -> None:
    api, gate = held(workbench, sample_apps.held_chatflow)
    with api.stream("/chat-messages", api.chat_body("wait", response_mode="streaming")) as stream:
        first = started(stream, workbench, gate)
        stop(api, "/chat-messages", first["task_id"])
        events = stream.rest()
    assert names_of(events)[-2:] == ["workflow_finished", "message_end"]
    assert events[-2]["data"]["status"] == "stopped"
    listed = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
    assert [(row["answer"], row["status"]) for row in listed] == [(text_of(events), "normal")]


def test_case_62_a_task_of_somebody_else_goes_on(workbench: Workbench) -> None:
    api, gate = held(workbench, sample_apps.held_workflow)
    assert stop(api, "/workflows/tasks", str(uuid4())).json() == {"result": "success"}
    assert stop(api, "/workflows/tasks", "no-uuid-at-all").json() == {"result": "success"}
    with api.stream("/workflows/run", api.run_body()) as stream:
        task = started(stream, workbench, gate)["task_id"]
        answer = stop(api.as_user("somebody else"), "/workflows/tasks", task)
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
        elsewhere = workbench.api(workbench.shared_app(sample_apps.ECHO), api.user)
        assert stop(elsewhere, "/workflows/tasks", task).json() == {"result": "success"}
        workbench.gate.open(gate)
        finished = stream.rest()[-1]
    assert finished["data"]["status"] == "succeeded"
    assert stop(api, "/workflows/tasks", task).json() == {"result": "success"}


def test_case_63_a_stop_needs_a_user_and_the_right_mode(workbench: Workbench) -> None:
    chat_api, run_api = workbench.of(sample_apps.CHAT), workbench.of(sample_apps.ECHO)
    refused(chat_api.post(f"/chat-messages/{uuid4()}/stop", {}), 400, "invalid_param", params="user")
    refused(stop(run_api, "/chat-messages", "x"), 400, "not_chat_app")
    refused(stop(run_api, "/completion-messages", "x"), 400, "app_unavailable")
    refused(stop(chat_api, "/workflows/tasks", "x"), 400, "not_workflow_app")


# ---- versions ----


def test_a_draft_that_changed_is_not_what_runs(workbench: Workbench) -> None:
    old = workflow(
        start(text_input("word"), to="say"),
        template("say", "old {{ word }}", word="start.word", to="end"),
        end(text="say.output"),
    )
    app = workbench.import_app(old)
    workbench.change(
        "UPDATE app_versions SET graph = replace(graph, 'old ', 'new ') WHERE app_id = :id AND kind = 'draft'",
        "apps",
        id=app.id,
    )
    assert workbench.api(app).run({"word": "x"}).json()["data"]["outputs"] == {"text": "old x"}


def test_two_users_with_one_name_in_two_apps_are_two_users(workbench: Workbench) -> None:
    one = workbench.of(chat(name="One"))
    two = workbench.api(workbench.shared_app(chat(name="Two")), one.user)
    one.chat("hi")
    assert two.get("/conversations", user=two.user).json()["data"] == []


def test_case_43_a_silent_stream_is_kept_alive(quiet_stream: Any) -> None:
    events = quiet_stream()
    assert events.count("ping") >= 2
    first_ping = events.index("ping")
    assert events[:first_ping] == ["workflow_started", "node_started", "node_finished", "node_started"]
    assert events[-1] == "workflow_finished"
