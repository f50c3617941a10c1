"""Jinja templates of people who are not trusted: what they can say, and that they can neither escape nor run away."""

import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.errors import TemplateRenderError
from treadle.engine.jinja import JinjaTemplate
from treadle.engine.jinja_budget import Budget


def render(template: str, **values: object) -> str:
    return JinjaTemplate(template).render(values)


def reason(template: str, **values: object) -> str:
    with pytest.raises(TemplateRenderError) as caught:
        render(template, **values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("Hi {{ n }}", {"n": "Bo"}, "Hi Bo"),
        ("{{ a ~ 1 ~ [1, 2] }}", {"a": "x"}, "x1[1, 2]"),
        ("{{ xs|map(attribute='t')|join(',') }}", {"xs": [{"t": "a"}, {"t": "b"}]}, "a,b"),
        ("{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", {"d": {"a": 1}}, "a=1;"),
        ("{{ d.update }}{{ d['clear'] }}", {"d": {"update": 3, "clear": 4}}, "34"),
        ("{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}",
         {"xs": [1, 2]}, "3"),
        ("{% macro m(x, y=2) %}<{{ x }}{{ y }}>{% endmacro %}{{ m(1) }}", {}, "<12>"),
        ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{% endcall %}", {}, "[in]"),
        ("{% for n in t recursive %}{{ n.v }}{% if n.c %}({{ loop(n.c) }}){% endif %}{% endfor %}",
         {"t": [{"v": 1, "c": [{"v": 2}]}]}, "1(2)"),
        ("{% for x in xs %}{{ loop.index }}/{{ loop.length }}{{ loop.cycle('a', 'b') }}{{ loop.last }}{% endfor %}",
         {"xs": [7, 8]}, "1/2aFalse2/2bTrue"),
        ("{% for x in xs if x > 1 %}{{ loop.index }}:{{ x }}{% else %}none{% endfor %}", {"xs": [1, 2]}, "1:2"),
        ("{% for x in xs|select('odd') %}{{ x }}{{ loop.revindex }}{% endfor %}", {"xs": [1, 2, 3]}, "1231"),
        ("{% filter upper %}a{{ x }}{% endfilter %}{% set b %}c{% endset %}{{ b }}", {"x": "b"}, "ABc"),
        ("{% block q %}B{% endblock %}{{ self.q() }}", {}, "BB"),
        ("{% for g in xs|groupby('k') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}",
         {"xs": [{"k": "a"}, {"k": "a"}]}, "a2"),
        ("{{ '%05.1f'|format(2.5) }}{{ '%s-%s' % ('a', 1) }}{{ '{:>4}|{x}'.format(1, x=2) }}", {}, "002.5a-1   1|2"),
        ("{{ [1, 2, 3][1:] }}{{ xs|sum(start=[]) }}{{ ys|sum(attribute='n') }}",
         {"xs": [[1], [2]], "ys": [{"n": 4}]}, "[2, 3][1, 2]4"),
        ("{{ {'a': 1}|tojson }}{{ {'b': [1]}|tojson(indent=1) }}", {}, '{"a": 1}{\n "b": [\n  1\n ]\n}'),
        ("{{ missing }}{{ missing|default('d') }}{{ x is defined }}{{ 1 in [1] }}", {"x": None}, "dTrueTrue"),
        ("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{% set j = joiner(',') %}{{ j() }}x{{ j() }}",
         {}, "abx,"),
        ("{{ 'A-b'.lower().split('-')|first }}{{ 'x'.center(5)|trim }}{{ 2 ** 10 }}{{ 'ab' * 2 }}", {}, "ax1024abab"),
        ("{{ x|e }}{{ x|striptags }}{{ x|length }}{{ [3, 1]|sort|list }}{{ [1, 1]|unique|list }}",
         {"x": "<b>"}, "&lt;b&gt;3[1, 3][1]"),
        ("a\n", {}, "a"),
        ("{{ x }}", {"x": None}, "None"),
    ],
)  # fmt: skip
def test_templates_say_what_plain_jinja_says(template: str, values: dict[str, object], text: str) -> None:
    assert render(template, **values) == text


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text() | st.integers() | st.none(), max_size=4))
def test_values_appear_as_they_are(values: dict[str, object]) -> None:
    template = "|".join(f"{{{{ v_{name} }}}}" for name in values)
    assert render(template, **{f"v_{name}": value for name, value in values.items()}) == "|".join(
        map(str, values.values())
    )


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ ''['__class__']['__mro__'] }}",
    "{{ x|attr('__class__') }}",
    "{{ x|attr('__class__')|attr('__subclasses__') }}",
    "{{ [x]|map(attribute='__class__')|list }}",
    "{{ [x]|map(attribute='__class__.__mro__')|first }}",
    "{{ [x]|map('attr', '__class__')|first }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '{0.__class__.__mro__}'.format(x) }}",
    "{{ '{a.__class__}'.format_map({'a': x}) }}",
    "{{ x.format.__self__ }}",
    "{{ x.format.__globals__ }}",
    "{{ (x.format)|attr('__wrapped__') }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ lipsum() }}",
    "{{ range.__class__ }}",
    "{{ dict.mro() }}",
    "{{ dict.__subclasses__() }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{% macro m() %}{% endmacro %}{{ m._environment }}{{ m.__globals__ }}",
    "{% for y in [1] %}{{ loop._iterable }}{{ loop._recurse }}{{ loop.__class__ }}{% endfor %}",
    "{{ ([1]|map('string')).gi_frame }}",
    "{{ ([1]|map('string')).gi_code.co_consts }}",
    "{{ undefined_name.__class__ }}",
    "{{ undefined_name._undefined_exception }}",
    "{{ (1).to_bytes }}",
    "{{ (1).real.__class__ }}",
    "{{ x.encode }}",
    "{{ x.translate }}",
    "{{ [].append }}",
    "{{ {}.update }}",
    "{{ {}.setdefault }}",
    "{{ {}.fromkeys }}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_a_template_cannot_reach_objects(template: str) -> None:
    """Whatever is out of reach renders as nothing, or ends the rendering."""
    try:
        text = render(template, x="text")
    except TemplateRenderError as error:
        text = str(error)
        assert "object at 0x" not in text
        return
    assert text.strip("[]") == "" or text in ("", "[Undefined]"), text


