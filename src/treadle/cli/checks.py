"""`treadle check`: what is wrong with app files."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.output import AsJson, DataDir, print_json, read_app_file

Files = Annotated[list[Path], typer.Argument(help="App files.", show_default=False)]


def check(files: Files, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Validate app files: every problem with its node, field and reason. Exit code 1 on errors."""
    del data_dir  # taken by every command; a file is checked without one
    from treadle.apps.check import check_file
    from treadle.dsl import has_errors

    reports: list[dict[str, object]] = []
    failed = False
    for path in files:
        try:
            text = read_app_file(path)
        except OSError as error:
            print(f"treadle: {path} cannot be read: {error.strerror}.", file=sys.stderr)
            failed = True
            continue
        report = check_file(text)
        failed = failed or has_errors(report.problems)
        reports.append(
            {
                "file": str(path),
                "status": str(report.status),
                "mode": report.mode,
                "name": report.name,
                "ok": not has_errors(report.problems),
                "problems": [asdict(problem) for problem in report.problems],
            }
        )
        if not as_json:
            print(f"{path}: {report.summary}")
            for problem in report.problems:
                print(f"  {problem.severity}: {problem.message}")
    if as_json:
        print_json(reports)
    if failed:
        raise typer.Exit(1)
