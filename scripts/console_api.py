"""Write the console API's description as the web app's types, or say that the written ones are out of date.

`python scripts/console_api.py` writes web/src/api/schema.d.ts; with `--check` it writes nothing and fails when the file
is not what the server describes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from pydantic import JsonValue

from treadle.server.console_api.app import describe_console_api

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "web" / "src" / "api" / "schema.d.ts"


def write_types(path: Path) -> None:
    """Write the types of every endpoint to `path`. Raises CalledProcessError when npm fails."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "console.json"
        with warnings.catch_warnings():
            # Two addresses of one function, which the types tell apart by the address.
            warnings.filterwarnings("ignore", message="Duplicate Operation ID")
            described.write_text(json.dumps(_untitled(describe_console_api())), encoding="utf8")
        npm = [sys.executable, str(ROOT / "scripts" / "npm.py"), "exec", "--offline", "--"]
        generate = ["openapi-typescript", str(described), "--output", str(path), "--default-non-nullable", "false"]
        subprocess.run([*npm, *generate], check=True, stdout=subprocess.DEVNULL)


def _untitled(part: JsonValue) -> JsonValue:
    """`part` without the titles that only repeat a field's name."""
    if isinstance(part, list):
        return [_untitled(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: _untitled(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="fail when the written types are out of date")
    if not arguments.parse_args().check:
        write_types(TYPES)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / TYPES.name
        write_types(fresh)
        if TYPES.exists() and TYPES.read_text(encoding="utf8") == fresh.read_text(encoding="utf8"):
            return 0
    print(
        "web/src/api/schema.d.ts is not what the console API describes; run `make api` and commit it.", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
