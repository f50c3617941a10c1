"""The studio's list and its tags, and Explore: the console API's side of them."""

import json
from uuid import uuid4

import pytest

from tests.server.app_files import answer, chatflow, start
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import Api
from tests.server.matchers import refused


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


def made(console: Console, mode: str, name: str) -> str:
    answered = console.post("/apps", {"mode": mode, "name": name})
    assert answered.status_code == 201, answered.text
    return str(answered.json()["id"])


def test_the_list_is_filtered_and_paged(console: Console) -> None:
    mark = uuid4().hex[:8]
    ids = [made(console, "workflow", f"Plan {mark} {index}") for index in range(3)]
    chat = made(console, "chat", f"100%_{mark.upper()}")
    names = f"/apps?name={mark}"
    assert [app["id"] for app in console.get(names).json()["data"]] == [chat, *reversed(ids)]
    page = console.get(f"{names}&mode=workflow&limit=2&page=2").json()
    assert ([app["id"] for app in page["data"]], page["total"], page["has_more"]) == ([ids[0]], 3, False)
    both = console.get(f"{names}&mode=workflow&mode=chat&limit=2").json()
    assert (len(both["data"]), both["total"], both["has_more"]) == (2, 4, True)
    assert [app["id"] for app in console.get(f"/apps?name=100%25_{mark}").json()["data"]] == [chat]
    assert console.get(f"/apps?name=x%25{mark}").json()["total"] == 0
    assert {app["created_by"] for app in both["data"]} == {"Member"}
    refused(console.get("/apps?limit=101"), 400, "invalid_param")

    def ordered(order: str) -> list[str]:
        return [app["id"] for app in console.get(f"{names}&order={order}").json()["data"]]

    assert console.call("PUT", f"/apps/{ids[0]}", json={"description": "Changed"}).status_code == 200
    assert ordered("changed") == [ids[0], chat, ids[2], ids[1]]
    assert ordered("created") == [chat, *reversed(ids)]
    assert ordered("name") == [chat, *ids]
    refused(console.get("/apps?order=size"), 400, "invalid_param")


def test_created_by_me_is_about_me(console: Console, any_workbench: Workbench) -> None:
    mark = uuid4().hex[:8]
    mine = made(console, "workflow", f"A {mark}")
    other = console_of(any_workbench)
    made(other, "workflow", f"B {mark}")
    found = console.get(f"/apps?name={mark}&is_created_by_me=true").json()
    assert [app["id"] for app in found["data"]] == [mine]


def test_tags_mark_apps(console: Console) -> None:
    mark = uuid4().hex[:8]
    first, second = made(console, "workflow", "First"), made(console, "workflow", "Second")
    red, blue = (console.post("/tags", {"name": f"{colour} {mark}"}).json() for colour in ("red", "blue"))
    assert red["binding_count"] == 0
    for target, tags in ((first, [red, blue]), (second, [blue])):
        body = {"tag_ids": [tag["id"] for tag in tags], "target_id": target}
        assert console.post("/tag-bindings/create", body).status_code == 204
        assert console.post("/tag-bindings/create", body).status_code == 204
    counts = {tag["name"]: tag["binding_count"] for tag in console.get(f"/tags?keyword={mark.upper()}").json()}
    assert counts == {f"blue {mark}": 2, f"red {mark}": 1}
    listed = console.get(f"/apps?tag_ids={red['id']}").json()["data"]
    assert [(app["id"], [tag["name"] for tag in app["tags"]]) for app in listed] == [
        (first, [f"blue {mark}", f"red {mark}"])
    ]
    assert console.get(f"/apps?tag_ids={red['id']}&tag_ids={blue['id']}").json()["total"] == 2
    taken = {"tag_ids": [blue["id"]], "target_id": second}
    assert console.post("/tag-bindings/remove", taken).status_code == 204
    renamed = console.change(f"/tags/{blue['id']}", {"name": f" teal {mark} "}).json()
    assert (renamed["name"], renamed["binding_count"]) == (f"teal {mark}", 1)
    refused(console.change(f"/tags/{blue['id']}", {"name": red["name"]}), 400, "invalid_param", params="name")
    assert console.call("DELETE", f"/tags/{red['id']}").status_code == 204
    assert [tag["name"] for tag in console.get(f"/apps?name=First&tag_ids={blue['id']}").json()["data"][0]["tags"]] == [
        f"teal {mark}"
    ]


