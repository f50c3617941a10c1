"""Plain JSON data to YAML text that people can read and compare: sorted keys, block style, literal texts.

Written here because libyaml's writer escapes every emoji and PyYAML's own takes twenty times as long.
"""

import json
import re

from pydantic import JsonValue

from treadle.dsl.sections import JsonMap

_LETTERS = "\u3000-\u303f\uff01-\uff60\U0001f300-\U0001faff"
_PLAIN = re.compile(rf"(?:[^\W\d]|[{_LETTERS}])[\w \-./+,;()@%$~?!<>*^|\"'\\:#{{}}\[\]=&{_LETTERS}]*")
_NOT_PLAIN = re.compile(r": | #|[: ]$")
_PLAIN_KEY = re.compile(r"[^\W\d][\w\-.]{0,99}")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "infinity"})
_ESCAPED = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_KEY = 100


def write_yaml(data: JsonMap) -> str:
    """The YAML text of a map. Numbers and texts are written so that any YAML reader gives them back as such.

    Halves of surrogate pairs, which no UTF-8 file can hold, become U+FFFD.
    """
    lines: list[str] = []
    if not data:
        return "{}\n"
    _write_map(lines, data, 0, "")
    return "\n".join(lines) + "\n"


def _write_map(lines: list[str], data: JsonMap, column: int, lead: str) -> None:
    pad = " " * column
    for key in sorted(data):
        value = data[key]
        name = key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS else _on_one_line(key)
        if len(name) > _LONGEST_KEY:
            lines.append(f"{lead}? {name}")
            lead, name = pad, ""
        if isinstance(value, dict) and value:
            lines.append(f"{lead}{name}:")
            _write_map(lines, value, column + 2, f"{pad}  ")
        elif isinstance(value, list) and value:
            lines.append(f"{lead}{name}:")
            _write_list(lines, value, column, pad)
        else:
            lines.append(f"{lead}{name}: {_scalar(value, column)}")
        lead = pad


def _write_list(lines: list[str], data: list[JsonValue], column: int, lead: str) -> None:
    for value in data:
        if isinstance(value, dict) and value:
            _write_map(lines, value, column + 2, f"{lead}- ")
        elif isinstance(value, list) and value:
            _write_list(lines, value, column + 2, f"{lead}- ")
        else:
            lines.append(f"{lead}- {_scalar(value, column)}")
        lead = " " * column


def _scalar(value: JsonValue, column: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return _text(value, column)
        case _:
            return "{}" if isinstance(value, dict) else "[]"


def _float(value: float) -> str:
    """A float as every YAML version reads it: with a point, and a sign in the exponent."""
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"


def _text(text: str, column: int) -> str:
    if "\n" in text and not _ESCAPED.search(text):
        return _literal(text, column)
    if _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) and text.lower() not in _WORDS:
        return text
    return _on_one_line(text)


def _on_one_line(text: str) -> str:
    if "\n" not in text and not _ESCAPED.search(text) and "\t" not in text:
        return "'" + text.replace("'", "''") + "'"
    escaped = json.dumps(_SURROGATES.sub("\ufffd", text), ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def _literal(text: str, column: int) -> str:
    """A block text. What its first and last lines could be mistaken for is written in quotes instead."""
    body = text.rstrip("\n")
    first, last = body.split("\n", 1)[0], body.rsplit("\n", 1)[-1]
    if not body or not first.strip() or not last.strip():
        return _on_one_line(text)
    ending = len(text) - len(body)
    chomping = "-" if ending == 0 else "" if ending == 1 else "+"
    indent = "2" if first[0] in " \t" else ""
    pad = " " * (column + 2)
    lines = [pad + line if line else "" for line in text.removesuffix("\n").split("\n")]
    return f"|{indent}{chomping}\n" + "\n".join(lines)
