"""Make sure that the browser tests have a Chromium: the machine's own, Debian's package, or Playwright's build."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The best first: a shell without windows does the same for a sixth less processor time."""


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return os.environ.get("TREADLE_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


def install_from_debian() -> bool:
    """True when apt could install one."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def apt(*arguments: str) -> bool:
        done = subprocess.run(["apt-get", *arguments], env=environment, check=False, stdout=subprocess.DEVNULL)
        return done.returncode == 0

    packages = ("chromium-headless-shell", "chromium")
    return apt("update") and any(apt("install", "-y", "--no-install-recommends", package) for package in packages)


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
