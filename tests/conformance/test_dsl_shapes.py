"""Every older or careless shape of app files (spec app-dsl §13, by the rows of its table), read and run."""

import json
from collections.abc import Mapping, Sequence

import pytest
import yaml

from tests.dsl.files import edge, file_map, node, parsed
from tests.nodes.harness import Played, play_graph
from tests.nodes.ports import RecordedHttp, a_world, http_answer, replies, turns
from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.dsl import AppFile, dump
from treadle.dsl.providers import normalise_provider
from treadle.engine.ports import Ports
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES
from treadle.nodes.inputs import FileResolver, InputVariable, validate_inputs

MODEL: JsonValue = {"provider": "openai", "name": "m", "mode": "chat", "completion_params": {}}
START = node("start", "start", variables=[])


def app_of(data: dict) -> AppFile:
    read = parsed(data)
    assert read.status in ("completed", "completed-with-warnings"), read.problems
    assert read.app is not None
    return read.app


async def run(
    nodes: Sequence[Mapping],
    edges: Sequence[Mapping],
    *,
    inputs: Mapping[str, Value] | None = None,
    ports: Ports | None = None,
) -> Played:
    app = app_of(file_map(nodes, edges))
    return await play_graph(graph_spec(Definition.from_file(app)), inputs=inputs, ports=ports)


async def run_one(
    kind: str, data: Mapping[str, JsonValue], *, inputs: Mapping[str, Value] | None = None, ports: Ports | None = None
) -> Played:
    """Start, then one node `n`."""
    return await run([START, node("n", kind, **data)], [edge("start", "n")], inputs=inputs, ports=ports)


def exported(data: dict) -> dict:
    return yaml.safe_load(dump(app_of(data), include_secrets=True))


def kept(data: dict) -> bool:
    """The graph comes back equal."""
    return exported(data)["workflow"]["graph"] == data["workflow"]["graph"]


def test_DSL_1_version_and_kind_may_be_missing() -> None:
    data = file_map()
    del data["version"], data["kind"]
    app = app_of(data)
    assert (app.name, parsed(data).imported_version, exported(data)["kind"]) == ("An app", "0.1.0", "app")


def test_DSL_2_variables_dependencies_and_the_view_may_be_missing() -> None:
    data = file_map()
    del data["dependencies"]
    app = app_of(data)
    assert app.workflow is not None
    assert (app.workflow.environment_variables, app.workflow.conversation_variables, app.dependencies) == ([], [], [])
    assert "viewport" not in data["workflow"]["graph"]


def test_DSL_3_a_variable_needs_no_selector_and_may_be_nought_or_empty() -> None:
    given = [
        {"id": "1", "name": "n", "value_type": "number", "value": 0},
        {"id": "2", "name": "s", "value_type": "string", "value": ""},
    ]
    app = app_of(file_map(mode="advanced-chat", workflow={"conversation_variables": given}))
    assert app.workflow is not None
    assert [(each.name, each.value, each.selector) for each in app.workflow.conversation_variables] == [
        ("n", 0, ["conversation", "n"]),
        ("s", "", ["conversation", "s"]),
    ]
    missing = [{"id": "1", "name": "n", "value_type": "number", "value": None}]
    assert parsed(file_map(mode="advanced-chat", workflow={"conversation_variables": missing})).status == "failed"


CONDITION: JsonValue = {"variable_selector": ["start", "x"], "comparison_operator": "is", "value": "a"}
NEVER: JsonValue = {"variable_selector": ["start", "x"], "comparison_operator": "is", "value": "never"}


async def test_DSL_4_cases_win_over_conditions_beside_them() -> None:
    cases: JsonValue = [{"case_id": "c1", "logical_operator": "and", "conditions": [CONDITION]}]
    data: dict[str, JsonValue] = {"cases": cases, "logical_operator": "and", "conditions": [NEVER]}
    assert (await run_one("if-else", data, inputs={"x": "a"})).node("n").handle == "c1"
    assert kept(file_map([START, node("n", "if-else", **data)], [edge("start", "n")]))


async def test_DSL_5_conditions_without_cases_are_the_case_true() -> None:
    data: dict[str, JsonValue] = {"logical_operator": "or", "conditions": [NEVER, CONDITION]}
    assert (await run_one("if-else", data, inputs={"x": "a"})).node("n").handle == "true"


