"""Decides, from the text alone, whether Monty would give the same result as CPython.

Monty implements a part of Python 3.14 and says loudly what it lacks; what matters here are the places where it goes on
silently with another result. Code that touches one of them goes to CPython. The list is an allow-list of modules and
a list of known differences, each found in Monty's documentation or by the differential tests.
"""

import ast
import builtins
import importlib
import sys
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache

from .sets import order_may_show

# Not here although Monty has them: re (another engine: \w, $, empty matches), decimal, dataclasses, unicodedata,
# csv, os, sys, pathlib, asyncio, and datetime's parsing (see _ATTRIBUTES).
_MODULES = frozenset(
    {"base64", "bisect", "collections", "copy", "datetime", "functools", "hashlib", "itertools", "json", "math",
     "random", "time", "typing"}
)  # fmt: skip

# Calls whose result is another one, or that Monty evaluates at once where CPython does so item by item.
_NAMES = frozenset(
    {"breakpoint", "compile", "delattr", "dir", "eval", "exec", "globals", "hash", "help", "id", "input", "iter",
     "locals", "memoryview", "open", "object", "property", "classmethod", "staticmethod", "super", "vars", "__import__"}
)  # fmt: skip
_LAZY = frozenset({"enumerate", "filter", "map", "reversed", "zip"})
# What uses up all items of an iterable at once, and what takes them one by one.
_WHOLE = frozenset({"Counter", "deque", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})
_WHOLE_METHODS = frozenset({"join", "extend", "update"})
_STEPWISE = frozenset({"all", "any", "enumerate", "filter", "map", "zip"})
_PURE = frozenset(
    {"abs", "bool", "chr", "dict", "divmod", "float", "frozenset", "int", "isinstance", "len", "list", "max", "min",
     "ord", "range", "repr", "round", "set", "sorted", "str", "sum", "tuple", "any", "all"}
) | _LAZY  # fmt: skip
_MUTATORS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
     "reverse", "setdefault", "sort", "update", "write", "writelines"}
)  # fmt: skip

# Attributes with known differences: text forms of times, seeded sequences (they changed between Python versions),
# not-a-number, encodings, and mathematics that the two take from different libraries.
_ATTRIBUTES = frozenset(
    {"astimezone", "fold", "fromisoformat", "strptime", "ctime", "asctime", "timetuple", "isocalendar", "localtime",
     "gmtime", "seed", "Random", "setstate", "getstate", "nan", "lru_cache", "cache", "encode", "decode",
     "cbrt", "erf", "erfc", "exp2", "gamma", "lgamma"}
)  # fmt: skip
_SAFE_DIRECTIVES = frozenset("YmdHMSjf%")
_STATEMENTS = (
    ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await, ast.Delete, ast.Match, ast.TryStar, ast.Yield,
    ast.YieldFrom, ast.With,
)  # fmt: skip
_METHODS = frozenset({"__init__", "__repr__", "__str__"})
_LEAVE = "treadle_leave_monty__"


@dataclass(frozen=True)
class Verdict:
    """`code` is what to give Monty, or None with the `reason` why not."""

    code: str | None
    reason: str = ""


