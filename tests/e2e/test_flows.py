"""Apps that are graphs: their nodes while they run, their outputs, and what fails."""

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.apps import PACKING, gated_chatflow, gated_workflow
from tests.e2e.chat import open_chat
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.witness import LEFT, Witness
from tests.server.sample_apps import FAILING_CHATFLOW, FAILING_WORKFLOW, HANDLED_WORKFLOW


@pytest.fixture
def gate() -> str:
    """A gate that no other test opens."""
    return f"gate-{uuid4().hex[:8]}"


def steps_of(answer: Locator) -> Locator:
    """The rows of the list of nodes."""
    return answer.get_by_role("listitem")


def test_a_chatflow_shows_its_nodes_as_they_run(site: Site, page: Page, gate: str) -> None:
    tale = site.model.tell("How are rugs made?", "By hand, ", "knot by knot.")
    chat = open_chat(page, site.publish(gated_chatflow(site.gate.held(gate))))
    chat.ask("How are rugs made?")
    fold = chat.answer.get_by_role("button", expanded=False)
    expect(fold).to_contain_text("fetch")
    fold.click()
    steps = steps_of(chat.answer)
    expect(steps).to_have_count(2)
    expect(steps.nth(0).get_by_role("img", name="Succeeded")).to_be_visible()
    expect(steps.nth(1).get_by_role("img", name="Running")).to_be_visible()
    site.gate.open(gate)
    expect(steps.nth(2)).to_contain_text("write")
    expect(steps.nth(1).get_by_role("img", name="Succeeded")).to_be_visible()
    expect(chat.answer).to_contain_text("By hand,")
    tale.go_on()
    chat.expect_answer("By hand, knot by knot.")
    expect(steps).to_have_count(4)
    expect(chat.answer).to_contain_text("4 steps")
    expect(steps.get_by_role("img", name="Succeeded")).to_have_count(4)


def test_a_failed_node_of_a_chatflow_is_shown_in_place(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(FAILING_CHATFLOW))
    chat.ask("Go")
    expect(chat.answer.get_by_role("alert")).to_contain_text("the machine broke")
    chat.answer.get_by_role("button", expanded=False).first.click()
    expect(steps_of(chat.answer).nth(1).get_by_role("img", name="Failed")).to_be_visible()


def test_a_workflow_shows_progress_and_every_output(site: Site, page: Page, gate: str) -> None:
    site.model.answer("Write about felt", "# Felt\n\nPressed wool.")
    generator = open_generator(page, site.publish(gated_workflow(site.gate.held(gate))))
    generator.generate("Topic", "felt")
    steps = steps_of(generator.result)
    expect(steps.nth(1)).to_contain_text("fetch")
    expect(steps.nth(1).get_by_role("img", name="Running")).to_be_visible()
    site.gate.open(gate)
    generator.expect_result("Pressed wool.")
    expect(steps).to_contain_text(["Start", "fetch", "write", "end"])
    expect(generator.result.get_by_role("heading", name="Felt")).to_be_visible()
    expect(generator.result.get_by_role("heading", level=3)).to_contain_text(["text", "status"])
    expect(generator.result).to_contain_text("200")


def test_a_reload_in_the_middle_goes_on_with_the_workflow(site: Site, page: Page, gate: str, witness: Witness) -> None:
    witness.expect(LEFT)
    generator = open_generator(page, site.publish(gated_workflow(site.gate.held(gate))))
    generator.generate("Topic", "yarn")
    expect(generator.result).to_contain_text("fetch")
    site.gate.wait(gate)
    page.reload()
    expect(generator.form.get_by_label("Topic")).to_have_value("yarn")
    expect(generator.result).to_contain_text("fetch")
    expect(generator.stop).to_be_visible()
    site.gate.open(gate)
    generator.expect_result("You said: Write about yarn")
    assert site.gate.calls(gate) == 1


def test_a_workflow_is_stopped(site: Site, page: Page, gate: str) -> None:
    generator = open_generator(page, site.publish(gated_workflow(site.gate.held(gate))))
    generator.generate("Topic", "lace")
    site.gate.wait(gate)
    generator.stop.click()
    generator.expect_result("Stopped")
    expect(generator.run).to_have_text("Run again")


def test_a_failed_workflow_says_which_node_and_why(site: Site, page: Page) -> None:
    generator = open_generator(page, site.page_of(FAILING_WORKFLOW))
    generator.run.click()
    expect(generator.result.get_by_role("alert")).to_contain_text("the machine broke")
    expect(steps_of(generator.result).nth(1).get_by_role("img", name="Failed")).to_be_visible()


def test_a_handled_failure_is_marked(site: Site, page: Page) -> None:
    generator = open_generator(page, site.page_of(HANDLED_WORKFLOW))
    generator.run.click()
    generator.expect_result("Some steps failed and were handled.")
    expect(generator.result).to_contain_text("spare")


def test_a_file_goes_through_a_workflow_and_comes_back(site: Site, page: Page, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("forty ells")
    generator = open_generator(page, site.page_of(PACKING))
    with page.expect_file_chooser() as choosing:
        generator.form.get_by_role("button", name="Attach a file").click()
        page.get_by_role("menuitem", name="From this device").click()
    choosing.value.set_files(report)
    expect(generator.form).to_contain_text("10 B")
    generator.run.click()
    generator.expect_result("report.txt")
    with page.expect_download() as downloading:
        generator.result.get_by_role("link", name="report.txt").click()
    assert downloading.value.path().read_text() == "forty ells"
    generator.open_tab("Run batch")
    expect(page.get_by_role("main")).to_contain_text("This app cannot run a batch")
