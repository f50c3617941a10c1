"""The model node of basic apps (spec models-and-tools §2.3 to §2.5, conformance 11 and 27 to 32)."""

from collections.abc import Mapping

import pytest

from treadle.engine.errors import GraphProblem
from treadle.engine.events import NodeStatus
from treadle.engine.ports import ChatDelta, ModelProfile, Part
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES
from treadle.nodes.basic import BASIC_KIND, fill

from .harness import Played, node, play
from .ports import GivenMemory, MemoryFiles, ScriptedModels, a_world, file, turns, usage


def app(mode: str = "chat", params: dict[str, JsonValue] | None = None, **config: JsonValue) -> dict[str, JsonValue]:
    return {"model": {"provider": "p", "name": "m", "mode": mode, "completion_params": params or {}}, **config}


async def ask(
    config: dict[str, JsonValue],
    *,
    query: str | None = None,
    inputs: Mapping[str, Value] | None = None,
    files: list[Value] | None = None,
    memory: GivenMemory | None = None,
    models: ScriptedModels | None = None,
) -> tuple[ScriptedModels, Played]:
    models = models or ScriptedModels()
    system: dict[str, Value] = {"user_id": "u1", "files": files or []}
    if query is not None:
        system["query"] = query
    played = await play(
        [
            node("llm", BASIC_KIND, {"model_config": config}),
            node("answer", "answer", {"answer": "{{#llm.text#}}"}),
        ],
        "start -> llm\nllm -> answer",
        inputs=inputs,
        scopes={"sys": system},
        ports=a_world(models=models, memory=memory, files=MemoryFiles({"a.png": b"A"})),
    )
    return models, played


async def sent(config: dict[str, JsonValue], **given: object) -> list[tuple[str, object]]:
    models, played = await ask(config, **given)  # type: ignore[arg-type]
    assert played.node("llm").status is NodeStatus.SUCCEEDED, played.node("llm").error
    return [(message.role, message.content) for message in models.requests[0].messages]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{name}}", "Hi Bo"),
        ("Hi {{unknown}}", "Hi {unknown}"),
        ("{{nested}} {{token}}", "{other} ab"),
        ("<|im_start|>{{name}}", "Bo"),
        ("{{ name }} {{1x}} {name}", "{{ name }} {{1x}} {name}"),
        ("{{#query#}}{{#context#}}", "{#query#}ctx"),
    ],
)
def test_templates_of_basic_apps(template: str, text: str) -> None:
    values = {"name": "Bo", "nested": "{{other}}", "token": "a<|x|>b", "#context#": "ctx"}
    assert fill(template, values) == text


async def test_a_question_comes_after_the_prompt() -> None:
    """Conformance 27 to 29."""
    assert await sent(app(pre_prompt="Hi {{name}}"), query="Q") == [("system", "Hi {name}\n"), ("user", "Q")]
    assert await sent(app(pre_prompt="Hi {{name}}"), query="Q", inputs={"name": "{{other}}"}) == [
        ("system", "Hi {other}\n"),
        ("user", "Q"),
    ]
    assert await sent(app(pre_prompt=""), query="Q") == [("user", "Q")]


async def test_without_a_question_the_prompt_is_what_the_user_says() -> None:
    """Conformance 30."""
    assert await sent(app(pre_prompt="Write {{n}} lines"), inputs={"n": 3}) == [("user", "Write 3 lines\n")]


async def test_an_optional_input_that_was_not_given_is_empty() -> None:
    assert await sent(app(pre_prompt="[{{a}}]"), inputs={"a": None}) == [("user", "[]\n")]


async def test_a_simple_completion_prompt_frames_history_and_question() -> None:
    """Conformance 31."""
    models, _ = await ask(
        app("completion", {"stop": ["END"]}, pre_prompt="Be kind"), query="Q", memory=turns(("q", "a"))
    )
    (message,) = models.requests[0].messages
    assert message.content == (
        "Be kind\n\nThe conversation so far, between the histories tags:\n\n<histories>\nHuman: q\nAssistant: a\n"
        "</histories>\n\n\nHuman: Q\n\nAssistant: "
    )
    assert models.requests[0].stop == ("END", "\nHuman:", "</histories>")


async def test_a_completion_app_has_no_frame_and_no_stops() -> None:
    models, _ = await ask(app("completion", pre_prompt="Write"))
    assert [message.content for message in models.requests[0].messages] == ["Write\n"]
    assert models.requests[0].stop == ()


async def test_baichuan_speaks_with_its_own_roles() -> None:
    config = {
        "model": {"provider": "xinference", "name": "baichuan-7b", "mode": "completion", "completion_params": {}},
        "pre_prompt": "",
    }
    models, _ = await ask(config, query="Q", memory=turns(("q", "a")))  # type: ignore[arg-type]
    assert "用户: q\n助手: a" in str(models.requests[0].messages[0].content)
    assert models.requests[0].stop == ("用户：",)


