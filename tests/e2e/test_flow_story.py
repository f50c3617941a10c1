"""A chatflow from an empty folder to its copy, by mouse and keyboard alone: built, mended, published, called, moved."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accounts import set_up
from tests.e2e.site import Site, running_site
from tests.e2e.witness import SIGNED_OUT, Witness

PREVIEW = "Runs of the draft"


@pytest.fixture
def new_site(tmp_path_factory: pytest.TempPathFactory, witness: Witness) -> Iterator[Site]:
    """A server on an empty folder."""
    witness.expect(SIGNED_OUT)
    with running_site(tmp_path_factory.mktemp("story")) as site:
        yield site


class Hands:
    """What a person does on the canvas."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = page.keyboard

    def card(self, title: str) -> Locator:
        return self.page.get_by_role("group", name=title, exact=True)

    def settings(self, title: str) -> Locator:
        return self.page.get_by_role("complementary", name=f"Settings of {title}", exact=True)

    def add_behind(self, handle: Locator, words: str, title: str) -> Locator:
        """A new node behind a way out of another one; gives its settings, which open."""
        handle.click()
        search = self.page.get_by_role("combobox", name="Search nodes")
        search.press_sequentially(words)
        self.page.get_by_role("option", name=re.compile(f"^{words}")).first.click()
        expect(self.card(title)).to_be_visible()
        expect(self.settings(title)).to_be_visible()
        return self.settings(title)

    def way_out(self, title: str, number: int = 0) -> Locator:
        return self.card(title).locator(".react-flow__handle.source").nth(number)

    def choose_variable(self, panel: Locator, box: str, words: str) -> None:
        panel.get_by_role("button", name=box, exact=True).first.click()
        search = self.page.get_by_role("combobox", name="Search variables")
        search.press_sequentially(words)
        search.press("Enter")
        expect(search).to_be_hidden()

    def write(self, panel: Locator, field: str, text: str) -> None:
        """In place of what an editor holds."""
        found = panel.get_by_role("textbox", name=field, exact=True).and_(panel.locator("[contenteditable=true]"))
        found.click()
        self.keys.press("ControlOrMeta+a")
        self.keys.type(text)

    def insert(self, words: str) -> None:
        """A variable where the caret stands."""
        self.keys.type("{" + words)
        self.page.get_by_role("option", name=re.compile(words)).first.click()

    def organise(self) -> None:
        self.page.get_by_role("button", name="Organise nodes").click()
        self.page.get_by_role("button", name="Fit to view").click()

    def ask(self, text: str) -> Locator:
        """The answer of the draft, once it is whole."""
        dock = self.page.get_by_role("region", name=PREVIEW)
        answers = dock.get_by_role("article")
        before = answers.count()
        box = dock.get_by_role("textbox", name="Ask the draft")
        box.press_sequentially(text)
        box.press("Enter")
        expect(answers).to_have_count(before + 1)
        expect(answers.last).to_have_attribute("aria-busy", "false")
        return answers.last


