"""JavaScript in Deno: the contract of `main`, what the code cannot reach, and its bounds."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from treadle.engine.errors import CodeExecutionError
from treadle.engine.values import JsonValue
from treadle.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def deno(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    box = Sandbox(jail_root=tmp_path_factory.mktemp("jail"), time_limit=3, memory_limit=128 << 20)
    await box.start()
    yield box
    await box.close()


async def outputs(deno: Sandbox, code: str, **inputs: JsonValue) -> dict[str, JsonValue]:
    result = await deno.run("javascript", code, inputs)
    assert result.engine == "deno"
    return result.outputs


async def error(deno: Sandbox, code: str, **inputs: JsonValue) -> str:
    with pytest.raises(CodeExecutionError) as caught:
        await deno.run("javascript", code, inputs)
    return str(caught.value)


async def test_main_gets_its_inputs_as_one_object(deno: Sandbox):
    assert await outputs(deno, "function main({a, b}) { return {sum: a + b, text: `é😀 ${a}`} }", a=1, b=2) == {
        "sum": 3,
        "text": "é😀 1",
    }


async def test_an_arrow_function_and_a_promise_do_as_well(deno: Sandbox):
    assert await outputs(deno, "const main = async ({n}) => ({n: await Promise.resolve(n * 2)})", n=21) == {"n": 42}


async def test_modules_of_node_are_there(deno: Sandbox):
    code = """
const {createHash} = require('crypto')
function main() {
  return {hash: createHash('md5').update('x').digest('hex'), text: Buffer.from('aGk=', 'base64').toString()}
}"""
    assert await outputs(deno, code) == {"hash": "9dd4e461268c8034f5c8564e155c67a6", "text": "hi"}


async def test_what_the_code_prints_is_no_result(deno: Sandbox):
    assert await outputs(deno, "function main() { console.log('x'.repeat(1e6)); return {r: 1} }") == {"r": 1}


async def test_runs_share_nothing(deno: Sandbox):
    code = "globalThis.count = (globalThis.count ?? 0) + 1\nfunction main() { return {count} }"
    assert [await outputs(deno, code) for _ in range(3)] == [{"count": 1}] * 3


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("function main() {\n  return nope.x\n}", "ReferenceError: nope is not defined\n    at main (main.js:2:3)"),
        ("function main() {{", "SyntaxError: Unexpected end of input"),
        ("const x = 1", "TypeError: the code defines no function main"),
        ("function main() { return [1] }", "TypeError: main must return an object, not an array"),
        ("function main() { return null }", "TypeError: main must return an object, not null"),
        ("function main() { return {a: {b: 0 / 0}} }", 'TypeError: "b" is NaN, which JSON cannot say'),
        ("function main() { return {a: 10n} }", 'TypeError: "a" is a BigInt, which JSON cannot say; use Number(...)'),
        ("function main() { throw 'plain' }", "Uncaught plain"),
        ("function main() { return new Promise(() => {}) }", "the promise that main returned is never settled"),
        ("function main() { process.exit(3) }", "the code ended its process without returning a result"),
        ("const x = require('left-pad')", 'Cannot find module "left-pad": only the modules of Node itself are here'),
    ],
)
async def test_what_is_wrong_is_said(deno: Sandbox, code: str, text: str):
    assert text in await error(deno, code)


@pytest.mark.parametrize(
    "expression",
    [
        "await (await fetch('http://127.0.0.1:8009/')).text()",
        "require('fs').readFileSync('/etc/passwd', 'utf8')",
        "require('fs').writeFileSync('/tmp/x', 'x')",
        "require('child_process').execFileSync('/bin/true')",
        "Deno.readTextFileSync('/proc/self/environ')",
        "new Deno.Command('/bin/true').outputSync()",
        "await import('file:///etc/passwd')",
    ],
)
async def test_there_is_nothing_to_reach(deno: Sandbox, expression: str):
    assert "(the code sandbox allows no network, no files," in await error(
        deno, f"async function main() {{ return {{r: {expression}}} }}"
    )


async def test_the_environment_is_empty(deno: Sandbox):
    assert await outputs(deno, "function main() { return {names: Object.keys(process.env)} }") == {"names": []}


async def test_an_endless_loop_is_stopped(deno: Sandbox):
    text = "timeout: the code ran longer than 3 s and was stopped"
    assert await error(deno, "function main() { while (true); }") == text


@pytest.mark.parametrize("piece", ["new Array(100000).fill(1.5)", "{n: all.length}"])
async def test_code_that_eats_memory_is_stopped(deno: Sandbox, piece: str):
    code = f"const all = []\nfunction main() {{ while (true) all.push({piece}) }}"
    assert await error(deno, code) == "memory limit: the code used more than its 128 MiB and was stopped"


async def test_memory_outside_the_heap_is_bounded_too(deno: Sandbox):
    code = "const all = []\nfunction main() { while (true) all.push(new Uint8Array(1e8).fill(1)) }"
    assert "RangeError: Array buffer allocation failed" in await error(deno, code)


async def test_a_result_has_its_limit(deno: Sandbox):
    text = "the result has more than the limit of 10,485,760 bytes"
    assert await error(deno, "function main() { return {r: 'x'.repeat(2e7)} }") == text


async def test_a_process_that_died_waiting_is_replaced(deno: Sandbox):
    assert await outputs(deno, "function main() { return {r: 1} }") == {"r": 1}
    await error(deno, "function main() { process.exit(0) }")
    assert await outputs(deno, "function main() { return {r: 2} }") == {"r": 2}


async def test_many_at_once(deno: Sandbox):
    runs = [outputs(deno, "function main({n}) { return {n} }", n=n) for n in range(20)]
    assert await asyncio.gather(*runs) == [{"n": n} for n in range(20)]


async def test_without_deno_the_code_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("treadle.sandbox.javascript.deno_binary", lambda: None)
    box = Sandbox(jail_root=tmp_path / "jail")
    await box.start()
    try:
        assert "install the Python package deno" in await error(box, "function main() { return {} }")
    finally:
        await box.close()