@pytest.mark.parametrize("kind", ["template-transform", "code"])
async def test_DSL_6_an_iteration_may_begin_at_an_ordinary_node(kind: str) -> None:
    body = {"template": "{{ x }}!", "variables": [{"variable": "x", "value_selector": ["it", "item"]}]}
    first = node("a", "template-transform", parent="it", isInIteration=True, isIterationStart=True, **body)
    iteration = node(
        "it",
        "iteration",
        start_node_id="a",
        startNodeType=kind,
        iterator_selector=["start", "xs"],
        output_selector=["a", "output"],
        output_type="array[string]",
    )
    end = node("end", "end", outputs=[{"variable": "all", "value_selector": ["it", "output"]}])
    edges = [edge("start", "it"), edge("it", "end")]
    played = await run([START, iteration, first, end], edges, inputs={"xs": ["1", "2"]})
    assert played.finished.outputs == {"all": ["1!", "2!"]}


def request(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "method": "post",
        "url": "http://e/u",
        "authorization": {"type": "no-auth", "config": None},
        "headers": "",
        "params": "",
        "body": {"type": "none", "data": []},
        **changes,
    }


@pytest.mark.parametrize(
    ("kind", "data", "sent"),
    [
        ("json", '{"q": {{#start.n#}}}', b'{"q": 5}'),
        ("raw-text", "n:{{#start.n#}}\nm", b"n:5\nm"),
        ("x-www-form-urlencoded", "a:{{#start.n#}}\nb: x", b"a=5&b=x"),
        ("json", "", None),
        ("none", None, None),
    ],
)
async def test_DSL_7_a_body_may_be_one_text(kind: str, data: str | None, sent: bytes | None) -> None:
    http = RecordedHttp([http_answer()])
    played = await run_one(
        "http-request", request(body={"type": kind, "data": data}), inputs={"n": 5}, ports=a_world(http=http)
    )
    if sent is None and kind == "json":
        assert played.node("n").error_type == "RequestBodyError"
        return
    body = http.requests[0].body
    assert json.loads(body or b"") == json.loads(sent or b"") if kind == "json" else body == sent


async def test_DSL_8_timeouts_have_two_spellings_and_nought_is_the_default() -> None:
    http = RecordedHttp([http_answer()])
    for timeout in (
        {"max_connect_timeout": 0, "max_read_timeout": 0, "max_write_timeout": 0},
        {"connect": 3, "read": 4, "max_write_timeout": 5},
    ):
        await run_one("http-request", request(timeout=dict[str, JsonValue](timeout)), ports=a_world(http=http))
    sent = [(each.connect_timeout, each.read_timeout, each.write_timeout) for each in http.requests]
    assert sent == [(10, 600, 600), (3, 4, 5)]


async def test_DSL_9_dead_keys_are_ignored_and_kept() -> None:
    classes: list[JsonValue] = [{"id": "1", "name": "A"}]
    dead = {"instructions": "x", "topics": [], "isIterationStart": True, "variables": [{"variable": "v"}]}
    nodes = [
        START,
        node("c", "question-classifier", model=MODEL, classes=classes, query_variable_selector=["start", "q"], **dead),
        node("l", "llm", model=MODEL, prompt_template=[{"role": "user", "text": "hi"}], **dead),
        node("a", "answer", answer="{{#l.text#}}", **dead),
    ]
    edges = [edge("start", "c"), edge("c", "l", "1"), edge("l", "a")]
    played = await run(nodes, edges, inputs={"q": "?"}, ports=a_world(models=replies('{"category_id":"1"}')))
    assert played.finished.outputs["answer"] == '{"category_id":"1"}'
    assert kept(file_map(nodes, edges, mode="advanced-chat"))


async def test_DSL_10_a_model_node_needs_no_prompt_config_memory_or_context() -> None:
    models = replies("ok")
    data: dict[str, JsonValue] = {
        "model": MODEL,
        "prompt_template": [{"role": "user", "text": "hi"}],
        "memory": None,
        "context": {"enabled": True, "variable_selector": []},
    }
    played = await run_one("llm", data, ports=a_world(models=models, memory=turns(("q", "a"))))
    assert played.node("n").outputs["text"] == "ok"
    assert [message.content for message in models.requests[0].messages] == ["hi"]


def test_DSL_11_settings_of_tools_are_plain_or_typed() -> None:
    load = NODE_TYPES["tool"].load
    for settings in (
        {"n": 1, "size": None, "on": True},
        {"n": {"type": "constant", "value": 1}, "q": {"type": "mixed", "value": "x"}},
    ):
        data: dict[str, JsonValue] = {
            "provider_id": "time",
            "provider_type": "builtin",
            "tool_name": "current_time",
            "tool_parameters": {},
            "tool_configurations": dict[str, JsonValue](settings),
        }
        load(data)
        assert kept(file_map([START, node("n", "tool", **data)], [edge("start", "n")]))


