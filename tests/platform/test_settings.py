from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.platform.settings_page import PAGE, page
from treadle.settings import Settings, default_data_dir


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("TREADLE_"):
            monkeypatch.delenv(name)


def test_every_setting_is_on_its_page() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.platform.settings_page"


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_variables_are_named_after_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_PORT", "9000")
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("TREADLE_LOCAL_MODEL", "false")
    settings = Settings()
    assert (settings.port, settings.local_model) == (9000, False)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("WORKFLOW_MAX_EXECUTION_STEPS", "workflow_max_execution_steps", 7),
        ("CODE_MAX_STRING_LENGTH", "code_max_string_length", 7),
        ("UPLOAD_FILE_SIZE_LIMIT", "upload_file_size_limit", 7),
        ("APP_MAX_ACTIVE_REQUESTS", "app_max_active_requests", 7),
        ("FILES_ACCESS_TIMEOUT", "files_access_timeout", 7),
        ("LOGIN_LOCKOUT_DURATION", "login_lockout_seconds", 7),
    ],
)
def test_limits_answer_to_the_names_that_operators_know(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str, value: int
) -> None:
    monkeypatch.setenv(name, str(value))
    assert getattr(Settings(), field) == value
    monkeypatch.setenv(f"TREADLE_{field.upper()}", str(value + 1))
    assert getattr(Settings(), field) == value + 1
    assert getattr(Settings(**{field: value + 2}), field) == value + 2


def test_lists_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_EGRESS_ALLOW", " 10.0.0.0/8, wiki.corp:8080 ,,*.corp")
    assert Settings().egress_allow == ("10.0.0.0/8", "wiki.corp:8080", "*.corp")
    monkeypatch.setenv("TREADLE_EGRESS_ALLOW", "")
    assert Settings().egress_allow == ()


def test_a_value_that_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_PORT", "99999")
    with pytest.raises(ValidationError, match="port"):
        Settings()


def test_everything_is_in_the_data_folder_by_default(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/treadle.db"
    assert settings.resolved_files_url == f"file://{tmp_path}/files"
    assert settings.resolved_secret_key_file == tmp_path / "secret.key"
    assert Settings().data_dir == default_data_dir()


@pytest.mark.parametrize(
    ("host", "public_url", "resolved"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8700"),
        ("0.0.0.0", "", "http://127.0.0.1:8700"),
        ("::1", "", "http://[::1]:8700"),
        ("127.0.0.1", "https://ai.example/", "https://ai.example"),
    ],
)
def test_links_lead_where_people_reach_the_server(host: str, public_url: str, resolved: str) -> None:
    assert Settings(host=host, public_url=public_url).resolved_public_url == resolved
