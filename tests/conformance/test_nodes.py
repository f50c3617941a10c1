"""The numbered tests of spec workflow-nodes for start, end, answer, llm, if-else, template, variables and requests."""

import json
from collections.abc import Mapping

import pytest

from tests.nodes.harness import failure_of, node, outputs_of, play, run_node
from tests.nodes.ports import (
    GivenCode,
    MemoryFiles,
    RecordedHttp,
    ScriptedModels,
    a_world,
    file,
    http_answer,
    replies,
    turns,
)
from treadle.engine.events import NodeStatus, RunStatus
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Message, ModelProfile, Part
from treadle.engine.template import Template
from treadle.engine.values import File, JsonValue, Value
from treadle.nodes.inputs import FileResolver, InputError, InputVariable, validate_inputs


class NoFiles(FileResolver):
    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        raise ValueError("there are no files")


async def accept(variables: list[dict[str, JsonValue]], given: Mapping[str, JsonValue]) -> dict[str, Value]:
    form = [InputVariable.model_validate(variable) for variable in variables]
    return await validate_inputs(form, given, files=NoFiles())


async def refuse(variables: list[dict[str, JsonValue]], given: Mapping[str, JsonValue]) -> str:
    with pytest.raises(InputError) as caught:
        await accept(variables, given)
    return caught.value.message


# start

NAME: list[dict[str, JsonValue]] = [{"variable": "name", "type": "text-input", "required": True, "max_length": 5}]


async def test_START_1_inputs_and_system_variables_are_its_outputs() -> None:
    inputs = await accept(NAME, {"name": "Bob"})
    played = await play(
        [node("start", "start", {"variables": list[JsonValue](NAME)}), node("end", "end", {"outputs": []})],
        "start -> end",
        inputs=inputs,
        scopes={"sys": {"user_id": "u1", "app_id": "a"}},
    )
    assert played.node("start").outputs == {"name": "Bob", "sys.user_id": "u1", "sys.app_id": "a"}
    assert played.node("start").inputs == played.node("start").outputs


async def test_START_2_a_required_or_too_long_text_is_refused() -> None:
    assert await refuse(NAME, {}) == "name is required in input form"
    assert await refuse(NAME, {"name": "Robert"}) == "name in input form must be less than 5 characters"


async def test_START_3_numbers_may_come_as_text() -> None:
    number: list[dict[str, JsonValue]] = [{"variable": "n", "type": "number"}]
    assert await accept(number, {"n": "3.50"}) == {"n": 3.5}
    seven = (await accept(number, {"n": "7"}))["n"]
    assert seven == 7
    assert isinstance(seven, int)
    assert await accept(number, {"n": "  "}) == {"n": None}
    assert await refuse(number, {"n": "x"}) == "n in input form must be a valid number"


async def test_START_4_a_choice_must_be_one_of_the_options() -> None:
    choice: list[dict[str, JsonValue]] = [{"variable": "form", "type": "select", "options": ["五言", "七言"]}]
    assert "must be one of" in await refuse(choice, {"form": "九言"})
    assert await accept(choice, {"form": "七言"}) == {"form": "七言"}


async def test_START_5_checkboxes_are_read_and_objects_are_checked() -> None:
    checkbox: list[dict[str, JsonValue]] = [{"variable": "b", "type": "checkbox"}]
    assert await accept(checkbox, {"b": "Yes"}) == {"b": True}
    assert await accept(checkbox, {"b": 0}) == {"b": False}
    form: list[dict[str, JsonValue]] = [
        {"variable": "o", "type": "json_object", "json_schema": {"type": "object", "required": ["id"]}}
    ]
    played = await play(
        [node("start", "start", {"variables": list[JsonValue](form)}), node("end", "end", {"outputs": []})],
        "start -> end",
        inputs=await accept(form, {"o": {"a": 1}}),
    )
    record = played.node("start")
    assert record.status is NodeStatus.FAILED
    assert record.error == "o does not fit its schema: 'id' is a required property"


async def test_START_6_nul_characters_and_undeclared_inputs_are_dropped() -> None:
    assert await accept(NAME, {"name": "a\u0000b", "extra": 1}) == {"name": "ab"}


async def test_START_7_outputs_with_a_dot_in_their_name_can_be_selected() -> None:
    played = await play(
        [node("end", "end", {"outputs": [{"variable": "q", "value_selector": ["start", "sys.query"]}]})],
        "start -> end",
        scopes={"sys": {"query": "hi"}},
    )
    assert played.finished.outputs == {"q": "hi"}


# end


async def test_END_1_outputs_are_read_from_selectors() -> None:
    data: dict[str, JsonValue] = {"outputs": [{"variable": "answer", "value_selector": ["llm", "text"]}]}
    assert await outputs_of("end", data, scopes={"llm": {"text": "hi"}}) == {"answer": "hi"}


