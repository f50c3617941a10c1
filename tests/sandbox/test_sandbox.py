"""What the sandbox promises to its callers: results, errors, bounds, queue, cancellation and an orderly end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox.conftest import TIME_LIMIT
from treadle.engine.values import JsonValue
from treadle.sandbox import CodeExecutionError, Sandbox

ADD = "def main(a, b):\n    return {'r': a + b}\n"
ON_CPYTHON = "import re\n"


async def fails(box: Sandbox, code: str, inputs: dict[str, JsonValue] | None = None) -> str:
    with pytest.raises(CodeExecutionError) as failure:
        await box.run("python3", code, inputs or {})
    return str(failure.value)


@pytest.mark.parametrize(("prefix", "engine"), [("", "monty"), (ON_CPYTHON, "cpython")])
async def test_inputs_become_keyword_arguments_and_the_result_comes_back(
    sandbox: Sandbox, prefix: str, engine: str
) -> None:
    result = await sandbox.run("python3", prefix + ADD, {"a": "x", "b": "é😀"})
    assert (result.outputs, result.engine) == ({"r": "xé😀"}, engine)
    assert 0 < result.elapsed < TIME_LIMIT


@pytest.mark.parametrize("prefix", ["", ON_CPYTHON])
async def test_an_unresolved_input_arrives_as_none(sandbox: Sandbox, prefix: str) -> None:
    code = prefix + "def main(x):\n    return {'r': x is None}\n"
    assert (await sandbox.run("python3", code, {"x": None})).outputs == {"r": True}


@pytest.mark.parametrize("prefix", ["", ON_CPYTHON])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", "the code defines no function named main"),
        ("def main():\n    return [1]", "main must return a dict, but returned list"),
        ("def main():\n    pass", "main must return a dict, but returned NoneType"),
        ("def main():\n    return {1: 2}", "main must return a dict with text keys, but one key is 1 (int)"),
        ("def main():\n    return {'r': {1, 2}}", "Object of type set is not JSON serializable"),
        ("def main():\n    return {'r': (n for n in [1])}", "Object of type generator is not JSON serializable"),
        ("def main():\n    return {'r': map(str, [1])}", "Object of type map is not JSON serializable"),
        ("def main():\n    return {'r': float('nan')}", "Out of range float values are not JSON compliant"),
        ("def main():\n    return {'r': 1e308 * 10}", "Out of range float values are not JSON compliant"),
        ("def main():\n    return {'r': '\\ud800'}", "not valid Unicode"),
        ("def main(:\n    pass", "SyntaxError"),
        ("def main(x):\n    return {}", "missing 1 required positional argument: 'x'"),
    ],
)  # fmt: skip
async def test_code_that_breaks_the_contract_is_told_how(
    sandbox: Sandbox, prefix: str, code: str, expected: str
) -> None:
    assert expected in await fails(sandbox, prefix + code)


@pytest.mark.parametrize("prefix", ["import json\n", ON_CPYTHON])
async def test_an_exception_shows_its_type_message_and_the_line_of_the_users_code(
    sandbox: Sandbox, prefix: str
) -> None:
    code = prefix + "def half(n):\n    return 1 / n\ndef main(n):\n    return {'r': half(n)}\n"
    assert await fails(sandbox, code, {"n": 0}) == (
        "Traceback (most recent call last):\n"
        '  File "main.py", line 5, in main\n'
        "    return {'r': half(n)}\n"
        '  File "main.py", line 3, in half\n'
        "    return 1 / n\n"
        "ZeroDivisionError: division by zero"
    )


async def test_nested_keys_become_text_as_json_writes_them(sandbox: Sandbox) -> None:
    for prefix in ("", ON_CPYTHON):
        code = prefix + "def main():\n    return {'r': {1: 'a', 2.5: 'b', None: 'c'}}"
        assert (await sandbox.run("python3", code, {})).outputs == {"r": {"1": "a", "2.5": "b", "null": "c"}}


async def test_monty_hands_over_to_cpython_what_it_cannot_do_and_remembers(sandbox: Sandbox) -> None:
    code = "def main():\n    return {'r': 'abc'.translate(str.maketrans('a', 'b'))}"
    for _ in range(2):
        result = await sandbox.run("python3", code, {})
        assert (result.outputs, result.engine) == ({"r": "bbc"}, "cpython")


async def test_a_loop_on_monty_ends_at_the_time_limit_too(sandbox: Sandbox) -> None:
    started = time.perf_counter()
    assert "timeout" in await fails(sandbox, "def main():\n    while True: pass")
    assert time.perf_counter() - started < TIME_LIMIT + 1


async def test_memory_on_monty_is_bounded_too(sandbox: Sandbox) -> None:
    assert "memory limit" in await fails(sandbox, "def main():\n    return {'r': [0] * 10 ** 10}")


async def test_printing_much_on_monty_is_no_error(sandbox: Sandbox) -> None:
    code = "def main():\n    for n in range(2000): print('x' * 100)\n    return {'ok': True}"
    assert (await sandbox.run("python3", code, {})).outputs == {"ok": True}


async def test_monty_workers_are_jailed_too(tmp_path: Path) -> None:
    before = _descendants(os.getpid())
    box = Sandbox(jail_root=tmp_path / "jail")
    await box.start()
    await box.run("python3", ADD, {"a": 1, "b": 2})
    (worker,) = _descendants(os.getpid()) - before
    status = _status(worker)
    assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)) == ("1", "2", 0)
    assert {f.name: f.active for f in box.capabilities().features}["jailed Monty workers"]
    await box.close()


async def test_inputs_are_bounded(sandbox: Sandbox) -> None:
    assert "more than the limit" in await fails(sandbox, ADD, {"a": "x" * (33 << 20), "b": ""})


async def test_a_large_input_and_result_go_through(sandbox: Sandbox) -> None:
    text = "é" * 4_000_000
    for prefix in ("", ON_CPYTHON):
        result = await sandbox.run("python3", prefix + "def main(t):\n    return {'t': t}", {"t": text})
        assert result.outputs == {"t": text}


async def test_more_runs_than_workers_wait_and_more_than_the_queue_are_refused(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", time_limit=10, workers=1, queue_limit=2)
    await box.start()
    nap = ON_CPYTHON + "import time\ndef main(n):\n    time.sleep(0.2)\n    return {'n': n}"
    runs = [asyncio.create_task(box.run("python3", nap, {"n": n})) for n in range(3)]
    await asyncio.sleep(0)
    assert await fails(box, nap, {"n": 3}) == "too many code runs at once: 1 are running and 2 are waiting; try again"
    assert [(await run).outputs for run in runs] == [{"n": 0}, {"n": 1}, {"n": 2}]
    await box.close()


async def test_runs_happen_at_the_same_time_up_to_the_number_of_workers(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", workers=4)
    await box.start()
    await box.run("python3", ON_CPYTHON + ADD, {"a": 1, "b": 2})
    nap = ON_CPYTHON + "import time\ndef main():\n    time.sleep(0.5)\n    return {}"
    started = time.perf_counter()
    await asyncio.gather(*(box.run("python3", nap, {}) for _ in range(4)))
    assert time.perf_counter() - started < 1.5
    await box.close()


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text()
            except OSError:
                continue
            if stat.rsplit(")", 1)[1].split()[0] != "Z":
                parent = int(stat.rsplit(")", 1)[1].split()[1])
                if parent == pid:
                    found |= {int(name)} | _descendants(int(name))
    return found


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


async def _settles(condition: Callable[[], bool], *, within: float = 5.0) -> None:
    """Processes of others end without an event to await."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_cancelling_a_run_ends_its_process_at_once(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", time_limit=60, monty=False)
    await box.start()
    await box.run("python3", ADD, {"a": 1, "b": 2})
    idle = len(_descendants(os.getpid()))
    task = asyncio.create_task(box.run("python3", "def main():\n    while True: pass", {}))
    await _settles(lambda: len(_descendants(os.getpid())) > idle)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _settles(lambda: len(_descendants(os.getpid())) == idle)
    assert (await box.run("python3", ADD, {"a": 1, "b": 2})).outputs == {"r": 3}
    await box.close()


