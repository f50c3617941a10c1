"""What followers are told about iterations, loops and pauses (spec workflow-engine §11 to §14)."""

import json
from typing import Any

import pytest

from tests.engine.scripted import Story, iteration, loop, node, play_spec, start
from treadle.apps.running.frames import Audience, FrameEncoder, Thread
from treadle.engine.pool import VariablePool
from treadle.engine.usage import Usage

THREAD = Thread(mode="workflow", task_id="t", run_id="r", version_id="v", created_at=7, created_by={})


def told(story: Story, audience: Audience = "service") -> list[dict[str, Any]]:
    """The frames of a run, last one included."""
    assert story.finished is not None
    encoder = FrameEncoder(THREAD, audience)
    text = b"".join(encoder.encode(event) for event in (*story.events, story.finished)).decode()
    return [json.loads(frame.removeprefix("data: ")) for frame in text.split("\n\n") if frame]


def names(frames: list[dict[str, Any]]) -> list[str]:
    return [f"{frame['event']}:{frame['data'].get('node_id', '')}" for frame in frames]


def items(*values: int) -> VariablePool:
    return VariablePool({"conversation": {"items": list(values)}})


async def iterated(*values: int, **settings: Any) -> Story:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x", **settings),
        node("step", "a", inside="it", item_of="it", outputs={"x": "a"}, fails_on=[9], usage=Usage(total_tokens=2)),
    ]
    return await play_spec(nodes, "start -> it", "itstart -> a", pool=items(*values))


async def test_an_iteration_tells_its_rounds_and_no_node_of_its_own() -> None:
    frames = told(await iterated(1, 2))
    assert names(frames) == [
        "workflow_started:",
        "node_started:start",
        "node_finished:start",
        "iteration_started:it",
        "iteration_next:it",
        "node_started:a",
        "node_finished:a",
        "iteration_next:it",
        "node_started:a",
        "node_finished:a",
        "iteration_completed:it",
        "workflow_finished:",
    ]
    began, next_one, completed = frames[3]["data"], frames[7]["data"], frames[10]["data"]
    assert (began["id"], began["metadata"]) == ("it", {"iteration_length": 2})
    assert began["inputs"] == {"iterator_selector": [1, 2]}
    assert (next_one["id"], next_one["index"]) == ("it", 1)
    assert (completed["outputs"], completed["status"], completed["error"]) == (
        {"output": ["a:1", "a:2"]},
        "succeeded",
        None,
    )
    assert (completed["steps"], completed["total_tokens"]) == (2, 4)
    assert set(completed["execution_metadata"]["iteration_duration_map"]) == {"0", "1"}
    inner = [frame["data"] for frame in frames if frame["event"] == "node_finished" and frame["data"]["node_id"] == "a"]
    assert [(each["iteration_id"], each["execution_metadata"]["iteration_index"]) for each in inner] == [
        ("it", 0),
        ("it", 1),
    ]
    assert all(each["loop_id"] is None for each in inner)


async def test_an_empty_or_wrong_list_is_not_told() -> None:
    assert names(told(await iterated()))[3:] == ["workflow_finished:"]


async def test_a_failed_iteration_is_completed_as_failed() -> None:
    frames = told(await iterated(9))
    completed = frames[-2]["data"]
    assert (frames[-2]["event"], completed["status"], completed["error"]) == (
        "iteration_completed",
        "failed",
        "a is upset",
    )
    assert frames[-1]["data"]["error"] == "a is upset"


async def test_visitors_see_rounds_without_values() -> None:
    frames = told(await iterated(1), "web")
    data = [frame["data"] for frame in frames if frame["event"].startswith("iteration")]
    assert [each.get("inputs") for each in data] == [None, None, None]
    assert data[-1]["outputs"] is None
    assert data[-1]["execution_metadata"] is None


async def test_rounds_that_run_together_are_told_apart() -> None:
    frames = told(await iterated(1, 2, is_parallel=True))
    started = [
        frame["data"] for frame in frames if frame["event"] == "node_started" and frame["data"]["node_id"] == "a"
    ]
    assert len({each["parallel_run_id"] for each in started} - {None}) == 2
    metadata = [
        f["data"]["execution_metadata"] for f in frames if f["event"] == "node_finished" and f["data"]["node_id"] == "a"
    ]
    assert {each["parallel_mode_run_id"] for each in metadata} == {each["parallel_run_id"] for each in started}


async def test_a_loop_in_an_iteration_names_both() -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "lp.loop_round"),
        *loop("lp", 2, inside="it"),
        node("step", "a", inside="lp"),
    ]
    frames = told(await play_spec(nodes, "start -> it", "itstart -> lp", "lpstart -> a", pool=items(5)))
    assert names(frames)[5:-2] == [
        "loop_started:lp",
        "node_started:a",
        "node_finished:a",
        "loop_next:lp",
        "node_started:a",
        "node_finished:a",
        "loop_next:lp",
        "loop_completed:lp",
    ]
    assert frames[5]["data"]["metadata"] == {"loop_length": 2}
    assert frames[8]["data"]["pre_loop_output"] == {}
    inner = frames[10]["data"]
    assert (inner["iteration_id"], inner["loop_id"]) == ("it", "lp")
    metadata = inner["execution_metadata"]
    assert (metadata["iteration_index"], metadata["loop_index"]) == (0, 1)


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_pause_is_the_last_word(parallel: bool) -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "ask.x", is_parallel=parallel),
        node("step", "ask", inside="it", asks="who?"),
    ]
    frames = told(await play_spec(nodes, "start -> it", "itstart -> ask", pool=items(1)))
    paused = frames[-1]
    assert (paused["event"], names(frames)[-2]) == ("workflow_paused", "node_started:ask")
    elapsed = paused["data"].pop("elapsed_time")
    assert elapsed >= 0
    assert paused["data"] == {
        "workflow_run_id": "run",
        "paused_nodes": ["ask"],
        "outputs": {},
        "reasons": [{"asks": "who?"}],
        "status": "paused",
        "created_at": 7,
        "total_tokens": 0,
        "total_steps": 3,
    }
