"""Nobody reaches what belongs to another workspace, app or person, whatever ids they know.

It happened to others: the incidents of CVE-2026-41947 to -41950 and of CVE-2026-21858.

The walk calls every route of both APIs that takes an id with ids of somebody else, in the path, in the query and
inside the body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher

from tests.apps.asking import approval
from tests.server import sample_apps
from tests.server.app_files import answer as answer_node
from tests.server.app_files import chatflow, conversation_variable, end, start, workflow
from tests.server.harness import MadeApp, OtherWorkspace, Workbench
from tests.server.http_client import Api, AppApi
from tests.server.matchers import refused
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.service_api.routes import ROUTES as SERVICE_ROUTES
from treadle.server.services import Services
from treadle.server.web_api.routes import ROUTES as WEB_ROUTES

JsonMap = dict[str, Any]

OWNER = "the same name in both workspaces"
STRANGER_MODES = (sample_apps.CHATFLOW, sample_apps.IMAGE_CHAT, sample_apps.COMPLETION, sample_apps.FILE_WORKFLOW)


@dataclass
class Belongings:
    """What somebody has: ids by the name that routes give them, a word in every text, and a run that goes on."""

    ids: dict[str, list[str]]
    word: str
    gate: str
    app_ids: list[str]


@pytest.fixture(scope="module")
def owned(workbench: Workbench) -> Iterator[Belongings]:
    """Conversations, messages, files, variables, runs and a task in the first workspace."""
    word, gate = f"confidential-{uuid4().hex}", uuid4().hex
    flow_app = workbench.import_app(sample_apps.CHATFLOW)
    image_app = workbench.import_app(sample_apps.IMAGE_CHAT)
    text_app = workbench.import_app(sample_apps.COMPLETION)
    asking_app = workbench.import_app(approval())
    held_app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    flow, image, text = (workbench.api(app, OWNER) for app in (flow_app, image_app, text_app))
    talk = flow.chat(word).json()
    variables = flow.get(f"/conversations/{talk['conversation_id']}/variables", user=OWNER).json()["data"]
    file_id = image.upload(f"{word}.png", workbench.png()).json()["id"]
    annotation = flow.post("/apps/annotations", {"question": f"Is it {word}?", "answer": word}).json()["id"]
    job = workbench.with_services(lambda services: _replies_on(services, flow_app.id))
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}
    look = image.chat(word, files=[sent]).json()
    written = text.complete({"product": word}).json()
    held = workbench.api(held_app, OWNER)
    with held.stream("/workflows/run", held.run_body({"name": word})) as stream:
        running = stream.until("workflow_started")
        asked = workbench.api(asking_app, OWNER).run_events({"what": word})
        workbench.gate.wait(gate)
        yield Belongings(
            ids={
                "conversation_id": [talk["conversation_id"], look["conversation_id"]],
                "message_id": [talk["id"], look["id"], written["id"]],
                "variable_id": [row["id"] for row in variables],
                "file_id": [file_id],
                "workflow_run_id": [running["workflow_run_id"]],
                "task_id": [running["task_id"]],
                "workflow_id": [running["data"]["workflow_id"]],
                "form_token": [asked[-2]["data"]["form_token"]],
                "end_user_id": _end_users(workbench, flow_app.id),
                "annotation_id": [annotation],
                "action": ["enable"],
                "job_id": [job],
            },
            word=word,
            gate=gate,
            app_ids=[flow_app.id, image_app.id, text_app.id, held_app.id, asking_app.id],
        )
        workbench.gate.open(gate)
        assert stream.rest()[-1]["data"]["status"] == "succeeded"


async def _replies_on(services: Services, app_id: str) -> str:
    """The job that lets the app answer with its annotations."""
    app = await services.apps.app(app_id)
    return (await services.annotations.switch(app, "enable"))[0]


def _end_users(workbench: Workbench, app_id: str) -> list[str]:
    return [each for (each,) in workbench.rows("SELECT id FROM end_users WHERE app_id = :app", app=app_id)]


@pytest.fixture(scope="module")
def elsewhere(workbench: Workbench) -> OtherWorkspace:
    """A second workspace with a model."""
    other = workbench.second_workspace("Elsewhere")
    other.add_model()
    return other


@pytest.fixture(scope="module")
def strangers(workbench: Workbench, elsewhere: OtherWorkspace) -> list[MadeApp]:
    """Apps of every mode in the second workspace."""
    return [elsewhere.import_app(file_text) for file_text in STRANGER_MODES]


def state(bench: Workbench, owned: Belongings) -> list[Any]:
    """Everything that belongs to the owner, as rows."""
    found: list[Any] = []
    for table in ("conversations", "messages", "feedbacks", "files", "conversation_variables", "annotations"):
        column = "conversation_id" if table == "conversation_variables" else "app_id"
        keys = owned.ids["conversation_id"] if table == "conversation_variables" else owned.app_ids
        for key in keys:
            found.append((table, sorted(bench.rows(f"SELECT * FROM {table} WHERE {column} = :key", key=key), key=str)))
    return found


BODIES: dict[str, JsonMap] = {
    "feedbacks": {"rating": "like"},
    "name": {"name": "stolen"},
    "variables": {"value": "stolen"},
    "run": {"inputs": {}},
}


def paths(routes: list[Any], owned: Belongings) -> list[tuple[str, str]]:
    """Method and path of every route with ids in it, filled with the owner's."""
    filled: list[tuple[str, str]] = []
    for route in routes:
        assert isinstance(route, DeclaredRoute)
        names = re.findall(r"{(\w+)(?::\w+)?}", route.path)
        if not names or route.caller is Caller.SECRET_ADDRESS:
            continue  # the address itself is the secret
        if route.caller is Caller.KNOWLEDGE_KEY:
            continue  # tests/knowledge walks them
        assert set(names) <= set(owned.ids), f"a new kind of id in {route.path}: add it to Belongings"
        found = [re.sub(r":uuid", "", route.path)]
        for name in names:
            found = [path.replace(f"{{{name}}}", each) for path in found for each in owned.ids[name]]
        method = next(iter(route.methods - {"HEAD"}))
        filled += [(method, path) for path in found]
    return filled