async def test_stop_words_reach_chat_models() -> None:
    models, _ = await ask(app("chat", {"stop": ["END"], "temperature": 1}), query="Q")
    assert (models.requests[0].stop, models.requests[0].parameters) == (("END",), {"temperature": 1})


ADVANCED: dict[str, JsonValue] = {
    "prompt_type": "advanced",
    "chat_prompt_config": {
        "prompt": [
            {"role": "system", "text": "You are {{who}}{{#context#}}"},
            {"role": "user", "text": "Hello"},
            {"role": "system", "text": ""},
        ]
    },
    "completion_prompt_config": {
        "prompt": {"text": "{{who}}: {{#context#}}{{#histories#}}\nQ: {{#query#}}"},
        "conversation_histories_role": {"user_prefix": "U", "assistant_prefix": "A"},
    },
}


async def test_advanced_messages_then_history_then_question() -> None:
    assert await sent(app(**ADVANCED), query="Q", inputs={"who": "x"}, memory=turns(("q", "a"))) == [
        ("system", "You are x"),
        ("user", "Hello"),
        ("user", "q"),
        ("assistant", "a"),
        ("user", "Q"),
    ]


async def test_files_go_with_the_question_or_the_last_words_of_the_user() -> None:
    models = ScriptedModels(model=ModelProfile(features=frozenset({"vision"})))
    picture = Part(type="image", data="QQ==", mime_type="image/png", format="png", filename="a.png", detail="low")
    upload: JsonValue = {"enabled": True, "image": {"enabled": True, "detail": "low"}}
    config = app(**{**ADVANCED, "file_upload": upload})
    messages = await sent(config, inputs={"who": "x"}, files=[file("a.png")], models=models)
    assert messages[-1] == ("user", (picture, Part(type="text", text="Hello")))
    models.requests.clear()
    messages = await sent(config, query="Q", inputs={"who": "x"}, files=[file("a.png")], models=models)
    assert messages[-1] == ("user", (picture, Part(type="text", text="Q")))


async def test_advanced_completion_fills_every_placeholder() -> None:
    messages = await sent(
        app("completion", **ADVANCED), query="{{#context#}}", inputs={"who": "x"}, memory=turns(("q", "a"))
    )
    assert messages == [("user", "x: U: q\nA: a\nQ: {#context#}")]


async def test_old_messages_make_room_one_by_one() -> None:
    """Conformance 32."""
    models = ScriptedModels(model=ModelProfile(context_size=7))
    messages = await sent(
        app(pre_prompt="be kind"), query="Q", memory=turns(("one two", "three"), ("four", "five")), models=models
    )
    assert messages[1:-1] == [("assistant", "three"), ("user", "four"), ("assistant", "five")]


async def test_the_longest_reply_is_lowered_to_what_fits() -> None:
    """Conformance 11; the parameter keeps its own name."""
    models = ScriptedModels(model=ModelProfile(context_size=40))
    await ask(app("chat", {"max_output_tokens": 30}), query="two words", memory=turns(("x " * 20, "y")), models=models)
    assert models.requests[0].parameters == {"max_output_tokens": 30}
    models = ScriptedModels(model=ModelProfile(context_size=20))
    await ask(
        app("chat", {"max_output_tokens": 18}), query="two words", memory=turns(("y " * 9, "z " * 9)), models=models
    )
    assert models.requests[0].parameters == {"max_output_tokens": 16}


async def test_a_prompt_that_cannot_fit_is_refused_before_the_call() -> None:
    models = ScriptedModels(model=ModelProfile(context_size=10))
    _, played = await ask(app("chat", {"max_tokens": 9}), query="more than one word", models=models)
    assert played.node("llm").error_type == "InvokeBadRequestError"
    assert models.requests == []


async def test_text_streams_and_usage_is_given() -> None:
    models = ScriptedModels([ChatDelta(text="a"), ChatDelta(text="b")])
    _, played = await ask(app(), query="Q", models=models)
    assert played.chunks == ["a", "b"]
    assert played.node("llm").outputs == {"text": "ab", "usage": usage().to_map()}
    assert played.finished.outputs["answer"] == "ab"


async def test_an_empty_prompt_is_refused() -> None:
    _, played = await ask(app())
    assert played.node("llm").error_type == "NoPromptFoundError"


def test_an_app_without_a_model_is_a_problem() -> None:
    with pytest.raises(GraphProblem, match="has no model"):
        NODE_TYPES[BASIC_KIND].load({"model_config": {}})
