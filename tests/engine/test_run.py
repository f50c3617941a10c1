"""Runs that go well: order, joins, branches, outputs, what the events say (spec workflow-engine §7, §10.3, §14)."""

import asyncio
import gc
import itertools
import weakref

import pytest

from treadle.engine.events import AnswerChunk, NodeFinished, NodeStarted, NodeStatus, RunFinished, RunStarted, RunStatus
from treadle.engine.node import NodeContext, NodeResult
from treadle.engine.pool import VariablePool
from treadle.engine.run import Limits, Run
from treadle.engine.usage import Usage
from treadle.engine.values import File, Value

from .scripted import NO_PORTS, Story, answer, choice, end, graph_of, new_run, node, play, play_spec, start, step


async def test_a_run_tells_everything_in_order() -> None:
    usage = Usage(prompt_tokens=3, completion_tokens=4, total_tokens=7)
    graph = graph_of(
        [
            start(outputs={"name": "Ada"}),
            step("llm", chunks=["Hi", "!"], usage=usage),
            answer("out", "> {{#llm.text#}}"),
        ],
        "start -> llm -> out",
    )
    events: list[object] = []
    ids, times = itertools.count(1), itertools.count(100.0)
    run = Run(
        graph,
        run_id="r1",
        inputs={"name": "Ada"},
        pool=VariablePool(),
        ports=NO_PORTS,
        emit=events.append,
        new_id=lambda: f"e{next(ids)}",
        clock=lambda: next(times),
    )
    finished = await run.execute()

    def opened(number: int, node_id: str, kind: str, predecessor: str | None, at: float) -> NodeStarted:
        return NodeStarted(
            execution_id=f"e{number}",
            node_id=node_id,
            node_type=kind,
            title="",
            index=number,
            predecessor=predecessor,
            at=at,
        )

    def closed(opening: NodeStarted, at: float, outputs: dict[str, Value], usage: Usage | None = None) -> NodeFinished:
        return NodeFinished(
            execution_id=opening.execution_id,
            node_id=opening.node_id,
            node_type=opening.node_type,
            title="",
            index=opening.index,
            predecessor=opening.predecessor,
            status=NodeStatus.SUCCEEDED,
            started_at=opening.at,
            at=at,
            outputs=outputs,
            usage=usage or Usage(),
        )

    first = opened(1, "start", "start", None, 101.0)
    second = opened(2, "llm", "step", "start", 103.0)
    third = opened(3, "out", "answer", "llm", 105.0)
    assert events == [
        RunStarted("r1", 100.0, {"name": "Ada"}),
        AnswerChunk("> ", ("out", "answer"), "out"),
        first,
        closed(first, 102.0, {"name": "Ada"}),
        second,
        AnswerChunk("Hi", ("llm", "text"), "out"),
        AnswerChunk("!", ("llm", "text"), "out"),
        closed(second, 104.0, {"text": "Hi!"}, usage),
        third,
        closed(third, 106.0, {"answer": "> Hi!", "files": []}),
    ]
    assert finished == RunFinished(
        run_id="r1",
        status=RunStatus.SUCCEEDED,
        started_at=100.0,
        at=107.0,
        outputs={"answer": "> Hi!", "files": []},
        total_steps=3,
        usage=usage,
        total_tokens=7,
    )
    assert (finished.elapsed, events[3].elapsed) == (7.0, 1.0)  # type: ignore[attr-defined]


async def test_parallel_branches_run_at_the_same_time() -> None:
    meeting = asyncio.Barrier(3)

    async def meet(_: NodeContext) -> NodeResult:
        await meeting.wait()
        return NodeResult()

    nodes = [start(), *(step(name, body=meet) for name in "abc"), step("join")]
    story = await play_spec(nodes, "start -> a -> join", "start -> b -> join", "start -> c -> join")
    assert story.started == ["start", "a", "b", "c", "join"]


async def test_no_more_nodes_run_at_once_than_allowed() -> None:
    running, most = 0, 0

    async def count(_: NodeContext) -> NodeResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return NodeResult()

    names = [f"n{number}" for number in range(20)]
    nodes = [start(), *(step(name, body=count) for name in names)]
    for concurrency in (1, 3, 10):
        most = 0
        story = await play_spec(nodes, *(f"start -> {name}" for name in names), limits=Limits(concurrency=concurrency))
        assert most == concurrency
        assert story.started == ["start", *names]


async def test_a_branch_of_its_own_speed_does_not_wait_for_others() -> None:
    nodes = [start(), step("slow", ticks=50), step("a"), step("b"), step("join")]
    story = await play_spec(nodes, "start -> slow -> join", "start -> a -> b -> join")
    assert [event.node_id for event in story.executions] == ["start", "a", "b", "slow", "join"]


