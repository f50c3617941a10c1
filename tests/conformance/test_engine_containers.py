"""The numbered cases of spec workflow-engine §25 about iterations and loops, run by a server from app files."""

from typing import Any

from tests.server.app_files import STUB, Node, code, end, leads, start, workflow
from tests.server.harness import Workbench
from tests.server.http_client import names_of
from tests.server.payloads import unique

JsonMap = dict[str, Any]


def inside(node: Node, container: str = "it", kind: str = "iteration") -> Node:
    """The node in the body of a container."""
    flag = {"iteration": "isInIteration", "loop": "isInLoop"}[kind]
    return Node(node.id, {**node.data, flag: True, f"{kind}_id": container}, node.to)


def items(literal: str, kind: str = "array[number]") -> Node:
    return code("items", f"def main():\n    return {{'xs': {literal}}}\n", {"xs": kind}, to="it")


def iteration(output: str, *, over: str = "items.xs", **settings: Any) -> list[Node]:
    data = {
        "type": "iteration",
        "title": "Each",
        "start_node_id": "itstart",
        "iterator_selector": over.split("."),
        "output_selector": output.split("."),
        "output_type": "array[string]",
        "is_parallel": False,
        **settings,
    }
    first = Node("itstart", {"type": "iteration-start", "title": ""}, leads("body"))
    return [Node("it", data, leads("end")), inside(first)]


def body(source: str, kind: str = "string", of: str = "it.item") -> Node:
    """A code node whose `x` is the item."""
    made = code("body", source, {"r": kind})
    return inside(Node("body", {**made.data, "variables": [{"variable": "x", "value_selector": of.split(".")}]}))


LETTER = body("def main(x):\n    return {'r': 'abc'[x - 1]}\n")
UPSET = body("def main(x):\n    return {'r': {1: 'a', 3: 'c'}[x]}\n")


def app(*nodes: Node, shown: str = "it.output", **outputs: str) -> str:
    return workflow(start(to="items"), *nodes, end(all=shown, **outputs))


def finished(workbench: Workbench, file_text: str) -> JsonMap:
    return workbench.of(file_text).run().json()["data"]


def all_of(workbench: Workbench, file_text: str) -> Any:
    data = finished(workbench, file_text)
    assert data["status"] == "succeeded", data["error"]
    return data["outputs"]["all"]


def test_case_35_an_empty_list_is_done_without_a_word(workbench: Workbench) -> None:
    events = workbench.of(app(items("[]"), *iteration("body.r"), LETTER)).run_events()
    assert events[-1]["data"]["outputs"] == {"all": []}
    assert not [e for e in events if e["event"].startswith("iteration") or e["data"].get("node_id") == "it"]
    rows = workbench.rows(
        "SELECT status FROM node_executions WHERE run_id = :id AND node_id = 'it'", id=events[0]["workflow_run_id"]
    )
    assert rows == [("succeeded",)]


def test_case_36_parallel_rounds_keep_the_order_of_the_items(workbench: Workbench) -> None:
    waits = body("import time\ndef main(x):\n    time.sleep((3 - x) * 0.05)\n    return {'r': 'abc'[x - 1]}\n")
    file_text = app(items("[1, 2, 3]"), *iteration("body.r", is_parallel=True, parallel_nums=3), waits)
    assert all_of(workbench, file_text) == ["a", "b", "c"]


def test_case_37_a_failed_round_is_null_or_left_out(workbench: Workbench) -> None:
    for mode, expected in (("continue-on-error", ["a", None, "c"]), ("remove-abnormal-output", ["a", "c"])):
        file_text = app(items("[1, 2, 3]"), *iteration("body.r", error_handle_mode=mode), UPSET)
        assert all_of(workbench, file_text) == expected
    assert finished(workbench, app(items("[1, 2, 3]"), *iteration("body.r"), UPSET))["status"] == "failed"


def test_case_38_lists_of_rounds_are_joined_unless_told_otherwise(workbench: Workbench) -> None:
    lists = body("def main(x):\n    return {'r': ['x'] * x}\n", "array[string]")
    for flatten, expected in ((True, ["x", "x", "x"]), (False, [["x"], ["x", "x"]])):
        file_text = app(items("[1, 2]"), *iteration("body.r", flatten_output=flatten), lists)
        assert all_of(workbench, file_text) == expected


def test_case_39_a_text_is_no_list(workbench: Workbench) -> None:
    data = finished(workbench, app(items("'abc'", "string"), *iteration("body.r"), LETTER))
    assert data["status"] == "failed"
    assert "invalid iterator value" in data["error"]


