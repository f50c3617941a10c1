"""The numbered tests of spec workflow-nodes for iterations and loops, one each."""

import asyncio
from collections.abc import Mapping
from typing import Literal

import pytest

from tests.nodes.harness import Played, node, play, run_node
from tests.nodes.ports import CodeAnswer, a_world
from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.apps.running.frames import FrameEncoder, Thread
from treadle.dsl import parse
from treadle.engine.errors import CodeExecutionError
from treadle.engine.events import NodeFinished, NodeStarted, RunStatus
from treadle.engine.graph import NodeSpec, compile_graph
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES


class ByItem:
    """Code that answers by its input `x`; an error is raised, a number of turns waited for."""

    def __init__(self, answers: Mapping[object, object], turns: Mapping[object, int] | None = None) -> None:
        self.answers = answers
        self.turns = turns or {}

    async def run(
        self, language: Literal["python3", "javascript"], code: str, inputs: dict[str, JsonValue]
    ) -> CodeAnswer:
        for _ in range(self.turns.get(inputs["x"], 0)):
            await asyncio.sleep(0)
        answer = self.answers[inputs["x"]]
        if isinstance(answer, Exception):
            raise answer
        return CodeAnswer({"r": answer})


def body(kind: str, node_id: str, data: Mapping[str, JsonValue], parent: str = "it") -> NodeSpec:
    return node(node_id, kind, data, parent=parent)


def iteration(output: list[JsonValue], **settings: JsonValue) -> list[NodeSpec]:
    """An iteration `it` over `conversation.items` with its entry."""
    data: dict[str, JsonValue] = {
        "start_node_id": "itstart",
        "iterator_selector": ["conversation", "items"],
        "output_selector": output,
        **settings,
    }
    return [node("it", "iteration", data), body("iteration-start", "itstart", {})]


def code(kind: str = "string", of: list[JsonValue] | None = None) -> NodeSpec:
    return body(
        "code",
        "code",
        {
            "variables": [{"variable": "x", "value_selector": of or ["it", "item"]}],
            "code_language": "python3",
            "code": "",
            "outputs": {"r": {"type": kind, "children": None}},
        },
    )


async def over(
    items: Value,
    inside: list[NodeSpec],
    output: list[JsonValue],
    runner: ByItem | None = None,
    edges: str = "",
    after: list[NodeSpec] | None = None,
    **settings: JsonValue,
) -> Played:
    """Go through `items`; without `edges`, the entry leads to the first node of the body."""
    return await play(
        [*iteration(output, **settings), *inside, *(after or [])],
        f"start -> it\n{edges or f'itstart -> {inside[0].id}'}",
        scopes={"conversation": {"items": items}},
        ports=a_world(code=runner) if runner else None,
    )


def output_of(played: Played) -> Value:
    record = played.node("it")
    assert record.status == "succeeded", record.error
    return record.outputs["output"]


EXCLAIM = body(
    "template-transform",
    "tpl",
    {"template": "{{ x }}!", "variables": [{"variable": "x", "value_selector": ["it", "item"]}]},
)


async def test_IT_1_a_template_makes_something_of_each_item() -> None:
    assert output_of(await over(["a", "b"], [EXCLAIM], ["tpl", "output"])) == ["a!", "b!"]


UPSET = {1: "r1", 2: CodeExecutionError("two is bad"), 3: "r3"}


async def test_IT_2_a_failing_round_ends_skips_or_leaves_its_place_empty() -> None:
    ended = await over([1, 2, 3], [code()], ["code", "r"], ByItem(UPSET))
    assert (ended.finished.status, ended.finished.error) == (RunStatus.FAILED, "two is bad")
    assert (ended.node("it").status, ended.node("it").error_type) == ("failed", "CodeExecutionError")
    for mode, expected in (("continue-on-error", ["r1", None, "r3"]), ("remove-abnormal-output", ["r1", "r3"])):
        for parallel in (False, True):
            ended = await over(
                [1, 2, 3], [code()], ["code", "r"], ByItem(UPSET), error_handle_mode=mode, is_parallel=parallel
            )
            assert output_of(ended) == expected
            assert ended.finished.status == RunStatus.SUCCEEDED