async def test_a_skipped_node_has_no_events_and_no_variables() -> None:
    nodes = [start(), choice("pick", "yes"), step("a"), step("b", outputs={"x": 1}), end("end", x="b.x")]
    story = await play_spec(nodes, "start -> pick:yes -> a -> end", "pick:no -> b -> end")
    assert story.statuses == dict.fromkeys(["start", "pick", "a", "end"], "succeeded")
    assert story.end.outputs == {"x": None}


async def test_outputs_of_all_ends_are_united_and_the_later_wins() -> None:
    nodes = [
        start(),
        step("slow", ticks=5, outputs={"x": "late"}),
        step("fast", outputs={"x": "early", "y": 2}),
        end("end1", x="slow.x"),
        end("end2", x="fast.x", y="fast.y"),
    ]
    story = await play_spec(nodes, "start -> slow -> end1", "start -> fast -> end2")
    assert story.end.outputs == {"x": "late", "y": 2}


async def test_files_of_responses_are_listed_once() -> None:
    cat = File(type="image", transfer_method="tool_file", id="1", url="http://f/1", filename="cat.png")
    dog = File(type="image", transfer_method="tool_file", id="2", url="http://f/2", filename="dog.png")
    nodes = [
        start(outputs={"cat": cat, "both": [cat, dog]}),
        answer("a", "{{#start.cat#}}"),
        answer("b", "{{#start.both#}}"),
    ]
    story = await play_spec(nodes, "start -> a -> b")
    assert story.end.files == (cat, dog)
    assert story.end.outputs["files"] == [cat, dog]


async def test_tokens_add_up_and_nodes_without_tokens_leave_the_prices_alone() -> None:
    usage = Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2, currency="EUR")
    nodes = [start(), step("a", usage=usage), step("b", usage=usage), step("c")]
    story = await play_spec(nodes, "start -> a -> b -> c")
    assert story.end.total_tokens == 4
    assert story.end.usage == Usage(prompt_tokens=2, completion_tokens=2, total_tokens=4, currency="EUR")


async def test_an_assigned_variable_is_seen_by_later_nodes() -> None:
    pool = VariablePool({"conversation": {"mood": "old"}})
    nodes = [start(), node("assigner", "set", assigns={"mood": "new"}), answer("out", "{{#conversation.mood#}}")]
    story = await play_spec(nodes, "start -> set -> out", pool=pool)
    assert story.text == "new"
    assert pool.get(["conversation", "mood"]) == "new"


async def test_a_graph_is_shared_by_runs_at_the_same_time() -> None:
    graph = graph_of(
        [start(), step("llm", chunks=["a", "b"], ticks=2, failures=1, retries=1), answer("out", "{{#llm.text#}}")],
        "start -> llm -> out",
    )
    stories = await asyncio.gather(*(play(graph) for _ in range(20)))
    assert [story.end.outputs["answer"] for story in stories] == ["ab"] * 20


async def test_a_run_without_ends_or_answers_succeeds_with_no_outputs() -> None:
    story = await play_spec([start(), step("a")], "start -> a")
    assert (story.end.status, story.end.outputs) == (RunStatus.SUCCEEDED, {})


async def test_a_response_without_an_own_answer_falls_back_to_what_was_shown() -> None:
    story = await play_spec(
        [start(outputs={"x": "1"}), end("end", x="start.x"), answer("out", "2")], "start -> end -> out"
    )
    assert story.text == "12"
    assert story.end.outputs == {"x": "1", "answer": "12", "files": []}


@pytest.mark.parametrize("length", [1, 400])
async def test_a_chain_runs_in_order(length: int) -> None:
    names = [f"n{number}" for number in range(length)]
    story = await play_spec([start(), *(step(name) for name in names)], " -> ".join(["start", *names]))
    assert story.started == ["start", *names]
    assert story.end.total_steps == length + 1


async def test_an_output_called_answer_is_not_the_text_of_an_end() -> None:
    story = await play_spec(
        [start(outputs={"x": "1", "y": "2"}), end("end", answer="start.x", y="start.y")], "start -> end"
    )
    assert (story.text, story.replaced) == ("1\n2", [])
    assert story.end.outputs == {"answer": "1", "y": "2"}


async def test_a_finished_run_is_let_go_of() -> None:
    run = new_run(graph_of([start(), answer("out", "hi")], "start -> out"), Story())
    await run.execute()
    reference = weakref.ref(run)
    del run
    gc.collect()
    assert reference() is None
