"""The published page of an app: its settings, its address, and who may show it in a frame."""

from uuid import uuid4

import pytest

from tests.server.app_files import answer, chatflow, start
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import Api, JsonMap
from tests.server.matchers import refused


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


@pytest.fixture
def app(console: Console) -> str:
    """A published chatflow."""
    made = console.new_app(chatflow(start(to="answer"), answer("Hello"), name="Guide"))
    assert console.post(f"/apps/{made}/workflows/publish", {}).status_code == 200
    return made


def put(console: Console, app: str, **changes: object) -> JsonMap:
    answered = console.call("PUT", f"/apps/{app}/site", json=changes)
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


def visitor(bench: Workbench, code: str) -> Api:
    """A browser that has just opened the page."""
    answered = bench.raw(**{"X-App-Code": code}).get("/api/passport")
    assert answered.status_code == 200, answered.text
    return bench.raw(Authorization=f"Bearer {answered.json()['access_token']}")


def test_what_is_set_is_what_visitors_see(any_workbench: Workbench, console: Console, app: str) -> None:
    first = console.get(f"/apps/{app}/site").json()
    assert (first["title"], first["default_language"], first["embed_origins"]) == ("Guide", "en-US", ["*"])
    assert (first["show_workflow_steps"], first["copyright"], first["chat_color_theme"]) == (True, "", None)
    wanted = {
        "title": "Town guide",
        "description": "Ask about the town 🏛️",
        "icon_type": "emoji",
        "icon": "🧭",
        "icon_background": "#D5F0FE",
        "default_language": "ja-JP",
        "chat_color_theme": "#1c64f2",
        "chat_color_theme_inverted": True,
        "copyright": "Example Ltd",
        "privacy_policy": "https://example.com/privacy?lang=de",
        "custom_disclaimer": "It may be **wrong**.",
        "input_placeholder": "Where to?",
        "show_workflow_steps": False,
        "use_icon_as_answer_icon": True,
    }
    changed = put(console, app, **wanted)
    assert {name: changed[name] for name in wanted} == wanted
    shown = visitor(any_workbench, changed["code"]).get("/api/site").json()["site"]
    assert {name: shown[name] for name in wanted} == wanted
    emptied = put(console, app, copyright="", privacy_policy="", chat_color_theme="", custom_disclaimer="")
    assert emptied["title"] == "Town guide"
    assert console.get(f"/apps/{app}").json()["name"] == "Guide"
    shown = visitor(any_workbench, changed["code"]).get("/api/site").json()["site"]
    assert (shown["copyright"], shown["privacy_policy"], shown["chat_color_theme"]) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", " "),
        ("title", "x" * 256),
        ("default_language", "tlh"),
        ("chat_color_theme", "blue"),
        ("chat_color_theme", "#12345"),
        ("privacy_policy", "javascript:alert(1)"),
        ("privacy_policy", "example.com"),
        ("privacy_policy", "https://"),
        ("privacy_policy", "http://[x"),
        ("input_placeholder", "x" * 65),
        ("icon_type", "script"),
        ("embed_origins", ["example.com"]),
        ("embed_origins", ["https://a.example; script-src *"]),
        ("embed_origins", "*"),
        ("show_workflow_steps", "perhaps"),
    ],
)
def test_what_no_page_can_have_is_refused(console: Console, app: str, name: str, value: object) -> None:
    before = console.get(f"/apps/{app}/site").json()
    answered = console.call("PUT", f"/apps/{app}/site", json={name: value})
    refused(answered, 400, "invalid_param")
    assert answered.json()["params"].split(".")[0] == name
    assert console.get(f"/apps/{app}/site").json() == before


def test_a_picture_of_the_page_is_one_of_the_workspace(any_workbench: Workbench, console: Console, app: str) -> None:
    sent = console.call("POST", "/files/upload", files={"file": ("logo.png", any_workbench.png(), "image/png")})
    icon = str(sent.json()["id"])
    assert put(console, app, icon_type="image", icon=icon)["icon"] == icon
    assert console.get(f"/apps/{app}/site/icon?file={icon}").content == any_workbench.png()
    for wrong in ("nothing", str(uuid4())):
        refused(console.call("PUT", f"/apps/{app}/site", json={"icon": wrong}), 400, "invalid_param", params="icon")
    put(console, app, icon_type="emoji", icon="🧭")
    refused(console.get(f"/apps/{app}/site/icon"), 404, "not_found")


