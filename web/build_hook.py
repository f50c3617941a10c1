"""Hatch build hook: the wheel carries the built web app."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuildHook(BuildHookInterface[Any]):
    """Runs Vite before a wheel is built. `TREADLE_SKIP_WEB_BUILD` leaves it out (editable installs build it apart)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        built = root / "src" / "treadle" / "server" / "static" / "index.html"
        if os.environ.get("TREADLE_SKIP_WEB_BUILD") or version == "editable":
            return
        if not built.exists():
            npm = [sys.executable, str(root / "scripts" / "npm.py")]
            subprocess.run([*npm, "ci"], check=True)
            subprocess.run([*npm, "run", "build"], check=True)
