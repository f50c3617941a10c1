"""The page of a text generator or a workflow as the person at it uses it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect


class Generator:
    """The form and the results of one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = page.get_by_role("form", name="Inputs")
        self.run = self.form.get_by_role("button", name="Run")
        self.stop = page.get_by_role("button", name="Stop", exact=True)
        self.region = page.get_by_role("region", name="Result", exact=True)
        self.result = self.region.locator("[aria-busy]").first
        self.rows = page.get_by_role("region", name="Results", exact=True)

    def fill(self, label: str, text: str) -> Locator:
        """Types over a field of the form."""
        field = self.form.get_by_label(label)
        field.press("ControlOrMeta+a")
        field.press_sequentially(text)
        return field

    def generate(self, label: str, text: str) -> None:
        """Fills in a field and runs."""
        self.fill(label, text)
        self.run.click()

    def expect_result(self, text: str) -> None:
        """Waits for a result that is over and contains `text`."""
        expect(self.result).to_have_attribute("aria-busy", "false")
        expect(self.result).to_contain_text(text)

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def choose_csv(self, path: Path) -> None:
        """Picks the file of a batch."""
        with self.page.expect_file_chooser() as choosing:
            self.page.get_by_role("button", name=re.compile("^Choose a")).click()
        choosing.value.set_files(path)


def open_generator(page: Page, address: str) -> Generator:
    page.goto(address)
    generator = Generator(page)
    expect(generator.run).to_be_visible()
    return generator
