"""Knowledge over HTTP, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge.api.bench import Bench, Caller, bench


@pytest.fixture
async def here(migrated_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A process that serves."""
    async with bench(migrated_url, tmp_path) as made:
        yield made


@pytest.fixture
async def api(here: Bench) -> Caller:
    """A program with a key that opens all bases of the workspace."""
    return await here.key()
