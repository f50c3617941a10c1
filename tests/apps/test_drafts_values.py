"""What a part of a draft must be given, and how callers name it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.dsl.files import edge, node
from treadle.apps.compile import compile_app
from treadle.apps.conversations.state import new_conversation
from treadle.apps.definition import Definition
from treadle.apps.editing.debug_part import compile_part
from treadle.apps.editing.debug_values import give, missing, needed_by, resolved
from treadle.dsl import AppMode, ConversationVariable, GraphView, WorkflowFile, graph_view
from treadle.engine.errors import GraphError
from treadle.engine.pool import VariablePool
from treadle.engine.values import File, JsonValue, files_in, revive
from treadle.nodes import NODE_TYPES
from treadle.platform.refusals import InvalidParam


def view(*nodes: dict[str, Any]) -> GraphView:
    return graph_view(WorkflowFile(graph={"nodes": list(nodes), "edges": []}))


def template(node_id: str, **bound: list[str]) -> dict[str, Any]:
    variables = [{"variable": name, "value_selector": path} for name, path in bound.items()]
    return node(node_id, "template-transform", template="", variables=variables)


def test_each_variable_is_needed_once_with_the_first_field_that_names_it() -> None:
    ask = node(
        "ask",
        "llm",
        prompt_template=[{"role": "user", "text": "{{#a.x#}} {{#a.x#}} {{#sys.query#}} {{#a.o.key#}}"}],
        context={"enabled": False, "variable_selector": ["off", "text"]},
    )
    needed = needed_by(view(ask).nodes)
    assert [(need.key, need.optional) for need in needed] == [("a.x", False), ("sys.query", False), ("a.o.key", False)]
    assert needed[0].field == "prompt_template[0].text"


def test_nodes_that_run_together_give_each_other_their_variables() -> None:
    nodes = view(template("one", x=["out", "side"]), template("two", y=["one", "output"])).nodes
    assert [need.key for need in needed_by(nodes)] == ["out.side"]


def test_what_an_aggregator_takes_may_be_missing() -> None:
    chosen = node("pick", "variable-aggregator", variables=[["a", "x"], ["b", "y"]], output_type="string")
    needed = needed_by(view(chosen).nodes)
    assert [(need.key, need.optional) for need in needed] == [("a.x", True), ("b.y", True)]
    assert missing(VariablePool(), needed) == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"a.x": 1}, {("a", "x"): 1}),
        ({"#a.x#": 1}, {("a", "x"): 1}),
        ({"name": 1}, {("a", "x"): 1}),
        ({"me.name": 1}, {("a", "x"): 1}),
        ({"a.o.deep.key": 1}, {("a", "o"): {"here": True, "deep": {"key": 1}}}),
        ({"loop.item": 2}, {("loop", "item"): 2}),
    ],
)
def test_a_caller_names_variables_in_every_documented_way(
    given: Mapping[str, Any], found: Mapping[tuple[str, str], Any]
) -> None:
    (me,) = view(template("me", name=["a", "x"], other=["a", "o", "deep", "key"])).nodes
    pool = VariablePool({"a": {"o": {"here": True}}})
    give(pool, given, me, needed_by([me]))
    assert {path: pool.get(path) for path in found} == dict(found)


class OneFile:
    """Knows one file, and for whom."""

    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        if mapping.get("upload_file_id") != "mine":
            raise ValueError("`upload_file_id` names no file of yours.")
        return File(type="image", transfer_method="local_file", related_id="mine")


async def test_files_in_values_are_found_however_they_are_named() -> None:
    file = await OneFile().resolve({"upload_file_id": "mine"})
    sent: dict[str, JsonValue] = {"type": "image", "transfer_method": "local_file", "upload_file_id": "mine"}
    seen: dict[str, JsonValue] = {
        "dify_model_identity": "__dify__file__",
        "transfer_method": "local_file",
        "related_id": "mine",
    }
    assert await resolved([sent, {"deep": seen}, 1, "x"], OneFile(), "v") == [file, {"deep": file}, 1, "x"]
    with pytest.raises(InvalidParam, match="no file of yours"):
        await resolved({**seen, "related_id": "theirs"}, OneFile(), "v")
    assert await resolved({"dify_model_identity": "__dify__file__", "type": "image"}, OneFile(), "v") == {
        "type": "image"
    }


def test_a_part_is_compiled_in_a_draft_that_is_not_finished() -> None:
    nodes = [template("good"), node("bad", "llm"), node("odd", "acme-unheard-of")]
    workflow = WorkflowFile(graph={"nodes": nodes, "edges": [edge("bad", "good"), edge("good", "odd")]})
    definition = Definition(mode=AppMode.WORKFLOW, workflow=workflow)
    seen = graph_view(workflow).by_id
    part = compile_part(definition, [seen["good"]], NODE_TYPES, version_id="v")
    assert [each.id for each in part.graph.nodes] == ["good"]
    for broken in ("bad", "odd"):
        with pytest.raises(GraphError):
            compile_part(definition, [seen[broken]], NODE_TYPES, version_id="v")


def test_a_container_is_compiled_with_what_is_inside() -> None:
    nodes = [
        node("each", "iteration", start_node_id="in", iterator_selector=["a", "b"], output_selector=["say", "output"]),
        node("in", "iteration-start", parent="each"),
        node("say", "template-transform", parent="each", template="x", variables=[]),
        node("after", "end", outputs=[]),
    ]
    workflow = WorkflowFile(graph={"nodes": nodes, "edges": [edge("in", "say"), edge("each", "after")]})
    seen = graph_view(workflow)
    together = [seen.by_id["each"], *seen.children("each")]
    part = compile_part(Definition(mode=AppMode.WORKFLOW, workflow=workflow), together, NODE_TYPES, version_id="v")
    assert set(part.graph.all_ids) == {"each", "in", "say"}


def test_the_default_of_a_conversation_variable_never_becomes_a_file() -> None:
    """Whoever edits an app may write a value that looks like somebody's file."""
    forged: dict[str, JsonValue] = {
        "dify_model_identity": "__dify__file__",
        "type": "image",
        "transfer_method": "local_file",
        "related_id": "theirs",
    }
    variable = ConversationVariable.model_validate({"name": "x", "value_type": "object", "value": {"deep": [forged]}})
    workflow = WorkflowFile(
        graph={"nodes": [node("start", "start"), node("end", "end")], "edges": [edge("start", "end")]},
        conversation_variables=[variable],
    )
    version = compile_app(Definition(mode=AppMode.ADVANCED_CHAT, workflow=workflow), NODE_TYPES, version_id="v")
    (begun,) = new_conversation().variables(version)
    kept = revive(msgspec.json.decode(msgspec.json.encode(begun.value)))
    assert files_in(kept) == []
    assert kept == {"deep": [{name: value for name, value in forged.items() if name != "dify_model_identity"}]}
