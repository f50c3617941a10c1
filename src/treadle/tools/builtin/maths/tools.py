"""Arithmetic on expressions, evaluated as a tree of allowed operations with bounded numbers."""

import ast
import math
import operator
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias, cast

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Message, Text

Number: TypeAlias = int | float

_MAX_LENGTH = 1000
_MAX_BITS = 10_000
"""Whole numbers grow no larger than this."""

_MATHS = (
    "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "log", "log2", "log10", "log1p", "exp", "expm1", "floor", "ceil", "trunc", "degrees", "radians", "hypot",
    "fmod", "gcd",
)  # fmt: skip


async def eval_expression(call: Call) -> AsyncIterator[Message]:
    expression = call.required("expression")
    if len(expression) > _MAX_LENGTH:
        raise ToolParameterError(f"The expression is longer than {_MAX_LENGTH:,} letters.")
    yield Text(str(evaluated(expression)))


def evaluated(expression: str) -> Number:
    """The value of `expression`. Raises ToolParameterError when it is malformed, undefined or too large."""
    from simpleeval import InvalidExpression, SimpleEval

    functions: dict[str, Callable[..., object]] = {name: getattr(math, name) for name in _MATHS}
    functions |= {"abs": abs, "round": round, "min": min, "max": max, "int": int, "float": float}
    functions |= {"pow": _power, "factorial": _factorial, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan}
    names = {"pi": math.pi, "e": math.e, "tau": math.tau, "True": True, "False": False}
    try:
        tree = ast.parse(expression, mode="eval")
        if any(isinstance(node, ast.Constant) and not isinstance(node.value, int | float) for node in ast.walk(tree)):
            raise ToolParameterError("The expression may hold numbers only.")
        evaluator = SimpleEval(operators=_operators(), functions=functions, names=names)
        value = cast("object", evaluator.eval(expression))
        if not isinstance(value, int | float):
            raise ToolParameterError("The expression is worth no number.")
        return value
    except ZeroDivisionError:
        raise ToolParameterError("The expression divides by zero.") from None
    except (InvalidExpression, SyntaxError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ToolParameterError(f"The expression cannot be evaluated: {error}.") from error


def _operators() -> dict[type[ast.AST], Callable[..., object]]:
    return {
        ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: _product, ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power, ast.LShift: _shifted,
        ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
        ast.Invert: operator.invert, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
        ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
        ast.GtE: operator.ge,
    }  # fmt: skip


def _bounded(bits: float) -> None:
    if bits > _MAX_BITS:
        raise ToolParameterError("The expression grows beyond the numbers that are allowed.")


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int):
        _bounded(base.bit_length() * abs(exponent))
    power = base**exponent
    if isinstance(power, complex):
        raise ToolParameterError("The expression is worth no real number.")
    return power


def _product(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        _bounded(left.bit_length() + right.bit_length())
    return left * right


def _shifted(value: int, places: int) -> int:
    _bounded(value.bit_length() + places)
    return value << places


def _factorial(value: int) -> int:
    _bounded(value * math.log2(max(value, 2)))
    return math.factorial(value)
