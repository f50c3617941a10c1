"""Secrets of tools that older programs stored in plain: sealed when a process opens the database, whatever ends it."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import insert, select, text, update

from tests.dsl.files import basic_map, edge, file_map, node, parsed
from treadle.accounts.tables import Workspace
from treadle.apps.definition import Definition
from treadle.apps.sealing import seal_tool_secrets
from treadle.apps.service import AppService
from treadle.apps.tables import AppVersion, Run
from treadle.dsl import AppMode, ModelConfig
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of
from treadle.platform.ids import new_id

SECRET, AGENT_SECRET = "t0ken-of-the-group", "t0ken-of-the-agent"
VERSIONS = 130

_SETTINGS = {"access_token": SECRET, "sign_secret": {"type": "mixed", "value": "{{#env.sign#}}"}, "content": "x"}
_TOOL = {"type": "tool", "provider_type": "builtin", "provider_id": "dingtalk", "provider_name": "dingtalk",
         "tool_name": "dingtalk_group_bot", "tool_label": "Bot", "title": "Bot", "tool_parameters": {},
         "tool_configurations": _SETTINGS}  # fmt: skip
GRAPH = {
    "nodes": [node("start", "start"), {"id": "bot", "data": _TOOL}, node("end", "end")],
    "edges": [edge("start", "bot"), edge("bot", "end")],
}
CONFIG = {
    "agent_mode": {
        "enabled": True,
        "strategy": "function_call",
        "tools": [
            {
                "provider_type": "builtin",
                "provider_id": "dingtalk",
                "provider_name": "dingtalk",
                "tool_name": "dingtalk_group_bot",
                "enabled": True,
                "tool_parameters": {"access_token": AGENT_SECRET, "message_type": "text"},
            }
        ],
    }
}

_versions, _runs = table_of(AppVersion), table_of(Run)

_SEAL = """
import asyncio, sys, time
from pathlib import Path
from treadle.apps.sealing import seal_tool_secrets
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

def progress(changed):
    print(changed, flush=True)
    time.sleep(600)