async def test_cancelling_a_run_on_monty_frees_its_worker(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", time_limit=60, workers=1)
    await box.start()
    task = asyncio.create_task(box.run("python3", "def main():\n    while True: pass", {}))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        assert (await box.run("python3", ADD, {"a": 1, "b": 2})).outputs == {"r": 3}
    await box.close()


async def test_nothing_is_started_before_the_first_run_and_nothing_is_left_after_close(tmp_path: Path) -> None:
    before = _descendants(os.getpid())
    box = Sandbox(jail_root=tmp_path / "jail")
    await box.start()
    assert _descendants(os.getpid()) == before
    await box.run("python3", ADD, {"a": 1, "b": 2})
    await box.run("python3", ON_CPYTHON + ADD, {"a": 1, "b": 2})
    assert _descendants(os.getpid()) > before
    await box.close()
    await _settles(lambda: _descendants(os.getpid()) <= before)
    assert list((tmp_path / "jail" / "root").iterdir()) == []
    assert "shut down" in await fails(box, ADD, {"a": 1, "b": 2})


async def test_a_dead_fork_server_is_replaced(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", monty=False)
    await box.start()
    before = _descendants(os.getpid())
    await box.run("python3", ADD, {"a": 1, "b": 2})
    for pid in _descendants(os.getpid()) - before:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it died with the first
    assert (await box.run("python3", ADD, {"a": 1, "b": 2})).outputs == {"r": 3}
    await box.close()


async def test_a_fork_server_that_dies_during_a_run_costs_a_second_attempt_only(tmp_path: Path) -> None:
    box = Sandbox(jail_root=tmp_path / "jail", monty=False)
    await box.start()
    before = _descendants(os.getpid())
    await box.run("python3", ADD, {"a": 1, "b": 2})
    task = asyncio.create_task(
        box.run("python3", "import time\ndef main():\n    time.sleep(0.3)\n    return {'r': 1}", {})
    )
    await asyncio.sleep(0.1)
    os.kill(min(_descendants(os.getpid()) - before), signal.SIGKILL)
    assert (await task).outputs == {"r": 1}
    await box.close()


async def test_everything_dies_with_the_server_even_by_kill_9(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from treadle.sandbox import Sandbox
async def serve():
    box = Sandbox(jail_root=Path({str(tmp_path / "jail")!r}), time_limit=600)
    await box.start()
    await box.run("python3", {ADD!r}, {{"a": 1, "b": 2}})
    await box.run("python3", {ON_CPYTHON + ADD!r}, {{"a": 1, "b": 2}})
    running = asyncio.create_task(box.run("python3", "import re\\ndef main():\\n    while True: pass", {{}}))
    await asyncio.sleep(0.2)
    print("ready", flush=True)
    await running
asyncio.run(serve())
"""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=subprocess.PIPE, env={"PYTHONPATH": "src", "PATH": os.environ["PATH"]}
    )
    assert server.stdout is not None
    assert await server.stdout.readline() == b"ready\n"
    family = _descendants(server.pid)
    assert len(family) >= 4
    server.kill()
    await server.wait()
    await _settles(lambda: not any(_alive(pid) for pid in family))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def test_packages_of_an_explicit_folder_can_be_imported(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    (packages / "shapes").mkdir(parents=True)
    (packages / "shapes" / "__init__.py").write_text("def area(w, h):\n    return w * h\n")
    box = Sandbox(jail_root=tmp_path / "jail", packages=packages)
    await box.start()
    result = await box.run("python3", "import shapes\ndef main():\n    return {'r': shapes.area(2, 3)}", {})
    assert (result.outputs, result.engine) == ({"r": 6}, "cpython")
    await box.close()


async def test_a_missing_package_is_named(sandbox: Sandbox) -> None:
    assert "ModuleNotFoundError: No module named 'scipy'" in await fails(
        sandbox, "import scipy\ndef main():\n    return {}"
    )


async def test_without_namespaces_landlock_and_seccomp_still_hold(tmp_path: Path) -> None:
    """As in a container that forbids unshare and mount: the report says what is off, and files stay out of reach."""
    script = f"""
import asyncio, errno, json, platform
from pathlib import Path
from treadle.sandbox import Sandbox, CodeExecutionError
from treadle.sandbox.jail import syscalls
from treadle.sandbox.jail.seccomp import Instruction
import struct
unshare, mount = {{"x86_64": (272, 165), "aarch64": (97, 40)}}[platform.machine()]
steps = [Instruction(0x20, 0)]
for number in (unshare, mount):
    steps += [Instruction(0x15, number, if_false=1), Instruction(0x06, 0x50000 | errno.EPERM)]
steps.append(Instruction(0x06, 0x7FFF0000))
syscalls.forbid_new_privileges()
syscalls.install_filter(b"".join(struct.pack("HBBI", s.code, s.if_true, s.if_false, s.value) for s in steps))
async def attempt(box, code):
    try:
        return (await box.run("python3", code, {{}})).outputs
    except CodeExecutionError as problem:
        return str(problem)
async def serve():
    box = Sandbox(jail_root=Path({str(tmp_path / "jail")!r}), monty=False)
    await box.start()
    answers = [await attempt(box, code) for code in (
        "def main(): return {{'r': 1}}",
        "def main(): return {{'r': open('/etc/passwd').read()}}",
        "import os\\ndef main(): return {{'r': open(f'/proc/{{os.getppid()}}/environ').read()}}",
        "def main(): open('/tmp/x', 'w')",
        "import socket\\ndef main(): socket.socket()",
        "import os\\ndef main(): os.kill(os.getppid(), 9)",
    )]
    features = {{feature.name: feature.active for feature in box.capabilities().features}}
    await box.close()
    print(json.dumps([answers, features]))
asyncio.run(serve())
"""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=subprocess.PIPE, env={"PYTHONPATH": "src", "PATH": os.environ["PATH"]}
    )
    output, _ = await server.communicate()
    answers, features = json.loads(output)
    assert answers[0] == {"r": 1}
    assert all("PermissionError" in answer for answer in answers[1:]), answers
    off = {name for name, active in features.items() if not active}
    assert {"pid namespace", "network namespace", "mount namespace", "scratch folder"} <= off
    assert {"Landlock", "seccomp", "no new privileges", "resource limits"}.isdisjoint(off)
