"""An answer that somebody wrote down, given in the place of a model's (spec models-and-tools §6, service-api §4.4)."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from tests.conformance.features import keywords
from tests.server.app_files import answer, chat, chatflow, completion, start, text_input
from treadle.apps.features.annotations import AnnotationHit, Question
from treadle.apps.features.around import Surroundings
from treadle.apps.features.gate import Gate
from treadle.apps.features.speech_costs import SpeechCosts
from treadle.apps.running.frames import FrameEncoder
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom, Message, Run
from treadle.server.services import Services, open_services
from treadle.settings import Settings

TEXT = "At noon."


class Remembered:
    """One annotation for all questions of all apps."""

    async def replies_for(self, app_id: str) -> bool:
        return True

    async def match(self, question: Question) -> AnnotationHit | None:
        return AnnotationHit(id="a1", content=TEXT, account_id="acc", account_name="Ola")

    async def setting(self, app_id: str) -> Mapping[str, object]:
        return {"enabled": True}


@pytest.fixture
async def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Services whose apps have annotations, and no model at all."""
    settings = Settings(data_dir=tmp_path / "data", local_model=False, database_url="")
    async with open_services(settings=settings) as opened:
        gate = Gate(
            extensions=opened.extensions, code=opened.code_extensions, models=opened.models, annotations=Remembered()
        )
        monkeypatch.setattr(opened.host, "_surroundings", Surroundings(gate, opened.models, SpeechCosts(opened.writer)))
        yield opened


async def ask(
    services: Services, file: str, query: str = "When?", **inputs: str
) -> tuple[list[dict[str, object]], dict[str, object]]:
    """The frames of an answer, and its blocking form."""
    workspace = await services.accounts.only_workspace()
    app = (await services.apps.import_file(workspace.id, file, publish=True)).app
    request = StartRun(
        app=app, created_from=CreatedFrom.SERVICE_API, user_id="u" * 36, user="ada", inputs=inputs, query=query
    )
    run = await services.host.start(request)
    finished = await run.finished()
    encoder = FrameEncoder(run.thread)
    frames = b"".join([encoder.encode(event) for event in run.feed.events])
    events = [msgspec.json.decode(line.removeprefix(b"data: ")) for line in frames.split(b"\n\n") if line]
    return events, run.message_answer(finished)


async def test_a_chat_gets_the_text_letter_by_letter_and_says_whose_it_is(services: Services) -> None:
    events, whole = await ask(services, chat(prompt="Be kind."))
    assert [event["answer"] for event in events[:-1]] == list(TEXT)
    reply = {"id": "a1", "account": {"id": "acc", "name": "Ola"}}
    for metadata in (events[-1]["metadata"], whole["metadata"]):
        assert isinstance(metadata, dict)
        assert (metadata["annotation_reply"], metadata["usage"]["total_tokens"]) == (reply, 0)
    assert whole["answer"] == TEXT
    async with services.db.session() as session:
        [message] = (await session.execute(select(Message))).scalars()
        [run] = (await session.execute(select(Run))).scalars()
    assert (message.answer, message.status) == (TEXT, "normal")
    assert msgspec.json.decode(message.message_metadata)["annotation_reply"] == reply
    assert (run.status, run.error, run.total_steps) == ("stopped", "Stopped by annotation reply.", 0)


async def test_a_chatflow_gets_it_whole_and_without_a_name(services: Services) -> None:
    events, whole = await ask(services, chatflow(start(to="answer"), answer("{{#sys.query#}}")))
    assert [(event["event"], event.get("answer")) for event in events] == [("message", TEXT), ("message_end", None)]
    for metadata in (events[-1]["metadata"], whole["metadata"]):
        assert isinstance(metadata, dict)
        assert metadata["annotation_reply"] is None


async def test_what_somebody_wrote_is_moderated_like_an_answer(services: Services) -> None:
    feature = keywords("noon", outputs=True)
    events, whole = await ask(services, chat(sensitive_word_avoidance=feature))
    assert [event["event"] for event in events if event["event"] != "message"] == ["message_replace", "message_end"]
    assert whole["answer"] == "This answer was withdrawn."


async def test_a_completion_app_has_no_annotations(services: Services) -> None:
    events, _ = await ask(services, completion(text_input("product"), prompt="{{product}}"), product="boat")
    assert [(event["event"], event["code"]) for event in events] == [("error", "provider_not_initialize")]
