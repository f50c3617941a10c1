"""The Service API, case by case (spec service-api §12): agents."""

import json
from typing import Any

from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.harness import Workbench
from tests.server.http_client import names_of, text_of
from tests.server.matchers import ID, NOW, TEXT, refused, usage
from tests.server.payloads import unique

JsonMap = dict[str, Any]


def test_case_34_agent_apps_only_stream(workbench: Workbench) -> None:
    api = agents.with_caller(workbench).of(agents.CALLING)
    refused(api.chat("hi", response_mode="blocking"), 400, "invalid_param")
    refused(api.chat("hi"), 400, "invalid_param")
    events = api.chat_events(unique("hi"))
    assert names_of(events) == ["agent_thought", "agent_message", "agent_thought", "message_end"]


def test_case_51_steps_fill_up_under_their_id(any_workbench: Workbench) -> None:
    bench, query = agents.with_caller(any_workbench), unique("six times seven")
    model = bench.model
    call = ToolCall("eval_expression", {"expression": "6*7"})
    model.reply_when(agents.in_round(query, 0), Reply("Let me see.", (call,)))
    model.reply_when(agents.in_round(query, 1), "It is 42.")
    api = bench.of(agents.CALLING)
    events = api.chat_events(query)

    thoughts = [event for event in events if event["event"] == "agent_thought"]
    first, second = thoughts[0]["id"], thoughts[-1]["id"]
    envelope = {key: thoughts[0][key] for key in ("conversation_id", "message_id", "created_at", "task_id")}
    label = {"en_US": "Evaluate an expression", "zh_Hans": TEXT, "ja_JP": TEXT}
    labels = {"eval_expression": label}

    def thought(step: str, position: int, **members: Any) -> JsonMap:
        empty = {"thought": "", "tool": "", "tool_input": "", "observation": "", "tool_labels": {}, "message_files": []}
        return {"event": "agent_thought", **envelope, "id": step, "position": position, **empty, **members}

    called: JsonMap = {
        "thought": "Let me see.",
        "tool": "eval_expression",
        "tool_input": '{"eval_expression": {"expression": "6*7"}}',
        "tool_labels": labels,
    }
    assert thoughts == [
        thought(first, 1),
        thought(first, 1, **called),
        thought(first, 1, **called, observation='{"eval_expression": "42"}'),
        thought(second, 2),
        thought(second, 2, thought="It is 42."),
    ]
    assert (first, second) == (ID, ID)
    assert first != second
    assert all(text is not None for event in thoughts for text in event.values())

    step = ["agent_thought", "agent_message", "agent_thought"]
    assert names_of(events) == [*step, "agent_thought", *step, "message_end"]
    assert text_of(events) == "Let me see.\nIt is 42."
    assert events[-1] == {
        "event": "message_end",
        **envelope,
        "id": envelope["message_id"],
        "metadata": {"usage": usage(), "retriever_resources": [], "annotation_reply": None},
        "files": None,
    }

    (row,) = api.get("/messages", user=api.user, conversation_id=envelope["conversation_id"]).json()["data"]
    assert row["answer"] == "Let me see.\nIt is 42."
    assert [(step["position"], step["thought"], step["tool"]) for step in row["agent_thoughts"]] == [
        (1, "Let me see.", "eval_expression"),
        (2, "It is 42.", ""),
    ]
    assert row["agent_thoughts"][0] == {
        "id": first,
        "chain_id": None,
        "message_id": envelope["message_id"],
        "position": 1,
        "thought": "Let me see.",
        "tool": "eval_expression",
        "tool_labels": labels,
        "tool_input": '{"eval_expression": {"expression": "6*7"}}',
        "observation": '{"eval_expression": "42"}',
        "files": [],
        "message_files": [],
        "created_at": NOW,
    }
    used = [
        json.dumps(request.json) for request in model.requests_to("/chat/completions") if query in str(request.json)
    ]
    assert len(used) == 2
