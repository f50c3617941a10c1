"""The page of a text generator: one result, many results from a file, saved results."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.apps import COMPLETION
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.witness import LEFT, Witness

PRODUCTS = ["loom", "shuttle", "heddle", "reed", "treadle", "=bobbin"]


def test_a_text_is_generated_piece_by_piece(site: Site, page: Page) -> None:
    tale = site.model.tell("Describe handloom.", "A frame ", "for **weaving**.")
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.run.click()
    expect(generator.form).to_contain_text("Fill in this field.")
    product = generator.fill("Product", "handloom")
    product.press("ControlOrMeta+Enter")
    expect(generator.result).to_contain_text("A frame")
    expect(generator.stop).to_be_visible()
    tale.go_on()
    generator.expect_result("A frame for weaving.")
    expect(generator.result.locator("strong")).to_have_text("weaving")
    generator.result.get_by_role("button", name="Copy").click()
    expect(generator.result.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "A frame for **weaving**."


def test_a_reload_in_the_middle_goes_on_with_the_text(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(LEFT)
    tale = site.model.tell("Describe warp.", "Threads ", "held ", "tight.")
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.generate("Product", "warp")
    expect(generator.result).to_contain_text("Threads")
    page.reload()
    expect(generator.result).to_contain_text("Threads")
    expect(generator.form.get_by_label("Product")).to_have_value("warp")
    tale.go_on(2)
    generator.expect_result("Threads held tight.")


def test_stop_keeps_what_is_there_of_a_text(site: Site, page: Page) -> None:
    site.model.tell("Describe weft.", "Only this", " and no more")
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.generate("Product", "weft")
    expect(generator.result).to_contain_text("Only this")
    generator.stop.click()
    generator.expect_result("Stopped")
    expect(generator.result).to_contain_text("Only this")


def test_a_failed_text_is_tried_again(site: Site, page: Page) -> None:
    site.model.refuse("Describe rug.")
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.generate("Product", "rug")
    expect(generator.result.get_by_role("alert")).to_contain_text("The shuttle is stuck.")
    generator.result.get_by_role("button", name="Try again").click()
    generator.expect_result("You said: Describe rug.")


def test_results_are_saved_and_removed(site: Site, page: Page) -> None:
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.generate("Product", "shawl")
    generator.expect_result("You said: Describe shawl.")
    with page.expect_response(re.compile("/saved-messages$")):
        generator.result.get_by_role("button", name="Save", exact=True).click()
    expect(generator.result.get_by_role("button", name="Saved")).to_be_disabled()
    expect(page.get_by_role("tab", name="Saved")).to_have_text("Saved1")
    page.reload()
    generator.open_tab("Saved")
    expect(page.get_by_role("main")).to_contain_text("You said: Describe shawl.")
    page.get_by_role("button", name="Remove from saved").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing saved yet")


def test_a_batch_runs_every_row_and_retries_the_failed_one(site: Site, page: Page, tmp_path: Path) -> None:
    site.model.refuse("Describe reed.")
    rows = tmp_path / "products.csv"
    rows.write_text("product\n" + "\n".join(PRODUCTS) + "\n")
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.open_tab("Run batch")
    expect(page).to_have_url(re.compile(r"\?mode=batch$"))
    generator.choose_csv(rows)
    expect(page.get_by_text("6 rows are ready to run.")).to_be_visible()
    page.get_by_role("button", name="Run all rows").click()
    expect(generator.rows.get_by_role("status")).to_contain_text("6 of 6 done")
    expect(generator.rows.get_by_role("status")).to_contain_text("1 failed")
    lines = generator.rows.get_by_role("listitem")
    expect(lines).to_contain_text(PRODUCTS)
    expect(lines.nth(3)).to_contain_text("The shuttle is stuck.")
    expect(lines.nth(0)).to_contain_text("You said: Describe loom.")
    generator.rows.get_by_role("button", name="Retry failed rows").click()
    expect(lines.nth(3)).to_contain_text("You said: Describe reed.")
    expect(generator.rows.get_by_role("status")).to_have_text("6 of 6 done")
    with page.expect_download() as downloading:
        generator.rows.get_by_role("button", name="Download results").click()
    assert downloading.value.suggested_filename == "result.csv"
    text = downloading.value.path().read_text("utf-8-sig")
    head, *results = list(csv.reader(io.StringIO(text)))
    assert head[:2] == ["product", "Completion result"]
    assert [row[1].strip() for row in results] == [f"You said: Describe {name}." for name in PRODUCTS]
    assert results[5][0] == "'=bobbin", "a spreadsheet must not take a cell for a formula"


def test_a_batch_file_is_checked_before_anything_runs(site: Site, page: Page, tmp_path: Path) -> None:
    generator = open_generator(page, site.page_of(COMPLETION))
    generator.open_tab("Run batch")
    rows = tmp_path / "rows.csv"
    rows.write_text("colour\nred\n")
    generator.choose_csv(rows)
    expect(page.get_by_role("alert")).to_have_text("The first row must name exactly these columns: product.")
    rows.write_text(f"product\nloom\n\n{'x' * 61}\nreed\n")
    generator.choose_csv(rows)
    expect(page.get_by_role("alert")).to_contain_text("Row 3 is empty.")
    expect(page.get_by_role("alert")).to_contain_text("Row 4, Product: Use at most 60 characters.")
    expect(page.get_by_role("button", name="Run all rows")).to_be_disabled()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download template").click()
    assert downloading.value.path().read_bytes().decode("utf-8-sig").strip() == "product"
