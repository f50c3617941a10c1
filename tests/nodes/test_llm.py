"""The LLM node beyond its numbered tests (spec workflow-nodes §4)."""

import json
from collections.abc import Mapping

import pytest

from treadle.engine.errors import InvokeRateLimitError
from treadle.engine.events import NodeStatus, RunStatus
from treadle.engine.ports import ChatDelta, Message, ModelProfile, ModelRef, Part, Turn
from treadle.engine.values import File, JsonValue, Value

from .harness import failure_of, outputs_of, run_node
from .ports import GivenMemory, MemoryFiles, ScriptedModels, a_world, file, replies, turns, usage

VISION = ModelProfile(features=frozenset({"vision"}))


def llm(text: str = "hi", role: str = "user", **changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": role, "text": text}],
        "context": {"enabled": False, "variable_selector": []},
        **changes,
    }


async def messages(
    data: dict[str, JsonValue],
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    model: ModelProfile | None = None,
    files: MemoryFiles | None = None,
    memory: GivenMemory | None = None,
) -> list[tuple[str, str | tuple[Part, ...]]]:
    """What the model is sent."""
    models = ScriptedModels(model=model or ModelProfile())
    await outputs_of("llm", data, scopes=scopes, ports=a_world(models=models, files=files, memory=memory))
    return [(message.role, message.content) for message in models.requests[0].messages]


async def test_the_record_says_what_was_asked_and_of_whom() -> None:
    models = replies("ok")
    models.stands_in = ModelRef("other/other/other", "stand-in", "chat")
    params: JsonValue = {
        "provider": "p",
        "name": "m",
        "mode": "chat",
        "completion_params": {"temperature": 0.5, "stop": ["x"]},
    }
    record = (await run_node("llm", llm(model=params), ports=a_world(models=models))).node("n")
    assert record.process_data == {
        "model_mode": "chat",
        "prompts": [{"role": "user", "text": "hi", "files": []}],
        "usage": usage().to_map(),
        "finish_reason": "stop",
        "model_provider": "other/other/other",
        "model_name": "stand-in",
    }
    assert record.usage == usage()
    assert record.metadata == {"total_tokens": 5, "total_price": "0.0000000", "currency": "USD"}
    request = models.requests[0]
    assert (request.model.name, request.parameters, request.stop, request.user) == (
        "stand-in",
        {"temperature": 0.5},
        ("x",),
        "u1",
    )


async def test_the_record_names_the_model_that_answered_in_the_end() -> None:
    behind = ModelRef("other", "spare", "chat")
    models = ScriptedModels([ChatDelta(text="o", model=behind), ChatDelta(text="k")])
    record = (await run_node("llm", llm(), ports=a_world(models=models))).node("n")
    assert record.outputs["text"] == "ok"
    assert (record.process_data["model_provider"], record.process_data["model_name"]) == ("other", "spare")


async def test_a_failed_call_keeps_its_prompt_and_closes_the_stream() -> None:
    models = ScriptedModels([ChatDelta(text="par")], failure=InvokeRateLimitError("[p] slow down"))
    played = await run_node("llm", llm(), ports=a_world(models=models), answer="{{#n.text#}}")
    record = played.node("n")
    assert (record.error_type, record.error) == ("InvokeRateLimitError", "[p] slow down")
    assert record.process_data["prompts"] == [{"role": "user", "text": "hi", "files": []}]
    assert played.finished.status is RunStatus.FAILED
    assert models.closed == 1


async def test_a_model_without_mode_is_refused() -> None:
    record = await failure_of("llm", llm(model={"provider": "p", "name": "m"}))
    assert record.error_type == "LLMModeRequiredError"


async def test_an_unknown_edition_is_refused() -> None:
    prompt: JsonValue = [{"role": "user", "text": "x", "edition_type": "liquid"}]
    assert (await failure_of("llm", llm(prompt_template=prompt))).error_type == "TemplateTypeNotSupportError"


async def test_jinja_variables_must_exist_even_without_a_jinja_message() -> None:
    options: JsonValue = {"jinja2_variables": [{"variable": "x", "value_selector": ["gone", "x"]}]}
    assert (await failure_of("llm", llm(prompt_config=options))).error_type == "VariableNotFoundError"


async def test_references_are_no_jinja() -> None:
    prompt: JsonValue = [{"role": "user", "edition_type": "jinja2", "jinja2_text": "{{#s.x#}}"}]
    record = await failure_of("llm", llm(prompt_template=prompt), scopes={"s": {"x": "y"}})
    assert record.error_type == "TemplateRenderError"


