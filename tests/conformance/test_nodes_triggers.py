"""The numbered tests of spec workflow-nodes §23 to §25: webhooks by real requests, schedules by a clock in hand."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from tests.nodes.harness import node, play
from tests.server.app_files import Node, end, leads, workflow
from tests.server.harness import Workbench
from tests.server.matchers import refused
from tests.triggers.apps import parameter
from tests.triggers.webhooks import hook
from treadle.engine.errors import GraphProblem
from treadle.engine.values import JsonValue
from treadle.nodes.trigger_plugin import TRIGGER_PLUGIN, parameters_for
from treadle.nodes.trigger_schedule import ScheduleConfig, cron_of, read
from treadle.triggers.schedule import next_fire

# trigger-webhook


def test_WH_1_json_becomes_variables(workbench: Workbench) -> None:
    made = hook(workbench, "n", "_webhook_raw", body=[parameter("n", "number", required=True)])
    answer = made.send(json={"n": 3})
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "success", "message": "Webhook processed successfully"},
    )
    outputs = made.outputs()
    assert outputs["n"] == 3
    assert outputs["webhook_raw"]["body"] == {"n": 3}
    assert outputs["webhook_raw"]["method"] == "POST"


def test_WH_2_what_the_node_does_not_ask_for_is_refused(workbench: Workbench) -> None:
    made = hook(workbench, "n", body=[parameter("n", "number", required=True)])
    assert made.refuses(json={"n": "3"}) == "Body parameter n must be of type number"
    assert made.refuses(json={}) == "Required body parameter missing: n"
    assert made.refuses("GET") == "HTTP method mismatch. Expected POST, got GET"
    assert "Content-type mismatch" in made.refuses(content=b"3", headers={"content-type": "text/plain"})
    assert made.runs() == []


def test_WH_3_headers_are_found_without_regard_to_case_and_hyphen(workbench: Workbench) -> None:
    made = hook(workbench, "X_Sig", headers=[{"name": "X-Sig", "required": True}])
    assert made.refuses(json={}) == "Required header missing: X-Sig"
    assert made.accepts(json={}, headers={"x_sig": "a"}) == {"X_Sig": "a"}


def test_WH_4_query_texts_are_converted(workbench: Workbench) -> None:
    made = hook(workbench, "p", "b", params=[parameter("p", "number"), parameter("b", "boolean")])
    assert "must be a number" in made.refuses(query="?p=x", json={})
    outputs = made.accepts(query="?p=2.0&b=yes", json={})
    assert outputs == {"p": 2, "b": True}
    assert isinstance(outputs["p"], int)


@pytest.mark.parametrize(
    ("text", "expected"), [('{"ok":1}', {"ok": 1}), ("done", {"message": "done"}), ("[1, 2]", [1, 2])]
)
def test_WH_5_the_answer_is_configured(workbench: Workbench, text: str, expected: Any) -> None:
    answer = hook(workbench, response_body=text, status_code=201).send(json={})
    assert (answer.status_code, answer.json()) == (201, expected)
    assert answer.headers["content-type"] == "application/json"


def test_WH_6_files_of_a_form_are_kept(workbench: Workbench) -> None:
    made = hook(workbench, "doc", content_type="multipart/form-data", body=[parameter("doc", "file")])
    document = made.accepts(files={"doc": ("note.txt", b"hello", "text/plain")})["doc"]
    assert (document["filename"], document["size"], document["transfer_method"]) == ("note.txt", 5, "tool_file")
    assert made.accepts(count=2, files={"other": ("note.txt", b"hello", "text/plain")}) == {"doc": None}


def test_WH_7_a_text_is_there_under_each_name(workbench: Workbench) -> None:
    made = hook(workbench, "msg", content_type="text/plain", body=[parameter("msg")])
    assert made.accepts(content=b"hello", headers={"content-type": "text/plain"}) == {"msg": "hello"}


def test_WH_8_too_much_broken_or_unknown(workbench: Workbench) -> None:
    made = hook(workbench)
    json_type = {"content-type": "application/json"}
    assert made.send(content=b" " * (11 * 1024 * 1024), headers=json_type).status_code == 413
    assert made.refuses(content=b"{", headers=json_type) == "The body is not valid JSON."
    unknown = workbench.raw().call("POST", f"/triggers/webhook/{'a' * 24}", json={})
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Not Found")
    assert httpx.post(made.url, content=iter([b"x" * (11 * 1024 * 1024)]), headers=json_type).status_code == 413


# trigger-schedule


def fires(settings: Mapping[str, JsonValue], now: str) -> str:
    following = next_fire(read(settings), int(datetime.fromisoformat(now).timestamp() * 1e6))
    assert following is not None
    return datetime.fromtimestamp(following / 1e6, UTC).strftime("%Y-%m-%dT%H:%MZ")


def cron(frequency: str, **visual: JsonValue) -> str:
    return cron_of(ScheduleConfig.model_validate({"frequency": frequency, "visual_config": visual}))


def test_TS_1_daily_at_a_time() -> None:
    assert cron("daily", time="9:30 AM") == "30 9 * * *"
    settings: dict[str, JsonValue] = {"frequency": "daily", "visual_config": {"time": "9:30 AM"}, "timezone": "UTC"}
    assert fires(settings, "2025-01-01T10:00Z") == "2025-01-02T09:30Z"


def test_TS_2_weekdays_are_sorted() -> None:
    assert cron("weekly", weekdays=["fri", "mon"], time="2:00 PM") == "0 14 * * 1,5"


def test_TS_3_days_of_a_month_are_sorted_with_the_last_one_at_the_end() -> None:
    assert cron("monthly", monthly_days=[31, "last", 1, 1], time="12:00 AM") == "0 0 1,31,L * *"


def test_TS_4_hourly_at_a_minute() -> None:
    assert cron("hourly", on_minute=15) == "15 * * * *"


def test_TS_5_six_fields_are_refused() -> None:
    with pytest.raises(GraphProblem, match="has 6 fields; it needs five"):
        read({"mode": "cron", "cron_expression": "0 0 * * * *"})


def test_TS_6_the_zone_counts() -> None:
    settings: dict[str, JsonValue] = {"mode": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Asia/Tokyo"}
    assert fires(settings, "2025-01-03T01:00Z") == "2025-01-06T00:00Z"


def test_TS_7_weekly_needs_a_weekday() -> None:
    with pytest.raises(GraphProblem, match="names no weekday"):
        read({"frequency": "weekly", "visual_config": {"weekdays": []}})


@pytest.mark.parametrize("time", ["13:00 PM", "0:30 AM", "9:60 AM", "noon", "9:30"])
def test_TS_8_a_wrong_time_is_refused(time: str) -> None:
    with pytest.raises(GraphProblem, match="cannot be read"):
        read({"frequency": "daily", "visual_config": {"time": time}})


# trigger-plugin


async def test_TP_1_the_event_becomes_variables() -> None:
    settings = {"provider_id": "acme/git/git", "event_name": "push", "plugin_unique_identifier": "acme/git:1.0@aa"}
    played = await play(
        [node("hook", "trigger-plugin", settings), node("end", "end", {"outputs": []})],
        "hook -> end",
        inputs={"event": {"repo": "a/b", "stars": 3}},
    )
    finished = played.node("hook")
    assert finished.outputs == {"repo": "a/b", "stars": 3, "sys.user_id": "u1"}
    assert finished.metadata == {"trigger_info": settings}


def test_TP_2_what_the_integration_filters_creates_no_run(workbench: Workbench) -> None:
    """Without the plugin everything is filtered: no event starts the workflow, and whoever calls it is told so."""
    data = {
        "type": "trigger-plugin",
        "title": "On push",
        "provider_id": "acme/git/git",
        "event_name": "push",
        "event_parameters": {"label": {"type": "constant", "value": "bug"}},
    }
    app = workbench.import_app(workflow(Node("hook", data, leads("end")), end(), name="Filtered"))
    answer = workbench.api(app).run()
    refused(answer, 400, "invalid_param")
    assert answer.json()["message"] == (
        'This workflow is started by the event "push" of the plugin "acme/git/git", which is not installed here, so '
        "nothing starts it. Replace the trigger by a webhook, a schedule or a start node, and publish again."
    )
    assert workbench.rows("SELECT id FROM runs WHERE app_id = :app", app=app.id) == []


def test_TP_3_a_parameter_must_be_constant() -> None:
    with pytest.raises(GraphProblem, match=r"event_parameters\.label\.type"):
        TRIGGER_PLUGIN.load({"event_parameters": {"label": {"type": "variable", "value": ["a", "b"]}}})


def test_TP_4_a_parameter_that_the_event_does_not_know_is_null() -> None:
    config = TRIGGER_PLUGIN.load({"event_parameters": {"zz": {"value": 1}, "label": {"value": "bug"}}})
    assert parameters_for(config, frozenset({"label"})) == {"zz": None, "label": "bug"}


def test_TP_5_an_unknown_integration_survives_import_and_export(workbench: Workbench) -> None:
    data = {
        "type": "trigger-plugin",
        "title": "On push",
        "plugin_id": f"acme/{uuid4()}",
        "provider_id": "acme/git/git",
        "provider_type": "trigger",
        "event_name": "push",
        "event_node_version": "2",
        "subscription_id": str(uuid4()),
        "event_parameters": {"label": {"type": "constant", "value": "bug"}},
        "config": {"deep": [1, None]},
        "of_a_later_version": True,
    }
    app = workbench.import_app(workflow(Node("hook", data, leads("end")), end(), name="Plugin"))
    exported = yaml.safe_load(workbench.command("app", "export", app.id))
    (kept,) = [each["data"] for each in exported["workflow"]["graph"]["nodes"] if each["id"] == "hook"]
    assert {**kept, "subscription_id": data["subscription_id"]} == data
    assert kept["subscription_id"] == ""
    (row,) = [row for row in yaml.safe_load(workbench.command("trigger", "list", "--json")) if row["app_id"] == app.id]
    assert (row["kind"], row["webhook_url"], row["next_at"]) == ("plugin", None, None)
    assert re.match("Events of plugins do not start workflows", row["note"])
