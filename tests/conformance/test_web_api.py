"""The API of published pages (spec service-api, annex): visitors, what they see, and following an answer."""

from typing import Any
from uuid import uuid4

import jwt
import pytest

from tests.server import sample_apps
from tests.server.harness import MadeApp, Workbench
from tests.server.http_client import Api, Stream, names_of, text_of
from tests.server.matchers import COUNT, ID, NOW, SECONDS, TEXT, refused

JsonMap = dict[str, Any]


def visit(bench: Workbench, file_text: str) -> Api:
    return bench.visitor(bench.shared_app(file_text))


def ask(visitor: Api, query: str, **members: Any) -> list[JsonMap]:
    return visitor.events("/chat-messages", {"inputs": {}, "query": query, "response_mode": "streaming", **members})


# ---- passports ----


def test_each_passport_is_a_new_anonymous_visitor(any_workbench: Workbench) -> None:
    app = any_workbench.import_app(sample_apps.CHAT)
    code = any_workbench.site_code(app)
    passport = any_workbench.raw(**{"X-App-Code": code}).get("/api/passport")
    assert passport.status_code == 200
    assert passport.json() == {"access_token": TEXT}
    any_workbench.visitor(app)
    users = any_workbench.rows("SELECT type, session_id, is_anonymous FROM end_users WHERE app_id = :id", id=app.id)
    assert [(kind, bool(anonymous)) for kind, _, anonymous in users] == [("browser", True), ("browser", True)]
    assert len({session for _, session, _ in users}) == 2


def test_a_passport_needs_the_code_of_a_page(workbench: Workbench) -> None:
    refused(workbench.raw().get("/api/passport"), 401, "unauthorized")
    for code in ("0123456789abcdef", "' OR 1=1 --", "x" * 5000):
        refused(workbench.raw(**{"X-App-Code": code}).get("/api/passport"), 404, "not_found")
    app = workbench.import_app(sample_apps.CHAT)
    code = workbench.site_code(app)
    workbench.change("UPDATE apps SET enable_site = FALSE WHERE id = :id", "apps", id=app.id)
    refused(workbench.raw(**{"X-App-Code": code}).get("/api/passport"), 404, "not_found")


def forged(token: str, **changes: Any) -> list[str]:
    """Passports that were not made here: changed, unsigned, signed with another key."""
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, sign = token.split(".")
    return [
        jwt.encode({**claims, **changes}, "some other key of thirty-two bytes!", "HS256"),
        jwt.encode({**claims, **changes}, None, "none"),
        jwt.encode({**claims, **changes}, "0" * 32, "HS256"),
        f"{head}.{body}.",
        f"{head}.{body}.{sign[::-1]}",
        "x.y.z",
        "null",
    ]


def test_only_passports_made_here_let_in(workbench: Workbench) -> None:
    visitor = visit(workbench, sample_apps.CHAT)
    token = visitor.headers["Authorization"].partition(" ")[2]
    refused(workbench.raw().get("/api/parameters"), 401, "unauthorized")
    for bad in forged(token, sub=str(uuid4())):
        refused(workbench.raw(Authorization=f"Bearer {bad}").get("/api/parameters"), 401, "unauthorized")
    key = workbench.shared_app(sample_apps.CHAT).key
    refused(workbench.raw(Authorization=f"Bearer {key}").get("/api/parameters"), 401, "unauthorized")
    refused(workbench.raw(Authorization=f"Bearer {token}").get("/v1/parameters"), 401, "unauthorized")


def test_a_page_that_is_switched_off_or_moved_lets_nobody_in(workbench: Workbench) -> None:
    for change in (
        "UPDATE apps SET enable_site = FALSE WHERE id = :id",
        "UPDATE sites SET code = 'another-code-0001' WHERE app_id = :id",
    ):
        app = workbench.import_app(sample_apps.CHAT)
        visitor = workbench.visitor(app)
        workbench.change(change, id=app.id)
        workbench.bump("apps")
        refused(visitor.get("/parameters"), 400, "bad_request")


# ---- what a page is ----


