"""Answers of a draft while it is tried: rated, asked for again, looked into, annotated, read aloud and gone on from."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.doubles.api_extension import ApiExtension
from tests.doubles.script import Reply, conversation_text
from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.test_logs import published
from tests.e2e.test_orchestration import call
from tests.server.app_files import answer, chatflow, llm, start
from tests.server.sample_apps import CHAT, COMPLETION
from treadle.server.services import Services

SPEAKING = {
    "suggested_questions_after_answer": {"enabled": True},
    "text_to_speech": {"enabled": True, "voice": "nova", "language": "en-US", "autoPlay": "disabled"},
    "speech_to_text": {"enabled": True},
}
TALK = chatflow(
    start(to="llm"),
    llm("llm", "You know the harbour. {{#sys.query#}}", to="answer"),
    answer("{{#llm.text#}}"),
    name="Talk while trying",
)


def add_speech(site: Site) -> None:
    """The scripted model speaks and writes down, by default."""
    credentials = {"openai_api_key": site.model.key, "openai_api_base": site.model.url}

    async def work(services: Services) -> None:
        workspace = await services.accounts.only_workspace()
        for kind, model in (("tts", "tts-1"), ("speech2text", "whisper-1")):
            await services.models.add_model(
                workspace.id, "openai", kind, model, credentials, default=True, validate=False
            )

    site.with_services(work)


def configured(site: Site, console: Page, source: str, name: str, **settings: Any) -> str:
    """The id of a new app with settings of its own, its configuration open."""
    console.goto(site.url)
    app_id, _ = published(site, source, name)
    app = call(console, "GET", f"/apps/{app_id}")
    changed = {"configuration": {**app["configuration"], **settings}, "hash": app["draft_hash"]}
    call(console, "POST", f"/apps/{app_id}/model-config", changed)
    console.goto(f"{site.url}/app/{app_id}/configuration")
    return app_id


def ask(pane: Locator, question: str) -> Locator:
    """Asks the draft; gives the last exchange once it is answered."""
    box = pane.get_by_role("textbox", name="Ask the draft")
    box.fill(question)
    expect(pane.get_by_role("button", name="Send")).to_be_enabled()
    box.press("Enter")
    exchange = pane.get_by_role("article").last
    expect(exchange).to_contain_text(question)
    expect(exchange).to_have_attribute("aria-busy", "false")
    return exchange


def suggest(site: Site) -> None:
    site.model.reply_when(
        lambda request: "the user is most likely to ask next" in conversation_text(request),
        Reply('["Who built the mole?", "How long is it?", "Is it open?"]'),
    )


def test_an_answer_of_a_draft_is_used_in_every_way(site: Site, console: Page) -> None:
    add_speech(site)
    suggest(site)
    site.model.answer("Where is the mole?", "Behind the market.")
    app_id = configured(site, console, CHAT, "name: Tried chat", **SPEAKING)
    pane = console.get_by_role("region", name="Preview")
    exchange = ask(pane, "Where is the mole?")
    expect(exchange).to_contain_text("Behind the market.")

    exchange.get_by_role("button", name="Bad answer").click()
    exchange.get_by_role("button", name="Bad answer: say why").click()
    console.get_by_label("What was wrong?").fill("Too short")
    console.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(console.get_by_text("Your reason was sent")).to_be_visible()
    console.keyboard.press("Escape")

    exchange.get_by_role("button", name="Prompt log").click()
    log = console.get_by_role("dialog", name="What the model was sent")
    expect(log).to_contain_text("Where is the mole?")
    expect(log).to_contain_text("tokens")
    expect(log).to_contain_text("USD")
    expect_accessible(console)
    console.keyboard.press("Escape")

    with console.expect_response("**/text-to-audio") as spoken:
        exchange.get_by_role("button", name="Read aloud").click()
    assert spoken.value.ok
    assert spoken.value.headers["content-type"].startswith("audio/")
    expect(exchange.get_by_role("button", name="Read aloud")).to_be_enabled()

    exchange.get_by_role("button", name="Annotate").click()
    dialog = console.get_by_role("dialog", name="Annotate")
    expect(dialog.get_by_label("Answer")).to_have_value("Behind the market.")
    dialog.get_by_label("Answer").fill("Behind the market, left of the pier.")
    dialog.get_by_role("button", name="Save").click()
    expect(exchange).to_contain_text("Annotated by Ada")
    assert call(console, "GET", f"/apps/{app_id}/annotations")["data"][0]["question"] == "Where is the mole?"

    site.model.answer("Where is the mole?", "Left of the pier.")
    exchange.get_by_role("button", name="Answer again").click()
    expect(exchange.get_by_role("group", name="Versions of the answer")).to_contain_text("2/2")
    expect(exchange).to_contain_text("Left of the pier.")
    exchange.get_by_role("button", name="Previous answer").click()
    expect(exchange).to_contain_text("Behind the market.")
    exchange.get_by_role("button", name="Next answer").click()
    expect(exchange).to_contain_text("Left of the pier.")

    pane.get_by_role("list", name="Follow-up questions").get_by_role("button", name="How long is it?").click()
    expect(pane.get_by_role("article")).to_have_count(2)
    expect(pane.get_by_role("article").last).to_contain_text("How long is it?")
    expect(pane.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    expect_accessible(console)


def test_an_answer_is_stopped_and_a_hasty_question_waits(site: Site, console: Page) -> None:
    tale = site.model.tell("Tell me of the sea", "It is wide", " and deep.")
    configured(site, console, CHAT, "name: Stopped chat")
    pane = console.get_by_role("region", name="Preview")
    box = pane.get_by_role("textbox", name="Ask the draft")
    box.fill("Tell me of the sea")
    box.press("Enter")
    exchange = pane.get_by_role("article")
    expect(exchange).to_contain_text("It is wide")
    box.fill("And?")
    box.press("Enter")
    expect(console.get_by_text("Wait until the answer is there")).to_be_visible()
    pane.get_by_role("button", name="Stop").click()
    expect(exchange).to_contain_text("Stopped")
    expect(exchange).to_contain_text("It is wide")
    expect(exchange.get_by_role("button", name="Answer again")).to_be_visible()
    tale.go_on()


def test_a_text_generator_writes_more_like_a_text(site: Site, console: Page) -> None:
    configured(site, console, COMPLETION, "name: Tried texts", more_like_this={"enabled": True})
    pane = console.get_by_role("region", name="Preview")
    pane.get_by_label("product").fill("green tea")
    pane.get_by_role("button", name="Run").click()
    texts = pane.get_by_role("article")
    expect(texts.first.get_by_role("button", name="Good answer")).to_be_visible()
    texts.first.get_by_role("button", name="More like this").click()
    expect(texts).to_have_count(2)
    expect(texts.last).to_have_attribute("aria-busy", "false")
    texts.last.get_by_role("button", name="Prompt log").click()
    expect(console.get_by_role("dialog", name="What the model was sent")).to_contain_text("green tea")
    console.keyboard.press("Escape")
    texts.last.get_by_role("button", name="Answer again").click()
    expect(texts).to_have_count(1)


def test_a_chatflow_is_tried_with_a_picture_and_again(site: Site, console: Page) -> None:
    suggest(site)
    canvas = Canvas(site, console).import_file(TALK).open()
    draft = call(console, "GET", f"/apps/{canvas.app_id}/workflows/draft")
    files = {"enabled": True, "number_limits": 2, "allowed_file_types": ["image"]}
    features = {**draft["features"], "file_upload": files, "suggested_questions_after_answer": {"enabled": True}}
    kept = {"graph": draft["graph"], "features": features, "hash": draft["hash"]}
    call(console, "POST", f"/apps/{canvas.app_id}/workflows/draft", kept)
    canvas.open()
    console.get_by_role("button", name="Preview", exact=True).click()
    dock = console.get_by_role("region", name="Runs of the draft")
    picture = {"name": "mole.png", "mimeType": "image/png", "buffer": site.picture()}
    dock.locator("input[type=file]").first.set_input_files(picture)  # type: ignore[arg-type]
    expect(dock.get_by_text("mole.png").or_(dock.get_by_role("img", name="mole.png")).first).to_be_visible()
    exchange = ask(dock, "What is this?")
    expect(exchange.get_by_role("img", name="mole.png")).to_be_visible()
    exchange.get_by_role("button", name="Good answer").click()
    exchange.get_by_role("button", name="Prompt log").click()
    expect(console.get_by_role("dialog", name="What the model was sent")).to_contain_text("You know the harbour.")
    console.keyboard.press("Escape")
    exchange.get_by_role("button", name="Answer again").click()
    expect(exchange.get_by_role("group", name="Versions of the answer")).to_contain_text("2/2")
    expect(dock.get_by_role("list", name="Follow-up questions").get_by_role("button")).to_have_count(3)
    expect_accessible(console)


def moderated(kind: str, **config: Any) -> dict[str, Any]:
    return {"enabled": True, "type": kind, "config": config}


def test_questions_are_checked_and_values_fetched_while_trying(site: Site, console: Page) -> None:
    keywords = moderated(
        "keywords",
        keywords="mutiny",
        inputs_config={"enabled": True, "preset_response": "Not on this ship."},
        outputs_config={"enabled": False, "preset_response": ""},
    )
    configured(site, console, CHAT, "name: Watched chat", sensitive_word_avoidance=keywords)
    pane = console.get_by_role("region", name="Preview")
    expect(ask(pane, "Plan a mutiny")).to_contain_text("Not on this ship.")
    with ApiExtension().in_thread() as double:
        double.answer("app.external_data_tool.query", {"result": "seven barrels"})
        double.answer("app.moderation.output", {"flagged": True, "action": "direct_output", "preset_response": "Hush."})
        made = {"name": "Stores", "api_endpoint": double.url, "api_key": double.key}
        extension = call(console, "POST", "/api-based-extension", made)["id"]
        fetched = {
            "type": "api",
            "variable": "stock",
            "label": "Stock",
            "enabled": True,
            "config": {"api_based_extension_id": extension},
        }
        configured(
            site,
            console,
            CHAT,
            "name: Fetching chat",
            pre_prompt="There are {{stock}} left.",
            external_data_tools=[fetched],
            sensitive_word_avoidance=moderated(
                "api",
                api_based_extension_id=extension,
                inputs_config={"enabled": True, "preset_response": ""},
                outputs_config={"enabled": True, "preset_response": ""},
            ),
        )
        exchange = ask(pane, "How much rum is there?")
        expect(exchange).to_contain_text("Hush.")
        assert double.calls("app.moderation.input")[-1]["query"] == "How much rum is there?"
        exchange.get_by_role("button", name="Prompt log").click()
        log = console.get_by_role("dialog", name="What the model was sent")
        expect(log).to_contain_text("There are seven barrels left.")


def test_models_answer_side_by_side_and_each_is_stopped(site: Site, console: Page) -> None:
    site.model.tell("Sing of the sea", "Heave", " ho.")
    configured(site, console, CHAT, "name: Four models")
    pane = console.get_by_role("region", name="Preview")
    pane.get_by_role("button", name="Compare models").click()
    for _ in range(2):
        pane.get_by_role("button", name="Duplicate model 1").click()
    expect(pane.get_by_role("button", name="Duplicate model 1")).to_be_disabled()
    expect(pane.get_by_role("button", name="Add a model")).to_be_hidden()
    box = pane.get_by_role("textbox", name="Ask the draft")
    box.fill("Sing of the sea")
    box.press("Enter")
    answers = pane.get_by_role("article")
    expect(answers).to_have_count(3)
    expect(answers.last).to_contain_text("Heave")
    pane.get_by_role("button", name="Stop model 1").click()
    expect(answers.first).to_contain_text("Stopped")
    expect(answers.nth(1)).to_have_attribute("aria-busy", "true")
    pane.get_by_role("button", name="Stop", exact=True).last.click()
    expect(answers.last).to_contain_text("Stopped")
    answers.last.get_by_role("button", name="Good answer").click()
    expect(answers.last.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    expect_accessible(console)
