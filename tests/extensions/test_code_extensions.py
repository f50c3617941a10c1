"""Code-based extensions, loaded from the operator's folder (spec models-and-tools §5.5)."""

import json
from pathlib import Path

import pytest

from treadle.extensions.code import CodeExtensions, called

SCHEMA = {
    "label": {"en_US": "Weather", "zh_Hans": "天气"},
    "form_schema": [
        {
            "type": "select",
            "label": {"en_US": "Unit"},
            "variable": "unit",
            "required": True,
            "default": "metric",
            "placeholder": "",
            "options": [
                {"label": {"en_US": "Metric"}, "value": "metric"},
                {"label": {"en_US": "Other"}, "value": "other"},
            ],
        },
        {"type": "text-input", "label": {"en_US": "City"}, "variable": "city", "required": False, "max_length": 5},
    ],
}

WEATHER = """
from core.external_data_tool.base import ExternalDataTool


class Weather(ExternalDataTool):
    name = "weather"

    @classmethod
    def validate_config(cls, tenant_id, config):
        if config["unit"] == "other":
            raise ValueError("That unit is not known.")

    def query(self, inputs, query=None):
        return f"{self.app_id} {self.variable} {inputs['city']} {query}"
"""


def put(folder: Path, module: str, name: str, code: str | None, schema: object = SCHEMA, **files: str) -> None:
    place = folder / module / name
    place.mkdir(parents=True)
    if code is not None:
        (place / f"{name}.py").write_text(code)
    if schema is not None:
        (place / "schema.json").write_text(json.dumps(schema))
    for file, text in files.items():
        (place / file).write_text(text)


def tool(name: str) -> str:
    return WEATHER.replace('"weather"', f'"{name}"')


async def test_a_tool_is_loaded_listed_and_called(tmp_path: Path) -> None:
    put(tmp_path, "external_data_tool", "weather", WEATHER)
    loaded = CodeExtensions.load(tmp_path)
    assert loaded.warnings == []
    [shown] = loaded.listed("external_data_tool")
    assert (shown["name"], shown["label"]) == ("weather", {"en_US": "Weather", "zh_Hans": "天气"})
    assert [(item["variable"], item["type"], item["required"]) for item in shown["form_schema"]] == [
        ("unit", "select", True),
        ("city", "text-input", False),
    ]
    made = loaded.external_data["weather"].kind("workspace", "app", "forecast", {"unit": "metric"})
    assert await called(made.query, {"city": "Bergen"}, "rain?") == "app forecast Bergen rain?"
    assert loaded.listed("moderation") == []


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "unit is required"),
        ({"unit": "imperial"}, "unit must be one of metric, other"),
        ({"unit": "metric", "city": "Trondheim"}, "city must have at most 5 characters"),
        ({"unit": "other"}, "That unit is not known."),
    ],
)
def test_settings_are_checked_by_the_form_and_by_the_extension(
    tmp_path: Path, config: dict[str, str], reason: str
) -> None:
    put(tmp_path, "external_data_tool", "weather", WEATHER)
    extension = CodeExtensions.load(tmp_path).external_data["weather"]
    extension.check("workspace", {"unit": "metric"})
    with pytest.raises(ValueError, match=reason):
        extension.check("workspace", config)


def test_what_cannot_be_loaded_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    module = "external_data_tool"
    put(tmp_path, module, "good", tool("good"))
    put(tmp_path, module, "no_code", None)
    put(tmp_path, module, "no_schema", tool("no_schema"), schema=None)
    put(tmp_path, module, "bad_schema", tool("bad_schema"), schema={"form_schema": []})
    put(tmp_path, module, "no_class", "x = 1")
    put(tmp_path, module, "misnamed", tool("other"))
    put(tmp_path, module, "raises", "raise RuntimeError('boom')")
    put(tmp_path, module, "__hidden", "raise RuntimeError('never read')")
    loaded = CodeExtensions.load(tmp_path)
    assert list(loaded.external_data) == ["good"]
    assert {Path(warning.split(" is passed over")[0]).name for warning in loaded.warnings} == {
        "no_code", "no_schema", "bad_schema", "no_class", "misnamed", "raises",
    }  # fmt: skip
    assert any("boom" in warning for warning in loaded.warnings)


def test_built_in_extensions_come_first_and_are_not_offered(tmp_path: Path) -> None:
    module = "external_data_tool"
    put(tmp_path, module, "plain", tool("plain"))
    put(tmp_path, module, "second", tool("second"), schema=None, __builtin__="2")
    put(tmp_path, module, "first", tool("first"), schema=None, __builtin__="1")
    loaded = CodeExtensions.load(tmp_path)
    assert list(loaded.external_data) == ["first", "second", "plain"]
    assert [shown["name"] for shown in loaded.listed("external_data_tool")] == ["plain"]


def test_a_server_without_a_folder_has_none(tmp_path: Path) -> None:
    assert CodeExtensions.load(None).warnings == []
    [warning] = CodeExtensions.load(tmp_path / "missing").warnings
    assert "is no folder" in warning
