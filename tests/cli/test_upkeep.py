"""`treadle admin`, `migrate` and `doctor`, and data folders that cannot be used."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from treadle import __version__


def create(treadle: Terminal, *options: str, email: str = "ada@example.com", password: str = "engine-1843"):
    return treadle("admin", "create", "--email", email, "--password", password, *options)


def test_the_first_account_owns_the_workspace(treadle: Terminal):
    made = create(treadle, "--workspace", "Analytical", "--name", "Ada", "--json").json
    assert set(made) == {"account_id", "email", "workspace_id", "workspace"}
    assert (made["email"], made["workspace"]) == ("ada@example.com", "Analytical")


def test_a_second_first_account_is_refused(treadle: Terminal):
    assert create(treadle).out == "Created ada@example.com, owner of the workspace My workspace.\n"
    said = create(treadle, email="eve@example.com")
    assert said.code == 1
    assert said.complaint.startswith("There is an account already;")


def test_a_password_is_reset_once_confirmed(treadle: Terminal):
    create(treadle)
    reset = ("admin", "reset-password", "--email", "Ada@example.com", "--password", "engine-1844")
    assert treadle(*reset).code == 1
    assert treadle(*reset, "--yes").out == "Changed the password of ada@example.com.\n"


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("nobody", "engine-1843", "This is no e-mail address."),
        ("a@b.c", "short1", "A password needs at least 8 characters, with letters and digits."),
        ("a@b.c", "onlyletters", "A password needs at least 8 characters, with letters and digits."),
    ],
)
def test_a_bad_address_or_password_is_refused(treadle: Terminal, email: str, password: str, complaint: str):
    said = create(treadle, email=email, password=password)
    assert (said.code, said.complaint) == (1, complaint)


def test_admin_create_needs_address_and_password(treadle: Terminal):
    assert treadle("admin", "create").code == 2


def test_migrate_does_its_work_once(treadle: Terminal):
    assert treadle("migrate").out == "The schema was brought up to date.\n"
    assert treadle("migrate").out == "The schema is up to date.\n"


def test_doctor_finds_a_new_folder_healthy(treadle: Terminal):
    said = treadle("doctor", "--json")
    findings = {finding["name"]: finding for finding in said.json}
    assert said.code == 0
    assert all(set(finding) == {"name", "state", "detail", "advice"} for finding in findings.values())
    needed = ("python", "data folder", "database", "secret key", "file store")
    assert [findings[name]["state"] for name in needed] == ["ok"] * len(needed)
    assert {"built-in model", "web app"} <= set(findings)
    assert treadle("doctor").out.splitlines()[1] == f"ok    data folder        {treadle.data_dir}"


def test_doctor_says_what_is_broken_and_what_to_do(treadle: Terminal):
    treadle("migrate")
    (treadle.data_dir / "secret.key").write_text("not a key")
    treadle.environment["TREADLE_DATABASE_URL"] = "postgresql://nobody:hush@127.0.0.1:9/none"
    said = treadle("doctor", "--json")
    broken = {finding["name"]: finding for finding in said.json if finding["state"] == "fail"}
    assert said.code == 1
    assert set(broken) == {"database", "secret key"}
    assert broken["database"]["advice"] == "See that it runs and that TREADLE_DATABASE_URL is right."
    assert broken["secret key"]["advice"] == "Put back the key file that this data was made with."
    assert "hush" not in said.out


def test_doctor_warns_of_a_key_that_others_can_read(treadle: Terminal):
    treadle("app", "list")
    key = treadle.data_dir / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    said = treadle("doctor", "--json")
    (finding,) = [finding for finding in said.json if finding["name"] == "secret key"]
    assert (said.code, finding["state"], finding["advice"]) == (0, "warn", f"chmod 600 {key}")


COMMANDS = [
    ("app", "list"),
    ("model", "list"),
    ("logs",),
    ("migrate",),
    ("admin", "create", "--email", "a@b.c", "--password", "engine-1843"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path, command: tuple[str, ...]):
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "inside"):
        said = Terminal(place)(*command)
        assert (said.code, said.out) == (1, "")
        assert "file" in said.complaint
        assert "--data-dir" in said.complaint


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_version_is_left_alone(treadle: Terminal, command: tuple[str, ...]):
    treadle("migrate")
    database = treadle.data_dir / "treadle.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = treadle(*command)
    assert (said.code, said.out) == (1, "")
    assert "newer Treadle" in said.complaint


def test_a_database_file_that_is_none_is_said(treadle: Terminal):
    treadle.data_dir.mkdir()
    (treadle.data_dir / "treadle.db").write_text("This is no database, but a text of some length. " * 100)
    said = treadle("app", "list")
    assert said.code == 1
    assert "not a database" in said.complaint


def test_a_key_file_that_holds_no_key_is_said(treadle: Terminal):
    treadle.data_dir.mkdir()
    (treadle.data_dir / "secret.key").write_text("nonsense")
    said = treadle("app", "list")
    assert said.code == 1
    assert "holds no key; put back the file that encrypted this data." in said.complaint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TREADLE_PORT", "abc"),
        ("TREADLE_LOG_LEVEL", "loud"),
        ("TREADLE_FILES_OPTIONS", "{"),
        ("WORKFLOW_MAX_EXECUTION_STEPS", "none"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_usage_error(treadle: Terminal, name: str, value: str):
    treadle.environment[name] = value
    said = treadle("app", "list")
    assert (said.code, said.out) == (2, "")
    assert "docs/settings.md" in said.complaint


@pytest.mark.parametrize(
    ("name", "value", "needle"),
    [
        ("TREADLE_DATABASE_URL", "mysql://x", "mysql is not supported: use sqlite:///FILE or postgresql://..."),
        ("TREADLE_FILES_URL", "ftp://x/y", "ftp://x/y"),
    ],
)
def test_an_address_that_cannot_be_used_is_said(treadle: Terminal, name: str, value: str, needle: str):
    treadle.environment[name] = value
    said = treadle("app", "list")
    assert said.code == 1
    assert needle in said.complaint
    assert "\n" not in said.complaint


def test_version(treadle: Terminal):
    assert treadle("--version").out == f"treadle {__version__}\n"
