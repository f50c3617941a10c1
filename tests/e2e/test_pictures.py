"""The pictures of the documentation. They are taken in every run; `TREADLE_SCREENSHOTS=1` puts them in docs/images."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.accounts import sign_in
from tests.e2e.chat import Chat
from tests.e2e.conftest import Visitors
from tests.e2e.generator import Generator
from tests.e2e.site import Site, running_site
from tests.e2e.witness import SIGNED_OUT, Witness

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 200_000

BLUE = (
    "Sunlight holds all colours. Air scatters the short waves, which are blue, far more than the long ones, so blue "
    "light reaches the eye from every side."
)

TALKS = {
    "Give me three ideas for a rainy day.": (
        "Ideas for a rainy day",
        "1. **Read** the book that has waited longest.\n"
        "2. **Bake** bread: the oven warms the room, and the dough needs no sun.\n"
        "3. **Visit a museum** while everybody else stays in.",
    ),
    "How do I fold a fitted sheet?": ("Folding a fitted sheet", "Tuck each corner into the next, then fold in thirds."),
    "Why is the sky blue?": ("Why the sky is blue", BLUE),
}

API_QUESTION = "What does an API do?"
API_ANSWER = """An **API** lets one program ask another for something, by rules that both keep. A weather app, for \
instance, does not measure the weather itself; it asks a service:

```python
import httpx

answer = httpx.get("https://api.example.com/weather", params={"city": "Bergen"})
print(answer.json()["temperature"])
```

| Part | In this example |
| --- | --- |
| Address | `api.example.com/weather` |
| Question | the city |
| Answer | the temperature, as JSON |

The program that asks never sees how the answer is found, so either side can change without the other.
"""

TEXT = "The loom stands by the window. Every thread has its place, and the pattern grows line by line."
TRANSLATIONS = {
    "English to French": (
        "Le métier à tisser est près de la fenêtre. ",
        "Chaque fil a sa place, et le motif grandit ligne après ligne.",
    ),
    "English to German": (
        "Der Webstuhl steht am Fenster. ",
        "Jeder Faden hat seinen Platz, und das Muster wächst Zeile für Zeile.",
    ),
    "English to Spanish": (
        "El telar está junto a la ventana. ",
        "Cada hilo tiene su lugar y el dibujo crece línea a línea.",
    ),
}

LOW: ViewportSize = {"width": 1280, "height": 500}
HIGH: ViewportSize = {"width": 1280, "height": 900}

Take = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that holds nothing but the examples and an account."""
    with running_site(tmp_path_factory.mktemp("gallery")) as site:
        site.create_account()
        for question, (title, answer) in TALKS.items():
            site.model.answer(question, answer)
            site.model.name_conversation(question, title)
        site.model.answer(API_QUESTION, API_ANSWER)
        site.model.name_conversation(API_QUESTION, "What an API does")
        yield site


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Takes a picture of the window, and fails when its file is too large for a repository."""

    def picture(page: Page, name: str) -> None:
        folder = IMAGES if os.environ.get("TREADLE_SCREENSHOTS") == "1" else tmp_path
        path = folder / f"{name}.png"
        page.evaluate("document.fonts.ready")
        page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size < LARGEST, f"{path.name} has {path.stat().st_size} bytes"

    return picture


def guide_of(page: Page, site: Site) -> Chat:
    """The page of the example chat."""
    page.goto(site.address_of("Pocket guide"))
    return Chat(page)


def talk(chat: Chat, question: str, title: str) -> None:
    """A conversation of one question."""
    chat.ask(question)
    expect(chat.answer).to_have_attribute("aria-busy", "false")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_home_page(gallery: Site, page: Page, take: Take, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    page.goto(f"{gallery.url}/signin")
    sign_in(page)
    expect(page.get_by_role("article")).to_have_count(6)
    page.set_viewport_size(LOW)
    page.mouse.move(LOW["width"] - 1, LOW["height"] - 1)
    take(page, "home")


def test_a_chat(gallery: Site, page: Page, take: Take, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    chat = guide_of(page, gallery)
    for question, (title, _) in TALKS.items():
        talk(chat, question, title)
        chat.list.get_by_role("button", name="New chat").click()
    talk(chat, API_QUESTION, "What an API does")
    expect(chat.answer.locator("pre span").first).to_be_visible()
    take(page, "chat")


def test_a_chat_on_a_phone_at_night(gallery: Site, visitors: Visitors, take: Take, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    chat = guide_of(visitors.arrive_by_phone(color_scheme="dark", device_scale_factor=2), gallery)
    talk(chat, "Why is the sky blue?", "Why the sky is blue")
    chat.ask("Give me three ideas for a rainy day.")
    expect(chat.answer).to_contain_text("museum")
    expect(chat.answer.get_by_role("button", name="Answer again")).to_be_visible()
    chat.page.evaluate("document.activeElement.blur()")
    take(chat.page, "chat-phone-dark")


def test_a_workflow_while_it_runs_and_its_trace(gallery: Site, page: Page, take: Take, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    tales = [gallery.model.tell_whom(task, *parts) for task, parts in TRANSLATIONS.items()]
    page.goto(f"{gallery.url}/signin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    page.goto(gallery.address_of("Three translations"))
    generator = Generator(page)
    generator.generate("Text to translate", TEXT)
    steps = generator.result.get_by_role("listitem")
    expect(steps.get_by_role("img", name="Running")).to_have_count(3)
    tales[0].go_on()
    expect(steps.get_by_role("img", name="Running")).to_have_count(2)
    page.set_viewport_size(LOW)
    take(page, "workflow-progress")
    for tale in tales[1:]:
        tale.go_on()
    generator.expect_result("El telar")

    page.goto(f"{gallery.url}/logs")
    page.get_by_role("row").filter(has_text="Three translations").get_by_role("link").click()
    page.set_viewport_size(HIGH)
    page.get_by_role("table").get_by_role("button", name="Side by side").click()
    expect(page.get_by_role("table")).to_contain_text("Der Webstuhl")
    take(page, "run-detail")