async def test_IT_3_lists_of_rounds_are_joined_unless_told_otherwise() -> None:
    lists = ByItem({1: ["x", "y"], 2: ["z"]})
    assert output_of(await over([1, 2], [code("array[string]")], ["code", "r"], lists)) == ["x", "y", "z"]
    kept = await over([1, 2], [code("array[string]")], ["code", "r"], lists, flatten_output=False)
    assert output_of(kept) == [["x", "y"], ["z"]]


async def test_IT_4_no_list_gives_no_items() -> None:
    assert output_of(await over(None, [EXCLAIM], ["tpl", "output"])) == []


async def test_IT_5_a_text_is_no_list() -> None:
    ended = await over("abc", [EXCLAIM], ["tpl", "output"])
    assert ended.finished.status == RunStatus.FAILED
    assert "invalid iterator value" in (ended.finished.error or "")


async def test_IT_6_parallel_rounds_keep_the_order_of_the_items() -> None:
    slow_first = ByItem({1: "r1", 2: "r2", 3: "r3"}, turns={1: 50, 3: 20})
    ended = await over([1, 2, 3], [code()], ["code", "r"], slow_first, is_parallel=True, parallel_nums=2)
    assert output_of(ended) == ["r1", "r2", "r3"]
    finished = [e.outputs["r"] for e in ended.events if isinstance(e, NodeFinished) and e.node_id == "code"]
    assert finished == ["r2", "r3", "r1"]


async def test_IT_7_the_index_is_known_inside_and_nothing_of_the_body_outside() -> None:
    index = body(
        "template-transform",
        "tpl",
        {"template": "{{ i }}", "variables": [{"variable": "i", "value_selector": ["it", "index"]}]},
    )
    after = node("after", "answer", {"answer": "[{{#tpl.output#}}]"})
    ended = await over(["a", "b"], [index], ["tpl", "output"], after=[after], edges="itstart -> tpl\nit -> after")
    assert output_of(ended) == ["0", "1"]
    assert ended.node("after").outputs["answer"] == "[]"


async def test_IT_8_a_round_without_the_output_leaves_its_place_empty() -> None:
    pick = body(
        "if-else",
        "pick",
        {
            "cases": [
                {
                    "case_id": "true",
                    "logical_operator": "and",
                    "conditions": [
                        {"variable_selector": ["it", "item"], "comparison_operator": "is not", "value": "b"}
                    ],
                }
            ]
        },
    )
    ended = await over(["a", "b", "c"], [pick, EXCLAIM], ["tpl", "output"], edges="itstart -> pick\npick --true-> tpl")
    assert output_of(ended) == ["a!", None, "c!"]


async def test_IT_9_an_ordinary_node_may_be_the_first() -> None:
    first = body(
        "template-transform",
        "tpl",
        {**EXCLAIM.data, "isIterationStart": True},
    )
    ended = await play(
        [iteration(["tpl", "output"], start_node_id="tpl")[0], first],
        "start -> it",
        scopes={"conversation": {"items": ["a"]}},
    )
    assert output_of(ended) == ["a!"]


# iteration-start


async def test_ITS_1_the_first_node_gives_nothing() -> None:
    ended = await run_node("iteration-start", {})
    assert (ended.node("n").status, ended.node("n").outputs) == ("succeeded", {})


async def test_ITS_2_the_first_node_may_lead_to_several() -> None:
    other = body("template-transform", "other", {"template": "x", "variables": []})
    ended = await over(["a"], [EXCLAIM, other], ["other", "output"], edges="itstart -> tpl\nitstart -> other")
    assert ended.ran("tpl")
    assert output_of(ended) == ["x"]


def frames(played: Played) -> list[str]:
    """The names of what a follower is told, with the node, if it is about one."""
    thread = Thread(
        mode="advanced-chat", task_id="t", run_id="r", version_id="v", created_at=0, created_by={}, message_id="m"
    )
    encoder = FrameEncoder(thread)
    return [encoder.encode(event).decode() for event in played.events]


