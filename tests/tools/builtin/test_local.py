"""Tools that need nothing but this machine (models-and-tools §4.9)."""

import asyncio
import io
import json
import struct
import time
from pathlib import Path

import pytest

from tests.nodes.ports import GivenCode
from tests.tools.builtin.calls import a_call, given
from treadle.engine.errors import ToolInvokeError, ToolNodeError, ToolParameterError
from treadle.engine.values import JsonValue, Value
from treadle.sandbox.sandbox import Sandbox
from treadle.tools.builtin.chart import drawing
from treadle.tools.builtin.json_process import edits
from treadle.tools.messages import Blob, Json, Text

BOOKS = '{"books": [{"title": "Ä", "price": 8}, {"title": "B", "price": 12}], "open": true}'


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(3 + 4) ** 2 / 7", "7.0"),
        ("2**64", "18446744073709551616"),
        ("sqrt(16) + floor(2.7)", "6.0"),
        ("round(sin(pi / 2), 3)", "1.0"),
        ("factorial(5) % 7", "1"),
        ("3 > 2", "True"),
        ("1 if 2 < 3 else 0", "1"),
    ],
)
async def test_expressions(expression: str, text: str) -> None:
    assert await given("maths", "eval_expression", a_call({"expression": expression})) == [Text(text)]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("9**9**9**9", "grows beyond"),
        ("4000000**3999999", "grows beyond"),
        ("1 << 10**9", "grows beyond"),
        ("factorial(10**6)", "grows beyond"),
        ("pow(10, 10**7)", "grows beyond"),
        ("'a' * 10**9", "numbers only"),
        ("1 / 0", "divides by zero"),
        ("(-8) ** 0.5", "no real number"),
        ("().__class__", "cannot be evaluated"),
        ("__import__('os')", "numbers only"),
        ("open(1)", "cannot be evaluated"),
        ("2 +", "cannot be evaluated"),
        ("(" * 500 + ")" * 500, "cannot be evaluated"),
        ("1+" * 600 + "1", "longer than"),
        ("", "is empty"),
    ],
)
async def test_what_is_no_sane_expression_is_refused_at_once(expression: str, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(ToolParameterError, match=reason):
        await given("maths", "eval_expression", a_call({"expression": expression}))
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("expression", "matches", "text"),
    [
        (r"\d+", ["12", "7"], "12\n7"),
        (r"(\w+)=\d+", ["a", "b"], "a\nb"),
        (r"(\w+)=(\d+)", [["a", "12"], ["b", "7"]], "a 12\nb 7"),
        (r"z", [], ""),
    ],
)
async def test_patterns(expression: str, matches: list[JsonValue], text: str) -> None:
    call = a_call({"content": "a=12 b=7", "expression": expression})
    assert await given("regex", "regex_extract", call) == [Text(text), Json({"matches": matches})]


async def test_a_malformed_pattern_is_refused() -> None:
    with pytest.raises(ToolParameterError, match="malformed"):
        await given("regex", "regex_extract", a_call({"content": "a", "expression": "("}))


async def test_a_pattern_that_explodes_ends_without_holding_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.worker.in_process.__kwdefaults__", {"seconds": 0.5})
    call = a_call({"content": "a" * 40 + "!", "expression": r"(a+)+$"})
    running = asyncio.create_task(given("regex", "regex_extract", call))
    longest = 0.0
    while not running.done():
        before = time.monotonic()
        await asyncio.sleep(0)
        longest = max(longest, time.monotonic() - before)
    with pytest.raises(ToolInvokeError, match=r"longer than 0\.5 seconds"):
        running.result()
    assert longest < 0.4


async def process(tool: str, **parameters: Value) -> str:
    [message] = await given("json_process", tool, a_call({"content": BOOKS, **parameters}))
    assert isinstance(message, Text)
    return message.text


async def test_values_are_found_by_path() -> None:
    assert await process("parse", json_filter="$.books[?@.price > 10].title") == "B"
    assert await process("parse", json_filter="$.books[*].title", ensure_ascii=False) == '["Ä", "B"]'
    assert await process("parse", json_filter="$.books[*].title") == '["\\u00c4", "B"]'


async def test_a_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ToolParameterError, match="not valid JSON"):
        await process("parse", content="{", json_filter="$.a")
    with pytest.raises(ToolParameterError, match="is no JSONPath"):
        await process("parse", json_filter="$.[[")


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (edits.insert(BOOKS, False, "$.books", '{"title": "C"}', True, False, 0), {"books.0": {"title": "C"}}),
        (edits.insert(BOOKS, False, "$.books", "C", False, False, None), {"books.2": "C"}),
        (edits.insert(BOOKS, False, "$", '{"shut": false}', False, False, None), {"shut": False}),
        (edits.insert(BOOKS, False, "$.a['b'][0].c", "1", True, True, None), {"a": {"b": [{"c": 1}]}}),
        (edits.delete(BOOKS, False, "$.books[*].price"), {"books": [{"title": "Ä"}, {"title": "B"}]}),
        (edits.delete(BOOKS, False, "$.books[*]"), {"books": []}),
        (edits.replace(BOOKS, False, "$.books[*].price", "value", "", "5", True), {"books.1.price": 5}),
        (edits.replace(BOOKS, False, "$.books[1].title", "pattern", "B", "Z", False), {"books.1.title": "Z"}),
        (
            edits.replace(BOOKS, False, "$.books[*]", "key", "title", "name", False),
            {"books.0": {"name": "Ä", "price": 8}},
        ),
        (edits.replace(BOOKS, False, "$", "value", "", "[]", True), {"": []}),
    ],
)
def test_json_is_edited(edited: str, expected: dict[str, JsonValue]) -> None:
    whole = json.loads(edited)
    for place, value in expected.items():
        at = whole
        for key in place.split(".") if place else ():
            at = at[int(key) if key.isdigit() else key]
        assert at == value


