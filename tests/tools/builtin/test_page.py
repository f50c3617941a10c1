"""The page of built-in tools says what their files say, and every tool was called by a test."""

import re
from pathlib import Path

from tests.tools.builtin.page import PAGE, page
from treadle.tools.builtin import builtin_providers


def test_the_page_is_what_the_files_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m tests.tools.builtin.page`"


def test_every_tool_is_called_by_a_test() -> None:
    tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    untested = [
        f"{provider.name}/{tool.name}"
        for provider in builtin_providers().values()
        for tool in provider.tools
        if not re.search(rf"[\"/]{re.escape(tool.name)}\"", tests) and tool.name not in PARAMETRISED
    ]
    assert untested == []


PARAMETRISED = {"bar_chart", "line_chart", "pie_chart"}
"""Named in `test_local.py` by the kind of chart."""