def test_tags_belong_to_a_workspace_and_to_those_who_edit(any_workbench: Workbench, console: Console) -> None:
    elsewhere = console_of(any_workbench, workspace_id=any_workbench.second_workspace(uuid4().hex).id)
    tag = console.post("/tags", {"name": uuid4().hex}).json()
    app, foreign = made(console, "workflow", "Mine"), made(elsewhere, "workflow", "Theirs")
    assert tag["id"] not in [each["id"] for each in elsewhere.get("/tags").json()]
    refused(elsewhere.change(f"/tags/{tag['id']}", {"name": "x"}), 404, "not_found")
    refused(elsewhere.call("DELETE", f"/tags/{tag['id']}"), 404, "not_found")
    refused(elsewhere.post("/tag-bindings/create", {"tag_ids": [tag["id"]], "target_id": foreign}), 404, "not_found")
    refused(console.post("/tag-bindings/create", {"tag_ids": [tag["id"]], "target_id": foreign}), 404, "not_found")
    reader = console_of(any_workbench, role="normal")
    refused(reader.post("/tags", {"name": "no"}), 403, "forbidden")
    refused(reader.post("/tag-bindings/create", {"tag_ids": [tag["id"]], "target_id": app}), 403, "forbidden")
    for name in ("", " ", "x" * 51):
        refused(console.post("/tags", {"name": name}), 400, "invalid_param", params="name")


def picture(console: Console, any_workbench: Workbench, name: str = "logo.png", kind: str = "image/png") -> str:
    sent = console.call("POST", "/files/upload", files={"file": (name, any_workbench.png(), kind)})
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])


