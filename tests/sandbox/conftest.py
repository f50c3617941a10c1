"""One sandbox for a test module: starting a fork server takes longer than most tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from treadle.sandbox import Sandbox

TIME_LIMIT = 1.5


@pytest_asyncio.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Chooses the engine itself."""
    box = Sandbox(jail_root=tmp_path / "jail", time_limit=TIME_LIMIT)
    await box.start()
    yield box
    await box.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def jail(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Jailed CPython only."""
    box = Sandbox(jail_root=tmp_path_factory.mktemp("jail"), time_limit=TIME_LIMIT, memory_limit=128 << 20, monty=False)
    await box.start()
    yield box
    await box.close()