def test_the_page_of_an_app(workbench: Workbench) -> None:
    app = workbench.shared_app(sample_apps.CHAT)
    visitor = workbench.visitor(app)
    site = visitor.get("/site").json()
    assert site == {
        "app_id": app.id,
        "mode": "chat",
        "end_user_id": ID,
        "enable_site": True,
        "site": {
            "title": "Chat",
            "chat_color_theme": None,
            "chat_color_theme_inverted": False,
            "icon_type": "emoji",
            "icon": "🧪",
            "icon_background": "#FFEAD5",
            "icon_url": None,
            "description": "Chat of a test",
            "copyright": None,
            "privacy_policy": None,
            "custom_disclaimer": "",
            "input_placeholder": None,
            "default_language": "en-US",
            "show_workflow_steps": True,
            "use_icon_as_answer_icon": False,
            "prompt_public": False,
        },
        "model_config": None,
        "plan": "basic",
        "can_replace_logo": True,
        "custom_config": None,
    }
    assert visitor.get("/meta").json() == {"tool_icons": {}}
    assert visitor.get("/parameters").json() == workbench.api(app).get("/parameters").json()


# ---- streams ----


def test_a_visitor_sees_the_answer_without_its_usage(workbench: Workbench) -> None:
    visitor, query = visit(workbench, sample_apps.CHAT), f"hello {uuid4().hex}"
    events = ask(visitor, query)
    fixed = {"conversation_id": ID, "message_id": ID, "created_at": NOW, "task_id": ID}
    fixed = {name: events[0][name] for name in fixed}
    for event in events[:-1]:
        chunk = {"id": fixed["message_id"], "answer": TEXT, "from_variable_selector": None}
        assert event == {"event": "message", **fixed, **chunk}
    assert text_of(events) == f"You said: {query}"
    assert events[-1] == {
        "event": "message_end",
        **fixed,
        "id": fixed["message_id"],
        "metadata": {"retriever_resources": []},
        "files": None,
    }


def test_node_events_of_a_visitor_hold_no_values(workbench: Workbench) -> None:
    secret = f"secret {uuid4().hex}"
    visitor = visit(workbench, sample_apps.ECHO)
    events = visitor.events("/workflows/run", {"inputs": {"word": secret, "count": 1}})
    nodes = [event["data"] for event in events if event["event"] == "node_finished"]
    assert [node["node_id"] for node in nodes] == ["start", "shout", "end"]
    for index, node in enumerate(nodes, 1):
        assert node == {
            "id": ID,
            "node_id": node["node_id"],
            "node_type": TEXT,
            "title": TEXT,
            "index": index,
            "predecessor_node_id": node["predecessor_node_id"],
            "inputs": None,
            "inputs_truncated": False,
            "process_data": None,
            "process_data_truncated": False,
            "outputs": None,
            "outputs_truncated": False,
            "status": "succeeded",
            "error": None,
            "elapsed_time": SECONDS,
            "execution_metadata": None,
            "created_at": NOW,
            "finished_at": NOW,
            "files": [],
            "extras": {},
            "iteration_id": None,
            "loop_id": None,
            "parallel_id": None,
            "parallel_start_node_id": None,
            "parent_parallel_id": None,
            "parent_parallel_start_node_id": None,
        }
    assert events[-1]["data"]["outputs"] == {"text": f"{secret} x 1"}


@pytest.mark.parametrize("file_text", [sample_apps.RETRYING_WORKFLOW, sample_apps.HANDLED_WORKFLOW])
def test_a_visitor_is_not_told_how_a_node_failed(workbench: Workbench, file_text: str) -> None:
    events = visit(workbench, file_text).events("/workflows/run", {"inputs": {}})
    told = [event["data"] for event in events if event["event"] in ("node_retry", "node_finished")]
    assert any(node["status"] in ("retry", "exception") for node in told)
    hidden = ("inputs", "process_data", "outputs", "error", "execution_metadata")
    assert all(node[member] is None for node in told for member in hidden)


def test_a_workflow_always_streams(workbench: Workbench) -> None:
    visitor = visit(workbench, sample_apps.ECHO)
    events = visitor.events("/workflows/run", {"inputs": {"word": "a"}, "response_mode": "blocking"})
    assert names_of(events)[-1] == "workflow_finished"


def test_modes_of_the_routes(workbench: Workbench) -> None:
    chat, flow = visit(workbench, sample_apps.CHAT), visit(workbench, sample_apps.ECHO)
    refused(flow.post("/chat-messages", {"inputs": {}, "query": "x"}), 400, "not_chat_app")
    refused(chat.post("/completion-messages", {"inputs": {}}), 400, "app_unavailable")
    refused(chat.post("/workflows/run", {"inputs": {}}), 400, "not_workflow_app")
    refused(flow.get("/conversations"), 400, "not_chat_app")
    refused(flow.get(f"/messages/{uuid4()}/suggested-questions"), 400, "not_chat_app")
    for method, path in (("GET", "/saved-messages"), ("POST", "/saved-messages")):
        refused(chat.call(method, path, json={"message_id": str(uuid4())}), 400, "not_completion_app")
    refused(chat.post("/chat-messages", {"inputs": {}, "query": ""}), 400, "invalid_param", params="query")