async def test_END_2_what_does_not_resolve_is_null() -> None:
    data: dict[str, JsonValue] = {"outputs": [{"variable": "answer", "value_selector": ["gone", "text"]}]}
    played = await run_node("end", data)
    assert played.finished.outputs == {"answer": None}
    assert played.finished.status is RunStatus.SUCCEEDED


async def test_END_3_no_outputs_are_an_empty_object() -> None:
    assert (await run_node("end", {"outputs": []})).finished.outputs == {}


async def test_an_output_without_a_variable_is_null() -> None:
    outputs: list[JsonValue] = [
        {"variable": "blank", "value_selector": []},
        {"variable": "x", "value_selector": ["s", "x"]},
    ]
    played = await run_node("end", {"outputs": outputs}, scopes={"s": {"x": "y"}})
    assert played.finished.outputs == {"blank": None, "x": "y"}
    assert "".join(played.chunks) == "y"


async def test_END_4_outputs_are_streamed_in_order_a_line_apart() -> None:
    llm: dict[str, JsonValue] = {
        "model": {"provider": "p", "name": "m", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "hi"}],
    }
    code: dict[str, JsonValue] = {"code": "", "outputs": {"result": {"type": "number"}}}
    outputs: list[JsonValue] = [
        {"variable": "a", "value_selector": ["llm", "text"]},
        {"variable": "b", "value_selector": ["code", "result"]},
    ]
    played = await play(
        [node("llm", "llm", llm), node("code", "code", code), node("end", "end", {"outputs": outputs})],
        "start -> llm\nllm -> code\ncode -> end",
        ports=a_world(models=replies("ab", "c"), code=GivenCode(lambda: {"result": 5})),
    )
    assert played.chunks == ["ab", "c", "\n", "5"]


async def test_END_5_an_attribute_of_a_file_can_be_an_output() -> None:
    data: dict[str, JsonValue] = {"outputs": [{"variable": "n", "value_selector": ["s", "doc", "name"]}]}
    assert await outputs_of("end", data, scopes={"s": {"doc": file("a.pdf", kind="document")}}) == {"n": "a.pdf"}


async def test_END_6_two_ends_on_parallel_branches_add_up() -> None:
    one: list[JsonValue] = [{"variable": "x", "value_selector": ["s", "x"]}]
    two: list[JsonValue] = [{"variable": "y", "value_selector": ["s", "y"]}]
    played = await play(
        [node("e1", "end", {"outputs": one}), node("e2", "end", {"outputs": two})],
        "start -> e1\nstart -> e2",
        scopes={"s": {"x": 1, "y": 2}},
    )
    assert played.finished.outputs == {"x": 1, "y": 2}


# answer


async def test_ANS_1_a_template_becomes_the_answer() -> None:
    outputs = await outputs_of("answer", {"answer": "Hello {{#s.name#}}!"}, scopes={"s": {"name": "Bo"}})
    assert outputs == {"answer": "Hello Bo!", "files": []}


LLM: dict[str, JsonValue] = {
    "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
    "prompt_template": [{"role": "user", "text": "hi"}],
    "context": {"enabled": False, "variable_selector": []},
}


async def test_ANS_2_a_models_pieces_come_before_the_text_after_them() -> None:
    played = await run_node("llm", LLM, ports=a_world(models=replies("a", "b")), answer="{{#n.text#}}\n---")
    assert played.chunks == ["a", "b", "\n---"]
    assert played.finished.outputs["answer"] == "ab\n---"


async def test_ANS_3_a_picture_is_shown_and_is_among_the_files() -> None:
    image = file("p.png", url="http://u")
    outputs = await outputs_of("answer", {"answer": "{{#t.files#}}"}, scopes={"t": {"files": [image]}})
    assert outputs == {"answer": "![p.png](http://u)", "files": [image]}


async def test_ANS_4_an_object_is_indented() -> None:
    outputs = await outputs_of("answer", {"answer": "{{#c.obj#}}"}, scopes={"c": {"obj": {"a": 1}}})
    assert outputs["answer"] == '{\n  "a": 1\n}'


async def test_ANS_5_a_list_is_a_list_of_points() -> None:
    outputs = await outputs_of("answer", {"answer": "{{#c.list#}}"}, scopes={"c": {"list": ["x", "y"]}})
    assert outputs["answer"] == "- x\n- y"


