"""The numbered cases of spec workflow-engine §25 that concern the engine alone, with scripted nodes."""

import pytest

from tests.engine.scripted import TYPES, answer, choice, edges, end, node, play_spec, start, step
from treadle.engine.errors import GraphError, HTTPResponseCodeError
from treadle.engine.events import NodeFinished, NodeStarted, NodeStatus, RunStatus
from treadle.engine.graph import GraphSpec, NodeSpec, compile_graph
from treadle.engine.node import NodeContext, NodeResult
from treadle.engine.pool import VariablePool
from treadle.engine.template import Template, render_text
from treadle.engine.values import MISSING, to_markdown, to_text, type_of


def test_case_21_an_unresolved_reference_is_empty_and_a_bare_path_stays() -> None:
    pool = VariablePool({"sys": {"query": "hi"}})
    assert render_text("[{{#x.y#}}] sys.query", pool) == "[] sys.query"
    assert render_text("sys.query", pool) == "sys.query"


def test_case_22_a_missing_key_of_an_object_is_a_missing_variable() -> None:
    assert VariablePool({"code": {"obj": {"other": 1}}}).get(["code", "obj", "key"]) is MISSING


def test_case_23_types_of_lists() -> None:
    assert (type_of([]), type_of([1, 2.5])) == ("array[any]", "array[number]")


def test_case_24_an_object_is_indented_in_an_answer_and_on_one_line_in_a_prompt() -> None:
    value = {"a": 1, "b": ["é"]}
    assert to_markdown(value) == '{\n  "a": 1,\n  "b": [\n    "é"\n  ]\n}'
    assert to_text(value) == '{"a": 1, "b": ["é"]}'
    pool = VariablePool({"code": {"obj": value}})
    template = Template.parse("{{#code.obj#}}")
    assert (template.markdown(pool), template.text(pool)) == (to_markdown(value), to_text(value))


async def test_case_25_a_join_runs_once_after_both_branches() -> None:
    nodes = [start(), step("A"), step("B", ticks=4), step("C"), step("D")]
    story = await play_spec(nodes, "start -> A -> B -> D", "A -> C -> D")
    assert story.started == ["start", "A", "B", "C", "D"]
    assert story.position("D", NodeStarted) > story.position("B", NodeFinished) > story.position("C", NodeFinished)


async def test_case_26_a_join_behind_an_exclusive_branch_runs_once() -> None:
    nodes = [start(), choice("pick", "true"), step("B"), step("C"), step("D")]
    story = await play_spec(nodes, "start -> pick:true -> B -> D", "pick:false -> C -> D")
    assert story.started == ["start", "pick", "B", "D"]
    assert set(story.statuses) == {"start", "pick", "B", "D"}


@pytest.mark.parametrize(("pick_ticks", "live_ticks"), [(0, 5), (5, 0)])
async def test_case_27_a_join_of_a_dead_and_a_live_edge_waits_for_the_live_one_only(
    pick_ticks: int, live_ticks: int
) -> None:
    nodes = [start(), choice("pick", "true", ticks=pick_ticks), step("live", ticks=live_ticks), step("D")]
    story = await play_spec(nodes, "start -> pick:false -> D", "start -> live -> D")
    assert story.started.count("D") == 1
    assert story.position("D", NodeStarted) > story.position("live", NodeFinished)


async def test_case_28_a_result_without_an_edge_ends_its_path() -> None:
    story = await play_spec([start(), choice("pick", "false"), end("end")], "start -> pick:true -> end")
    assert (story.end.status, story.end.outputs, story.end.error) == (RunStatus.SUCCEEDED, {}, None)
    assert story.started == ["start", "pick"]


@pytest.mark.parametrize("later", ["one", "two"])
async def test_case_29_the_end_that_finishes_later_wins(later: str) -> None:
    nodes = [start()]
    nodes += [step(name, outputs={"x": name}, ticks=5 if name == later else 0) for name in ("one", "two")]
    nodes += [end("end1", x="one.x"), end("end2", x="two.x")]
    story = await play_spec(nodes, "start -> one -> end1", "start -> two -> end2")
    assert story.end.outputs == {"x": later}
    assert {"end1", "end2"} <= set(story.started)


def test_case_30_a_cycle_is_refused() -> None:
    with pytest.raises(GraphError, match='"a" → "b" → "a" form a cycle'):
        compile_graph(GraphSpec([start(), step("a"), step("b")], edges("start -> a -> b -> a")), TYPES)


async def test_case_31_a_node_that_cannot_be_reached_does_not_matter() -> None:
    broken = NodeSpec("broken", "step", data={"no such setting": True})
    story = await play_spec([start(), step("a"), broken], "start -> a", "broken -> a")
    assert story.statuses == {"start": "succeeded", "a": "succeeded"}


