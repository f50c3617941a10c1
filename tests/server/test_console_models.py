"""Model providers in the console: credentials, turns, switches, defaults (spec models-and-tools §1.18)."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.scripted_model import ScriptedModel
from tests.server.console_client import Console, console_of
from tests.server.fixtures import ENVIRONMENT
from tests.server.harness import Server, Workbench
from tests.server.http_client import JsonMap
from tests.server.matchers import ID, refused

HERE = "/workspaces/current/model-providers"
GENERIC = f"{HERE}/openai_api_compatible"
HIDDEN = "[__HIDDEN__]"


@pytest.fixture
def console(workbench: Workbench) -> Console:
    """An administrator of a workspace that has nothing set up."""
    workspace = workbench.second_workspace("Models")
    return console_of(workbench, workspace_id=workspace.id)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(models=["stub-chat", "spare", "gpt-4o-mini"]).in_thread() as model:
        yield model


def form(model: ScriptedModel, **more: str) -> JsonMap:
    return {"endpoint_url": model.url, "api_key": model.key, **more}


def openai(model: ScriptedModel) -> JsonMap:
    return {"openai_api_key": model.key, "openai_api_base": model.url}


def done(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (200, {"result": "success"}), answer.text


def delete(console: Console, path: str, body: JsonMap) -> httpx.Response:
    return console.call("DELETE", path, json=body)


def test_the_providers_are_listed_with_their_forms(console: Console) -> None:
    listed = {each["provider"]: each for each in console.get(HERE).json()["data"]}
    assert len(listed) > 60
    openai_entry = listed["openai"]
    assert openai_entry == console.get(f"{HERE}/langgenius/openai/openai").json()
    assert openai_entry["custom_configuration"] == {
        "status": "no-configure",
        "current_credential_id": None,
        "current_credential_name": None,
        "available_credentials": [],
        "custom_models": [],
    }
    (key, *_) = openai_entry["provider_credential_schema"]["credential_form_schemas"]
    assert (key["variable"], key["type"], key["required"]) == ("openai_api_key", "secret-input", True)
    voices = console.get(HERE, model_type="tts").json()["data"]
    assert {"openai", "gpustack"} <= {each["provider"] for each in voices} < set(listed)
    refused(console.get(f"{HERE}/acme"), 404, "not_found")


def test_a_providers_key_is_tried_stored_shown_masked_and_forgotten(console: Console, model: ScriptedModel) -> None:
    path = f"{HERE}/openai/credentials"
    wrong = console.post(f"{path}/validate", {"credentials": {**openai(model), "openai_api_key": "sk-wrong"}}).json()
    assert (wrong["result"], "HTTP 401" in wrong["error"]) == ("error", True)
    assert console.post(f"{path}/validate", {"credentials": openai(model)}).json() == {
        "result": "success",
        "error": None,
    }
    made = console.post(path, {"credentials": openai(model), "name": "Mine"})
    assert (made.status_code, made.json()) == (201, {"result": "success", "id": ID})
    shown = console.get(path).json()
    assert shown["credentials"]["openai_api_base"] == model.url
    assert model.key not in console.get(path).text
    assert [each["name"] for each in shown["load_balancing"]["configs"]] == ["Mine"]
    kept = {**openai(model), "openai_api_key": HIDDEN}
    done(console.call("PUT", path, json={"credential_id": made.json()["id"], "credentials": kept}))
    configuration = console.get(f"{HERE}/openai").json()["custom_configuration"]
    assert (configuration["status"], configuration["current_credential_name"]) == ("active", "Mine")
    done(delete(console, path, {"credential_id": made.json()["id"]}))
    assert console.get(path).json()["credentials"] == {}
    refused(delete(console, path, {"credential_id": made.json()["id"]}), 404, "not_found")
    model.take_violations()


def test_of_several_keys_one_is_used_or_they_take_turns(console: Console, model: ScriptedModel) -> None:
    path = f"{HERE}/openai/credentials"
    first = console.post(path, {"credentials": openai(model)}).json()["id"]
    refused(console.change(f"{HERE}/openai/settings", {"load_balancing_enabled": True}), 400, "invalid_param")
    second = console.post(path, {"credentials": openai(model), "limits": {"requests_per_minute": 10}}).json()["id"]
    rows = console.get(path).json()["load_balancing"]["configs"]
    assert [(each["id"], each["name"], each["active"]) for each in rows] == [
        (first, "API KEY 1", True),
        (second, "API KEY 2", False),
    ]
    assert rows[1]["requests_per_minute"] == 10
    done(console.post(f"{path}/switch", {"credential_id": second}))
    done(console.change(f"{HERE}/openai/settings", {"load_balancing_enabled": True}))
    shown = console.get(path).json()["load_balancing"]
    assert (shown["enabled"], [each["active"] for each in shown["configs"]]) == (True, [False, True])


def test_a_models_own_credentials_and_turns(console: Console, model: ScriptedModel) -> None:
    which = {"model": "stub-chat", "model_type": "llm"}
    checked = console.post(f"{GENERIC}/models/credentials/validate", {**which, "credentials": form(model)}).json()
    assert checked["result"] == "success"
    done(console.post(f"{GENERIC}/models", {**which, "credentials": form(model, context_size="8000")}))
    (entry,) = console.get(f"{GENERIC}/models").json()["data"]
    assert (entry["model"], entry["fetch_from"], entry["status"]) == ("stub-chat", "customizable-model", "active")
    assert entry["model_properties"] == {"context_size": 8000, "mode": "chat"}
    rules = console.get(f"{GENERIC}/models/parameter-rules", model="stub-chat").json()["data"]
    assert [each["name"] for each in rules][:2] == ["temperature", "top_p"]
    assert console.get(f"{GENERIC}/models/parameter-rules", model="gone").json() == {"data": []}
    own = console.get(f"{GENERIC}/models/credentials", **which).json()["load_balancing"]["configs"][0]["id"]
    configs = [{"id": own}, {"name": "Second", "credentials": form(model)}]
    done(console.post(f"{GENERIC}/models", {**which, "load_balancing": {"enabled": True, "configs": configs}}))
    balance = console.get(f"{GENERIC}/models/credentials", **which).json()["load_balancing"]
    assert (balance["enabled"], [each["name"] for each in balance["configs"]]) == (True, ["API KEY 1", "Second"])
    assert {(each["in_cooldown"], each["ttl"]) for each in balance["configs"]} == {(False, 0)}
    done(delete(console, f"{GENERIC}/models", which))
    assert console.get(f"{GENERIC}/models").json()["data"] == []
    refused(delete(console, f"{GENERIC}/models", which), 404, "not_found")


def test_models_are_picked_switched_priced_and_backed(console: Console, model: ScriptedModel) -> None:
    for name in ("stub-chat", "spare"):
        done(console.post(f"{GENERIC}/models", {"model": name, "model_type": "llm", "credentials": form(model)}))
    which = {"model": "stub-chat", "model_type": "llm"}

    def picked() -> list[str]:
        return [
            entry["model"]
            for each in console.get("/workspaces/current/models/model-types/llm").json()["data"]
            if each["provider"] == "openai_api_compatible"
            for entry in each["models"]
        ]

    assert picked() == ["stub-chat", "spare"]
    done(console.change(f"{GENERIC}/models/disable", which))
    assert picked() == ["spare"]
    done(console.change(f"{GENERIC}/models/enable", which))
    behind = [{"provider": "openai_api_compatible", "model": "spare"}]
    done(console.change(f"{GENERIC}/models/settings", {**which, "fallbacks": behind, "price": {"input": "0.5"}}))
    entry = console.get(f"{GENERIC}/models").json()["data"][0]
    assert (entry["fallbacks"], entry["price"]["input"], entry["price"]["currency"]) == (behind, "0.5", "USD")
    tiers = [{"above": above, "input": "1", "output": "2"} for above in (200_000, 100_000)]
    done(console.change(f"{GENERIC}/models/settings", {**which, "price": {"input": "0.5", "tiers": tiers}}))
    entry = console.get(f"{GENERIC}/models").json()["data"][0]
    assert [(tier["above"], tier["output"]) for tier in entry["price"]["tiers"]] == [(100_000, "2"), (200_000, "2")]
    done(console.change(f"{GENERIC}/models/settings", {**which, "fallbacks": [], "list_price": True}))
    entry = console.get(f"{GENERIC}/models").json()["data"][0]
    assert (entry["fallbacks"], entry["price"]) == ([], None)
    done(console.change(f"{GENERIC}/settings", {"enabled": False}))
    assert picked() == []


def test_default_models_are_chosen(console: Console, model: ScriptedModel) -> None:
    for name in ("stub-chat", "spare"):
        done(console.post(f"{GENERIC}/models", {"model": name, "model_type": "llm", "credentials": form(model)}))
    chosen = {"model_type": "llm", "provider": "openai_api_compatible", "model": "spare"}
    done(console.post("/workspaces/current/default-model", {"model_settings": [chosen]}))
    assert console.get("/workspaces/current/default-model", model_type="llm").json() == {"data": chosen}
    assert console.get("/workspaces/current/default-model", model_type="rerank").json() == {"data": None}
    unknown = {**chosen, "provider": "openai", "model": "gpt-4o"}
    refused(console.post("/workspaces/current/default-model", {"model_settings": [unknown]}), 404, "not_found")


def test_a_provider_is_asked_for_its_models(console: Console, model: ScriptedModel) -> None:
    refused(console.get(f"{HERE}/openai/remote-models"), 400, "invalid_param")
    console.post(f"{HERE}/openai/credentials", {"credentials": openai(model)})
    found = console.get(f"{HERE}/openai/remote-models").json()["data"]
    assert [each["name"] for each in found] == ["stub-chat", "spare", "gpt-4o-mini"]


def test_a_missing_field_is_named(console: Console) -> None:
    refused(console.post(f"{HERE}/openai/credentials", {"credentials": {}}), 400, "invalid_param")
    assert console.post(f"{HERE}/openai/credentials", {"credentials": {}}).json()["params"] == "openai_api_key"


def test_what_another_workspace_has_is_not_there(workbench: Workbench, console: Console, model: ScriptedModel) -> None:
    made = console.post(f"{HERE}/openai/credentials", {"credentials": openai(model)}).json()["id"]
    other = console_of(workbench, workspace_id=workbench.second_workspace("Others").id)
    path = f"{HERE}/openai/credentials"
    for answer in (
        delete(other, path, {"credential_id": made}),
        other.call("PUT", path, json={"credential_id": made, "enabled": False}),
        other.post(f"{path}/switch", {"credential_id": made}),
        other.post(f"{path}/validate", {"credentials": openai(model), "credential_id": made}),
    ):
        refused(answer, 404, "not_found")
    assert other.get(path).json()["credentials"] == {}


@pytest.mark.parametrize("role", ["editor", "normal"])
def test_only_administrators_decide(workbench: Workbench, role: str) -> None:
    reader = console_of(workbench, role=role)
    assert reader.get(HERE).status_code == 200
    for answer in (
        reader.post(f"{HERE}/openai/credentials", {"credentials": {}}),
        reader.change(f"{HERE}/openai/settings", {"enabled": False}),
        reader.post("/workspaces/current/default-model", {"model_settings": []}),
        delete(reader, f"{HERE}/openai", {}),
    ):
        refused(answer, 403, "forbidden")


def test_a_key_is_renamed_and_keeps_its_place(console: Console, model: ScriptedModel) -> None:
    path = f"{HERE}/openai/credentials"
    first = console.post(path, {"credentials": openai(model)}).json()["id"]
    console.post(path, {"credentials": openai(model)})
    done(console.call("PUT", path, json={"credential_id": first, "name": " Team "}))
    rows = console.get(path).json()["load_balancing"]["configs"]
    assert [(each["name"], each["active"]) for each in rows] == [("Team", True), ("API KEY 2", False)]
    assert rows[0]["id"] == first
    taken = console.call("PUT", path, json={"credential_id": first, "name": "API KEY 2"})
    refused(taken, 400, "invalid_param")
    assert "API KEY 2" in taken.json()["message"]
    refused(console.call("PUT", path, json={"credential_id": first, "name": "  "}), 400, "invalid_param")


def test_a_providers_key_takes_its_turn_at_a_model(console: Console, model: ScriptedModel) -> None:
    which = {"model": "gpt-4o-mini", "model_type": "llm"}
    path = f"{HERE}/openai/models/credentials"
    console.post(f"{HERE}/openai/credentials", {"credentials": openai(model)})
    console.post(f"{HERE}/openai/credentials", {**which, "credentials": openai(model), "name": "Second"})
    done(console.change(f"{HERE}/openai/models/settings", {**which, "load_balancing_enabled": True}))
    rows = console.get(path, **which).json()["load_balancing"]["configs"]
    assert [(each["name"], each["in_cooldown"]) for each in rows] == [("__inherit__", False), ("Second", False)]
    refused(
        console.call("PUT", f"{HERE}/openai/credentials", json={"credential_id": rows[0]["id"], "name": "x"}),
        400,
        "invalid_param",
    )


def test_prices_stand_beside_the_list(console: Console, model: ScriptedModel) -> None:
    assert [each["provider"] for each in console.get("/workspaces/current/model-prices").json()["data"]] == []
    console.post(f"{HERE}/openai/credentials", {"credentials": openai(model)})
    done(console.post(f"{GENERIC}/models", {"model": "spare", "model_type": "llm", "credentials": form(model)}))
    which = {"model": "gpt-4o-mini", "model_type": "llm"}
    tiers = [{"above": 128000, "input": "2", "output": "4"}]
    own = {"input": "1", "output": "2", "currency": "RMB", "tiers": tiers}
    done(console.change(f"{HERE}/openai/models/settings", {**which, "price": own}))

    def prices() -> dict[str, JsonMap]:
        return {each["model"]: each for each in console.get("/workspaces/current/model-prices").json()["data"]}

    shown = prices()
    priced, unknown = shown["gpt-4o-mini"], shown["spare"]
    assert (priced["price"]["input"], priced["price"]["currency"]) == ("1", "RMB")
    assert priced["price"]["tiers"][0]["above"] == 128000
    assert (priced["list_price"]["input"], priced["list_price"]["currency"]) == ("0.15", "USD")
    assert (unknown["price"], unknown["list_price"]) == (None, None)
    done(console.change(f"{HERE}/openai/models/settings", {**which, "list_price": True}))
    assert prices()["gpt-4o-mini"]["price"] is None


def test_model_files_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.gguf").write_bytes(b"no model")
    server = Server(tmp_path / "data", ENVIRONMENT)
    server.start(local_model=True)
    try:
        bench = Workbench(server, None, None, httpx.Client())  # type: ignore[arg-type]
        admin = console_of(bench)
        local = admin.get(f"{HERE}/local/models").json()["local"]
        assert local["folder"] == str(folder)
        (refusal,) = local["refused"]
        assert refusal["name"] == "broken"
        assert "does not begin as a GGUF file does" in refusal["reason"]
        assert console_of(bench, role="editor").get(f"{HERE}/local/models").json()["local"] is None
    finally:
        server.stop()
