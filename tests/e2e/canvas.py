"""The canvas as a person uses it, and the console's API beside it to make apps and to look at what was saved."""

from typing import Any
from urllib.parse import unquote

import yaml
from playwright.sync_api import Locator, Page, expect

from tests.e2e.site import Site


class Canvas:
    """The canvas of one app in one tab."""

    def __init__(self, site: Site, page: Page, app_id: str = "") -> None:
        self._site = site
        self.page = page
        self.app_id = app_id

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What the console's API answers the member whose tab this is."""
        cookies = {cookie.get("name"): unquote(cookie.get("value", "")) for cookie in self.page.context.cookies()}
        answer = self.page.context.request.fetch(
            f"{self._site.url}/console/api{path}",
            method=method,
            data=body,
            headers={"X-CSRF-Token": cookies["treadle_csrf"], "Content-Type": "application/json"},
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.body() else None

    def create(self, mode: str, name: str) -> "Canvas":
        self.app_id = self.call("POST", "/apps", {"mode": mode, "name": name})["id"]
        return self

    def import_file(self, text: str) -> "Canvas":
        answer = self.call("POST", "/apps/imports", {"mode": "yaml-content", "yaml_content": text})
        if answer["status"] == "pending":
            answer = self.call("POST", f"/apps/imports/{answer['id']}/confirm")
        self.app_id = answer["app_id"]
        return self

    def open(self) -> "Canvas":
        self.page.goto(f"{self._site.url}/app/{self.app_id}/workflow")
        expect(self.page.locator("[data-save=saved]")).to_be_visible()
        return self

    def draft(self) -> dict[str, Any]:
        return self.call("GET", f"/apps/{self.app_id}/workflows/draft")

    def save_draft(self, draft: dict[str, Any]) -> None:
        self.call("POST", f"/apps/{self.app_id}/workflows/draft", {"graph": draft["graph"], "hash": draft["hash"]})

    def exported(self) -> dict[str, Any]:
        """The app file as data."""
        return yaml.load(self.call("GET", f"/apps/{self.app_id}/export")["data"], Loader=yaml.CSafeLoader)

    def titles(self) -> list[str]:
        return [node["data"]["title"] for node in self.draft()["graph"]["nodes"]]

    def card(self, title: str) -> Locator:
        return self.page.get_by_role("group", name=title, exact=True)

    def until_saved(self) -> None:
        expect(self.page.locator("[data-save=saved]")).to_be_visible()

    def until_saved_after(self, state: str) -> None:
        """Waits until the server has another draft than the one with this hash."""
        self._site.until(lambda: self.draft()["hash"] != state, "the change is saved")
        self.until_saved()

    def command(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True).first

    def settle(self) -> None:
        """The view shows everything, and the keys go to the canvas."""
        self.page.keyboard.press("ControlOrMeta+1")

    def add(self, words: str) -> None:
        """From the open palette, by its search."""
        search = self.page.get_by_role("combobox", name="Search nodes")
        search.fill(words)
        search.press("Enter")
        expect(search).to_be_hidden()
