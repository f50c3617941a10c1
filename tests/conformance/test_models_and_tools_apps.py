"""What basic apps and chatflows do around their model, case by case (spec models-and-tools §9)."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

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
from tests.doubles.recording import Request
from tests.server import sample_apps
from tests.server.agents import agent_app, with_caller
from tests.server.app_files import STUB, answer, chat, chatflow, completion, llm, number_input, start, text_input
from tests.server.console_client import console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import AppApi, names_of, text_of
from tests.server.matchers import refused
from tests.server.payloads import asked, unique
from treadle.apps.conversations.memory import NIL_UUID, ConversationMemory
from treadle.apps.features.annotations import AnnotationHit, Question
from treadle.apps.features.around import Surroundings
from treadle.apps.features.gate import Gate
from treadle.apps.features.speech_costs import SpeechCosts
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom, Message
from treadle.platform.db import table_of
from treadle.platform.refusals import Refusal
from treadle.server.services import Services, open_services
from treadle.settings import Settings

JsonMap = dict[str, Any]


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server whose workspace has models that speak, listen and judge."""
    with running_workbench(tmp_path_factory.mktemp("speaking")) as bench:
        add_openai(bench)
        yield bench


def sent(bench: Workbench, text: str) -> list[JsonMap]:
    """The messages of the one model call that `text` occurs in."""
    [request] = asked(bench, text)
    return [{"role": message["role"], "content": message["content"]} for message in request.json["messages"]]


def history(api: AppApi, conversation_id: str) -> list[JsonMap]:
    answer = api.get("/messages", user=api.user, conversation_id=conversation_id)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def test_case_22_an_undeclared_input_is_neither_kept_nor_shown(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.FORM_CHAT), unique("hello")
    body = api.chat(query, inputs={"city": "Bergen", "secret": "psst"}).json()
    [message] = history(api, body["conversation_id"])
    assert "secret" not in message["inputs"]
    assert "psst" not in json.dumps(sent(workbench, query))


def test_case_23_an_empty_text_satisfies_required_and_null_does_not(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FORM_CHAT)
    assert api.chat("hello", inputs={"city": ""}).status_code == 200
    for inputs in ({}, {"city": None}):
        refused(api.chat("hello", inputs=inputs), 400, "invalid_param")


def test_case_24_numbers_are_read_from_text(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(chat(number_input("n"), prompt="n is {{n}}")))
    for given, shown in (("3.5", "n is 3.5"), ("3", "n is 3")):
        query = unique("count")
        assert api.chat(query, inputs={"n": given}).status_code == 200
        assert sent(workbench, query)[0] == {"role": "system", "content": f"{shown}\n"}
    refused(api.chat("count", inputs={"n": "abc"}), 400, "invalid_param")


def test_case_25_a_conversation_keeps_the_inputs_that_later_turns_leave_out(workbench: Workbench) -> None:
    """Ours: a value that a later turn sends wins over the stored one (service-api §3.1)."""
    api, first, second = workbench.of(sample_apps.FORM_CHAT), unique("one"), unique("two")
    body = api.chat(first, inputs={"city": "Bergen", "days": 2}).json()
    api.chat(second, conversation_id=body["conversation_id"], inputs={"days": 3})
    assert sent(workbench, second)[0]["content"] == "City Bergen, unit {unit}, days 3.\n".replace("{unit}", "")


def test_case_27_an_unset_variable_keeps_one_pair_of_braces(workbench: Workbench) -> None:
    api, query = workbench.api(workbench.import_app(chat(prompt="Hi {{name}}"))), unique("q")
    api.chat(query)
    assert sent(workbench, query)[0] == {"role": "system", "content": "Hi {name}\n"}


def test_case_28_a_placeholder_inside_a_value_loses_one_pair_of_braces(workbench: Workbench) -> None:
    api, query = workbench.api(workbench.import_app(chat(text_input("v"), prompt="Say {{v}}"))), unique("q")
    api.chat(query, inputs={"v": "{{other}}"})
    assert sent(workbench, query)[0]["content"] == "Say {other}\n"