# ---- following an answer ----


class Followed(Stream):
    """A stream whose events are numbered; a frame without a number belongs to the event before it."""

    def numbered(self) -> list[tuple[int, JsonMap]]:
        found: list[tuple[int, JsonMap]] = []
        for frame in self:
            if frame.data is not None:
                number = frame.id if frame.id is not None else found[-1][0]
                found.append((number, frame.data))
        return found


def follow(visitor: Api, task: str, after: int | None = None) -> list[tuple[int, JsonMap]]:
    path = f"/tasks/{task}/events" + (f"?after={after}" if after is not None else "")
    with visitor.stream(path, method="GET") as stream:
        return Followed(stream.response).numbered()


def held(bench: Workbench, make: Any) -> tuple[MadeApp, str]:
    gate = uuid4().hex
    return bench.import_app(make(bench.gate.held(gate))), gate


def test_an_answer_in_progress_is_followed_from_the_start_or_from_where_one_was(workbench: Workbench) -> None:
    app, gate = held(workbench, sample_apps.held_chatflow)
    visitor = workbench.visitor(app)
    with visitor.stream("/chat-messages", {"inputs": {}, "query": "wait"}) as stream:
        first = stream.until("workflow_started")
        workbench.gate.wait(gate)
        task = first["task_id"]
        with visitor.stream(f"/tasks/{task}/events", method="GET") as second:
            early = Followed(second.response)
            frame = next(iter(early))
            assert (frame.data, frame.id) == (first, COUNT)
            workbench.gate.open(gate)
            followed = [(frame.id, frame.data), *early.numbered()]
        seen = [first, *stream.rest()]
    assert [data for _, data in followed] == seen
    numbers = [number for number, _ in followed]
    assert numbers == sorted(numbers)


def test_following_begins_behind_the_event_named(workbench: Workbench) -> None:
    app, gate = held(workbench, sample_apps.held_workflow)
    visitor = workbench.visitor(app)
    with visitor.stream("/workflows/run", {"inputs": {}}) as stream:
        task = stream.until("workflow_started")["task_id"]
        workbench.gate.wait(gate)
        with visitor.stream(f"/tasks/{task}/events", method="GET") as whole_stream:
            whole = iter(Followed(whole_stream.response))
            seen = [next(whole) for _ in range(4)]
            with visitor.stream(f"/tasks/{task}/events?after={seen[1].id}", method="GET") as later_stream:
                later = Followed(later_stream.response)
                workbench.gate.open(gate)
                rest = [(frame.id, frame.data) for frame in [*seen[2:], *whole]]
                assert later.numbered() == rest
        stream.rest()
    refused(visitor.get(f"/tasks/{task}/events"), 404, "not_found")


def test_only_the_visitor_who_asked_follows(workbench: Workbench) -> None:
    app, gate = held(workbench, sample_apps.held_workflow)
    visitor = workbench.visitor(app)
    with visitor.stream("/workflows/run", {"inputs": {}}) as stream:
        task = stream.until("workflow_started")["task_id"]
        workbench.gate.wait(gate)
        refused(workbench.visitor(app).get(f"/tasks/{task}/events"), 404, "not_found")
        refused(visit(workbench, sample_apps.ECHO).get(f"/tasks/{task}/events"), 404, "not_found")
        refused(workbench.raw().get(f"/api/tasks/{task}/events"), 401, "unauthorized")
        refused(visitor.get(f"/tasks/{task}/events", after="-1"), 400, "invalid_param", params="after")
        refused(visitor.get(f"/tasks/{task}/events", after="x"), 400, "invalid_param", params="after")
        workbench.visitor(app).post(f"/workflows/tasks/{task}/stop")
        workbench.gate.open(gate)
        assert stream.rest()[-1]["data"]["status"] == "succeeded"
    refused(visitor.get(f"/tasks/{uuid4()}/events"), 404, "not_found")


