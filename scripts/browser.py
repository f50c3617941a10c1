"""Make sure that the browser tests have a Chromium: the machine's own, Debian's package, or Playwright's build."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return os.environ.get("TREADLE_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


def install_from_debian() -> bool:
    """True when apt could install it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return all(
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL).returncode == 0
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    )


def install_from_playwright() -> bool:
    """True when Playwright could download its own build."""
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode == 0


def main() -> int:
    if find() or (install_from_debian() and find()) or install_from_playwright():
        return 0
    print("No browser: install Chromium, or name one in TREADLE_TEST_BROWSER.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
