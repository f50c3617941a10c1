"""Benchmarks that hold the budgets: each prints figures beside a yardstick measured in the same minute."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure. `budget` is None for yardsticks; `at_most` tells which side of the budget is good."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    at_most: bool = True

    @property
    def ok(self) -> bool | None:
        """Whether the budget is held; None without one."""
        if self.budget is None:
            return None
        return self.value <= self.budget if self.at_most else self.value >= self.budget

    def to_map(self) -> dict[str, Any]:
        """The JSON form of `python -m bench --json`."""
        members = asdict(self)
        del members["at_most"]
        return {**members, "value": round(self.value, 4), "ok": self.ok}
