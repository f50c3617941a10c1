import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from tests.apps.runs import run_record
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.masking import Mask
from treadle.apps.running.records import run_row
from treadle.apps.tables import Run
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of

RUNS = table_of(Run)
MASK = Mask(Crypto(bytes(32)))


async def add_run(db: Database, *, owner: str, until: int, status: str = "running") -> str:
    run = run_record()
    row = {**run_row(run, {}, MASK, lease_owner=owner, lease_until=until), "status": status}
    async with db.begin() as connection:
        await connection.execute(RUNS.insert().values(row))
    return run.id


async def owners(db: Database) -> dict[str, tuple[str | None, int]]:
    async with db.connect() as connection:
        rows = await connection.execute(select(RUNS.c.id, RUNS.c.lease_owner, RUNS.c.attempts))
        return {row.id: (row.lease_owner, row.attempts) for row in rows}


@pytest.fixture
async def keeper(db: Database) -> AsyncIterator[LeaseKeeper]:
    keeper = LeaseKeeper(db, "me")
    yield keeper
    await keeper.close()


@pytest.fixture
async def brief_keeper(db: Database) -> AsyncIterator[LeaseKeeper]:
    """Renews every 20 ms."""
    keeper = LeaseKeeper(db, "me", seconds=0.06)
    yield keeper
    await keeper.close()


async def test_only_abandoned_runs_are_claimed_the_longest_abandoned_first(db: Database, keeper: LeaseKeeper) -> None:
    past, future = now_us() - SECOND, now_us() + 60 * SECOND
    newer = await add_run(db, owner="dead", until=past)
    older = await add_run(db, owner="dead", until=past - 1)
    alive = await add_run(db, owner="alive", until=future)
    done = await add_run(db, owner="dead", until=past, status="succeeded")
    assert await keeper.claim_expired(10) == [older, newer]
    assert await keeper.claim_expired(10) == []
    assert await owners(db) == {newer: ("me", 2), older: ("me", 2), alive: ("alive", 1), done: ("dead", 1)}


async def test_a_claim_takes_no_more_than_asked(db: Database, keeper: LeaseKeeper) -> None:
    for _ in range(5):
        await add_run(db, owner="dead", until=1)
    assert len(await keeper.claim_expired(3)) == 3
    assert len(await keeper.claim_expired(3)) == 2


async def test_no_run_is_claimed_by_two_processes(db: Database) -> None:
    runs = {await add_run(db, owner="dead", until=number) for number in range(30)}
    keepers = [LeaseKeeper(db, f"process {number}") for number in range(5)]
    claims = await asyncio.gather(*(keeper.claim_expired(10) for keeper in keepers for _ in range(3)))
    claimed = [run_id for claim in claims for run_id in claim]
    assert sorted(claimed) == sorted(runs)
    assert {attempts for _, attempts in (await owners(db)).values()} == {2}


async def test_leases_are_renewed_while_the_process_lives(db: Database, brief_keeper: LeaseKeeper) -> None:
    run_id = await add_run(db, owner="me", until=1)
    brief_keeper.add(run_id)
    brief_keeper.start(on_lost=lambda _: None)
    seen = {1}
    async with asyncio.timeout(10), db.connect() as connection:
        while len(seen) < 4:
            await asyncio.sleep(0.01)
            seen.add((await connection.execute(select(RUNS.c.lease_until))).scalar_one())
            await connection.rollback()
    assert max(seen) > now_us() - SECOND


async def test_a_lost_lease_is_told(db: Database, brief_keeper: LeaseKeeper) -> None:
    kept = await add_run(db, owner="me", until=1)
    taken = await add_run(db, owner="other", until=1)
    for run_id in (kept, taken, "not yet written"):
        brief_keeper.add(run_id)
    lost: asyncio.Queue[str] = asyncio.Queue()
    brief_keeper.start(on_lost=lost.put_nowait)
    assert await asyncio.wait_for(lost.get(), 5) == taken
    assert [brief_keeper.holds(run_id) for run_id in (kept, taken, "not yet written")] == [True, False, True]


async def test_a_run_whose_row_is_written_during_a_renewal_is_kept(db: Database) -> None:
    written: list[str] = []

    class Interrupted(LeaseKeeper):
        """The row comes between the renewal and the question which runs are gone."""

        async def _set_until(self, run_ids: set[str], until: int) -> set[str]:
            renewed = await super()._set_until(run_ids, until)
            if not written:
                written.append(await add_run(db, owner="me", until=until))
                self.add(written[0])
            return renewed - set(written)

    keeper = Interrupted(db, "me")
    keeper.add("not yet written")
    assert await keeper.renew() == []
    assert await keeper.renew() == []
    assert keeper.holds(written[0])
    await keeper.close()


async def test_a_process_that_closes_lets_go_at_once(db: Database) -> None:
    run_id = await add_run(db, owner="me", until=now_us() + 600 * SECOND)
    keeper = LeaseKeeper(db, "me", seconds=600)
    keeper.add(run_id)
    await keeper.close()
    assert await LeaseKeeper(db, "other").claim_expired(1) == [run_id]
