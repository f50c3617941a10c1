"""The example apps that a new workspace begins with."""

import logging
from pathlib import Path

from treadle.server.services import Services

_log = logging.getLogger(__name__)

_PACKAGED = Path(__file__).resolve().parent.parent / "examples"
_IN_CHECKOUT = Path(__file__).resolve().parents[3] / "examples"


def example_files() -> list[Path]:
    """The example app files: inside the wheel, or in the checkout."""
    folder = _PACKAGED if _PACKAGED.is_dir() else _IN_CHECKOUT
    return sorted(folder.glob("*.yml"))


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
