"""When schedules fire, above all around the days when clocks are set."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.errors import GraphProblem
from treadle.nodes.trigger_schedule import Schedule, read
from treadle.triggers.schedule import next_fire

SECOND = 1_000_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def fires(cron: str, zone: str, after: str, count: int) -> list[str]:
    """The next times in UTC."""
    schedule = read({"mode": "cron", "cron_expression": cron, "timezone": zone})
    now, found = at(after), list[str]()
    for _ in range(count):
        following = next_fire(schedule, now)
        assert following is not None
        assert following > now
        now = following
        found.append(datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y-%m-%dT%H:%M"))
    return found


def test_a_time_that_does_not_exist_fires_once_after_the_gap() -> None:
    assert fires("30 2 * * *", "America/New_York", "2025-03-08T12:00", 2) == ["2025-03-09T07:00", "2025-03-10T06:30"]


def test_midnight_in_the_gap_fires_once() -> None:
    assert fires("0 0 * * *", "America/Sao_Paulo", "2018-11-03T04:00", 2) == ["2018-11-04T03:00", "2018-11-05T02:00"]


def test_a_time_that_exists_twice_fires_the_first_time_only() -> None:
    assert fires("30 1 * * *", "America/New_York", "2025-11-01T12:00", 2) == ["2025-11-02T05:30", "2025-11-03T06:30"]


def test_between_the_two_a_time_that_exists_twice_does_not_fire_again() -> None:
    assert fires("30 1 * * *", "America/New_York", "2025-11-02T06:10", 1) == ["2025-11-03T06:30"]


def test_every_hour_means_every_hour_that_passes() -> None:
    assert fires("0 * * * *", "America/New_York", "2025-11-02T04:30", 3) == [
        "2025-11-02T05:00", "2025-11-02T06:00", "2025-11-02T07:00",
    ]  # fmt: skip
    assert fires("0 * * * *", "America/New_York", "2025-03-09T05:30", 3) == [
        "2025-03-09T06:00", "2025-03-09T07:00", "2025-03-09T08:00",
    ]  # fmt: skip


def test_clocks_may_be_set_by_half_an_hour() -> None:
    assert fires("* * * * *", "Australia/Lord_Howe", "2025-04-05T14:58", 3) == [
        "2025-04-05T14:59", "2025-04-05T15:00", "2025-04-05T15:01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("@daily", ["2025-01-02T00:00", "2025-01-03T00:00"]),
        ("@hourly", ["2025-01-01T11:00", "2025-01-01T12:00"]),
        ("@weekly", ["2025-01-05T00:00", "2025-01-12T00:00"]),
        ("@monthly", ["2025-02-01T00:00", "2025-03-01T00:00"]),
        ("@yearly", ["2026-01-01T00:00", "2027-01-01T00:00"]),
        ("0 0 L * *", ["2025-01-31T00:00", "2025-02-28T00:00"]),
        ("0 0 1,31,L * *", ["2025-01-31T00:00", "2025-02-01T00:00"]),
        ("0 0 * * 5L", ["2025-01-31T00:00", "2025-02-28T00:00"]),
        ("0 0 * * FRIL", ["2025-01-31T00:00", "2025-02-28T00:00"]),
        ("0 0 * * 7L", ["2025-01-26T00:00", "2025-02-23T00:00"]),
        ("0 0 ? jan mon", ["2025-01-06T00:00", "2025-01-13T00:00"]),
        ("0 0 13 * 5", ["2025-01-03T00:00", "2025-01-10T00:00"]),
        ("0 0 31 * *", ["2025-01-31T00:00", "2025-03-31T00:00"]),
        ("*/20 10-11 * * *", ["2025-01-01T10:20", "2025-01-01T10:40"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
    ],
)
def test_the_words_of_cron(cron: str, expected: Sequence[str]) -> None:
    assert fires(cron, "UTC", "2025-01-01T10:00", 2) == expected


def test_day_of_month_or_day_of_week_is_enough() -> None:
    assert fires("0 0 13 * 5", "UTC", "2025-01-11T10:00", 1) == ["2025-01-13T00:00"]


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "0 0 32 * *",
        "0 0 31 2 *",
        "R * * * *",
        "H * * * *",
        "@reboot",
        "a b c d e",
    ],
)
def test_what_cannot_be_understood_is_refused(cron: str) -> None:
    with pytest.raises(GraphProblem) as refused:
        read({"mode": "cron", "cron_expression": cron, "timezone": "UTC"})
    assert refused.value.field == "cron_expression"


@given(
    now=st.integers(at("2024-01-01T00:00"), at("2027-01-01T00:00")),
    cron=st.sampled_from(["30 2 * * *", "0 * * * *", "*/15 1-3 * * *", "0 0 1 * *", "15 */2 * * 0"]),
    zone=st.sampled_from(["UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_the_next_time_is_later_and_nothing_lies_between(now: int, cron: str, zone: str) -> None:
    schedule = Schedule(cron, zone)
    following = next_fire(schedule, now)
    assert following is not None
    assert following > now
    assert next_fire(schedule, following - SECOND) == following