async def test_ITS_3_the_first_node_makes_no_event() -> None:
    told = "".join(frames(await over(["a"], [EXCLAIM], ["tpl", "output"])))
    assert '"node_id":"tpl"' in told
    assert "itstart" not in told.replace('"predecessor_node_id":"itstart"', "")


def compiled_body(parts: str) -> list[str]:
    """The ids of the body of `c` in the graph of a file."""
    text = f"""
app: {{mode: advanced-chat, name: x}}
kind: app
version: 0.3.0
workflow:
  graph:
    nodes:
    - {{id: start, data: {{type: start, title: s, variables: []}}}}
    {parts}
    edges:
    - {{source: start, target: c}}
    - {{source: cstart, target: inner}}
"""
    app = parse(text.encode()).app
    assert app is not None
    graph = compile_graph(graph_spec(Definition.from_file(app)), NODE_TYPES)
    inside = graph.by_id["c"].body
    assert inside is not None
    return [each.id for each in inside.nodes]


INNER = "{id: inner, parentId: c, data: {type: template-transform, title: t, template: x, variables: []}}"


async def test_ITS_4_a_parent_on_the_canvas_makes_a_member() -> None:
    container = (
        "{id: c, data: {type: iteration, title: c, start_node_id: cstart, iterator_selector: [a, b], "
        "output_selector: [inner, output]}}"
    )
    entry = "{id: cstart, type: custom-iteration-start, parentId: c, data: {type: iteration-start, title: ''}}"
    assert compiled_body(f"- {container}\n    - {entry}\n    - {INNER}") == ["cstart", "inner"]


async def test_ITS_5_a_first_node_that_leads_nowhere_ends_its_round() -> None:
    assert output_of(await over(["a", "b"], [], ["tpl", "output"], edges="it -> gone")) == [None, None]


# loop


def loop(**settings: JsonValue) -> list[NodeSpec]:
    data: dict[str, JsonValue] = {
        "start_node_id": "lpstart",
        "loop_count": 10,
        "logical_operator": "and",
        "break_conditions": [],
        "loop_variables": [],
        **settings,
    }
    return [node("lp", "loop", data), body("loop-start", "lpstart", {}, "lp")]


def variable(label: str, var_type: str, value: JsonValue, value_type: str = "constant") -> JsonValue:
    return {"id": label, "label": label, "var_type": var_type, "value_type": value_type, "value": value}


def when(selector: list[JsonValue], operator: str, value: JsonValue) -> list[JsonValue]:
    return [{"id": "c", "variable_selector": selector, "comparison_operator": operator, "value": value}]


def assigner(name: str, operation: str, value: JsonValue, node_id: str = "add") -> NodeSpec:
    item: JsonValue = {
        "variable_selector": ["lp", name],
        "input_type": "constant" if not isinstance(value, list) else "variable",
        "operation": operation,
        "value": value,
    }
    return body("assigner", node_id, {"version": "2", "items": [item]}, "lp")


COUNTED = [variable("n", "number", 0)]
ADD = assigner("n", "+=", 1)


async def looped(
    nodes: list[NodeSpec], edges: str = "lpstart -> add", code: ByItem | None = None, **scope: Value
) -> Played:
    return await play(
        nodes,
        f"start -> lp\n{edges}",
        scopes={"conversation": dict(scope)},
        ports=a_world(code=code) if code else None,
    )


async def test_LP_1_a_counter_ends_the_loop_by_its_condition() -> None:
    ended = await looped([*loop(loop_variables=COUNTED, break_conditions=when(["lp", "n"], "≥", "3")), ADD])
    record = ended.node("lp")
    assert record.outputs == {"n": 3, "loop_round": 3}
    assert record.metadata["completed_reason"] == "loop_break"
    assert record.metadata["loop_variable_map"] == {"0": {"n": 1}, "1": {"n": 2}, "2": {"n": 3}}
    assert record.inputs == {"loop_count": 10, "n": 0}


