"""Whichever engine runs, the result is the same: Monty either gives CPython's result or leaves the code to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.snippets import DATA, load
from treadle.engine.values import JsonValue
from treadle.sandbox import Sandbox
from treadle.sandbox.limits import Limits
from treadle.sandbox.monty import MontyPool
from treadle.sandbox.suitability import judge

ON_MONTY, ON_CPYTHON = load("agree_on_monty.txt"), load("left_to_cpython.txt")

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def monty() -> AsyncIterator[MontyPool]:
    pool = MontyPool(Limits(), 2)
    yield pool
    await pool.close()


@pytest.mark.parametrize("name", ON_MONTY)
async def test_plain_code_runs_on_monty_with_cpythons_result(jail: Sandbox, monty: MontyPool, name: str) -> None:
    code = ON_MONTY[name]
    verdict = judge(code)
    assert verdict.code is not None, verdict.reason
    outcome = await monty.run(verdict.code, msgspec.json.encode({"data": DATA}))
    assert outcome.result is not None, outcome.reason
    expected = (await jail.run("python3", code, {"data": DATA})).outputs
    assert repr(msgspec.json.decode(outcome.result)) == repr(expected)


@pytest.mark.parametrize("name", ON_CPYTHON)
async def test_code_that_monty_does_differently_is_left_to_cpython(
    sandbox_pair: Sandbox, jail: Sandbox, name: str
) -> None:
    code = ON_CPYTHON[name]
    result = await sandbox_pair.run("python3", code, {"data": DATA})
    assert result.engine == "cpython"
    assert repr(result.outputs) == repr((await jail.run("python3", code, {"data": DATA})).outputs)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox_pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    box = Sandbox(jail_root=Path(tmp_path_factory.mktemp("pair")))
    await box.start()
    yield box
    await box.close()


BATTERY = (Path(__file__).parent / "battery.txt").read_text()
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cn"], max_codepoint=0x24FF), max_size=20),
    st.integers(-(2**80), 2**80),
    # Above 1e10, Monty writes some ties of the shortest digits otherwise (docs/decisions/0004): the same number.
    st.floats(-1e10, 1e10, allow_nan=False),
    st.booleans(),
    st.none(),
    st.lists(
        st.one_of(st.integers(), st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cs"]))), max_size=4
    ),
)


async def test_generated_values_are_treated_alike(jail: Sandbox, monty: MontyPool) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(VALUES, min_size=1, max_size=12))
    def agree(values: list[JsonValue]) -> None:
        data: dict[str, JsonValue] = {"data": {"values": values}}
        verdict = judge(BATTERY)
        assert verdict.code is not None, verdict.reason
        code = verdict.code

        async def both() -> tuple[bytes | None, JsonValue]:
            outcome = await monty.run(code, msgspec.json.encode(data))
            return outcome.result, (await jail.run("python3", BATTERY, data)).outputs

        got, expected = asyncio.run_coroutine_threadsafe(both(), loop).result()
        if got is not None:
            assert repr(msgspec.json.decode(got)) == repr(expected)

    await asyncio.to_thread(agree)


async def test_runs_that_come_together_share_the_pool_that_the_first_starts() -> None:
    pool = MontyPool(Limits(), 2)
    outcomes = await asyncio.gather(*(pool.run("def main(n):\n    return {'n': n}", b'{"n": 1}') for _ in range(5)))
    await pool.close()
    assert {outcome.result for outcome in outcomes} == {b'{"n": 1}'}, outcomes