def body_of(path: str) -> JsonMap:
    return next((body for part, body in BODIES.items() if f"/{part}" in path), {})


def check(answer: httpx.Response, what: str, owned: Belongings) -> None:
    """A stranger is told that there is nothing, or that stopping succeeded (spec service-api §3.5)."""
    assert owned.word not in answer.text, what
    if what.endswith("/stop"):
        assert answer.status_code == 400 or answer.json() == {"result": "success"}, what
    else:
        assert answer.status_code in (400, 404), f"{what}: {answer.status_code} {answer.text}"


def test_ids_in_paths_of_the_service_api(workbench: Workbench, owned: Belongings, strangers: list[MadeApp]) -> None:
    before = state(workbench, owned)
    for app in strangers:
        api = workbench.api(app, OWNER)
        for method, path in paths(SERVICE_ROUTES, owned):
            body = {**body_of(path), "user": OWNER}
            options: JsonMap = {"params": {"user": OWNER}} if method == "GET" else {"json": body}
            check(api.call(method, path, **options), f"{method} {path}", owned)
    assert state(workbench, owned) == before


def test_ids_in_paths_of_published_pages(workbench: Workbench, owned: Belongings, strangers: list[MadeApp]) -> None:
    before = state(workbench, owned)
    for app in strangers:
        visitor = workbench.visitor(app)
        for method, path in paths(WEB_ROUTES, owned):
            options: JsonMap = {} if method == "GET" else {"json": body_of(path)}
            answer = visitor.call(method, path, **options)
            if method == "DELETE" and path.startswith("/saved-messages"):
                assert answer.status_code in (200, 400)  # forgetting what one never kept succeeds
                continue
            check(answer, f"{method} {path}", owned)
    assert state(workbench, owned) == before


