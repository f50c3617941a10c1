"""JSON texts, read and changed by JSONPath."""

from collections.abc import AsyncIterator

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.worker import in_process
from treadle.tools.messages import Message, Text

_EDITS = "treadle.tools.builtin.json_process.edits"


async def parse(call: Call) -> AsyncIterator[Message]:
    yield await _edited(call, "find", call.required("json_filter"))


async def json_insert(call: Call) -> AsyncIterator[Message]:
    index = None if call.text("index") == "" else call.integer("index", 0)
    create, value = call.flag("create_path"), call.required("new_value")
    yield await _edited(call, "insert", call.required("query"), value, call.flag("value_decode"), create, index)


async def json_delete(call: Call) -> AsyncIterator[Message]:
    yield await _edited(call, "delete", call.required("query"))


async def json_replace(call: Call) -> AsyncIterator[Message]:
    what, part, value = call.required("replace_model"), call.text("replace_pattern"), call.text("replace_value")
    yield await _edited(call, "replace", call.required("query"), what, part, value, call.flag("value_decode"))


async def _edited(call: Call, edit: str, *arguments: JsonValue) -> Text:
    ascii_only = call.flag("ensure_ascii")
    return Text(str(await in_process(_EDITS, edit, call.required("content"), ascii_only, *arguments)))
