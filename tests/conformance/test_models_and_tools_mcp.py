"""Numbered cases of models-and-tools §9 about MCP."""

from tests.server.app_files import basic_app
from tests.server.harness import Workbench
from tests.server.test_mcp import here, served_app, with_client
from treadle.tools.mcp.described import Result, messages_of
from treadle.tools.messages import Json, Text


def test_case_69_objects_in_a_list_are_json_and_words_are_text():
    said = {"content": [{"type": "text", "text": '[{"a":1},{"a":2}]'}, {"type": "text", "text": "hello"}]}
    assert list(messages_of(Result.read(said), has_output_schema=False)) == [
        Json({"a": 1}),
        Json({"a": 2}),
        Text("hello"),
    ]


def test_case_70_a_chat_app_is_served_as_one_tool_with_a_query(workbench: Workbench):
    _, _, told = served_app(workbench, basic_app("chat", name="Talk", prompt="Be kind."))
    (tool,), _ = with_client(here(workbench, told))
    assert (tool.name, tool.input_schema["required"]) == ("Talk", ["query"])