def test_case_29_a_prompt_is_the_system_message_and_without_one_there_is_none(workbench: Workbench) -> None:
    with_prompt = workbench.api(workbench.import_app(chat(prompt="Be brief.")))
    query = unique("q")
    with_prompt.chat(query)
    assert sent(workbench, query) == [
        {"role": "system", "content": "Be brief.\n"},
        {"role": "user", "content": query},
    ]
    query = unique("q")
    workbench.of(sample_apps.CHAT).chat(query)
    assert sent(workbench, query) == [{"role": "user", "content": query}]


def test_case_30_a_completion_prompt_is_one_user_message(workbench: Workbench) -> None:
    api, product = workbench.of(sample_apps.COMPLETION), unique("boat")
    assert api.complete({"product": product}).status_code == 200
    assert sent(workbench, product) == [{"role": "user", "content": f"Describe {product}.\n"}]


def test_case_33_a_keyword_in_the_question_is_answered_without_the_model(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=keywords("foo", inputs=True))))
    query = unique("A FOOL")
    events = api.chat_events(query)
    assert [event["answer"] for event in events[:-1]] == list(BLOCKED)
    end = events[-1]
    assert end["event"] == "message_end"
    assert (end["metadata"]["usage"]["total_tokens"], end["metadata"]["usage"]["total_price"]) == (0, "0.0")
    assert asked(workbench, query) == []
    [message] = history(api, end["conversation_id"])
    assert (message["answer"], message["status"], message["query"]) == (BLOCKED, "normal", query)
    following = unique("and now")
    api.chat(following, conversation_id=end["conversation_id"])
    assert sent(workbench, following) == [{"role": "user", "content": following}]


def test_case_33_a_chatflow_answers_whole_and_tells_of_no_workflow(workbench: Workbench) -> None:
    app = chatflow(
        start(to="reply"),
        llm("reply", "{{#sys.query#}}", to="answer"),
        answer("{{#reply.text#}}"),
        features={"sensitive_word_avoidance": keywords("foo", inputs=True)},
    )
    api, query = workbench.api(workbench.import_app(app)), unique("foo")
    events = api.chat_events(query)
    assert [event["event"] for event in events] == ["message", "message_end"]
    assert text_of(events) == BLOCKED
    assert asked(workbench, query) == []
    assert api.chat(query).json()["answer"] == BLOCKED


def test_case_34_a_keyword_in_the_answer_withdraws_it(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=keywords("poison", outputs=True))))
    query = unique("say it")
    workbench.model.reply_when(query, "First some harmless words, then the word poison, and then much more text.")
    events = api.chat_events(query)
    assert names_of(events) == ["message", "message_replace", "message_end"]
    assert text_of(events) == "First some harmless words, then the word"
    [replaced] = [event for event in events if event["event"] == "message_replace"]
    assert (replaced["answer"], replaced["reason"]) == (WITHDRAWN, "output_moderation")
    [message] = history(api, events[-1]["conversation_id"])
    assert message["answer"] == WITHDRAWN
    assert api.chat(query).json()["answer"] == WITHDRAWN


def test_case_37_a_data_tool_that_answers_a_number_fails_the_request(workbench: Workbench) -> None:
    with extension(workbench, unique("numbers")) as (double, extension_id):
        double.answer("app.external_data_tool.query", {"result": 5})
        app = chat(prompt="Stock: {{stock}}", external_data_tools=[data_tool("stock", extension_id)])
        api, query = workbench.api(workbench.import_app(app)), unique("how many")
        refused(api.chat(query), 400, "invalid_param")
        events = api.chat_events(query)
    [error] = events
    assert (error["event"], error["code"], error["status"]) == ("error", "invalid_param", 400)
    assert error["message"] == 'No value for "stock": the endpoint answered no text in "result".'
    assert asked(workbench, query) == []


