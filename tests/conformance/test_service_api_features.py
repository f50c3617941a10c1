"""The Service API, case by case (spec service-api §12): moderation, speech and API extensions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.features import (
    BLOCKED,
    WITHDRAWN,
    add_openai,
    data_tool,
    extension,
    keywords,
    moderation,
    near_doubles,
)
from tests.doubles import media
from tests.doubles.api_extension import ApiExtension
from tests.doubles.recording import Form
from tests.server import sample_apps
from tests.server.app_files import answer, chat, chatflow, end, llm, start, text_input, workflow
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench
from tests.server.http_client import AppApi, names_of
from tests.server.matchers import ID, NOW, TEXT, refused
from tests.server.payloads import asked, unique
from treadle.platform.refusals import InvalidParam
from treadle.server.services import Services

JsonMap = dict[str, Any]

SPEAKING = {"enabled": True, "voice": "nova", "language": "en-US"}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server whose workspace has models that speak and listen."""
    with running_workbench(tmp_path_factory.mktemp("speech")) as bench:
        add_openai(bench)
        yield bench


@pytest.fixture
def voice(speaking: Workbench) -> AppApi:
    """An app that speaks and listens."""
    return speaking.of(chat(name="Voice", text_to_speech=SPEAKING, speech_to_text={"enabled": True}))


def hear(api: AppApi, mime: str, content: bytes, *, part: str = "file", name: str = "note.mp3") -> Any:
    return api.post("/audio-to-text", files={part: (name, content, mime)}, data={"user": api.user})


def test_case_48_a_moderated_question_is_answered_with_the_preset_reply(workbench: Workbench) -> None:
    feature = {"sensitive_word_avoidance": keywords("foo", inputs=True)}
    chatting = workbench.api(workbench.import_app(chat(**feature)))
    answered = chatting.chat("some foo")
    assert (answered.status_code, answered.json()["answer"]) == (200, BLOCKED)
    flow = chatflow(start(to="answer"), answer("{{#sys.query#}}"), features=feature)
    answered = workbench.api(workbench.import_app(flow)).chat("some foo")
    assert (answered.status_code, answered.json()["answer"]) == (200, BLOCKED)


def test_case_48_a_moderated_workflow_is_stopped_before_its_first_node(workbench: Workbench) -> None:
    """Ours: a workflow has no answer, so its stream shows the preset reply as text and its run is stopped."""
    app = workflow(
        start(text_input("topic"), to="write"),
        llm("write", "About {{#start.topic#}}", to="end"),
        end(text="write.text"),
        features={"sensitive_word_avoidance": keywords("foo", inputs=True)},
    )
    api, topic = workbench.api(workbench.import_app(app)), unique("foo")
    events = api.run_events({"topic": topic})
    assert [event["event"] for event in events] == ["workflow_started", "text_chunk", "workflow_finished"]
    assert events[1]["data"]["text"] == BLOCKED
    finished = events[2]["data"]
    assert (finished["status"], finished["error"], finished["total_steps"]) == (
        "stopped",
        "Stopped by input moderation.",
        0,
    )
    assert asked(workbench, topic) == []
    assert api.run({"topic": "fine"}).json()["data"]["status"] == "succeeded"


def test_case_49_a_moderated_answer_is_replaced_before_its_end(workbench: Workbench) -> None:
    app = chatflow(
        start(to="reply"),
        llm("reply", "{{#sys.query#}}", to="answer"),
        answer("{{#reply.text#}}"),
        features={"sensitive_word_avoidance": keywords("poison", outputs=True)},
    )
    api, query = workbench.api(workbench.import_app(app)), unique("tell")
    workbench.model.reply_when(query, "Some words first, then the poison, then many more words of no importance.")
    events = api.chat_events(query)
    names = names_of(events)
    assert names.index("message_replace") < names.index("message_end")
    [replaced] = [event for event in events if event["event"] == "message_replace"]
    assert replaced == {
        "event": "message_replace",
        "conversation_id": ID,
        "message_id": ID,
        "created_at": NOW,
        "task_id": ID,
        "answer": WITHDRAWN,
        "reason": "output_moderation",
    }
    assert "poison" not in json.dumps(events)
    [finished] = [event["data"] for event in events if event["event"] == "workflow_finished"]
    assert (finished["status"], finished["error"]) == ("stopped", "Stopped by output moderation.")
    assert finished["outputs"]["answer"] == WITHDRAWN


