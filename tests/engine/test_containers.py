"""Iterations and loops in a run: events, text, failures, limits, stop (spec workflow-engine §8 to §12)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from treadle.engine.events import (
    AnswerChunk,
    ContainerStarted,
    NodeFinished,
    NodeStarted,
    RoundStarted,
    RunStatus,
)
from treadle.engine.graph import EdgeSpec, GraphSpec, compile_graph
from treadle.engine.node import NodeContext, NodeResult
from treadle.engine.pool import VariablePool
from treadle.engine.run import Limits
from treadle.engine.usage import Usage
from treadle.engine.values import Value

from .scripted import (
    TYPES,
    Story,
    answer,
    check_order,
    choice,
    edges,
    end,
    graph_of,
    iteration,
    loop,
    new_run,
    no_task_left,
    node,
    play_spec,
    start,
)


def inner(node_id: str, kind: str = "step", inside: str = "it", **script: Any) -> Any:
    return node(kind, node_id, inside=inside, **{"item_of": inside, "outputs": {"x": node_id}, **script})


def spoken(node_id: str, template: str, inside: str = "it", **script: Any) -> Any:
    return node("answer", node_id, inside=inside, template=template, **script)


def items(values: Sequence[Value], **conversation: Value) -> VariablePool:
    return VariablePool({"conversation": {"items": list(values), **conversation}})


def order(story: Story) -> list[str]:
    """Node and container events, as `kind:node[:index]`."""
    told: list[str] = []
    for event in story.events:
        match event:
            case NodeStarted():
                told.append(f"start:{event.node_id}")
            case NodeFinished():
                told.append(f"{event.status.value}:{event.node_id}")
            case ContainerStarted():
                told.append(f"rounds:{event.node_id}:{event.length}")
            case RoundStarted():
                told.append(f"next:{event.node_id}:{event.index}")
            case _:
                pass
    return told


async def test_one_round_after_the_other_with_its_events() -> None:
    nodes = [start(), *iteration("it", "conversation.items", "a.x"), inner("a"), end("end", all="it.output")]
    story = await play_spec(nodes, "start -> it -> end", "itstart -> a", pool=items(["p", "q"]))
    assert order(story)[2:-2] == [
        "start:it",
        "rounds:it:2",
        "next:it:0",
        "start:a",
        "succeeded:a",
        "next:it:1",
        "start:a",
        "succeeded:a",
        "succeeded:it",
    ]
    assert story.end.outputs == {"all": ["a:p", "a:q"]}
    assert story.end.total_steps == 5
    containers = [event.container for event in story.executions if event.node_id == "a"]
    assert [(c.kind, c.node_id, c.index) for c in containers if c] == [("iteration", "it", 0), ("iteration", "it", 1)]
    assert [event.predecessor for event in story.executions if event.node_id == "a"] == ["itstart", "itstart"]


async def test_an_empty_list_is_only_recorded() -> None:
    nodes = [start(), *iteration("it", "conversation.items", "a.x"), inner("a")]
    story = await play_spec(nodes, "start -> it", "itstart -> a", pool=items([]))
    assert order(story)[2:] == ["start:it", "succeeded:it"]
    assert story.executions[-1].steps is None


async def test_rounds_do_not_see_each_other_but_what_they_assign() -> None:
    seen: list[Value] = []

    async def look(context: NodeContext) -> NodeResult:
        index = context.pool.get(("it", "index"))
        seen.extend((str(context.pool.get(("late", "x"))), context.pool.get(("conversation", "count"))))
        context.assign("count", int(str(index)) + 1)
        return NodeResult(outputs={"x": index})

    nodes = [
        start(),
        *iteration("it", "conversation.items", "look.x"),
        inner("look", body=look),
        inner("late"),
        end("end", count="conversation.count", inner="look.x"),
    ]
    story = await play_spec(nodes, "start -> it -> end", "itstart -> look -> late", pool=items("ab", count=0))
    assert seen == ["MISSING", 0, "MISSING", 1]
    assert story.end.outputs == {"count": 2, "inner": None}


async def test_text_of_rounds_streams_live_and_in_order() -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "say.answer"),
        inner("llm", chunks=["a", "b"]),
        spoken("say", "{{#it.item#}}:{{#llm.text#}};"),
        answer("last", "end {{#it.output#}}"),
    ]
    story = await play_spec(nodes, "start -> it -> last", "itstart -> llm -> say", pool=items(["1", "2"]))
    assert story.text == "1:ab;2:ab;end - 1:ab;\n- 2:ab;"
    assert story.end.outputs["answer"] == story.text
    texts = [event.text for event in story.events if isinstance(event, AnswerChunk)]
    assert texts[:5] == ["1", ":", "a", "b", ";"]
    first_llm = story.position("llm", NodeFinished)
    assert story.position_of_text("a") < first_llm < story.position_of_text("2")


async def test_text_of_parallel_rounds_comes_one_finished_round_after_the_other() -> None:
    async def wait(context: NodeContext) -> NodeResult:
        for turn in range(20 - 5 * int(str(context.pool.get(("it", "index"))))):
            context.stream("text", f"{context.pool.get(('it', 'item'))}{turn % 2}")
            await asyncio.sleep(0)
        return NodeResult(outputs={"x": context.pool.get(("it", "item"))})

    nodes = [
        start(),
        *iteration("it", "conversation.items", "wait.x", is_parallel=True, flatten_output=False),
        inner("wait", body=wait),
        spoken("say", "<{{#wait.x#}}>"),
        end("end", all="it.output"),
    ]
    story = await play_spec(nodes, "start -> it -> end", "itstart -> wait -> say", pool=items(["p", "q", "r"]))
    assert story.text.startswith("<r><q><p>")
    assert story.outputs["it"] == {"output": ["p", "q", "r"]}
    runs = {event.container.parallel_run_id for event in story.executions if event.container}
    assert len(runs) == 3
    assert None not in runs


async def test_a_container_holds_back_the_answers_behind_it_and_waits_for_its_turn() -> None:
    nodes = [
        start(),
        node("step", "slow", ticks=40, outputs={"x": "S"}),
        answer("first", "[{{#slow.x#}}]"),
        node("step", "quick"),
        *iteration("it", "conversation.items", "say.answer"),
        spoken("say", "{{#it.item#}}"),
    ]
    story = await play_spec(
        nodes, "start -> slow -> first", "start -> quick -> it", "itstart -> say", pool=items(["1", "2"])
    )
    assert story.text == "[S]12"
    assert story.position("it", NodeFinished) < story.position_of_text("S")


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_failed_round_ends_its_nodes_and_the_run_goes_on(parallel: bool) -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x", is_parallel=parallel, error_handle_mode="continue-on-error"),
        inner("a", fails_on=["bad"]),
        inner("slow", ticks=50),
        end("end", all="it.output"),
    ]
    story = await play_spec(
        nodes, "start -> it -> end", "itstart -> slow", "itstart -> a", pool=items(["ok", "bad", "ok"])
    )
    assert story.end.outputs == {"all": ["a:ok", None, "a:ok"]}
    assert story.end.status == RunStatus.SUCCEEDED
    stopped = [event for event in story.executions if event.status == "stopped"]
    assert [(e.node_id, e.error, e.container.index if e.container else -1) for e in stopped] == [
        ("slow", "a is upset", 1)
    ]


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_failed_round_that_may_not_fail_fails_the_iteration_with_its_words(parallel: bool) -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x", is_parallel=parallel),
        inner("a", fails_on=["bad"]),
        inner("slow", ticks=50),
    ]
    story = await play_spec(nodes, "start -> it", "itstart -> slow", "itstart -> a", pool=items(["bad", "ok", "ok"]))
    assert (story.end.status, story.end.error, story.end.error_type) == (RunStatus.FAILED, "a is upset", "Upset")
    it = next(event for event in story.executions if event.node_id == "it")
    assert (it.status, it.error, it.error_type, it.steps) == ("failed", "a is upset", "Upset", 3)
    assert {e.status.value for e in story.executions if e.node_id == "slow"} == {"stopped"}


async def test_a_strategy_takes_up_a_failed_container() -> None:
    it, entry = iteration("it", "conversation.items", "a.x")
    nodes = [
        start(),
        node("iteration", "it", strategy="fail-branch", **it.data),
        entry,
        inner("a", fails_on=["bad"]),
        end("end", why="it.error_message"),
    ]
    story = await play_spec(nodes, "start -> it:fail-branch -> end", "itstart -> a", pool=items(["bad"]))
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.PARTIAL, 1)
    assert story.end.outputs == {"why": "a is upset"}


async def test_strategies_and_retries_of_inner_nodes_come_first() -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x"),
        inner("a", fails_on=["bad"], retries=1, strategy="default-value", defaults={"x": "D"}),
        end("end", all="it.output"),
    ]
    story = await play_spec(nodes, "start -> it -> end", "itstart -> a", pool=items(["ok", "bad"]))
    assert story.end.outputs == {"all": ["a:ok", "D"]}
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.PARTIAL, 1)


NESTED = [
    start(),
    *loop("lp", 2),
    node("iteration", "it", inside="lp", start_node_id="itstart", iterator_selector=["conversation", "items"],
         output_selector=["a", "x"]),
    node("iteration-start", "itstart", inside="it"),
    inner("a", usage=Usage(total_tokens=5, prompt_tokens=5)),
    spoken("say", "{{#a.x#}} "),
]  # fmt: skip


async def test_containers_nest() -> None:
    story = await play_spec(NESTED, "start -> lp", "lpstart -> it", "itstart -> a -> say", pool=items(["1", "2"]))
    paths = [event.container.path for event in story.executions if event.node_id == "a" and event.container]
    assert paths == [(("lp", loop_index), ("it", index)) for loop_index in (0, 1) for index in (0, 1)]
    assert story.text == "a:1 a:2 a:1 a:2 "
    assert story.end.outputs["answer"] == story.text
    assert story.end.total_tokens == 20
    by_node = {event.node_id: event.metadata.get("total_tokens") for event in story.executions}
    assert (by_node["it"], by_node["lp"]) == (10, 20)


async def test_many_nested_rounds_with_one_place_for_nodes_end() -> None:
    story = await play_spec(
        NESTED,
        "start -> lp",
        "lpstart -> it",
        "itstart -> a -> say",
        pool=items(["1", "2"]),
        limits=Limits(concurrency=1),
    )
    assert story.end.status == RunStatus.SUCCEEDED


async def test_inner_nodes_count_towards_the_steps() -> None:
    nodes = [start(), *iteration("it", "conversation.items", "a.x", error_handle_mode="continue-on-error"), inner("a")]
    story = await play_spec(
        nodes, "start -> it", "itstart -> a", pool=items(list(range(9))), limits=Limits(max_steps=6)
    )
    assert story.end.error == "Max steps 6 reached."
    assert story.started.count("a") == 4
    assert story.statuses["it"] == "stopped"


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("how", ["stop", "time", "cancel"])
async def test_a_run_that_is_cut_short_leaves_nothing_of_its_rounds_behind(parallel: bool, how: str) -> None:
    running = asyncio.Event()
    closed: list[str] = []

    async def wait(_: NodeContext) -> NodeResult:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append("closed")
        raise AssertionError

    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x", is_parallel=parallel, error_handle_mode="continue-on-error"),
        inner("a", body=wait),
    ]
    story = Story()
    limits = Limits(max_seconds=0.02 if how == "time" else 100)
    run = new_run(graph_of(nodes, "start -> it", "itstart -> a"), story, pool=items("pq"), limits=limits)
    async with no_task_left():
        task = asyncio.create_task(run.execute())
        await running.wait()
        if how == "stop":
            run.stop()
        if how == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            story.finished = await task
            check_order(story)
            assert story.end.status == (RunStatus.STOPPED if how == "stop" else RunStatus.FAILED)
            assert [story.statuses[name] for name in ("it", "a")] == ["stopped", "stopped"]
    assert closed == ["closed"] * (2 if parallel else 1)


async def test_rounds_without_any_node_can_be_stopped() -> None:
    story = Story()
    run = new_run(graph_of([start(), *loop("lp", 10**9)], "start -> lp"), story)
    task = asyncio.create_task(run.execute())
    for _ in range(10):
        await asyncio.sleep(0)
    run.stop()
    assert (await task).status == RunStatus.STOPPED


async def test_a_listener_that_fails_inside_a_round_ends_the_run_with_its_error() -> None:
    def listen(event: object) -> None:
        if isinstance(event, NodeStarted) and event.node_id == "a":
            raise OSError("the disk is full")

    nodes = [start(), *iteration("it", "conversation.items", "a.x", error_handle_mode="continue-on-error"), inner("a")]
    run = new_run(graph_of(nodes, "start -> it", "itstart -> a"), Story(), pool=items("pq"), listener=listen)
    async with no_task_left():
        with pytest.raises(OSError, match="the disk is full"):
            await run.execute()


async def test_loop_variables_flow_from_round_to_round() -> None:
    async def add(context: NodeContext) -> NodeResult:
        n = context.pool.get(("lp", "n"))
        context.write("lp", "n", int(str(n)) + 1)
        return NodeResult(outputs={"x": n})

    nodes = [start(), *loop("lp", 10, until=("lp.n", "≥", "3"), n=0), inner("add", inside="lp", body=add),
             end("end", n="lp.n", rounds="lp.loop_round", inner="add.x")]  # fmt: skip
    story = await play_spec(nodes, "start -> lp -> end", "lpstart -> add")
    assert story.end.outputs == {"n": 3, "rounds": 3, "inner": None}
    assert [line for line in order(story) if line.startswith(("next", "rounds"))] == [
        "rounds:lp:10", "next:lp:1", "next:lp:2",
    ]  # fmt: skip


async def test_a_loop_end_lets_the_other_nodes_of_its_round_finish() -> None:
    nodes = [start(), *loop("lp", 10), node("loop-end", "out", inside="lp"), inner("slow", inside="lp", ticks=9)]
    story = await play_spec(nodes, "start -> lp", "lpstart -> out", "lpstart -> slow")
    assert story.outputs["lp"] == {"loop_round": 1}
    assert story.statuses["slow"] == "succeeded"


async def test_a_legacy_entry_and_edges_across_the_border() -> None:
    it, _ = iteration("it", "conversation.items", "a.x")
    nodes = [start(), node("iteration", "it", **{**it.data, "start_node_id": "a"}), inner("a"), inner("b")]
    crossing = [*edges("start -> it", "a -> b"), EdgeSpec("start", "b"), EdgeSpec("b", "start")]
    graph = compile_graph(GraphSpec(nodes, crossing), TYPES)
    story = Story()
    story.finished = await new_run(graph, story, pool=items(["1"])).execute()
    check_order(story)
    assert story.started == ["start", "it", "a", "b"]


async def test_a_branch_that_is_not_taken_in_a_round_gives_null() -> None:
    nodes = [
        start(),
        *iteration("it", "conversation.items", "a.x"),
        choice("pick", "no"),
        inner("a"),
    ]
    nodes[3] = node("choice", "pick", inside="it", handle="no")
    story = await play_spec(nodes, "start -> it", "itstart -> pick:yes -> a", pool=items(["1", "2"]))
    assert story.outputs["it"] == {"output": [None, None]}


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_run_resumed_from_any_checkpoint_inside_a_container_ends_the_same(parallel: bool) -> None:
    async def add(context: NodeContext) -> NodeResult:
        n = int(str(context.pool.get(("lp", "n")))) + 1
        context.write("lp", "n", n)
        context.assign("sum", int(str(context.pool.get(("conversation", "sum")))) + 1)
        return NodeResult(outputs={"n": n}, usage=Usage(total_tokens=2, prompt_tokens=2))

    nodes = [
        start(),
        *iteration("it", "conversation.items", "say.answer", is_parallel=parallel),
        inner("a", slow_on=["p"], chunks=["1", "2"]),
        inner("b", fails_on=["q"], strategy="default-value", defaults={"x": "D"}),
        spoken("say", "{{#it.item#}}{{#a.text#}}{{#b.x#}} "),
        *loop("lp", 9, until=("conversation.sum", "≥", "3"), n=0),
        node("assigner", "add", inside="lp", body=add),
        node("answer", "count", inside="lp", template="n={{#add.n#}} "),
        answer("last", "{{#lp.loop_round#}} {{#conversation.sum#}}"),
    ]
    chains = ["start -> it -> lp -> last", "itstart -> a -> b -> say", "lpstart -> add -> count"]
    whole = await play_spec(nodes, *chains, pool=items("pqr", sum=0))
    kept = [event for event in whole.events if isinstance(event, NodeFinished)]
    assert whole.text.endswith("n=1 n=2 n=3 3 3")
    if parallel:
        assert whole.text.startswith("q12D r12b:r p12b:p ")
    for count in range(len(kept) + 1):
        sums = [write.value for event in kept[:count] for write in event.writes if write.name == "sum"]
        story = await play_spec(nodes, *chains, checkpoint=kept[:count], pool=items("pqr", sum=sums[-1] if sums else 0))
        done = {(event.node_id, event.container and event.container.path) for event in kept[:count]}
        assert not [e for e in story.executions if (e.node_id, e.container and e.container.path) in done]
        assert story.text == whole.text
        assert story.end.outputs == whole.end.outputs
        assert story.end.total_steps == whole.end.total_steps
        assert (story.end.total_tokens, story.end.exceptions_count) == (6, 1)


async def test_a_stop_from_a_listener_inside_a_round_lets_no_further_node_start() -> None:
    story = Story()

    def listen(event: object) -> None:
        if isinstance(event, NodeFinished) and event.node_id == "a":
            run.stop()

    nodes = [start(), *iteration("it", "conversation.items", "c.x"), inner("a"), inner("b"), inner("c")]
    graph = graph_of(nodes, "start -> it", "itstart -> a -> b -> c")
    run = new_run(graph, story, pool=items("pq"), listener=listen)
    story.finished = await run.execute()
    check_order(story)
    assert story.started == ["start", "it", "a"]
    assert story.end.status == RunStatus.STOPPED
