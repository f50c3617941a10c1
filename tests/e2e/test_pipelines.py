"""Knowledge pipelines in the browser: begun with an example, changed, tried, published, run and run again."""

import re

import yaml
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.test_knowledge import file, new_base

TEXT = "No swimming in the harbour.\n\nNo diving from the pier."
FILE = [file("rules.txt", TEXT, "text/plain")]
SAVED = "[data-save=saved]"


def chunks_of(console: Page, name: str) -> list[str]:
    """What the chunks of a document say, once it can be searched; the base is open."""
    row = console.get_by_role("table", name="Documents").get_by_role("row").filter(has_text=name)
    expect(row.get_by_text("Available")).to_be_visible(timeout=30_000)
    row.get_by_role("button", name=name, exact=True).click()
    dialog = console.get_by_role("dialog", name=name)
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    texts = dialog.get_by_role("listitem").all_inner_texts()
    console.keyboard.press("Escape")
    return texts


def test_a_pipeline_is_begun_tried_published_and_run(site: Site, console: Page) -> None:
    console.goto(f"{site.url}/datasets")
    console.get_by_role("button", name="From a pipeline").first.click()
    expect(console.get_by_role("button", name=re.compile("Questions and answers"))).to_be_visible()
    expect_accessible(console)
    console.get_by_role("button", name=re.compile("^.*General")).click()
    console.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}/pipeline"))
    base = console.url.rsplit("/", 1)[0]
    expect(console.locator(".react-flow__node")).to_have_count(4)
    expect_accessible(console)

    console.get_by_role("button", name="Questions of the form").click()
    panel = console.get_by_role("complementary", name="Questions of the form")
    panel.get_by_role("button", name=re.compile("longest")).first.click()
    panel.get_by_label("Default value", exact=True).fill("50")
    expect(console.locator(SAVED)).to_be_visible()
    panel.get_by_role("button", name="Close").click()

    console.locator('.react-flow__node[data-id="base"]').dblclick()
    expect(console.get_by_role("radio", name=re.compile("Parents and children"))).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")

    dock = console.get_by_role("region", name="Runs of the draft")
    dock.get_by_role("button", name="Run", exact=True).first.click()
    dock.locator("input[type=file]").set_input_files(FILE)  # type: ignore[arg-type]
    dock.locator("form").last.get_by_role("button", name="Run", exact=True).click()
    preview = console.get_by_role("region", name="Chunks")
    expect(preview.get_by_text("2 chunks would be kept")).to_be_visible(timeout=30_000)
    expect(preview.get_by_text("No diving from the pier.")).to_be_visible()
    expect_accessible(console)

    console.goto(f"{base}/run")
    expect(console.get_by_text("The pipeline is not published yet")).to_be_visible()
    console.get_by_role("button", name="Open the pipeline").click()
    console.get_by_role("button", name="Publish", exact=True).click()
    console.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(console.get_by_role("dialog")).to_have_count(0)
    console.get_by_role("link", name="Add documents").click()
    console.locator("input[type=file]").set_input_files(FILE)  # type: ignore[arg-type]
    expect(console.get_by_label("Longest chunk")).to_have_value("50")
    expect_accessible(console)
    console.get_by_role("button", name="Add documents").click()
    console.get_by_role("link", name="Open the knowledge base").click()
    assert len(chunks_of(console, "rules.txt")) == 2

    console.get_by_role("button", name="More for rules.txt").click()
    console.get_by_role("menuitem", name="Run again with its settings").click()
    again = console.get_by_role("dialog")
    expect(again.get_by_label("Longest chunk")).to_have_value("50")
    again.get_by_label("Longest chunk").fill("500")
    expect_accessible(console)
    again.get_by_role("button", name="Run again").click()
    expect(again).to_have_count(0)
    row = console.get_by_role("table", name="Documents").get_by_role("row").filter(has_text="rules.txt")
    expect(row.get_by_role("cell").nth(3)).to_have_text("1", timeout=30_000)


def test_blank_pipelines_tell_what_they_lack_and_files_are_imported(site: Site, console: Page) -> None:
    console.goto(f"{site.url}/datasets/create/pipeline")
    console.get_by_role("button", name=re.compile("Blank pipeline")).click()
    console.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}/pipeline"))
    expect(console.locator(".react-flow__node")).to_have_count(2)
    console.locator('.react-flow__node[data-id="file"]').dblclick()
    expect(console.get_by_role("radio", name="Web pages")).to_be_visible()
    console.get_by_role("radio", name="Web pages").click()
    expect(console.locator(SAVED)).to_be_visible()
    console.keyboard.press("Escape")
    console.get_by_role("button", name=re.compile("^Checklist")).click()
    expect(console.get_by_text(re.compile("leads to no knowledge base"))).to_be_visible()

    answer = console.request.get(f"{site.url}/console/api/rag/pipeline/templates")
    text = next(each["content"] for each in answer.json()["data"] if each["id"] == "parent-child")
    changed = yaml.safe_load(text)
    changed["rag_pipeline"]["name"] = "Tides"
    console.goto(f"{site.url}/datasets/create/pipeline")
    picked = [file("tides.yml", yaml.safe_dump(changed, allow_unicode=True), "application/yaml")]
    console.locator("input[type=file]").set_input_files(picked)  # type: ignore[arg-type]
    console.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}/pipeline"))
    expect(console.get_by_role("region", name=re.compile("Tides"))).to_be_visible()


def test_an_ordinary_base_is_converted(site: Site, console: Page) -> None:
    new_base(site, console, "Converted papers", [file("old.txt", TEXT, "text/plain")])
    before = chunks_of(console, "old.txt")
    console.get_by_role("tab", name="Settings").click()
    console.get_by_role("button", name="Convert to a pipeline").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Convert to a pipeline").click()
    console.wait_for_url(re.compile(r"/pipeline"))
    expect(console.locator(".react-flow__node")).to_have_count(4)
    console.goto(console.url.rsplit("/", 1)[0])
    assert chunks_of(console, "old.txt") == before
    console.get_by_role("button", name="More for old.txt").click()
    console.get_by_role("menuitem", name="Run again with its settings").click()
    console.get_by_role("dialog").get_by_role("button", name="Run again").click()
    expect(console.get_by_role("dialog")).to_have_count(0)
    assert chunks_of(console, "old.txt") == before
