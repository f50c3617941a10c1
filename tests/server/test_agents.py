"""Agent apps and agent nodes on a real server: what reaches their readers and their next turns."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dify_client import models
from dify_client._clientx import Client as TypedClient
from dify_client.client import ChatClient

from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.agents import in_round, messages_of
from tests.server.harness import MadeApp, Workbench
from tests.server.http_client import AppApi, names_of, text_of
from tests.server.matchers import ID, TEXT
from tests.server.payloads import asked, unique
from treadle.apps.check import check_file

JsonMap = dict[str, Any]

SUM = ToolCall("eval_expression", {"expression": "6*7"})


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    return agents.with_caller(workbench)


def scripted(bench: Workbench, query: str, *replies: str | Reply) -> str:
    """Makes the model give these replies to `query`, one for each round."""
    for number, reply in enumerate(replies):
        bench.model.reply_when(in_round(query, number), reply)
    return query


def listed(api: AppApi, events: list[JsonMap]) -> list[JsonMap]:
    return list(api.get("/messages", user=api.user, conversation_id=events[0]["conversation_id"]).json()["data"])


def test_a_model_that_calls_what_was_not_offered_is_told_so(bench: Workbench) -> None:
    query = scripted(
        bench, unique("odd"), Reply(tool_calls=(ToolCall("unheard_of", {"x": 1}, offered=False),)), "Sorry."
    )
    events = bench.of(agents.agent_app()).chat_events(query)
    observed = next(event["observation"] for event in events if event.get("observation"))
    assert json.loads(observed) == {"unheard_of": TEXT}
    assert 'There is no tool named "unheard_of"' in json.loads(observed)["unheard_of"]
    assert text_of(events) == "Sorry."
    assert asked(bench, query)[0].json.get("tools") is None  # type: ignore[union-attr]


def test_tools_are_offered_by_name_schema_and_description(bench: Workbench) -> None:
    query = unique("hello")
    bench.of(agents.CALLING).chat_events(query)
    (request,) = asked(bench, query)
    assert isinstance(request.json, dict)
    offered: Any = request.json["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["eval_expression", "qrcode_generator"]
    assert offered[0]["function"]["parameters"]["required"] == ["expression"]
    assert list(offered[1]["function"]["parameters"]["properties"]) == ["content"]
    assert messages_of(request)[0] == {"role": "system", "content": "Be exact.\n"}


def test_the_next_turn_remembers_the_tools(bench: Workbench) -> None:
    query = scripted(bench, unique("first"), Reply("Wait.", (SUM,)), "It is 42.")
    api = bench.of(agents.CALLING)
    events = api.chat_events(query)
    second = unique("second")
    api.chat_events(second, conversation_id=events[0]["conversation_id"])
    said = messages_of(asked(bench, second)[0])
    assert [(message["role"], message["content"]) for message in said] == [
        ("system", "Be exact.\n"),
        ("user", query),
        ("assistant", "Wait."),
        ("tool", "42"),
        ("assistant", "It is 42."),
        ("user", second),
    ]
    (call,) = said[2]["tool_calls"]
    assert call["function"] == {"name": "eval_expression", "arguments": '{"expression":"6*7"}'}
    assert said[3]["tool_call_id"] == call["id"]


def test_a_picture_of_a_tool_reaches_the_answer_and_the_history(bench: Workbench) -> None:
    query = scripted(
        bench, unique("code"), Reply(tool_calls=(ToolCall("qrcode_generator", {"content": "hi"}),)), "There you are."
    )
    api = bench.of(agents.CALLING)
    events = api.chat_events(query)
    (file,) = [event for event in events if event["event"] == "message_file"]
    assert (file["id"], file["type"], file["belongs_to"]) == (ID, "image", "assistant")
    assert bench.http.get(file["url"]).content.startswith(b"\x89PNG")
    place = events.index(file)
    assert events[place - 1]["event"] == events[place + 1]["event"] == "agent_thought"
    assert events[place - 1]["message_files"] == []
    assert events[place + 1]["message_files"] == [file["id"]]
    (row,) = listed(api, events)
    assert [(f["id"], f["type"], f["belongs_to"]) for f in row["message_files"]] == [(file["id"], "image", "assistant")]
    assert row["agent_thoughts"][0]["message_files"] == [file["id"]]
    assert bench.http.get(row["message_files"][0]["url"]).content.startswith(b"\x89PNG")
    assert "has been delivered" in messages_of(asked(bench, query)[1])[-1]["content"]


def test_a_model_without_tool_calls_reasons_in_text(bench: Workbench) -> None:
    query = unique("reason")
    action = json.dumps({"action": "eval_expression", "action_input": {"expression": "6*7"}})
    bench.model.reply_when(query, f"Thought: I compute.\nAction:\n```json\n{action}\n```")
    bench.model.reply_when(
        lambda request: query in str(request.json) and "Observation: 42" in str(request.json),
        'Thought: done\nAction: {"action": "Final Answer", "action_input": "It is 42."}',
    )
    api = bench.of(agents.REASONING)
    events = api.chat_events(query)
    assert text_of(events) == "It is 42."
    steps = {event["id"]: event for event in events if event["event"] == "agent_thought"}
    assert [(step["thought"], step["tool"], step["observation"]) for step in steps.values()] == [
        ("I compute.", "eval_expression", '{"eval_expression": "42"}'),
        ("It is 42.", "", ""),
    ]
    assert listed(api, events)[0]["answer"] == "It is 42."
    assert asked(bench, query)[0].json.get("stop") == ["Observation"]  # type: ignore[union-attr]


def test_a_router_only_chats(bench: Workbench) -> None:
    events = bench.of(agents.agent_app(agents.MATHS, strategy="router")).chat_events(unique("hello"))
    assert set(names_of(events)) == {"agent_message", "message_end"}


def test_a_stopped_agent_keeps_what_it_said_and_did(bench: Workbench) -> None:
    query = scripted(bench, unique("stop"), Reply("Let me see.", (SUM,)), "It is a long story that will not be told.")
    api = bench.of(agents.CALLING)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        first = stream.until("agent_thought")
        events = [first]
        for frame in stream:
            assert frame.data is not None
            events.append(frame.data)
            if frame.data.get("observation"):
                bench.model.hang(times=1, after_events=3)
                break
        second = stream.until("agent_message")
        assert api.post(f"/chat-messages/{first['task_id']}/stop", {"user": api.user}).status_code == 200
        events += [second, *stream.rest()]
    assert names_of(events)[-1] == "message_end"
    (row,) = listed(api, events)
    assert row["status"] == "normal"
    assert row["answer"].startswith("Let me see.\nIt")
    assert row["answer"] == text_of(events)
    steps = row["agent_thoughts"]
    assert [step["tool"] for step in steps] == ["eval_expression", ""]
    assert row["answer"] == f"{steps[0]['thought']}\n{steps[1]['thought']}"


def test_a_failing_model_ends_the_stream_with_an_error(bench: Workbench) -> None:
    query = unique("fail")
    bench.model.fail(times=3, status=429)
    events = bench.of(agents.CALLING).chat_events(query)
    assert names_of(events) == ["error"]
    assert events[0]["code"] == "completion_request_error"


def test_an_agent_node_tells_its_steps(bench: Workbench) -> None:
    query = scripted(bench, unique("node"), Reply("Wait.", (SUM,)), "It is 42.")
    api = bench.of(agents.AGENT_CHATFLOW)
    events = api.chat_events(query)
    assert text_of(events) == "Wait.\nIt is 42."
    logs = [event for event in events if event["event"] == "agent_log"]
    assert set(logs[0]) == {"event", "conversation_id", "message_id", "created_at", "task_id", "data"}
    last = {log["data"]["id"]: log["data"] for log in logs}
    labels = {log_id: data["label"] for log_id, data in last.items()}
    assert [(data["label"], labels.get(data["parent_id"]), data["status"]) for data in last.values()] == [
        ("ROUND 1", None, "success"),
        ("caller Thought", "ROUND 1", "success"),
        ("CALL eval_expression", "ROUND 1", "success"),
        ("ROUND 2", None, "success"),
        ("caller Thought", "ROUND 2", "success"),
    ]
    begun = next(
        event["data"] for event in events if event["event"] == "node_started" and event["data"]["node_id"] == "work"
    )
    assert begun["agent_strategy"] == {"name": "function_calling", "icon": None}
    finished = next(e["data"] for e in events if e["event"] == "node_finished" and e["data"]["node_id"] == "work")
    assert {data["node_execution_id"] for data in last.values()} == {finished["id"]}
    assert finished["status"] == "succeeded", finished["error"]
    assert finished["outputs"]["text"] == "Wait.\nIt is 42."
    assert len(finished["execution_metadata"]["agent_log"]) == 5
    assert finished["execution_metadata"]["tool_info"] == {"icon": None, "agent_strategy": "function_calling"}
    assert finished["execution_metadata"]["total_tokens"] > 0


def test_visitors_see_that_an_agent_works_not_with_what(bench: Workbench) -> None:
    query = scripted(bench, unique("visit"), Reply(tool_calls=(SUM,)), "It is 42.")
    visitor = bench.visitor(bench.shared_app(agents.AGENT_CHATFLOW))
    events = visitor.events("/chat-messages", {"inputs": {}, "query": query, "response_mode": "streaming"})
    logs = [event["data"] for event in events if event["event"] == "agent_log"]
    assert logs
    assert all((log["data"], log["metadata"], log["error"]) == ({}, {}, None) for log in logs)


def test_a_picture_of_an_agent_node_is_a_file_of_the_run(bench: Workbench) -> None:
    query = scripted(
        bench, unique("node code"), Reply(tool_calls=(ToolCall("qrcode_generator", {"content": "hi"}),)), "Here."
    )
    api = bench.of(agents.AGENT_CHATFLOW)
    events = api.chat_events(query)
    finished = next(e["data"] for e in events if e["event"] == "node_finished" and e["data"]["node_id"] == "work")
    (file,) = finished["outputs"]["files"]
    assert file["type"] == "image"
    assert bench.http.get(file["url"]).content.startswith(b"\x89PNG")


def test_meta_has_the_icons_of_the_tools(bench: Workbench) -> None:
    icons = bench.of(agents.CALLING).get("/meta").json()["tool_icons"]
    assert set(icons) == {"eval_expression", "qrcode_generator"}
    assert set(bench.of(agents.AGENT_CHATFLOW).get("/meta").json()["tool_icons"]) == {
        "eval_expression",
        "qrcode_generator",
    }


def test_the_published_client_follows_an_agent(bench: Workbench) -> None:
    query = scripted(bench, unique("client"), Reply("Wait.", (SUM,)), "It is 42.")
    app: MadeApp = bench.shared_app(agents.CALLING)
    client = ChatClient(app.key)
    client.base_url = f"{bench.server.url}/v1"
    answer = client.create_chat_message({}, query, "client", "streaming")
    lines = [line for line in answer.iter_lines(decode_unicode=True) if line.startswith("data:")]
    events = [json.loads(line.removeprefix("data:")) for line in lines]
    assert text_of(events) == "Wait.\nIt is 42."
    conversation = events[0]["conversation_id"]
    (row,) = client.get_conversation_messages("client", conversation_id=conversation).json()["data"]
    assert [step["tool"] for step in row["agent_thoughts"]] == ["eval_expression", ""]


@pytest.mark.parametrize("file_text", [agents.CALLING, agents.AGENT_CHATFLOW], ids=["app", "node"])
def test_a_strictly_typed_client_reads_every_event(bench: Workbench, file_text: str) -> None:
    query = scripted(
        bench, unique("typed"), Reply("Wait.", (ToolCall("qrcode_generator", {"content": "x"}),)), "It is done."
    )
    app = bench.shared_app(file_text)
    client = TypedClient(api_key=app.key, api_base=f"{bench.server.url}/v1")
    request = models.ChatRequest(query=query, user="typed", response_mode=models.ResponseMode.STREAMING, inputs={})
    events = list(client.chat_messages(request))
    assert not any(type(event) is models.StreamResponse for event in events)
    kinds = {str(event.event) for event in events}
    if app.mode == "agent-chat":
        assert kinds == {"agent_thought", "agent_message", "message_file", "message_end"}
    else:
        assert {"agent_log", "message", "message_end"} < kinds


def test_what_moderation_takes_back_is_no_thought_either(bench: Workbench) -> None:
    moderation = {
        "enabled": True,
        "type": "keywords",
        "config": {
            "keywords": "forbidden",
            "inputs_config": {"enabled": False},
            "outputs_config": {"enabled": True, "preset_response": "Let us talk about something else."},
        },
    }
    query = scripted(bench, unique("moderated"), Reply("First.", (SUM,)), "It is a forbidden word, and more.")
    api = bench.of(agents.agent_app(agents.MATHS, sensitive_word_avoidance=moderation))
    events = api.chat_events(query)
    assert "message_replace" in names_of(events)
    assert "forbidden" not in json.dumps(events)
    (row,) = listed(api, events)
    assert row["answer"] == "Let us talk about something else."
    assert "forbidden" not in json.dumps(row)
    assert row["agent_thoughts"][0]["tool"] == "eval_expression"


def test_the_app_of_the_page_on_agents_works(bench: Workbench) -> None:
    page = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
    (file_text,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert check_file(file_text).problems == []
    query = scripted(bench, unique("What is 6 times 7?"), Reply(tool_calls=(SUM,)), "It is 42.")
    path = bench.data_dir.parent / "calculator.yml"
    path.write_text(file_text.replace("my-model", "caller"))
    assert bench.command("run", str(path), "-q", query).strip() == "It is 42."