MUTATIONS = [
    "{{ xs.append(1) }}",
    "{{ xs.clear() }}",
    "{{ d.update({'a': 2}) }}",
    "{{ d.pop('a') }}",
    "{% set x = xs.sort() %}",
]


@pytest.mark.parametrize("template", MUTATIONS)
def test_a_template_cannot_change_its_variables(template: str) -> None:
    values: dict[str, object] = {"xs": [2, 1], "d": {"a": 1}}
    reason(template, **values)
    assert values == {"xs": [2, 1], "d": {"a": 1}}


BOMBS = [
    "{% for i in range(10**12) %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{{ range(99999)|list|length }}{% for i in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "{% for i in range(99999)|map('string')|map('list') %}{% for j in range(9) %}x{% endfor %}{% endfor %}",
    "{{ 'a' * 10**10 }}",
    "{{ 10**10 * 'a' }}",
    "{{ [1] * 10**9 }}",
    "{{ 9**(9**9) }}",
    "{{ 2**99999999 }}",
    "{% set ns = namespace(x=2) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x={}) %}{% for i in range(99) %}{% set ns.x = {1: ns.x, 2: ns.x} %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x.replace('a', 'aa') %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x|replace('a', 'aa') %}{% endfor %}",
    "{{ 'x'|center(10**9) }}",
    "{{ 'x'.center(10**9) }}",
    "{{ 'x'.ljust(10**9) }}",
    "{{ 'x'.zfill(10**9) }}",
    "{{ '\t'.expandtabs(10**9) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%((a))1000000000d' % {'(a)': 1} }}",
    "{{ '%.1000000000f' % 1 }}",
    "{{ '%1000000000s'|format('x') }}",
    "{{ ('%s' * 9999)|format(*([('x' * 9999)] * 9999)) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "{{ ('{0}' * 9999).format('x' * 99999) }}",
    "{{ 'a\nb'|indent(10**9) }}",
    "{{ 'a\nb'|indent('x' * 9999999) }}",
    "{{ [1]|batch(10**9, 'x')|list }}",
    "{{ [1]|slice(10**9)|list }}",
    "{{ {'a': 1}|tojson(indent=10**9) }}",
    "{{ 1.5|round(10**7, 'floor') }}",
    "{{ ('x' * 9999).join(range(99999)|map('string')) }}",
    "{{ range(99999)|join('x' * 9999) }}",
    "{{ range(99999)|map('center', 99999)|list|length }}",
    "{{ ('a' * 4999999).rfind('a' * 2499999 ~ 'b') }}",
    "{{ ('a' * 4999999).strip('b' * 999999) }}",
    "{{ ('<!---->' * 99999)|striptags }}",
    "{{ ('(' * 99999 ~ ')' * 99999)|urlize }}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}" + "x" * 9999 + "{% endmacro %}{% for i in range(99999) %}{{ m() }}{% endfor %}",
    "{% for i in range(99999) %}" + "x" * 9999 + "{% endfor %}",
    "{% set y %}{% for i in range(99999) %}" + "x" * 9999 + "{% endfor %}{% endset %}",
    "{% block q %}{{ self.q() }}{% endblock %}",
    "{% for n in t recursive %}{{ loop(t) }}{{ loop(t) }}{% endfor %}",
    "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
    "{% autoescape 'x'|center(10**9) %}{% endautoescape %}{{ 'x'|center(10**9) }}",
    "{{ range(1, 99999)|map('string')|map('length')|map('string')|unique|list }}{{ range(99999)|unique|list|length }}",
]  # fmt: skip


