"""The console's endpoints for tools, as a browser calls them."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.app_files import Node, end, leads, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.tools.kennel import Running, kennel, running
from tests.tools.test_workflow_tools import GREETER, make_tool
from treadle.server.services import Services

JsonMap = dict[str, Any]
ROOT = "/workspaces/current"
API = f"{ROOT}/tool-provider/api"
BRAVE = f"{ROOT}/tool-provider/builtin/brave"


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(kennel()) as started:
        yield started


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    """An administrator of a workspace of their own, so that nothing is there before."""
    workspace = any_workbench.second_workspace("tools")
    return console_of(any_workbench, workspace_id=workspace.id)


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["message"])


def schema_of(service: Running) -> str:
    document = httpx.get(f"{service.url}/openapi.json").json()
    return json.dumps({**document, "servers": [{"url": service.url}]})


def api_body(service: Running, name: str = "kennel", **members: Any) -> JsonMap:
    return {
        "provider": name,
        "schema": schema_of(service),
        "schema_type": "openapi",
        "credentials": {"auth_type": "none"},
        "icon": {"background": "#fff", "content": "🐶"},
        "privacy_policy": "",
        "custom_disclaimer": None,
        "labels": ["other"],
        **members,
    }


def test_built_in_providers_are_listed_with_their_tools(console: Console) -> None:
    listed = {each["name"]: each for each in ok(console.get(f"{ROOT}/tools/builtin"))}
    time = listed["time"]
    assert {each["name"] for each in time["tools"]} >= {"current_time", "weekday"}
    assert (time["type"], time["is_team_authorization"], time["allow_delete"]) == ("builtin", True, False)
    assert set(time["tools"][0]) == {
        "author", "name", "label", "description", "parameters", "labels", "has_runtime_parameters",
        "output_schema",
    }  # fmt: skip
    assert set(time["tools"][0]["parameters"][0]) == {
        "name", "label", "human_description", "placeholder", "type", "form", "llm_description", "required", "default",
        "min", "max", "options", "input_schema",
    }  # fmt: skip
    providers = ok(console.get(f"{ROOT}/tool-providers", type="builtin"))
    assert all(each["tools"] == [] for each in providers)
    assert ok(console.get(f"{ROOT}/tool-providers", type="api")) == []
    assert {each["name"] for each in ok(console.get(f"{ROOT}/tool-labels"))} >= {"search", "utilities", "rag"}
    long_name = ok(console.get(f"{ROOT}/tool-provider/builtin/langgenius/time/time/tools"))
    assert {each["name"] for each in long_name} == {each["name"] for each in time["tools"]}
    icon = console.get(f"{ROOT}/tool-provider/builtin/time/icon")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert refusal(console.get(f"{ROOT}/tool-provider/builtin/nobody/info"))[0] == 404


def test_the_parameters_that_a_tool_has_now(console: Console) -> None:
    time = f"{ROOT}/tool-provider/builtin/langgenius/time/time"
    listed = {each["name"]: each for each in ok(console.get(f"{time}/tools"))}
    assert listed["current_time"]["has_runtime_parameters"] is False
    assert ok(console.get(f"{time}/tools/current_time/parameters")) == listed["current_time"]["parameters"]
    assert refusal(console.get(f"{time}/tools/no_such/parameters")) == (
        400,
        f'The provider "time" has no tool "no_such"; it has {", ".join(listed)}.',
    )
    elsewhere = console.get(f"{time}/tools/current_time/parameters", app_id=str(uuid4()))
    assert elsewhere.status_code == 404
    missing = refusal(console.get(f"{BRAVE}/tools/brave_search/parameters"))
    assert missing[0] == 400
    assert "need credentials" in missing[1]


def test_credentials_from_the_first_to_the_last(console: Console, service: Running) -> None:
    fields = ok(console.get(f"{BRAVE}/credentials_schema"))
    assert [(each["name"], each["type"], each["required"]) for each in fields] == [
        ("brave_search_api_key", "secret-input", True),
        ("base_url", "text-input", False),
    ]
    values = {"brave_search_api_key": "first-key", "base_url": f"{service.url}/search"}
    wrong = console.post(f"{BRAVE}/update", {"credentials": {**values, "brave_search_api_key": "wrong"}})
    assert wrong.status_code == 400
    assert "do not work" in wrong.json()["message"]
    assert ok(console.post(f"{BRAVE}/update", {"credentials": values}))["name"] == "API KEY 1"
    info = ok(console.get(f"{BRAVE}/info"))
    assert info["is_team_authorization"] is True
    assert info["team_credentials"]["brave_search_api_key"] == "fi*****ey"
    masked = {**values, "brave_search_api_key": "fi*****ey"}
    assert ok(console.post(f"{BRAVE}/update", {"credentials": masked, "name": "Main"}))["name"] == "Main"
    second = ok(
        console.post(f"{BRAVE}/add", {"credentials": {**values, "brave_search_api_key": "second-key"}, "name": "B"})
    )
    listed = ok(console.get(f"{BRAVE}/credentials"))
    assert [(each["name"], each["is_default"]) for each in listed] == [("Main", True), ("B", False)]
    ok(console.post(f"{BRAVE}/default-credential", {"id": second["id"]}))
    assert ok(console.get(f"{BRAVE}/credential/info"))["credentials"][0]["name"] == "B"
    ok(console.post(f"{BRAVE}/delete", {"credential_id": second["id"]}))
    ok(console.post(f"{BRAVE}/delete", {}))
    assert ok(console.get(f"{BRAVE}/credentials")) == []
    assert console.post(f"{BRAVE}/delete", {}).status_code == 404


def test_an_api_from_its_address_to_its_end(console: Console, service: Running) -> None:
    schema = ok(console.get(f"{API}/remote", url=f"{service.url}/openapi.json"))["schema"]
    preview = ok(console.post(f"{API}/schema", {"schema": schema}))
    assert preview["schema_type"] == "openapi"
    assert preview["parameters_schema"][0] == {
        **preview["parameters_schema"][0],
        "server_url": f"{service.url}/pets/{{pet_id}}",
        "method": "get",
        "operation_id": "get_pet",
        "summary": "Find one animal",
    }
    assert preview["credentials_schema"][0]["name"] == "auth_type"
    tried = {"tool_name": "get_pet", "credentials": {"auth_type": "none"}, "schema_type": "openapi", "schema": schema}
    assert '"pet_id": 9' in ok(console.post(f"{API}/test/pre", {**tried, "parameters": {"pet_id": 9}}))["result"]
    assert "no integer" in ok(console.post(f"{API}/test/pre", {**tried, "parameters": {"pet_id": "x"}}))["error"]
    key = {"auth_type": "api_key", "api_key_value": "abcdefgh", "api_key_header_prefix": "bearer"}
    made = ok(console.post(f"{API}/add", api_body(service, credentials=key)))
    shown = ok(console.get(f"{API}/get", provider="kennel"))
    assert shown["credentials"]["api_key_value"] == "ab****gh"
    assert {each["name"] for each in ok(console.get(f"{API}/tools", provider="kennel"))} >= {"get_pet", "scan"}
    assert console.post(f"{API}/add", api_body(service)).status_code == 409
    changed = api_body(service, "dogs", original_provider="kennel", credentials=shown["credentials"])
    assert ok(console.post(f"{API}/update", changed))["id"] == made["id"]
    again = {**tried, "provider_name": "dogs", "credentials": shown["credentials"], "parameters": {"pet_id": 1}}
    ok(console.post(f"{API}/test/pre", again))
    assert service.last["headers"]["authorization"] == "Bearer abcdefgh"
    (provider,) = ok(console.get(f"{ROOT}/tools/api"))
    assert (provider["name"], provider["labels"], provider["allow_delete"]) == ("dogs", ["other"], True)
    ok(console.post(f"{API}/delete", {"provider": "dogs"}))
    assert console.get(f"{API}/get", provider="dogs").status_code == 404


def test_a_wrong_description_is_refused_with_reasons(console: Console, service: Running) -> None:
    status, message = refusal(console.post(f"{API}/schema", {"schema": "{}"}))
    assert status == 400
    assert all(kind in message for kind in ("As OpenAPI:", "As Swagger 2:", "As a plugin manifest:"))
    status, message = refusal(console.get(f"{API}/remote", url="http://169.254.169.254/latest"))
    assert status == 400
    assert "169.254.169.254" in message
    assert refusal(console.get(f"{API}/remote", url=f"{service.url}/closed"))[1].endswith("answered with status 404.")
    assert console.post(f"{API}/add", {"provider": "x"}).status_code == 400


def test_another_workspace_sees_and_changes_nothing(any_workbench: Workbench, service: Running) -> None:
    mine, theirs = (
        console_of(any_workbench, workspace_id=any_workbench.second_workspace(name).id) for name in ("mine", "theirs")
    )
    ok(mine.post(f"{API}/add", api_body(service)))
    values = {"brave_search_api_key": "first-key", "base_url": f"{service.url}/search"}
    credential = ok(mine.post(f"{BRAVE}/add", {"credentials": values}))
    owner = console_of(any_workbench)
    app = any_workbench.import_app(GREETER)
    tool = make_tool(owner, app.id, "who")
    workflow = f"{ROOT}/tool-provider/workflow"
    change = {"workflow_tool_id": tool["workflow_tool_id"], "name": f"x_{uuid4().hex[:6]}", "parameters": []}
    attempts = [
        theirs.get(f"{API}/get", provider="kennel"),
        theirs.get(f"{API}/tools", provider="kennel"),
        theirs.post(f"{API}/update", api_body(service)),
        theirs.post(f"{API}/delete", {"provider": "kennel"}),
        theirs.post(
            f"{API}/test/pre",
            {
                "tool_name": "get_pet", "provider_name": "kennel", "credentials": {}, "parameters": {"pet_id": 1},
                "schema": schema_of(service),
            },
        ),
        theirs.post(f"{BRAVE}/update", {"credential_id": credential["id"], "credentials": values}),
        theirs.post(f"{BRAVE}/delete", {"credential_id": credential["id"]}),
        theirs.post(f"{BRAVE}/default-credential", {"id": credential["id"]}),
        theirs.get(f"{workflow}/get", workflow_tool_id=tool["workflow_tool_id"]),
        theirs.get(f"{workflow}/get", workflow_app_id=app.id),
        theirs.get(f"{workflow}/tools", workflow_tool_id=tool["workflow_tool_id"]),
        theirs.post(f"{workflow}/update", change),
        theirs.post(f"{workflow}/delete", {"workflow_tool_id": tool["workflow_tool_id"]}),
        theirs.post(f"{workflow}/create", {**change, "workflow_app_id": app.id, "parameters": [{"name": "who"}]}),
    ]  # fmt: skip
    assert [answer.status_code for answer in attempts] == [404] * len(attempts), [a.text for a in attempts]
    assert ok(theirs.get(f"{ROOT}/tools/api")) == []
    assert ok(theirs.get(f"{ROOT}/tools/workflow")) == []
    assert ok(theirs.get(f"{BRAVE}/credentials")) == []
    assert len(ok(mine.get(f"{BRAVE}/credentials"))) == 1


def test_roles(any_workbench: Workbench, service: Running) -> None:
    workspace = any_workbench.second_workspace("roles").id
    editor, normal = (console_of(any_workbench, workspace_id=workspace, role=role) for role in ("editor", "normal"))
    assert editor.post(f"{BRAVE}/add", {"credentials": {}}).status_code == 403
    assert normal.get(f"{API}/remote", url=service.url).status_code == 403
    for member in (editor, normal):
        assert member.get(f"{ROOT}/tools/builtin").status_code == 200
        for path in ("add", "update", "delete", "schema", "test/pre"):
            assert member.post(f"{API}/{path}", api_body(service)).status_code == 403


def test_a_tool_without_credentials_keeps_a_draft_from_being_published(any_workbench: Workbench) -> None:
    data = {
        "type": "tool", "title": "Look up", "provider_id": "brave", "provider_type": "builtin",
        "tool_name": "brave_search", "tool_parameters": {"query": {"type": "mixed", "value": "x"}},
        "tool_configurations": {},
    }  # fmt: skip
    gone = {**data, "title": "Gone", "provider_id": "acme", "provider_type": "api"}
    console = console_of(any_workbench, workspace_id=any_workbench.second_workspace("unauthorized").id)
    app_id = console.new_app(
        workflow(start(to="look"), Node("look", data, leads("gone")), Node("gone", gone, leads("end")), end())
    )
    refused = console.post(f"/apps/{app_id}/workflows/publish", {})
    assert refused.status_code == 400
    assert 'Authorization required for the node "Look up"' in refused.json()["message"]
    assert "acme" not in refused.json()["message"]
    key: JsonMap = {"credentials": {"brave_search_api_key": "x"}}
    assert console.post(f"{BRAVE}/add", key).status_code == 400
    with_key = console_of(any_workbench, workspace_id=any_workbench.second_workspace("authorized").id)

    member = "SELECT workspace_id FROM members WHERE account_id = :id"
    workspace_id = str(any_workbench.rows(member, id=with_key.account_id)[0][0])

    async def add(services: Services) -> None:
        await services.tools.credentials.add(workspace_id, "brave", key["credentials"], check=False)

    any_workbench.with_services(add)
    time.sleep(1)
    app_id = with_key.new_app(workflow(start(to="look"), Node("look", data, leads("end")), end()))
    assert with_key.post(f"/apps/{app_id}/workflows/publish", {}).status_code in (200, 201)
