"""The Service API, case by case (spec service-api §12): what is refused or fails."""

from typing import Any
from uuid import uuid4

from tests.server import sample_apps
from tests.server.app_files import STUB
from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.server.matchers import ID, NOW, TEXT, refused

JsonMap = dict[str, Any]


def test_case_35_what_is_not_published_cannot_be_called(workbench: Workbench) -> None:
    draft = workbench.api(workbench.import_app(sample_apps.PLAIN_CHATFLOW, publish=False))
    refused(draft.chat("hi"), 400, "invalid_param")
    draft = workbench.api(workbench.import_app(sample_apps.ECHO, publish=False))
    refused(draft.run({}), 400, "invalid_param")
    refused(draft.run({}, response_mode="streaming"), 400, "invalid_param")


def test_case_36_a_provider_without_credentials(workbench: Workbench) -> None:
    """Nor a default model, which would take its place."""
    api = workbench.api(workbench.second_workspace("Without models").import_app(sample_apps.NO_CREDENTIALS_CHAT))
    refused(api.chat("hi"), 400, "provider_not_initialize")
    answer = api.call("POST", "/chat-messages", json=api.chat_body("hi", response_mode="streaming"))
    if answer.status_code == 400:
        refused(answer, 400, "provider_not_initialize")
    else:
        assert answer.text.count("data: ") == 1
        assert '"code":"provider_not_initialize"' in answer.text


def test_case_37_an_account_that_is_used_up_and_a_model_that_is_switched_off(workbench: Workbench) -> None:
    """There are no plans here: an account with a provider is used up, and a workspace switches models off."""
    workspace = workbench.second_workspace("Bounded")
    workspace.add_model()
    api = workbench.api(workspace.import_app(sample_apps.CHAT))
    workbench.model.fail(status=429, code="insufficient_quota")
    refused(api.chat("hi"), 400, "provider_quota_exceeded")
    workbench.model.fail(status=402)
    (event,) = api.chat_events("hi")
    assert (event["code"], event["status"]) == ("provider_quota_exceeded", 400)
    assert "is used up" in event["message"]
    console = console_of(workbench, workspace_id=workspace.id)
    models = f"/workspaces/current/model-providers/{STUB['provider']}/models"
    assert console.change(f"{models}/disable", {"model": STUB["name"], "model_type": "llm"}).status_code == 200
    refused(api.chat("hi"), 400, "model_currently_not_support")
    (event,) = api.chat_events("hi")
    assert (event["code"], event["status"]) == ("model_currently_not_support", 400)
    assert "switched off in this workspace" in event["message"]


def test_case_38_a_model_that_refuses(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    for status in (400, 401, 429, 500):
        workbench.model.fail(times=1 if status < 429 else 3, status=status)
        refused(api.chat("hi"), 400, "completion_request_error")
        workbench.model.fail(times=1 if status < 429 else 3, status=status)
        events = api.chat_events("hi")
        assert [event["event"] for event in events] == ["error"]
        assert (events[0]["code"], events[0]["status"]) == ("completion_request_error", 400)


def test_case_39_an_error_event_is_last_and_has_no_task(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    workbench.model.fail(times=3, status=500)
    events = api.chat_events("will fail")
    assert events == [
        {
            "event": "error",
            "conversation_id": ID,
            "message_id": ID,
            "created_at": NOW,
            "code": "completion_request_error",
            "status": 400,
            "message": TEXT,
        }
    ]
    listed = api.get("/messages", user=api.user, conversation_id=events[0]["conversation_id"]).json()["data"]
    assert [(row["id"], row["status"], row["error"]) for row in listed] == [
        (events[0]["message_id"], "error", events[0]["message"])
    ]


def test_case_40_what_nobody_foresaw_is_an_internal_server_error(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.ECHO)
    workbench.change("UPDATE app_versions SET graph = '{' WHERE app_id = :id", "apps", id=app.id)
    api = workbench.api(app)
    refused(api.run({}), 500, "internal_server_error")
    refused(api.run({}, response_mode="streaming"), 500, "internal_server_error")


def test_case_44_files_that_cannot_be_taken(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)

    def local(file_id: Any) -> JsonMap:
        return {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}

    remote = {"type": "image", "transfer_method": "remote_url"}
    for files in (
        [local(str(uuid4()))],
        [local("not-a-uuid")],
        [local(None)],
        [local("")],
        [local({"id": 1})],
        [{"type": "image", "transfer_method": "carrier", "upload_file_id": str(uuid4())}],
        [{"type": "parchment", "transfer_method": "local_file", "upload_file_id": str(uuid4())}],
        [{**remote, "url": "ftp://example.com/a.png"}],
        [{**remote, "url": "file:///etc/passwd"}],
        [{**remote, "url": "/etc/passwd"}],
        [{**remote, "url": 7}],
    ):
        refused(api.chat("look", files=files), 400, "invalid_param", params="files")
    refused(api.chat("look", files="none"), 400, "invalid_param", params="files")
    refused(api.chat("look", files={"0": local(str(uuid4()))}), 400, "invalid_param", params="files")
    uploads = [api.upload(f"{name}.png", workbench.png()).json()["id"] for name in "abc"]
    refused(api.chat("look", files=[local(each) for each in uploads]), 400, "invalid_param", params="files")
    assert api.chat("look", files=[local(each) for each in uploads[:2]]).status_code == 200


def test_case_45_files_are_ignored_where_they_are_off(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    files = [{"type": "image", "transfer_method": "local_file", "upload_file_id": str(uuid4())}]
    answer = api.chat("look", files=files)
    assert answer.status_code == 200
    conversation = answer.json()["conversation_id"]
    listed = api.get("/messages", user=api.user, conversation_id=conversation).json()["data"]
    assert listed[0]["message_files"] == []
