"""Size checks before the operations of Jinja templates that can make much out of little.

Text methods, filters and operators whose result is about as large as their operands need no entry here.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from jinja2.environment import Environment
from jinja2.sandbox import SandboxedFormatter

from .jinja_budget import MAX_WEIGHT, Budget, TooMuchWork, is_container, is_map

Arguments: TypeAlias = Sequence[Any]
Named: TypeAlias = Mapping[str, Any]
Guard: TypeAlias = Callable[[Budget, Any, Arguments, Named], None]

MAX_WIDTH: Final = 10_000
_MAX_INTEGER_BITS = 8192
_MAX_SCAN = 100_000_000
_WIDE_PRINTF = re.compile(r"%[#0\- +]*\*|%[#0\- +]*\d*\.\*|\d{5,}(?:\.\d*)?[hlL]?[diouxXeEfFgGcrsa]")
_WIDE_SPEC = re.compile(r"\d{5,}")


def _argument(arguments: Arguments, named: Named, position: int, name: str, default: object = None) -> Any:
    return arguments[position] if len(arguments) > position else named.get(name, default)


def _narrow(value: object, limit: int = MAX_WIDTH) -> None:
    if isinstance(value, int) and abs(value) > limit:
        raise TooMuchWork(f"{value} is more than a template may ask for here; the limit is {limit}")


def check_printf(budget: Budget, pattern: str, arguments: object) -> None:
    """Before `pattern % arguments`."""
    if _WIDE_PRINTF.search(pattern):
        raise TooMuchWork("a format in the template asks for a field that is too wide")
    budget.allow(len(pattern) + pattern.count("%") * (MAX_WIDTH + budget.weigh(arguments)))


def check_operation(budget: Budget, operator: str, left: Any, right: Any) -> None:
    """Before `left operator right`, for the operators `+`, `*`, `**` and `%`."""
    if operator == "%":
        if isinstance(left, str):
            check_printf(budget, left, right)
    elif operator == "+":
        budget.weigh(left, right)
    elif operator == "*":
        _check_product(budget, left, right)
    elif isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _MAX_INTEGER_BITS:
        raise TooMuchWork("a number in the template is larger than allowed")


def _check_product(budget: Budget, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > _MAX_INTEGER_BITS:
            raise TooMuchWork("a number in the template is larger than allowed")
        return
    size = budget.weigh(left, right)
    for times in (left, right):
        if isinstance(times, int):
            budget.allow(size * max(times, 0))


class BoundedFormatter(SandboxedFormatter):
    """`str.format` whose fields are looked up as in templates and cannot be made wide."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)

    def format_field(self, value: Any, format_spec: str) -> str:
        if _WIDE_SPEC.search(format_spec):
            raise TooMuchWork("a format in the template asks for a field that is too wide")
        return super().format_field(value, format_spec)

    def bounded(self, pattern: str, arguments: Arguments, named: Named) -> str:
        """`pattern.format(*arguments, **named)`."""
        budget = Budget()
        budget.allow(len(pattern) + pattern.count("{") * (MAX_WIDTH + budget.weigh(arguments, dict(named))))
        return self.vformat(pattern, arguments, named)