def test_case_38_suggestions_are_off_or_a_list(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("hello")
    message_id = api.chat(query).json()["message_id"]
    refused(api.get(f"/messages/{message_id}/suggested", user=api.user), 400, "bad_request")
    api, query = workbench.of(sample_apps.SUGGESTING_CHAT), unique("hello")
    message_id = api.chat(query).json()["message_id"]
    workbench.model.reply_when(
        lambda request: query in request.raw.decode() and "JSON list" in str(request.json), "none"
    )
    assert api.get(f"/messages/{message_id}/suggested", user=api.user).json()["data"] == []


def test_case_39_without_auto_name_a_conversation_keeps_its_name(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation_id = api.chat(unique("hello")).json()["conversation_id"]
    [row] = api.get("/conversations", user=api.user).json()["data"]
    assert (row["id"], row["name"]) == (conversation_id, "New conversation")


def test_case_40_an_answer_is_read_aloud_while_it_is_written(speaking: Workbench) -> None:
    app = chat(text_to_speech={"enabled": True, "voice": "nova", "language": "en-US", "autoPlay": "enabled"})
    api, query = speaking.api(speaking.import_app(app)), unique("tell")
    speaking.model.reply_when(query, "One is here. Two is here. Three is here. Four is here. And five")
    events = api.chat_events(query)
    names = [event["event"] for event in events]
    assert names[-1] == "tts_message_end"
    assert names.count("tts_message_end") == 1
    assert names.index("message_end") < names.index("tts_message_end")
    spoken = [request.json for request in speaking.model.requests if request.path.endswith("/audio/speech")][-2:]
    assert [call["input"] for call in spoken] == ["One is here. Two is here.", " Three is here. Four is here. And five"]
    assert {call["voice"] for call in spoken} == {"nova"}
    sound = b"".join(base64.b64decode(event["audio"]) for event in events if event["event"] == "tts_message")
    assert sound == media.mp3() * 2
    assert api.chat(query).status_code == 200


def test_case_41_more_like_this_asks_again_and_warmer(workbench: Workbench) -> None:
    app = workbench.import_app(
        completion(text_input("product"), prompt="Describe {{product}}.", more_like_this={"enabled": True})
    )
    visitor, product = workbench.visitor(app), unique("kite")
    first = visitor.post("/completion-messages", {"inputs": {"product": product}, "response_mode": "blocking"}).json()
    path = f"/messages/{first['message_id']}/more-like-this"
    second = visitor.get(path, response_mode="blocking").json()
    assert second["answer"] == first["answer"]
    assert second["message_id"] != first["message_id"]
    calls = asked(workbench, product)
    assert [call.json.get("temperature") for call in calls] == [None, 0.9]
    assert calls[0].json["messages"] == calls[1].json["messages"]
    assert names_of(visitor.events(path, method="GET")) == ["message", "message_end"]
    assert workbench.visitor(app).get(path).status_code == 404
    off = workbench.visitor(workbench.shared_app(sample_apps.COMPLETION))
    other = off.post("/completion-messages", {"inputs": {"product": product}, "response_mode": "blocking"}).json()
    refused(off.get(f"/messages/{other['message_id']}/more-like-this"), 403, "app_more_like_this_disabled")
    refused(workbench.visitor(workbench.shared_app(sample_apps.CHAT)).get(path), 400, "not_completion_app")


def test_case_42_messages_of_the_service_api_have_no_parent(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversation_id = api.chat(unique("hello")).json()["conversation_id"]
    [message] = history(api, conversation_id)
    assert message["parent_message_id"] == "00000000-0000-0000-0000-000000000000"


def test_case_71_an_extension_is_kept_once_it_answers_a_ping(workbench: Workbench) -> None:
    with ApiExtension().in_thread() as double:

        async def create(services: Services) -> str:
            workspace = await services.accounts.only_workspace()
            row = await services.extensions.create(
                workspace.id, name=unique("ext"), api_endpoint=double.url, api_key=double.key
            )
            return row.id

        assert near_doubles(workbench, create)
        for said in ("ok", {"result": "ping"}, {}):
            double.answer("ping", said)
            with pytest.raises(Refusal, match=r"pong|JSON object"):
                near_doubles(workbench, create)
        double.answer("ping", {"result": "pong"})
        double.fail(500)
        with pytest.raises(Refusal, match="answered with status 500"):
            near_doubles(workbench, create)
        double.take_violations()


def test_case_72_moderation_may_rewrite_what_was_asked(workbench: Workbench) -> None:
    with extension(workbench, unique("rewriter")) as (double, extension_id):
        replacement, query = unique("polite"), unique("rude")
        double.answer(
            "app.moderation.input",
            {"flagged": True, "action": "overridden", "inputs": {"mood": "calm"}, "query": replacement},
        )
        app = chat(
            text_input("mood"),
            prompt="Mood {{mood}}",
            sensitive_word_avoidance=moderation("api", inputs=True, api_based_extension_id=extension_id),
        )
        made = workbench.import_app(app)
        api = workbench.api(made)
        body = api.chat(query, inputs={"mood": "angry"}).json()
        assert double.calls("app.moderation.input") == [
            {"app_id": made.id, "inputs": {"mood": "angry"}, "query": query}
        ]
    assert sent(workbench, replacement) == [
        {"role": "system", "content": "Mood calm\n"},
        {"role": "user", "content": replacement},
    ]
    assert asked(workbench, query) == []
    [message] = history(api, body["conversation_id"])
    assert (message["query"], message["inputs"]) == (replacement, {"mood": "calm"})


def test_case_72_inputs_that_moderation_does_not_mention_stay(workbench: Workbench) -> None:
    with extension(workbench, unique("rewriter")) as (double, extension_id):
        replacement = unique("polite")
        double.answer("app.moderation.input", {"flagged": True, "action": "overridden", "query": replacement})
        feature = moderation("api", inputs=True, api_based_extension_id=extension_id)
        app = chat(text_input("mood"), prompt="Mood {{mood}}", sensitive_word_avoidance=feature)
        answered = workbench.api(workbench.import_app(app)).chat("rude", inputs={"mood": "angry"})
        assert answered.status_code == 200, answered.text
    assert sent(workbench, replacement)[0]["content"] == "Mood angry\n"


def test_case_73_a_failing_moderation_refuses_questions_and_passes_answers(workbench: Workbench) -> None:
    with extension(workbench, unique("failing")) as (double, extension_id):
        asking = moderation("api", inputs=True, api_based_extension_id=extension_id)
        answering = moderation("api", outputs=True, api_based_extension_id=extension_id)
        input_side = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=asking)))
        output_side = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=answering)))
        double.fail(500)
        query = unique("hello")
        refused(input_side.chat(query), 400, "invalid_param")
        assert asked(workbench, query) == []
        body = output_side.chat(query)
        assert (body.status_code, body.json()["answer"]) == (200, f"You said: {query}")
        double.take_violations()