def test_case_40_nothing_of_the_body_is_seen_outside(workbench: Workbench) -> None:
    file_text = app(items("[1]"), *iteration("body.r"), LETTER, inner="body.r", item="it.item")
    assert finished(workbench, file_text)["outputs"] == {"all": ["a"], "inner": None, "item": None}


def test_case_41_containers_tell_rounds_and_no_node_of_their_own(workbench: Workbench) -> None:
    events = workbench.of(app(items("[1, 2]"), *iteration("body.r"), LETTER)).run_events()
    assert names_of([e for e in events if e["data"].get("node_id") in ("it", "itstart")]) == [
        "iteration_started",
        "iteration_next",
        "iteration_next",
        "iteration_completed",
    ]
    inner = [e["data"] for e in events if e["data"].get("node_id") == "body" and e["event"] == "node_finished"]
    assert [(each["iteration_id"], each["execution_metadata"]["iteration_index"]) for each in inner] == [
        ("it", 0),
        ("it", 1),
    ]
    assert all(e["data"].get("node_id") != "itstart" for e in events)


def loop(*nodes: Node, first: int = 0, until: int | None = 3, count: int = 10) -> str:
    """A workflow with a loop `lp` whose variable `n` begins at `first`."""
    condition = {"id": "c", "variable_selector": ["lp", "n"], "comparison_operator": "≥", "value": str(until)}
    data = {
        "type": "loop",
        "title": "Again",
        "start_node_id": "lpstart",
        "loop_count": count,
        "logical_operator": "and",
        "break_conditions": [] if until is None else [condition],
        "loop_variables": [{"id": "v", "label": "n", "var_type": "number", "value_type": "constant", "value": first}],
        "error_handle_mode": "terminated",
    }
    entry = inside(Node("lpstart", {"type": "loop-start", "title": ""}, leads("add")), "lp", "loop")
    outputs = end(n="lp.n", rounds="lp.loop_round")
    return workflow(start(to="lp"), Node("lp", data, leads("end")), entry, *nodes, outputs)


def add(to: str | None = None) -> Node:
    item = {"variable_selector": ["lp", "n"], "operation": "+=", "input_type": "constant", "value": 1}
    return inside(
        Node("add", {"type": "assigner", "version": "2", "title": "Add", "items": [item]}, leads(to)), "lp", "loop"
    )


def ended(workbench: Workbench, file_text: str) -> tuple[JsonMap, JsonMap]:
    """The outputs of the run, and what the end of the loop told."""
    events = workbench.of(file_text).run_events()
    assert events[-1]["data"]["status"] == "succeeded", events[-1]["data"]["error"]
    told = next((e["data"] for e in events if e["event"] == "loop_completed"), {})
    return events[-1]["data"]["outputs"], told


def test_case_42_a_condition_that_holds_already_lets_no_round_begin(workbench: Workbench) -> None:
    outputs, _ = ended(workbench, loop(add(), first=3))
    assert outputs == {"n": 3, "rounds": 0}


def test_case_43_a_counter_ends_the_loop_by_its_condition(workbench: Workbench) -> None:
    outputs, told = ended(workbench, loop(add()))
    assert outputs == {"n": 3, "rounds": 3}
    assert told["execution_metadata"]["completed_reason"] == "loop_break"


def test_case_44_a_loop_end_behind_a_condition_ends_that_round(workbench: Workbench) -> None:
    condition = {"id": "c", "variable_selector": ["lp", "n"], "comparison_operator": "=", "value": "2"}
    cases = [{"case_id": "true", "logical_operator": "and", "conditions": [condition]}]
    choice = inside(Node("if", {"type": "if-else", "title": "If", "cases": cases}, {"true": "out"}), "lp", "loop")
    out = inside(Node("out", {"type": "loop-end", "title": "Out"}), "lp", "loop")
    outputs, _ = ended(workbench, loop(add(to="if"), choice, out, until=None))
    assert outputs == {"n": 2, "rounds": 2}


def test_case_45_tokens_of_the_body_count_for_the_run(workbench: Workbench) -> None:
    asks = {
        "type": "llm",
        "title": "Ask",
        "model": STUB,
        "prompt_template": [{"role": "user", "text": unique("word {{#it.item#}}")}],
        "context": {"enabled": False, "variable_selector": []},
        "vision": {"enabled": False},
    }
    file_text = app(items("[1, 2]"), *iteration("body.text"), inside(Node("body", asks)))
    events = workbench.of(file_text).run_events()
    spent = [
        e["data"]["outputs"]["usage"]["total_tokens"]
        for e in events
        if e["event"] == "node_finished" and e["data"]["node_id"] == "body"
    ]
    assert len(spent) == 2
    assert min(spent) > 0
    told = next(e["data"] for e in events if e["event"] == "iteration_completed")
    assert events[-1]["data"]["total_tokens"] == told["total_tokens"] == sum(spent)
