"""Parts of nodes that a model writes: prompts and code, tried, turned over, applied and undone."""

import json

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.server.app_files import code, end, llm, start, text_input, workflow

FLOW = workflow(
    start(text_input("word", label="Word"), to="say"),
    llm("say", "Say {{#start.word#}}", to="count"),
    code("count", "def main():\n    return {'result': 'none'}\n", {"result": "string"}, to="end"),
    end(text="count.result"),
    name="Written",
)


def test_a_model_writes_a_prompt_and_code(site: Site, console: Page) -> None:
    kinder = json.dumps({"modified": "Say {{#start.word#}} kindly", "message": "Added kindness."})
    site.model.tell_whom("Be kinder", kinder)
    site.model.tell_whom("Count the letters", "```python\ndef main():\n    return {'result': 'seven'}\n```")
    canvas = Canvas(site, console).import_file(FLOW).open()
    canvas.card("say").click()
    panel = console.locator("[data-node-panel=llm]")
    expect(panel.get_by_role("button", name="Run this step")).to_be_enabled()
    panel.get_by_role("button", name="Write with a model").click()
    dialog = console.get_by_role("dialog", name="Write the prompt with a model")
    dialog.get_by_label("What it should do").fill("Be kinder")
    dialog.get_by_role("button", name="Write", exact=True).click()
    expect(dialog.get_by_text("Added kindness.")).to_be_visible()
    expect_accessible(console)
    before = canvas.draft()["hash"]
    dialog.get_by_role("button", name="Apply").click()
    expect(panel.locator(".cm-content").first).to_contain_text("kindly")
    canvas.until_saved_after(before)
    panel.get_by_role("button", name="More about say").click()
    expect(console.get_by_role("menuitem", name="Help")).to_be_visible()
    console.keyboard.press("Escape")

    canvas.card("count").click()
    panel = console.locator("[data-node-panel=code]")
    panel.get_by_role("button", name="Write with a model").click()
    dialog = console.get_by_role("dialog", name="Write the code with a model")
    dialog.get_by_label("What it should do").fill("Count the letters")
    dialog.get_by_role("checkbox", name="Change what is there").uncheck()
    write = dialog.get_by_role("button", name="Write", exact=True)
    expect(write).to_be_enabled()
    write.click()
    expect(dialog.get_by_text("'seven'")).to_be_visible()
    dialog.get_by_role("button", name="Apply").click()
    expect(panel.locator(".cm-content").first).to_contain_text("seven")
