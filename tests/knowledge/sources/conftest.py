"""Guarded HTTP that may reach the doubles of this machine."""

from collections.abc import AsyncIterator

import pytest

from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings


@pytest.fixture
async def http() -> AsyncIterator[GuardedHttp]:
    guarded = GuardedHttp(Settings(egress_allow=("127.0.0.1",)))
    yield guarded
    await guarded.close()


async def no_sleep(_: float) -> None:
    """Waits for nothing."""
