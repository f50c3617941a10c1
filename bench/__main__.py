"""`python -m bench [NAME...] [--json | --markdown]`: run benchmarks and print a table, JSON or Markdown rows."""

import importlib
import json
import sys
from collections.abc import Iterable
from typing import Any

from . import Measurement

BENCHMARKS = (
    "engine", "models", "models_local", "vendors", "adapters", "code", "startup", "api", "streams", "agents",
    "extraction", "ingest", "knowledge", "retrieval_quality", "canvas",
)  # fmt: skip


def measure(name: str) -> Iterable[Measurement]:
    """The figures of one benchmark module, by its function `run`."""
    return importlib.import_module(f"bench.{name}").run()


def row(measurement: Measurement) -> str:
    """One line of the table."""
    sign = {True: "ok", False: "OVER", None: ""}[measurement.ok]
    budget = "" if measurement.budget is None else f"{'<' if measurement.at_most else '>'} {measurement.budget:g}"
    return f"{measurement.name:<64} {measurement.value:>12.3f} {measurement.unit:<10} {budget:>10}  {sign}"


def markdown_row(measurement: Measurement) -> str:
    """One row of docs/budgets.md."""
    budget = "" if measurement.budget is None else f"{'<' if measurement.at_most else '>'} {measurement.budget:g}"
    held = {True: "yes", False: "**no**", None: ""}[measurement.ok]
    return f"| {measurement.name} | {measurement.value:.3g} {measurement.unit} | {budget} | {held} |"


def main(arguments: list[str]) -> int:
    as_json, line = "--json" in arguments, markdown_row if "--markdown" in arguments else row
    names = [argument for argument in arguments if not argument.startswith("-")] or list(BENCHMARKS)
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    results: list[dict[str, Any]] = []
    for name in names:
        for measurement in measure(name):
            results.append(measurement.to_map())
            if not as_json:
                print(line(measurement), flush=True)
    if as_json:
        print(json.dumps(results, indent=2))
    return 1 if any(result["ok"] is False for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