async def test_ANS_6_answers_before_and_after_a_writer_are_joined() -> None:
    write: dict[str, JsonValue] = {
        "version": "2",
        "items": [
            {
                "variable_selector": ["conversation", "v"],
                "input_type": "constant",
                "operation": "set",
                "value": "new",
            }
        ],
    }
    played = await play(
        [node("a1", "answer", {"answer": "A"}), node("w", "assigner", write), node("a2", "answer", {"answer": "B"})],
        "start -> a1\na1 -> w\nw -> a2",
        scopes={"conversation": {"v": "old"}},
    )
    assert played.finished.outputs["answer"] == "AB"
    assert played.chunks == ["A", "B"]


async def test_ANS_7_nothing_is_shown_before_the_condition_has_decided() -> None:
    check: dict[str, JsonValue] = {
        "cases": [{"case_id": "true", "logical_operator": "and", "conditions": [_condition(["s", "x"], "is", "a")]}]
    }
    played = await play(
        [node("if", "if-else", check), node("ans", "answer", {"answer": "constant"})],
        "start -> if\nif --true-> ans",
        scopes={"s": {"x": "a"}},
    )
    kinds = [type(event).__name__ for event in played.events]
    decided = played.events.index(played.node("if"))
    assert kinds.index("AnswerChunk") > decided


# llm


def _llm(**changes: JsonValue) -> dict[str, JsonValue]:
    return {**LLM, **changes}


def _text_prompt(text: str, role: str = "user") -> list[JsonValue]:
    return [{"role": role, "text": text}]


async def test_LLM_1_a_prompt_is_expanded_and_a_reply_is_read() -> None:
    models = replies("ok")
    data = _llm(prompt_template=_text_prompt("You are {{#s.role#}}", "system"))
    outputs = await outputs_of("llm", data, scopes={"s": {"role": "cook"}}, ports=a_world(models=models))
    assert models.requests[0].messages == (Message(role="system", content="You are cook"),)
    assert {name: outputs[name] for name in ("text", "finish_reason", "reasoning_content")} == {
        "text": "ok",
        "finish_reason": "stop",
        "reasoning_content": "",
    }


async def test_LLM_2_a_window_of_one_shows_one_earlier_exchange() -> None:
    """Target: a window of N shows N earlier exchanges."""
    models = replies("ok")
    data = _llm(prompt_template=_text_prompt("Be brief", "system"), memory={"window": {"enabled": True, "size": 1}})
    await outputs_of(
        "llm",
        data,
        scopes={"sys": {"query": "q3"}},
        ports=a_world(models=models, memory=turns(("q1", "a1"), ("q2", "a2"))),
    )
    assert models.requests[0].messages == (
        Message(role="system", content="Be brief"),
        Message(role="user", content="q2"),
        Message(role="assistant", content="a2"),
        Message(role="user", content="q3"),
    )


async def test_LLM_3_without_memory_the_question_is_not_added() -> None:
    models = replies("ok")
    data = _llm(prompt_template=_text_prompt("Say something"))
    await outputs_of("llm", data, scopes={"sys": {"query": "hi"}}, ports=a_world(models=models))
    assert models.requests[0].messages == (Message(role="user", content="Say something"),)


async def test_LLM_4_a_reference_to_nothing_fails_the_node() -> None:
    data = _llm(prompt_template=_text_prompt("{{#gone.x#}}"))
    assert (await failure_of("llm", data)).error_type == "VariableNotFoundError"
    played = await run_node("llm", data, strategy="fail-branch")
    assert played.node("n").status is NodeStatus.EXCEPTION
    assert played.node("n").outputs["error_type"] == "VariableNotFoundError"


async def test_LLM_5_context_is_put_in_and_cited() -> None:
    models = replies("ok")
    passages: list[Value] = [
        {"content": "A", "metadata": {"_source": "knowledge", "document_name": "d"}, "title": "d"},
        "B",
    ]
    data = _llm(
        prompt_template=_text_prompt("Use: {{#context#}}", "system"),
        context={"enabled": True, "variable_selector": ["k", "result"]},
    )
    played = await run_node("llm", data, scopes={"k": {"result": passages}}, ports=a_world(models=models))
    assert models.requests[0].messages == (Message(role="system", content="Use: A\nB"),)
    assert [(item["document_name"], item["content"]) for item in played.citations] == [("d", "A")]


async def test_LLM_6_context_without_content_is_refused() -> None:
    data = _llm(context={"enabled": True, "variable_selector": ["k", "result"]})
    record = await failure_of("llm", data, scopes={"k": {"result": [{"title": "x"}]}})
    assert record.error_type == "InvalidContextStructureError"


