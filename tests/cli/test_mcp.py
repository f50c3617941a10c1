"""`treadle mcp`: servers added, listed and removed without a browser."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.tools.mcp_servers.test_servers import COMMAND


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    import json

    return Terminal(tmp_path / "data", {"TREADLE_MCP_STDIO_COMMANDS": json.dumps([COMMAND])})


def test_a_program_becomes_tools(terminal: Terminal):
    added = terminal("mcp", "add", "sums", f"stdio:{COMMAND}", "--name", "Sums", "--json").json
    assert (added["name"], added["authorized"], added["tools"][0]) == ("Sums", True, "add")
    assert [each["server_identifier"] for each in terminal("mcp", "list", "--json").json] == ["sums"]
    assert "sums: add, weather" in terminal("mcp", "refresh", "sums").out
    assert terminal("mcp", "remove", "sums").out == "Removed sums.\n"
    assert terminal("mcp", "list", "--json").json == []


def test_a_program_that_is_not_allowed_is_not_started(terminal: Terminal):
    said = terminal("mcp", "add", "shell", "stdio:/bin/true")
    assert said.code == 1
    assert "TREADLE_MCP_STDIO_COMMANDS" in said.complaint


def test_an_unknown_server_is_named(terminal: Terminal):
    assert "no such MCP server" in terminal("mcp", "remove", "sums").complaint
