"""`treadle packages`: what is added is there for the next run of a code node, and nothing odd reaches the installer."""

import zipfile
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one small package, in place of a registry."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "greeting_words-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("greeting_words.py", "HELLO = 'hello'\n")
        info = "greeting_words-1.2.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting-words\nVersion: 1.2\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    for name in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, str(folder))
    for name in ("UV_NO_INDEX", "PIP_NO_INDEX"):
        monkeypatch.setenv(name, "1")
    return folder


APP = """
kind: app
version: 0.1.5
app: {name: Greeter, mode: workflow}
workflow:
  graph:
    nodes:
      - {id: s, data: {type: start, title: Start, variables: []}}
      - id: c
        data:
          type: code
          title: Code
          code_language: python3
          variables: []
          outputs: {r: {type: string}}
          code: |
            import re, greeting_words
            def main():
                return {"r": greeting_words.HELLO}
      - {id: e, data: {type: end, title: End, outputs: [{variable: r, value_selector: [c, r]}]}}
    edges: [{source: s, target: c}, {source: c, target: e}]
"""


def test_an_added_package_is_there_for_code_nodes(terminal: Terminal, wheels: Path, tmp_path: Path):
    file = tmp_path / "greeter.yml"
    file.write_text(APP)
    before = terminal("run", file, "--json")
    assert "No module named 'greeting_words'" in before.json["error"]
    assert terminal("packages", "add", "greeting-words==1.2").out == (
        "Code nodes may now import from greeting-words==1.2.\n"
    )
    assert terminal("run", file, "--json").json["outputs"] == {"r": "hello"}
    assert {"name": "greeting-words", "version": "1.2"} in terminal("packages", "list", "--json").json
    assert terminal("packages", "remove").code == 0
    assert "No module named" in terminal("run", file, "--json").json["error"]


def test_a_workspace_without_packages_says_what_is_offered(terminal: Terminal):
    assert "numpy and pandas are offered" in terminal("packages", "list").out
    assert terminal("packages", "remove").complaint == "The workspace has no packages of its own."


@pytest.mark.parametrize("name", ["--index-url=http://x", "../x", "a b", "x; rm", "git+https://x/y", ""])
def test_only_names_of_packages_are_taken(terminal: Terminal, name: str):
    said = terminal("packages", "add", "--", name)
    assert said.code == 2
    assert "is no name of a package" in said.complaint


def test_a_package_that_does_not_exist_is_not_added(terminal: Terminal, wheels: Path):
    said = terminal("packages", "add", "no-such-package-here")
    assert said.code == 1
    assert said.complaint == "The packages were not installed; the lines above say why."
