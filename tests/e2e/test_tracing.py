"""Where the runs of an app are sent to: a collector is set up, switched off and removed."""

from playwright.sync_api import Page, expect

from tests.doubles.otlp import OtlpCollector
from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import end, start, workflow


def test_a_collector_is_set_up_switched_off_and_removed(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/trace-config")
    canvas = Canvas(site, console).import_file(workflow(start(to="end"), end(), name="Watched"))
    console.goto(f"{site.url}/app/{canvas.app_id}/tracing")
    expect(console.get_by_role("switch", name="Off")).to_be_disabled()
    console.get_by_role("button", name="Set up OpenTelemetry").click()
    dialog = console.get_by_role("dialog")
    with OtlpCollector(headers={"x-key": "right"}).in_thread() as collector:
        dialog.get_by_label("Endpoint").fill("ftp://nowhere")
        dialog.get_by_role("button", name="Check and save").click()
        expect(dialog.get_by_role("alert")).to_contain_text("https://")
        expect_accessible(console)
        dialog.get_by_label("Endpoint").fill(collector.origin)
        dialog.get_by_label("Headers").fill("x-key=right")
        dialog.get_by_role("button", name="Check and save").click()
        expect(dialog).to_be_hidden()
    expect(console.get_by_text("In use", exact=True)).to_be_visible()
    expect_accessible(console)
    console.get_by_role("switch", name="On").click()
    expect(console.get_by_role("switch", name="Off")).to_be_enabled()
    console.get_by_role("button", name="Remove OpenTelemetry").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Remove", exact=True).click()
    expect(console.get_by_role("button", name="Set up OpenTelemetry")).to_be_visible()