def test_an_answer_in_progress_is_listed_with_its_task(workbench: Workbench) -> None:
    app, gate = held(workbench, sample_apps.held_chatflow)
    visitor = workbench.visitor(app)
    with visitor.stream("/chat-messages", {"inputs": {}, "query": "wait"}) as stream:
        text = stream.until("message")
        workbench.gate.wait(gate)
        query = {"conversation_id": text["conversation_id"]}
        (row,) = workbench.until_listed(lambda: visitor.get("/messages", **query))
        assert (row["id"], row["status"], row["task_id"]) == (text["message_id"], "running", text["task_id"])
        assert row["answer"] == text["answer"] == "Just a moment. "
    workbench.gate.open(gate)
    workbench.until_listed(
        lambda: visitor.get("/messages", **query),
        lambda rows: rows[0]["status"] == "normal" and "task_id" not in rows[0],
    )


def test_a_visitor_stops_an_answer(workbench: Workbench) -> None:
    app, gate = held(workbench, sample_apps.held_chatflow)
    visitor = workbench.visitor(app)
    with visitor.stream("/chat-messages", {"inputs": {}, "query": "wait"}) as stream:
        task = stream.until("workflow_started")["task_id"]
        workbench.gate.wait(gate)
        answer = visitor.post(f"/chat-messages/{task}/stop")
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
        assert names_of(stream.rest())[-2:] == ["workflow_finished", "message_end"]


# ---- conversations of a visitor ----


