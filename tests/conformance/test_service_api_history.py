"""The Service API, case by case (spec service-api §12): messages, conversations, feedback, variables, run logs."""

from typing import Any
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.harness import Workbench
from tests.server.http_client import AppApi
from tests.server.matchers import ID, ISO_TIME, NOW, TEXT, refused

JsonMap = dict[str, Any]
ROOT_MESSAGE = "00000000-0000-0000-0000-000000000000"


def talk(api: AppApi, *queries: str) -> tuple[str, list[str]]:
    """A conversation with these questions: its id and those of its messages."""
    conversation, messages = "", list[str]()
    for query in queries:
        body = api.chat(query, conversation_id=conversation).json()
        conversation = body["conversation_id"]
        messages.append(body["message_id"])
    return conversation, messages


def page(api: AppApi, path: str, **params: Any) -> JsonMap:
    answer = api.get(path, user=api.user, **params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# ---- messages ----


@pytest.mark.parametrize("limit", ["0", "101", "abc", "-1", "1.5", "99999999999999999999"])
def test_case_64_limits_of_pages(workbench: Workbench, limit: str) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation, _ = talk(api, "one")
    answer = api.get("/messages", user=api.user, conversation_id=conversation, limit=limit)
    refused(answer, 400, "invalid_param", params="limit")
    refused(api.get("/conversations", user=api.user, limit=limit), 400, "invalid_param", params="limit")


def test_case_65_messages_are_read_backwards_page_by_page(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.CHAT)
    conversation, messages = talk(api, *(f"question {number}" for number in range(5)))
    newest = page(api, "/messages", conversation_id=conversation, limit=2)
    assert (newest["limit"], newest["has_more"]) == (2, True)
    assert [row["id"] for row in newest["data"]] == messages[3:]
    older = page(api, "/messages", conversation_id=conversation, limit=2, first_id=newest["data"][0]["id"])
    assert (older["has_more"], [row["id"] for row in older["data"]]) == (True, messages[1:3])
    oldest = page(api, "/messages", conversation_id=conversation, limit=2, first_id=older["data"][0]["id"])
    assert (oldest["has_more"], [row["id"] for row in oldest["data"]]) == (False, messages[:1])
    assert page(api, "/messages", conversation_id=conversation, first_id="")["has_more"] is False
    assert page(api, "/messages", conversation_id="") == {"limit": 20, "has_more": False, "data": []}
    query = {"user": api.user, "conversation_id": conversation}
    refused(api.get("/messages", **query, first_id=str(uuid4())), 404, "not_found")
    refused(api.get("/messages", **query, first_id="x"), 400, "invalid_param", params="first_id")
    _, foreign = talk(api, "elsewhere")
    refused(api.get("/messages", **query, first_id=foreign[0]), 404, "not_found")
    refused(api.get("/messages", user=api.user), 400, "invalid_param", params="conversation_id")


def test_a_message_in_a_list_is_whole(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    answer = api.chat("what now?", inputs={"city": "Bergen"}).json()
    api.post(f"/messages/{answer['id']}/feedbacks", {"rating": "like", "user": api.user})
    assert page(api, "/messages", conversation_id=answer["conversation_id"]) == {
        "limit": 20,
        "has_more": False,
        "data": [
            {
                "id": answer["id"],
                "conversation_id": answer["conversation_id"],
                "parent_message_id": ROOT_MESSAGE,
                "inputs": {"city": "Bergen", "unit": None, "days": None},
                "query": "what now?",
                "answer": "You said: what now?",
                "status": "normal",
                "error": None,
                "message_files": [],
                "feedback": {"rating": "like"},
                "retriever_resources": [],
                "agent_thoughts": [],
                "created_at": answer["created_at"],
            }
        ],
    }


def test_a_file_of_a_message_is_listed_once(workbench: Workbench) -> None:
    for file_text in (sample_apps.IMAGE_CHAT, sample_apps.FILE_CHATFLOW):
        api = workbench.of(file_text)
        file_id = api.upload("harbour.png", workbench.png()).json()["id"]
        sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}
        answer = api.chat("look", files=[sent]).json()
        listed = page(api, "/messages", conversation_id=answer["conversation_id"])["data"][0]
        own = [file for file in listed["message_files"] if file["belongs_to"] == "user"]
        assert own == [
            {
                "id": file_id,
                "filename": "harbour.png",
                "type": "image",
                "url": TEXT,
                "mime_type": "image/png",
                "size": len(workbench.png()),
                "transfer_method": "local_file",
                "belongs_to": "user",
            }
        ]
        assert workbench.http.get(own[0]["url"]).content == workbench.png()


def test_case_66_messages_of_unknown_conversations(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.get("/messages", user=api.user, conversation_id=str(uuid4())), 404, "not_found")
    refused(api.get("/messages", user=api.user, conversation_id="x"), 400, "invalid_param", params="conversation_id")
    other = workbench.of(sample_apps.COMPLETION)
    refused(other.get("/messages", user=other.user, conversation_id=str(uuid4())), 400, "not_chat_app")


# ---- feedback ----


def rate(api: AppApi, message: str, **body: Any) -> Any:
    return api.post(f"/messages/{message}/feedbacks", {"user": api.user, **body})


def test_case_67_a_rating_is_set_changed_and_withdrawn(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.CHAT)
    conversation, (message,) = talk(api, "rate me")

    def shown() -> Any:
        return page(api, "/messages", conversation_id=conversation)["data"][0]["feedback"]

    refused(rate(api, message, rating=None), 400, "invalid_param", params="rating")
    assert rate(api, message, rating="like", content="spot on").json() == {"result": "success"}
    assert shown() == {"rating": "like"}
    assert rate(api, message, rating="dislike").json() == {"result": "success"}
    assert shown() == {"rating": "dislike"}
    stored = any_workbench.rows("SELECT rating, content FROM feedbacks WHERE message_id = :id", id=message)
    assert stored == [("dislike", None)]
    refused(rate(api, message, rating="meh"), 400, "invalid_param", params="rating")
    assert shown() == {"rating": "dislike"}
    assert rate(api, message).json() == {"result": "success"}
    assert shown() is None
    refused(rate(api, message, rating=None), 400, "invalid_param")
    refused(api.post(f"/messages/{message}/feedbacks", {"rating": "like"}), 400, "invalid_param", params="user")


def test_case_68_only_ones_own_messages_are_rated(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    _, (message,) = talk(api, "mine")
    refused(rate(workbench.of(sample_apps.CHAT), message, rating="like"), 404, "not_found")
    elsewhere = workbench.api(workbench.shared_app(sample_apps.SUGGESTING_CHAT), api.user)
    refused(rate(elsewhere, message, rating="like"), 404, "not_found")
    refused(rate(api, str(uuid4()), rating="like"), 404, "not_found")


def test_a_text_of_a_completion_app_is_rated(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.COMPLETION)
    message = api.complete({"product": "boots"}).json()["id"]
    assert rate(api, message, rating="like").json() == {"result": "success"}


def test_case_69_all_feedback_of_an_app(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.CHAT)
    api, other = workbench.api(app), workbench.api(app)
    conversation, messages = talk(api, "first", "second")
    rate(api, messages[0], rating="like", content="good")
    rate(api, messages[1], rating="dislike")
    _, (third,) = talk(other, "third")
    rate(other, third, rating="like")
    answer = api.get("/app/feedbacks")
    assert answer.status_code == 200
    assert set(answer.json()) == {"data"}
    rows = answer.json()["data"]
    assert [row["message_id"] for row in rows] == [third, messages[1], messages[0]]
    assert rows[2] == {
        "id": ID,
        "app_id": app.id,
        "conversation_id": conversation,
        "message_id": messages[0],
        "rating": "like",
        "content": "good",
        "from_source": "user",
        "from_end_user_id": ID,
        "from_account_id": None,
        "created_at": ISO_TIME,
        "updated_at": ISO_TIME,
    }
    second_page = api.get("/app/feedbacks", page=2, limit=2).json()["data"]
    assert [row["message_id"] for row in second_page] == [messages[0]]
    assert api.get("/app/feedbacks", page=9).json() == {"data": []}
    refused(api.get("/app/feedbacks", page=0), 400, "invalid_param", params="page")
    refused(api.get("/app/feedbacks", limit=102), 400, "invalid_param", params="limit")


def test_case_70_suggested_questions(workbench: Workbench) -> None:
    silent = workbench.of(sample_apps.CHAT)
    _, (message,) = talk(silent, "hello")
    refused(silent.get(f"/messages/{message}/suggested", user=silent.user), 400, "bad_request")
    api = workbench.of(sample_apps.SUGGESTING_CHAT)
    word = uuid4().hex
    conversation, (message,) = talk(api, word)
    questions = '["And tomorrow?", "Do I need boots?", "Which ferry runs?"]'
    workbench.model.reply_when(word, questions)
    answer = api.get(f"/messages/{message}/suggested", user=api.user)
    assert answer.json() == {
        "result": "success",
        "data": ["And tomorrow?", "Do I need boots?", "Which ferry runs?"],
    }
    workbench.model.reply_when(word, "I cannot think of any.")
    nothing = api.get(f"/messages/{message}/suggested", user=api.user)
    assert (nothing.status_code, nothing.json()) == (200, {"result": "success", "data": []})
    refused(api.get(f"/messages/{uuid4()}/suggested", user=api.user), 404, "not_found")
    refused(api.get(f"/messages/{message}/suggested"), 400, "invalid_param", params="user")
    stranger = workbench.of(sample_apps.SUGGESTING_CHAT)
    refused(stranger.get(f"/messages/{message}/suggested", user=stranger.user), 404, "not_found")
    api.delete(f"/conversations/{conversation}", {"user": api.user})
    refused(api.get(f"/messages/{message}/suggested", user=api.user), 404, "not_found")


# ---- conversations ----


def test_case_71_conversations_by_their_last_change(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.CHAT)
    made = [talk(api, f"question {number}")[0] for number in range(4)]
    api.chat("once more", conversation_id=made[1])
    by_change = [made[1], made[3], made[2], made[0]]
    orders = {
        "": by_change,
        "-updated_at": by_change,
        "updated_at": by_change[::-1],
        "-created_at": made[::-1],
        "created_at": made,
    }
    for sort_by, expected in orders.items():
        seen: list[str] = []
        last = ""
        while True:
            found = page(api, "/conversations", limit=1, last_id=last, **({"sort_by": sort_by} if sort_by else {}))
            seen += [row["id"] for row in found["data"]]
            if not found["has_more"]:
                break
            last = seen[-1]
        assert seen == expected, sort_by
    refused(api.get("/conversations", user=api.user, last_id=str(uuid4())), 404, "not_found")
    refused(api.get("/conversations", user=api.user, last_id="x"), 400, "invalid_param", params="last_id")
    refused(api.get("/conversations", user=api.user, sort_by="name"), 400, "invalid_param", params="sort_by")
    assert page(any_workbench.of(sample_apps.CHAT), "/conversations") == {"limit": 20, "has_more": False, "data": []}


def test_a_conversation_in_a_list_is_whole(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    conversation = api.chat("hi", inputs={"city": "Bergen", "days": 2}).json()["conversation_id"]
    assert page(api, "/conversations", limit=100) == {
        "limit": 100,
        "has_more": False,
        "data": [
            {
                "id": conversation,
                "name": "New conversation",
                "inputs": {"city": "Bergen", "unit": None, "days": 2},
                "status": "normal",
                "introduction": "Weather for Bergen",
                "created_at": NOW,
                "updated_at": NOW,
            }
        ],
    }


def test_case_72_conversations_are_renamed(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    word = uuid4().hex
    conversation, _ = talk(api, word)
    path = f"/conversations/{conversation}/name"
    answer = api.post(path, {"name": "Trip", "auto_generate": False, "user": api.user})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": conversation,
        "name": "Trip",
        "inputs": {},
        "status": "normal",
        "introduction": "Hello there",
        "created_at": NOW,
        "updated_at": NOW,
    }
    for body in ({}, {"name": ""}, {"name": "  "}, {"name": None}, {"auto_generate": False}):
        refused(api.post(path, {"user": api.user, **body}), 400, "invalid_param", params="name")
    long_name = api.post(path, {"name": "n" * 300, "user": api.user})
    assert long_name.status_code == 400 or len(long_name.json()["name"]) <= 255
    workbench.model.reply_when(word, "A walk by the sea")
    titled = api.post(path, {"auto_generate": True, "name": "ignored", "user": api.user})
    assert titled.json()["name"] == "A walk by the sea"
    workbench.model.fail(times=3, status=500)
    kept = api.post(path, {"auto_generate": True, "user": api.user})
    assert (kept.status_code, kept.json()["name"]) == (200, "A walk by the sea")
    refused(api.post(f"/conversations/{uuid4()}/name", {"name": "x", "user": api.user}), 404, "not_found")
    stranger = workbench.of(sample_apps.CHAT)
    refused(stranger.post(path, {"name": "x", "user": stranger.user}), 404, "not_found")
    assert page(api, "/conversations")["data"][0]["name"] == "A walk by the sea"


def test_a_renamed_conversation_is_the_newest(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    first, second = talk(api, "a")[0], talk(api, "b")[0]
    assert [row["id"] for row in page(api, "/conversations")["data"]] == [second, first]
    api.post(f"/conversations/{first}/name", {"name": "Newest", "user": api.user})
    assert [row["id"] for row in page(api, "/conversations")["data"]] == [first, second]


def test_case_73_a_deleted_conversation_is_gone_everywhere(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.CHATFLOW)
    conversation, (message,) = talk(api, "gone soon")
    path = f"/conversations/{conversation}"
    stranger = any_workbench.of(sample_apps.CHATFLOW)
    refused(stranger.delete(path, {"user": stranger.user}), 404, "not_found")
    answer = api.delete(path, {"user": api.user})
    assert (answer.status_code, answer.json()) == (200, {"result": "success"})
    refused(api.delete(path, {"user": api.user}), 404, "not_found")
    refused(api.get("/messages", user=api.user, conversation_id=conversation), 404, "not_found")
    refused(api.get(f"{path}/variables", user=api.user), 404, "not_found")
    refused(api.post(f"{path}/name", {"name": "x", "user": api.user}), 404, "not_found")
    refused(api.chat("hi", conversation_id=conversation), 404, "not_found")
    refused(rate(api, message, rating="like"), 404, "not_found")
    assert page(api, "/conversations")["data"] == []
    refused(api.get("/conversations", user=api.user, last_id=conversation), 404, "not_found")


def test_case_74_a_delete_needs_json(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation, _ = talk(api, "stay")
    refused(api.delete(f"/conversations/{conversation}"), 415, "unsupported_media_type")
    assert len(page(api, "/conversations")["data"]) == 1


def test_case_75_conversation_variables(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.CHATFLOW)
    conversation, _ = talk(api, "first", "second")
    path = f"/conversations/{conversation}/variables"
    found = page(api, path)
    assert (found["limit"], found["has_more"]) == (20, False)
    rows = {row["name"]: row for row in found["data"]}
    assert set(rows) == {"turns", "topics", "mood"}
    assert rows["topics"] == {
        "id": ID,
        "name": "topics",
        "value_type": "array[string]",
        "value": '["first","second"]',
        "description": "the topics",
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert (rows["turns"]["value_type"], rows["turns"]["value"]) == ("number", "2")
    assert (rows["mood"]["value_type"], rows["mood"]["value"]) == ("string", "calm")

    first = page(api, path, limit=2)
    assert first["has_more"] is True
    rest = page(api, path, limit=2, last_id=first["data"][-1]["id"])
    assert rest["has_more"] is False
    assert [row["id"] for row in first["data"] + rest["data"]] == [row["id"] for row in found["data"]]
    assert [row["name"] for row in page(api, path, variable_name="TO")["data"]] == ["topics"]
    assert page(api, path, variable_name="absent")["data"] == []
    refused(api.get(path, user=api.user, last_id=str(uuid4())), 400, "invalid_param", params="last_id")
    refused(api.get(path, user=api.user, variable_name="a b"), 400, "invalid_param", params="variable_name")
    refused(api.get(path, user=api.user, variable_name="x" * 256), 400, "invalid_param", params="variable_name")

    topics = f"{path}/{rows['topics']['id']}"
    changed = api.put(topics, {"value": ["boots"], "user": api.user})
    assert (changed.status_code, changed.json()["value"]) == (200, '["boots"]')
    for value in ("boots", 7, {"a": 1}, [1, 2], None, True):
        refused(api.put(topics, {"value": value, "user": api.user}), 400, "bad_request")
    turns = f"{path}/{rows['turns']['id']}"
    refused(api.put(turns, {"value": "7", "user": api.user}), 400, "bad_request")
    refused(api.put(turns, {"user": api.user}), 400, "invalid_param", params="value")
    assert api.put(turns, {"value": 41, "user": api.user}).json()["value"] == "41"
    refused(api.put(f"{path}/{uuid4()}", {"value": 1, "user": api.user}), 404, "not_found")
    refused(api.put(f"/conversations/{uuid4()}/variables/{rows['turns']['id']}", {"value": 1}), 404, "not_found")
    assert "(turn 42)" in api.chat("third", conversation_id=conversation).json()["answer"]
    stranger = any_workbench.of(sample_apps.CHATFLOW)
    refused(stranger.get(path, user=stranger.user), 404, "not_found")
    refused(stranger.put(turns, {"value": 1, "user": stranger.user}), 404, "not_found")
