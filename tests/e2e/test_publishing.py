"""Where an app can be used: its page on and off, its address as a code, keys of its API."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import answer, chatflow, end, start, template, workflow

TALK = chatflow(start(to="answer"), answer("Hello"), name="Talk")
FLOW = workflow(start(to="text"), template("text", "ready", to="end"), end(text="text.output"), name="Put to use")


def test_a_page_is_switched_and_a_key_is_made_used_and_removed(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(FLOW)
    console.goto(f"{site.url}/app/{canvas.app_id}/overview")
    page = console.get_by_role("region", name="Web page")
    for card in (page, console.get_by_role("region", name="API")):
        expect(card.get_by_role("switch", name="Publish first")).to_be_disabled()
        expect(card.get_by_role("switch")).not_to_be_checked()
    expect(page.get_by_role("button", name="Open page")).to_have_attribute("title", "Publish first")
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    console.reload()
    expect_accessible(console)
    page.get_by_role("switch").click()
    expect(page.get_by_text("Switched off")).to_be_visible()
    expect(page.get_by_role("button", name="Open page")).to_be_disabled()
    page.get_by_role("switch").click()
    page.get_by_role("button", name="QR code").click()
    expect(console.get_by_role("dialog").get_by_role("img")).to_be_visible()
    console.keyboard.press("Escape")

    page.get_by_role("button", name="Customize").click()
    expect(console.get_by_role("dialog").get_by_text(f"TREADLE_URL='{site.url}'")).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")

    api = console.get_by_role("region", name="API")
    expect(api.get_by_text("There is no key yet.")).to_be_visible()
    api.get_by_role("button", name="New key").click()
    shown = console.get_by_role("dialog")
    token = shown.locator(".font-mono").inner_text()
    console.keyboard.press("Escape")
    answer = httpx.post(
        f"{site.url}/v1/workflows/run",
        headers={"Authorization": f"Bearer {token}"},
        json={"inputs": {}, "user": "u", "response_mode": "blocking"},
        timeout=30,
    )
    assert answer.json()["data"]["outputs"] == {"text": "ready"}
    api.get_by_role("button", name="Remove the key").click()
    console.get_by_role("button", name="Remove", exact=True).click()
    expect(api.get_by_text("There is no key yet.")).to_be_visible()


def test_the_page_of_a_chat_is_set_up_embedded_and_moved(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"404.*/api/passport", r"400.*/api/(site|parameters)")
    canvas = Canvas(site, console).import_file(TALK)
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    console.goto(f"{site.url}/app/{canvas.app_id}/overview")
    card = console.get_by_role("region", name="Web page")
    card.get_by_role("button", name="Settings").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Town talk")
    dialog.get_by_role("textbox", name="Address of the privacy policy").fill("example.com")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("begins with https://")).to_be_visible()
    expect_accessible(console)
    dialog.get_by_role("textbox", name="Address of the privacy policy").fill("https://example.com/privacy")
    dialog.get_by_role("textbox", name="Disclaimer").fill("It may be **wrong**.")
    dialog.get_by_role("textbox", name="Disclaimer").press("Control+Enter")
    expect(console.get_by_text("The page is changed.")).to_be_visible()

    address = card.locator(".font-mono").inner_text()
    console.goto(address)
    expect(console.get_by_role("heading", name="Town talk", level=1)).to_be_visible()
    expect(console.locator("strong", has_text="wrong")).to_be_visible()
    expect(console.get_by_role("link", name="Privacy")).to_have_attribute("href", "https://example.com/privacy")

    console.goto(f"{site.url}/app/{canvas.app_id}/overview?show=embed")
    code = address.rpartition("/")[2]
    expect(dialog.get_by_text(f"/chatbot/{code}")).to_be_visible()
    dialog.get_by_role("tab", name="Bubble", exact=True).click()
    expect(dialog.get_by_text("embed.min.js")).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")

    card.get_by_role("button", name="QR code").click()
    with console.expect_download() as download:
        dialog.get_by_role("button", name="Download as PNG").click()
    assert download.value.suggested_filename == "Town talk.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    console.keyboard.press("Escape")
    card.get_by_role("button", name="Give the page a new address").click()
    with console.expect_response(re.compile("/site/code$")) as renewed:
        console.get_by_role("button", name="New address").click()
    renewed.value.finished()
    expect(card.get_by_text(code)).to_have_count(0)
    console.goto(address)
    expect(console.get_by_text("This app is not available")).to_be_visible()


def test_programs_are_told_how_to_call_the_app(site: Site, console: Page, tmp_path: Path) -> None:
    asked = start({"type": "text-input", "variable": "who", "label": "Who's there?", "required": True}, to="text")
    text = template("text", "Hello {{ who }}", to="end", who="start.who")
    canvas = Canvas(site, console).import_file(workflow(asked, text, end(text="text.output"), name="Greeter"))
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    console.goto(f"{site.url}/app/{canvas.app_id}/workflow")
    console.get_by_role("button", name="More about publishing").click()
    console.get_by_role("menuitem", name="API reference").click()
    console.wait_for_url("**/develop")
    expect(console.get_by_text("Send a message")).to_be_hidden()
    run = console.get_by_role("article", name="Run the workflow")
    expect(run.get_by_role("list", name="Inputs of this app")).to_contain_text("who")
    console.get_by_role("button", name="New key").click()
    key = console.get_by_role("dialog").locator(".font-mono").inner_text()
    console.keyboard.press("Escape")
    expect_accessible(console)

    for language, program in (("curl", ["sh"]), ("Python", [sys.executable])):
        console.get_by_role("radio", name=language, exact=True).click()
        for answering, wanted in (("In one piece", '"succeeded"'), ("As a stream", "workflow_finished")):
            run.get_by_role("radio", name=answering).click()
            file = tmp_path / "call"
            file.write_text(run.locator("pre").first.inner_text().replace("YOUR_API_KEY", key))
            done = subprocess.run([*program, file], capture_output=True, text=True, timeout=60, check=False)
            assert wanted in done.stdout, (file.read_text(), done.stderr)
            assert "Hello Who's there?" in done.stdout

    console.get_by_role("searchbox", name="Search the reference").fill("too_many_requests")
    expect(console.get_by_role("article", name="Stop a run")).to_be_hidden()
    expect(run).to_be_visible()
    console.get_by_role("searchbox", name="Search the reference").fill("no such words")
    expect(console.get_by_text("Nothing here matches")).to_be_visible()