def test_case_50_speech_ends_once_behind_everything_else(speaking: Workbench) -> None:
    auto = {"text_to_speech": {**SPEAKING, "autoPlay": "enabled"}}
    flow = chatflow(start(to="answer"), answer("One. Two. Three."), features=auto)
    events = speaking.api(speaking.import_app(flow)).chat_events("hello")
    names = [event["event"] for event in events]
    assert names[-1] == "tts_message_end"
    assert (names.count("tts_message") > 0, names.count("tts_message_end")) == (True, 1)
    assert events[-1] == {
        "event": "tts_message_end",
        "conversation_id": ID,
        "message_id": ID,
        "created_at": NOW,
        "task_id": ID,
        "audio": "",
    }
    written = workflow(
        start(text_input("topic"), to="write"),
        llm("write", "About {{#start.topic#}}", to="end"),
        end(text="write.text"),
        features=auto,
    )
    events = speaking.api(speaking.import_app(written)).run_events({"topic": "cats. Dogs. Birds."})
    assert events[-1] == {"event": "tts_message_end", "workflow_run_id": ID, "task_id": ID, "audio": ""}


def test_a_stopped_answer_falls_silent(speaking: Workbench) -> None:
    app = chat(text_to_speech={**SPEAKING, "autoPlay": "enabled"})
    api, query = speaking.api(speaking.import_app(app)), unique("stop me")
    speaking.model.hang(times=1, after_events=5)
    before = len(speaking.model.requests_to("/audio/speech"))
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        task_id = stream.until("message")["task_id"]
        api.post(f"/chat-messages/{task_id}/stop", {"user": api.user})
        events = stream.rest()
    assert [event["event"] for event in events if event["event"] != "message"] == ["message_end", "tts_message_end"]
    assert len(speaking.model.requests_to("/audio/speech")) == before


def test_case_80_recordings_that_cannot_be_written_down_are_refused(
    workbench: Workbench, speaking: Workbench, voice: AppApi
) -> None:
    refused(hear(voice, "text/plain", b"x", name="a.txt"), 415, "unsupported_audio_type")
    refused(hear(voice, "audio/mp3", b"\0" * (31 * 1024 * 1024)), 413, "audio_too_large")
    refused(voice.post("/audio-to-text", files={"other": ("a.mp3", b"x", "audio/mp3")}), 400, "no_audio_uploaded")
    refused(hear(speaking.of(sample_apps.CHAT), "audio/mp3", media.mp3()), 400, "invalid_param")
    deaf = workbench.of(chat(name="Deaf", speech_to_text={"enabled": True}))
    refused(hear(deaf, "audio/mp3", media.mp3()), 400, "provider_not_support_speech_to_text")
    unpublished = speaking.api(speaking.import_app(sample_apps.CHATFLOW, publish=False))
    refused(hear(unpublished, "audio/mp3", media.mp3()), 400, "app_unavailable")


def test_case_80_a_recording_is_written_down(speaking: Workbench, voice: AppApi) -> None:
    speaking.model.transcript = "hello there"
    for part, mime in (("file", "audio/mpeg"), ("audio_file", "audio/x-wav")):
        answered = hear(voice, mime, media.mp3(), part=part)
        assert (answered.status_code, answered.json()) == (200, {"text": "hello there"})
    body = speaking.model.requests[-1].body
    assert isinstance(body, Form)
    assert body.values("model") == ["whisper-1"]
    visitor = speaking.visitor(
        speaking.shared_app(chat(name="Voice", text_to_speech=SPEAKING, speech_to_text={"enabled": True}))
    )
    heard = visitor.post("/audio-to-text", files={"file": ("note.webm", media.mp3(), "audio/webm")})
    assert (heard.status_code, heard.json()) == (200, {"text": "hello there"})


