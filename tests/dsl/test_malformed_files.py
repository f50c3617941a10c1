"""Files broken in every way we could think of: each gets its one problem, by kind, node and field."""

import pytest

from tests.dsl.files import basic_map, edge, file_map, node, text
from treadle.dsl import MAX_BYTES, Problem, ProblemKind, check_structure, parse

START = node("s", "start")
VALID = text(file_map())
K = ProblemKind


def bomb() -> str:
    levels = [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 20)]
    return "\n".join(["x0: &x0 [lol, lol]", *levels, VALID])


def variable(**raw: object) -> str:
    return text(
        file_map(workflow={"environment_variables": [{"name": "v", "value_type": "string", "value": "", **raw}]})
    )


def graph(nodes: list, edges: list | None = None) -> str:
    return text(file_map(nodes, edges or []))


def all_problems(source: str | bytes) -> list[Problem]:
    """What a person who checks the file is told."""
    read = parse(source)
    return read.problems + (check_structure(read.app) if read.app is not None else [])


FILES: dict[str, tuple[str | bytes, ProblemKind, str | None, str | None]] = {
    "nothing": ("", K.EMPTY, None, None),
    "white space": (" \n\n  \n", K.EMPTY, None, None),
    "null": ("null", K.EMPTY, None, None),
    "a list": ("- app", K.ROOT_NOT_MAP, None, None),
    "a number": ("42", K.ROOT_NOT_MAP, None, None),
    "a text": ("please import me", K.ROOT_NOT_MAP, None, None),
    "a web page": ("<!doctype html><html><body>404</body></html>", K.ROOT_NOT_MAP, None, None),
    "JSON of something else": ('{"name": "package", "version": "1.0.0"}', K.NO_APP, None, None),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", K.NOT_TEXT, None, None),
    "another encoding": ("app: {name: Café}".encode("latin-1"), K.NOT_TEXT, None, None),
    "UTF-16": (VALID.encode("utf-16"), K.NOT_TEXT, None, None),
    "a NUL": (VALID.replace("An app", "An\0app"), K.NOT_TEXT, None, None),
    "50 MB": ("a" * 50_000_000, K.TOO_LARGE, None, None),
    "a byte too much": (b"#" * (MAX_BYTES + 1), K.TOO_LARGE, None, None),
    "an alias bomb": (bomb(), K.TOO_MANY_VALUES, None, None),
    "an alias of itself": ("app: &a\n  mode: *a\n", K.BAD_ALIAS, None, None),
    "an alias of nothing": ("app: *a\n", K.BAD_ALIAS, None, None),
    "deep lists": ("app: " + "[" * 500 + "]" * 500, K.TOO_DEEP, None, None),
    "deep maps": ("\n".join(" " * i + f"k{i}:" for i in range(150)), K.TOO_DEEP, None, None),
    "tabs": ("app:\n\tmode: chat\n", K.BAD_YAML, None, None),
    "an open quote": (VALID + 'more: "open', K.BAD_YAML, None, None),
    "an open list": (VALID + "more: [1, 2", K.BAD_YAML, None, None),
    "text after a quote": (VALID.replace("mode: workflow", 'mode: "workflow".x'), K.BAD_YAML, None, None),
    "bad indentation": (VALID.replace("  mode:", " mode:"), K.BAD_YAML, None, None),
    "two documents": (f"{VALID}---\n{VALID}", K.BAD_YAML, None, None),
    "code to run": (VALID + "x: !!python/object/apply:os.system [ls]\n", K.BAD_YAML, None, None),
    "a merge conflict": (f"<<<<<<< HEAD\n{VALID}=======\n{VALID}>>>>>>> other\n", K.BAD_YAML, None, None),
    "truncated in the envelope": (VALID[: VALID.index("mode:")], K.NO_MODE, None, None),
    "truncated in a key": (VALID[: VALID.index("workflow:\n") + 4], K.BAD_YAML, None, None),
    "a version that is a number": (VALID.replace("version: 0.5.0", "version: 0.5"), K.BAD_VERSION, None, None),
    "a version that is a word": (VALID.replace("version: 0.5.0", "version: new"), K.BAD_VERSION, None, None),
    "no app": ("version: 0.5.0\nworkflow: {}", K.NO_APP, None, None),
    "an app that is a list": ("app: []", K.NO_APP, None, None),
    "an unknown mode": (text(file_map(mode="agent")), K.UNKNOWN_MODE, None, None),
    "a mode that is a huge number": (f"app: {{mode: {'9' * 3000}}}", K.UNKNOWN_MODE, None, None),
    "a mode that is a number": ("app: {mode: 7}", K.UNKNOWN_MODE, None, None),
    "a workflow app without workflow": ("app: {mode: workflow}", K.NO_WORKFLOW, None, None),
    "a chat without configuration": ("app: {mode: chat}", K.NO_MODEL_CONFIG, None, None),
    "a graph that is a text": (text(file_map(workflow={"graph": "x"})), K.BAD_FIELD, None, None),
    "nodes that are a map": (text(file_map(workflow={"graph": {"nodes": {}, "edges": []}})), K.BAD_FIELD, None, None),
    "a configuration of the wrong kind": (text(basic_map(model="gpt")), K.BAD_FIELD, None, None),
    "a form of an unknown kind": (text(basic_map(user_input_form=[{"x": {}}])), K.BAD_FIELD, None, None),
    "a variable without value": (variable(value=None), K.BAD_VARIABLE, None, None),
    "a variable of an unknown type": (variable(value_type="file"), K.BAD_VARIABLE, None, None),
    "a variable that is too large": (variable(value="x" * 300_000), K.BAD_VARIABLE, None, None),
    "a feature of the wrong kind": (
        text(file_map(workflow={"features": {"file_upload": {"enabled": 3}}})),
        K.BAD_FEATURE,
        None,
        None,
    ),
    "a key twice": (VALID + "kind: app\n", K.DUPLICATE_KEY, None, None),
    "no nodes": (graph([]), K.NO_NODES, None, None),
    "no start": (graph([node("l", "llm")]), K.NO_ROOT, None, None),
    "two starts": (graph([START, node("t", "start")]), K.SEVERAL_STARTS, "t", None),
    "a node that is a text": (graph([START, "node"]), K.BAD_NODE, None, None),
    "a node without type": (graph([START, {"id": "n", "data": {}}]), K.BAD_NODE, "n", "type"),
    "one id for two nodes": (graph([START, START]), K.DUPLICATE_NODE, "s", None),
    "a cycle": (
        graph([START, node("a", "llm"), node("b", "llm")], [edge("s", "a"), edge("a", "b"), edge("b", "a")]),
        K.CYCLE,
        "a",
        None,
    ),
    "an edge to nothing": (graph([START], [edge("s", "gone")]), K.DANGLING_EDGE, "gone", "target"),
    "an edge from nothing": (graph([START], [edge("gone", "s")]), K.DANGLING_EDGE, "gone", "source"),
    "an edge that is a number": (graph([START], [3]), K.BAD_EDGE, None, None),
    "a lost node": (graph([START, node("n", "code")]), K.UNREACHABLE_NODE, "n", None),
    "a child of nothing": (graph([START, node("n", "code", parent="gone")]), K.UNKNOWN_CONTAINER, "n", None),
    "a container in itself": (graph([START, node("n", "loop", parent="n")]), K.CONTAINER_CYCLE, "n", "iteration_id"),
    "a reference to nothing": (
        graph([START, node("n", "end", outputs=[{"value_selector": ["gone", "x"]}])], [edge("s", "n")]),
        K.UNKNOWN_REFERENCE,
        "n",
        "outputs[0].value_selector",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_told_what_is_wrong_where(name: str):
    source, kind, node_id, field = FILES[name]
    first, *rest = all_problems(source)
    assert rest == []
    assert (first.kind, first.node, first.field) == (kind, node_id, field)
    assert first.where
    assert first.message[0].isupper() or first.message.startswith(first.where)
    assert first.message.endswith(".")
    assert "\n" not in first.message
    assert len(first.message) < 400


def test_an_unknown_node_type_is_no_matter_of_structure():
    assert all_problems(graph([START, node("n", "acme-new")], [edge("s", "n")])) == []