@pytest.mark.parametrize("template", BOMBS)
def test_a_template_cannot_run_away(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.engine.jinja.Budget", partial(Budget, seconds=0.2))
    started = time.thread_time()
    reason(template, t=[1, 2])
    assert time.thread_time() - started < 2


def test_a_template_has_two_seconds() -> None:
    started = time.thread_time()
    assert "takes too long" in reason("{% for x in range(99999) %}{{ range(99999)|list|length }}{% endfor %}")
    assert time.thread_time() - started < 3


@pytest.mark.parametrize(
    "template",
    [
        "{{ x.__bad",
        "{% for x in xs %}",
        "{{#n1.text#}}",
        "{{ x|nosuchfilter }}",
        "{% include 'a' %}",
        "{% extends 'a' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "(" * 5000,
        "{{ " + "(" * 5000 + ")" * 5000 + " }}",
        "{{ " + "[" * 900 + "]" * 900 + " }}",
        "{{ " + "9" * 5000 + " }}",
        "{% for x in y %}" * 60 + "{% endfor %}" * 60,
        "{{ a }}" * 20_000,
    ],
)
def test_a_malformed_template_says_so(template: str) -> None:
    parsed = JinjaTemplate(template)
    if template.startswith("((("):
        assert parsed.problem is None  # brackets are text
        return
    assert parsed.problem
    with pytest.raises(TemplateRenderError):
        parsed.render({})


def test_reasons_name_the_line() -> None:
    assert reason("a\n{{ 1 / 0 }}") == "Division by zero (line 2)."
    assert reason("{{#n.text#}}") == "unexpected char '#' at 2; Jinja names variables without # signs (line 1)"
    assert reason("\n\n{{ a.b.c }}") == "'a' is undefined (line 3)."


def test_the_length_of_the_result_is_bounded_while_it_is_made() -> None:
    template = JinjaTemplate("{% for i in range(1000) %}{{ x }}{% endfor %}")
    assert len(template.render({"x": "y"}, max_length=1000)) == 1000
    with pytest.raises(TemplateRenderError, match="longer than 999 characters"):
        template.render({"x": "y"}, max_length=999)


def test_large_but_honest_templates_render() -> None:
    rows = [{"id": number, "name": f"row {number}", "tags": ["a", "b"]} for number in range(2000)]
    template = "{% for r in rows %}| {{ r.id }} | {{ r.name|upper }} | {{ r.tags|join(', ') }} |\n{% endfor %}"
    assert render(template, rows=rows).count("\n") == 2000
    text = "word " * 60_000
    assert render("{{ text|replace('word', 'w')|length }}", text=text) == "120000"


def test_templates_are_parsed_once() -> None:
    assert JinjaTemplate.parse("{{ once }}") is JinjaTemplate.parse("{{ once }}")