def test_conversations_of_a_visitor(any_workbench: Workbench) -> None:
    visitor = visit(any_workbench, sample_apps.CHAT)
    first = ask(visitor, "one")[0]["conversation_id"]
    second = ask(visitor, "two")[0]["conversation_id"]
    again = ask(visitor, "three", conversation_id=first)
    assert again[0]["conversation_id"] == first

    def listed(**query: Any) -> list[str]:
        answer = visitor.get("/conversations", **query)
        assert answer.status_code == 200
        return [row["id"] for row in answer.json()["data"]]

    assert listed() == [first, second]
    assert {row["name"] for row in visitor.get("/conversations").json()["data"]} == {"New conversation"}
    assert visitor.patch(f"/conversations/{second}/pin").json() == {"result": "success"}
    assert visitor.patch(f"/conversations/{second}/pin").json() == {"result": "success"}
    assert (listed(pinned="true"), listed(pinned="false"), listed()) == ([second], [first], [first, second])
    assert visitor.patch(f"/conversations/{second}/unpin").json() == {"result": "success"}
    assert listed(pinned="true") == []
    renamed = visitor.post(f"/conversations/{first}/name", {"name": "Trip", "auto_generate": False})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Trip")
    messages = visitor.get("/messages", conversation_id=first).json()
    assert [row["query"] for row in messages["data"]] == ["one", "three"]
    assert all("task_id" not in row for row in messages["data"])
    gone = visitor.delete(f"/conversations/{first}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert listed() == [second]
    refused(visitor.get("/messages", conversation_id=first), 404, "not_found")


def test_a_question_asked_again_is_a_branch(workbench: Workbench) -> None:
    visitor = visit(workbench, sample_apps.CHAT)
    words = [f"{word}-{uuid4().hex[:8]}" for word in ("one", "two", "other")]
    first = ask(visitor, words[0])[0]
    place = {"conversation_id": first["conversation_id"], "parent_message_id": first["message_id"]}
    ask(visitor, words[1], **place)
    ask(visitor, words[2], **place)
    asked = next(r for r in workbench.model.requests_to("/chat/completions") if words[2] in str(r.json))
    texts = str(asked.json["messages"])
    assert words[0] in texts
    assert words[1] not in texts
    rows = visitor.get("/messages", conversation_id=first["conversation_id"]).json()["data"]
    assert [row["parent_message_id"] for row in rows[1:]] == [first["message_id"]] * 2


def test_a_visitor_rates_and_gets_suggestions(workbench: Workbench) -> None:
    visitor = visit(workbench, sample_apps.SUGGESTING_CHAT)
    word = uuid4().hex
    message = ask(visitor, word)[0]["message_id"]
    assert visitor.post(f"/messages/{message}/feedbacks", {"rating": "like"}).json() == {"result": "success"}
    workbench.model.reply_when(word, '["And then?"]')
    assert visitor.get(f"/messages/{message}/suggested-questions").json() == {"data": ["And then?"]}
    silent = visit(workbench, sample_apps.CHAT)
    message = ask(silent, "x")[0]["message_id"]
    answer = silent.get(f"/messages/{message}/suggested-questions")
    refused(answer, 403, "app_suggested_questions_after_answer_disabled")


def test_texts_of_a_completion_app_are_kept(any_workbench: Workbench) -> None:
    visitor = visit(any_workbench, sample_apps.COMPLETION)
    made = []
    for product in ("boots", "coat"):
        events = visitor.events("/completion-messages", {"inputs": {"product": product}, "response_mode": "streaming"})
        made.append(events[-1]["message_id"])
        assert visitor.post("/saved-messages", {"message_id": made[-1]}).json() == {"result": "success"}
    assert visitor.post("/saved-messages", {"message_id": made[0]}).json() == {"result": "success"}
    listed = visitor.get("/saved-messages").json()
    assert (listed["limit"], listed["has_more"]) == (20, False)
    assert [row["id"] for row in listed["data"]] == made[::-1]
    paged = visitor.get("/saved-messages", limit=1).json()
    assert paged["has_more"] is True
    rest = visitor.get("/saved-messages", limit=1, last_id=paged["data"][0]["id"]).json()
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == ([made[0]], False)
    assert visitor.delete(f"/saved-messages/{made[0]}").json() == {"result": "success"}
    assert [row["id"] for row in visitor.get("/saved-messages").json()["data"]] == [made[1]]
    refused(visitor.post("/saved-messages", {"message_id": str(uuid4())}), 404, "not_found")
    refused(visitor.post("/saved-messages", {"message_id": "x"}), 400, "invalid_param", params="message_id")
    stranger = visit(any_workbench, sample_apps.COMPLETION)
    refused(stranger.post("/saved-messages", {"message_id": made[1]}), 404, "not_found")
    assert stranger.get("/saved-messages").json()["data"] == []


def test_a_visitor_uploads_a_file_and_uses_it(workbench: Workbench) -> None:
    visitor = visit(workbench, sample_apps.IMAGE_CHAT)
    part = {"file": ("a.png", workbench.png(), "image/png")}
    answer = visitor.call("POST", "/files/upload", files=part)
    assert answer.status_code == 201
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": answer.json()["id"]}
    assert names_of(ask(visitor, "look", files=[sent])) == ["message", "message_end"]
    other = visit(workbench, sample_apps.IMAGE_CHAT)
    refused(other.post("/chat-messages", {"inputs": {}, "query": "x", "files": [sent]}), 400, "invalid_param")


def test_visitors_see_nothing_of_each_other_nor_of_the_service_api(workbench: Workbench) -> None:
    app = workbench.shared_app(sample_apps.SUGGESTING_CHAT)
    owner, other = workbench.visitor(app), workbench.visitor(app)
    first = ask(owner, "mine")[0]
    conversation, message = first["conversation_id"], first["message_id"]
    program = workbench.api(app)
    foreign = program.chat("of a program").json()
    for visitor, talk, text in (
        (other, conversation, message),
        (owner, foreign["conversation_id"], foreign["message_id"]),
    ):
        refused(visitor.get("/messages", conversation_id=talk), 404, "not_found")
        refused(visitor.post(f"/conversations/{talk}/name", {"name": "x"}), 404, "not_found")
        refused(visitor.patch(f"/conversations/{talk}/pin"), 404, "not_found")
        refused(visitor.patch(f"/conversations/{talk}/unpin"), 404, "not_found")
        refused(visitor.delete(f"/conversations/{talk}"), 404, "not_found")
        refused(visitor.post(f"/messages/{text}/feedbacks", {"rating": "like"}), 404, "not_found")
        refused(visitor.get(f"/messages/{text}/suggested-questions"), 404, "not_found")
        body = {"inputs": {}, "query": "x", "conversation_id": talk}
        refused(visitor.post("/chat-messages", body), 404, "not_found")
        assert talk not in [row["id"] for row in visitor.get("/conversations").json()["data"]]
    sessions = workbench.rows("SELECT session_id FROM end_users WHERE app_id = :id AND type = 'browser'", id=app.id)
    for (session,) in sessions:
        disguised = program.as_user(session)
        refused(disguised.get("/messages", user=session, conversation_id=conversation), 404, "not_found")
    own = ask(owner, "again", conversation_id=conversation, parent_message_id=foreign["message_id"])
    asked = workbench.model.requests_to("/chat/completions")[-1]
    assert own[-1]["event"] == "message_end"
    assert "of a program" not in str(asked.json)
