"""Packages that jailed Python may import: a folder of the operator's, or numpy and pandas where they are installed."""

import os
import re
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

OFFERED = ("numpy", "pandas")
"""What is offered without a folder of the operator's, with what it needs itself."""

_REQUIRED_NAME = re.compile(r"[A-Za-z0-9._-]+")
_IMPORTS = re.compile(r"^[ \t]*(?:import|from)[ \t]+(numpy|pandas)\b", re.MULTILINE)


def offer_installed(folder: Path, names: Sequence[str] = OFFERED) -> Path | None:
    """Add links to `folder` for the packages `names` that this interpreter has; None when it has none of them."""
    entries = dict(_entries(names))
    if not entries:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink() and entries.get(link.name) != link.resolve():
            link.unlink()
    for name, path in entries.items():
        if not os.path.lexists(folder / name):
            (folder / name).symlink_to(path)
    return folder


def worth_preloading(code: str, packages: Path | None) -> tuple[str, ...]:
    """Of the packages that take long to import, those that `code` imports and `packages` has."""
    if packages is None:
        return ()
    return tuple(name for name in sorted(set(_IMPORTS.findall(code))) if (packages / name).exists())


def _entries(names: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Name below the folder, and where it is; of `names` and of what they need."""
    wanted, seen = list(names), set[str]()
    for name in wanted:
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        wanted += [_required(text) for text in found.requires or () if "extra ==" not in text]
        for top in sorted({file.parts[0] for file in found.files or ()}):
            path = Path(str(found.locate_file(top))).resolve()
            if top not in ("..", "__pycache__") and not top.endswith(".dist-info") and path.exists():
                yield top, path


def _required(text: str) -> str:
    match = _REQUIRED_NAME.match(text)
    return match.group() if match else ""
