"""The numbered tests of spec workflow-nodes §21 (tool), one each.

The tool T has q (text, required), n (number), both given by the run, and lang (en or fr, en by default), a setting.
"""

from collections.abc import Mapping

from tests.nodes.harness import failure_of, node, outputs_of, play, run_node
from tests.nodes.scripted_tools import ScriptedTools, a_tool, with_tools
from treadle.engine.events import NodeStatus, RunStatus
from treadle.engine.ports import ToolJson, ToolParameter, ToolText, ToolVariable
from treadle.engine.values import JsonValue, Value

HI: dict[str, JsonValue] = {"q": {"type": "mixed", "value": "hi"}}


def tool_data(
    parameters: Mapping[str, JsonValue], settings: Mapping[str, JsonValue] | None = None, **more: JsonValue
) -> dict[str, JsonValue]:
    return {
        "provider_id": "p",
        "provider_name": "p",
        "provider_type": "builtin",
        "tool_name": "t",
        "tool_label": "T",
        "tool_parameters": dict(parameters),
        "tool_configurations": dict(settings or {}),
        **more,
    }


async def call(
    parameters: Mapping[str, JsonValue],
    settings: Mapping[str, JsonValue] | None = None,
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    **more: JsonValue,
) -> Mapping[str, Value]:
    """What T was called with."""
    tools = ScriptedTools()
    await outputs_of("tool", tool_data(parameters, settings, **more), scopes=scopes, ports=with_tools(tools))
    return tools.calls[0]


async def test_TL_1_parameters_are_expanded_and_cast() -> None:
    given = await call(
        {"q": {"type": "mixed", "value": "Hi {{#s.v#}}"}, "n": {"type": "constant", "value": "3"}},
        scopes={"s": {"v": "x"}},
    )
    assert given == {"q": "Hi x", "n": 3, "lang": "en"}
    assert isinstance(given["n"], int)


async def test_TL_2_a_setting_is_one_of_its_options_or_its_default() -> None:
    failed = await failure_of("tool", tool_data(HI, {"lang": "de"}), ports=with_tools(ScriptedTools()))
    assert failed.error == "The setting \"lang\" of the tool is 'de'; choose one of en, fr."
    assert failed.error_type == "ToolParameterError"
    assert (await call(HI, {"lang": None}))["lang"] == "en"


async def test_TL_3_a_required_variable_must_be_set() -> None:
    unresolved: JsonValue = {"type": "variable", "value": ["s", "gone"]}
    failed = await failure_of("tool", tool_data({"q": unresolved}), ports=with_tools(ScriptedTools()))
    assert failed.error == 'The parameter "q" of the tool is required, but the variable s.gone is not set.'
    assert failed.error_type == "ToolParameterError"
    assert await call({**HI, "n": unresolved}) == {"q": "hi", "lang": "en"}


async def test_TL_4_texts_stream_and_objects_are_listed() -> None:
    tools = ScriptedTools([ToolText("a"), ToolText("b"), ToolJson({"k": 1})])
    played = await run_node("tool", tool_data(HI), ports=with_tools(tools), answer="{{#n.text#}}")
    assert played.node("n").outputs == {"text": "ab", "files": [], "json": [{"k": 1}]}
    assert played.chunks == ["a", "b"]


async def test_TL_5_without_objects_json_has_an_empty_one() -> None:
    outputs = await outputs_of("tool", tool_data(HI), ports=with_tools(ScriptedTools([ToolText("a")])))
    assert outputs == {"text": "a", "files": [], "json": [{"data": []}]}


async def test_TL_6_a_failure_takes_the_fail_branch() -> None:
    played = await play(
        [
            node("n", "tool", tool_data(HI), strategy="fail-branch"),
            node("good", "answer", {"answer": "fine"}),
            node("bad", "answer", {"answer": "{{#n.error_type#}}: {{#n.error_message#}}"}),
        ],
        "start -> n\nn -> good\nn --fail-branch-> bad",
        ports=with_tools(ScriptedTools(failure=RuntimeError("boom"))),
    )
    assert played.finished.status is RunStatus.PARTIAL
    assert played.node("n").status is NodeStatus.EXCEPTION
    assert played.node("n").outputs == {
        "error_message": "Failed to invoke tool t: boom",
        "error_type": "UnknownError",
    }
    assert not played.ran("good")
    assert played.finished.outputs["answer"] == "UnknownError: Failed to invoke tool t: boom"


async def test_TL_7_an_unknown_parameter_is_null() -> None:
    given = await call({**HI, "zz": {"type": "constant", "value": "anything"}})
    assert given == {"q": "hi", "zz": None, "lang": "en"}


async def test_TL_8_a_workflow_gives_text_json_and_variables() -> None:
    # What a workflow that was called as a tool says; that it says so is tested with the workflow tool itself.
    said = [ToolText('{"r": "é"}'), ToolVariable("r", "é"), ToolJson({"r": "é"}, suppressed=True)]
    outputs = await outputs_of("tool", tool_data(HI), ports=with_tools(ScriptedTools(said)))
    assert outputs == {"text": '{"r": "é"}', "json": [{"r": "é"}], "files": [], "r": "é"}


async def test_TL_9_newer_settings_are_evaluated() -> None:
    given = await call(
        HI,
        {"lang": {"type": "mixed", "value": "{{#s.l#}}"}},
        scopes={"s": {"l": "fr"}},
        tool_node_version="2",
    )
    assert given["lang"] == "fr"


async def test_MG_5_older_settings_are_plain_values() -> None:
    tool = a_tool(
        ToolParameter(name="dalle_size", type="string", form="form", default="large"),
        ToolParameter(name="n", type="number", form="form", default=4),
    )
    tools = ScriptedTools(tool=tool)
    await outputs_of("tool", tool_data({}, {"dalle_size": None, "n": 1}), ports=with_tools(tools))
    assert tools.calls == [{"dalle_size": "large", "n": 1}]
