"""Commands as processes: pipes that close, Ctrl-C, terminals without Unicode, and how fast help answers."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import EXAMPLES, ROOT, Terminal
from tests.doubles.scripted_model import ScriptedModel
from tests.server.app_files import STUB, answer, chat, chatflow, start

HELP_SECONDS = 0.3


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel().in_thread() as model:
        yield model


@pytest.fixture
def with_model(treadle: Terminal, model: ScriptedModel) -> Terminal:
    assert treadle.add_model(model, STUB["name"], "--no-validate").code == 0
    return treadle


@pytest.fixture
def talker(tmp_path: Path) -> Path:
    """A chat app that asks the scripted model."""
    path = tmp_path / "talker.yml"
    path.write_text(chat(name="Talker"))
    return path


def test_help_costs_less_than_a_third_of_a_second(treadle: Terminal):
    costs = [_processor_seconds("--help") for _ in range(3)]
    assert min(costs) < HELP_SECONDS


def _processor_seconds(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "treadle", *arguments], check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def test_help_loads_nothing_that_serves():
    heavy = {"sqlalchemy", "aiohttp", "starlette", "pydantic_settings", "jinja2", "rich", "asyncio", "treadle.server"}
    shown = subprocess.run(
        [sys.executable, "-c", "import sys, treadle.cli; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert set(shown.stdout.split()) & heavy == set()


def test_the_result_goes_to_stdout_and_the_complaint_to_stderr(treadle: Terminal):
    good = treadle.process("app", "list", "--json")
    assert (good.code, good.json, good.err) == (0, [], "")
    bad = treadle.process("app", "export", "nobody")
    assert (bad.code, bad.out) == (1, "")
    assert bad.complaint.startswith("There is no app")
    assert treadle.process("app", "export").code == 2


def test_data_dir_may_be_an_option(treadle: Terminal, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    treadle.process("migrate", "--data-dir", elsewhere)
    assert (elsewhere / "treadle.db").exists()
    assert not treadle.data_dir.exists()


def test_output_that_nobody_reads_any_more_ends_quietly(with_model: Terminal, model: ScriptedModel, talker: Path):
    model.reply("word " * 400)
    model.chunk_delay(0.01)
    process = with_model.start("run", talker, "-q", "talk")
    assert process.stdout is not None
    assert process.stdout.read(4) == b"word"
    process.stdout.close()
    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), complaint) == (1, b"")


@pytest.mark.parametrize("buffered", [True, False])
def test_a_list_that_nobody_reads_to_its_end_is_quiet(treadle: Terminal, buffered: bool):
    process = treadle.start("model", "providers", "--json", PYTHONUNBUFFERED="" if buffered else "1")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(30)


def test_ctrl_c_ends_a_stream_at_once_and_quietly(with_model: Terminal, model: ScriptedModel, talker: Path):
    model.reply("word " * 400)
    model.hang(after_events=5)
    process = with_model.start("run", talker, "-q", "talk")
    assert process.stdout is not None
    assert process.stdout.read(4) == b"word"
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (130, b"")
    model.wait_until_now(lambda: model.requests[-1].client_closed, "the client to hang up")


def test_ctrl_c_stops_a_run_of_an_app_and_its_log_says_so(with_model: Terminal, model: ScriptedModel, talker: Path):
    with_model("app", "import", talker, "--publish")
    model.reply("word " * 400)
    model.hang(after_events=5)
    process = with_model.start("run", "Talker", "-q", "talk")
    assert process.stdout is not None
    assert process.stdout.read(4) == b"word"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert [row["status"] for row in with_model("logs", "--json").json] == ["stopped"]


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"LC_ALL": "C"}, "Grüße 🌍\n".encode()),
        ({"PYTHONIOENCODING": "latin-1"}, "Grüße ?\n".encode("latin-1")),
        ({"PYTHONIOENCODING": "ascii"}, b"Gr??e ?\n"),
    ],
    ids=["C locale", "latin-1", "ascii"],
)
def test_a_terminal_without_unicode_still_shows_the_answer(
    treadle: Terminal, tmp_path: Path, environment: dict[str, str], shown: bytes
):
    path = tmp_path / "flow.yml"
    path.write_text(chatflow(start(to="answer"), answer("Grüße 🌍")))
    process = treadle.start("run", path, "-q", "x", **environment)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, shown, b"")


def test_json_and_exports_survive_a_terminal_without_unicode(treadle: Terminal, tmp_path: Path):
    path = tmp_path / "flow.yml"
    path.write_text(chatflow(start(to="answer"), answer("Grüße 🌍"), name="Welt 🌍"))
    treadle("app", "import", path)
    listed = treadle.process("app", "list", "--json", PYTHONIOENCODING="ascii")
    assert [row["name"] for row in listed.json] == ["Welt 🌍"]
    exported = treadle.start("app", "export", "Welt 🌍", PYTHONIOENCODING="latin-1")
    out, _ = exported.communicate(timeout=60)
    assert "Grüße 🌍" in out.decode("utf-8")


def test_a_model_that_stands_in_for_another_is_said_on_stderr(with_model: Terminal, model: ScriptedModel):
    with_model.add_model(model, "other", "--default", "--no-validate")
    said = with_model.process("run", EXAMPLES / "chat.yml", "-q", "hi")
    assert (said.code, said.out) == (0, "You said: hi\n")
    assert said.complaint == (
        "smollm2-135m-instruct of local has no credentials; other of openai_api_compatible stands in"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_the_command_is_installed():
    command = Path(sys.executable).with_name("treadle")
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("treadle ")