async def test_case_32_a_failing_branch_fails_the_run_and_keeps_the_other_from_going_on() -> None:
    nodes = [start(), step("bad", ticks=2, failures=1), step("slow", ticks=50), step("later")]
    story = await play_spec(nodes, "start -> bad", "start -> slow -> later")
    assert story.end.status == RunStatus.FAILED
    assert story.started == ["start", "bad", "slow"]
    assert story.statuses["slow"] == "stopped"


async def test_case_33_a_class_without_an_edge_ends_its_path() -> None:
    nodes = [start(), choice("classifier", "3"), step("one"), step("two"), answer("out", "said")]
    story = await play_spec(nodes, "start -> classifier:1 -> one -> out", "classifier:2 -> two -> out")
    assert (story.end.status, story.text, story.started) == (RunStatus.SUCCEEDED, "", ["start", "classifier"])


async def test_case_34_notes_leave_no_trace() -> None:
    story = await play_spec([start(), NodeSpec("note", "", data={"text": "mind the gap"}), step("a")], "start -> a")
    assert story.started == ["start", "a"]


async def test_case_46_text_comes_in_the_order_of_the_template() -> None:
    nodes = [
        start(),
        step("llm1", chunks=["1", "1"], ticks=9),
        step("llm2", chunks=["2", "2"]),
        answer("out", "A {{#llm1.text#}} B {{#llm2.text#}}"),
    ]
    story = await play_spec(nodes, "start -> llm1 -> out", "start -> llm2 -> out")
    assert story.position("llm2", NodeFinished) < story.position("llm1", NodeFinished)
    assert story.pieces == ["A ", "1", "1", " B ", "2", "2"]
    assert story.position_of_text("1") < story.position("llm1", NodeFinished)


async def test_case_47_a_leading_literal_comes_before_the_model_has_finished() -> None:
    story = await play_spec(
        [start(), step("llm", chunks=["x"]), answer("out", "Hi {{#llm.text#}}")], "start -> llm -> out"
    )
    assert story.position_of_text("Hi ") < story.position("llm", NodeFinished)
    assert story.text == "Hi x"


async def test_case_48_nothing_is_shown_before_the_condition_has_finished() -> None:
    nodes = [start(), choice("pick", "true", ticks=5), answer("yes", "yes"), answer("no", "no")]
    story = await play_spec(nodes, "start -> pick:true -> yes", "pick:false -> no")
    assert story.position_of_text("yes") > story.position("pick", NodeFinished)
    assert story.text == "yes"


async def test_case_49_the_variable_of_a_skipped_branch_is_empty_and_the_rest_is_streamed() -> None:
    nodes = [
        start(),
        choice("pick", "true"),
        step("dead", chunks=["dead"]),
        step("llm", chunks=["a", "b"], ticks=2),
        answer("out", "<{{#dead.text#}}|{{#llm.text#}}>"),
    ]
    story = await play_spec(nodes, "start -> pick:false -> dead -> out", "pick:true -> llm -> out")
    assert story.pieces == ["<", "|", "a", "b", ">"]
    assert story.position_of_text("|") < story.position_of_text("a") < story.position("llm", NodeFinished)


async def test_case_50_two_answers_follow_each_other_without_a_separator() -> None:
    nodes = [start(), answer("one", "first"), step("llm", chunks=["sec", "ond"]), answer("two", "{{#llm.text#}}")]
    story = await play_spec(nodes, "start -> one -> llm -> two")
    assert story.text == story.end.outputs["answer"] == "firstsecond"


async def test_case_51_a_variable_that_a_finished_node_lacks_is_empty() -> None:
    nodes = [start(), step("a"), step("llm", chunks=["x", "y"]), answer("out", "[{{#a.gone#}}]{{#llm.text#}}")]
    story = await play_spec(nodes, "start -> a -> llm -> out")
    assert story.pieces == ["[", "]", "x", "y"]
    assert story.position_of_text("x") < story.position("llm", NodeFinished)


async def test_case_52_end_outputs_are_streamed_in_order_a_line_apart() -> None:
    nodes = [
        start(),
        step("llm1", chunks=["a", "b"], ticks=3),
        step("llm2", chunks=["c"]),
        end("end", x="llm1.text", y="llm2.text"),
    ]
    story = await play_spec(nodes, "start -> llm1 -> end", "start -> llm2 -> end")
    assert story.pieces == ["a", "b", "\n", "c"]
    assert story.end.outputs == {"x": "ab", "y": "c"}


