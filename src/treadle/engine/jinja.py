"""Jinja templates of people who are not trusted: no way to Python objects, no loader, bounded work.

Expressions see plain data and a fixed list of attributes; loops, calls, filters and operators are charged to a
`Budget`. Source: spec workflow-nodes §9 and §4.8.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from types import BuiltinMethodType, MethodType, TracebackType
from typing import Any, Final

from jinja2 import Template as CompiledTemplate
from jinja2 import TemplateSyntaxError, pass_context
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context, LoopContext, Macro, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Namespace

from .errors import TemplateRenderError
from .jinja_budget import Budget, TooMuchWork, is_map
from .jinja_guards import FILTERS, TEXT_METHODS, UNWEIGHED, BoundedFormatter, check_operation, flat_sum
from .jinja_rewrite import COUNTED, JOINED, MADE, rewrite

_MAX_SOURCE = 400_000
_MAX_TAGS = 10_000
_FILE_NAME = "<template>"

_ATTRIBUTES: Final[tuple[tuple[type, frozenset[str]], ...]] = (
    (str, frozenset(name for name in dir(str) if name[0] != "_") - {"encode", "translate", "maketrans"}),
    (dict, frozenset({"get", "items", "keys", "values", "copy"})),
    (list, frozenset({"index", "count", "copy"})),
    (tuple, frozenset({"index", "count", "grouper", "list"})),
    (float, frozenset({"is_integer"})),
    (
        LoopContext,
        frozenset(
            {"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0"}
            | {"previtem", "nextitem", "cycle", "changed"}
        ),
    ),
    (Macro, frozenset({"name", "arguments", "catch_kwargs", "catch_varargs", "caller"})),
    (Cycler, frozenset({"current", "next", "reset"})),
)


class _Context(Context):
    """Template variables, with the budget of the rendering that they belong to."""

    budget: Budget

    def derived(self, locals: dict[str, Any] | None = None) -> Context:
        context = super().derived(locals)
        assert isinstance(context, _Context)
        context.budget = self.budget
        return context


class _Environment(ImmutableSandboxedEnvironment):
    context_class = _Context
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(optimized=False, autoescape=False, cache_size=0, finalize=_finalize)
        del self.globals["lipsum"]
        self.filters = {name: _bounded_filter(name, function) for name, function in self.filters.items()}
        self.filters[COUNTED] = _counted
        self.filters[JOINED] = _joined
        self.filters[MADE] = _made
        self.filters["sum"] = _sum
        self.tests = {name: _bounded_test(function) for name, function in self.tests.items()}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        if attr.startswith("_"):
            return False
        if isinstance(obj, Namespace):
            return True
        return any(attr in names for kind, names in _ATTRIBUTES if isinstance(obj, kind))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if is_map(obj) and attribute in obj and not self.is_safe_attribute(obj, attribute, None):
            return obj[attribute]
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: object) -> Callable[..., str] | None:
        if not isinstance(value, (BuiltinMethodType, MethodType)) or not isinstance(value.__self__, str):
            return None
        pattern, formatter = str(value.__self__), BoundedFormatter(self)

        def format_(*arguments: Any, **named: Any) -> str:
            return formatter.bounded(pattern, arguments, named)

        def format_map(named: Mapping[str, Any]) -> str:
            return formatter.bounded(pattern, (), named)

        return {"format": format_, "format_map": format_map}.get(value.__name__)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        assert isinstance(context, _Context)
        budget = context.budget
        budget.step()
        if isinstance(obj, LoopContext):
            args = tuple(budget.counted(argument) for argument in args)
        elif args or kwargs:
            args = tuple(_taken(budget, argument) for argument in args)
            budget.weigh(args, kwargs)
            if isinstance(obj, BuiltinMethodType) and isinstance(obj.__self__, str):
                guard = TEXT_METHODS.get(obj.__name__)
                if guard:
                    guard(budget, obj.__self__, args, kwargs)
        result = super().call(context, obj, *args, **kwargs)
        budget.made(result)
        return result

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        assert isinstance(context, _Context)
        check_operation(context.budget, operator, left, right)
        result = super().call_binop(context, operator, left, right)
        context.budget.made(result)
        return result


def _lazy(value: object) -> bool:
    return hasattr(value, "__next__")


def _taken(budget: Budget, value: Any) -> Any:
    """`value`, with a lazy sequence taken item by item."""
    return list(budget.counted(value)) if _lazy(value) else value


@pass_context
def _finalize(context: _Context, value: object) -> object:
    if type(value) is not str:
        context.budget.weigh(value)
    text = value if isinstance(value, str) else str(value)
    context.budget.made(text)
    return text


@pass_context
def _counted(context: _Context, values: Iterable[object]) -> Iterable[object]:
    return context.budget.counted(values)


@pass_context
def _joined(context: _Context, values: list[object]) -> str:
    context.budget.weigh(values)
    text = markup_join(values) if context.eval_ctx.autoescape else str_join(values)
    context.budget.made(text)
    return text


@pass_context
def _made(context: _Context, value: object) -> object:
    context.budget.made(value)
    return value


@pass_context
def _sum(context: _Context, values: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    budget = context.budget
    items = budget.counted(values)
    if attribute is not None:
        items = map(make_attrgetter(context.environment, attribute), items)
    result = flat_sum(items, start)
    budget.made(result)
    return result


def _first_argument(function: Callable[..., Any]) -> str:
    """What Jinja passes to a filter or test before its value: `context`, `eval_context`, `environment`, or nothing."""
    mark = getattr(function, "jinja_pass_arg", None)
    return "" if mark is None else mark.name


def _call(context: _Context, function: Callable[..., Any], first: str, *args: Any, **kwargs: Any) -> Any:
    match first:
        case "context":
            return function(context, *args, **kwargs)
        case "eval_context":
            return function(context.eval_ctx, *args, **kwargs)
        case "environment":
            return function(context.environment, *args, **kwargs)
        case _:
            return function(*args, **kwargs)


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    guard, first, weighed = FILTERS.get(name), _first_argument(function), name not in UNWEIGHED

    @pass_context
    @wraps(function, assigned=("__name__", "__doc__"), updated=())
    def bounded(context: _Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget = context.budget
        budget.step()
        if _lazy(value):
            value = list(budget.counted(value)) if guard else budget.counted(value)
        if weighed:
            budget.weigh(value, args, kwargs)
        if guard:
            guard(budget, value, args, kwargs)
        result = _call(context, function, first, value, *args, **kwargs)
        if _lazy(result):
            return budget.counted(result)
        if weighed:
            budget.made(result)
        return result

    return bounded


def _bounded_test(function: Callable[..., Any]) -> Callable[..., Any]:
    first = _first_argument(function)

    @pass_context
    def bounded(context: _Context, value: Any, *args: Any) -> bool:
        context.budget.step()
        context.budget.weigh(args)
        return _call(context, function, first, value, *args)

    return bounded


_ENVIRONMENT: Final = _Environment()


class JinjaTemplate:
    """A template, parsed once. `problem` says why it can never be rendered, None when it is well-formed."""

    __slots__ = ("_template", "problem", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.problem: str | None = None
        self._template: CompiledTemplate | None = None
        try:
            self._template = _compile(source)
        except TemplateSyntaxError as error:
            hint = "; Jinja names variables without # signs" if "{{#" in source else ""
            self.problem = f"{error.message}{hint} (line {error.lineno})"
        except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
            self.problem = f"The template is nested too deeply or holds a number that is too long ({error})."

    @staticmethod
    @lru_cache(maxsize=256)
    def parse(source: str) -> "JinjaTemplate":
        """The template of `source`; a malformed one says so in `problem` and when it is rendered."""
        return JinjaTemplate(source)

    def render(self, variables: Mapping[str, object], *, max_length: int = 400_000) -> str:
        """The text for `variables`.

        Raises TemplateRenderError with the reason and its line: the template is malformed, fails, does more work
        than allowed, or gives more than `max_length` characters.
        """
        template = self._template
        if template is None:
            raise TemplateRenderError(self.problem or "The template is malformed.")
        context = template.new_context(dict(variables))
        assert isinstance(context, _Context)
        context.budget = Budget()
        pieces: list[str] = []
        length = 0
        try:
            for piece in template.root_render_func(context):
                pieces.append(piece)
                length += len(piece)
                if length > max_length:
                    raise TooMuchWork(f"the result is longer than {max_length} characters")
        except Exception as error:
            raise TemplateRenderError(_reason(template, error)) from error
        return "".join(pieces)


def _compile(source: str) -> CompiledTemplate:
    if len(source) > _MAX_SOURCE or source.count("{{") + source.count("{%") > _MAX_TAGS:
        raise TemplateSyntaxError(f"the template is longer than {_MAX_SOURCE} characters or {_MAX_TAGS} tags", 1)
    tree = rewrite(_ENVIRONMENT.parse(source))
    code = _ENVIRONMENT.compile(tree, filename=_FILE_NAME)
    return CompiledTemplate.from_code(_ENVIRONMENT, code, _ENVIRONMENT.globals)


def _reason(template: CompiledTemplate, error: Exception) -> str:
    if isinstance(error, RecursionError):
        text = "the template calls itself too deeply"
    else:
        text = str(error) or type(error).__name__
    line = _line(template, error.__traceback__)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}" + (f" (line {line})." if line else ".")


def _line(template: CompiledTemplate, traceback: TracebackType | None) -> int | None:
    line = None
    while traceback:
        if traceback.tb_frame.f_code.co_filename == _FILE_NAME:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line
