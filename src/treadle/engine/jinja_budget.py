"""How much work one rendering of a Jinja template may do, and how large the values in it may grow.

Every loop round and call costs a step, every made text or list is weighed, and time is looked at in between: a
template cannot keep the process busy or fill its memory, whatever it says.
"""

import time
from collections.abc import Collection, ItemsView, Iterable, Iterator, KeysView, Sized, ValuesView
from typing import Any, Final, TypeGuard

MAX_WEIGHT: Final = 10_000_000
"""No value that a template handles may weigh more: characters of texts, 8 for each item of a container."""

_ITEM_WEIGHT = 8
_CONTAINERS = (list, tuple, dict, set, frozenset, KeysView, ValuesView, ItemsView)
_CLOCK_EVERY = 64


def is_container(value: object) -> TypeGuard[Collection[Any]]:
    """Whether `value` holds other values."""
    return isinstance(value, _CONTAINERS)


def is_map(value: object) -> TypeGuard[dict[Any, Any]]:
    """Whether `value` is a map."""
    return isinstance(value, dict)


class TooMuchWork(Exception):
    """A template does more work, or makes larger values, than allowed."""


class Budget:
    """What is left of the allowance of one rendering. `seconds` are of this thread's processor time."""

    __slots__ = ("_allowance", "_deadline", "_steps", "_until_clock")

    def __init__(self, *, steps: int = 200_000, allowance: int = 4 * MAX_WEIGHT, seconds: float = 2.0) -> None:
        self._steps = steps
        self._allowance = allowance
        self._deadline = time.thread_time() + seconds
        self._until_clock = _CLOCK_EVERY

    def step(self) -> None:
        """One round of a loop, or one call."""
        self._steps -= 1
        if self._steps < 0:
            raise TooMuchWork("the template takes more steps than allowed")
        self._until_clock -= 1
        if not self._until_clock:
            self._look_at_clock()

    def _look_at_clock(self) -> None:
        self._until_clock = _CLOCK_EVERY
        if time.thread_time() > self._deadline:
            raise TooMuchWork("the template takes too long")

    def weigh(self, *values: object) -> int:
        """The weight of `values` together; shared parts count each time they are met."""
        total = 0
        stack: list[Iterable[Any]] = [values]
        while stack:
            for value in stack.pop():
                if isinstance(value, str):
                    total += len(value)
                elif is_container(value):
                    total += _ITEM_WEIGHT * (1 + len(value))
                    stack.append(value)
                    if is_map(value):
                        stack.append(value.values())
                elif isinstance(value, range):
                    total += _ITEM_WEIGHT * len(value)
                elif isinstance(value, int):
                    total += value.bit_length() >> 3
                if total > MAX_WEIGHT:
                    raise TooMuchWork("a value in the template is larger than allowed")
            if total > 10_000:
                self._look_at_clock()
        return total

    def allow(self, size: int) -> None:
        """Refuse an operation whose result could weigh `size` before it is made."""
        if size > MAX_WEIGHT or size > self._allowance:
            raise TooMuchWork("a value in the template is larger than allowed")

    def made(self, value: Any) -> None:
        """Charge for a text or container that the template made."""
        if isinstance(value, str):
            self._allowance -= len(value)
        elif is_container(value):
            self._allowance -= self.weigh(value)
        if self._allowance < 0:
            raise TooMuchWork("the template makes more text than allowed")

    def counted(self, values: Iterable[Any]) -> Iterable[Any]:
        """`values`, each item costing a step as it is taken. Its length stays known where it was."""
        return _Counted(self, values, len(values)) if isinstance(values, Sized) else self._count(values)

    def _count(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self.step()
            if is_container(value):
                self.weigh(value)
            yield value


class _Counted:
    """A collection whose items cost a step each, however often it is gone through."""

    __slots__ = ("_budget", "_length", "_values")

    def __init__(self, budget: Budget, values: Iterable[Any], length: int) -> None:
        self._budget = budget
        self._values = values
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        step = self._budget.step
        for value in self._values:
            step()
            yield value