async def test_LLM_7_pictures_go_only_to_a_model_that_sees() -> None:
    image = file("p.png")
    data = _llm(
        prompt_template=_text_prompt("look"),
        vision={"enabled": True, "configs": {"variable_selector": ["s", "f"], "detail": "low"}},
    )
    scopes: dict[str, Mapping[str, Value]] = {"s": {"f": image}}
    files = MemoryFiles({"p.png": b"data"})
    blind = replies("ok")
    await outputs_of("llm", data, scopes=scopes, ports=a_world(models=blind, files=files))
    assert blind.requests[0].messages == (Message(role="user", content="look"),)
    assert files.read_ids == []
    seeing = ScriptedModels(model=ModelProfile(features=frozenset({"vision"})))
    await outputs_of("llm", data, scopes=scopes, ports=a_world(models=seeing, files=files))
    picture = Part(type="image", data="ZGF0YQ==", mime_type="image/png", format="png", filename="p.png", detail="low")
    assert seeing.requests[0].messages == (Message(role="user", content=(picture, Part(type="text", text="look"))),)


async def test_LLM_8_thinking_is_kept_apart_when_asked_for() -> None:
    reply = "<think>\nplan\n</think>\n\nHello\n\n\n\nWorld"
    outputs = await outputs_of("llm", _llm(reasoning_format="separated"), ports=a_world(models=replies(reply)))
    assert (outputs["text"], outputs["reasoning_content"]) == ("Hello\n\nWorld", "plan")
    outputs = await outputs_of("llm", _llm(reasoning_format="tagged"), ports=a_world(models=replies(reply)))
    assert (outputs["text"], outputs["reasoning_content"]) == (reply, "")


async def test_LLM_9_structured_output_is_read_out_of_a_fence() -> None:
    reply = '```json\n{"a":1,}\n```'
    data = _llm(structured_output_enabled=True, structured_output={"schema": {"type": "object"}})
    outputs = await outputs_of("llm", data, ports=a_world(models=replies(reply)))
    assert outputs["structured_output"] == {"a": 1}
    assert outputs["text"] == reply


async def test_LLM_10_a_jinja_prompt_sees_raw_values() -> None:
    models = replies("ok")
    data = _llm(
        prompt_template=[
            {
                "role": "user",
                "text": "",
                "edition_type": "jinja2",
                "jinja2_text": "{% for i in xs %}{{ i }};{% endfor %}",
            }
        ],
        prompt_config={"jinja2_variables": [{"variable": "xs", "value_selector": ["s", "xs"]}]},
    )
    await outputs_of("llm", data, scopes={"s": {"xs": [1, 2]}}, ports=a_world(models=models))
    assert models.requests[0].messages == (Message(role="user", content="1;2;"),)


async def test_LLM_11_a_completion_prompt_holds_the_history() -> None:
    models = replies("ok")
    data = _llm(
        model={"provider": "p", "name": "m", "mode": "completion"},
        prompt_template={"text": "{{#histories#}}\nHuman: {{#sys.query#}}"},
        memory={"role_prefix": {"user": "Human", "assistant": "Assistant"}, "window": {"enabled": False}},
    )
    await outputs_of(
        "llm", data, scopes={"sys": {"query": "q"}}, ports=a_world(models=models, memory=turns(("h1", "a1")))
    )
    assert models.requests[0].messages == (Message(role="user", content="Human: h1\nAssistant: a1\nHuman: q"),)


async def test_LLM_12_an_empty_prompt_is_refused() -> None:
    record = await failure_of("llm", _llm(prompt_template=_text_prompt("")))
    assert record.error_type == "NoPromptFoundError"


# if-else


def _condition(selector: list[JsonValue], operator: str, value: JsonValue = None, **more: JsonValue) -> JsonValue:
    return {"variable_selector": selector, "comparison_operator": operator, "value": value, **more}


def _cases(*cases: tuple[str, str, list[JsonValue]]) -> dict[str, JsonValue]:
    return {
        "cases": [
            {"case_id": case_id, "logical_operator": operator, "conditions": conditions}
            for case_id, operator, conditions in cases
        ]
    }


async def decide(data: dict[str, JsonValue], **values: Value) -> tuple[bool, str]:
    record = (await run_node("if-else", data, scopes={"s": values})).node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    assert record.outputs["selected_case_id"] == record.handle
    assert isinstance(record.outputs["result"], bool)
    return record.outputs["result"], record.handle


async def holds(condition: JsonValue, **values: Value) -> bool:
    return (await decide(_cases(("true", "and", [condition])), **values))[0]


async def test_IF_1_numbers_are_compared() -> None:
    data = _cases(("true", "and", [_condition(["s", "age"], "≥", "18")]))
    assert await decide(data, age=18) == (True, "true")
    assert await decide(data, age=17) == (False, "false")


async def test_IF_2_the_first_true_case_wins() -> None:
    data = _cases(
        ("true", "and", [_condition(["s", "q"], "is", "a")]), ("c2", "and", [_condition(["s", "q"], "start with", "b")])
    )
    assert await decide(data, q="bc") == (True, "c2")


