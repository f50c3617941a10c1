"""Older shapes of node data, brought to today's for running; the file's own maps are never changed.

Sources: app-dsl §13, workflow-nodes §30. What costs nothing to understand in a node (scalar tool settings,
assigner version 1, short provider ids) is left to that node.
"""

from collections.abc import Container

from pydantic import JsonValue

from treadle.dsl.sections import JsonMap

_LINE_BODIES = ("form-data", "x-www-form-urlencoded")
_TIMEOUTS = ("connect", "read", "write")


def id_text(value: JsonValue) -> str | None:
    """An id as text, or None: numeric ids come from unquoted digits in hand-made files."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def handle_text(value: JsonValue) -> str:
    """A source handle: missing is `source`, the older name of success too, unquoted `true` is text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    handle = id_text(value)
    return "source" if handle is None or handle == "success-branch" else handle


def today(kind: str, data: JsonMap) -> JsonMap:
    """The node's data in today's shape: `data` itself when nothing is old about it, else a changed copy."""
    match kind:
        case "if-else":
            return _with_cases(data)
        case "question-classifier":
            return _with_text_ids(data, "classes", "id")
        case "http-request":
            return _with_http_timeout(_with_body_items(data))
        case _:
            return data


def _with_cases(data: JsonMap) -> JsonMap:
    if isinstance(data.get("cases"), list):
        return _with_text_ids(data, "cases", "case_id")
    conditions = data.get("conditions")
    if not isinstance(conditions, list):
        return data
    operator = data.get("logical_operator") or "and"
    return {**data, "cases": [{"case_id": "true", "logical_operator": operator, "conditions": conditions}]}


def _with_text_ids(data: JsonMap, key: str, id_key: str) -> JsonMap:
    items = data.get(key)
    if not isinstance(items, list) or all(isinstance(i, dict) and isinstance(i.get(id_key), str) for i in items):
        return data
    return {**data, key: [_with_text_id(item, id_key) for item in items]}


def _with_text_id(item: JsonValue, id_key: str) -> JsonValue:
    if not isinstance(item, dict) or item.get(id_key) is None:
        return item
    return {**item, id_key: handle_text(item[id_key])}


def _with_body_items(data: JsonMap) -> JsonMap:
    body = data.get("body")
    if not isinstance(body, dict) or isinstance(body.get("data"), list):
        return data
    text = body.get("data")
    items: list[JsonValue] = []
    if isinstance(text, str) and text.strip():
        lines = text.splitlines() if body.get("type") in _LINE_BODIES else [text]
        items = [_body_item(line, keyed=body.get("type") in _LINE_BODIES) for line in lines if line.strip()]
    return {**data, "body": {**body, "data": items}}


def _body_item(text: str, *, keyed: bool) -> JsonValue:
    key, _, value = text.partition(":") if keyed else ("", "", text)
    return {"key": key.strip(), "type": "text", "value": value.strip() if keyed else value}


def _with_http_timeout(data: JsonMap) -> JsonMap:
    timeout = data.get("timeout")
    if not isinstance(timeout, dict):
        return data
    read = {name: timeout.get(name) or timeout.get(f"max_{name}_timeout") for name in _TIMEOUTS}
    return {**data, "timeout": {name: seconds for name, seconds in read.items() if seconds}}


def with_text_selectors(value: JsonValue, numeric_ids: Container[str]) -> JsonValue:
    """A copy of `value` in which selectors that begin with an unquoted numeric node id begin with its text."""
    if isinstance(value, dict):
        return {key: with_text_selectors(item, numeric_ids) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > 1 and not isinstance(value[0], str) and isinstance(value[1], str):
        head = id_text(value[0])
        if head is not None and head in numeric_ids:
            return [head, *value[1:]]
    return [with_text_selectors(item, numeric_ids) for item in value]