async def test_LP_2_without_a_condition_the_count_ends_the_loop() -> None:
    ended = await looped([*loop(loop_variables=COUNTED, loop_count=4), ADD])
    assert ended.node("lp").outputs == {"n": 4, "loop_round": 4}
    assert ended.node("lp").metadata["completed_reason"] == "loop_completed"


async def test_LP_3_a_condition_that_holds_already_lets_no_round_begin() -> None:
    ended = await looped(
        [*loop(loop_variables=[variable("n", "number", 5)], break_conditions=when(["lp", "n"], "≥", "3")), ADD]
    )
    assert not ended.ran("add")
    assert ended.node("lp").outputs == {"n": 5, "loop_round": 0}
    assert ended.finished.status == RunStatus.SUCCEEDED


PICK_TWO = body(
    "if-else",
    "pick",
    {"cases": [{"case_id": "true", "logical_operator": "and", "conditions": when(["lp", "n"], "=", "2")}]},
    "lp",
)
END = body("loop-end", "end_loop", {}, "lp")


async def test_LP_4_an_end_node_inside_ends_the_loop() -> None:
    ended = await looped(
        [*loop(loop_variables=COUNTED), ADD, PICK_TWO, END], "lpstart -> add\nadd -> pick\npick --true-> end_loop"
    )
    assert ended.node("lp").outputs == {"n": 2, "loop_round": 2}
    assert ended.node("lp").metadata["completed_reason"] == "loop_break"  # for loop-end as well: engine §9


async def test_LP_5_a_list_grows_round_by_round() -> None:
    ended = await looped(
        [
            *loop(loop_variables=[variable("xs", "array[string]", '["a"]')], loop_count=2),
            assigner("xs", "extend", ["conversation", "more"]),
        ],
        more=["b"],
    )
    assert ended.node("lp").outputs["xs"] == ["a", "b", "b"]


async def test_LP_6_a_failing_round_fails_the_loop() -> None:
    run_code = node(
        "code",
        "code",
        {
            "variables": [{"variable": "x", "value_selector": ["lp", "n"]}],
            "code_language": "python3",
            "code": "",
            "outputs": {"r": {"type": "string", "children": None}},
        },
        parent="lp",
    )
    ended = await looped(
        [*loop(loop_variables=COUNTED), ADD, run_code],
        "lpstart -> add\nadd -> code",
        ByItem({1: "one", 2: CodeExecutionError("two is bad")}),
    )
    record = ended.node("lp")
    assert (record.status, record.error) == ("failed", "two is bad")
    assert record.metadata["completed_reason"] == "error"
    assert ended.finished.status == RunStatus.FAILED


@pytest.mark.parametrize(("value", "expected"), [("abc", None), ("5", 5)])
async def test_LP_7_the_first_value_must_fit_its_type(value: str, expected: int | None) -> None:
    ended = await looped([*loop(loop_variables=[variable("n", "number", value)], loop_count=0), ADD])
    assert not ended.ran("add")
    if expected is None:
        assert ended.node("lp").status == "failed"
        assert '"n"' in (ended.finished.error or "")
    else:
        assert ended.node("lp").outputs == {"n": expected, "loop_round": 0}


async def test_LP_8_a_condition_on_what_is_not_there_yet_does_not_hold() -> None:
    template = body("template-transform", "tpl", {"template": "x", "variables": []}, "lp")
    ended = await looped([*loop(break_conditions=when(["tpl", "output"], "is", "x")), template], "lpstart -> tpl")
    assert ended.node("lp").outputs == {"loop_round": 1}


# loop-start and loop-end


async def test_LS_1_the_first_node_makes_no_event() -> None:
    told = "".join(frames(await looped([*loop(loop_variables=COUNTED, loop_count=1), ADD])))
    assert '"node_id":"add"' in told
    assert "lpstart" not in told.replace('"predecessor_node_id":"lpstart"', "")


