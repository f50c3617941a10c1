"""The apps that come with Treadle: those a new workspace begins with, and the catalogue of Explore."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from treadle.dsl import AppFile, parse
from treadle.server.example_folder import example_folder
from treadle.server.services import Services

_log = logging.getLogger(__name__)


Category = Literal["assistant", "writing", "support", "learning", "data"]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """An app of the catalogue. `id` is the name of its file."""

    id: str
    file: AppFile
    categories: list[Category]


@lru_cache(maxsize=1)
def catalogue() -> list[CatalogueEntry]:
    """Every app that comes with Treadle, in the order of `examples/catalogue.yaml`, which knows their categories."""
    files = {path.stem: path for path in example_files()}
    listed: dict[str, list[Category]] = yaml.safe_load(
        (example_folder() / "catalogue.yaml").read_text(encoding="utf-8")
    )
    entries: list[CatalogueEntry] = []
    for name, categories in listed.items():
        parsed = parse(files[name].read_bytes())
        if parsed.app is None:
            raise ValueError(f"{files[name].name} is no app file: {parsed.error}")
        entries.append(CatalogueEntry(name, parsed.app, categories))
    return entries


def example_files() -> list[Path]:
    """The example app files: inside the wheel, or in the checkout."""
    return sorted(example_folder().glob("*.yml"))


async def load_examples(services: Services) -> int:
    """Import and publish the examples once, when the data folder is new. Gives how many were loaded."""
    workspace = await services.accounts.only_workspace()
    if not await services.accounts.claim_first_start():
        return 0
    files = example_files()
    for path in files:
        await services.apps.import_file(workspace.id, path.read_bytes(), publish=True)
    _log.info("loaded %d example apps", len(files))
    return len(files)
