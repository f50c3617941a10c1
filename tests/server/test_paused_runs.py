"""Runs that wait for a person, seen by a caller of the API."""

from typing import Any

from tests.apps.asking import approval, human
from tests.server.app_files import Node, answer, chatflow, conversation_variable, leads, start
from tests.server.harness import Workbench, eventually
from tests.server.http_client import names_of


def test_a_run_that_waits_can_be_stopped(any_workbench: Workbench) -> None:
    api = any_workbench.api(any_workbench.import_app(approval()))
    events = api.run_events({"what": "it"})
    assert names_of(events)[-1] == "workflow_paused"
    run_id, task_id = events[0]["workflow_run_id"], events[0]["task_id"]
    assert api.get(f"/workflows/run/{run_id}").json()["status"] == "paused"
    assert api.post(f"/workflows/tasks/{task_id}/stop", {"user": api.user}).json() == {"result": "success"}
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] == "stopped", "the run is stopped")
    rows = any_workbench.rows("SELECT node_id, status FROM node_executions WHERE run_id = :id", id=run_id)
    assert sorted(tuple(row) for row in rows) == [("ask", "failed"), ("start", "succeeded")]


def test_what_was_said_before_a_stop_stays(any_workbench: Workbench) -> None:
    app = any_workbench.import_app(
        chatflow(
            start(to="first"),
            Node("first", answer("So far. ", "first").data, leads("ask")),
            human(content="Go on?", to={"ok": "last"}),
            answer("Never said.", "last"),
        )
    )
    api = any_workbench.api(app)
    events = api.chat_events("go")
    assert names_of(events)[-1] == "workflow_paused"
    assert api.post(f"/chat-messages/{events[0]['task_id']}/stop", {"user": api.user}).json() == {"result": "success"}
    run_id, conversation = events[0]["workflow_run_id"], events[0]["conversation_id"]
    status = "SELECT status FROM runs WHERE id = :id"
    eventually(lambda: any_workbench.rows(status, id=run_id)[0][0] == "stopped", "the run is stopped")
    (message,) = api.get("/messages", user=api.user, conversation_id=conversation).json()["data"]
    assert (message["answer"], message["status"]) == ("So far. ", "normal")


def inside(node: Node) -> Node:
    return Node(node.id, {**node.data, "isInIteration": True, "iteration_id": "it"}, node.to)


def test_rounds_that_wait_are_answered_one_by_one(any_workbench: Workbench) -> None:
    iteration = {
        "type": "iteration",
        "title": "it",
        "start_node_id": "itstart",
        "iterator_selector": ["conversation", "items"],
        "output_selector": ["ask", "note"],
        "is_parallel": True,
    }
    app = any_workbench.import_app(
        chatflow(
            start(to="it"),
            Node("it", iteration, leads("last")),
            inside(Node("itstart", {"type": "iteration-start", "title": ""}, leads("ask"))),
            inside(human(content="About {{#it.item#}}", to={"ok": "told"})),
            inside(answer("{{#it.item#}}={{#ask.note#}} ", "told")),
            answer("end", "last"),
            conversation=[conversation_variable("items", "array[string]", ["a", "b", "c"])],
        )
    )
    api = any_workbench.api(app)
    events = api.chat_events("go")
    paused = events[-1]
    assert (paused["event"], paused["data"]["paused_nodes"]) == ("workflow_paused", ["ask"] * 3)
    forms = [event["data"] for event in events if event["event"] == "human_input_required"]
    for form, note in zip(forms, "xyz", strict=True):
        body = {"inputs": {"note": note}, "action": "ok", "user": api.user}
        assert api.post(f"/form/human_input/{form['form_token']}", body).json() == {}
    conversation, run_id = events[0]["conversation_id"], events[0]["workflow_run_id"]

    def message() -> dict[str, Any]:
        return dict(api.get("/messages", user=api.user, conversation_id=conversation).json()["data"][0])

    eventually(lambda: message()["answer"].endswith("end"), "the answer is complete")
    pairs = {form["form_content"].removeprefix("About "): note for form, note in zip(forms, "xyz", strict=True)}
    assert sorted(message()["answer"].split()) == [*(f"{item}={pairs[item]}" for item in "abc"), "end"]
    statement = "SELECT container_index, status FROM node_executions WHERE run_id = :id AND node_id = 'ask'"
    rows = any_workbench.rows(statement, id=run_id)
    assert sorted(tuple(row) for row in rows) == [(index, "succeeded") for index in range(3)]
