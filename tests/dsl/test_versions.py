"""Versions and import statuses (app-dsl §2)."""

import pytest

from treadle.dsl import CURRENT_VERSION, ImportStatus, import_status, parse_version
from treadle.dsl.versions import derives_dependencies


@pytest.mark.parametrize(
    ("imported", "status"),
    [
        ("0.5.0", "completed"),
        ("0.5", "completed"),
        ("v0.5.0", "completed"),
        ("0.5.0.0", "completed"),
        ("0.5.1", "pending"),
        ("0.6.0", "pending"),
        ("1.0.0", "pending"),
        ("0.5.0rc1", "completed"),
        ("0.5.1-beta.2", "pending"),
        ("0.4.9", "completed-with-warnings"),
        ("0.1.0", "completed-with-warnings"),
        ("0.0.1", "completed-with-warnings"),
        ("latest", "failed"),
        ("0.5.x", "failed"),
        ("", "failed"),
        ("1" * 5000, "failed"),
        ("0.5.0; drop", "failed"),
    ],
)
def test_the_status_follows_from_the_two_versions(imported: str, status: str):
    assert import_status(imported) == status


@pytest.mark.parametrize(
    ("imported", "current", "status"),
    [
        ("0.9.9", "1.0.0", ImportStatus.PENDING),
        ("1.2.3", "1.2.4", ImportStatus.COMPLETED),
        ("1.1.9", "1.2.0", ImportStatus.COMPLETED_WITH_WARNINGS),
        ("2.0.0", "1.9.9", ImportStatus.PENDING),
        ("1.2.3", "1.2.3", ImportStatus.COMPLETED),
    ],
)
def test_an_older_major_version_waits_and_an_older_micro_version_does_not(imported, current, status):
    assert import_status(imported, current) is status


def test_versions_are_ordered_by_number_not_by_text():
    versions = [parse_version(text) for text in ("0.9.0", "0.10.0", "0.10.1rc1", "0.10.1")]
    assert versions == sorted(versions)


def test_dependencies_are_derived_up_to_the_last_version_without_them():
    assert [derives_dependencies(v) for v in ("0.1.0", "0.1.5", "0.1.6", CURRENT_VERSION, "?")] == [
        True,
        True,
        False,
        False,
        False,
    ]