async def test_placeholders_inside_values_stay_as_they_are() -> None:
    text = "{{#context#}}|{{#s.v#}}|{{#query#}}"
    data = llm(text, context={"enabled": True, "variable_selector": ["s", "c"]})
    scopes: dict[str, Mapping[str, Value]] = {
        "s": {"v": "{{#context#}}", "c": "{{#s.v#}}"},
        "sys": {"query": "{{#sys.user_id#}}"},
    }
    assert await messages(data, scopes=scopes) == [("user", "{{#s.v#}}|{{#context#}}|{{#sys.user_id#}}")]


async def test_without_context_its_placeholder_is_empty() -> None:
    assert await messages(llm("[{{#context#}}]")) == [("user", "[]")]


async def test_files_in_a_prompt_follow_in_a_message_of_the_same_role() -> None:
    files = MemoryFiles({"a.png": b"A"})
    data = llm("see {{#s.f#}}", "system")
    sent = await messages(data, scopes={"s": {"f": [file("a.png")]}}, model=VISION, files=files)
    picture = Part(type="image", data="QQ==", mime_type="image/png", format="png", filename="a.png")
    assert sent == [("system", "see "), ("system", (picture,))]


async def test_vision_files_join_the_last_user_message_or_make_one() -> None:
    files = MemoryFiles({"a.png": b"A"})
    vision: JsonValue = {"enabled": True, "configs": {"variable_selector": ["s", "f"]}}
    scopes: dict[str, Mapping[str, Value]] = {"s": {"f": file("a.png")}}
    picture = Part(type="image", data="QQ==", mime_type="image/png", format="png", filename="a.png")
    sent = await messages(llm("sys", "system", vision=vision), scopes=scopes, model=VISION, files=files)
    assert sent == [("system", "sys"), ("user", (picture,))]


async def test_an_unreadable_kind_of_file_is_named() -> None:
    vision: JsonValue = {"enabled": True, "configs": {"variable_selector": ["s", "f"]}}
    scopes: dict[str, Mapping[str, Value]] = {"s": {"f": file("a.xyz", kind="custom")}}
    sent = await messages(llm("", vision=vision), scopes=scopes)
    assert sent == [("user", "[The file a.xyz is of a kind that the model cannot read.]")]


async def test_vision_on_a_text_is_refused() -> None:
    vision: JsonValue = {"enabled": True, "configs": {"variable_selector": ["s", "f"]}}
    assert (await failure_of("llm", llm(vision=vision), scopes={"s": {"f": "x"}})).error_type == (
        "InvalidVariableTypeError"
    )
    for nothing in (None, []):
        assert await messages(llm(vision=vision), scopes={"s": {"f": nothing}}) == [("user", "hi")]


async def test_the_record_cuts_file_data() -> None:
    models = ScriptedModels(model=VISION)
    vision: JsonValue = {"enabled": True, "configs": {"variable_selector": ["s", "f"], "detail": "low"}}
    ports = a_world(models=models, files=MemoryFiles({"a.png": b"x" * 60}))
    record = (await run_node("llm", llm(vision=vision), scopes={"s": {"f": file("a.png")}}, ports=ports)).node("n")
    cut = "data:image...[TRUNCATED]...h4eHh4eHh4"
    assert record.process_data["prompts"] == [
        {"role": "user", "text": "hi", "files": [{"type": "image", "data": cut, "detail": "low"}]}
    ]
    assert record.inputs == {"#files#": [file("a.png")]}


async def test_memory_has_the_question_and_its_own_template() -> None:
    memory: JsonValue = {"window": {"enabled": False, "size": 3}, "query_prompt_template": "Q: {{#sys.query#}}"}
    given = turns(("q1", "a1"))
    sent = await messages(llm("sys", "system", memory=memory), scopes={"sys": {"query": "q2"}}, memory=given)
    assert sent == [("system", "sys"), ("user", "q1"), ("assistant", "a1"), ("user", "Q: q2")]
    assert given.limits == [500]


async def test_a_missing_variable_in_the_memory_template_is_refused() -> None:
    memory: JsonValue = {"window": {"enabled": False}, "query_prompt_template": "{{#gone.x#}}"}
    assert (await failure_of("llm", llm(memory=memory))).error_type == "VariableNotFoundError"