async def test_DSL_12_providers_are_named_short_or_whole() -> None:
    assert normalise_provider("openai") == normalise_provider("langgenius/openai/openai") == "langgenius/openai/openai"
    assert normalise_provider("google") == "langgenius/gemini/google"
    for provider in ("openai", "langgenius/openai/openai"):
        model: JsonValue = {"provider": provider, "name": "m", "mode": "chat", "completion_params": {}}
        data: dict[str, JsonValue] = {"model": model, "prompt_template": [{"role": "user", "text": "hi"}]}
        models = replies("ok")
        await run_one("llm", data, ports=a_world(models=models))
        assert models.requests[0].model.provider == provider
        assert kept(file_map([START, node("n", "llm", **data)], [edge("start", "n")]))


def test_DSL_13_an_icon_may_be_a_short_name_without_a_background() -> None:
    data = file_map()
    data["app"] |= {"icon": "video_game", "icon_background": None}
    written = exported(data)["app"]
    assert (written["icon"], written["icon_background"]) == ("video_game", "#FFFFFF")


class NoFiles(FileResolver):
    pass


@pytest.mark.parametrize("length", [None, 0, "60000"])
async def test_DSL_14_a_length_may_be_missing_or_text(length: JsonValue) -> None:
    question: JsonValue = {"variable": "x", "type": "paragraph", "required": True, "max_length": length}
    data = file_map([node("start", "start", variables=[question])], [])
    spec = graph_spec(Definition.from_file(app_of(data)))
    (form,) = NODE_TYPES["start"].load(spec.nodes[0].data).config.variables
    assert isinstance(form, InputVariable)
    assert await validate_inputs([form], {"x": "a" * 50_000}, files=NoFiles()) == {"x": "a" * 50_000}
    assert kept(data)


async def test_DSL_15_the_aggregator_has_an_older_name() -> None:
    data: dict[str, JsonValue] = {"output_type": "string", "variables": [["gone", "x"], ["start", "x"]]}
    played = await run_one("variable-assigner", data, inputs={"x": "a"})
    assert played.node("n").outputs == {"output": "a"}
    assert kept(file_map([START, node("n", "variable-assigner", **data)], [edge("start", "n")]))


async def test_DSL_16_a_query_that_is_not_set_is_empty() -> None:
    """A classifier or extractor without a selector asks with an empty text (workflow-nodes §6 and §19)."""
    models = replies('{"category_id":"1","category_name":"A"}')
    classes: list[JsonValue] = [{"id": "1", "name": "A"}]
    data: dict[str, JsonValue] = {"model": MODEL, "classes": classes, "query_variable_selector": []}
    played = await run_one("question-classifier", data, ports=a_world(models=models))
    assert played.node("n").inputs == {"query": None}
    parameters: list[JsonValue] = [{"name": "p", "type": "string", "description": ""}]
    data = {"model": MODEL, "query": [], "parameters": parameters, "reasoning_mode": "prompt"}
    played = await run_one("parameter-extractor", data, ports=a_world(models=models))
    assert played.node("n").inputs["query"] == ""


async def test_DSL_17_edges_that_lead_nowhere_are_not_run_but_kept() -> None:
    code_end = node("end", "end", outputs=[{"variable": "x", "value_selector": ["start", "x"]}])
    choice = node("if", "if-else", cases=[{"case_id": "true", "conditions": [CONDITION]}])
    nodes = [START, choice, code_end, node("other", "end", outputs=[{"variable": "y", "value_selector": ["s", "y"]}])]
    edges = [
        {"source": "start", "target": "if"},
        edge("if", "removed", "true"),
        edge("removed", "end"),
        edge("if", "other", "a-case-that-was-deleted"),
        {"id": 7, "source": "if", "sourceHandle": "true", "target": "end"},
    ]
    played = await run(nodes, edges, inputs={"x": "a"})
    assert (played.finished.outputs, played.ran("other")) == ({"x": "a"}, False)
    assert kept(file_map(nodes, edges))


@pytest.mark.parametrize(
    ("given", "operator", "value", "handle"),
    [
        (200, "=", 200, "true"),
        ("200", "is", 200, "true"),
        (2.5, "≥", 2.5, "true"),
        ("true", "is", True, "true"),
        ("True", "is", True, "false"),
        (True, "is", True, "true"),
        (False, "is", True, "false"),
    ],
)
async def test_DSL_18_ids_and_compared_values_may_be_numbers(
    given: Value, operator: str, value: JsonValue, handle: str
) -> None:
    condition = {"variable_selector": [1739191, "x"], "comparison_operator": operator, "value": value}
    nodes = [
        node(1739191, "start", variables=[]),
        node(2, "if-else", cases=[{"case_id": True, "conditions": [condition]}]),
    ]
    played = await run(nodes, [edge(1739191, 2)], inputs={"x": given})
    assert played.node("2").handle == handle
