"""The pages about models: the list of providers is that of the catalogue, and the commands of servers work."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.doubles.scripted_model import ScriptedModel
from tests.models import providers_page

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
OLLAMA = "ollama"


def test_the_page_of_providers_is_that_of_the_catalogue() -> None:
    assert providers_page.PAGE.read_text("utf-8") == providers_page.page()


def commands() -> list[list[str]]:
    """The commands of the chapter about servers of one's own."""
    chapter = PAGE.read_text("utf-8").partition("\n## Servers of your own\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", chapter, re.DOTALL | re.MULTILINE)
    return [shlex.split(line) for block in blocks for line in block.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command[1:7]))
def test_the_commands_for_servers_work(command: list[str], tmp_path: Path) -> None:
    model = command[command.index("--model") + 1]
    with ScriptedModel(models=[model]).in_thread() as server:
        origin = server.url.removesuffix("/v1")
        words = [re.sub(r"http://127\.0\.0\.1:\d+", origin, word) for word in command[1:]]
        words = [f"api_key={server.key}" if word.startswith("api_key=") else word for word in words]
        own_protocol = OLLAMA in words or not any(word.startswith("api_key=") for word in words)
        said = Terminal(tmp_path / "data")(*words, *(["--no-validate"] if own_protocol else []))
        assert said.code == 0, said
        assert bool(server.requests) != own_protocol