async def test_IF_3_an_empty_text_contains_nothing() -> None:
    condition = _condition(["s", "q"], "contains", "")
    assert await holds(condition, q="x") is True
    assert await holds(condition, q="") is False


async def test_IF_4_null_is_neither_equal_nor_unequal() -> None:
    assert await holds(_condition(["s", "x"], "is not", "a"), x=None) is False


async def test_IF_5_equality_needs_the_same_kind_of_number_and_order_does_not() -> None:
    data = _cases(("true", "and", [_condition(["s", "n"], "=", "1.5")]))
    record = await failure_of("if-else", data, scopes={"s": {"n": 1}})
    assert record.error == "'1.5' is not a whole number and cannot be compared with 1."
    assert await holds(_condition(["s", "n"], ">", "0.5"), n=1) is True


async def test_IF_6_the_expected_text_is_expanded() -> None:
    assert await holds(_condition(["s", "q"], "end with", "{{#s.t#}}"), q="bobcat", t="cat") is True


async def test_IF_7_files_are_tested_by_their_attributes() -> None:
    files: list[Value] = [file("a.png"), file("b.pdf", kind="document")]
    sub: JsonValue = {
        "logical_operator": "and",
        "conditions": [{"key": "type", "comparison_operator": "in", "value": ["image"]}],
    }
    assert await holds(_condition(["s", "f"], "contains", sub_variable_condition=sub), f=files) is True
    assert await holds(_condition(["s", "f"], "not contains", sub_variable_condition=sub), f=files) is True


async def test_IF_8_a_negative_test_holds_for_every_file() -> None:
    files: list[Value] = [file("a.pdf", kind="document"), file("b.txt", kind="document")]
    sub: JsonValue = {"conditions": [{"key": "extension", "comparison_operator": "is not", "value": "pdf"}]}
    assert await holds(_condition(["s", "f"], "contains", sub_variable_condition=sub), f=files) is False


async def test_IF_9_the_old_single_case_still_works() -> None:
    data: dict[str, JsonValue] = {
        "logical_operator": "and",
        "conditions": [_condition(["s", "status_code"], "=", "200")],
    }
    assert await decide(data, status_code=200) == (True, "true")


async def test_IF_10_membership_compares_types_too() -> None:
    assert await holds(_condition(["s", "nums"], "contains", "1"), nums=[1, 2]) is False
    assert await holds(_condition(["s", "tags"], "contains", "a"), tags=["a"]) is True


async def test_IF_11_a_false_condition_ends_a_conjunction_early() -> None:
    data = _cases(("true", "and", [_condition(["s", "x"], "is", "a"), _condition(["gone", "y"], "empty")]))
    assert await decide(data, x="b") == (False, "false")


# template-transform


async def render(template: str, **values: Value) -> Value:
    variables: list[JsonValue] = [{"variable": name, "value_selector": ["s", name]} for name in values]
    data: dict[str, JsonValue] = {"template": template, "variables": variables}
    return (await outputs_of("template-transform", data, scopes={"s": values}))["output"]


async def test_TPL_1_a_variable_is_put_in() -> None:
    assert await render("Hi {{ n }}", n="Bo") == "Hi Bo"


async def test_TPL_2_loops_see_their_index_and_attributes() -> None:
    template = "{% for i in xs %}{{ loop.index }}.{{ i.t }} {% endfor %}"
    assert await render(template, xs=[{"t": "a"}, {"t": "b"}]) == "1.a 2.b "


async def test_TPL_3_undefined_names_are_empty() -> None:
    assert await render('{{ missing }}|{{ n|default("d") }}') == "|d"


async def test_TPL_4_what_does_not_resolve_is_none() -> None:
    data: dict[str, JsonValue] = {
        "template": "{{ x }}",
        "variables": [{"variable": "x", "value_selector": ["gone", "x"]}],
    }
    assert await outputs_of("template-transform", data) == {"output": "None"}


async def test_TPL_5_a_typed_backslash_stays() -> None:
    assert await render("a\\nb") == "a\\nb"


async def test_TPL_6_a_syntax_error_fails_the_node() -> None:
    record = await failure_of("template-transform", {"template": "{{ x.__bad", "variables": []})
    assert record.error_type == "TemplateRenderError"
    assert "(line 1)" in (record.error or "")


async def test_TPL_7_too_long_an_output_fails_the_node() -> None:
    template = "{% for i in range(4000) %}" + "x" * 100 + "{% endfor %}"
    assert len(str(await render(template))) == 400_000
    record = await failure_of("template-transform", {"template": template + "y", "variables": []})
    assert record.error == "The result is longer than 400000 characters."


