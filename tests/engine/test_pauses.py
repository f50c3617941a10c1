"""Nodes that wait for somebody, and runs that go on when they are answered (spec workflow-engine §24)."""

from typing import Any

import pytest

from treadle.engine.events import NodeFinished, NodeStarted, PauseKey, PauseRequested, Remembered, RunStarted, RunStatus
from treadle.engine.graph import Graph
from treadle.engine.pool import VariablePool
from treadle.engine.usage import Usage
from treadle.engine.values import Value

from .scripted import Story, answer, check_order, end, graph_of, iteration, loop, new_run, node, play, start, step


async def go_on(graph: Graph, before: list[Story], answers: dict[PauseKey, dict[str, Any]], **settings: Any) -> Story:
    """The next run of the same, from what all runs so far have left."""
    left: dict[str, Remembered] = {}
    for story in before:
        for event in story.checkpoint:
            left.pop(event.execution_id, None)
            left[event.execution_id] = event
    story = Story()
    story.finished = await new_run(graph, story, checkpoint=left.values(), answers=answers, **settings).execute()
    check_order(story)
    return story


def says(text: str) -> dict[str, Any]:
    return {"says": text}


SIMPLE = graph_of(
    [
        start(),
        step("ask", asks="name?"),
        step("other", ticks=9, usage=Usage(total_tokens=3, prompt_tokens=3)),
        step("behind"),
        answer("out", "Hello {{#ask.answer#}}!"),
    ],
    "start -> ask -> out",
    "start -> other -> behind -> out",
)


async def test_other_branches_finish_before_the_run_pauses() -> None:
    story = await play(SIMPLE)
    assert story.pause.status == RunStatus.PAUSED
    assert story.pause.reasons == [{"asks": "name?"}]
    assert [event.key for event in story.pause.paused] == [PauseKey("ask")]
    assert story.statuses == {"start": "succeeded", "other": "succeeded", "behind": "succeeded"}
    assert (story.pause.total_steps, story.pause.total_tokens) == (4, 3)
    assert story.pause.outputs == {"answer": "Hello ", "files": []}


async def test_an_answered_run_goes_on_where_it_waited() -> None:
    first = await play(SIMPLE)
    second = await go_on(SIMPLE, [first], {PauseKey("ask"): says("Ada")})
    assert second.started == ["ask", "out"]
    assert second.end.outputs["answer"] == second.text == "Hello Ada!"
    assert (second.end.total_steps, second.end.total_tokens) == (5, 3)
    asked = next(event for event in first.events if isinstance(event, PauseRequested))
    went_on = next(event for event in second.events if isinstance(event, NodeStarted))
    assert (went_on.execution_id, went_on.index) == (asked.execution_id, asked.index)
    assert [event.resumed for event in second.events if isinstance(event, RunStarted)] == [True]


async def test_a_run_that_is_not_answered_stays_as_it_is() -> None:
    first = await play(SIMPLE)
    second = await go_on(SIMPLE, [first], {})
    assert second.started == []
    assert second.pause.paused == first.pause.paused
    assert second.pause.total_steps == first.pause.total_steps


async def test_of_two_questions_one_may_be_answered_first() -> None:
    graph = graph_of(
        [start(), step("one", asks="1?"), step("two", asks="2?"), end("end", one="one.answer", two="two.answer")],
        "start -> one -> end",
        "start -> two -> end",
    )
    first = await play(graph)
    assert first.pause.reasons == [{"asks": "1?"}, {"asks": "2?"}]
    second = await go_on(graph, [first], {PauseKey("two"): says("b")})
    assert (second.started, second.pause.reasons) == (["two"], [{"asks": "1?"}])
    third = await go_on(graph, [first, second], {PauseKey("one"): says("a")})
    assert third.started == ["one", "end"]
    assert third.end.outputs == {"one": "a", "two": "b"}


async def test_what_waits_ends_with_a_run_that_fails() -> None:
    graph = graph_of([start(), step("ask", asks="?"), step("bad", ticks=3, failures=1)], "start -> ask", "start -> bad")
    story = await play(graph)
    assert (story.end.status, story.statuses["ask"]) == (RunStatus.FAILED, "stopped")


