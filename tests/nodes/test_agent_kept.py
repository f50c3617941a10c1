"""Rounds of an agent that an earlier process did: told again, done no more."""

from dataclasses import replace

import msgspec
import pytest

from treadle.engine.events import Citations, NodeKept
from treadle.engine.ports import ToolCitations, ToolText
from treadle.engine.values import JsonValue

from .function_tools import FunctionTools, RoundModels, adding, call, in_rounds, says
from .harness import Played, run_node
from .ports import a_world, file, usage
from .test_agent_react import agent, step

CALLING = ("function_calling", says("I add.", call("add", '{"a": 2, "b": 3}'), tokens=usage(3)), says("It is 5."))
REACT = ("ReAct", says(step("add", {"a": 2, "b": 3}), tokens=usage(3)), says(step("Final Answer", "It is 5.")))


def tools() -> FunctionTools:
    passage: dict[str, JsonValue] = {"position": 1, "content": "2 + 3 = 5"}
    return adding(add=lambda a, b: [ToolText(str(a + b)), {"sum": a + b}, file("sum.png"), ToolCitations([passage])])


async def ask(strategy: str, models: RoundModels, belt: FunctionTools, kept: JsonValue = None) -> Played:
    data = {**agent(), "agent_strategy_name": strategy}
    ports = replace(a_world(models=models), tools=belt)
    return await run_node("agent", data, ports=ports, answer="{{#n.text#}}", kept=kept)


def told(played: Played) -> dict[str, object]:
    """What a run tells, without ids and times."""
    record = played.node("n")
    logs = record.metadata["agent_log"]
    assert isinstance(logs, list)
    return {
        "outputs": {name: record.outputs[name] for name in ("text", "files", "usage")},
        "text": "".join(played.chunks),
        "log": [(entry["label"], entry["status"], entry["data"]) for entry in logs if isinstance(entry, dict)],
        "cited": [event.resources for event in played.events if isinstance(event, Citations)],
    }


@pytest.mark.parametrize(("strategy", "first", "last"), [CALLING, REACT], ids=["calling", "react"])
async def test_whatever_was_kept_is_not_done_again(strategy: str, first: list[object], last: list[object]) -> None:
    whole = await ask(strategy, in_rounds(first, last), tools())
    kept = [event.content for event in whole.events if isinstance(event, NodeKept)]
    known_rounds_and_calls_to_make = [(1, 1), (1, 0), (2, 0)]
    for content, (known, calls) in zip(kept, known_rounds_and_calls_to_make, strict=True):
        belt, models = tools(), in_rounds(last)
        again = await ask(strategy, models, belt, msgspec.json.decode(msgspec.json.encode(content)))
        assert told(again) == told(whole)
        assert (len(models.requests), len(belt.calls)) == (2 - known, calls)


async def test_what_cannot_be_read_is_done_again() -> None:
    strategy, first, last = CALLING
    models, belt = in_rounds(first, last), tools()
    played = await ask(strategy, models, belt, [{"of": "another time"}])
    assert played.node("n").outputs["text"] == "I add.\nIt is 5."
    assert (len(models.requests), len(belt.calls)) == (2, 1)
