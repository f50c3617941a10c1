"""`treadle packages`: Python packages that the code nodes of the workspace may import."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.output import AsJson, DataDir, fail, print_json, run

app = typer.Typer(no_args_is_help=True)

_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._ -]+\])?\s*([<>=!~].*)?")

Names = Annotated[list[str], typer.Argument(help="Packages as pip names them: jieba, pandas==2.3.3.")]


@app.command("list")
def list_packages(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """What code may import besides the standard library."""
    folder = _folder(data_dir)
    rows = [{"name": name, "version": version} for name, version in _installed(folder)]
    if as_json:
        print_json(rows)
    elif rows:
        for row in rows:
            print(f"{row['name']} {row['version']}")
    else:
        print("The workspace has no packages of its own; numpy and pandas are offered where they are installed.")


@app.command("add")
def add(names: Names, data_dir: DataDir = None) -> None:
    """Install packages for code nodes, beside numpy and pandas. Running servers offer them to the next run."""
    from treadle.sandbox.packages import offer_installed

    for name in names:
        if not _REQUIREMENT.fullmatch(name):
            fail(f'"{name}" is no name of a package; name it as pip does, with a version or without.', 2)
    folder = _folder(data_dir)
    offer_installed(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run([*_installer(), "--target", str(folder), *names], check=False).returncode:
        fail("The packages were not installed; the lines above say why.")
    print(f"Code nodes may now import from {', '.join(names)}.")


@app.command("remove")
def remove(data_dir: DataDir = None) -> None:
    """Take away all packages that were added; numpy and pandas stay where they are installed."""
    import shutil

    folder = _folder(data_dir)
    if not folder.is_dir():
        fail("The workspace has no packages of its own.")
    shutil.rmtree(folder)
    print("Removed the packages of the workspace.")


def _folder(data_dir: Path | None) -> Path:
    """The folder of the workspace's packages."""
    from treadle.server.services import open_services

    async def work() -> Path:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            return services.settings.code_package_sets / workspace.id

    return run(work)


def _installed(folder: Path) -> list[tuple[str, str]]:
    from importlib import metadata

    if not folder.is_dir():
        return []
    found = metadata.distributions(path=[str(folder)])
    return sorted((item.metadata["Name"], item.version) for item in found)


def _installer() -> list[str]:
    """uv beside this interpreter, else its own pip."""
    beside = Path(sys.executable).with_name("uv")
    if beside.exists():
        return [str(beside), "pip", "install", "--python", sys.executable, "--quiet"]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
