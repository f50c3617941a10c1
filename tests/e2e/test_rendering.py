"""What a model writes, on the page: markdown shown, anything that would act made harmless."""

import re

from playwright.sync_api import Dialog, Page, expect

from tests.e2e.apps import CHAT, FILES
from tests.e2e.chat import open_chat
from tests.e2e.site import Site

CODE = "def weave(warp, weft):\n    return [warp, weft]"

RICH = f"""## Weaving

A **loom** holds the *warp*.

1. Wind
2. Throw

| Part | Count |
| :--- | ---: |
| Heddle | 12 |

```python
{CODE}
```

See [the guild](https://guild.example/looms).
"""

HOSTILE = """Before <script>document.title = "stolen"</script> after.

<img src="/favicon.svg" onerror="document.title = 'stolen'" onload="document.title = 'stolen'">

<iframe src="javascript:document.title='stolen'"></iframe>

[a link](javascript:document.title='stolen') and [another](JaVa&#115;cript:alert(1)) and
[data](data:text/html,<script>alert(1)</script>)

![picture](javascript:document.title='stolen')

<details open ontoggle="document.title='stolen'"><summary>open</summary></details>
"""

ACTING = "script, iframe, img, a, [onerror], [onload], [ontoggle]"


def test_markdown_is_rendered(site: Site, page: Page) -> None:
    site.model.answer("Teach me", RICH)
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Teach me")
    chat.expect_answer("Weaving")
    expect(chat.answer.get_by_role("heading", name="Weaving")).to_be_visible()
    expect(chat.answer.locator("strong")).to_have_text("loom")
    expect(chat.answer.locator("em")).to_have_text("warp")
    expect(chat.answer.locator("ol li")).to_have_text(["Wind", "Throw"])
    expect(chat.answer.get_by_role("columnheader")).to_have_text(["Part", "Count"])
    expect(chat.answer.get_by_role("cell")).to_have_text(["Heddle", "12"])
    expect(chat.answer.get_by_role("cell", name="12")).to_have_css("text-align", "right")
    link = chat.answer.get_by_role("link", name="the guild")
    expect(link).to_have_attribute("href", "https://guild.example/looms")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_code_is_coloured_and_can_be_copied(site: Site, page: Page) -> None:
    site.model.answer("Show me code", RICH)
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Show me code")
    chat.expect_answer("def weave")
    block = chat.answer.locator("pre")
    expect(block.locator("span").first).to_be_visible()
    expect(block).to_have_text(CODE)
    frame = chat.answer.locator("div", has=page.get_by_text("python", exact=True))
    frame.get_by_role("button", name="Copy").first.click()
    expect(chat.answer.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CODE
    chat.answer.get_by_role("button", name="Copy").last.click()
    expect(chat.answer.get_by_role("button", name="Copied").last).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").strip() == RICH.strip()


def test_a_picture_in_an_answer_is_shown(site: Site, page: Page) -> None:
    site.model.answer("Draw me a loom", f"![A loom]({site.model.origin}/generated/0-32.png)")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Draw me a loom")
    picture = chat.answer.get_by_role("img", name="A loom")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0


def test_markup_of_a_model_is_text_and_never_runs(site: Site, page: Page) -> None:
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    site.model.answer("Attack", HOSTILE)
    site.model.name_conversation("Attack", "<img src=x onerror=alert(1)>")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Attack")
    chat.expect_answer('<script>document.title = "stolen"</script>')
    expect(chat.answer.locator(ACTING)).to_have_count(0)
    expect(chat.answer).to_contain_text("a link and another and")
    expect(chat.conversation("<img src=x onerror=alert(1)>")).to_be_visible()
    page.reload()
    chat.expect_answer('<script>document.title = "stolen"</script>')
    expect(chat.answer.locator(ACTING)).to_have_count(0)
    expect(page).to_have_title(re.compile("Weaver$"))
    assert dialogs == []


def test_a_question_is_text_too(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("<b>bold</b> & **stars**")
    chat.expect_answer("You said:")
    expect(chat.messages.get_by_text("<b>bold</b> & **stars**", exact=True)).to_be_visible()


def test_attached_files_are_shown_with_the_question_and_the_answer(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(FILES))
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Attach a file").click()
        page.get_by_role("menuitem", name="From this device").click()
    choosing.value.set_files(
        [
            {"name": "draft.txt", "mimeType": "text/plain", "buffer": b"over, under"},
            {"name": "cloth.png", "mimeType": "image/png", "buffer": site.picture()},
        ]
    )
    chips = page.get_by_role("list", name="Attached files")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    expect(chips).to_contain_text("draft.txt")
    expect(chips).to_contain_text("11 B")
    chat.ask("What is in these?")
    chat.expect_answer("Got")
    question = chat.messages.get_by_role("article").last
    expect(question.get_by_role("link", name="draft.txt").first).to_have_attribute("download", "draft.txt")
    expect(question.get_by_role("img", name="cloth.png").first).to_be_visible()
    page.reload()
    with page.expect_download() as downloading:
        question.get_by_role("link", name="draft.txt").first.click()
    assert downloading.value.path().read_bytes() == b"over, under"