async def test_history_brings_its_files() -> None:
    given = GivenMemory([Turn("look", "nice", (file("a.png"),))])
    sent = await messages(
        llm("", memory={"window": {"enabled": False}}),
        scopes={"sys": {"query": "q"}},
        model=VISION,
        files=MemoryFiles({"a.png": b"A"}),
        memory=given,
    )
    picture = Part(type="image", data="QQ==", mime_type="image/png", format="png", filename="a.png")
    assert sent == [("user", (picture, Part(type="text", text="look"))), ("assistant", "nice"), ("user", "q")]


@pytest.mark.parametrize(
    ("context_size", "max_tokens", "kept"),
    [
        (None, 0, ["one two", "three", "four", "five six"]),
        (100, 10, ["one two", "three", "four", "five six"]),
        (10, 2, ["three", "four", "five six"]),
        (10, 99, ["five six"]),
    ],
)
async def test_old_messages_make_room(context_size: int | None, max_tokens: int, kept: list[str]) -> None:
    """The prompt has four words; one word is one token."""
    params: JsonValue = {"max_tokens": max_tokens} if max_tokens else {}
    data = llm(
        "be brief please",
        "system",
        model={"provider": "p", "name": "m", "mode": "chat", "completion_params": params},
        memory={"window": {"enabled": False}},
    )
    sent = await messages(
        data,
        scopes={"sys": {"query": "now"}},
        model=ModelProfile(context_size=context_size),
        memory=turns(("one two", "three"), ("four", "five six")),
    )
    assert [content for _, content in sent] == ["be brief please", *kept, "now"]


def completion(text: str, **changes: JsonValue) -> dict[str, JsonValue]:
    model: JsonValue = {"provider": "p", "name": "m", "mode": "completion"}
    return llm(**{"model": model, "prompt_template": {"text": text}, **changes})


async def test_a_completion_prompt_gets_history_before_it() -> None:
    memory: JsonValue = {"role_prefix": {"user": "U", "assistant": ""}, "window": {"enabled": False}}
    given = GivenMemory([Turn("q", "a", (file("a.png"),))])
    sent = await messages(completion("Go: {{#query#}}", memory=memory), scopes={"sys": {"query": "now"}}, memory=given)
    assert sent == [("user", "U: q\n[image]\n: a\nGo: now")]


async def test_a_completion_prompt_needs_role_prefixes_for_history() -> None:
    ports = a_world(memory=turns(("q", "a")))
    data = completion("x", memory={"window": {"enabled": False}})
    assert (await failure_of("llm", data, ports=ports)).error_type == "MemoryRolePrefixRequiredError"
    assert await messages(completion("{{#histories#}}x", memory={"window": {}})) == [("user", "x")]


async def test_separated_thinking_streams_apart() -> None:
    pieces = ["<th", "ink>pl", "an</thi", "nk>\n", "\nHel", "lo ", "\n"]
    played = await run_node(
        "llm", llm(reasoning_format="separated"), ports=a_world(models=replies(*pieces)), answer="{{#n.text#}}"
    )
    assert (played.chunks, played.reasoning) == (["Hel", "lo"], ["pl", "an"])
    assert played.node("n").outputs["text"] == "Hello"
    assert played.finished.outputs["answer"] == "Hello"


async def test_thinking_of_the_provider_is_tagged_or_apart() -> None:
    deltas = [ChatDelta(reasoning="hm"), ChatDelta(text="yes")]
    outputs = await outputs_of("llm", llm(), ports=a_world(models=ScriptedModels(deltas)))
    assert (outputs["text"], outputs["reasoning_content"]) == ("<think>\nhm\n</think>yes", "")
    outputs = await outputs_of("llm", llm(reasoning_format="separated"), ports=a_world(models=ScriptedModels(deltas)))
    assert (outputs["text"], outputs["reasoning_content"]) == ("yes", "hm")


async def test_images_of_a_model_are_stored_and_shown() -> None:
    image = Part(type="image", data="QUJD", mime_type="image/png")
    models = ScriptedModels([ChatDelta(text="see "), ChatDelta(images=(image,))])
    files = MemoryFiles()
    played = await run_node("llm", llm(), ports=a_world(models=models, files=files), answer="{{#n.text#}}")
    outputs = played.node("n").outputs
    assert outputs["text"] == "see ![](http://files/saved-0)"
    assert isinstance(outputs["files"], list)
    assert [item.filename for item in outputs["files"] if isinstance(item, File)] == ["image.png"]
    assert files.stored == {"saved-0": b"ABC"}
    assert played.chunks == ["see ", "![](http://files/saved-0)"]