def test_case_74_a_moderation_of_neither_side_is_refused(workbench: Workbench) -> None:
    file = chat(sensitive_word_avoidance=keywords("foo"))

    async def publish(services: Services) -> None:
        workspace = await services.accounts.only_workspace()
        await services.apps.import_file(workspace.id, file, publish=True)

    with pytest.raises(Refusal, match="for neither inputs nor outputs"):
        workbench.with_services(publish)


def test_a_model_of_openai_moderates_both_sides(speaking: Workbench) -> None:
    feature = moderation("openai_moderation", inputs=True, outputs=True)
    api = speaking.api(speaking.import_app(chat(sensitive_word_avoidance=feature)))
    speaking.model.flagged_words = {"venom"}
    assert api.chat(unique("drink venom")).json()["answer"] == BLOCKED
    query = unique("harmless")
    speaking.model.reply_when(query, "Here is some venom for you.")
    events = api.chat_events(query)
    assert text_of(events) == ""
    assert names_of(events) == ["message_replace", "message_end"]


def test_data_tools_of_both_places_fill_variables_at_once(workbench: Workbench) -> None:
    with extension(workbench, unique("both")) as (double, extension_id):
        double.answer("app.external_data_tool.query", lambda params: {"result": f"<{params['tool_variable']}>"})
        file = json.loads(chat(text_input("sku"), prompt="{{sku}} {{price}} {{stock}}"))
        config = file["model_config"]
        config["user_input_form"].append({"external_data_tool": {**data_tool("price", extension_id), "required": True}})
        config["external_data_tools"] = [data_tool("stock", extension_id)]
        made = workbench.import_app(json.dumps(file, ensure_ascii=False))
        api, query = workbench.api(made), unique("q")
        assert api.chat(query, inputs={"sku": "A7", "price": "free"}).status_code == 200
        calls = double.calls("app.external_data_tool.query")
    assert sent(workbench, query)[0]["content"] == "A7 <price> <stock>\n"
    assert sorted(calls, key=lambda call: str(call["tool_variable"])) == [
        {"app_id": made.id, "tool_variable": name, "inputs": {"sku": "A7"}, "query": query}
        for name in ("price", "stock")
    ]