async def test_LS_2_the_first_node_may_lead_to_several() -> None:
    other = body("template-transform", "other", {"template": "x", "variables": []}, "lp")
    ended = await looped([*loop(loop_variables=COUNTED, loop_count=3), ADD, other], "lpstart -> add\nlpstart -> other")
    ran = [event.node_id for event in ended.events if isinstance(event, NodeStarted)]
    assert (ran.count("add"), ran.count("other")) == (3, 3)


async def test_LS_3_a_first_node_that_is_missing_fails_the_loop() -> None:
    ended = await play([loop(start_node_id="gone")[0]], "start -> lp")
    assert (ended.finished.status, ended.node("lp").error_type) == (RunStatus.FAILED, "ContainerError")


async def test_LS_4_the_first_node_gives_nothing() -> None:
    ended = await run_node("loop-start", {})
    assert (ended.node("n").status, ended.node("n").outputs) == ("succeeded", {})


async def test_LS_5_a_parent_on_the_canvas_makes_a_member() -> None:
    container = (
        "{id: c, data: {type: loop, title: c, start_node_id: cstart, loop_count: 1, logical_operator: and, "
        "break_conditions: []}}"
    )
    entry = "{id: cstart, type: custom-loop-start, parentId: c, data: {type: loop-start, title: ''}}"
    assert compiled_body(f"- {container}\n    - {entry}\n    - {INNER}") == ["cstart", "inner"]


async def test_LE_1_an_end_node_ends_the_loop_after_one_round() -> None:
    ended = await looped([*loop(loop_count=5), END], "lpstart -> end_loop")
    assert ended.node("lp").outputs == {"loop_round": 1}


async def test_LE_2_an_end_node_on_another_branch_has_no_effect() -> None:
    ended = await looped([*loop(loop_count=2), PICK_TWO, END], "lpstart -> pick\npick --true-> end_loop")
    assert ended.node("lp").status == "failed"  # the condition names a variable that this loop does not have
    ended = await looped(
        [*loop(loop_variables=COUNTED, loop_count=2), PICK_TWO, END], "lpstart -> pick\npick --true-> end_loop"
    )
    assert ended.node("lp").outputs == {"n": 0, "loop_round": 2}


async def test_LE_3_variables_keep_the_values_of_the_last_round() -> None:
    three = body(
        "if-else",
        "pick",
        {"cases": [{"case_id": "true", "logical_operator": "and", "conditions": when(["lp", "n"], "=", "3")}]},
        "lp",
    )
    ended = await looped(
        [*loop(loop_variables=COUNTED), ADD, three, END], "lpstart -> add\nadd -> pick\npick --true-> end_loop"
    )
    assert ended.node("lp").outputs == {"n": 3, "loop_round": 3}


async def test_LE_4_a_parallel_branch_finishes_its_round() -> None:
    ended = await looped([*loop(loop_variables=COUNTED), ADD, END], "lpstart -> end_loop\nlpstart -> add")
    assert ended.node("lp").outputs == {"n": 1, "loop_round": 1}


async def test_LE_5_the_end_of_a_loop_is_told() -> None:
    ended = await looped([*loop(loop_count=5), END], "lpstart -> end_loop")
    told = [frame for frame in frames(ended) if '"event":"node_finished"' in frame and "end_loop" in frame]
    assert len(told) == 1
    assert '"status":"succeeded"' in told[0]
    assert '"loop_id":"lp"' in told[0]
    assert '"loop_index":0' in told[0]


async def test_MG_2_an_iteration_runs_from_the_node_that_it_names() -> None:
    first = body("template-transform", "tpl", {**EXCLAIM.data, "isIterationStart": True})
    legacy = node("it", "iteration", {**iteration(["tpl", "output"])[0].data, "start_node_id": "tpl"})
    ended = await play([legacy, first], "start -> it", scopes={"conversation": {"items": ["a", "b"]}})
    assert output_of(ended) == ["a!", "b!"]
    assert [event.node_id for event in ended.events if isinstance(event, NodeStarted)].count("tpl") == 2
