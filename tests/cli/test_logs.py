"""`treadle logs`: runs newest first, and one node by node."""

import re
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.server.app_files import end, failing, if_contains, start, template, text_input, workflow


@pytest.fixture
def with_runs(treadle: Terminal, tmp_path: Path) -> Terminal:
    """Two runs of one app, the second one failed."""
    nodes = (
        start(text_input("word"), to="check"),
        if_contains("check", "start.word", "bad", then="boom", otherwise="t"),
        failing(to={"source": "end"}),
        template("t", "fine", to="end"),
        end(said="t.output"),
    )
    path = tmp_path / "app.yml"
    path.write_text(workflow(*nodes, name="Moody"))
    treadle("app", "import", path, "--publish")
    treadle("run", "Moody", "-i", "word=good")
    treadle("run", "Moody", "-i", "word=bad")
    return treadle


def test_without_runs_it_says_so(treadle: Terminal):
    assert treadle("logs").out == "There are no runs yet.\n"
    assert treadle("logs", "--json").json == []


def test_runs_are_listed_newest_first_and_filtered(with_runs: Terminal):
    rows = with_runs("logs", "--json").json
    assert [(row["status"], row["app_name"], row["mode"]) for row in rows] == [
        ("failed", "Moody", "workflow"),
        ("succeeded", "Moody", "workflow"),
    ]
    assert [row["id"] for row in with_runs("logs", "--status", "failed", "--json").json] == [rows[0]["id"]]
    assert [row["id"] for row in with_runs("logs", "--limit", "1", "--json").json] == [rows[0]["id"]]
    assert len(with_runs("logs", "--app", "Moody", "--json").json) == 2
    assert with_runs("logs", "--status", "stopped").out == "No run matches.\n"
    line = with_runs("logs").out.splitlines()[0]
    assert line.startswith(rows[0]["id"])
    assert re.search(r'failed .* s +0 tok  Moody: \{"word":"bad"\}$', line)


def test_one_run_is_shown_node_by_node(with_runs: Terminal):
    failed, good = with_runs("logs", "--json").json
    detail = with_runs("logs", good["id"], "--json").json
    assert detail["inputs"]["word"] == "good"
    assert detail["outputs"] == {"said": "fine"}
    assert [(node["index"], node["node_type"], node["status"]) for node in detail["nodes"]] == [
        (1, "start", "succeeded"),
        (2, "if-else", "succeeded"),
        (3, "template-transform", "succeeded"),
        (4, "end", "succeeded"),
    ]
    text = with_runs("logs", failed["id"]).out
    assert "error: " in text
    assert "the machine broke" in text
    assert "  3. boom (code)  failed  " in text


def test_what_does_not_exist_is_said(with_runs: Terminal):
    assert with_runs("logs", "nothing").complaint == "There is no such run."
    assert with_runs("logs", "--app", "nothing").complaint.startswith("There is no app with the id or name nothing")
    assert with_runs("logs", "--limit", "0").code == 2
    assert with_runs("logs", "--limit", "many").code == 2