def test_ids_in_queries_and_bodies(workbench: Workbench, owned: Belongings, strangers: list[MadeApp]) -> None:
    before = state(workbench, owned)
    flow, image, text, files = (workbench.api(app, OWNER) for app in strangers)
    own = flow.chat("mine").json()["conversation_id"]
    for talk in owned.ids["conversation_id"]:
        for api in (flow, image):
            refused(api.chat("hi", conversation_id=talk), 404, "not_found")
            refused(api.get("/messages", user=OWNER, conversation_id=talk), 404, "not_found")
            refused(api.get("/conversations", user=OWNER, last_id=talk), 404, "not_found")
        visitor = workbench.visitor(strangers[0])
        refused(visitor.post("/chat-messages", {"inputs": {}, "query": "x", "conversation_id": talk}), 404, "not_found")
        refused(visitor.get("/messages", conversation_id=talk), 404, "not_found")
        refused(visitor.get("/conversations", last_id=talk), 404, "not_found")
    for message in owned.ids["message_id"]:
        refused(flow.get("/messages", user=OWNER, conversation_id=own, first_id=message), 404, "not_found")
        saver = workbench.visitor(strangers[2])
        refused(saver.post("/saved-messages", {"message_id": message}), 404, "not_found")
        refused(saver.get("/saved-messages", last_id=message), 404, "not_found")
    for version in owned.ids["workflow_id"]:
        refused(flow.chat("hi", workflow_id=version), 404, "not_found")
        refused(files.post(f"/workflows/{version}/run", {"inputs": {}, "user": OWNER}), 404, "not_found")
    for run in owned.ids["workflow_run_id"]:
        assert files.get("/workflows/logs", keyword=run).json()["data"] == []
    assert files.get("/workflows/logs", keyword=owned.word).json()["data"] == []
    for file_id in owned.ids["file_id"]:
        for method, member in (("local_file", "upload_file_id"), ("tool_file", "tool_file_id")):
            sent = {"type": "image", "transfer_method": method, member: file_id}
            refused(image.chat("look", files=[sent]), 400, "invalid_param")
            refused(files.run({"report": sent}), 400, "invalid_param")
            refused(files.run({"papers": [sent]}), 400, "invalid_param")
    assert state(workbench, owned) == before
    assert text.get("/app/feedbacks").json() == {"data": []}


def test_a_visitor_asks_again_below_a_foreign_message(
    workbench: Workbench, owned: Belongings, strangers: list[MadeApp]
) -> None:
    """`parent_message_id` chooses the history: never one of somebody else."""
    visitor = workbench.visitor(strangers[0])
    for message in owned.ids["message_id"]:
        marker = uuid4().hex
        body = {"inputs": {}, "query": marker, "parent_message_id": message}
        assert visitor.post("/chat-messages", {**body, "response_mode": "blocking"}).status_code in (200, 400, 404)
        asked = [r for r in workbench.model.requests_to("/chat/completions") if marker in str(r.json)]
        assert all(owned.word not in str(request.json) for request in asked)


def test_a_member_of_another_workspace_sees_no_run(
    workbench: Workbench, owned: Belongings, elsewhere: OtherWorkspace
) -> None:
    session = member_session(workbench, elsewhere.id)
    (run_id,) = owned.ids["workflow_run_id"]
    refused(session.get(f"/runs/{run_id}"), 404, "not_found")
    for app_id in owned.app_ids:
        answer = session.get("/runs", app_id=app_id)
        assert (answer.status_code, answer.json()["data"]) == (200, [])
    listed = session.get("/runs", limit=200)
    assert owned.word not in listed.text
    assert not set(owned.app_ids) & {row["app_id"] for row in listed.json()["data"]}
    assert not set(owned.app_ids) & {row["id"] for row in session.get("/apps").json()["data"]}


def member_session(bench: Workbench, workspace_id: str) -> Api:
    """The console API for a new owner of a workspace."""
    account, email = str(uuid4()), f"{uuid4().hex}@example.com"
    bench.change(
        "INSERT INTO accounts (id, email, name, password_hash, status, interface_language, interface_theme, timezone,"
        " created_at, updated_at) VALUES (:id, :email, 'Member', :hash, 'active', 'en-US', 'system', 'UTC', 1, 1)",
        id=account,
        email=email,
        hash=PasswordHasher().hash("right horse 1"),
    )
    bench.change(
        "INSERT INTO members (workspace_id, account_id, role, created_at) VALUES (:workspace, :account, 'owner', 1)",
        workspace=workspace_id,
        account=account,
    )
    client = httpx.Client(timeout=30)
    api = Api(client, f"{bench.server.url}/console/api")
    assert api.post("/signin", {"email": email, "password": "right horse 1"}).status_code == 200
    return api


