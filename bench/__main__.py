"""`python -m bench [NAME...] [--json | --markdown]`: run benchmarks and print a table, JSON or Markdown rows."""

import argparse
import importlib
import json
import sys
from collections.abc import Iterable
from typing import Any

from . import Measurement

BENCHMARKS = (
    "engine", "models", "models_local", "vendors", "adapters", "code", "startup", "api", "streams", "agents",
    "extraction", "real_documents", "ingest", "knowledge", "retrieval_quality", "canvas", "logs",
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


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for; an unknown benchmark or option ends with exit code 2 and a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure Treadle's budgets; without names, all of them (about an hour)."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the figures as JSON at the end")
    form.add_argument("--markdown", action="store_true", help="print rows as docs/budgets.md has them")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
    return given


def main(arguments: list[str]) -> int:
    given = options(arguments)
    line = markdown_row if given.markdown else row
    results: list[dict[str, Any]] = []
    for name in given.names or BENCHMARKS:
        for measurement in measure(name):
            results.append(measurement.to_map())
            if not given.json:
                print(line(measurement), flush=True)
    if given.json:
        print(json.dumps(results, indent=2))
    return 1 if any(result["ok"] is False for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