async def test_TPL_8_nothing_is_escaped() -> None:
    assert await render("<b>{{ h }}</b>", h="<i>") == "<b><i></b>"


# variable-aggregator


async def aggregate(data: dict[str, JsonValue], scopes: Mapping[str, Mapping[str, Value]]) -> Mapping[str, Value]:
    return await outputs_of("variable-aggregator", {"output_type": "any", **data}, scopes=scopes)


AB: list[JsonValue] = [["a", "text"], ["b", "text"]]


async def test_VA_1_the_branch_that_ran_is_taken() -> None:
    assert await aggregate({"variables": AB}, {"b": {"text": "x"}}) == {"output": "x"}


async def test_VA_2_the_first_in_the_list_wins() -> None:
    assert await aggregate({"variables": AB}, {"a": {"text": "y"}, "b": {"text": "x"}}) == {"output": "y"}


async def test_VA_3_a_null_wins_over_later_values() -> None:
    assert await aggregate({"variables": AB}, {"a": {"text": None}, "b": {"text": "x"}}) == {"output": None}


async def test_VA_4_groups_are_objects_with_their_output() -> None:
    settings: dict[str, JsonValue] = {
        "group_enabled": True,
        "groups": [{"group_name": "G1", "variables": [["a", "n"]]}, {"group_name": "G2", "variables": [["b", "t"]]}],
    }
    outputs = await aggregate({"variables": [], "advanced_settings": settings}, {"a": {"n": 1}})
    assert outputs == {"G1": {"output": 1}}
    assert VariablePool({"agg": outputs}).get(("agg", "G1", "output")) == 1


async def test_VA_5_nothing_ran_and_nothing_is_given() -> None:
    """Target (app-dsl §11.2): what does not resolve renders as nothing, not as its path."""
    assert await aggregate({"variables": AB}, {}) == {}
    assert Template.parse("{{#agg.output#}}").text(VariablePool()) == ""


async def test_VA_6_the_old_type_name_behaves_the_same() -> None:
    data: dict[str, JsonValue] = {"output_type": "string", "variables": AB}
    assert await outputs_of("variable-assigner", data, scopes={"b": {"text": "x"}}) == {"output": "x"}


# assigner


def _conversation() -> dict[str, Mapping[str, Value]]:
    return {"conversation": {"s": "", "n": 2, "xs": ["a"], "o": {}}, "c": {"out": "b", "five": 5, "null": None}}


def _item(name: str, operation: str, value: JsonValue, kind: str = "variable") -> JsonValue:
    return {
        "variable_selector": ["conversation", name],
        "input_type": kind,
        "operation": operation,
        "value": value,
    }


def _writes(*items: JsonValue) -> dict[str, JsonValue]:
    return {"version": "2", "items": list(items)}


async def test_AS_1_over_write_takes_the_new_value() -> None:
    scopes = {**_conversation(), "llm": {"text": "hi"}}
    played = await run_node("assigner", _writes(_item("s", "over-write", ["llm", "text"])), scopes=scopes)
    assert played.assigned == {"s": "hi"}
    assert played.node("n").process_data["s"] == "hi"
    assert played.node("n").process_data["__updated_variables"] == [
        {"name": "s", "selector": ["conversation", "s"], "value_type": "string", "new_value": "hi"}
    ]


async def test_AS_2_items_see_what_earlier_items_wrote() -> None:
    data = _writes(_item("n", "+=", 3, "constant"), _item("n", "*=", 2, "constant"))
    assert (await run_node("assigner", data, scopes=_conversation())).assigned == {"n": 10}


async def test_AS_3_division_by_zero_fails_the_node() -> None:
    await failure_of("assigner", _writes(_item("n", "/=", 0, "constant")), scopes=_conversation())


async def test_AS_4_append_checks_the_type_of_the_element() -> None:
    played = await run_node("assigner", _writes(_item("xs", "append", ["c", "out"])), scopes=_conversation())
    assert played.assigned == {"xs": ["a", "b"]}
    played = await run_node("assigner", _writes(_item("xs", "append", ["c", "five"])), scopes=_conversation())
    assert played.node("n").status is NodeStatus.FAILED
    assert played.pool.get(("conversation", "xs")) == ["a"]


async def test_AS_5_an_object_may_be_set_by_json_text() -> None:
    played = await run_node("assigner", _writes(_item("o", "set", '{"k":1}', "constant")), scopes=_conversation())
    assert played.assigned == {"o": {"k": 1}}
    await failure_of("assigner", _writes(_item("o", "set", "{", "constant")), scopes=_conversation())


