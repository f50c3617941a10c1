"""The Service API, case by case (spec service-api §12): streams and answers of chatflows and workflows."""

from typing import Any
from uuid import uuid4

from tests.server import sample_apps
from tests.server.app_files import end, start, template, text_input, workflow
from tests.server.harness import Workbench
from tests.server.http_client import names_of, text_of
from tests.server.matchers import ID, NOW, SECONDS, TEXT, refused, usage
from tests.server.payloads import node_finished, node_started, run_finished, system_inputs, unique

JsonMap = dict[str, Any]


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
