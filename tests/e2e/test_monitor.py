"""What happened with an app: its charts, their tables, the period in the address, and switches that go back."""

from uuid import uuid4

from playwright.sync_api import Page, Route, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.chat import open_chat
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import chat, end, start, workflow


def test_charts_show_what_was_asked_and_read_as_tables(site: Site, page: Page, console: Page) -> None:
    address = site.publish(chat(name=f"Watched {uuid4().hex[:8]}"))
    app_id = site.app_id(address)
    console.goto(f"{site.url}/app/{app_id}/overview")
    messages = console.get_by_role("region", name="Messages", exact=True)
    expect(messages.get_by_role("img", name="Messages: nothing in this period.")).to_be_visible()
    expect(messages.get_by_role("button", name="Show Messages as a table")).to_be_disabled()

    talk = open_chat(page, address)
    for question in ("What is a heddle?", "And a reed?"):
        talk.ask(question)
        talk.expect_answer(question)
    console.reload()
    expect(messages.get_by_role("img", name="Messages: 2, on one day.")).to_be_visible()
    expect(
        console.get_by_role("region", name="Length of conversations").get_by_text("2", exact=True).first
    ).to_be_visible()
    messages.get_by_role("img").hover()
    expect(messages.locator(".shadow-float")).to_contain_text("2")
    expect_accessible(console)

    messages.get_by_role("button", name="Show Messages as a table").click()
    expect(messages.get_by_role("row").last).to_contain_text("2")
    console.get_by_role("combobox", name="Period").select_option("All time")
    console.wait_for_url("**/overview?period=all")
    console.reload()
    expect(console.get_by_role("combobox", name="Period")).to_have_value("all")
    expect(messages.get_by_role("img", name="Messages: 2, on one day.")).to_be_visible()
    messages.get_by_role("button", name="Show Messages as a table").click()
    console.set_viewport_size({"width": 390, "height": 844})
    expect_accessible(console)
    assert console.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_switch_goes_back_and_one_chart_fails_by_itself(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b500\b.*/site-enable", r"\b500\b.*/daily-terminals", r"Failed to load resource")
    canvas = Canvas(site, console).import_file(workflow(start(to="end"), end(), name="Switched"))
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})

    def fail(route: Route) -> None:
        route.fulfill(status=500, json={"code": "internal_error", "message": "Out of order.", "status": 500})

    console.route("**/site-enable", fail)
    console.route("**/statistics/daily-terminals*", fail)
    console.goto(f"{site.url}/app/{canvas.app_id}/overview")
    switch = console.get_by_role("region", name="Web page").get_by_role("switch")
    expect(switch).to_be_checked()
    switch.click()
    expect(console.get_by_text("Out of order.").first).to_be_visible()
    expect(switch).to_be_checked()
    expect(console.get_by_role("region", name="Active users").get_by_role("alert")).to_be_visible()
    expect(console.get_by_role("region", name="Runs", exact=True).get_by_role("img")).to_be_visible()