async def test_AS_6_a_null_source_is_skipped() -> None:
    played = await run_node("assigner", _writes(_item("s", "over-write", ["c", "null"])), scopes=_conversation())
    assert played.node("n").status is NodeStatus.SUCCEEDED
    assert played.assigned == {}
    assert played.pool.get(("conversation", "s")) == ""


async def test_AS_7_the_first_version_appends_and_clears() -> None:
    append: dict[str, JsonValue] = {
        "assigned_variable_selector": ["conversation", "xs"],
        "write_mode": "append",
        "input_variable_selector": ["z", "z"],
    }
    played = await run_node("assigner", append, scopes={**_conversation(), "z": {"z": "z"}})
    assert played.assigned == {"xs": ["a", "z"]}
    clear: dict[str, JsonValue] = {"assigned_variable_selector": ["conversation", "n"], "write_mode": "clear"}
    assert (await run_node("assigner", clear, scopes=_conversation())).assigned == {"n": 0}


async def test_AS_8_removing_from_an_empty_list_leaves_it_empty() -> None:
    data = _writes(_item("xs", "remove-first", None), _item("xs", "remove-first", None))
    assert (await run_node("assigner", data, scopes=_conversation())).assigned == {"xs": []}


async def test_AS_9_another_conversation_reads_the_defaults() -> None:
    """The write is announced, for whoever keeps the conversation; another run's variables are its own."""
    data = _writes(_item("s", "over-write", ["c", "out"]))
    first = await run_node("assigner", data, scopes=_conversation())
    next_message = {**_conversation(), "conversation": {**_conversation()["conversation"], **first.assigned}}
    answer = {"answer": "{{#conversation.s#}}"}
    assert (await outputs_of("answer", answer, scopes=next_message))["answer"] == "b"
    assert (await outputs_of("answer", answer, scopes=_conversation()))["answer"] == ""


# http-request


def _http(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "method": "get",
        "url": "http://e/u",
        "authorization": {"type": "no-auth", "config": None},
        "headers": "",
        "params": "",
        "body": {"type": "none", "data": []},
        **changes,
    }


async def sent(data: dict[str, JsonValue], **values: Value) -> RecordedHttp:
    http = RecordedHttp([http_answer()])
    await outputs_of("http-request", data, scopes={"s": values, "env": {"K": "secret"}}, ports=a_world(http=http))
    return http


async def test_HT_1_parameters_replace_those_of_the_address() -> None:
    http = await sent(_http(url="http://e/u?a=1", params="x:{{#s.v#}}"), v="1:2")
    assert http.requests[0].url == "http://e/u?a=1&x=1%3A2"
    assert (await sent(_http(url="http://e/u?a=1", params="a:9"))).requests[0].url == "http://e/u?a=9"


async def test_HT_2_headers_are_lines() -> None:
    http = await sent(_http(headers="A: {{#s.v#}}\nB"), v="z")
    assert http.requests[0].headers == (("A", "z"), ("B", ""))


async def test_HT_3_a_key_is_sent_and_hidden_in_the_log() -> None:
    data = _http(
        authorization={
            "type": "api-key",
            "config": {"type": "custom", "header": "X-API-Key", "api_key": "{{#env.K#}}"},
        }
    )
    http = RecordedHttp([http_answer()])
    played = await run_node("http-request", data, scopes={"env": {"K": "secret"}}, ports=a_world(http=http))
    assert http.requests[0].headers == (("X-API-Key", "secret"),)
    assert played.node("n").process_data["request"] == "GET /u HTTP/1.1\r\nHost: e\r\nX-API-Key: ********\r\n\r\n"


async def test_HT_4_a_user_with_password_is_encoded() -> None:
    data = _http(authorization={"type": "api-key", "config": {"type": "basic", "api_key": "u:p"}})
    assert (await sent(data)).requests[0].headers == (("Authorization", "Basic dTpw"),)


async def test_HT_5_an_old_body_of_text_is_one_item() -> None:
    body: JsonValue = {"type": "json", "data": '{"q":{{#s.n#}}}'}
    http = await sent(_http(method="POST", body=body), n=5)
    assert json.loads(http.requests[0].body or b"") == {"q": 5}
    assert ("Content-Type", "application/json") in http.requests[0].headers
    body = {"type": "json", "data": [{"type": "text", "value": '{"q":"{{#s.t#}}"}'}]}
    http = await sent(_http(method="POST", body=body), t='say "hi" now')
    assert isinstance(json.loads(http.requests[0].body or b""), dict)


async def test_HT_6_a_404_is_a_result_unless_a_strategy_is_set() -> None:
    missing = a_world(http=RecordedHttp([http_answer(b"none", status=404)]))
    assert (await outputs_of("http-request", _http(), ports=missing))["status_code"] == 404
    played = await run_node(
        "http-request", _http(), ports=missing, strategy="default-value", defaults={"body": "d", "status_code": 0}
    )
    assert played.node("n").status is NodeStatus.EXCEPTION
    assert played.node("n").outputs["error_type"] == "HTTPResponseCodeError"