async def test_case_53_an_answer_shows_what_an_assigner_before_it_wrote() -> None:
    nodes = [
        start(),
        node("assigner", "set", assigns={"mood": "new"}, ticks=3),
        answer("out", "{{#conversation.mood#}}"),
    ]
    story = await play_spec(nodes, "start -> set -> out", pool=VariablePool({"conversation": {"mood": "old"}}))
    assert story.text == story.end.outputs["answer"] == "new"


async def test_case_54_the_pieces_make_up_the_answer_unless_it_is_replaced() -> None:
    nodes = [start(), step("llm", chunks=["ab", "cd"], failures=1, retries=1), answer("out", "{{#llm.text#}}.")]
    story = await play_spec(nodes, "start -> llm -> out")
    assert (story.text, story.replaced) == ("ababcd.", ["abcd."])
    assert story.end.outputs["answer"] == "abcd."
    story = await play_spec(
        [start(), step("llm", chunks=["ab", "cd"]), answer("out", "{{#llm.text#}}.")], "start -> llm -> out"
    )
    assert (story.text, story.replaced) == ("abcd.", [])
    assert story.end.outputs["answer"] == "abcd."


async def test_case_55_default_values_stand_in_for_a_failed_node() -> None:
    nodes = [
        start(),
        step("code", failures=1, strategy="default-value", defaults={"result": "d"}),
        end("end", r="code.result"),
    ]
    story = await play_spec(nodes, "start -> code -> end")
    assert story.statuses["code"] == "exception"
    assert story.outputs["code"] == {"result": "d", "error_message": "code is upset", "error_type": "Upset"}
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.PARTIAL, 1)
    assert story.end.outputs == {"r": "d"}


async def test_case_56_on_success_the_fail_path_is_skipped_and_there_is_no_error_message() -> None:
    pool = VariablePool()
    nodes = [start(), step("a", strategy="fail-branch", outputs={"x": 1}), step("good"), step("bad")]
    story = await play_spec(nodes, "start -> a -> good", "a:fail-branch -> bad", pool=pool)
    assert story.started == ["start", "a", "good"]
    assert pool.get(["a", "error_message"]) is MISSING
    assert story.end.status == RunStatus.SUCCEEDED


async def test_case_57_a_failure_without_a_fail_edge_ends_its_path() -> None:
    story = await play_spec([start(), step("a", failures=1, strategy="fail-branch"), end("end")], "start -> a -> end")
    assert (story.end.status, story.end.exceptions_count, story.end.error) == (RunStatus.PARTIAL, 1, None)
    assert story.started == ["start", "a"]


async def fetch(context: NodeContext) -> NodeResult:
    """What an HTTP node does with a 404: a failure only if something takes it up."""
    if context.strategy_set or not context.last_attempt:
        raise HTTPResponseCodeError("Request failed with status code 404")
    return NodeResult(outputs={"status_code": 404})


async def test_case_58_a_404_is_a_result_without_strategy_and_a_failure_with_one() -> None:
    story = await play_spec([start(), step("http", body=fetch)], "start -> http")
    assert (story.statuses["http"], story.outputs["http"]) == ("succeeded", {"status_code": 404})
    nodes = [start(), step("http", body=fetch, strategy="fail-branch"), step("bad")]
    story = await play_spec(nodes, "start -> http:fail-branch -> bad")
    assert (story.statuses["http"], story.outputs["http"]["error_type"]) == ("exception", "HTTPResponseCodeError")
    assert "bad" in story.started
    story = await play_spec([start(), step("http", body=fetch, retries=1)], "start -> http")
    assert (story.statuses["http"], story.end.status) == ("succeeded", RunStatus.SUCCEEDED)


async def test_case_59_success_at_the_third_attempt_is_success() -> None:
    story = await play_spec([start(), step("a", failures=2, retries=2)], "start -> a")
    attempts = [event for event in story.events if isinstance(event, NodeFinished) and event.node_id == "a"]
    assert [(event.status, event.retry_index) for event in attempts[:2]] == [
        (NodeStatus.RETRY, 1),
        (NodeStatus.RETRY, 2),
    ]
    assert attempts[2].status == NodeStatus.SUCCEEDED
    assert len({event.execution_id for event in attempts}) == 1
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.SUCCEEDED, 0)


async def test_case_62_the_501st_node_fails_the_run() -> None:
    names = [f"n{number}" for number in range(500)]
    nodes = [start(), *(step(name) for name in names)]
    story = await play_spec(nodes, " -> ".join(["start", *names]))
    assert (story.end.status, story.end.error) == (RunStatus.FAILED, "Max steps 500 reached.")
    assert (story.end.total_steps, len(story.started)) == (500, 500)
    story = await play_spec(nodes[:-1], " -> ".join(["start", *names[:-1]]))
    assert (story.end.status, story.end.total_steps) == (RunStatus.SUCCEEDED, 500)
