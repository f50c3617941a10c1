"""`{{#node.variable#}}` templates (spec app-dsl §11)."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.pool import VariablePool
from treadle.engine.template import Template, render_text
from treadle.engine.values import to_markdown, to_text

POOL = VariablePool({"n1": {"text": "T", "obj": {"k": {"v": 1}}, "n": None}, "sys": {"query": "{{#n1.text#}}"}})

PIECES = st.lists(
    st.sampled_from(
        ["{{#", "#}}", "{", "}", "#", ".", "n1", "sys", "text", "obj", "k", " ", "{{#n1.text#}}", "{{#n1.obj.k.v#}}"]
    )
    | st.text(max_size=5)
)
TEXTS = PIECES.map("".join)


def naive(text: str, markdown: bool = False) -> str:
    """Cut at every end mark, and look whether what stands before it is a reference."""
    head, mark, tail = text.partition("#}}")
    if not mark:
        return text
    before, opening, path = head.rpartition("{{#")
    first, *names = path.split(".")
    well_formed = (
        opening
        and re.fullmatch(r"[a-zA-Z0-9_]{1,50}", first)
        and 1 <= len(names) <= 10
        and all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,29}", name) for name in names)
    )
    if not well_formed:
        return head + mark + naive(tail, markdown)
    value = POOL.get([first, *names])
    return before + (to_markdown(value) if markdown else to_text(value)) + naive(tail, markdown)


@given(TEXTS)
def test_rendering_equals_a_naive_one(text: str) -> None:
    template = Template.parse(text)
    assert template.text(POOL) == render_text(text, POOL) == naive(text)
    assert template.markdown(POOL) == naive(text, markdown=True)


@given(st.text())
def test_parsing_never_fails_and_text_without_references_stays_itself(text: str) -> None:
    template = Template.parse(text)
    if not template.selectors:
        assert template.parts == ((text,) if text else ())
        assert template.text(POOL) == text


@given(TEXTS)
def test_no_part_is_an_empty_text_and_no_two_texts_meet(text: str) -> None:
    kinds = [isinstance(part, str) for part in Template.parse(text).parts]
    assert "" not in Template.parse(text).parts
    assert (True, True) not in itertools.pairwise(kinds)


def test_parts_and_selectors_keep_their_order() -> None:
    template = Template.parse("a {{#n1.text#}}{{#n1.obj.k#}} b")
    assert template.parts == ("a ", ("n1", "text"), ("n1", "obj", "k"), " b")
    assert template.selectors == (("n1", "text"), ("n1", "obj", "k"))


@pytest.mark.parametrize(
    "text",
    [
        "{{#a-1.b#}}",
        "{{ #a.b# }}",
        "{{#context#}}",
        "{{#a.#}}",
        "{{#.b#}}",
        "{{#a.1b#}}",
        "{{#a." + "b" * 31 + "#}}",
        "{{#" + "a" * 51 + ".b#}}",
        "{{#a" + ".b" * 11 + "#}}",
        "{{#a.b}}",
        "{{a}}",
        "{{#a.b\n#}}",
        "{{#é.b#}}",
        "sys.query",
    ],
)
def test_whatever_breaks_the_grammar_is_literal(text: str) -> None:
    assert Template.parse(text).parts == (text,)
    assert render_text(text, POOL) == text


def test_references_of_the_greatest_length_are_references() -> None:
    for text in ("{{#" + "a" * 50 + ".b#}}", "{{#a." + "b" * 30 + "#}}", "{{#a" + ".b" * 10 + "#}}"):
        assert len(Template.parse(text).selectors) == 1
        assert render_text(text, POOL) == ""


def test_values_are_not_expanded_again() -> None:
    assert render_text("<{{#sys.query#}}>", POOL) == "<{{#n1.text#}}>"


def test_missing_and_null_render_as_nothing() -> None:
    assert render_text("a{{#n1.gone#}}{{#x.y#}}{{#n1.n#}}b", POOL) == "ab"


def test_a_text_is_parsed_once_unless_it_is_long() -> None:
    assert Template.parse("short {{#a.b#}}") is Template.parse("short {{#a.b#}}")
    long = "x" * 5000 + "{{#n1.text#}}"
    assert Template.parse(long) is not Template.parse(long)
    assert render_text(long, POOL) == "x" * 5000 + "T"
