"""The page of all settings, made from the class: `python -m tests.platform.settings_page` writes docs/settings.md."""

from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from treadle.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_HEAD = """\
# Settings

Every setting is an environment variable. Lists are parted by commas; maps are JSON. Limits whose name Dify's
operators know answer to that name too, unless the `TREADLE_` one is set.

| Variable | Also | Default | What it does |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page as it should be."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    names = [f"TREADLE_{name.upper()}"]
    if isinstance(field.validation_alias, AliasChoices):
        names = [str(choice) for choice in field.validation_alias.choices]
    also = ", ".join(f"`{other}`" for other in names[1:])
    return f"| `{names[0]}` | {also} | {_default(field)} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined or value is None or value in ("", (), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