def test_a_picture_is_the_icon_of_an_app_and_of_its_copies(any_workbench: Workbench, console: Console) -> None:
    icon = picture(console, any_workbench)
    looks = {"icon_type": "image", "icon": icon}
    app = console.post("/apps", {"mode": "workflow", "name": "Pictured", **looks}).json()
    copy = console.post(f"/apps/{app['id']}/copy", {"name": "Copy"}).json()
    for each in (app, copy):
        assert (each["icon_type"], each["icon"]) == ("image", icon)
        shown = console.get(f"/apps/{each['id']}/icon?file={icon}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
        assert shown.content == any_workbench.png()
    assert "🤖" in console.get(f"/apps/{app['id']}/export").json()["data"]
    plain = made(console, "chat", "Plain")
    refused(console.get(f"/apps/{plain}/icon"), 404, "not_found")
    assert console.call("PUT", f"/apps/{plain}", json=looks).json()["icon"] == icon
    assert console.call("PUT", f"/apps/{plain}", json={"icon_type": "emoji", "icon": "🧭"}).json()["icon"] == "🧭"


def test_the_page_of_an_app_shows_its_picture(any_workbench: Workbench, console: Console) -> None:
    looks = {"icon_type": "image", "icon": picture(console, any_workbench)}
    app = console.new_app(chatflow(start(to="answer"), answer("Hello"), name="Pictured"), **looks)
    assert console.post(f"/apps/{app}/workflows/publish", {}).status_code == 200
    assert console.put(f"/apps/{app}", {"is_template": True}).status_code == 200
    [offered] = [entry for entry in console.get("/explore/apps").json()["data"] if entry["id"] == app]
    assert (offered["icon_type"], offered["icon"]) == ("image", looks["icon"])
    console.put(f"/apps/{app}", {"is_template": False})
    token = console.post(f"/installed-apps/{app}/passport", {}).json()["access_token"]
    page = Api(any_workbench.http, f"{any_workbench.server.url}/api")
    page.headers["Authorization"] = f"Bearer {token}"
    url = page.get("/site").json()["site"]["icon_url"]
    assert any_workbench.http.get(url).content == any_workbench.png()


def test_only_pictures_of_the_workspace_become_icons(any_workbench: Workbench, console: Console) -> None:
    elsewhere = console_of(any_workbench, workspace_id=any_workbench.second_workspace(uuid4().hex).id)
    theirs = picture(elsewhere, any_workbench)
    svg = console.call("POST", "/files/upload", files={"file": ("a.svg", b"<svg/>", "image/svg+xml")}).json()["id"]
    app = made(console, "workflow", "Plain")
    for icon in (theirs, svg, str(uuid4()), "😀"):
        looks = {"icon_type": "image", "icon": icon}
        new = {"mode": "chat", "name": "No", **looks}
        refused(console.post("/apps", new), 400, "invalid_param", params="icon")
        refused(console.call("PUT", f"/apps/{app}", json=looks), 400, "invalid_param", params="icon")
        refused(console.post(f"/apps/{app}/copy", looks), 400, "invalid_param", params="icon")
    stolen = json.loads(chatflow(start(to="answer"), answer("x")))
    stolen["app"] |= {"icon_type": "image", "icon": theirs}
    smuggled = console.new_app(json.dumps(stolen))
    assert console.get(f"/apps/{smuggled}").json()["icon"] == theirs
    refused(console.get(f"/apps/{smuggled}/icon"), 404, "not_found")


def test_the_catalogue_names_apps_that_can_be_made(console: Console) -> None:
    catalogue = console.get("/explore/apps").json()
    templates = {template["id"]: template["content"] for template in console.get("/app-templates").json()["data"]}
    assert {entry["id"] for entry in catalogue["data"]} == set(templates)
    assert set(catalogue["categories"]) == {name for entry in catalogue["data"] for name in entry["categories"]}
    entry = catalogue["data"][0]
    app = console.get(f"/apps/{console.new_app(templates[entry['id']])}").json()
    assert (app["name"], app["mode"], app["icon"]) == (entry["name"], entry["mode"], entry["icon"])


def test_a_published_app_is_offered_as_a_template(any_workbench: Workbench, console: Console) -> None:
    file = chatflow(start(to="answer"), answer("Hello"), name="To begin with")
    app_id = any_workbench.import_app(file).id
    draft = made(console, "workflow", "Never shown")
    for each in (app_id, draft):
        assert console.put(f"/apps/{each}", {"is_template": True}).json()["is_template"] is True
    offered = [entry for entry in console.get("/explore/apps").json()["data"] if entry["own"]]
    assert [(entry["id"], entry["name"], entry["mode"]) for entry in offered] == [
        (app_id, "To begin with", "advanced-chat")
    ]
    content = console.get(f"/app-templates/{app_id}").json()["content"]
    assert console.get(f"/apps/{console.new_app(content)}").json()["name"] == "To begin with"
    for absent in (draft, "nothing"):
        refused = console.get(f"/app-templates/{absent}")
        assert (refused.status_code, refused.json()["message"]) == (404, "The catalogue has no such app.")
    console.put(f"/apps/{app_id}", {"is_template": False})
    assert not any(entry["own"] for entry in console.get("/explore/apps").json()["data"])


def test_a_member_uses_an_app_as_himself(any_workbench: Workbench, console: Console) -> None:
    app = any_workbench.import_app(chatflow(start(to="answer"), answer("Hello"), name="At hand"))
    draft = made(console, "workflow", "Never published")
    listed = {entry["id"]: entry for entry in console.get("/installed-apps").json()["data"]}
    assert draft not in listed
    assert listed[app.id]["last_used_at"] is None
    assert console.change(f"/installed-apps/{app.id}", {"is_pinned": True}).json()["is_pinned"] is True
    assert console.get("/installed-apps").json()["data"][0]["id"] == app.id
    assert console.post(f"/apps/{app.id}/site-enable", {"enable_site": False}).status_code == 200

    token = console.post(f"/installed-apps/{app.id}/passport", {}).json()["access_token"]
    page = Api(any_workbench.http, f"{any_workbench.server.url}/api")
    page.headers["Authorization"] = f"Bearer {token}"
    told = page.post("/chat-messages", {"inputs": {}, "query": "Hi", "response_mode": "blocking"}).json()
    assert told["answer"] == "Hello"
    assert [each["id"] for each in page.get("/conversations").json()["data"]] == [told["conversation_id"]]
    again = console.post(f"/installed-apps/{app.id}/passport", {}).json()["access_token"]
    page.headers["Authorization"] = f"Bearer {again}"
    assert [each["id"] for each in page.get("/conversations").json()["data"]] == [told["conversation_id"]]
    [(channel,)] = any_workbench.rows("SELECT created_from FROM runs WHERE app_id = :app", app=app.id)
    assert channel == "installed-app"
    assert console.get(f"/installed-apps/{app.id}").json()["last_used_at"] > 0

    any_workbench.change("DELETE FROM members WHERE account_id = :account", account=console.account_id)
    refused(page.get("/conversations"), 401, "unauthorized")


def test_apps_elsewhere_are_not_at_hand(any_workbench: Workbench, console: Console) -> None:
    elsewhere = console_of(any_workbench, workspace_id=any_workbench.second_workspace(uuid4().hex).id)
    app = any_workbench.import_app(chatflow(start(to="answer"), answer("Hello")))
    refused(elsewhere.get(f"/installed-apps/{app.id}"), 404, "not_found")
    refused(elsewhere.change(f"/installed-apps/{app.id}", {"is_pinned": True}), 404, "not_found")
    refused(elsewhere.post(f"/installed-apps/{app.id}/passport", {}), 404, "not_found")
    assert console.get(f"/installed-apps/{app.id}").status_code == 200
