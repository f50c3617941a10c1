"""Triggers through the services of this process: what publishing does to them, and who fires."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.server.app_files import end, start, workflow
from tests.triggers.apps import hooked, schedule, webhook
from treadle.platform.refusals import InvalidParam, NotFound, Refusal
from treadle.server.services import Services, open_services
from treadle.settings import Settings
from treadle.triggers.service import GRACE, TriggerService

MINUTE = 60_000_000


class Clock:
    """A clock in hand, in microseconds."""

    def __init__(self, text: str = "2025-01-01T10:00:30") -> None:
        self.now = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000

    def __call__(self) -> int:
        return self.now


def settings(folder: Path, url: str) -> Settings:
    return Settings(data_dir=folder / "data", local_model=False, database_url=url)


@asynccontextmanager
async def opened(folder: Path, url: str, clock: Clock) -> AsyncIterator[tuple[Services, TriggerService]]:
    """Services whose triggers go by `clock`."""
    async with open_services(settings=settings(folder, url)) as services:
        services.triggers.go_by(clock)
        yield services, services.triggers


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def both(tmp_path: Path, migrated_url: str, clock: Clock) -> AsyncIterator[tuple[Services, TriggerService]]:
    async with opened(tmp_path, migrated_url, clock) as pair:
        yield pair


async def published(services: Services, text: str) -> tuple[str, str]:
    """The ids of the workspace and of a new published app."""
    workspace = await services.accounts.only_workspace()
    return workspace.id, (await services.apps.import_file(workspace.id, text, publish=True)).app.id


async def replaced(services: Services, workspace_id: str, app_id: str, text: str) -> None:
    """Publish the graph of another file as the next version of an app."""
    from treadle.apps.editing.drafts import DraftEdit
    from treadle.dsl import parse

    file = parse(text).app
    assert file is not None
    assert file.workflow is not None
    draft = await services.triggers.drafts.read(workspace_id, app_id)
    edit = DraftEdit(graph=file.workflow.graph, hash=draft.row.hash)
    await services.triggers.drafts.save(workspace_id, app_id, edit, account_id=None)
    await services.apps.publish(workspace_id, app_id)


async def causes(services: Services) -> list[tuple[str, str]]:
    """Why each run took place and how it ended, once none goes on."""
    from sqlalchemy import text

    while True:
        async with services.db.connect() as connection:
            found = await connection.execute(text("SELECT triggered_from, status FROM runs ORDER BY created_at"))
            rows = [(str(row[0]), str(row[1])) for row in found]
        if all(status != "running" for _, status in rows):
            return rows
        await asyncio.sleep(0.02)


EVERY_MINUTE = workflow(
    schedule(cron_expression="* * * * *"), end(at="clock.sys.timestamp", who="clock.sys.user_id"), name="Every minute"
)


async def test_a_schedule_fires_when_its_time_has_come(both: tuple[Services, TriggerService], clock: Clock) -> None:
    services, triggers = both
    await published(services, EVERY_MINUTE)
    assert await triggers.fire_due() == []
    assert await triggers.next_due() == clock.now + MINUTE // 2
    clock.now += MINUTE // 2
    (run_id,) = await triggers.fire_due()
    assert await triggers.fire_due() == []
    assert await causes(services) == [("schedule", "succeeded")]
    run = (await services.logs.run(run_id)).run
    assert run.outputs is not None
    assert set(json.loads(run.outputs)) == {"at", "who"}
    assert (run.created_from, run.created_by_role) == ("trigger", "end_user")


async def test_missed_times_are_skipped(both: tuple[Services, TriggerService], clock: Clock) -> None:
    services, triggers = both
    await published(services, EVERY_MINUTE)
    clock.now += 90 * MINUTE
    assert await triggers.fire_due() == []
    assert await triggers.next_due() == clock.now + MINUTE // 2
    clock.now += MINUTE // 2 + GRACE
    assert len(await triggers.fire_due()) == 1
    assert await triggers.next_due() == clock.now + MINUTE


async def test_a_schedule_that_is_switched_off_rests(both: tuple[Services, TriggerService], clock: Clock) -> None:
    services, triggers = both
    workspace_id, app_id = await published(services, EVERY_MINUTE)
    (row,) = await triggers.of_app(workspace_id, app_id)
    assert (await triggers.switch(workspace_id, row.id, enabled=False)).next_at is None
    clock.now += MINUTE
    assert await triggers.fire_due() == []
    await services.apps.publish(workspace_id, app_id)
    assert await triggers.next_due() is None
    assert (await triggers.switch(workspace_id, row.id, enabled=True)).next_at == clock.now + MINUTE // 2


async def test_triggers_of_another_workspace_are_not_there(both: tuple[Services, TriggerService]) -> None:
    services, triggers = both
    workspace_id, app_id = await published(services, EVERY_MINUTE)
    (row,) = await triggers.of_app(workspace_id, app_id)
    with pytest.raises(NotFound):
        await triggers.switch("another", row.id, enabled=False)
    with pytest.raises(NotFound):
        await triggers.of_app("another", app_id)


async def test_a_deleted_app_takes_its_triggers_along(both: tuple[Services, TriggerService]) -> None:
    services, triggers = both
    workspace_id, app_id = await published(services, EVERY_MINUTE)
    await services.apps.delete(workspace_id, app_id)
    assert await triggers.next_due() is None
    assert await triggers.of_workspace(workspace_id) == []


async def test_a_webhook_keeps_its_address_and_a_copy_gets_its_own(both: tuple[Services, TriggerService]) -> None:
    services, triggers = both
    workspace_id, app_id = await published(services, hooked())
    (first,) = await triggers.of_app(workspace_id, app_id)
    assert first.webhook_id is not None
    assert len(first.webhook_id) == 24
    assert first.webhook_id.isalnum()
    assert first.webhook_id != "a" * 24
    await services.apps.publish(workspace_id, app_id)
    assert [row.webhook_id for row in await triggers.of_app(workspace_id, app_id)] == [first.webhook_id]
    copy = await services.apps.import_file(workspace_id, await services.apps.export(workspace_id, app_id))
    (second,) = await triggers.of_app(workspace_id, copy.app.id)
    assert second.webhook_id not in (None, first.webhook_id)
    assert (first.published, second.published) == (True, False)


async def test_a_node_that_a_new_version_lacks_rests(both: tuple[Services, TriggerService]) -> None:
    services, triggers = both
    workspace_id, app_id = await published(services, hooked())
    (row,) = await triggers.of_app(workspace_id, app_id)
    await replaced(services, workspace_id, app_id, EVERY_MINUTE)
    (clock_row,) = [each.trigger for each in await triggers.of_workspace(workspace_id)]
    assert clock_row.kind == "schedule"
    assert row.webhook_id is not None
    found = await triggers.by_webhook(row.webhook_id)
    assert found is not None
    assert not found.published
    await replaced(services, workspace_id, app_id, hooked())
    assert [each.trigger.webhook_id for each in await triggers.of_workspace(workspace_id)] == [row.webhook_id]
    assert await triggers.next_due() is None


async def test_only_the_first_schedule_counts(both: tuple[Services, TriggerService]) -> None:
    services, triggers = both
    text = workflow(schedule("a", cron_expression="0 1 * * *"), schedule("b", cron_expression="0 2 * * *"), end())
    workspace_id, _ = await published(services, text)
    assert [each.trigger.cron for each in await triggers.of_workspace(workspace_id)] == ["0 1 * * *"]


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([webhook(f"h{number}") for number in range(6)], "at most 5 webhooks"),
        ([schedule(cron_expression="")], "cron expression is empty"),
        ([schedule(cron_expression="0 0 0 * * *")], "it needs five"),
        ([schedule(cron_expression="@daily", timezone="Mars/Olympus")], "is no time zone"),
        ([schedule(mode="visual")], "says no frequency"),
        ([schedule(mode="visual", frequency="monthly", visual_config={"monthly_days": []})], "names no day"),
        ([schedule(mode="sometimes")], "mode"),
        ([webhook(), schedule(cron_expression="bad cron of no use")], "cannot be understood"),
        ([start(to="end"), webhook()], "both a start node and a trigger"),
    ],
)
async def test_what_cannot_work_is_refused_when_published(
    both: tuple[Services, TriggerService], nodes: list[Any], reason: str
) -> None:
    services, triggers = both
    with pytest.raises(InvalidParam, match=reason):
        await published(services, workflow(*nodes, end()))
    workspace = await services.accounts.only_workspace()
    assert await triggers.of_workspace(workspace.id) == []


async def test_a_workflow_with_triggers_cannot_be_called(both: tuple[Services, TriggerService]) -> None:
    from treadle.apps.running.requests import StartRun
    from treadle.apps.tables import CreatedFrom

    services, _ = both
    workspace_id, app_id = await published(services, hooked())
    app = await services.apps.find(workspace_id, app_id)
    with pytest.raises(Refusal, match="started by its triggers"):
        await services.host.start(
            StartRun(app=app, created_from=CreatedFrom.SERVICE_API, user_id="u", user="u", inputs={})
        )


# ---- several processes ----

FIRE = """
import asyncio, sys
from treadle.server.services import open_services
from treadle.settings import Settings

async def work(folder, url, now):
    settings = Settings(data_dir=folder, local_model=False, database_url=url)
    async with open_services(settings=settings) as services:
        services.triggers.go_by(lambda: now)
        print("ready", flush=True)
        sys.stdin.readline()
        started = await services.triggers.fire_due()
        for run_id in started:
            if (run := services.host.find(run_id=run_id)) is not None:
                await run.finished()
        print(len(started), flush=True)

asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""
"""Fires what is due when it is told to, and says how many runs it started."""


def test_of_several_processes_one_fires(tmp_path: Path, migrated_url: str) -> None:
    clock = Clock()

    async def prepare() -> None:
        async with opened(tmp_path, migrated_url, clock) as (services, _):
            for _ in range(5):
                await published(services, EVERY_MINUTE)

    asyncio.run(prepare())
    command = [sys.executable, "-c", FIRE, str(tmp_path / "data"), migrated_url, str(clock.now + MINUTE)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    try:
        assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 2
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert sum(counts) == 5

    async def count() -> list[tuple[str, str]]:
        async with opened(tmp_path, migrated_url, clock) as (services, _):
            return await causes(services)

    assert asyncio.run(count()) == [("schedule", "succeeded")] * 5
