"""`treadle check`: every problem with its node, field and reason."""

import os
from pathlib import Path

import pytest

from tests.cli.terminal import EXAMPLES, Terminal
from tests.server.app_files import end, start, template, workflow


def test_a_sound_file_is_ok(treadle: Terminal):
    path = EXAMPLES / "chat.yml"
    assert (treadle("check", path).out, treadle("check", path).code) == (f"{path}: ok\n", 0)
    assert treadle("check", path, "--json").json == [
        {"file": str(path), "status": "completed", "mode": "chat", "name": "Pocket guide", "ok": True, "problems": []}
    ]


def test_no_data_folder_is_made(treadle: Terminal):
    treadle("check", EXAMPLES / "chat.yml", "--data-dir", treadle.data_dir)
    assert not treadle.data_dir.exists()


def test_a_problem_names_its_node_field_and_reason(treadle: Terminal, tmp_path: Path):
    path = tmp_path / "typo.yml"
    path.write_text(workflow(start(to="t"), template("t", "hi", to="end"), end()).replace("template-transform", "acme"))
    said = treadle("check", path, "--json")
    (report,) = said.json
    assert (said.code, report["ok"]) == (1, False)
    (problem,) = [problem for problem in report["problems"] if problem["severity"] == "error"]
    assert set(problem) == {"kind", "severity", "message", "where", "node", "node_title", "field"}
    assert (problem["node"], problem["field"]) == ("t", "data.type")
    assert problem["message"] == 'The node "t": The type "acme" is unknown.'
    assert treadle("check", path).out == f'{path}: 1 error\n  error: The node "t": The type "acme" is unknown.\n'


def test_one_bad_file_among_several_ends_with_1_and_hides_no_other(treadle: Terminal, tmp_path: Path):
    good, missing, empty = EXAMPLES / "completion.yml", tmp_path / "missing.yml", tmp_path / "empty.yml"
    empty.write_bytes(b"")
    said = treadle("check", missing, empty, tmp_path, good)
    assert said.code == 1
    assert said.err.splitlines() == [
        f"treadle: {missing} cannot be read: No such file or directory.",
        f"treadle: {tmp_path} cannot be read: Is a directory.",
    ]
    assert said.out.splitlines()[0] == f"{empty}: 1 error"
    assert said.out.splitlines()[-1] == f"{good}: ok"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(treadle: Terminal, tmp_path: Path):
    path = tmp_path / "locked.yml"
    path.write_text("app: {}")
    path.chmod(0)
    assert treadle("check", path).complaint == f"{path} cannot be read: Permission denied."


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02", b"\xff\xfe\xfa", b"a: &a [*a, *a]", b"- 1", b"kind: app", b"{" * 5000]
)
def test_rubbish_is_refused_with_a_reason(treadle: Terminal, tmp_path: Path, content: bytes):
    path = tmp_path / "rubbish.yml"
    path.write_bytes(content)
    said = treadle("check", path, "--json")
    (report,) = said.json
    assert (said.code, report["status"], report["mode"], report["ok"]) == (1, "failed", None, False)
    assert report["problems"][0]["message"]


def test_check_without_a_file_is_a_usage_error(treadle: Terminal):
    assert treadle("check").code == 2