def test_long_answers_are_checked_while_they_grow(workbench: Workbench) -> None:
    with extension(workbench, unique("growing")) as (double, extension_id):
        feature = moderation("api", outputs=True, api_based_extension_id=extension_id)
        api, query = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=feature))), unique("long")
        text = " ".join(f"word{number:04}" for number in range(100))
        workbench.model.reply_when(query, text)
        assert api.chat(query).json()["answer"] == text
        texts = [str(call["text"]) for call in double.calls("app.moderation.output")]
    assert texts[-1] == text
    assert all(text.startswith(part) for part in texts)
    assert len(texts[0]) >= 300


def test_an_endpoint_may_put_its_own_words_in_the_place_of_an_answer(workbench: Workbench) -> None:
    with extension(workbench, unique("censor")) as (double, extension_id):
        double.answer(
            "app.moderation.output",
            lambda params: {
                "flagged": "secret" in str(params["text"]),
                "action": "overridden",
                "text": str(params["text"]).replace("secret", "******"),
            },
        )
        feature = moderation("api", outputs=True, api_based_extension_id=extension_id)
        api, query = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=feature))), unique("tell")
        workbench.model.reply_when(query, "The secret is out.")
        events = api.chat_events(query)
        assert names_of(events) == ["message_replace", "message_end"]
        assert events[0]["answer"] == "The ****** is out."
        [message] = history(api, events[-1]["conversation_id"])
        assert message["answer"] == "The ****** is out."


