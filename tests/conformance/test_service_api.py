"""The Service API, case by case (spec service-api §12): transport, identity and what an app is.

The other numbered cases are in the files beside this one.
"""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import chat, end, start, workflow
from tests.server.harness import Workbench
from tests.server.matchers import TEXT, refused
from treadle import __version__
from treadle.platform.refusals import Refusal

pytestmark = pytest.mark.usefixtures("quiet_stream")
"""Case 43 takes real seconds: its stream begins here, and a later file looks at it."""

CASES = range(1, 117)


def test_every_case_has_a_test() -> None:
    tested = {
        int(number)
        for file in Path(__file__).parent.glob("test_service_api*.py")
        for number in re.findall(r"def test_case_(\d+)_", file.read_text())
    }
    assert tested == set(CASES)


def test_case_01_the_root_answers_without_a_key(workbench: Workbench) -> None:
    answer = workbench.raw().get("/v1/")
    assert answer.status_code == 200
    assert answer.json() == {"welcome": TEXT, "api_version": "v1", "server_version": __version__}
    assert answer.headers["x-version"] == __version__
    assert "x-env" in answer.headers


def test_case_02_no_authorization_is_refused(workbench: Workbench) -> None:
    answer = workbench.raw().get("/v1/parameters")
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="api"'


def test_case_03_a_key_without_its_scheme_is_refused(workbench: Workbench) -> None:
    key = workbench.of(sample_apps.CHAT).key
    refused(workbench.raw(Authorization=key).get("/v1/parameters"), 401, "unauthorized")


def test_case_04_another_scheme_is_refused(workbench: Workbench) -> None:
    key = workbench.of(sample_apps.CHAT).key
    refused(workbench.raw(Authorization=f"Basic {key}").get("/v1/parameters"), 401, "unauthorized")


def test_case_05_the_scheme_may_be_lower_case(workbench: Workbench) -> None:
    key = workbench.of(sample_apps.CHAT).key
    assert workbench.raw(Authorization=f"bearer {key}").get("/v1/parameters").status_code == 200
    assert workbench.raw(Authorization=f"BEARER \t {key}").get("/v1/parameters").status_code == 200


def test_case_06_an_unknown_key_is_refused(workbench: Workbench) -> None:
    for key in ("app-0123456789abcdefghijklmn", "x", "Bearer", "app-" + "é" * 24):
        headers = {"Authorization": f"Bearer {key}".encode()}
        answer = workbench.raw().call("GET", "/v1/parameters", headers=headers)
        refused(answer, 401, "unauthorized")


def test_case_07_a_knowledge_key_opens_no_app(workbench: Workbench) -> None:
    key = workbench.make_key("dataset")
    assert re.fullmatch(r"dataset-[A-Za-z0-9]{24}", key)
    bearer = workbench.raw(Authorization=f"Bearer {key}")
    refused(bearer.post("/v1/chat-messages", {"inputs": {}, "query": "hi", "user": "u"}), 401, "unauthorized")
    refused(bearer.get("/v1/parameters"), 401, "unauthorized")


def test_case_08_an_app_whose_api_is_off_is_refused(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.CHAT)
    workbench.change("UPDATE apps SET enable_api = FALSE WHERE id = :id", "apps", id=app.id)
    refused(workbench.api(app).get("/parameters"), 403, "forbidden")
    refused(workbench.api(app).chat("hi"), 403, "forbidden")


def test_case_09_an_archived_workspace_is_refused(workbench: Workbench) -> None:
    other = workbench.second_workspace("Archived")
    app = other.import_app(sample_apps.CHAT)
    workbench.change("UPDATE workspaces SET status = 'archive' WHERE id = :id", "keys", id=other.id)
    refused(workbench.api(app).chat("hi"), 403, "forbidden")


def test_case_10_a_chat_needs_a_user(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.post("/chat-messages", {"inputs": {}, "query": "hi"}), 400, "invalid_param", params="user")
    refused(api.chat("hi", user=""), 400, "invalid_param", params="user")
    refused(api.chat("hi", user=None), 400, "invalid_param", params="user")


def test_case_11_a_missing_user_wins_over_the_wrong_mode(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.ECHO)
    refused(api.post("/chat-messages", {"inputs": {}, "query": "hi"}), 400, "invalid_param", params="user")


def test_case_12_a_number_names_the_same_user_as_its_text(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.CHAT)
    api = workbench.api(app)
    first = api.chat("hi", user=7)
    assert first.status_code == 200
    again = api.chat("hi", user="7", conversation_id=first.json()["conversation_id"])
    assert again.status_code == 200
    assert workbench.rows("SELECT session_id FROM end_users WHERE app_id = :id", id=app.id) == [("7",)]


