"""Hostile code: each attack is stopped with an error that says so, the caller's loop stays responsive, and the next
run works."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from treadle.sandbox import CodeExecutionError, Sandbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.uname().sysname != "Linux", reason="the jail is Linux only"),
]
LONGEST_PAUSE = 0.25


@asynccontextmanager
async def heartbeat() -> AsyncIterator[None]:
    """Fails if the event loop was ever held up for long."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
    assert longest < LONGEST_PAUSE, f"the event loop paused for {longest:.3f} s"


def body(*lines: str) -> str:
    return "\n".join(["import os, sys", "def main():", *(f"    {line}" for line in lines)])


ATTACKS = {
    "reads a file of the machine": (body("return {'r': open('/etc/passwd').read()}"), "FileNotFoundError"),
    "reads its parent's environment": (body("return {'r': open(f'/proc/{os.getppid()}/environ').read()}"), "Error"),
    "opens a socket": (
        body("import socket", "socket.create_connection(('127.0.0.1', 80), 1)", "return {}"),
        "PermissionError: [Errno 1] Operation not permitted",
    ),
    "opens a unix socket": (
        body("import socket", "socket.socket(socket.AF_UNIX)", "return {}"),
        "PermissionError: [Errno 1] Operation not permitted",
    ),
    "resolves a name": (body("import socket", "return {'r': socket.gethostbyname('example.org')}"), "gaierror"),
    "forks": (body("while True: os.fork()"), "PermissionError: [Errno 1] Operation not permitted"),
    "starts a program": (
        body("import subprocess", "subprocess.run(['/bin/ls'])", "return {}"),
        "PermissionError: [Errno 1] Operation not permitted",
    ),
    "replaces itself by a program": (
        body("os.execv('/usr/lib/x', ['x'])"),
        "PermissionError: [Errno 1] Operation not permitted",
    ),
    "allocates 10 GB": (body("return {'r': len(bytearray(10 * 10**9))}"), "memory limit"),
    "fills its memory bit by bit": (body("hoard = []", "while True: hoard.append(' ' * 100_000)"), "memory limit"),
    "keeps what fills its memory": ("hoard = []\nwhile True: hoard.append(' ' * 50_000)\n", "memory limit"),
    "loops": (body("while True: pass"), "timeout: the code ran longer than 1.5 s"),
    "sleeps": (body("import time", "time.sleep(60)"), "timeout: the code ran longer than 1.5 s"),
    "loops in a thread and waits": (
        body(
            "import threading",
            "def spin():",
            "    while True: pass",
            "thread = threading.Thread(target=spin)",
            "thread.start()",
            "thread.join()",
        ),
        "timeout: the code ran longer than 1.5 s",
    ),
    "swallows every exception": (
        body("while True:", "    try:", "        while True: pass", "    except BaseException: pass"),
        "timeout",
    ),
    "writes 1 GB to the scratch folder": (
        body("with open('/tmp/big', 'wb') as f:", "    for _ in range(1000): f.write(bytes(1 << 20))", "return {}"),
        "OSError: [Errno 27] File too large",
    ),
    "writes many files to the scratch folder": (
        body(
            "for n in range(100):",
            "    with open(f'/tmp/{n}', 'wb') as f: f.write(bytes(4 << 20))",
            "return {}",
        ),
        "OSError: [Errno 28] No space left on device",
    ),
    "writes beside the scratch folder": (body("open('/evil', 'w')"), "Error"),
    "writes into the standard library": (body("open(os.__file__, 'a')"), "Error"),
    "signals the first process": (body("os.kill(1, 9)", "return {}"), "PermissionError"),
    "signals every process": (body("os.kill(-1, 9)", "return {}"), "PermissionError"),
    "signals its parent": (body("os.kill(os.getppid(), 9)", "return {}"), "PermissionError"),
    "exits": (body("sys.exit(3)"), "SystemExit: 3"),
    "exits at once": (body("os._exit(3)"), "exit status 3"),
    "crashes": (body("import ctypes", "ctypes.string_at(0)"), "SIGSEGV"),
    "aborts": (body("os.abort()"), "crashed the interpreter"),
    "recurses": (body("def down(n): return down(n + 1)", "return down(0)"), "RecursionError"),
    "overflows the stack": (
        body("sys.setrecursionlimit(10**9)", "def down(n): return [*map(down, [n + 1])]", "return down(0)"),
        "crashed the interpreter",
    ),
    "closes the result channel": (body("os.close(3)", "return {}"), "ended its process"),
    "writes rubbish to the result channel": (body("os.write(3, b'x' * 100)", "return {}"), "result channel"),
    "promises a huge result": (
        body("os.write(3, b'R' + (1 << 40).to_bytes(8, 'big'))", "while True: os.write(3, bytes(1 << 20))"),
        "limit of 10,485,760 bytes",
    ),
    "forges a result that is no JSON": (
        body("os.write(3, b'R' + (3).to_bytes(8, 'big') + b'abc')", "return {}"),
        "no valid result",
    ),
    "forges a result that is no object": (
        body("os.write(3, b'R' + (2).to_bytes(8, 'big') + b'[]')", "return {}"),
        "no valid result: not an object",
    ),
    "returns more than the limit": (body("return {'r': 'x' * 11_000_000}"), "more than the limit of 10,485,760"),
    "links to a file of the machine": (
        body("os.symlink('/etc/passwd', '/tmp/link')", "return {'r': open('/tmp/link').read()}"),
        "FileNotFoundError",
    ),
    "climbs out of its folder": (
        body("os.chdir('/tmp')", "return {'r': open('../../../../etc/shadow').read()}"),
        "FileNotFoundError",
    ),
    "makes a device": (body("os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0))"), "PermissionError"),
    "mounts": (
        body(
            "import ctypes",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "done = libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
            "raise OSError(ctypes.get_errno(), f'mount gave {done}')",
        ),
        "[Errno 1] mount gave -1",
    ),
    "becomes root": (body("os.setuid(0)"), "PermissionError"),
    "makes namespaces": (
        body(
            "import ctypes",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "done = libc.unshare(0x10000000)",
            "raise OSError(ctypes.get_errno(), f'unshare gave {done}')",
        ),
        "[Errno 1] unshare gave -1",
    ),
    "traces": (
        body(
            "import ctypes",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "done = libc.ptrace(16, 1, 0, 0)",
            "raise OSError(ctypes.get_errno(), f'ptrace gave {done}')",
        ),
        "[Errno 1] ptrace gave -1",
    ),
    "calls the kernel directly": (
        body(
            "import ctypes",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "number = {'x86_64': 41, 'aarch64': 198}[os.uname().machine]  # socket",
            "done = libc.syscall(number, 2, 1, 0)",
            "raise OSError(ctypes.get_errno(), f'socket gave {done}')",
        ),
        "[Errno 1] socket gave -1",
    ),
    "clones without a C library": (
        body(
            "import ctypes",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "number = {'x86_64': 56, 'aarch64': 220}[os.uname().machine]  # clone, for a process",
            "done = libc.syscall(number, 17, 0, 0, 0, 0)",
            "raise OSError(ctypes.get_errno(), f'clone gave {done}')",
        ),
        "[Errno 1] clone gave -1",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_stopped_with_a_clear_error_and_the_next_run_works(jail: Sandbox, attack: str) -> None:
    code, expected = ATTACKS[attack]
    async with heartbeat():
        with pytest.raises(CodeExecutionError) as stopped:
            await jail.run("python3", code, {})
        assert expected in str(stopped.value)
        assert (await jail.run("python3", "def main(n): return {'n': n}", {"n": 1})).outputs == {"n": 1}


async def test_printing_a_gigabyte_is_discarded(jail: Sandbox) -> None:
    code = body(
        "line = 'x' * (1 << 20)", "for _ in range(1000): print(line)", "os.write(2, b'y')", "return {'ok': True}"
    )
    async with heartbeat():
        result = await jail.run("python3", code, {})
    assert result.outputs == {"ok": True}
    assert result.elapsed < 1.5


async def test_printing_what_looks_like_a_result_changes_nothing(jail: Sandbox) -> None:
    code = body("for fd in (1, 2): os.write(fd, b'R' + (2).to_bytes(8, 'big') + b'{}')", "return {'mine': 1}")
    assert (await jail.run("python3", code, {})).outputs == {"mine": 1}


async def test_a_forged_frame_is_only_the_forgers_own_result(jail: Sandbox) -> None:
    forged = b'{"forged": true}'
    code = body(f"os.write(3, b'R' + ({len(forged)}).to_bytes(8, 'big') + {forged!r})", "return {}")
    assert (await jail.run("python3", code, {})).outputs == {"forged": True}
    assert (await jail.run("python3", body("return {'next': 1}"), {})).outputs == {"next": 1}


async def test_a_key_file_of_the_server_is_out_of_reach(jail: Sandbox, tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_text("secret")
    key.chmod(0o644)
    with pytest.raises(CodeExecutionError, match=r"FileNotFoundError|PermissionError"):
        await jail.run("python3", body(f"return {{'r': open({str(key)!r}).read()}}"), {})


async def test_what_a_process_can_see_of_the_machine(jail: Sandbox) -> None:
    code = (
        body(
            "def listing(path):",
            "    try: return os.listdir(path)",
            "    except OSError as problem: return type(problem).__name__",
            "return {'pid': os.getpid(), 'environment': dict(os.environ), 'tmp': listing('/tmp'),",
            "        'home': listing('/root'), 'proc': listing('/proc'),",
            "        'descriptors': [fd for fd in range(64) if is_open(fd)]}",
        )
        + "\ndef is_open(fd):\n    try: os.fstat(fd)\n    except OSError: return False\n    return True\n"
    )
    seen = (await jail.run("python3", code, {})).outputs
    assert seen["pid"] == 1
    assert seen["environment"] == {}
    assert seen["tmp"] == []
    assert seen["proc"] == "FileNotFoundError"
    if os.geteuid() == 0:
        assert seen["home"] != os.listdir("/root")
    assert seen["descriptors"] == [0, 1, 2, 3]


async def test_the_scratch_folder_is_private_to_a_run(jail: Sandbox) -> None:
    write = "import tempfile\n" + body(
        "open('/tmp/mine', 'w').write('x')",
        "with tempfile.TemporaryDirectory() as d: pass",
        "return {'r': os.listdir('/tmp')}",
    )
    look = body("return {'r': os.listdir('/tmp')}")
    assert (await jail.run("python3", write, {})).outputs == {"r": ["mine"]}
    assert (await jail.run("python3", look, {})).outputs == {"r": []}


async def test_threads_and_asyncio_are_allowed(jail: Sandbox) -> None:
    code = """
import asyncio
from concurrent.futures import ThreadPoolExecutor

async def double(n):
    await asyncio.sleep(0.001)
    return n * 2

async def main(n):
    with ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda x: x * x, range(n)))
    return {"squares": squares, "doubles": await asyncio.gather(*map(double, range(n)))}
"""
    result = await jail.run("python3", code, {"n": 4})
    assert result.outputs == {"squares": [0, 1, 4, 9], "doubles": [0, 2, 4, 6]}


async def test_the_report_says_that_everything_is_active_here_for_root(jail: Sandbox) -> None:
    if os.geteuid() != 0:
        pytest.skip("root only")
    await jail.run("python3", body("return {}"), {})
    report = jail.capabilities()
    assert report.python
    assert report.problem == ""
    inactive = {feature.name for feature in report.features if not feature.active}
    assert inactive == {"user namespace"}
    assert all(feature.reason for feature in report.features)