asyncio.run(seal_tool_secrets(Database(sys.argv[1]), Crypto.open(Path(sys.argv[2])), progress=progress))
"""


class Old:
    """A database that a program left which did not seal the secrets of tools."""

    def __init__(self, db: Database, url: str, key: Path) -> None:
        self.db, self.url, self.key = db, url, key
        self.crypto = Crypto.open(key)
        self.apps = AppService(db, self.crypto)
        self.workspace_id = new_id()
        self.flow_id = self.agent_id = ""

    async def fill(self) -> None:
        now = now_us()
        row = Workspace(id=self.workspace_id, name="W", status="normal", created_at=now, updated_at=now)
        async with self.db.transaction() as session:
            session.add(row)
        self.flow_id = await self._made(file_map(workflow={"graph": GRAPH}))
        self.agent_id = await self._made(basic_map("agent-chat", **CONFIG))
        async with self.db.begin() as connection:
            await connection.execute(
                update(_versions).where(_versions.c.app_id == self.flow_id).values(graph=json.dumps(GRAPH), hash="old")
            )
            stored = ModelConfig.read(cast(Any, basic_map("agent-chat", **CONFIG)["model_config"]))[0].as_map()
            await connection.execute(
                update(_versions)
                .where(_versions.c.app_id == self.agent_id)
                .values(model_config=json.dumps(stored), hash="old")
            )
            draft = (await connection.execute(_versions.select().where(_versions.c.app_id == self.flow_id))).first()
            assert draft is not None
            published = [
                {**draft._mapping, "id": new_id(), "kind": "published", "version": f"v{place}"}
                for place in range(VERSIONS)
            ]
            await connection.execute(insert(_versions), published)
            await connection.execute(insert(_runs), [self._run()])

    async def _made(self, file: Any) -> str:
        app = parsed(file).app
        assert app is not None
        return (await self.apps.create(self.workspace_id, app)).id

    def _run(self) -> dict[str, object]:
        texts = dict.fromkeys(("version_id", "created_by", "task_id"), "x" * 36)
        return {
            **texts, "id": new_id(), "workspace_id": self.workspace_id, "app_id": self.flow_id, "mode": "workflow",
            "triggered_from": "debugging", "created_from": "console", "created_by_role": "account", "inputs": "{}",
            "status": "succeeded", "graph": json.dumps(GRAPH), "total_tokens": 0, "total_price_e7": 0,
            "currency": "USD", "total_steps": 1, "exceptions_count": 0, "elapsed": 0.1, "created_at": 1, "attempts": 1,
        }  # fmt: skip

    async def texts(self) -> list[str]:
        """What is stored of apps, one text a row."""
        async with self.db.connect() as connection:
            versions = (await connection.execute(text("SELECT graph, model_config FROM app_versions"))).all()
            runs = (await connection.execute(text("SELECT graph FROM runs"))).all()
        return ["".join(each for each in row if each) for row in (*versions, *runs)]

    async def in_plain(self) -> int:
        """Rows in which a secret can be read."""
        return sum(SECRET in each or AGENT_SECRET in each for each in await self.texts())

    async def open(self, app_id: str, kind: str = "draft") -> Definition:
        async with self.db.session() as session:
            wanted = select(AppVersion).where(AppVersion.app_id == app_id, AppVersion.kind == kind).limit(1)
            version = (await session.scalars(wanted)).first()
        assert version is not None
        mode = AppMode.WORKFLOW if app_id == self.flow_id else AppMode.AGENT_CHAT
        return Definition.from_row(version, mode, self.crypto)


@pytest.fixture
async def old(db: Database, migrated_url: str, tmp_path: Path) -> Old:
    made = Old(db, migrated_url, tmp_path / "key")
    await made.fill()
    return made


async def test_all_of_them_are_sealed_and_open_as_they_were(old: Old) -> None:
    everything = await old.in_plain()
    assert everything > VERSIONS
    assert await seal_tool_secrets(old.db, old.crypto) == everything
    assert await old.in_plain() == 0
    for kind in ("draft", "published"):
        flow = await old.open(old.flow_id, kind)
        assert flow.workflow is not None
        assert flow.workflow.graph == GRAPH
    agent = await old.open(old.agent_id)
    assert agent.tool_secrets == [AGENT_SECRET]


async def test_a_draft_and_its_published_version_stay_the_same_to_who_compares_them(old: Old) -> None:
    await seal_tool_secrets(old.db, old.crypto)
    async with old.db.connect() as connection:
        hashes = await connection.execute(text("SELECT DISTINCT hash FROM app_versions"))
        [flow, agent] = sorted(hashes.scalars())
    row = AppVersion(app_id=old.flow_id)
    (await old.open(old.flow_id)).write(row, old.crypto)
    of_agent = AppVersion(app_id=old.agent_id)
    (await old.open(old.agent_id)).write(of_agent, old.crypto)
    assert sorted((row.hash, of_agent.hash)) == [flow, agent]


async def test_a_second_time_changes_nothing(old: Old) -> None:
    await seal_tool_secrets(old.db, old.crypto)
    before = await old.texts()
    assert await seal_tool_secrets(old.db, old.crypto) == 0
    async with old.db.begin() as connection:
        await connection.execute(text("DELETE FROM upkeep"))
    assert await seal_tool_secrets(old.db, old.crypto) == 0
    assert await old.texts() == before


async def test_two_processes_at_once_do_it_once(old: Old) -> None:
    other, everything = Database(old.url), await old.in_plain()
    try:
        both = await asyncio.gather(seal_tool_secrets(old.db, old.crypto), seal_tool_secrets(other, old.crypto))
    finally:
        await other.close()
    assert sum(both) == everything
    assert await old.in_plain() == 0


async def test_a_process_that_is_killed_half_way_leaves_the_rest_to_the_next(old: Old) -> None:
    everything = await old.in_plain()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SEAL, old.url, str(old.key), stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    first = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    await process.wait()
    left = await old.in_plain()
    assert left == everything - first > 0
    assert await seal_tool_secrets(old.db, old.crypto) == left
    assert await old.in_plain() == 0


async def test_nothing_of_them_is_left_in_an_sqlite_file(old: Old) -> None:
    file = old.db.sqlite_file
    if file is None:
        pytest.skip("PostgreSQL clears its pages by itself")
    await seal_tool_secrets(old.db, old.crypto)
    await old.db.close()
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert SECRET.encode() not in kept
    assert AGENT_SECRET.encode() not in kept