def test_logs_tell_nothing_of_accounts_elsewhere(workbench: Workbench) -> None:
    """An address that is known in another workspace is as unknown as any other."""
    third = workbench.second_workspace("Third").id
    member_session(workbench, third)
    ((email,),) = workbench.rows(
        "SELECT email FROM accounts JOIN members ON account_id = id WHERE workspace_id = :id", id=third
    )
    api = workbench.of(sample_apps.ECHO)
    for address in (email, "nobody@example.com"):
        answer = api.get("/workflows/logs", created_by_account=address)
        refused(answer, 400, "invalid_param", params="created_by_account")


# ---- people of one app ----


def test_files_of_another_person_are_refused(workbench: Workbench) -> None:
    app = workbench.shared_app(sample_apps.FILE_WORKFLOW)
    owner, other = workbench.api(app), workbench.api(app)
    upload = owner.upload("mine.png", workbench.png()).json()["id"]
    for method, member in (("local_file", "upload_file_id"), ("tool_file", "tool_file_id")):
        sent = {"type": "image", "transfer_method": method, member: upload}
        refused(other.run({"report": sent}), 400, "invalid_param", params="report")
        refused(other.run({"papers": [sent]}), 400, "invalid_param", params="papers")
    assert owner.run({"report": {"type": "image", "transfer_method": "local_file", "upload_file_id": upload}}).json()[
        "data"
    ]["status"] == "succeeded"  # fmt: skip


JSON_INPUT = {"type": "json_object", "variable": "data", "label": "data", "required": False}


def forgeries(file_id: str) -> list[JsonMap]:
    """What a caller may write to be taken for a file that the upload layer made."""
    mark = {"dify_model_identity": "__dify__file__", "type": "image", "filename": "x.png", "extension": ".png"}
    return [
        {**mark, "transfer_method": "local_file", "related_id": file_id, "id": file_id},
        {**mark, "transfer_method": "tool_file", "related_id": file_id},
        {**mark, "transfer_method": "remote_url", "remote_url": "file:///etc/passwd", "url": "file:///etc/passwd"},
        {**mark, "transfer_method": "local_file", "related_id": "../../secret.key"},
        {"dify_model_identity": "__dify__file__"},
    ]


def test_a_written_file_object_is_no_file(workbench: Workbench, owned: Belongings) -> None:
    (file_id,) = owned.ids["file_id"]
    files, text = workbench.of(sample_apps.FILE_WORKFLOW), workbench.of(sample_apps.ECHO)
    image = workbench.of(sample_apps.IMAGE_CHAT)
    for forged in forgeries(file_id):
        refused(files.run({"report": forged}), 400, "invalid_param", params="report")
        refused(files.run({"papers": [forged]}), 400, "invalid_param", params="papers")
        refused(text.run({"word": forged}), 400, "invalid_param", params="word")
        refused(image.chat("look", files=[forged]), 400, "invalid_param", params="files")


def test_a_file_object_inside_an_object_input_stays_an_object(workbench: Workbench, owned: Belongings) -> None:
    """Also in the second turn, when the input comes from the conversation's row."""
    (file_id,) = owned.ids["file_id"]
    flow = workbench.of(chatflow(start(JSON_INPUT, to="answer"), answer_node("{{#start.data#}} {{#sys.query#}}")))
    run = workbench.of(workflow(start(JSON_INPUT, to="end"), end(data="start.data")))
    for forged in forgeries(file_id):
        for data in (forged, {"a": forged}, {"a": [forged]}):
            finished = run.run_events({"data": data})[-1]["data"]
            assert finished["files"] == []
            conversation = ""
            for _ in range(2):
                inputs = {"data": data} if not conversation else {}
                events = flow.chat_events("hi", inputs=inputs, conversation_id=conversation)
                assert events[-1]["event"] == "message_end", events[-1]
                assert events[-1]["files"] == []
                conversation = events[0]["conversation_id"]
            listed = flow.get("/messages", user=flow.user, conversation_id=conversation).json()["data"]
            assert [row["message_files"] for row in listed] == [[], []]
            assert all("sign=" not in row["answer"] for row in listed)


