"""Forms through the Service API (spec service-api §12, 88)."""

from tests.apps.asking import approval, human
from tests.server.app_files import JsonMap, end, start, workflow
from tests.server.harness import Workbench
from tests.server.matchers import refused


def asked(events: list[JsonMap]) -> str:
    """The path of the form that a stream tells of."""
    (form,) = [event["data"] for event in events if event["event"] == "human_input_required"]
    return f"/form/human_input/{form['form_token']}"


def test_case_88_a_form_is_used_once(any_workbench: Workbench) -> None:
    api = any_workbench.api(any_workbench.import_app(approval()))
    path = asked(api.run_events({"what": "it"}))
    body = {"inputs": {"note": "n"}, "action": "ok", "user": api.user}
    assert api.post(path, body).json() == {}
    refused(api.post(path, body), 412, "human_input_form_submitted")
    refused(api.get(path), 412, "human_input_form_submitted")


def test_case_88_a_form_expires(any_workbench: Workbench) -> None:
    api = any_workbench.api(any_workbench.import_app(approval()))
    path = asked(api.run_events({"what": "it"}))
    any_workbench.change("UPDATE forms SET expires_at = 1")
    refused(api.get(path), 412, "human_input_form_expired")
    refused(api.post(path, {"inputs": {}, "action": "ok", "user": api.user}), 412, "human_input_form_expired")


def test_case_88_a_missing_input_leaves_the_form_open(any_workbench: Workbench) -> None:
    pick: JsonMap = {
        "type": "select",
        "output_variable_name": "pick",
        "option_source": {"type": "constant", "value": ["a", "b"]},
    }
    text = workflow(start(to="ask"), human(to={"ok": "end"}, inputs=[pick], content="Pick"), end(pick="ask.pick"))
    api = any_workbench.api(any_workbench.import_app(text))
    path = asked(api.run_events())
    for inputs, action in (({}, "ok"), ({"pick": "c"}, "ok"), ({"pick": "a"}, "zz")):
        refused(api.post(path, {"inputs": inputs, "action": action, "user": api.user}), 400, "invalid_form_data")
    form = api.get(path).json()
    assert form["form_content"] == "Pick"
    assert form["inputs"][0]["option_source"]["value"] == ["a", "b"]
    assert api.post(path, {"inputs": {"pick": "a"}, "action": "ok", "user": api.user}).json() == {}