class Suitability:
    """Verdicts by code text, remembering the last `size` of them."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._verdicts: OrderedDict[str, Verdict] = OrderedDict()

    def of(self, code: str) -> Verdict:
        verdict = self._verdicts.get(code)
        if verdict is None:
            verdict = judge(code)
            self._remember(code, verdict)
        else:
            self._verdicts.move_to_end(code)
        return verdict

    def withdraw(self, code: str, reason: str) -> None:
        """Monty failed where CPython did not: do not try again."""
        self._remember(code, Verdict(None, reason))

    def _remember(self, code: str, verdict: Verdict) -> None:
        self._verdicts[code] = verdict
        self._verdicts.move_to_end(code)
        if len(self._verdicts) > self._size:
            self._verdicts.popitem(last=False)


class _Unsuitable(Exception):
    pass


def judge(code: str) -> Verdict:
    """The verdict on `code`, not remembered."""
    try:
        tree = ast.parse(code)
        _Inspector(tree).visit(tree)
        if order_may_show(tree):
            raise _Unsuitable("the order of a set")
        leaving = _leave_when_exceptions_are_read(tree)
        return Verdict(ast.unparse(ast.fix_missing_locations(tree)) if leaving else code)
    except _Unsuitable as problem:
        return Verdict(None, str(problem))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return Verdict(None, f"{type(problem).__name__}: {problem}")


class _Inspector(ast.NodeVisitor):
    """Raises _Unsuitable at the first construct that may behave differently."""

    def __init__(self, tree: ast.Module) -> None:
        self._modules: dict[str, str] = {}
        self._bound = _bound_names(tree) | set(dir(builtins))
        self._defined = _defined_names(tree)
        self._consumed: set[ast.AST] = set()

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, _STATEMENTS):
            raise _Unsuitable(f"{type(node).__name__} statements or expressions")
        super().generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            _require_module(name.name)
            self._modules[name.asname or name.name] = name.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module == "__future__":
            return
        _require_module(module if node.level == 0 else "")
        for name in node.names:
            _require_member(module, name.name)
            _require_attribute(name.name)
            self._modules[name.asname or name.name] = f"{module}.{name.name}"

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in _NAMES and isinstance(node.ctx, ast.Load):
            raise _Unsuitable(f"the built-in {node.id}")
        if node.id.startswith("__") and node.id != "__name__":
            raise _Unsuitable(f"the name {node.id}")
        if node.id == "sum" and sys.version_info >= (3, 12):
            raise _Unsuitable("sum, which rounds less since Python 3.12")
        if node.id in _LAZY and node not in self._consumed:
            raise _Unsuitable(f"{node.id} used as a value")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        _require_attribute(node.attr)
        if isinstance(node.value, ast.Name) and node.value.id in self._modules:
            module = self._modules[node.value.id]
            if module in _MODULES:
                _require_member(module, node.attr)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, complex):
            raise _Unsuitable("complex numbers")
        if isinstance(node.value, str) and (_is_nan(node.value) or _has_surrogate(node.value)):
            raise _Unsuitable("not-a-number or lone surrogates")

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else ""
        method = function.attr if isinstance(function, ast.Attribute) else ""
        if name == "round" and len(node.args) + len(node.keywords) > 1:
            raise _Unsuitable("round to a number of digits")
        if method == "strftime":
            _require_safe_format(node)
        iterator = self._makes_iterator(function)
        if iterator and node not in self._consumed:
            raise _Unsuitable("an iterator used as a value")
        if name in _WHOLE or method in _WHOLE_METHODS:
            self._consume(*node.args, whole=True)
        elif name in _STEPWISE or iterator or name == "reduce":
            self._consume(*node.args)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self._consume(node.value, whole=True)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            self._consume(node.value, whole=True)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._consume(node.iter)
        if isinstance(node.iter, ast.Call) and _changes_any(node.body, _names_in(node.iter)):
            raise _Unsuitable("a loop that changes what it iterates over")
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._consume(node.iter)
        self.generic_visit(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        if node not in self._consumed:
            raise _Unsuitable("a generator used as a value")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                _require_plain_spec(part.format_spec)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Pow) and not isinstance(node.right, ast.Constant):
            raise _Unsuitable("powers that may be complex")
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.bases or node.keywords or node.decorator_list:
            raise _Unsuitable("class inheritance or decoration")
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                if part.decorator_list or (part.name.startswith("__") and part.name not in _METHODS):
                    raise _Unsuitable(f"the method {part.name}")
            elif any(isinstance(inner, ast.ListComp | ast.SetComp | ast.DictComp) for inner in ast.walk(part)):
                raise _Unsuitable("a comprehension in a class body")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        everything = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        for annotation in [node.returns, *(argument.annotation for argument in everything if argument)]:
            self._require_known(annotation)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._require_known(node.annotation)
        self.generic_visit(node)

    def _require_known(self, annotation: ast.expr | None) -> None:
        """CPython may evaluate annotations where Monty does not."""
        unknown = _names_in(annotation) - self._bound if annotation is not None else set[str]()
        if unknown:
            raise _Unsuitable(f"the unknown annotation {sorted(unknown)[0]}")

    def _makes_iterator(self, function: ast.expr) -> bool:
        """Whether this is a function of itertools."""
        if isinstance(function, ast.Name):
            return self._modules.get(function.id, "").startswith("itertools.")
        if not isinstance(function, ast.Attribute):
            return False
        owner = function.value
        if isinstance(owner, ast.Attribute):  # itertools.chain.from_iterable
            return self._makes_iterator(owner)
        return isinstance(owner, ast.Name) and self._modules.get(owner.id, "").startswith("itertools")

    def _consume(self, *values: ast.expr, whole: bool = False) -> None:
        """These iterables are used up where they stand, so that Monty may have them as lists already.

        Unless they are used up as a `whole`, what they compute must not show when it happens.
        """
        for value in values:
            self._consumed.add(value)
            if isinstance(value, ast.Call):
                self._consumed.add(value.func)
            if not whole and self._is_lazy(value) and not self._is_pure(value):
                raise _Unsuitable("effects in the middle of an iteration")

    def _is_lazy(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Call):
            return (isinstance(value.func, ast.Name) and value.func.id in _LAZY) or self._makes_iterator(value.func)
        return isinstance(value, ast.GeneratorExp)

    def _is_pure(self, value: ast.expr) -> bool:
        """Whether computing this changes nothing: it calls, and names as functions to call, only what is harmless."""
        for node in ast.walk(value):
            if isinstance(node, ast.NamedExpr):
                return False
            if isinstance(node, ast.Name) and node.id in self._defined:
                return False
            if isinstance(node, ast.Attribute) and (node.attr in _MUTATORS or node.attr in self._defined):
                return False
            if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
                known = isinstance(node.func, ast.Name) and (node.func.id in _PURE or node.func.id in self._modules)
                if not known:
                    return False
        return True


def _require_module(name: str) -> None:
    if name not in _MODULES:
        raise _Unsuitable(f"the module {name}")


@cache
def _members(module: str) -> frozenset[str]:
    return frozenset(dir(importlib.import_module(module)))


def _require_member(module: str, name: str) -> None:
    """Monty has names that are newer than this Python."""
    if name not in _members(module):
        raise _Unsuitable(f"{module}.{name}, which Python {sys.version_info[0]}.{sys.version_info[1]} has not")


def _require_attribute(name: str) -> None:
    if name.startswith("__") or name in _ATTRIBUTES:
        raise _Unsuitable(f"the attribute {name}")


def _require_safe_format(call: ast.Call) -> None:
    form = call.args[-1] if call.args else None
    if not (isinstance(form, ast.Constant) and isinstance(form.value, str) and _safe_directives(form.value)):
        raise _Unsuitable("strftime with unusual directives")


def _safe_directives(form: str) -> bool:
    pieces = form.replace("%%", "").split("%")[1:]
    return all(piece[:1] in _SAFE_DIRECTIVES and piece[:1] != "" for piece in pieces)


def _require_plain_spec(spec: ast.expr) -> None:
    """A format specification with % directives may be for a time."""
    text = ast.unparse(spec)
    if "%" in text and not _safe_directives(text.replace("%'", "").replace('%"', "")):
        raise _Unsuitable("a format with unusual directives")


def _is_nan(text: str) -> bool:
    return text.strip().lower().lstrip("+-") == "nan"


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _bound_names(tree: ast.Module) -> set[str]:
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(name.asname or name.name for name in node.names)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                bound |= _names_in(target)
    return bound


def _defined_names(tree: ast.Module) -> set[str]:
    """Functions, methods and classes of the code itself, and names that hold lambdas."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                names |= _names_in(target)
    return names


def _changes_any(body: list[ast.stmt], names: set[str]) -> bool:
    """Whether the body may change an object that one of the names refers to."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
                called_or_stored = isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Store)
                if node.value.id in names and called_or_stored:
                    return True
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id in names:
                return True
    return False


def _leave_when_exceptions_are_read(tree: ast.Module) -> bool:
    """Make handlers that look at the exception leave Monty: its messages are not always CPython's.

    The name read there is defined nowhere, so Monty asks its host, which stops the run.
    """
    changed = False
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name is not None:
            node.body.insert(0, ast.Expr(ast.Name(_LEAVE, ast.Load())))
            changed = True
    return changed