def asking(parallel: bool) -> Graph:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "ask.answer", is_parallel=parallel),
        node("step", "before", inside="it", item_of="it", outputs={"x": "b"}),
        node("step", "ask", inside="it", asks="?"),
        node("answer", "say", inside="it", template="{{#before.x#}}={{#ask.answer#}};"),
        end("end", all="it.output"),
    ]
    return graph_of(nodes, "start -> it -> end", "itstart -> before -> ask -> say")


def items(*values: Value) -> VariablePool:
    return VariablePool({"conversation": {"items": list(values)}})


def in_round(index: int) -> PauseKey:
    return PauseKey("ask", (("it", index),))


async def test_a_pause_in_a_round_stops_the_rounds_there() -> None:
    graph = asking(parallel=False)
    first = await play(graph, pool=items(1, 2))
    assert [event.key for event in first.pause.paused] == [in_round(0)]
    assert first.started == ["start", "it", "before", "ask"]
    second = await go_on(graph, [first], {in_round(0): says("p")}, pool=items(1, 2))
    assert second.started == ["it", "ask", "say", "before", "ask"]
    assert [event.key for event in second.pause.paused] == [in_round(1)]
    third = await go_on(graph, [first, second], {in_round(1): says("q")}, pool=items(1, 2))
    assert third.started == ["it", "ask", "say", "end"]
    assert third.end.outputs["all"] == ["p", "q"]
    assert third.text == "b:1=p;b:2=q;- p\n- q"
    executions = [e for story in (first, second, third) for e in story.executions]
    assert len({(e.node_id, e.container) for e in executions}) == len(executions)
    assert third.end.total_steps == len(executions)


async def test_the_other_rounds_finish_when_they_run_together() -> None:
    graph = asking(parallel=True)
    first = await play(graph, pool=items(1, 2, 3))
    assert sorted(event.key for event in first.pause.paused) == [in_round(0), in_round(1), in_round(2)]
    answers = {in_round(index): says(text) for index, text in ((0, "p"), (2, "r"))}
    second = await go_on(graph, [first], answers, pool=items(1, 2, 3))
    assert [event.key for event in second.pause.paused] == [in_round(1)]
    third = await go_on(graph, [first, second], {in_round(1): says("q")}, pool=items(1, 2, 3))
    assert third.end.outputs["all"] == ["p", "q", "r"]
    assert third.started == ["it", "ask", "say", "end"]


@pytest.mark.parametrize("mode", ["terminated", "continue-on-error"])
async def test_what_waits_ends_with_a_round_that_fails(mode: str) -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "bad.x", is_parallel=True, error_handle_mode=mode),
        node("step", "ask", inside="it", asks="?"),
        node("step", "bad", inside="it", item_of="it", ticks=5, fails_on=[1], outputs={"x": "b"}),
    ]
    graph = graph_of(nodes, "start -> it", "itstart -> ask", "itstart -> bad")
    story = await play(graph, pool=items(1, 2))
    over = [event for event in story.events if isinstance(event, NodeFinished) and event.node_id == "ask"]
    assert {(event.status.value, event.error) for event in over} <= {
        ("stopped", "bad is upset"),
        ("stopped", "What ran around this node ended before it did."),
    }
    if mode == "terminated":
        assert story.end.error == "bad is upset"
        assert len(over) == 2
    else:
        assert [event.key for event in story.pause.paused] == [in_round(1)]
        assert len(over) == 1


async def test_a_question_in_a_loop_is_asked_in_every_round() -> None:
    nodes = [
        start(),
        *loop("lp", 3),
        node("step", "ask", inside="lp", asks="?"),
        end("end", rounds="lp.loop_round"),
    ]
    graph = graph_of(nodes, "start -> lp -> end", "lpstart -> ask")
    stories = [await play(graph)]
    for index in range(3):
        stories.append(await go_on(graph, stories, {PauseKey("ask", (("lp", index),)): says("x")}))
    assert stories[-1].end.outputs == {"rounds": 3}
    assert [event.node_id for story in stories for event in story.executions] == [
        "start",
        "ask",
        "ask",
        "ask",
        "lp",
        "end",
    ]
