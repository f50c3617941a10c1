"""`treadle tool`: everything about tools without a browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.server.app_files import end, start, template, text_input, workflow
from tests.tools.kennel import Running, kennel, running


@pytest.fixture
def service() -> Iterator[Running]:
    with running(kennel()) as started:
        yield started


def test_a_tool_that_needs_nothing_works_at_once(treadle: Terminal):
    said = treadle("tool", "test", "maths", "eval_expression", "--input", "expression=6 * 7")
    assert (said.code, said.out) == (0, "42\n")
    listed = {each["name"]: each for each in treadle("tool", "list", "--type", "builtin", "--json").json}
    assert listed["maths"]["authorized"]
    assert [tool["name"] for tool in listed["maths"]["tools"]] == ["eval_expression"]
    assert not listed["brave"]["authorized"]
    shown = treadle("tool", "show", "maths").out
    assert shown.startswith("maths (builtin)\n")
    assert "expression (string, required)" in shown


def test_an_api_becomes_tools(treadle: Terminal, service: Running, tmp_path: Path):
    said = treadle(
        "tool", "import", f"{service.url}/openapi.json", "--name", "kennel", "--auth", "header", "--key", "k-1",
        "--key-name", "X-Key", "--key-prefix", "custom",
    )  # fmt: skip
    assert said.code == 0, said
    assert said.out.startswith("kennel has 9 tools: get_pet, remove_pet,")
    called = treadle("tool", "test", "kennel", "get_pet", "-i", "pet_id=7", "-i", 'tags=["a"]')
    assert json.loads(called.out)["pet_id"] == 7
    assert service.last["tags"] == ["a"]
    assert service.last["headers"]["x-key"] == "k-1"
    picture = tmp_path / "p.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    treadle("tool", "test", "kennel", "scan", "-i", f"picture=@{picture}", "-i", f"pages=@{picture}")
    assert service.last["picture"][0] == "p.png"
    refused = treadle("tool", "test", "kennel", "closed")
    assert refused.code == 1
    assert "closed on Mondays" in refused.complaint
    again = treadle("tool", "import", f"{service.url}/openapi.json", "--name", "kennel")
    assert again.complaint == "There is an API called kennel already; choose another name."
    assert treadle("tool", "import", f"{service.url}/openapi.json", "--name", "kennel", "--replace").code == 0
    assert treadle("tool", "remove", "kennel").out == "Removed kennel.\n"
    assert treadle("tool", "list", "--type", "api").out == ""


def test_an_api_from_a_file_that_cannot_be_used(treadle: Terminal, tmp_path: Path):
    file = tmp_path / "api.yaml"
    file.write_text("openapi: 3.0.0\nservers: []\n")
    said = treadle("tool", "import", file, "--name", "x")
    assert (said.code, said.complaint) == (
        1,
        "The description cannot be used. As OpenAPI: It names no server: add `servers` with the address that "
        "requests go to.",
    )
    missing = treadle("tool", "import", tmp_path / "gone.yaml", "--name", "x")
    assert missing.code == 1
    assert treadle("tool", "import", file, "--name", "x", "--auth", "magic").code == 2


def test_credentials_are_added_chosen_and_removed(treadle: Terminal, service: Running):
    def add(key: str, *options: str):
        return treadle(
            "tool", "credential", "add", "--provider", "brave", "-c", f"brave_search_api_key={key}",
            "-c", f"base_url={service.url}/search", *options,
        )  # fmt: skip

    wrong = add("wrong-key")
    assert wrong.code == 1
    assert wrong.complaint.startswith("The credentials of brave do not work:")
    assert add("first-key").out == "Added API KEY 1 of brave as the default.\n"
    assert add("second-key", "--name", "Team").out == "Added Team of brave.\n"
    rows = treadle("tool", "credential", "list", "--provider", "brave", "--json").json
    assert [(row["name"], row["is_default"]) for row in rows] == [("API KEY 1", True), ("Team", False)]
    assert "first-key" not in treadle("tool", "credential", "list", "--json").out
    assert treadle("tool", "credential", "default", "Team", "--provider", "brave").code == 0
    assert "Looms" in treadle("tool", "test", "brave", "brave_search", "-i", "query=weave").out
    assert service.last["key"] == "second-key"
    assert treadle("tool", "credential", "remove", "Team", "--provider", "brave").code == 0
    gone = treadle("tool", "credential", "remove", "Team", "--provider", "brave")
    assert gone.complaint == "brave has no credentials called Team; it has API KEY 1."


def test_a_workflow_becomes_a_tool(treadle: Terminal, tmp_path: Path):
    file = tmp_path / "greeter.yml"
    file.write_text(
        workflow(
            start(text_input("who", required=True), to="hello"),
            template("hello", "Hello {{ who }}", who="start.who", to="end"),
            end(greeting="hello.output"),
            name="Greeter",
        )
    )
    assert treadle("app", "import", file, "--publish").code == 0
    said = treadle("tool", "workflow", "Greeter", "--name", "greet")
    assert said.out == "Greeter is the tool greet; it asks for who.\n"
    assert treadle("tool", "workflow", "Greeter", "--name", "greet").code == 0
    called = treadle("tool", "test", "greet", "greet", "-i", "who=Bo")
    assert called.out == '{"greeting": "Hello Bo"}\ngreeting = Hello Bo\n'
    assert treadle("tool", "remove", "greet").code == 0


def test_what_does_not_exist_is_said(treadle: Terminal):
    assert treadle("tool", "show", "nobody").complaint == ("There is no tool provider nobody; see `treadle tool list`.")
    assert treadle("tool", "test", "maths", "nothing").code == 1
    assert treadle("tool", "test", "maths", "eval_expression", "-i", "x=1").complaint == (
        "eval_expression has no parameter x; it has expression."
    )
    assert treadle("tool", "list", "--type", "magic").code == 2
