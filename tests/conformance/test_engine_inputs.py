"""The numbered cases of spec workflow-engine §25 about inputs, system variables and conversations, over HTTP."""

from typing import Any

from tests.server.app_files import (
    answer,
    assign,
    chatflow,
    conversation_variable,
    end,
    failing,
    if_contains,
    number_input,
    select_input,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.server.http_client import AppApi
from tests.server.matchers import ID, refused

JsonMap = dict[str, Any]

FORM = workflow(
    start(
        text_input("name", required=True, max_length=48),
        number_input("n"),
        select_input("size", ["S", "L"]),
        to="end",
    ),
    end(name="start.name", n="start.n", size="start.size"),
)


def outputs(api: AppApi, **inputs: Any) -> JsonMap:
    answered = api.run(inputs)
    assert answered.status_code == 200, answered.text
    return answered.json()["data"]["outputs"]


def refuse(api: AppApi, **inputs: Any) -> str:
    """The message of a refusal before the run begins."""
    answered = api.post("/workflows/run", {**api.run_body(inputs)})
    refused(answered, 400, "invalid_param")
    return answered.json()["message"]


def test_case_11_a_required_text_may_be_empty_but_not_missing(workbench: Workbench) -> None:
    api = workbench.of(FORM)
    assert outputs(api, name="") == {"name": "", "n": None, "size": None}
    assert refuse(api, name=None) == refuse(api) == "name is required in input form."


def test_case_12_a_number_may_be_text(workbench: Workbench) -> None:
    api = workbench.of(FORM)
    given = [outputs(api, name="x", n=text)["n"] for text in ("3", "3.5", " ")]
    assert [(value, type(value)) for value in given] == [(3, int), (3.5, float), (None, type(None))]
    assert refuse(api, name="x", n="x") == "n in input form must be a valid number."


def test_case_13_a_choice_must_be_an_option(workbench: Workbench) -> None:
    assert refuse(workbench.of(FORM), name="x", size="M").startswith("size in input form must be one of")


def test_case_14_an_unknown_input_is_dropped(workbench: Workbench) -> None:
    api = workbench.of(FORM)
    events = api.run_events({"name": "x", "other": "y"})
    assert "other" not in events[0]["data"]["inputs"]
    assert next(e for e in events if e["event"] == "node_finished")["data"]["outputs"].get("other") is None


def test_case_15_a_length_counts_characters(workbench: Workbench) -> None:
    api = workbench.of(FORM)
    assert outputs(api, name="東" * 48)["name"] == "東" * 48
    assert refuse(api, name="東" * 49) == "name in input form must be less than 48 characters."


def test_case_16_a_workflow_has_no_query(workbench: Workbench) -> None:
    asks = workflow(
        start(to="if"),
        if_contains("if", "sys.query", "a", then="yes", otherwise="no"),
        end("yes"),
        end("no"),
    )
    data = workbench.of(asks).run().json()["data"]
    assert (data["status"], data["error"]) == ("failed", "The variable sys.query was not found.")
    shows = workflow(start(to="t"), template("t", "[{{ q or '' }}]", to="end", q="sys.query"), end(text="t.output"))
    assert outputs(workbench.of(shows)) == {"text": "[]"}


TURN = chatflow(
    start(text_input("tone"), to="answer"),
    answer("{{#sys.dialogue_count#}}|{{#sys.conversation_id#}}|{{#start.tone#}}"),
)


def said(api: AppApi, query: str, **members: Any) -> tuple[str, str]:
    """The answer, and the conversation."""
    body = api.chat(query, **members).json()
    return body["answer"], body["conversation_id"]


def test_case_17_the_first_turn_counts_one_and_knows_its_conversation(workbench: Workbench) -> None:
    api = workbench.of(TURN)
    text, conversation = said(api, "hi")
    assert text == f"1|{conversation}|"
    assert conversation == ID
    assert said(api, "again", conversation_id=conversation)[0] == f"2|{conversation}|"


def test_case_18_inputs_of_the_first_turn_stay_until_they_change(workbench: Workbench) -> None:
    api = workbench.of(TURN)
    text, conversation = said(api, "hi", inputs={"tone": "dry"})
    assert text.endswith("|dry")
    assert said(api, "more", conversation_id=conversation)[0].endswith("|dry")
    assert said(api, "more", conversation_id=conversation, inputs={"tone": "warm"})[0].endswith("|warm")


def test_case_19_a_variable_added_later_is_there_with_its_default(workbench: Workbench) -> None:
    console = console_of(workbench)
    old = [conversation_variable("mood", "string", "calm")]
    app_id = console.new_app(chatflow(start(to="answer"), answer("{{#conversation.mood#}}"), conversation=old))
    assert console.post(f"/apps/{app_id}/workflows/publish").status_code == 200
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    api = AppApi(workbench.http, f"{workbench.server.url}/v1", key, "reader")
    text, conversation = said(api, "hi")
    assert text == "calm"
    shows = answer("{{#conversation.mood#}} {{#conversation.level#}}")
    file_text = chatflow(start(to="answer"), shows, conversation=[*old, conversation_variable("level", "number", 3)])
    overwriting = {"mode": "yaml-content", "yaml_content": file_text, "app_id": app_id}
    assert console.post("/apps/imports", overwriting).status_code == 200
    assert console.post(f"/apps/{app_id}/workflows/publish").status_code == 200
    assert said(api, "again", conversation_id=conversation)[0] == "calm 3"


def test_case_20_a_written_variable_stays_when_a_later_node_fails(workbench: Workbench) -> None:
    app = chatflow(
        start(to="write"),
        assign("write", "mood", "set", "written", to="boom"),
        failing(to={"source": "answer"}),
        answer("never"),
        conversation=[conversation_variable("mood", "string", "new")],
    )
    api = workbench.of(app)
    events = api.chat_events("break")
    assert events[-1]["event"] == "error"
    listed = api.get(f"/conversations/{events[0]['conversation_id']}/variables", user=api.user).json()["data"]
    assert [(each["name"], each["value"]) for each in listed] == [("mood", "written")]
