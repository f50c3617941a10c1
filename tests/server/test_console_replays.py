"""Repeating logged runs from one of their nodes on: what stays, what runs anew, and what is refused."""

from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import (
    Node,
    answer,
    assign,
    chatflow,
    code,
    conversation_variable,
    end,
    file_input,
    if_contains,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap, text_of
from tests.server.matchers import refused

CHAIN = workflow(
    start(text_input("word"), to="stamp"),
    code("stamp", "import uuid\n\ndef main():\n    return {'id': str(uuid.uuid4())}\n", {"id": "string"}, to="shout"),
    template("shout", "{{ word }} {{ id }}!", word="start.word", id="stamp.id", to="last"),
    template("last", "<{{ said }}>", said="shout.output", to="end"),
    end(text="last.output", id="stamp.id"),
    name="Chain",
)
"""`stamp` gives something else each time, so that what was kept is told from what ran."""


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


def plan(console: Console, run_id: str, node_id: str, **choice: str) -> JsonMap:
    query = "&".join(f"{name}={value}" for name, value in {"node_id": node_id, **choice}.items())
    answer = console.get(f"/runs/{run_id}/replay?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def replay(console: Console, run_id: str, node_id: str, inputs: JsonMap | None = None, **choice: str) -> list[JsonMap]:
    return console.events(f"/runs/{run_id}/replays", {"node_id": node_id, "inputs": inputs or {}, **choice})


def detail(console: Console, run_id: str) -> JsonMap:
    return dict(console.get(f"/runs/{run_id}").json())


def ended(events: list[JsonMap]) -> JsonMap:
    return next(dict(event["data"]) for event in events if event["event"] == "workflow_finished")


def outputs_of(events: list[JsonMap]) -> dict[str, object]:
    return {e["data"]["node_id"]: e["data"]["outputs"] for e in events if e["event"] == "node_finished"}


def carried(run: JsonMap) -> list[str]:
    return [node["node_id"] for node in run["nodes"] if (node["execution_metadata"] or {}).get("carried_from")]


def test_what_stands_before_the_node_keeps_its_outputs(console: Console) -> None:
    app_id = console.new_app(CHAIN)
    first = ended(console.run(app_id, {"word": "hi"}))
    shown = plan(console, first["id"], "shout")
    assert [(v["key"], v["value"], v["known"]) for v in shown["variables"]] == [
        ("start.word", "hi", True),
        ("stamp.id", first["outputs"]["id"], True),
    ]
    assert ([node["node_id"] for node in shown["carried"]], shown["lost"]) == (["start", "stamp"], [])

    events = replay(console, first["id"], "shout", {"start.word": "ho"})
    again = ended(events)
    assert again["status"] == "succeeded"
    assert again["outputs"] == {"text": f"<ho {first['outputs']['id']}!>", "id": first["outputs"]["id"]}
    assert events[0]["data"]["reason"] == "initial"
    assert list(outputs_of(events)) == ["start", "stamp", "shout", "last", "end"]
    run = detail(console, again["id"])
    assert (run["replay_of"], run["triggered_from"]) == (first["id"], "debugging")
    assert run["replay"] == {
        "node_id": "shout",
        "title": "shout",
        "graph": "recorded",
        "conversation": "recorded",
        "edited": ["start.word"],
    }
    assert carried(run) == ["start", "stamp"]
    assert [each["id"] for each in detail(console, first["id"])["replays"]] == [again["id"]]

    third = ended(replay(console, again["id"], "last"))
    assert third["outputs"] == again["outputs"]
    assert carried(detail(console, third["id"])) == ["start", "stamp", "shout"]


def test_a_run_is_repeated_from_its_start(console: Console) -> None:
    app_id = console.new_app(CHAIN)
    first = ended(console.run(app_id, {"word": "hi"}))
    shown = plan(console, first["id"], "start")
    assert [(v["key"], v["value"]) for v in shown["variables"]] == [("start.word", "hi")]
    again = ended(replay(console, first["id"], "start", {"start.word": "ho"}))
    assert again["outputs"]["text"].startswith("<ho ")
    assert again["outputs"]["id"] != first["outputs"]["id"]
    assert carried(detail(console, again["id"])) == []
    refused(
        console.post(f"/runs/{first['id']}/replays", {"node_id": "start", "inputs": {"start.word": ["no text"]}}),
        400,
        "invalid_param",
    )


def test_a_published_run_is_repeated_on_its_version_or_on_the_draft(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(CHAIN)
    console.post(f"/apps/{app_id}/workflows/publish")
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    caller = any_workbench.raw(Authorization=f"Bearer {key}")
    body = {"inputs": {"word": "hi"}, "user": "u", "response_mode": "blocking"}
    first = caller.post("/v1/workflows/run", body).json()["data"]

    draft = console.draft(app_id)
    for node in draft["graph"]["nodes"]:
        if node["id"] == "last":
            node["data"]["template"] = "[{{ said }}]"
        if node["id"] == "shout":
            node["data"]["template"] = "changed"
    assert console.save(app_id, draft).status_code == 200
    then = ended(replay(console, first["id"], "last"))
    assert then["outputs"]["text"] == first["outputs"]["text"]
    now = plan(console, first["id"], "last", graph="draft")
    assert [node["node_id"] for node in now["carried"] if node["changed"]] == ["shout"]
    on_draft = ended(replay(console, first["id"], "last", graph="draft"))
    assert on_draft["outputs"]["text"] == f"[hi {first['outputs']['id']}!]"
    logged = caller.get("/v1/workflows/logs").json()
    assert [entry["workflow_run"]["id"] for entry in logged["data"]] == [first["id"]]


def test_the_draft_says_which_values_could_not_be_kept(console: Console) -> None:
    app_id = console.new_app(CHAIN)
    first = ended(console.run(app_id, {"word": "hi"}))
    draft = console.draft(app_id)
    graph = draft["graph"]
    new: JsonMap = {"id": "new", "type": "custom", "position": {"x": 0, "y": 0}}
    new["data"] = {"type": "template-transform", "title": "new", "template": "n", "variables": []}
    graph["nodes"] = [node for node in graph["nodes"] if node["id"] != "stamp"] + [new]
    graph["edges"] = [edge for edge in graph["edges"] if "stamp" not in (edge["source"], edge["target"])]
    for source, target in (("start", "new"), ("new", "shout")):
        graph["edges"].append({"id": source + target, "source": source, "target": target, "sourceHandle": "source"})
    assert console.save(app_id, draft).status_code == 200
    shown = plan(console, first["id"], "last", graph="draft")
    assert {(each["node_id"], each["reason"], each["runs"]) for each in shown["lost"]} == {
        ("stamp", "gone", False),
        ("new", "new", True),
        ("shout", "behind", True),
    }
    refusal = console.post(f"/runs/{first['id']}/replays", {"node_id": "shout", "graph": "draft"})
    refused(refusal, 400, "invalid_param")
    assert "stamp.id has no recorded value" in refusal.json()["message"]
    refused(console.get(f"/runs/{first['id']}/replay?node_id=stamp&graph=draft"), 404, "not_found")


def test_branches_beside_the_node_are_kept_and_skipped_ones_stay_skipped(console: Console) -> None:
    app_id = console.new_app(
        workflow(
            start(text_input("word"), to=["left", "route"]),
            code(
                "left", "import uuid\n\ndef main():\n    return {'id': str(uuid.uuid4())}\n", {"id": "string"}, to="end"
            ),
            if_contains("route", "start.word", "yes", then="a", otherwise="b"),
            template("a", "A {{ w }}", w="start.word", to="end"),
            template("b", "B {{ w }}", w="start.word", to="end"),
            end(a="a.output", b="b.output", left="left.id"),
        )
    )
    first = ended(console.run(app_id, {"word": "yes"}))
    again = ended(replay(console, first["id"], "a", {"start.word": "no longer"}))
    assert again["outputs"] == {**first["outputs"], "a": "A no longer"}
    other = ended(replay(console, first["id"], "route", {"start.word": "no"}))
    assert (other["outputs"]["b"], other["outputs"]["left"]) == ("B no", first["outputs"]["left"])
    assert not other["outputs"]["a"]
    refused(console.get(f"/runs/{first['id']}/replay?node_id=nowhere"), 404, "not_found")


def test_a_failed_run_goes_on_behind_what_had_worked(console: Console) -> None:
    app_id = console.new_app(
        workflow(
            start(text_input("number"), to="half"),
            template("half", "{{ 10 // (n | int) }}", n="start.number", to="end"),
            end(text="half.output"),
        )
    )
    failed = ended(console.run(app_id, {"number": "0"}))
    assert failed["status"] == "failed"
    again = ended(replay(console, failed["id"], "half", {"start.number": "5"}))
    assert (again["status"], again["outputs"]) == ("succeeded", {"text": "2"})


def test_a_node_inside_an_iteration_is_repeated_with_its_container(console: Console) -> None:
    inside = {"isInIteration": True, "iteration_id": "each"}
    app_id = console.new_app(
        workflow(
            start(to="list"),
            code("list", "def main():\n    return {'xs': ['a', 'b']}\n", {"xs": "array[string]"}, to="each"),
            Node(
                "each",
                {
                    "type": "iteration",
                    "title": "each",
                    "start_node_id": "entry",
                    "iterator_selector": ["list", "xs"],
                    "output_selector": ["shout", "output"],
                    "output_type": "array[string]",
                },
                {"source": "end"},
            ),
            Node("entry", {"type": "iteration-start", "title": "", **inside}, {"source": "shout"}),
            Node("shout", {**template("shout", "{{ x }}!", x="each.item").data, **inside}),
            end(all="each.output"),
        )
    )
    first = ended(console.run(app_id))
    assert first["outputs"] == {"all": ["a!", "b!"]}
    shown = plan(console, first["id"], "shout")
    assert (shown["node_id"], [v["key"] for v in shown["variables"]]) == ("each", ["list.xs"])
    again = ended(replay(console, first["id"], "shout", {"list.xs": ["c"]}))
    assert again["outputs"] == {"all": ["c!"]}
    events = replay(console, again["id"], "end")
    assert ended(events)["outputs"] == {"all": ["c!"]}
    assert [event["event"] for event in events if event["event"].startswith("iteration")] == [
        "iteration_started",
        "iteration_completed",
    ]


TURNS = chatflow(
    start(to="count"),
    assign("count", "turns", "+=", 1, to="say"),
    template(
        "say",
        "{{ n }}: {{ q }} {{ mood }}",
        n="conversation.turns",
        q="sys.query",
        mood="conversation.mood",
        to="answer",
    ),
    answer("{{#say.output#}}"),
    conversation=[conversation_variable("turns", "number", 0), conversation_variable("mood", "string", "calm")],
    name="Turns",
)


def test_a_turn_of_a_chatflow_is_repeated_with_its_variables_of_then_or_of_now(console: Console) -> None:
    app_id = console.new_app(TURNS)
    first = console.ask(app_id, "one")
    run_id, conversation = first[0]["workflow_run_id"], first[0]["conversation_id"]
    console.ask(app_id, "two", conversation_id=conversation)
    assert text_of(first) == "1: one calm"
    shown = plan(console, run_id, "say")
    assert (shown["conversation"], shown["conversation_kept"]) == ("recorded", True)
    assert {v["key"]: v["value"] for v in shown["variables"]} == {
        "conversation.turns": 1,
        "sys.query": "one",
        "conversation.mood": "calm",
    }
    then = replay(console, run_id, "say", {"conversation.mood": "glad"})
    assert text_of(then) == "1: one glad"
    assert then[0]["conversation_id"] != conversation
    now = replay(console, run_id, "say", {"sys.query": "uno"}, conversation="now")
    assert text_of(now) == "2: uno calm"
    from_count = replay(console, run_id, "count", {"conversation.turns": 6})
    assert text_of(from_count) == "7: one calm"
    third = console.ask(app_id, "three", conversation_id=conversation)
    assert text_of(third) == "3: three calm"
    message = detail(console, now[0]["workflow_run_id"])["message"]
    assert (message["query"], message["answer"]) == ("uno", "2: uno calm")


def test_what_was_not_kept_is_refused_in_words(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(TURNS)
    events = console.ask(app_id, "one")
    run_id = events[0]["workflow_run_id"]
    any_workbench.change("UPDATE runs SET conversation_values = NULL WHERE id = :id", id=run_id)
    assert plan(console, run_id, "say")["conversation"] == "now"
    refusal = console.get(f"/runs/{run_id}/replay?node_id=say&conversation=recorded")
    refused(refusal, 400, "invalid_param")
    assert "were not kept" in refusal.json()["message"]
    any_workbench.change("DELETE FROM node_executions WHERE run_id = :id", id=run_id)
    refusal = console.get(f"/runs/{run_id}/replay?node_id=say")
    refused(refusal, 400, "invalid_param")
    assert "were not kept" in refusal.json()["message"]
    refused(console.get(f"/runs/{uuid4()}/replay?node_id=say"), 404, "not_found")
    chat = console.new_app(sample_apps.CHAT)
    asked = console.events(f"/apps/{chat}/chat-messages", {"query": "hi"})
    assert asked[-1]["event"] == "message_end"
    run = console.get(f"/runs?app_id={chat}").json()["data"][0]["id"]
    refused(console.get(f"/runs/{run}/replay?node_id=llm"), 400, "invalid_param")


def test_a_file_that_is_gone_is_named(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(
        workflow(
            start(file_input("report"), to="name"),
            template("name", "{{ report.filename }}", report="start.report", to="end"),
            end(name="name.output"),
        )
    )

    def upload(name: str) -> JsonMap:
        answer = console.call("POST", "/files/upload", files={"file": (name, b"text", "text/plain")})
        return {"type": "document", "transfer_method": "local_file", "upload_file_id": answer.json()["id"]}

    first_file = upload("one.txt")
    first = ended(console.run(app_id, {"report": first_file}))
    assert first["outputs"] == {"name": "one.txt"}
    assert ended(replay(console, first["id"], "name"))["outputs"] == {"name": "one.txt"}
    any_workbench.change("DELETE FROM files WHERE id = :id", id=first_file["upload_file_id"])
    (variable,) = plan(console, first["id"], "name")["variables"]
    assert variable["lost_file"] == "one.txt"
    refusal = console.post(f"/runs/{first['id']}/replays", {"node_id": "name"})
    refused(refusal, 400, "invalid_param")
    assert '"one.txt" in start.report is no longer kept' in refusal.json()["message"]
    other = ended(replay(console, first["id"], "name", {"start.report": upload("two.txt")}))
    assert other["outputs"] == {"name": "two.txt"}