def build(page: Page, address: str) -> Hands:
    """Questions with a list are cut into words, and a web service is asked about each; others are sent back."""
    hands = Hands(page)
    hands.card("LLM").click()
    expect(hands.settings("LLM")).to_be_visible()
    hands.card("LLM").press("Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(hands.card("LLM")).to_have_count(0)

    branch = hands.add_behind(hands.way_out("Start"), "If", "If/Else")
    branch.get_by_role("button", name="Add a condition").click()
    search = page.get_by_role("combobox", name="Search variables")
    search.press_sequentially("query")
    search.press("Enter")
    value = branch.get_by_role("textbox", name="Value to compare with").and_(branch.locator("[contenteditable=true]"))
    value.click()
    page.keyboard.type("list")

    code = hands.add_behind(hands.way_out("If/Else"), "Code", "Code")
    name = code.get_by_label("Name in this step")
    name.press("ControlOrMeta+a")
    name.press_sequentially("text")
    name.press("Enter")
    hands.choose_variable(code, "Variable for text", "query")
    hands.write(code, "Code", 'def main(text): return {"word": text.split()[1:]}')
    output = code.get_by_label("Name of the output")
    output.press("ControlOrMeta+a")
    output.press_sequentially("words")
    output.press("Enter")
    code.get_by_role("combobox", name="Type of words").select_option("array[string]")

    iteration = hands.add_behind(hands.way_out("Code"), "Iteration", "Iteration")
    hands.choose_variable(iteration, "List to go through", "words")
    hands.organise()
    begin = page.locator(".workflow-body-start .react-flow__handle.source")
    request = hands.add_behind(begin, "HTTP", "HTTP request")
    hands.write(request, "Address", address)
    hands.insert("item")
    hands.card("Iteration").get_by_text("Iteration", exact=True).click()
    hands.choose_variable(hands.settings("Iteration"), "Result of each round", "body")

    hands.organise()
    hands.way_out("Iteration").drag_to(hands.card("Answer"), target_position={"x": 60, "y": 20}, steps=8)
    hands.card("Answer").click()
    hands.write(hands.settings("Answer"), "Answer", "Heard: ")
    hands.insert("output")
    other = hands.add_behind(hands.way_out("If/Else", 1), "Answer", "Answer 2")
    hands.write(other, "Answer", "Name a list.")
    hands.organise()
    return hands


def test_a_chatflow_is_built_mended_published_called_and_moved(new_site: Site, page: Page, tmp_path: Path) -> None:
    page.goto(new_site.url)
    page.get_by_role("link", name="Create the first account").click()
    set_up(page)
    page.get_by_role("button", name="Create", exact=True).click()
    dialog = page.get_by_role("dialog", name="Create an app")
    dialog.get_by_role("radio", name="Chatflow").click()
    dialog.get_by_label("Name", exact=True).press_sequentially("Word walker")
    dialog.get_by_role("button", name="Create").click()
    hands = build(page, new_site.gate.free(""))

    page.get_by_role("button", name="Checklist", exact=True).click()
    expect(page.get_by_role("complementary", name="Checklist")).to_contain_text("Nothing to mend")
    page.get_by_role("complementary", name="Checklist").get_by_role("button", name="Close").click()

    page.keyboard.press("Alt+r")
    hands.ask("list red blue")
    expect(hands.card("Code").locator("[data-run=failed]")).to_be_visible()
    hands.card("Code").click()
    hands.write(hands.settings("Code"), "Code", 'def main(text): return {"words": text.split()[1:]}')
    expect(hands.ask("list red blue")).to_contain_text('"passed": "blue"')
    expect(hands.card("Iteration").locator("[data-run=succeeded]").first).to_be_visible()
    dock = page.get_by_role("region", name=PREVIEW)
    dock.get_by_role("button", name="Trace").click()
    dock.get_by_role("button", name="Iteration", exact=True).first.click()
    expect(dock.get_by_text("Outputs").first).to_be_visible()
    dock.get_by_role("button", name="Preview").click()
    expect(hands.ask("hello")).to_contain_text("Name a list.")

    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish")
    dialog.get_by_label("Name").press_sequentially("First")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published: First")).to_be_visible()

    page.get_by_role("button", name="More about publishing").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export app file").click()
    assert download.value.suggested_filename == "Word walker.yml"
    file = tmp_path / "Word walker.yml"
    download.value.save_as(file)

    page.get_by_role("navigation", name="Pages of the app").get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="New key").click()
    token = page.get_by_role("dialog", name="Your new key").get_by_text(re.compile("^app-")).inner_text()
    answer = httpx.post(
        f"{new_site.url}/v1/chat-messages",
        headers={"Authorization": f"Bearer {token}"},
        json={"inputs": {}, "query": "list green", "user": "bo", "response_mode": "blocking"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert '"passed": "green"' in answer.json()["answer"]
    page.get_by_role("dialog", name="Your new key").get_by_role("button", name="Close").first.click()

    page.get_by_role("link", name="Apps", exact=True).click()
    page.keyboard.press("i")
    page.get_by_label("Choose an app file or drop it here").and_(page.locator("input")).set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(hands.card("Iteration")).to_be_visible()
    page.keyboard.press("Alt+r")
    expect(hands.ask("list grey")).to_contain_text('"passed": "grey"')