async def test_the_first_usage_and_finish_reason_count() -> None:
    first = usage(10, 20)
    models = ScriptedModels([ChatDelta(text="a", usage=first, finish_reason="length")])
    record = (await run_node("llm", llm(), ports=a_world(models=models))).node("n")
    assert (record.usage, record.outputs["finish_reason"]) == (first, "length")


SCHEMA: JsonValue = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "additionalProperties": False}


async def test_a_model_that_knows_schemas_gets_the_schema_as_a_parameter() -> None:
    models = replies('{"ok": true}')
    models.model = ModelProfile(
        features=frozenset({"structured-output"}), parameters=frozenset({"response_format", "json_schema"})
    )
    data = llm(structured_output_enabled=True, structured_output={"schema": SCHEMA})
    outputs = await outputs_of("llm", data, ports=a_world(models=models))
    assert outputs["structured_output"] == {"ok": True}
    parameters = models.requests[0].parameters
    assert parameters["response_format"] == "json_schema"
    assert json.loads(str(parameters["json_schema"])) == {"schema": SCHEMA, "name": "llm_response"}
    assert models.requests[0].messages == (Message(role="user", content="hi"),)


async def test_any_other_model_gets_the_schema_in_its_first_system_message() -> None:
    models = replies('{"ok": true}')
    models.model = ModelProfile(parameters=frozenset({"response_format"}))
    prompt: JsonValue = [
        {"role": "system", "text": "one"},
        {"role": "user", "text": "x"},
        {"role": "system", "text": "two"},
    ]
    data = llm(prompt_template=prompt, structured_output_enabled=True, structured_output={"schema": SCHEMA})
    await outputs_of("llm", data, ports=a_world(models=models))
    system, user = models.requests[0].messages
    assert isinstance(system.content, str)
    assert json.dumps(SCHEMA) in system.content
    assert system.content.endswith("\n\none\n\ntwo")
    assert (system.role, user) == ("system", Message(role="user", content="x"))
    assert models.requests[0].parameters == {"response_format": "json_object"}


@pytest.mark.parametrize(
    ("reply", "parsed"),
    [
        ('{"a": 1}', {"a": 1}),
        ('<think>{no}</think> {"a": 1}', {"a": 1}),
        ("Here you are:\n```json\n{'a': 1, }\n```", {"a": 1}),
        ('[1, {"a": 1}, {"b": 2}]', {"a": 1}),
        ("[1]", None),
        ("{}", None),
    ],
)
async def test_replies_are_parsed_leniently(reply: str, parsed: JsonValue) -> None:
    data = llm(structured_output_enabled=True, structured_output={"schema": SCHEMA})
    outputs = await outputs_of("llm", data, ports=a_world(models=replies(reply)))
    assert outputs.get("structured_output") == parsed
    assert outputs["text"] == reply


@pytest.mark.parametrize("reply", ["I cannot do that", "", "42"])
async def test_a_reply_without_an_object_fails(reply: str) -> None:
    data = llm(structured_output_enabled=True, structured_output={"schema": SCHEMA})
    record = await failure_of("llm", data, ports=a_world(models=replies(reply)))
    assert record.error_type == "StructuredOutputError"
    assert record.usage == usage()


async def test_citations_carry_what_is_known_of_a_passage() -> None:
    image = file("s.png")
    passage: Value = {
        "title": "t",
        "content": "text",
        "summary": "short",
        "files": [image],
        "metadata": {
            "_source": "knowledge",
            "position": 1,
            "dataset_id": "d",
            "score": 0.5,
            "segment_hit_count": 3,
            "document_data_source_type": "upload_file",
        },
    }
    models = replies("ok")
    data = llm("{{#context#}}", context={"enabled": True, "variable_selector": ["k", "r"]})
    played = await run_node("llm", data, scopes={"k": {"r": [passage]}}, ports=a_world(models=models))
    assert models.requests[0].messages == (Message(role="user", content="short\ntext"),)
    assert played.node("n").inputs == {"#context#": "short\ntext", "#context_files#": [image]}
    (citation,) = played.citations
    wanted = {"position": 1, "dataset_id": "d", "score": 0.5, "hit_count": 3, "data_source_type": "upload_file"}
    assert {name: citation[name] for name in wanted} == wanted
    assert (citation["content"], citation["summary"], citation["page"]) == ("text", "short", None)


async def test_a_retry_asks_again() -> None:
    models = ScriptedModels([ChatDelta(text="x")], failure=InvokeRateLimitError("no"))
    played = await run_node("llm", llm(), ports=a_world(models=models), retries=2)
    assert len(models.requests) == 3
    assert played.node("n").status is NodeStatus.FAILED