def _width(budget: Budget, text: str, arguments: Arguments, named: Named) -> None:
    _narrow(_argument(arguments, named, 0, "width"), MAX_WEIGHT // 100)


def _expand_tabs(budget: Budget, text: str, arguments: Arguments, named: Named) -> None:
    width = _argument(arguments, named, 0, "tabsize", 8)
    _narrow(width)
    budget.allow(len(text) + text.count("\t") * (width if isinstance(width, int) else 0))


def _replace(budget: Budget, text: Any, arguments: Arguments, named: Named) -> None:
    text, old, new = str(text), str(_argument(arguments, named, 0, "old")), str(_argument(arguments, named, 1, "new"))
    budget.allow(len(text) + (text.count(old) if old else len(text) + 1) * len(new))


def _method_join(budget: Budget, text: str, arguments: Arguments, named: Named) -> None:
    values = arguments[0] if arguments else ()
    budget.allow(budget.weigh(values) + len(text) * (len(values) if hasattr(values, "__len__") else 0))


def _scan(budget: Budget, text: str, arguments: Arguments, named: Named) -> None:
    """Methods whose time is the product of both lengths in the worst case."""
    wanted = arguments[0] if arguments else ""
    if isinstance(wanted, str) and len(text) * len(wanted) > _MAX_SCAN:
        raise TooMuchWork("a search in the template takes too long")


TEXT_METHODS: Final[Mapping[str, Guard]] = {
    "ljust": _width,
    "rjust": _width,
    "center": _width,
    "zfill": _width,
    "expandtabs": _expand_tabs,
    "replace": _replace,
    "join": _method_join,
    **dict.fromkeys(
        ("rfind", "rindex", "rsplit", "rpartition", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"), _scan
    ),
}
"""By name of a text method: what to look at before it is called."""


def _indent(budget: Budget, text: Any, arguments: Arguments, named: Named) -> None:
    width = _argument(arguments, named, 0, "width", 4)
    _narrow(width)
    size = len(width) if isinstance(width, str) else width if isinstance(width, int) else 0
    budget.allow(len(str(text)) + (str(text).count("\n") + 1) * size)


def _parts(budget: Budget, values: Any, arguments: Arguments, named: Named) -> None:
    for value in (*arguments, *named.values()):
        _narrow(value, 100_000)


def _json(budget: Budget, value: Any, arguments: Arguments, named: Named) -> None:
    indent = _argument(arguments, named, 0, "indent")
    if isinstance(indent, int):
        _narrow(indent, 16)
        if is_container(value):
            budget.allow(budget.weigh(value) * (1 + indent * _depth(value)))


def _depth(value: Collection[Any]) -> int:
    """How many containers lie in each other, at most."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner: list[Any] = []
        for outer in level:
            inner += outer.values() if is_map(outer) else outer
        level = [item for item in inner if is_container(item)]
    return depth


def _printf(budget: Budget, pattern: Any, arguments: Arguments, named: Named) -> None:
    check_printf(budget, str(pattern), dict(named) or tuple(arguments))


def _round(budget: Budget, value: Any, arguments: Arguments, named: Named) -> None:
    _narrow(_argument(arguments, named, 0, "precision", 0), 100)


def _joined(budget: Budget, values: Any, arguments: Arguments, named: Named) -> None:
    glue = _argument(arguments, named, 0, "d", "")
    budget.allow(budget.weigh(values) + len(str(glue)) * (len(values) if hasattr(values, "__len__") else 0))


def _at_most(limit: int) -> Guard:
    def check(budget: Budget, value: Any, arguments: Arguments, named: Named) -> None:
        if budget.weigh(value, *arguments) > limit:
            raise TooMuchWork(f"this filter takes at most {limit} characters")

    return check


def _trim(budget: Budget, text: Any, arguments: Arguments, named: Named) -> None:
    _scan(budget, str(text), (_argument(arguments, named, 0, "chars", ""),), {})


def _wrap(budget: Budget, text: Any, arguments: Arguments, named: Named) -> None:
    _at_most(100_000)(budget, text, (), {})
    glue = _argument(arguments, named, 2, "wrapstring", "\n")
    budget.allow(len(str(text)) * (1 + len(str(glue))))


FILTERS: Final[Mapping[str, Guard]] = {
    "center": _width,
    "indent": _indent,
    "batch": _parts,
    "slice": _parts,
    "tojson": _json,
    "format": _printf,
    "round": _round,
    "join": _joined,
    "replace": _replace,
    "trim": _trim,
    "wordwrap": _wrap,
    "striptags": _at_most(100_000),
    "urlize": _at_most(20_000),
    "pprint": _at_most(100_000),
    "unique": _at_most(80_000),
}
"""By name of a filter: what to look at before it is called."""

UNWEIGHED: Final = frozenset({"length", "count", "first", "last", "default", "d", "attr", "abs", "random"})
"""Filters that look at no more than one item."""


def flat_sum(values: Iterable[Any], start: Any) -> Any:
    """The sum of `values`; lists are put together in one pass instead of one copy for each."""
    if not isinstance(start, list):
        return sum(values, start)
    result: list[Any] = [*start]
    for value in values:
        result.extend(value)
    return result