async def test_edits_through_the_tools() -> None:
    assert await process("json_insert", query="$.tags", new_value="new", create_path=True) == (
        '{"books": [{"title": "\\u00c4", "price": 8}, {"title": "B", "price": 12}], "open": true, "tags": "new"}'
    )
    assert await process("json_delete", query="$.books") == '{"open": true}'
    assert await process("json_replace", query="$.books", replace_value="none") == '{"books": "none", "open": true}'


async def test_an_endless_path_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.worker.in_process.__kwdefaults__", {"seconds": 1.0})
    deep: JsonValue = []
    for _ in range(80):
        deep = [deep, deep if isinstance(deep, int) else 1]
    with pytest.raises(ToolInvokeError, match="longer than 1 seconds"):
        await process("parse", content=json.dumps(deep), json_filter="$..*..*..*..*..*..*")


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
async def test_charts_are_pictures(kind: str) -> None:
    labels = "categories" if kind == "pie" else "x_axis"
    text, picture = await given("chart", f"{kind}_chart", a_call({"data": "1;2.5;3", labels: "a;$b$;c"}))
    assert text == Text(f"Here is the {kind} chart.")
    assert isinstance(picture, Blob)
    assert (picture.mime_type, picture.filename) == ("image/png", f"{kind}_chart.png")
    assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture.data[16:24]) == (960, 600)


@pytest.mark.parametrize(
    ("tool", "parameters", "reason"),
    [
        ("bar_chart", {"data": "1;two"}, '"two" in "data" is no number'),
        ("bar_chart", {"data": "1;nan"}, "cannot be drawn"),
        ("line_chart", {"data": "1;2", "x_axis": "a"}, '2 numbers in "data" but 1 names in "x_axis"'),
        ("pie_chart", {"data": "1;-2", "categories": "a;b"}, "not negative"),
        ("bar_chart", {"data": ";"}, "between 1 and 1,000"),
        ("bar_chart", {}, "is empty"),
    ],
)
async def test_what_cannot_be_drawn_is_refused(tool: str, parameters: dict[str, Value], reason: str) -> None:
    with pytest.raises(ToolParameterError, match=reason):
        await given("chart", tool, a_call(parameters))


def test_charts_fall_back_to_an_installed_font_of_chinese_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.font_manager import FontEntry, fontManager

    drawing._families.cache_clear()
    monkeypatch.setattr(fontManager, "ttflist", [FontEntry(name="SimHei"), FontEntry(name="Noto Sans CJK JP")])
    assert drawing._families() == ["DejaVu Sans", "Noto Sans CJK JP", "SimHei"]
    drawing._families.cache_clear()


async def test_qr_codes_hold_their_content() -> None:
    import segno

    [picture] = await given("qrcode", "qrcode_generator", a_call({"content": "https://example.org/ü", "border": 0}))
    assert isinstance(picture, Blob)
    expected = io.BytesIO()
    segno.make_qr("https://example.org/ü", error="M").save(expected, kind="png", scale=10, border=0)
    assert (picture.data, picture.mime_type) == (expected.getvalue(), "image/png")


async def test_what_fits_in_no_qr_code_is_refused() -> None:
    with pytest.raises(ToolParameterError, match="too long for a QR code of level H"):
        await given("qrcode", "qrcode_generator", a_call({"content": "x" * 3000, "error_correction": "H"}))
    with pytest.raises(ToolParameterError, match='"X" is no level'):
        await given("qrcode", "qrcode_generator", a_call({"content": "x", "error_correction": "X"}))


async def test_code_gives_what_it_prints(tmp_path: Path) -> None:
    sandbox = Sandbox(jail_root=tmp_path / "jail")
    await sandbox.start()
    try:
        code = "import math\nfor n in range(3):\n    print(math.factorial(n), end=' ')"
        call = a_call({"language": "python3", "code": code}, code=sandbox)
        assert await given("code", "simple_code", call) == [Text("1 1 2 ")]
        broken = a_call({"language": "python3", "code": "print(undefined)"}, code=sandbox)
        with pytest.raises(ToolInvokeError, match="name 'undefined' is not defined"):
            await given("code", "simple_code", broken)
    finally:
        await sandbox.close()


async def test_code_in_other_languages_is_refused() -> None:
    with pytest.raises(ToolNodeError, match='"cobol" cannot run'):
        await given("code", "simple_code", a_call({"language": "cobol", "code": "x"}, code=GivenCode(dict)))