async def test_HT_7_a_500_always_fails() -> None:
    ports = a_world(http=RecordedHttp([http_answer(status=500)]))
    record = await failure_of("http-request", _http(), ports=ports)
    assert record.error_type == "HttpRequestNodeError"
    assert "maximum retries" in (record.error or "")


async def answered(body: bytes, headers: Mapping[str, str]) -> Mapping[str, Value]:
    return await outputs_of(
        "http-request", _http(), ports=a_world(http=RecordedHttp([http_answer(body, headers=headers)]))
    )


async def test_HT_8_pictures_and_attachments_are_files() -> None:
    outputs = await answered(b"\x89PNG", {"content-type": "image/png"})
    assert isinstance(outputs["files"], list)
    assert (len(outputs["files"]), outputs["body"]) == (1, "")
    outputs = await answered(
        b"{}", {"content-type": "application/json", "content-disposition": "attachment; filename=a.json"}
    )
    assert isinstance(outputs["files"], list)
    attachment = outputs["files"][0]
    assert isinstance(attachment, File)
    assert (attachment.filename, attachment.mime_type) == ("a.json", "application/json")
    outputs = await answered(b'{"a":1}', {"content-type": "application/octet-stream"})
    assert (outputs["body"], outputs["files"]) == ('{"a":1}', [])


async def test_HT_9_other_schemes_are_refused() -> None:
    assert (await failure_of("http-request", _http(url="ftp://x"))).error_type == "InvalidURLError"


async def test_HT_10_too_much_text_is_refused() -> None:
    ports = a_world(http=RecordedHttp([http_answer(b"x" * (1024 * 1024 + 1))]))
    assert (await failure_of("http-request", _http(), ports=ports)).error_type == "ResponseSizeError"


async def test_HT_11_forms_carry_texts_and_files() -> None:
    document = file("f.txt", kind="document", mime_type="text/plain")
    data = _http(
        method="post",
        headers="Content-Type: application/json",
        body={
            "type": "form-data",
            "data": [
                {"key": "k", "type": "text", "value": "v"},
                {"key": "f", "type": "file", "file": ["s", "f"]},
            ],
        },
    )
    http = RecordedHttp([http_answer()])
    ports = a_world(http=http, files=MemoryFiles({"f.txt": b"data"}))
    await outputs_of("http-request", data, scopes={"s": {"f": document}}, ports=ports)
    ((name, content_type),) = http.requests[0].headers
    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert name == "Content-Type"
    assert (
        http.requests[0].body
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\ndata\r\n--{boundary}--\r\n"
        ).encode()
    )
    data = _http(body={"type": "binary", "data": [{"type": "file", "file": ["s", "f"]}]})
    record = await failure_of("http-request", data, scopes={"s": {"f": "text"}})
    assert record.error_type == "FileFetchError"


async def test_HT_12_inner_addresses_are_refused() -> None:
    """The guard is behind the port (platform/egress); its refusal is the node's failure."""
    record = await failure_of("http-request", _http(url="http://169.254.169.254/"))
    assert record.error_type == "HttpRequestNodeError"
    assert "SSRF" in (record.error or "")


# import migrations


async def test_MG_1_an_old_single_case_chooses_its_branch() -> None:
    data: dict[str, JsonValue] = {
        "logical_operator": "or",
        "conditions": [_condition(["s", "x"], "is", "a"), _condition(["s", "x"], "is", "b")],
    }
    played = await play(
        [node("if", "if-else", data), node("yes", "answer", {"answer": "y"}), node("no", "answer", {"answer": "n"})],
        "start -> if\nif --true-> yes\nif --false-> no",
        scopes={"s": {"x": "b"}},
    )
    assert played.finished.outputs["answer"] == "y"
    assert not played.ran("no")


async def test_MG_3_both_versions_of_the_assigner_run_in_one_graph() -> None:
    v1: dict[str, JsonValue] = {
        "assigned_variable_selector": ["conversation", "s"],
        "write_mode": "over-write",
        "input_variable_selector": ["c", "out"],
    }
    played = await play(
        [node("v1", "assigner", v1), node("v2", "assigner", _writes(_item("n", "+=", 1, "constant")))],
        "start -> v1\nv1 -> v2",
        scopes=_conversation(),
    )
    assert played.assigned == {"s": "b", "n": 3}


async def test_MG_4_an_edge_without_a_handle_is_taken_on_success() -> None:
    played = await run_node("llm", LLM, answer="{{#n.text#}}")
    assert played.finished.outputs["answer"] == "ok"
