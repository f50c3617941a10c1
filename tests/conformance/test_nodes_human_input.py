"""The numbered tests of spec workflow-nodes §26 on the node itself; tests/apps/test_forms.py asks real people."""

import pytest

from tests.apps.asking import approval
from tests.nodes.forms import KeptForms, ask, go_on, question, settings
from tests.server.harness import Workbench
from tests.server.matchers import refused
from treadle.apps.forms.service import InvalidForm, accepted_inputs
from treadle.engine.errors import GraphProblem
from treadle.engine.events import RunPaused, RunStatus
from treadle.engine.values import JsonValue
from treadle.nodes.human_input import HUMAN_INPUT

CONTENT = "Hi {{#s.n#}} {{#$output.c#}}"


async def test_HI_1_an_answer_becomes_variables_and_takes_its_edge() -> None:
    forms = KeptForms()
    asked = await ask(forms, settings(CONTENT, [question("c")]))
    assert isinstance(asked.end, RunPaused)
    assert asked.end.reasons == [asked.reason]
    assert asked.reason["form_content"] == "Hi Bo {{#$output.c#}}"
    played = await go_on(asked, {"action": "ok", "inputs": {"c": "x"}, "content": forms.only().content})
    assert played.node("ask").outputs == {
        "c": "x",
        "__action_id": "ok",
        "__action_value": "OK",
        "__rendered_content": "Hi Bo x",
    }
    assert (played.ran("on_ok"), played.ran("on_no"), played.ran("on___timeout")) == (True, False, False)
    assert played.finished.status is RunStatus.SUCCEEDED
    assert len(forms.requests) == 1


async def test_HI_4_time_that_runs_out_takes_its_edge() -> None:
    forms = KeptForms()
    asked = await ask(forms, settings(CONTENT, [question("c")]))
    played = await go_on(asked, {"content": forms.only().content, "expiration_time": 1_700_000_000})
    assert played.node("ask").outputs == {"__rendered_content": "Hi Bo "}
    assert (played.ran("on_ok"), played.ran("on___timeout")) == (False, True)


async def test_HI_5_time_that_runs_out_without_an_edge_ends_the_path() -> None:
    asked = await ask(KeptForms(), settings(CONTENT), edges=["ok"])
    played = await go_on(asked, {"content": ""})
    assert not played.ran("on_ok")
    assert played.finished.status is RunStatus.SUCCEEDED


async def test_HI_6_a_choice_must_be_one_of_those_that_a_variable_gave() -> None:
    forms = KeptForms()
    source: JsonValue = {"type": "variable", "selector": ["s", "n"], "value": []}
    await ask(forms, settings("", [question("pick", "select", option_source=source)]), values={"n": ["a", "b"]})
    (pick,) = forms.only().inputs
    assert pick.options == ("a", "b")
    with pytest.raises(InvalidForm, match="must be one of the following: a, b"):
        await accepted_inputs([pick], {"pick": "c"}, NoFiles())
    assert await accepted_inputs([pick], {"pick": "b"}, NoFiles()) == {"pick": "b"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"delivery_methods": []}, "No way of delivery"),
        ({"delivery_methods": [{"type": "webapp", "enabled": False}]}, "No way of delivery"),
        ({"delivery_methods": [{"type": "slack", "enabled": True}]}, "No way of delivery"),
        ({"delivery_methods": [{"type": "email", "enabled": True, "config": {}}]}, "has no recipient"),
        ({"user_actions": []}, "no button"),
        ({"user_actions": [{"id": "a b", "title": "x"}]}, "cannot be the id of an action"),
        ({"user_actions": [{"id": "a", "title": "x"}, {"id": "a", "title": "y"}]}, 'Two actions are called "a"'),
        ({"inputs": [question("a"), question("a")]}, 'Two fields are called "a"'),
    ],
)
def test_HI_7_what_nobody_could_get_or_answer_is_refused(more: dict[str, JsonValue], reason: str) -> None:
    with pytest.raises(GraphProblem, match=reason):
        HUMAN_INPUT.load(settings(**more))


def test_HI_2_a_second_answer_comes_too_late(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(approval()))
    form = api.run_events({"what": "it"})[-2]["data"]
    path, body = f"/form/human_input/{form['form_token']}", {"inputs": {}, "action": "ok", "user": api.user}
    assert api.post(path, body).json() == {}
    refused(api.post(path, body), 412, "human_input_form_submitted")


def test_HI_3_an_unknown_action_leaves_the_form_open(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(approval()))
    form = api.run_events({"what": "it"})[-2]["data"]
    path = f"/form/human_input/{form['form_token']}"
    refused(api.post(path, {"inputs": {}, "action": "zz", "user": api.user}), 400, "invalid_form_data")
    assert api.get(path).status_code == 200


class NoFiles:
    async def resolve(self, mapping: object) -> None:
        raise ValueError("there are no files")
