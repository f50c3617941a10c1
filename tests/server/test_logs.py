"""The log of an app and its charts over HTTP: what is listed, opened, rated, deleted and counted, on both databases."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import AppApi, JsonMap
from tests.server.payloads import unique
from tests.server.sample_apps import CHAT, COMPLETION, ECHO


def micro(text: str) -> int:
    """A moment in UTC as records keep it."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench, role="editor")


def new_chat(bench: Workbench, *, source: str = CHAT, user: str = "mira") -> AppApi:
    return bench.api(bench.import_app(source), user)


def talk(api: AppApi, *questions: str) -> list[JsonMap]:
    """A conversation of these questions; gives the answers."""
    answers: list[JsonMap] = []
    for question in questions:
        conversation = answers[0]["conversation_id"] if answers else ""
        answer = api.chat(question, conversation_id=conversation)
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())
    return answers


def listed(console: Console, app: str, **params: Any) -> list[JsonMap]:
    answer = console.get(f"/apps/{app}/chat-conversations", **params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def app_of(bench: Workbench, api: AppApi) -> str:
    return str(bench.rows("SELECT app_id FROM api_keys ORDER BY created_at DESC LIMIT 1")[0][0])


def test_conversations_are_listed_filtered_and_sorted(any_workbench: Workbench, console: Console) -> None:
    bench, mark = any_workbench, unique("harbour")
    api = new_chat(bench)
    app = app_of(bench, api)
    first = talk(api, f"Where is the {mark} 100%?", "And who owns it?")
    talk(api.as_user("nia"), "Something else")
    api.post(f"/messages/{first[0]['message_id']}/feedbacks", {"rating": "like", "user": "mira", "content": "Fine"})

    rows = listed(console, app)
    assert [(row["person"], row["message_count"]) for row in rows] == [("nia", 1), ("mira", 2)]
    assert (rows[1]["user_ratings"], rows[1]["admin_ratings"]) == ({"like": 1, "dislike": 0}, {"like": 0, "dislike": 0})
    assert rows[1]["read_at"] is None
    assert [row["person"] for row in listed(console, app, sort_by="created_at")] == ["mira", "nia"]
    assert [row["person"] for row in listed(console, app, keyword=f"{mark.upper()} 100%")] == ["mira"]
    assert listed(console, app, keyword=f"{mark}_100") == []
    assert [row["person"] for row in listed(console, app, keyword="nia")] == ["nia"]
    assert listed(console, app, end="2020-01-01 00:00") == []
    assert len(listed(console, app, start="2020-01-01 00:00")) == 2
    page = console.get(f"/apps/{app}/chat-conversations", page=2, limit=1).json()
    assert (len(page["data"]), page["total"], page["has_more"]) == (1, 2, False)
    for wrong in ({"start": "yesterday"}, {"start": "2025-02-01 00:00", "end": "2025-01-01 00:00"}):
        refused = console.get(f"/apps/{app}/chat-conversations", **wrong)
        assert (refused.status_code, refused.json()["params"]) == (400, "start")


def test_a_conversation_is_read_rated_annotated_and_deleted(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    answers = talk(api, "One", "Two", "Three")
    conversation = answers[0]["conversation_id"]

    page = console.get(f"/apps/{app}/chat-messages", conversation_id=conversation, limit=2).json()
    assert ([each["query"] for each in page["data"]], page["has_more"]) == (["Two", "Three"], True)
    older = {"conversation_id": conversation, "first_id": page["data"][0]["id"]}
    (oldest,) = console.get(f"/apps/{app}/chat-messages", **older).json()["data"]
    assert oldest["query"] == "One"
    assert oldest["latency"] > 0
    assert oldest["run_id"]

    message = oldest["id"]
    for rating in ("like", "dislike", "dislike"):
        body = {"message_id": message, "rating": rating}
        assert console.post(f"/apps/{app}/feedbacks", body).status_code == 200
    shown = console.get(f"/apps/{app}/messages/{message}").json()
    assert (shown["admin_feedback"], shown["user_feedback"]) == ({"rating": "dislike", "content": None}, None)
    console.post(f"/apps/{app}/feedbacks", {"message_id": message, "rating": None})
    assert console.get(f"/apps/{app}/messages/{message}").json()["admin_feedback"] is None

    annotated = {"question": "One", "answer": "The first", "message_id": message}
    assert console.post(f"/apps/{app}/annotations", annotated).status_code in (200, 201)
    assert [row["id"] for row in listed(console, app, annotation_status="annotated")] == [conversation]
    assert listed(console, app, annotation_status="not_annotated") == []

    assert console.put(f"/apps/{app}/logs/conversations/{conversation}/read").status_code == 200
    assert listed(console, app)[0]["read_at"] is not None
    detail = console.get(f"/apps/{app}/chat-conversations/{conversation}").json()
    assert (detail["model"]["name"], detail["model"]["parameters"]) == ("stub", {})
    bench.change("UPDATE conversations SET version_id = 'gone' WHERE id = :id", id=conversation)
    assert console.get(f"/apps/{app}/chat-conversations/{conversation}").json()["model"] is None
    assert console.delete(f"/apps/{app}/chat-conversations/{conversation}").status_code == 200
    assert listed(console, app) == []
    assert bench.rows("SELECT count(*) FROM messages WHERE conversation_id = :id", id=conversation) == [(0,)]
    assert console.delete(f"/apps/{app}/chat-conversations/{conversation}").status_code == 404


def test_texts_and_runs_are_listed(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    api = new_chat(bench, source=COMPLETION)
    app = app_of(bench, api)
    assert api.complete({"product": "tea"}).status_code == 200
    (text,) = console.get(f"/apps/{app}/completion-messages", keyword="tea").json()["data"]
    assert text["output"]
    assert text["person"] == "mira"
    assert console.get(f"/apps/{app}/completion-messages", keyword="coffee-less").json()["total"] == 0
    assert console.put(f"/apps/{app}/logs/messages/{text['id']}/read").status_code == 200

    flow = new_chat(bench, source=ECHO)
    app = app_of(bench, flow)
    assert flow.run({"word": "hello", "count": 1}).status_code == 200
    (run,) = console.get(f"/apps/{app}/workflow-app-logs", status="succeeded").json()["data"]
    assert (run["end_user"], run["read_at"]) == ("mira", None)
    assert console.put(f"/apps/{app}/logs/runs/{run['id']}/read").status_code == 200
    (run,) = console.get(f"/apps/{app}/workflow-app-logs", created_from="service-api").json()["data"]
    assert run["read_at"] is not None
    assert console.get(f"/apps/{app}/workflow-app-logs", status="failed").json()["total"] == 0


def test_logs_are_filtered_by_how_runs_ended_who_ran_them_and_what_began_them(
    any_workbench: Workbench, console: Console
) -> None:
    bench = any_workbench
    chats = new_chat(bench)
    app = app_of(bench, chats)
    good, bad = talk(chats, "Well"), talk(chats, "Badly", "Well again")
    fail = "UPDATE runs SET status = 'failed' WHERE message_id = :id"
    bench.change(fail, id=bad[0]["message_id"])
    assert [row["id"] for row in listed(console, app, status="failed")] == [bad[0]["conversation_id"]]
    succeeded = {row["id"] for row in listed(console, app, status="succeeded", start="2020-01-01 00:00")}
    assert succeeded == {good[0]["conversation_id"], bad[0]["conversation_id"]}
    assert listed(console, app, status="failed", keyword="Well again") != []
    assert listed(console, app, status="failed", keyword="nobody said this") == []
    assert console.get(f"/apps/{app}/chat-conversations", status="glorious").status_code == 400
    assert console.get(f"/apps/{app}/chat-conversations", keyword="Well", page=9).json()["total"] == 2

    texts = new_chat(bench, source=COMPLETION)
    app = app_of(bench, texts)
    answers = [texts.complete({"product": product}).json() for product in ("tea", "jam")]
    bench.change(fail, id=answers[1]["message_id"])
    found = console.get(f"/apps/{app}/completion-messages", status="failed").json()
    assert [text["id"] for text in found["data"]] == [answers[1]["message_id"]]

    flow = new_chat(bench, source=ECHO)
    app = app_of(bench, flow)
    for user in ("mira", "nia"):
        assert flow.as_user(user).run({"word": "hello", "count": 1}).status_code == 200
    runs = f"/apps/{app}/workflow-app-logs"
    assert [run["end_user"] for run in console.get(runs, end_user="nia").json()["data"]] == ["nia"]
    assert console.get(runs, triggered_from="app-run").json()["total"] == 2
    assert console.get(runs, triggered_from="schedule").json()["total"] == 0
    assert console.get(runs, account=console.email).json()["total"] == 0
    assert console.get(runs, account="nobody@elsewhere.example").status_code == 400


def test_another_workspace_and_a_mere_member_see_nothing(any_workbench: Workbench) -> None:
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    stranger = console_of(bench, workspace_id=bench.second_workspace("Strangers").id, role="owner")
    member = console_of(bench, role="normal")
    for path in ("chat-conversations", "completion-messages", "workflow-app-logs", "statistics/daily-messages"):
        assert stranger.get(f"/apps/{app}/{path}").status_code == 404
        assert member.get(f"/apps/{app}/{path}").status_code == (200 if path.startswith("statistics") else 403)
    assert member.get("/runs").status_code == 403
    assert member.get("/runs/no-such-run").status_code == 403
    keeper = console_of(bench, role="dataset_operator")
    for path in ("chat-conversations", "statistics/daily-messages", "api-keys"):
        assert keeper.get(f"/apps/{app}/{path}").status_code == 403


def test_feedback_is_exported(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    (answer,) = talk(api, "=1+1")
    rating = {"rating": "dislike", "user": "mira", "content": 'Wrong, "quite"'}
    api.post(f"/messages/{answer['message_id']}/feedbacks", rating)
    console.post(f"/apps/{app}/feedbacks", {"message_id": answer["message_id"], "rating": "like"})
    text = console.get(f"/apps/{app}/feedbacks/export").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["from"], row["rating"], row["comment"]) for row in rows] == [
        ("user", "dislike", 'Wrong, "quite"'),
        ("admin", "like", ""),
    ]
    assert rows[0]["question"] == "'=1+1"
    exported = console.get(f"/apps/{app}/feedbacks/export", format="json", with_comment="true")
    assert [row["comment"] for row in json.loads(exported.content)] == ['Wrong, "quite"']


def chart(console: Console, app: str, name: str, **params: str) -> list[JsonMap]:
    answer = console.get(f"/apps/{app}/statistics/{name}", **params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_charts_count_in_the_days_of_the_reader(any_workbench: Workbench, console: Console) -> None:
    """Berlin goes to summer time on 2025-03-30: 22:30 UTC is the next day there after, but not before."""
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    first = talk(api, "One", "Two")
    second = talk(api.as_user("nia"), "Three")
    times = {
        first[0]["message_id"]: "2025-03-28T22:30:00",
        first[1]["message_id"]: "2025-03-30T22:30:00",
        second[0]["message_id"]: "2025-03-30T12:00:00",
    }
    for message, time in times.items():
        bench.change(
            "UPDATE messages SET created_at = :at, message_tokens = 10, answer_tokens = 5, latency = 2,"
            " total_price_e7 = 15000 WHERE id = :id",
            at=micro(time),
            id=message,
        )
    for answers, time in ((first, "2025-03-28T22:30:00"), (second, "2025-03-30T12:00:00")):
        bench.change(
            "UPDATE conversations SET created_at = :at WHERE id = :id",
            at=micro(time),
            id=answers[0]["conversation_id"],
        )
    liked = first[0]["message_id"]
    api.post(f"/messages/{liked}/feedbacks", {"rating": "like", "user": "mira"})
    console.post(f"/apps/{app}/feedbacks", {"message_id": liked, "rating": "like"})
    assert console.change("/account/profile", {"timezone": "Europe/Berlin"}).status_code == 200
    march = {"start": "2025-03-01 00:00", "end": "2025-04-01 00:00"}

    assert chart(console, app, "daily-messages", **march) == [
        {"date": "2025-03-28", "message_count": 1},
        {"date": "2025-03-30", "message_count": 1},
        {"date": "2025-03-31", "message_count": 1},
    ]
    assert chart(console, app, "daily-messages", start="2025-03-31 00:00") == [
        {"date": "2025-03-31", "message_count": 1}
    ]
    assert chart(console, app, "daily-messages") == chart(console, app, "daily-messages", **march)
    assert [day["conversation_count"] for day in chart(console, app, "daily-conversations", **march)] == [1, 1, 1]
    assert [day["terminal_count"] for day in chart(console, app, "daily-end-users", **march)] == [1, 1, 1]
    assert chart(console, app, "token-costs", **march)[0] == {
        "date": "2025-03-28",
        "token_count": 15,
        "total_price": "0.0015000",
        "currency": "USD",
    }
    assert chart(console, app, "average-session-interactions", **march) == [
        {"date": "2025-03-28", "interactions": 2.0},
        {"date": "2025-03-30", "interactions": 1.0},
    ]
    assert [day["rate"] for day in chart(console, app, "user-satisfaction-rate", **march)] == [1000.0, 0.0, 0.0]
    assert chart(console, app, "tokens-per-second", **march)[0]["tps"] == 2.5
    assert chart(console, app, "average-response-time", **march)[0]["latency"] == 2000.0
    assert console.get(f"/apps/{app}/statistics/no-such-chart").status_code == 400


def test_charts_of_runs(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    flow = new_chat(bench, source=ECHO)
    app = app_of(bench, flow)
    for user in ("mira", "mira", "nia"):
        assert flow.as_user(user).run({"word": "hello", "count": 1}).status_code == 200
    (day,) = chart(console, app, "daily-runs")
    assert day["runs"] == 3
    assert chart(console, app, "daily-terminals")[0]["terminal_count"] == 2
    assert chart(console, app, "average-app-interactions")[0]["interactions"] == 1.5
    assert chart(console, app, "run-token-costs")[0]["token_count"] == 0


def test_a_log_is_filtered_by_rating_person_channel_and_key(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    (liked,) = talk(api, "Liked")
    talk(api.as_user("nia"), "Passed over")
    api.post(f"/messages/{liked['message_id']}/feedbacks", {"rating": "like", "user": "mira"})
    made = console.post(f"/apps/{app}/api-keys", {"name": "Kiosk"}).json()
    assert made["name"] == "Kiosk"
    renamed = console.change(f"/apps/{app}/api-keys/{made['id']}", {"name": "Kiosk at the pier"})
    assert renamed.json()["name"] == "Kiosk at the pier"
    (kiosk,) = talk(AppApi(api.http, f"{bench.server.url}/v1", made["token"], "olga"), "From the kiosk")

    def people(**params: str) -> list[str]:
        return [row["person"] for row in listed(console, app, **params)]

    assert people(rating="user_like") == ["mira"]
    assert people(rating="none") == ["olga", "nia"]
    assert people(rating="admin_dislike") == []
    assert people(person="NI") == ["nia"]
    assert people(created_from="web-app") == []
    assert people(api_key_id=made["id"]) == ["olga"]
    shown = console.get(f"/apps/{app}/messages/{kiosk['message_id']}").json()
    assert shown["api_key"] == {"id": made["id"], "name": "Kiosk at the pier", "last_characters": made["token"][-4:]}

    (call,) = console.get(f"/apps/{app}/messages/{kiosk['message_id']}/prompts").json()["data"]
    assert call["messages"][-1]["role"] == "user"
    assert "From the kiosk" in call["messages"][-1]["text"]
    assert (call["prompt_tokens"] > 0, call["completion_tokens"] > 0) == (True, True)


def test_a_log_is_saved_as_it_is_filtered(any_workbench: Workbench, console: Console) -> None:
    bench = any_workbench
    api = new_chat(bench)
    app = app_of(bench, api)
    talk(api, "=1+1", "Second")
    talk(api.as_user("nia"), "Third")
    path = f"/apps/{app}/chat-conversations/export"
    everything = console.get(path, sort_by="created_at")
    rows = list(csv.DictReader(io.StringIO(everything.content.decode("utf-8-sig"))))
    assert [row["question"] for row in rows] == ["'=1+1", "Second", "Third"]
    assert "filename*=UTF-8" in everything.headers["content-disposition"]
    lines = console.get(path, person="nia", format="jsonl").text.splitlines()
    assert [(json.loads(line)["user"], json.loads(line)["question"]) for line in lines] == [("nia", "Third")]
    assert console.get(path, start="yesterday").status_code == 400

    api = new_chat(bench, source=COMPLETION)
    app = app_of(bench, api)
    assert api.complete({"product": "tea"}).status_code == 200
    (line,) = console.get(f"/apps/{app}/completion-messages/export", format="jsonl").text.splitlines()
    assert json.loads(json.loads(line)["inputs"])["product"] == "tea"

    api = bench.api(bench.import_app(ECHO), "mira")
    app = app_of(bench, api)
    for word in ("ahoy", "adieu"):
        api.post("/workflows/run", {"inputs": {"word": word, "count": 2}, "user": "mira", "response_mode": "blocking"})
    rows = console.get(f"/apps/{app}/workflow-app-logs/export", format="jsonl", sort_by="created_at").text.splitlines()
    assert [json.loads(json.loads(row)["inputs"])["word"] for row in rows] == ["ahoy", "adieu"]
    reader = console_of(bench, role="normal")
    assert reader.get(path).status_code == 403
