"""Retrieval over SQLite and over PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge.retrieval.rig import Rig, rig
from treadle.platform.db import Database


@pytest.fixture
async def here(db: Database, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(db, tmp_path) as made:
        yield made
