"""A terminal on a new data folder."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal


@pytest.fixture
def treadle(tmp_path: Path) -> Terminal:
    """Commands on a data folder that does not exist yet."""
    return Terminal(tmp_path / "data")