def test_a_new_address_ends_the_old_one(any_workbench: Workbench, console: Console, app: str) -> None:
    old = console.get(f"/apps/{app}/site").json()
    before = visitor(any_workbench, old["code"])
    assert before.get("/api/site").status_code == 200
    new = console.post(f"/apps/{app}/site/code", {}).json()
    assert new["code"] != old["code"]
    assert new["url"].endswith(f"/chat/{new['code']}")
    assert new["embed_url"].endswith(f"/chatbot/{new['code']}")
    refused(any_workbench.raw(**{"X-App-Code": old["code"]}).get("/api/passport"), 404, "not_found")
    assert before.get("/api/site").status_code in (400, 404)
    assert visitor(any_workbench, new["code"]).get("/api/site").json()["site"]["title"] == "Guide"
    editor = console_of(any_workbench, role="editor")
    refused(editor.post(f"/apps/{app}/site/code", {}), 403, "forbidden")
    assert put(editor, app, title="By an editor")["title"] == "By an editor"


def test_another_workspace_sees_and_changes_nothing(any_workbench: Workbench, app: str) -> None:
    stranger = console_of(any_workbench, workspace_id=any_workbench.second_workspace(uuid4().hex).id)
    refused(stranger.get(f"/apps/{app}/site"), 404, "not_found")
    refused(stranger.get(f"/apps/{app}/site/icon"), 404, "not_found")
    refused(stranger.call("PUT", f"/apps/{app}/site", json={"title": "Mine"}), 404, "not_found")
    refused(stranger.post(f"/apps/{app}/site/code", {}), 404, "not_found")
    refused(console_of(any_workbench, role="normal").call("PUT", f"/apps/{app}/site", json={}), 403, "forbidden")


def test_the_builder_says_who_may_frame_the_page(any_workbench: Workbench, console: Console, app: str) -> None:
    code = console.get(f"/apps/{app}/site").json()["code"]

    def told() -> tuple[list[str], str | None]:
        headers = any_workbench.raw().get(f"/chatbot/{code}").headers
        policies = headers.get_list("content-security-policy")
        return [each for each in policies if each.startswith("frame-")], headers.get("x-frame-options")

    assert told() == ([], None)
    put(console, app, embed_origins=["https://shop.example", "http://localhost:3000"])
    assert told() == (["frame-ancestors 'self' https://shop.example http://localhost:3000"], None)
    put(console, app, embed_origins=[])
    assert told() == (["frame-ancestors 'none'"], "DENY")


def test_a_workflow_has_no_page_to_embed(console: Console) -> None:
    made = console.post("/apps", {"mode": "workflow", "name": "Steps"}).json()["id"]
    assert console.get(f"/apps/{made}/site").json()["embed_url"] is None


def test_a_named_visitor_is_known_to_runs_and_opens_nobody_elses_conversations(
    any_workbench: Workbench, console: Console
) -> None:
    made = console.new_app(chatflow(start(to="answer"), answer("Hello {{#sys.user_id#}}"), name="Named"))
    assert console.post(f"/apps/{made}/workflows/publish", {}).status_code == 200
    code = console.get(f"/apps/{made}/site").json()["code"]

    def named(user: str) -> Api:
        answered = any_workbench.raw(**{"X-App-Code": code}).get("/api/passport", user_id=user)
        assert answered.status_code == 200, answered.text
        return any_workbench.raw(Authorization=f"Bearer {answered.json()['access_token']}")

    first, second = named("grâce 7"), named("grâce 7")
    said = first.post("/api/chat-messages", {"query": "Hi", "inputs": {}, "response_mode": "blocking"}).json()
    assert said["answer"] == "Hello grâce 7"
    assert [each["id"] for each in first.get("/api/conversations").json()["data"]] == [said["conversation_id"]]
    assert second.get("/api/conversations").json()["data"] == []
    refused(
        any_workbench.raw(**{"X-App-Code": code}).get("/api/passport", user_id="x" * 201),
        400,
        "invalid_param",
        params="user_id",
    )
