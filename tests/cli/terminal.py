"""Commands as a person types them: in this process where a process adds nothing, else as one of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from tests.doubles.scripted_model import ScriptedModel
from treadle.cli import app as command_line

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
QUIET = {"TREADLE_LOCAL_MODEL": "false", "TREADLE_EGRESS_ALLOW": "127.0.0.1"}
"""No built-in model, so that nothing but the scripted one can answer."""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The sentence on stderr, its prefix checked and left out."""
        assert self.err.startswith("treadle: "), self
        assert self.err.endswith("\n"), self
        return self.err.removeprefix("treadle: ").removesuffix("\n")


class Terminal:
    """A terminal whose commands work on one data folder."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.environment = {"TREADLE_DATA_DIR": str(data_dir), **QUIET, **(environment or {})}

    def __call__(self, *arguments: str | Path, typed: str | None = None) -> Said:
        """Runs a command in this process, where somebody types `typed`. What nobody foresaw is raised."""
        result = CliRunner().invoke(
            command_line, [str(argument) for argument in arguments], env=self.environment, input=typed
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: str | Path, **environment: str) -> Said:
        """Runs a command as a process of its own."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return Said(process.returncode, out.decode(), err.decode())

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[bytes]:
        """A command's process, its output piped."""
        return subprocess.Popen(
            [sys.executable, "-m", "treadle", *map(str, arguments)],
            env={**os.environ, **self.environment, **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def add_model(self, model: ScriptedModel, name: str = "stub-chat", *options: str) -> Said:
        """`treadle model add` with the scripted model's address and key."""
        return self(
            "model", "add", "--provider", "openai_api_compatible", "--type", "llm", "--model", name,
            "-c", f"endpoint_url={model.url}", "-c", f"api_key={model.key}", "-c", "mode=chat", *options,
        )  # fmt: skip


def commands(group: typer.Typer = command_line, prefix: str = "") -> dict[str, set[str]]:
    """Every command by its words, with its options and arguments."""
    root = typer.main.get_command(group)
    found: dict[str, set[str]] = {}

    def walk(command: Any, words: str) -> None:
        children = getattr(command, "commands", None)
        if children:
            for name, child in children.items():
                walk(child, f"{words} {name}".strip())
            return
        found[words] = {
            text
            for parameter in command.params
            for text in ([*parameter.opts, *parameter.secondary_opts] if parameter.param_type_name == "option" else [])
            if text != "--help"
        }

    walk(root, prefix)
    return found