def test_case_75_a_title_of_a_model_is_cut_at_75_characters(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("hello")
    conversation_id = api.chat(query).json()["conversation_id"]
    reply = {"Language Type": "English", "Your Reasoning": "It is long.", "Your Output": "x" * 80}
    workbench.model.reply_when(
        lambda request: query in str(request.json) and "Your Output" in str(request.json), f"Here: {json.dumps(reply)}"
    )
    named = api.post(f"/conversations/{conversation_id}/name", {"auto_generate": True, "user": api.user}).json()
    assert named["name"] == "x" * 75 + "..."


def test_case_76_variables_of_a_written_prompt_are_the_quoted_texts(workbench: Workbench) -> None:
    console, wish = console_of(workbench), unique("write poems")

    def about(words: str) -> Callable[[Request], bool]:
        return lambda request: wish in str(request.json) and words in str(request.json)

    workbench.model.reply_when(about("Say who the assistant is"), f"You write about {{{{a}}}} and {{{{b}}}}: {wish}")
    workbench.model.reply_when(about("as a JSON list"), 'The names are ["a", "b"].')
    workbench.model.reply_when(about("to greet somebody"), "Hello!")
    model = {"provider": "openai_api_compatible", "name": "stub", "mode": "chat", "completion_params": {}}
    body = {"instruction": wish, "model_config": model, "no_variable": False}
    written = console.post("/rule-generate", body).json()
    assert written == {
        "prompt": f"You write about {{{{a}}}} and {{{{b}}}}: {wish}",
        "variables": ["a", "b"],
        "opening_statement": "Hello!",
        "error": "",
    }
    calls = asked(workbench, wish)
    assert [(call.json["temperature"], call.json["max_tokens"]) for call in calls] == [(0.01, 512)] * 3
    plain = console.post("/rule-generate", {**body, "no_variable": True}).json()
    assert (plain["variables"], plain["opening_statement"]) == ([], "")
    assert len(asked(workbench, wish)) == 4


def test_case_26_an_agent_answers_only_as_a_stream(workbench: Workbench) -> None:
    agent = json.loads(chat(name="Agent", agent_mode={"enabled": True, "strategy": "function_call", "tools": []}))
    agent["app"]["mode"] = "agent-chat"
    api = workbench.api(workbench.import_app(json.dumps(agent, ensure_ascii=False)))
    for mode in ("blocking", None):
        refused(api.chat("hello", response_mode=mode), 400, "invalid_param")


def test_case_31_a_simple_prompt_of_a_completion_model_stops_at_its_frame(workbench: Workbench) -> None:
    """A completion app, which has no conversation, has no such frame."""
    model = {**STUB, "mode": "completion", "completion_params": {"stop": ["END"]}}
    query, product = unique("hello"), unique("boat")
    workbench.api(workbench.import_app(chat(prompt="Be brief.", model=model))).chat(query)
    assert asked(workbench, query)[0].json["stop"] == ["END", "\nHuman:", "</histories>"]
    assert sent(workbench, query) == [
        {"role": "user", "content": f"Be brief.\n\n\nHuman: {query}\n\nAssistant: "},
    ]
    app = completion(text_input("product"), prompt="Describe {{product}}.", model=model)
    workbench.api(workbench.import_app(app)).complete({"product": product})
    assert asked(workbench, product)[0].json["stop"] == ["END"]


def test_case_32_the_oldest_messages_make_room_and_one_is_kept(workbench: Workbench) -> None:
    model = {**STUB, "completion_params": {"max_tokens": 3900}}
    api = workbench.api(workbench.import_app(chat(model=model)))
    long, conversation_id, said = "word " * 60, None, list[str]()
    for number in range(3):
        query = unique(f"{number} {long}")
        workbench.model.reply_when(query, f"answer {number} {long}".strip())
        body = api.chat(query, conversation_id=conversation_id).json()
        conversation_id = body["conversation_id"]
        said += [query, f"answer {number} {long}".strip()]
    last = unique("last")
    api.chat(last, conversation_id=conversation_id)
    messages = [message["content"] for message in sent(workbench, last)]
    kept = messages[:-1]
    assert messages[-1] == last
    assert 1 <= len(kept) < len(said)
    assert kept == said[-len(kept) :]


def test_case_43_a_stop_of_another_user_is_ignored(workbench: Workbench) -> None:
    gate = unique("stop").replace(" ", "-")
    api = workbench.api(workbench.import_app(sample_apps.held_chatflow(workbench.gate.held(gate))))
    with api.stream("/chat-messages", api.chat_body("hello", response_mode="streaming")) as stream:
        task_id = stream.until("workflow_started")["task_id"]
        stopped = api.post(f"/chat-messages/{task_id}/stop", {"user": "somebody else"})
        assert (stopped.status_code, stopped.json()) == (200, {"result": "success"})
        workbench.gate.open(gate)
        events = stream.rest()
    [finished] = [event["data"] for event in events if event["event"] == "workflow_finished"]
    assert finished["status"] == "succeeded"


def test_case_44_a_conversation_is_read_500_messages_back(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    first = api.chat(unique("first")).json()

    async def turns(services: Services) -> list[str]:
        table = table_of(Message)
        async with services.db.transaction() as session:
            found = (await session.execute(select(table).where(table.c.id == first["message_id"]))).mappings().one()
            later = [
                {**found, "id": str(uuid4()), "query": f"q{number}", "created_at": found["created_at"] + number}
                for number in range(1, 501)
            ]
            await session.execute(insert(table), later)
        memory = ConversationMemory(services.db, first["conversation_id"], "", NIL_UUID, lambda file: file)
        return [turn.query for turn in await memory.turns(1000)]

    assert workbench.with_services(turns) == [f"q{number}" for number in range(1, 501)]


def test_more_like_this_sends_its_files_again(workbench: Workbench) -> None:
    image = {"enabled": True, "detail": "high", "number_limits": 2, "transfer_methods": ["local_file"]}
    app = completion(
        text_input("product"),
        prompt="Describe {{product}}.",
        more_like_this={"enabled": True},
        file_upload={"image": image},
        model={**STUB, "name": "seeing"},
    )
    credentials = {"endpoint_url": workbench.model.url, "api_key": workbench.model.key, "vision_support": "support"}

    async def add(services: Services) -> None:
        workspace = await services.accounts.only_workspace()
        await services.models.add_model(workspace.id, "openai_api_compatible", "llm", "seeing", credentials)

    workbench.with_services(add)
    workbench.bump("models")
    made = workbench.import_app(app)
    visitor, product = workbench.visitor(made), unique("kite")
    upload = visitor.post("/files/upload", files={"file": ("kite.png", workbench.png(), "image/png")}).json()
    file = {"type": "image", "transfer_method": "local_file", "upload_file_id": upload["id"]}
    body = {"inputs": {"product": product}, "files": [file], "response_mode": "blocking"}
    first = visitor.post("/completion-messages", body).json()
    again = visitor.get(f"/messages/{first['message_id']}/more-like-this", response_mode="blocking")
    assert again.status_code == 200, again.text
    one, two = asked(workbench, product)
    assert one.json["messages"] == two.json["messages"]
    assert [part["type"] for part in two.json["messages"][0]["content"]] == ["image_url", "text"]


def test_a_refused_question_names_no_conversation(workbench: Workbench) -> None:
    api = workbench.api(workbench.import_app(chat(sensitive_word_avoidance=keywords("foo", inputs=True))))
    api.chat("some foo", auto_generate_name=True)
    api.chat("something good", auto_generate_name=True)

    def names() -> set[str]:
        return {row["name"] for row in api.get("/conversations", user=api.user).json()["data"]}

    eventually(lambda: len(names()) == 2, "the good one has a name")
    assert "New conversation" in names()
    assert not any("foo" in name for name in names())


def test_an_agent_is_moderated_on_both_sides(workbench: Workbench) -> None:
    """What moderation withdrew stands in no thought either."""
    with_caller(workbench)
    feature = keywords("poison", inputs=True, outputs=True)
    api, query = workbench.api(workbench.import_app(agent_app(sensitive_word_avoidance=feature))), unique("tell")
    asked_events = api.chat_events("some poison")
    assert [event["event"] for event in asked_events] == ["agent_message"] * len(BLOCKED) + ["message_end"]
    workbench.model.reply_when(query, "Some words first, then the poison, and then much more of it.")
    events = api.chat_events(query)
    assert [event["event"] for event in events if event["event"] in ("message_replace", "message_end")] == [
        "message_replace",
        "message_end",
    ]
    assert "poison" not in json.dumps(events)
    [message] = history(api, events[-1]["conversation_id"])
    assert message["answer"] == WITHDRAWN


class Annotated:
    """Annotations that answer everything, and note what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def replies_for(self, app_id: str) -> bool:
        return True

    async def match(self, question: Question) -> AnnotationHit | None:
        self.asked.append(question.query)
        return AnnotationHit(id="a", content="At noon.")

    async def setting(self, app_id: str) -> dict[str, object]:
        return {"enabled": True}


async def test_case_36_a_completion_app_never_asks_its_annotations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chat app does, and needs no model then."""
    annotations = Annotated()
    settings = Settings(data_dir=tmp_path / "data", local_model=False, database_url="")
    async with open_services(settings=settings) as services:
        gate = Gate(
            extensions=services.extensions,
            code=services.code_extensions,
            models=services.models,
            annotations=annotations,
        )
        monkeypatch.setattr(
            services.host, "_surroundings", Surroundings(gate, services.models, SpeechCosts(services.writer))
        )
        workspace = await services.accounts.only_workspace()
        answers: list[object] = []
        for file in (completion(text_input("topic"), prompt="{{topic}}"), chat()):
            app = (await services.apps.import_file(workspace.id, file)).app
            run = await services.host.start(
                StartRun(
                    app=app,
                    created_from=CreatedFrom.SERVICE_API,
                    user_id="u",
                    user="ada",
                    inputs={},
                    query="When?",
                )
            )
            answers.append((await run.finished()).outputs.get("answer"))
    assert annotations.asked == ["When?"]
    assert answers == ["", "At noon."]