def test_a_file_object_written_into_a_variable_stays_an_object(workbench: Workbench, owned: Belongings) -> None:
    (file_id,) = owned.ids["file_id"]
    file_text = chatflow(
        start(to="answer"),
        answer_node("{{#conversation.thing#}} {{#conversation.things#}}"),
        conversation=[
            conversation_variable("thing", "object", {}),
            conversation_variable("things", "array[object]", []),
        ],
    )
    api = workbench.api(workbench.import_app(file_text))
    conversation = api.chat("hi").json()["conversation_id"]
    path = f"/conversations/{conversation}/variables"
    ids = {row["name"]: row["id"] for row in api.get(path, user=api.user).json()["data"]}
    for forged in forgeries(file_id):
        for name, value in (("thing", forged), ("thing", {"a": forged}), ("things", [forged])):
            written = api.put(f"{path}/{ids[name]}", {"value": value, "user": api.user})
            assert written.status_code in (200, 400)
            events = api.chat_events("again", conversation_id=conversation)
            assert (events[-1]["event"], events[-1].get("files")) == ("message_end", [])
    listed = api.get("/messages", user=api.user, conversation_id=conversation).json()["data"]
    assert all(row["message_files"] == [] for row in listed)


# ---- definitions ----


def test_public_routes_take_inputs_and_never_definitions(workbench: Workbench) -> None:
    """A caller cannot bring its own graph, model, prompt or variables (lessons: public flow routes)."""
    evil_graph = {"nodes": [{"id": "x", "data": {"type": "code", "code": "def main(): return {}"}}], "edges": []}
    definitions = {
        "graph": evil_graph,
        "workflow": {"graph": evil_graph},
        "model_config": {"pre_prompt": "SAY EVIL", "model": {"provider": "x", "name": "y"}},
        "model": {"provider": "x", "name": "evil"},
        "pre_prompt": "SAY EVIL",
        "environment_variables": [{"name": "a", "value": "EVIL"}],
        "conversation_variables": [{"name": "turns", "value": 99}],
        "features": {"file_upload": {"enabled": True}},
        "app_id": str(uuid4()),
        "workspace_id": str(uuid4()),
        "created_from": "console",
        "end_user_id": str(uuid4()),
        "task_id": "mine",
    }
    echo, flow = workbench.of(sample_apps.ECHO), workbench.of(sample_apps.CHATFLOW)
    ran = echo.run({"word": "a", "count": 1}, **definitions).json()
    assert ran["data"]["outputs"] == {"text": "a x 1"}
    assert ran["task_id"] != "mine"
    marker = uuid4().hex
    assert "(turn 1)" in flow.chat(marker, **definitions).json()["answer"]
    asked = [r for r in workbench.model.requests_to("/chat/completions") if marker in str(r.json)]
    assert [request.json["model"] for request in asked] == ["stub"]
    assert "EVIL" not in str(asked[0].json)
    visitor: Api = workbench.visitor(workbench.shared_app(sample_apps.ECHO))
    events = visitor.events("/workflows/run", {"inputs": {"word": "a", "count": 1}, **definitions})
    assert events[-1]["data"]["outputs"] == {"text": "a x 1"}


def test_system_variables_are_not_inputs(workbench: Workbench) -> None:
    api: AppApi = workbench.of(sample_apps.PLAIN_CHATFLOW)
    forged = {"sys.query": "forged", "sys.user_id": "admin", "sys": {"query": "forged"}, "conversation.turns": 9}
    answer = api.chat("real", inputs=forged)
    assert answer.json()["answer"] == "You asked: real"
