"""Regular expressions on texts."""

import re
from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.worker import in_process
from treadle.tools.messages import Json, Message, Text


async def regex_extract(call: Call) -> AsyncIterator[Message]:
    found = await in_process(__name__, "matches", call.text("content"), call.required("expression"))
    matched = msgspec.convert(found, list[str | list[str]])
    yield Text("\n".join(match if isinstance(match, str) else " ".join(match) for match in matched))
    yield Json({"matches": found})


def matches(content: str, expression: str) -> JsonValue:
    """Each match: the whole of it, its group, or the list of its groups. Raises ValueError for a wrong expression."""
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise ValueError(f"The expression is malformed: {error}.") from None
    found: list[JsonValue] = []
    for match in pattern.finditer(content):
        groups: list[JsonValue] = [group or "" for group in match.groups()]
        found.append(groups if len(groups) > 1 else groups[0] if groups else match.group())
    return found
