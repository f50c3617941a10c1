"""Extensions, conversion and generators in the console."""

import json
from pathlib import Path

import pytest

from tests.conformance.features import add_openai, moderation, near_doubles
from tests.doubles.api_extension import ApiExtension
from tests.server import sample_apps
from tests.server.app_files import chat, completion, text_input
from tests.server.console_client import Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import JsonMap, text_of
from tests.server.matchers import ID, NOW, refused
from tests.server.payloads import asked, unique
from treadle.server.services import Services

STUB = {"provider": "openai_api_compatible", "name": "stub", "mode": "chat", "completion_params": {}}


@pytest.fixture
def console(workbench: Workbench) -> Console:
    return console_of(workbench)


def test_an_extension_is_made_read_changed_and_deleted(console: Console) -> None:
    with ApiExtension().in_thread() as double:
        name = unique("mine")
        body = {"name": name, "api_endpoint": double.url, "api_key": double.key}
        answer = console.post("/api-based-extension", body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made == {
            "id": ID,
            "name": name,
            "api_endpoint": double.url,
            "api_key": "ext******key",
            "created_at": NOW,
        }
        path = f"/api-based-extension/{made['id']}"
        assert console.get(path).json() == made
        assert console.get("/api-based-extension").json()[0] == made
        renamed = console.post(path, {**body, "name": f"{name} 2", "api_key": made["api_key"]}).json()
        assert renamed == {**made, "name": f"{name} 2"}
        assert double.requests[-1].bearer == double.key
        assert console.delete(path).json() == {"result": "success"}
        refused(console.get(path), 404, "not_found")
        double.answer("ping", {"result": "no"})
        refused(console.post("/api-based-extension", body), 400, "invalid_param")


def test_extensions_of_another_workspace_do_not_exist(workbench: Workbench, console: Console) -> None:
    with ApiExtension().in_thread() as double:
        other = workbench.second_workspace("Elsewhere")

        async def work(services: Services) -> str:
            made = await services.extensions.create(other.id, name="x", api_endpoint=double.url, api_key=double.key)
            return made.id

        path = f"/api-based-extension/{near_doubles(workbench, work)}"
        body = {"name": "x", "api_endpoint": double.url, "api_key": double.key}
        for answer in (console.get(path), console.post(path, body), console.delete(path)):
            refused(answer, 404, "not_found")


@pytest.mark.parametrize("role", ["normal", "editor"])
def test_members_who_do_not_administer_may_look(workbench: Workbench, role: str) -> None:
    reader = console_of(workbench, role=role)
    assert reader.get("/api-based-extension").status_code == 200
    refused(
        reader.post("/api-based-extension", {"name": "x", "api_endpoint": "http://x", "api_key": "12345"}),
        403,
        "forbidden",
    )


def test_code_extensions_are_listed_by_kind(console: Console) -> None:
    answer = console.get("/code-based-extension", module="moderation")
    assert answer.json() == {"module": "moderation", "data": []}
    refused(console.get("/code-based-extension", module="other"), 400, "invalid_param")


def test_a_chat_app_is_made_a_chatflow(console: Console) -> None:
    source = console.new_app(chat(name="Talker", prompt="Be kind."))
    answer = console.post(f"/apps/{source}/convert-to-workflow", {"name": "Flow", "icon_type": "emoji", "icon": "🌊"})
    assert answer.json() == {"new_app_id": ID, "mode": "advanced-chat"}
    draft = console.draft(answer.json()["new_app_id"])
    assert [node["id"] for node in draft["graph"]["nodes"]] == ["start", "llm", "answer"]
    plain = console.post(f"/apps/{source}/convert-to-workflow").json()
    names = {app["id"]: (app["name"], app["icon"]) for app in console.get("/apps", limit=100).json()["data"]}
    assert names[answer.json()["new_app_id"]] == ("Flow", "🌊")
    assert names[plain["new_app_id"]][0] == "Talker(workflow)"
    assert source in names
    graph = console.new_app(sample_apps.ECHO)
    refused(console.post(f"/apps/{graph}/convert-to-workflow", {}), 400, "app_cannot_be_converted")
    refused(console.post("/apps/00000000-0000-4000-8000-000000000000/convert-to-workflow", {}), 404, "not_found")


def test_code_is_written_without_its_fence(workbench: Workbench, console: Console) -> None:
    wish = unique("double a number")
    workbench.model.reply_when(wish, "Here:\n```python\ndef main(n: int) -> dict:\n    return {}\n```\nDone.")
    body = {"instruction": wish, "model_config": STUB}
    written = console.post("/rule-code-generate", {**body, "code_language": "python"}).json()
    assert written == {"code": "def main(n: int) -> dict:\n    return {}", "language": "python", "error": ""}
    [call] = asked(workbench, wish)
    assert (call.json["temperature"], call.json["max_tokens"]) == (0.01, 1024)
    assert "Python 3" in str(call.json["messages"])
    console.post("/rule-code-generate", body)
    assert "JavaScript" in str(asked(workbench, wish)[1].json["messages"])


def test_a_schema_is_repaired_or_refused(workbench: Workbench, console: Console) -> None:
    good, bad = unique("a person"), unique("a stone")
    workbench.model.reply_when(good, '```json\n{"type": "object", "properties": {"name": {"type": "string"},}}\n```')
    workbench.model.reply_when(bad, "I cannot.")
    written = console.post("/rule-structured-output-generate", {"instruction": good, "model_config": STUB}).json()
    assert written["error"] == ""
    assert '"name"' in written["output"]
    failed = console.post("/rule-structured-output-generate", {"instruction": bad, "model_config": STUB}).json()
    assert failed == {"output": "", "error": "The schema could not be written: the model did not reply with JSON."}


def test_a_part_of_a_node_is_changed_with_its_last_run_in_view(workbench: Workbench, console: Console) -> None:
    made = workbench.import_app(sample_apps.ECHO)
    workbench.api(made).run({"word": "sesame", "count": 2})
    wish = unique("shout it")
    workbench.model.reply_when(wish, 'Sure: {"modified": "{{ word | upper }}", "message": "It shouts now."}')
    body: JsonMap = {
        "flow_id": made.id,
        "node_id": "shout",
        "current": "{{ word }}",
        "language": "",
        "instruction": f"{wish} instead of {{{{#current#}}}}",
        "ideal_output": "SESAME",
        "model_config": STUB,
    }
    changed = console.post("/instruction-generate", body).json()
    assert changed == {"modified": "{{ word | upper }}", "message": "It shouts now.", "error": ""}
    [call] = asked(workbench, wish)
    said = str(call.json["messages"])
    assert "sesame x 2" in said
    assert "instead of {{ word }}" in said
    assert call.json["temperature"] == 0.4


def test_a_model_that_fails_is_told_and_one_that_is_missing_refused(workbench: Workbench, console: Console) -> None:
    wish = unique("anything")
    workbench.model.fail(3, 500)
    failed = console.post("/rule-generate", {"instruction": wish, "model_config": STUB, "no_variable": True}).json()
    assert (failed["prompt"], failed["error"].partition(":")[0]) == ("", "The prompt could not be written")
    other = workbench.second_workspace(unique("Bare"))
    bare = console_of(workbench, workspace_id=other.id)
    refused(bare.post("/rule-generate", {"instruction": wish, "model_config": STUB}), 400, "provider_not_initialize")


def test_the_prompts_of_agents_without_one_can_be_read(console: Console) -> None:
    prompts = console.get("/agent-prompts").json()
    assert all(
        "{{instruction}}" in prompts[kind] and "{{tool_names}}" in prompts[kind] for kind in ("chat", "completion")
    )
    assert prompts["next_iteration"]


def test_a_builder_gets_another_text_like_one_of_the_draft(workbench: Workbench, console: Console) -> None:
    form = text_input("product", max_length=100)
    app_id = console.new_app(completion(form, prompt="Describe {{product}}.", more_like_this={"enabled": True}))
    product = unique("kite")
    events = console.events(f"/apps/{app_id}/completion-messages", {"inputs": {"product": product}})
    path = f"/apps/{app_id}/completion-messages/{events[-1]['message_id']}/more-like-this"
    again = console.events(path, method="GET")
    assert text_of(again) == text_of(events)
    assert [call.json.get("temperature") for call in asked(workbench, product)] == [None, 0.9]
    refused(console_of(workbench).get(path), 404, "not_found")
    off = console.new_app(completion(form, prompt="Describe {{product}}."))
    other = console.events(f"/apps/{off}/completion-messages", {"inputs": {"product": product}})[-1]["message_id"]
    refused(console.get(f"/apps/{off}/completion-messages/{other}/more-like-this"), 403, "app_more_like_this_disabled")
    talk = console.new_app(chat())
    refused(console.get(path.replace(app_id, talk)), 400, "app_unavailable")


def test_a_draft_that_names_missing_extensions_is_not_published(console: Console) -> None:
    feature = moderation("api", inputs=True, api_based_extension_id="00000000-0000-4000-8000-000000000000")
    tool = {"enabled": True, "variable": "mood", "type": "stars", "config": {}}
    app_id = console.new_app(chat(sensitive_word_avoidance=feature, external_data_tools=[tool]))
    checked = console.get(f"/apps/{app_id}/workflows/draft/check").json()
    assert checked["publishable"] is False
    assert [item["message"] for item in checked["data"] if item["kind"] == "extension-unavailable"] == [
        "Moderation names an API extension that this workspace does not have; choose another one.",
        'The variable "mood" is of the type "stars", which this server does not have; choose another one.',
    ]


SHOUTING = """
from core.moderation.base import Moderation, ModerationAction, ModerationInputsResult, ModerationOutputsResult


class Shouting(Moderation):
    name = "shouting"

    @classmethod
    def validate_config(cls, tenant_id, config):
        if not config.get("limit", "").isdecimal():
            raise ValueError("The limit is a number.")

    def moderation_for_inputs(self, inputs, query=""):
        loud = sum(letter.isupper() for letter in query) > int(self.config["limit"])
        return ModerationInputsResult(flagged=loud, action=ModerationAction.OVERRIDDEN, query=query.lower())

    def moderation_for_outputs(self, text):
        return ModerationOutputsResult()
"""
SHOUTING_FORM = {
    "label": {"en_US": "Shouting"},
    "form_schema": [{"type": "text-input", "label": {"en_US": "Limit"}, "variable": "limit", "required": True}],
}


def test_code_of_the_operators_folder_moderates(tmp_path: Path) -> None:
    place = tmp_path / "extensions" / "moderation" / "shouting"
    place.mkdir(parents=True)
    (place / "shouting.py").write_text(SHOUTING)
    (place / "schema.json").write_text(json.dumps(SHOUTING_FORM))
    with running_workbench(tmp_path, {"TREADLE_EXTENSIONS_DIR": str(tmp_path / "extensions")}) as bench:
        console = console_of(bench)
        [shown] = console.get("/code-based-extension", module="moderation").json()["data"]
        assert (shown["name"], shown["label"], shown["form_schema"][0]["variable"]) == (
            "shouting",
            {"en_US": "Shouting"},
            "limit",
        )
        app = chat(sensitive_word_avoidance=moderation("shouting", inputs=True, limit="3"))
        api, query = bench.api(bench.import_app(app)), unique("HELLO").upper()
        assert api.chat(query).json()["answer"] == f"You said: {query.lower()}"
        wrong = console.new_app(chat(sensitive_word_avoidance=moderation("shouting", inputs=True, limit="many")))
        [finding] = console.get(f"/apps/{wrong}/workflows/draft/check").json()["data"]
        assert finding["message"] == "Moderation: The limit is a number."


def test_voices_are_those_of_the_default_speech_model(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as bench:
        console = console_of(bench)
        path = f"/apps/{console.new_app(chat())}/text-to-audio/voices"
        refused(console.get(path), 400, "provider_not_initialize")
        add_openai(bench)
        eventually(lambda: console.get(path).status_code == 200, "the model is known")
        assert console.get(path, language="en-US").json()[0] == {"name": "Alloy", "value": "alloy"}
        refused(console.get("/apps/00000000-0000-4000-8000-000000000000/text-to-audio/voices"), 404, "not_found")