def test_case_13_a_form_in_the_place_of_json_is_refused(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    answer = api.call("POST", "/chat-messages", data={"query": "hi", "user": "u", "inputs": "{}"})
    refused(answer, 415, "unsupported_media_type")
    with_charset = {"Content-Type": "application/json; charset=utf-8"}
    body = b'{"inputs": {}, "query": "hi", "user": "u", "auto_generate_name": false}'
    assert api.call("POST", "/chat-messages", content=body, headers=with_charset).status_code == 200


def test_case_14_malformed_json_is_refused(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    for body in (b"{", b"", b"{'query': 1}", b'{"query": "hi",}', b"\xff\xfe"):
        headers = {"Content-Type": "application/json"}
        refused(api.call("POST", "/chat-messages", content=body, headers=headers), 400, "bad_request")


def test_case_15_json_that_is_no_object_is_refused(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    for body in ([], "text", 7, None, True):
        headers = {"Content-Type": "application/json"}
        content = b"null" if body is None else None
        options = {"content": content, "headers": headers} if content else {"json": body}
        refused(api.call("POST", "/chat-messages", **options), 400, "invalid_param")


def test_case_16_unknown_routes_and_wrong_verbs_are_json(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.get("/nothing/here"), 404, "not_found")
    refused(api.put("/messages", {}), 405, "method_not_allowed")
    refused(workbench.raw().get("/v1/nothing/here"), 404, "not_found")


def test_case_17_a_malformed_id_in_the_path_is_not_found(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.delete("/conversations/not-a-uuid", {"user": api.user}), 404, "not_found")
    refused(api.get("/messages/not-a-uuid/suggested", user=api.user), 404, "not_found")


def test_case_18_unknown_members_are_ignored(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    answer = api.chat("hi", unheard_of={"deep": [1]}, retriever_from="api", trace_id="t-1")
    assert answer.status_code == 200
    assert api.get("/conversations", user=api.user, pinned="true", first_id="x", unheard_of=1).status_code == 200


def test_case_19_an_app_has_ten_keys_at_most(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.CHAT)
    keys = {workbench.make_key("app", app.id) for _ in range(9)}
    assert len(keys) == 9
    with pytest.raises(Refusal) as refusal:
        workbench.make_key("app", app.id)
    assert (refusal.value.code, refusal.value.status) == ("max_keys_exceeded", 400)


def test_case_82_parameters_always_have_every_key(workbench: Workbench) -> None:
    limits = {
        "image_file_size_limit": 10,
        "video_file_size_limit": 100,
        "audio_file_size_limit": 50,
        "file_size_limit": 15,
        "workflow_file_upload_limit": 10,
    }
    answer = workbench.of(sample_apps.FORM_CHAT).get("/parameters")
    assert answer.status_code == 200
    city = {"variable": "city", "label": "city", "required": True, "max_length": 8}
    assert answer.json() == {
        "opening_statement": "Weather for {{city}}",
        "suggested_questions": [],
        "suggested_questions_after_answer": {"enabled": False},
        "speech_to_text": {"enabled": False},
        "text_to_speech": {"enabled": False, "voice": "", "language": ""},
        "retriever_resource": {"enabled": True},
        "annotation_reply": {"enabled": False},
        "more_like_this": {"enabled": False},
        "user_input_form": [
            {"text-input": city},
            {
                "select": {
                    "variable": "unit",
                    "label": "unit",
                    "required": False,
                    "options": ["metric", "imperial"],
                }
            },
            {"number": {"variable": "days", "label": "days", "required": False}},
        ],
        "sensitive_word_avoidance": {"enabled": False},
        "file_upload": {
            "image": {"enabled": False, "detail": "high", "number_limits": 3, "transfer_methods": ["local_file"]}
        },
        "system_parameters": limits,
    }

    bare = workflow(start(to="end"), end(), name="Bare", features={})
    shown = workbench.of(bare).get("/parameters").json()
    assert set(shown) == set(answer.json())
    assert (shown["user_input_form"], shown["more_like_this"]) == ([], {"enabled": False})
    assert all(isinstance(shown[name], dict) for name in ("file_upload", "annotation_reply", "text_to_speech"))

    draft = workbench.import_app(sample_apps.ECHO, publish=False)
    refused(workbench.api(draft).get("/parameters"), 400, "app_unavailable")


def test_case_83_info_meta_and_site(workbench: Workbench) -> None:
    app = workbench.import_app(chat(name="Skipper"))
    api = workbench.api(app)
    assert api.get("/info").json() == {
        "name": "Skipper",
        "description": "Skipper of a test",
        "tags": [],
        "mode": "chat",
        "author_name": None,
    }
    assert api.get("/meta").json() == {"tool_icons": {}}
    assert api.get("/site").json() == {
        "title": "Skipper",
        "chat_color_theme": None,
        "chat_color_theme_inverted": False,
        "icon_type": "emoji",
        "icon": "🧪",
        "icon_background": "#FFEAD5",
        "icon_url": None,
        "description": "Skipper of a test",
        "copyright": None,
        "privacy_policy": None,
        "custom_disclaimer": "",
        "input_placeholder": None,
        "default_language": "en-US",
        "show_workflow_steps": True,
        "use_icon_as_answer_icon": False,
    }
    workbench.change("DELETE FROM sites WHERE app_id = :id", "apps", id=app.id)
    refused(api.get("/site"), 403, "forbidden")


def test_a_unique_user_is_not_needed_to_describe_an_app(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.CHAT)
    for path in ("/info", "/parameters", "/meta", "/site"):
        assert workbench.api(app).get(path, user=str(uuid4())).status_code == 200
    assert workbench.rows("SELECT id FROM end_users WHERE app_id = :id", id=app.id) == []
