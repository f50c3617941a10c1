"""`treadle app`: what is imported can be listed, exported, called and deleted."""

from pathlib import Path

import pytest
import yaml

from tests.cli.terminal import EXAMPLES, Terminal
from tests.server.app_files import end, secret, start, template, workflow

CHAT = EXAMPLES / "chat.yml"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A workflow with a secret."""
    path = tmp_path / "echo.yml"
    nodes = (start(to="t"), template("t", "hi", to="end"), end(said="t.output"))
    path.write_text(workflow(*nodes, name="Echo", environment=[secret("token", "s3cr3t")]))
    return path


def test_import_prints_the_app_and_its_key_as_json(treadle: Terminal, draft: Path):
    said = treadle("app", "import", draft, "--publish", "--api-key", "--json")
    made = said.json
    assert (said.code, said.err) == (0, "")
    assert set(made) == {"app_id", "mode", "api_key"}
    assert made["mode"] == "workflow"
    assert made["api_key"].startswith("app-")
    without_key = treadle("app", "import", CHAT, "--json").json
    assert set(without_key) == {"app_id", "mode"}
    assert without_key["mode"] == "chat"


def test_import_says_in_words_what_was_made(treadle: Terminal, draft: Path):
    said = treadle("app", "import", draft)
    assert said.out.startswith("Imported Echo (workflow) as ")
    assert said.out.endswith("It is a draft: import it with --publish to make it callable.\n")
    published = treadle("app", "import", draft, "--publish", "--api-key").out
    assert "API key (shown once): app-" in published
    assert "Its page, while `treadle serve` runs: http://127.0.0.1:8700/workflow/" in published


def test_list_shows_every_app_the_last_changed_first(treadle: Terminal, draft: Path):
    assert treadle("app", "list", "--json").json == []
    assert treadle("app", "list").out == "There are no apps yet; import one with `treadle app import FILE`.\n"
    first = treadle("app", "import", CHAT, "--publish", "--json").json["app_id"]
    second = treadle("app", "import", draft, "--json").json["app_id"]
    rows = treadle("app", "list", "--json").json
    assert [(row["id"], row["name"], row["mode"], row["published"]) for row in rows] == [
        (second, "Echo", "workflow", False),
        (first, "Pocket guide", "chat", True),
    ]
    assert set(rows[0]) == {"id", "name", "mode", "published", "site_code", "url", "updated_at"}
    assert rows[1]["url"].endswith(f"/chat/{rows[1]['site_code']}")
    assert treadle("app", "list").out.splitlines() == [
        f"{second}  workflow       Echo  (draft)",
        f"{first}  chat           Pocket guide",
    ]


def test_export_gives_the_file_back_and_keeps_secrets_to_itself(treadle: Terminal, draft: Path, tmp_path: Path):
    app_id = treadle("app", "import", draft, "--json").json["app_id"]
    said = treadle("app", "export", "Echo")
    exported, given = yaml.safe_load(said.out), yaml.safe_load(draft.read_text())
    assert exported["workflow"]["graph"] == given["workflow"]["graph"]
    assert "s3cr3t" not in said.out
    assert "s3cr3t" in treadle("app", "export", app_id, "--include-secrets").out
    copy = tmp_path / "copy.yml"
    assert treadle("app", "export", app_id, "-o", copy).out == ""
    assert copy.read_text() == said.out
    assert treadle("app", "export", app_id, "--output", tmp_path).complaint == (
        f"{tmp_path} cannot be written: Is a directory."
    )


def test_delete_removes_one_app(treadle: Terminal, draft: Path):
    treadle("app", "import", draft)
    treadle("app", "import", CHAT)
    said = treadle("app", "delete", "Echo")
    assert (said.code, said.out) == (0, "Deleted Echo.\n")
    assert [row["name"] for row in treadle("app", "list", "--json").json] == ["Pocket guide"]


@pytest.mark.parametrize("command", [("app", "export"), ("app", "delete"), ("run",)])
def test_an_app_that_does_not_exist_is_named(treadle: Terminal, command: tuple[str, ...]):
    said = treadle(*command, "nobody")
    assert (said.code, said.out) == (1, "")
    assert said.complaint == "There is no app with the id or name nobody; see `treadle app list`."


def test_a_name_that_several_apps_have_asks_for_the_id(treadle: Terminal, draft: Path):
    first = treadle("app", "import", draft, "--json").json["app_id"]
    treadle("app", "import", draft)
    said = treadle("app", "delete", "Echo")
    assert (said.code, said.complaint) == (1, "2 apps are called Echo; give the id instead.")
    assert treadle("app", "delete", first).code == 0


def test_a_file_that_is_no_app_creates_nothing(treadle: Terminal, tmp_path: Path):
    broken = tmp_path / "broken.yml"
    broken.write_text("app: {name: x\n  mode")
    said = treadle("app", "import", broken, "--publish", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.complaint.startswith("Line 3, column 1: ")
    assert treadle("app", "import", tmp_path).complaint == f"{tmp_path} cannot be read: Is a directory."
    missing = tmp_path / "missing.yml"
    assert treadle("app", "import", missing).complaint == f"{missing} cannot be read: No such file or directory."
    assert treadle("app", "list", "--json").json == []


def test_an_app_whose_nodes_cannot_run_is_a_draft_and_not_published(treadle: Terminal, tmp_path: Path):
    path = tmp_path / "future.yml"
    path.write_text(workflow(start(to="t"), template("t", "hi", to="end"), end()).replace("template-transform", "acme"))
    said = treadle("app", "import", path, "--publish")
    assert said.code == 1
    assert '"t"' in said.complaint
    assert '"acme"' in said.complaint
    assert treadle("app", "list", "--json").json == []
    assert treadle("app", "import", path).code == 0


def test_words_that_are_no_command_are_a_usage_error(treadle: Terminal):
    for words in (("nonsense",), ("app", "import"), ("app", "list", "--nonsense"), ("app", "export", "a", "b")):
        said = treadle(*words)
        assert (said.code, said.out) == (2, "")
        assert "Usage: " in said.err
