"""Previews of basic apps: files of each kind, a question that is spoken, a text by four models side by side."""

import io
import re
import wave
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from tests.doubles.recording import Request
from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.test_trying import add_speech, ask, configured
from tests.server.sample_apps import CHAT, COMPLETION
from treadle.server.services import Services


def add_models(site: Site, *names: str, **abilities: str) -> None:
    """Chat models of the scripted server, under names of their own."""
    credentials = {"endpoint_url": site.model.url, "api_key": site.model.key, "context_size": "4096", **abilities}

    async def work(services: Services) -> None:
        workspace = await services.accounts.only_workspace()
        for name in names:
            await services.models.add_model(
                workspace.id, "openai_api_compatible", "llm", name, credentials, validate=False
            )

    site.with_services(work)


def model(name: str) -> dict[str, Any]:
    return {"provider": "openai_api_compatible", "name": name, "mode": "chat", "completion_params": {}}


def recording() -> bytes:
    """A second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return file.getvalue()


def parts_of(request: Request) -> list[str]:
    """The types of what the last message of a request is made of."""
    parts: list[dict[str, Any]] = request.json["messages"][-1]["content"]
    return [part["type"] for part in parts]


def test_a_chatbot_is_tried_with_files_of_every_kind(site: Site, console: Page) -> None:
    able = {"vision_support": "support", "document_support": "support", "audio_support": "support"}
    add_models(site, "all-senses", **able)
    configured(site, console, CHAT, "name: Looks and listens", model=model("all-senses"))
    for kind in ("Pictures", "Documents", "Sound"):
        console.get_by_role("switch", name=kind).click()
    console.get_by_role("button", name="Upload settings").click()
    expect_accessible(console)
    pane = console.get_by_role("region", name="Preview")
    files: list[FilePayload] = [
        {"name": "mole.png", "mimeType": "image/png", "buffer": site.picture()},
        {"name": "rules.txt", "mimeType": "text/plain", "buffer": b"No swimming."},
        {"name": "bell.wav", "mimeType": "audio/wav", "buffer": recording()},
    ]
    pane.locator("input[type=file]").set_input_files(files)
    attached = pane.get_by_role("list", name="Attached files")
    expect(attached.get_by_role("listitem")).to_have_count(3)
    pane.get_by_role("button", name="Attach a file").click(force=True)
    expect(console.get_by_role("menu")).to_have_count(0)
    expect_accessible(console)
    exchange = ask(pane, "What do these say?")
    for name in ("rules.txt", "bell.wav"):
        expect(exchange.get_by_text(name).first).to_be_visible()
    expect(exchange.get_by_role("img", name="mole.png")).to_be_visible()
    expect(attached).to_have_count(0)
    asked = next(each for each in reversed(site.model.requests) if "What do these say?" in str(each.json))
    assert sorted(parts_of(asked)) == ["file", "image_url", "input_audio", "text"]

    pane.locator("input[type=file]").set_input_files({"name": "run.exe", "mimeType": "text/x", "buffer": b"MZ"})
    expect(console.get_by_text("run.exe").first).to_be_visible()


def test_a_question_to_a_draft_is_spoken(site: Site, console: Page) -> None:
    add_speech(site)
    configured(site, console, CHAT, "name: Listens", speech_to_text={"enabled": True})
    pane = console.get_by_role("region", name="Preview")
    box = pane.get_by_role("textbox", name="Ask the draft")
    box.fill("Please tell me:")
    pane.get_by_role("button", name="Speak the question").click()
    expect(pane.get_by_role("group", name="Recording")).to_be_visible()
    expect_accessible(console)
    pane.get_by_role("button", name="Throw the recording away").click()
    expect(box).to_have_value("Please tell me:")
    pane.get_by_role("button", name="Speak the question").click()
    pane.get_by_role("button", name="Stop and write it down").click()
    expect(box).to_have_value(f"Please tell me: {site.model.transcript}")
    box.press("Enter")
    expect(pane.get_by_role("article")).to_contain_text(site.model.transcript)


def test_a_text_is_written_by_four_models_side_by_side(site: Site, console: Page) -> None:
    add_models(site, "second-pen", "third-pen")
    add_models(site, "dry-pen", api_key="wrong")
    configured(site, console, COMPLETION, "name: Four pens")
    pane = console.get_by_role("region", name="Preview")
    pane.get_by_label("product").fill("green tea")
    pane.get_by_role("button", name="Compare models").click()
    pane.get_by_role("button", name="Add a model").click()
    pane.get_by_role("button", name="Duplicate model 1").click()
    expect(pane.get_by_role("button", name="Add a model")).to_have_count(0)
    expect(pane.get_by_role("button", name="Duplicate model 1")).to_be_disabled()
    panes = [pane.get_by_role("region", name=f"Compared model {number}") for number in range(1, 5)]
    for number, name in ((2, "second-pen"), (3, "third-pen"), (4, "dry-pen")):
        panes[number - 1].get_by_role("button", name=re.compile(f"^Model {number}")).click()
        console.get_by_role("option", name=name).click()
    expect_accessible(console)
    pane.get_by_role("button", name="Run").click()
    for answered in panes[:3]:
        expect(answered.get_by_role("article")).to_contain_text("You said: Describe green tea.")
    expect(panes[3].get_by_role("alert")).to_contain_text("dry-pen")
    site.model.take_violations()
    expect_accessible(console)
    asked = {each.json["model"] for each in site.model.requests if "Describe green tea." in str(each.json)}
    assert asked == {"stub", "second-pen", "third-pen", "dry-pen"}
    panes[2].get_by_role("button", name="Use this one").click()
    expect(pane.get_by_role("button", name="Compare models")).to_be_visible()
    expect(console.get_by_role("button", name="third-pen")).to_be_visible()
