"""Inputs and variables as callers of the API see them (spec workflow-engine §25, cases 11 to 20)."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import (
    answer,
    assign,
    chatflow,
    conversation_variable,
    end,
    failing,
    http,
    if_contains,
    number_input,
    select_input,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.harness import Workbench
from tests.server.matchers import refused

JsonMap = dict[str, Any]

FORM = workflow(
    start(
        text_input("text", required=True, max_length=4),
        number_input("number"),
        select_input("choice", ["a", "b"]),
        to="end",
    ),
    end(text="start.text", number="start.number", choice="start.choice"),
    name="Form",
)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ({"text": ""}, {"text": "", "number": None, "choice": None}),
        ({"text": "x", "number": "3"}, {"text": "x", "number": 3, "choice": None}),
        ({"text": "x", "number": "3.5"}, {"text": "x", "number": 3.5, "choice": None}),
        ({"text": "x", "number": " "}, {"text": "x", "number": None, "choice": None}),
        ({"text": "x", "choice": "b", "other": 1}, {"text": "x", "number": None, "choice": "b"}),
        ({"text": "東京です"}, {"text": "東京です", "number": None, "choice": None}),
    ],
)
def test_inputs_that_are_accepted(workbench: Workbench, inputs: JsonMap, outputs: JsonMap) -> None:
    api = workbench.of(FORM)
    events = api.run_events(inputs)
    assert events[-1]["data"]["outputs"] == outputs
    given = {name: value for name, value in events[0]["data"]["inputs"].items() if not name.startswith("sys.")}
    assert given == outputs


@pytest.mark.parametrize(
    ("inputs", "variable"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": "12345"}, "text"),
        ({"text": "東京ですね"}, "text"),
        ({"text": "x", "number": "x"}, "number"),
        ({"text": "x", "choice": "c"}, "choice"),
    ],
)
def test_inputs_that_are_refused_before_any_event(workbench: Workbench, inputs: JsonMap, variable: str) -> None:
    api = workbench.of(FORM)
    refused(api.run(inputs), 400, "invalid_param", params=variable)
    refused(api.run(inputs, response_mode="streaming"), 400, "invalid_param", params=variable)


def test_a_workflow_has_no_query(workbench: Workbench) -> None:
    """A missing variable fails a condition, and is nothing in a template."""
    condition = if_contains("route", "sys.query", "x", then="yes", otherwise="no")
    routed = workflow(
        start(to="route"),
        condition,
        template("yes", "yes", to="end"),
        template("no", "no", to="end"),
        end(a="yes.output", b="no.output"),
    )
    assert workbench.of(routed).run().json()["data"]["status"] == "failed"
    name = uuid4().hex
    address = f"{workbench.gate.free(name)}?q=[{{{{#sys.query#}}}}]"
    asked = workbench.of(workflow(start(to="ask"), http("ask", address, to="end"), end(status="ask.status_code")))
    assert asked.run().json()["data"]["outputs"] == {"status": 200}
    assert workbench.gate.requests_to(f"/{name}")[0].query == (("q", "[]"),)


def test_the_first_turn_is_number_one_and_knows_its_conversation(workbench: Workbench) -> None:
    api = workbench.of(chatflow(start(to="answer"), answer("{{#sys.dialogue_count#}} {{#sys.conversation_id#}}")))
    first = api.chat("hi").json()
    conversation = first["conversation_id"]
    assert first["answer"] == f"1 {conversation}"
    assert api.chat("hi", conversation_id=conversation).json()["answer"] == f"2 {conversation}"


def test_a_variable_added_later_has_its_default_in_old_conversations(workbench: Workbench) -> None:
    app = workbench.import_app(
        chatflow(
            start(to="answer"),
            answer("{{#conversation.old#}} {{#conversation.new#}}."),
            conversation=[conversation_variable("old", "string", "was there")],
        )
    )
    api = workbench.api(app)
    first = api.chat("hi").json()
    assert first["answer"] == "was there ."
    added = conversation_variable("new", "string", "came later")
    ((text,),) = workbench.rows(
        "SELECT conversation_variables FROM app_versions WHERE app_id = :id AND kind = 'draft'", id=app.id
    )
    workbench.change(
        "UPDATE app_versions SET conversation_variables = :text WHERE app_id = :id AND kind = 'draft'",
        text=json.dumps([*json.loads(text), added]),
        id=app.id,
    )
    workbench.publish(app)
    again = api.chat("hi", conversation_id=first["conversation_id"]).json()
    assert again["answer"] == "was there came later."
    path = f"/conversations/{first['conversation_id']}/variables"
    assert {row["name"] for row in api.get(path, user=api.user).json()["data"]} == {"old", "new"}


def test_what_was_written_before_a_failure_stays_written(workbench: Workbench) -> None:
    """Failing is chosen by the query, so that a later turn can read the variable."""
    api = workbench.of(
        chatflow(
            start(to="count"),
            assign("count", "turns", "+=", 1, to="route"),
            if_contains("route", "sys.query", "fail", then="boom", otherwise="answer"),
            failing(),
            answer("{{#conversation.turns#}}"),
            conversation=[conversation_variable("turns", "number", 0)],
        )
    )
    conversation = api.chat("go").json()["conversation_id"]
    refused(api.chat("fail", conversation_id=conversation), 400, "invalid_param")
    (variable,) = api.get(f"/conversations/{conversation}/variables", user=api.user).json()["data"]
    assert variable["value"] == "2"
    assert api.chat("go", conversation_id=conversation).json()["answer"] == "3"


def test_unresolved_references_are_nothing(workbench: Workbench) -> None:
    api = workbench.of(chatflow(start(to="answer"), answer("[{{#nobody.x#}}] sys.query {{ sys.query }}")))
    assert api.chat(uuid4().hex).json()["answer"] == "[] sys.query {{ sys.query }}"


def test_a_published_app_keeps_running_while_its_draft_changes(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.PLAIN_CHATFLOW)
    api = workbench.api(app)
    workbench.change(
        "UPDATE app_versions SET graph = replace(graph, 'You asked', 'Changed') WHERE app_id = :id AND kind = 'draft'",
        id=app.id,
    )
    assert api.chat("a").json()["answer"] == "You asked: a"
    workbench.publish(app)
    assert api.chat("a").json()["answer"] == "Changed: a"
