"""`treadle knowledge`, on a data folder that no server uses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from treadle.cli import app

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, and files beside it."""
    monkeypatch.setenv("TREADLE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TREADLE_LOCAL_MODEL", "false")
    files = tmp_path / "files"
    (files / "below").mkdir(parents=True)
    (files / "a.md").write_text("# Harbour\n\nNo swimming here.")
    (files / "below" / "b.txt").write_text("No diving here.")
    (files / "tool.exe").write_bytes(b"MZ")
    return files


def said(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["knowledge", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def said_wrong(*arguments: str) -> str:
    """What a command that fails says."""
    result = RUN.invoke(app, ["knowledge", *arguments])
    assert result.exit_code == 1, result.output
    return result.stderr


def test_a_base_is_filled_asked_moved_and_deleted(folder: Path, tmp_path: Path) -> None:
    made = json.loads(said("create", "Rules", "--json"))
    assert (made["name"], made["indexing_technique"]) == ("Rules", "economy")
    rows = json.loads(said("add", "Rules", str(folder), "--json"))
    assert [(row["name"], row["status"], row["error"]) for row in rows] == [
        ("a.md", "completed", None),
        ("b.txt", "completed", None),
    ]
    (found,) = json.loads(said("search", "Rules", "swimming", "--json"))
    assert (found["document"], "No swimming here." in found["content"]) == ("a.md", True)
    archive = tmp_path / "rules.zip"
    said("export", "Rules", str(archive))
    copy = json.loads(said("import", str(archive), "--name", "Copy", "--json"))
    assert (copy["name"], copy["documents"]) == ("Copy", 2)
    assert "No diving here." in said("search", "Copy", "diving")
    assert said("reindex", "Copy").strip() == "2 of 2 documents are indexed"
    assert json.loads(said("delete", "Rules", "--json")) == {"dataset_id": made["dataset_id"]}
    assert [row["name"] for row in json.loads(said("list", "--json"))] == ["Copy"]
    assert json.loads(said("api-key", "--json"))["api_key"].startswith("dataset-")


def test_what_cannot_be_done_is_said(folder: Path) -> None:
    said("search", "Nothing", "x", code=1)
    said("create", "x" * 41, code=1)
    said("create", "Rules")
    said("create", "Rules", code=1)
    said("add", "Rules", str(folder / "gone.txt"), code=1)
    rows = json.loads(said("add", "Rules", str(folder / "tool.exe"), "--json", code=1))
    assert (rows[0]["status"], "cannot be read" in rows[0]["error"]) == ("error", True)


def test_ways_of_searching_are_compared(folder: Path, tmp_path: Path) -> None:
    said("create", "Rules")
    said("add", "Rules", str(folder))
    assert "no question set" in said_wrong("eval", "Rules")
    questions = tmp_path / "questions.csv"
    questions.write_text("question,document,passage\nswimming?,a.md,No swimming here.\nzeppelin?,b.txt,\n")
    done = json.loads(said("eval", "Rules", "--questions", str(questions), "--json"))
    assert done["status"] == "completed"
    (result,) = done["results"]
    assert result["figures"]["recall@1"]["value"] == 0.5
    table = said("eval", "Rules", "--set", "questions", "--method", "keyword", "--method", "settings")
    assert table.startswith("2 questions of 'questions'")
    assert table.splitlines()[2].split()[:2] == ["keyword", "0.500"]
    assert "has no question set 'x'; it has questions" in said_wrong("eval", "Rules", "--set", "x")
    assert "no way of searching 'guess'" in said_wrong("eval", "Rules", "--method", "guess")
    assert "no chunks of at least 80 characters" in said_wrong("eval", "Rules", "--generate", "2")
