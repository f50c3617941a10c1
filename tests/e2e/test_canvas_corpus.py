"""Files of real users on the canvas: opened without a mishap, changed and changed back, and saved equal as data."""

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.test_corpus import FILES, REFUSED

SAMPLE = [file for file in FILES if file.name not in REFUSED]


def test_files_of_real_users_open_and_are_saved_as_they_came(site: Site, console: Page) -> None:
    if not SAMPLE:
        pytest.skip("no corpus is here")
    for file in SAMPLE:
        given = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
        if "workflow" not in given:
            continue
        canvas = Canvas(site, console).import_file(file.read_text(encoding="utf-8"))
        before = canvas.exported()["workflow"]
        canvas.open()
        expect(console.locator(".workflow-card").first).to_be_visible()
        hash_before = canvas.draft()["hash"]
        console.locator(".react-flow__pane").click(position={"x": 400, "y": 3}, force=True)
        console.keyboard.press("n")
        console.get_by_text("Click where the node goes").wait_for()
        console.mouse.click(700, 500)
        console.keyboard.press("Escape")
        canvas.until_saved_after(hash_before)
        changed = canvas.draft()["hash"]
        console.locator(".react-flow__pane").click(position={"x": 400, "y": 3}, force=True)
        console.keyboard.press("ControlOrMeta+z")
        canvas.until_saved_after(changed)
        after = canvas.exported()["workflow"]
        for section in ("nodes", "edges"):
            assert after["graph"][section] == before["graph"][section], file.name
        for section in ("features", "environment_variables", "conversation_variables"):
            assert after[section] == before[section], file.name
