"""The input form before a conversation: every type of field, what it refuses, and what arrives."""

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.apps import FORM
from tests.e2e.chat import Chat, open_chat
from tests.e2e.site import Site


def text_file(name: str, content: bytes = b"over, under") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


def pick(group: Locator, *files: FilePayload | Path) -> None:
    """Picks files for a file field from the device."""
    with group.page.expect_file_chooser() as choosing:
        group.get_by_role("button", name="Attach a file").click()
        group.page.get_by_role("menuitem", name="From this device").click()
    choosing.value.set_files(list(files))  # type: ignore[arg-type]


def attach(group: Locator, *files: FilePayload) -> None:
    """Picks files and waits until they are uploaded."""
    pick(group, *files)
    for file in files:
        row = group.get_by_role("listitem").filter(has_text=file["name"])
        expect(row).to_contain_text(re.compile(r"\d B"))


def replace(field: Locator, text: str) -> None:
    """Types over what a field holds."""
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


def form_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Inputs")


def problem_of(field: Locator) -> Locator:
    """The message that a wrong field points to."""
    return field.page.locator(f"[id='{field.get_attribute('aria-describedby')}']")


def test_every_type_of_field_reaches_the_app(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(FORM))
    form = form_of(page)
    form.get_by_label("Name").press_sequentially("Ada")
    form.get_by_label("Note").press_sequentially("two\nlines")
    form.get_by_label("Threads").press_sequentially("12.5")
    form.get_by_label("Yarn").press("ArrowDown")
    form.get_by_label("Dyed").click()
    attach(form.get_by_role("group", name="Pattern"), text_file("pattern.txt"))
    attach(form.get_by_role("group", name="Swatches"), text_file("a.txt"), text_file("b.txt", b"b"))
    expect(form).to_contain_text("b.txt")
    chat.ask("Weave this")
    chat.expect_answer("Order: Ada, two")
    expect(chat.answer).to_contain_text("lines, 12.5, wool, True, pattern.txt, a.txt and b.txt.")
    summary = page.get_by_text("Inputs", exact=True)
    summary.click()
    expect(page.get_by_role("definition")).to_have_text(
        ["Ada", "two\nlines", "12.5", "wool", "Yes", "pattern.txt", "a.txt, b.txt"]
    )
    expect(form).to_have_count(0)


def test_wrong_values_are_refused_in_place_and_nothing_is_sent(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(FORM))
    form = form_of(page)
    name, threads, yarn = form.get_by_label("Name"), form.get_by_label("Threads"), form.get_by_label("Yarn")
    pattern = form.get_by_role("group", name="Pattern")
    chat.ask("Weave this")
    expect(name).to_be_focused()
    expect(problem_of(name)).to_have_text("Fill in this field.")
    expect(problem_of(yarn)).to_have_text("Fill in this field.")
    expect(form.get_by_text("Fill in this field.")).to_have_count(3)
    expect(chat.composer).to_have_value("Weave this")
    expect(chat.questions).to_have_count(0)

    name.press_sequentially("Augustina")
    expect(problem_of(name)).to_have_text("Use at most 8 characters.")
    threads.press_sequentially("a dozen")
    expect(problem_of(threads)).to_have_text("Enter a number.")
    replace(name, "Ada")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    replace(threads, "12")
    yarn.press("ArrowDown")
    yarn.press("ArrowDown")
    attach(pattern, text_file("pattern.txt"))
    expect(form.get_by_text("Fill in this field.")).to_have_count(0)
    chat.composer.press("Enter")
    chat.expect_answer("Order: Ada, -, 12, linen, False, pattern.txt, .")


def test_files_that_are_not_accepted_are_named_with_the_reason(site: Site, page: Page, tmp_path: Path) -> None:
    open_chat(page, site.page_of(FORM))
    pattern = form_of(page).get_by_role("group", name="Pattern")
    pick(pattern, {"name": "song.mp3", "mimeType": "audio/mpeg", "buffer": b"ID3"})
    expect(page.get_by_text("song.mp3 is not of an accepted type (images, documents).")).to_be_visible()
    large = tmp_path / "large.txt"
    large.write_bytes(b"x" * (16 * 2**20))
    pick(pattern, large)
    expect(page.get_by_text("large.txt is too large: the limit is 15 MB.")).to_be_visible()
    expect(pattern.get_by_role("listitem")).to_have_count(0)


def test_files_are_taken_by_link_and_removed(site: Site, page: Page) -> None:
    open_chat(page, site.page_of(FORM))
    swatches = form_of(page).get_by_role("group", name="Swatches")
    swatches.get_by_role("button", name="Attach a file").click()
    page.get_by_role("menuitem", name="By link").click()
    dialog = page.get_by_role("dialog", name="By link")
    address = dialog.get_by_label("Address of the file")
    address.press_sequentially("not a link")
    address.press("Enter")
    expect(dialog).to_contain_text("This is not a web address.")
    replace(address, f"{site.url}/favicon.svg")
    dialog.get_by_role("button", name="Add link").click()
    expect(dialog).to_be_hidden()
    expect(swatches.get_by_role("listitem")).to_contain_text("favicon.svg")
    attach(swatches, text_file("a.txt"))
    expect(swatches.get_by_role("button", name="Attach a file")).to_be_disabled()
    swatches.get_by_role("button", name="Remove a.txt").click()
    expect(swatches.get_by_role("listitem")).to_have_count(1)


def test_a_file_is_dropped_on_its_field(site: Site, page: Page) -> None:
    open_chat(page, site.page_of(FORM))
    pattern = form_of(page).get_by_role("group", name="Pattern")
    carried = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['x'], 'dropped.txt')); return data; }"
    )
    pattern.dispatch_event("drop", {"dataTransfer": carried})
    expect(pattern.get_by_role("listitem")).to_contain_text("dropped.txt")


def test_a_new_chat_begins_with_an_empty_form(site: Site, page: Page) -> None:
    chat = Chat(page)
    page.goto(site.page_of(FORM))
    form_of(page).get_by_label("Name").press_sequentially("Ada")
    chat.list.get_by_role("button", name="New chat").click()
    expect(form_of(page).get_by_label("Name")).to_have_value("")
