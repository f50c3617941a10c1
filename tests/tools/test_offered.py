"""Which built-in tools an operator offers, and what is kept in memory."""

import asyncio

from treadle.tools.builtin import builtin_providers
from treadle.tools.kept import Kept
from treadle.tools.offered import Offered


def test_all_are_offered_unless_the_operator_chooses() -> None:
    assert list(Offered(builtin_providers)()) == list(builtin_providers())


def test_pinned_ones_come_first_and_left_out_ones_do_not_exist() -> None:
    offered = Offered(
        builtin_providers, pins=("wikipedia", "time", "nobody"), includes=("maths", "time", "wikipedia", "code"),
        excludes=("code",),
    )  # fmt: skip
    assert list(offered()) == ["wikipedia", "time", "maths"]


async def test_what_was_read_while_something_changed_is_not_kept() -> None:
    kept: Kept[str, int] = Kept()
    reads = 0
    goes_on = asyncio.Event()

    async def slow() -> int:
        nonlocal reads
        reads += 1
        await goes_on.wait()
        return reads

    first = asyncio.create_task(kept.get("a", slow))
    await asyncio.sleep(0)
    kept.forget()
    goes_on.set()
    assert await first == 1
    assert await kept.get("a", slow) == 2
    assert await kept.get("a", slow) == 2
    kept.forget()
    assert await kept.get("a", slow) == 3
