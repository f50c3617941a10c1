"""Ingestion over SQLite and over PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge.ingest.rig import Rig, rig
from treadle.platform.db import Database


@pytest.fixture
async def here(db: Database, tmp_path: Path) -> AsyncIterator[Rig]:
    """Ingestion that is not started."""
    async with rig(db, tmp_path) as made:
        yield made


@pytest.fixture
async def working(here: Rig) -> Rig:
    """Ingestion at work."""
    here.here.worker.start()
    return here
