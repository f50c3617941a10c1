"""The numbered tests of spec workflow-nodes for code, run in the real sandbox: Monty, jailed CPython and Deno."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.nodes.harness import Played, run_node
from tests.nodes.ports import a_world
from treadle.engine.events import NodeStatus
from treadle.engine.values import JsonValue, Value
from treadle.sandbox import Sandbox

SECONDS = 1.5


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    root: Path = tmp_path_factory.mktemp("jail")
    box = Sandbox(jail_root=root, time_limit=SECONDS)
    await box.start()
    yield box
    await box.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")

ON_CPYTHON = "import re\n"
both = pytest.mark.parametrize("before", ["", ON_CPYTHON], ids=["monty", "cpython"])


async def run(
    sandbox: Sandbox,
    code: str,
    outputs: Mapping[str, str],
    *,
    language: str = "python3",
    strategy: str | None = None,
    defaults: Mapping[str, Value] | None = None,
    **values: Value,
) -> Played:
    data: dict[str, JsonValue] = {
        "code": code,
        "code_language": language,
        "variables": [{"variable": name, "value_selector": ["s", name]} for name in [*values, "gone"]],
        "outputs": {name: {"type": kind, "children": None} for name, kind in outputs.items()},
    }
    ports = replace(a_world(), code=sandbox)
    return await run_node("code", data, scopes={"s": values}, ports=ports, strategy=strategy, defaults=defaults)


async def outputs_of(sandbox: Sandbox, code: str, outputs: Mapping[str, str], **values: Value) -> Mapping[str, Value]:
    record = (await run(sandbox, code, outputs, **values)).node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    return record.outputs


async def error_of(sandbox: Sandbox, code: str, outputs: Mapping[str, str]) -> tuple[str | None, str]:
    record = (await run(sandbox, code, outputs)).node("n")
    assert record.status is NodeStatus.FAILED
    return record.error_type, record.error or ""


def gives(literal: str, before: str = "") -> str:
    return f"{before}def main(gone): return {literal}"


@both
async def test_CODE_1_python_receives_its_variables_by_name(sandbox: Sandbox, before: str) -> None:
    code = f"{before}def main(a, b, gone): return {{'r': a + b}}"
    assert await outputs_of(sandbox, code, {"r": "string"}, a="x", b="y") == {"r": "xy"}


@both
async def test_CODE_2_a_number_where_text_was_declared_is_refused(sandbox: Sandbox, before: str) -> None:
    error_type, _ = await error_of(sandbox, gives("{'r': 1}", before), {"r": "string"})
    assert error_type == "OutputValidationError"


@both
async def test_CODE_3_an_undeclared_result_is_refused(sandbox: Sandbox, before: str) -> None:
    error_type, _ = await error_of(sandbox, gives("{'r': 'a', 'z': 1}", before), {"r": "string"})
    assert error_type == "CodeNodeError"


@both
async def test_CODE_4_a_missing_result_is_refused(sandbox: Sandbox, before: str) -> None:
    _, error = await error_of(sandbox, gives("{}", before), {"r": "string"})
    assert error == "Output r is missing."


@both
async def test_CODE_5_lists_have_a_largest_length(sandbox: Sandbox, before: str) -> None:
    texts, numbers = {"r": "array[string]"}, {"r": "array[number]"}
    assert await outputs_of(sandbox, gives("{'r': ['a'] * 30}", before), texts) == {"r": ["a"] * 30}
    assert (await error_of(sandbox, gives("{'r': ['a'] * 31}", before), texts))[0] == "OutputValidationError"
    assert (await error_of(sandbox, gives("{'r': [1] * 1001}", before), numbers))[0] == "OutputValidationError"


@both
async def test_CODE_6_objects_have_a_greatest_depth(sandbox: Sandbox, before: str) -> None:
    five, six = "{'a': {'b': {'c': {'d': 1}}}}", "{'a': {'b': {'c': {'d': {'e': 1}}}}}"
    assert await outputs_of(sandbox, gives(f"{{'r': {five}}}", before), {"r": "object"}) == {
        "r": {"a": {"b": {"c": {"d": 1}}}}
    }
    assert (await error_of(sandbox, gives(f"{{'r': {six}}}", before), {"r": "object"}))[0] == "DepthLimitError"


@both
async def test_CODE_7_truth_values_and_nothing_are_accepted(sandbox: Sandbox, before: str) -> None:
    kinds = {"n": "number", "b": "boolean", "s": "string"}
    outputs = await outputs_of(sandbox, gives("{'n': True, 'b': True, 's': None}", before), kinds)
    assert [(value, type(value)) for value in outputs.values()] == [(1, int), (True, bool), (None, type(None))]


async def test_CODE_8_javascript_receives_one_object(sandbox: Sandbox) -> None:
    played = await run(
        sandbox, "function main({n, gone}){return {r:n*2}}", {"r": "number"}, language="javascript", n=21
    )
    assert played.node("n").outputs == {"r": 42}, played.node("n").error


@both
async def test_CODE_9_an_endless_loop_times_out(sandbox: Sandbox, before: str) -> None:
    error_type, error = await error_of(sandbox, f"{before}def main(gone):\n    while True: pass", {"r": "string"})
    assert error_type == "CodeExecutionError"
    assert "timeout" in error


@both
async def test_CODE_10_what_does_not_resolve_is_none_and_nul_characters_are_dropped(
    sandbox: Sandbox, before: str
) -> None:
    code = f"{before}def main(gone): return {{'r': repr(gone), 's': 'a\\u0000b'}}"
    assert await outputs_of(sandbox, code, {"r": "string", "s": "string"}) == {"r": "None", "s": "ab"}


@both
async def test_CODE_11_default_values_stand_in_for_a_failure(sandbox: Sandbox, before: str) -> None:
    code = f"{before}def main(gone): raise ValueError('no luck')"
    played = await run(sandbox, code, {"r": "string"}, strategy="default-value", defaults={"r": "n/a"})
    record = played.node("n")
    assert (record.status, record.outputs["r"]) == (NodeStatus.EXCEPTION, "n/a")
    assert record.outputs["error_type"] == "CodeExecutionError"
    assert "no luck" in str(record.outputs["error_message"])