def test_case_81_texts_and_answers_are_read_aloud(speaking: Workbench, voice: AppApi) -> None:
    body = {"user": voice.user}
    refused(voice.post("/text-to-audio", body), 400, "invalid_param")
    for message_id in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        refused(voice.post("/text-to-audio", {**body, "message_id": message_id}), 404, "not_found")
    refused(speaking.of(sample_apps.CHAT).post("/text-to-audio", {"user": "u", "text": "Hi"}), 400, "invalid_param")
    sound = voice.post("/text-to-audio", {**body, "text": "Hi there", "voice": "echo"})
    assert (sound.status_code, sound.headers["content-type"], sound.content) == (200, "audio/mpeg", media.mp3())
    assert speaking.model.requests[-1].json | {} == {
        "model": "tts-1",
        "input": "Hi there",
        "voice": "echo",
        "response_format": "mp3",
    }
    query = unique("read")
    message = voice.chat(query).json()
    assert voice.post("/text-to-audio", {**body, "message_id": message["id"], "text": "not this"}).status_code == 200
    said = speaking.model.requests[-1].json
    assert (said["input"], said["voice"]) == (f"You said: {query}", "nova")
    other = voice.as_user("somebody else")
    refused(other.post("/text-to-audio", {"user": other.user, "message_id": message["id"]}), 404, "not_found")


def test_case_112_an_extension_is_pinged_and_its_key_is_long_enough(workbench: Workbench) -> None:
    with ApiExtension().in_thread() as double:

        def create(key: str) -> str:
            async def work(services: Services) -> str:
                workspace = await services.accounts.only_workspace()
                made = await services.extensions.create(
                    workspace.id, name=unique("ext"), api_endpoint=double.url, api_key=key
                )
                return services.extensions.shown_key(made)

            return near_doubles(workbench, work)

        assert create(double.key) == "ext******key"
        [ping] = [request.json for request in double.requests]
        assert ping == {"point": "ping", "params": {}}
        double.answer("ping", "ok")
        with pytest.raises(InvalidParam, match="JSON object"):
            create(double.key)
        with pytest.raises(InvalidParam, match="at least 5 characters"):
            create("1234")


def test_case_113_an_answer_without_an_action_fails_questions_and_passes_answers(workbench: Workbench) -> None:
    with extension(workbench, unique("actionless")) as (double, extension_id):
        double.answer("app.moderation.input", {"flagged": False})
        double.answer("app.moderation.output", {"flagged": True, "preset_response": "no"})
        asking = moderation("api", inputs=True, api_based_extension_id=extension_id)
        answering = moderation("api", outputs=True, api_based_extension_id=extension_id)
        refused(
            workbench.api(workbench.import_app(chat(sensitive_word_avoidance=asking))).chat("hi"), 400, "invalid_param"
        )
        query = unique("hi")
        answered = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=answering))).chat(query)
        assert answered.json()["answer"] == f"You said: {query}"


def test_case_114_a_data_tool_that_answers_a_number_is_an_error(workbench: Workbench) -> None:
    with extension(workbench, unique("number")) as (double, extension_id):
        double.answer("app.external_data_tool.query", {"result": 7})
        app = chat(prompt="{{stock}}", external_data_tools=[data_tool("stock", extension_id)])
        api = workbench.api(workbench.import_app(app))
        refused(api.chat("how many"), 400, "invalid_param")
        [error] = api.chat_events("how many")
        assert error == {
            "event": "error",
            "conversation_id": ID,
            "message_id": ID,
            "created_at": NOW,
            "code": "invalid_param",
            "status": 400,
            "message": TEXT,
        }
