"""The clock and the calendar (models-and-tools §4.9)."""

import pytest

from tests.tools.builtin.calls import a_call, given
from treadle.engine.errors import ToolParameterError
from treadle.engine.values import Value
from treadle.tools.messages import Text


@pytest.mark.parametrize(
    ("tool", "parameters", "text"),
    [
        ("current_time", {}, "2024-01-31 08:33:20"),
        ("current_time", {"timezone": "Asia/Tokyo", "format": "%H:%M"}, "17:33"),
        ("localtime_to_timestamp", {"localtime": "2024-01-31 16:33:20"}, "1706690000"),
        ("localtime_to_timestamp", {"localtime": "2024-01-31 08:33:20", "timezone": "UTC"}, "1706690000"),
        ("timestamp_to_localtime", {"timestamp": 1706690000}, "2024-01-31 16:33:20"),
        (
            "timezone_conversion",
            {"current_time": "2024-03-31 12:00:00", "current_timezone": "UTC", "target_timezone": "Europe/Berlin"},
            "2024-03-31 14:00:00",
        ),
        ("weekday", {"year": 2024, "month": 2, "day": 29}, "February 29, 2024 is a Thursday."),
    ],
)
async def test_times(tool: str, parameters: dict[str, Value], text: str) -> None:
    assert await given("time", tool, a_call(parameters)) == [Text(text)]


@pytest.mark.parametrize(
    ("tool", "parameters", "reason"),
    [
        ("current_time", {"timezone": "Atlantis"}, '"Atlantis" is no time zone'),
        ("current_time", {"timezone": "../../etc/passwd"}, "is no time zone"),
        ("localtime_to_timestamp", {"localtime": "noon"}, '"noon" is no time'),
        ("localtime_to_timestamp", {}, 'parameter "localtime" is empty'),
        ("timestamp_to_localtime", {"timestamp": 1e30}, "is no timestamp"),
        ("weekday", {"year": 2023, "month": 2, "day": 29}, "no date"),
    ],
)
async def test_what_is_no_time_is_refused(tool: str, parameters: dict[str, Value], reason: str) -> None:
    with pytest.raises(ToolParameterError, match=reason):
        await given("time", tool, a_call(parameters))
