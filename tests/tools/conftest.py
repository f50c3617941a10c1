"""A workspace with tools, and a service that they call."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.nodes.ports import GivenCode, MemoryFiles, ScriptedModels
from tests.tools.kennel import Running, kennel, running
from treadle.engine.ports import ModelRef, ToolMessage, ToolRef
from treadle.engine.values import Value
from treadle.nodes.tool_parameters import run_values
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings
from treadle.tools.service import ToolService
from treadle.tools.sources import Caller, ToolWorld

WORKSPACE = "11111111-1111-4111-8111-111111111111"
OTHER_WORKSPACE = "22222222-2222-4222-8222-222222222222"


@pytest.fixture(scope="session")
def service() -> Iterator[Running]:
    """The kennel."""
    with running(kennel()) as started:
        yield started


@dataclass
class Tooling:
    """The tools of a workspace, over a real database and real HTTP."""

    tools: ToolService
    http: GuardedHttp
    files: MemoryFiles = field(default_factory=MemoryFiles)

    def world(self, _: Caller) -> ToolWorld:
        return ToolWorld(models=ScriptedModels(), code=GivenCode(dict), http=self.http, files=self.files)

    async def call(
        self,
        ref: ToolRef,
        parameters: dict[str, Value],
        *,
        workspace: str = WORKSPACE,
        headers: dict[str, str] | None = None,
    ) -> list[ToolMessage]:
        """All that a tool says to a run that gives these parameters. `headers` are those of the run's caller."""
        caller = Caller(workspace_id=workspace, headers=headers or {})
        port = self.tools.for_run(caller, self.world(caller))
        tool = await port.find(ref)
        return [message async for message in port.invoke(tool, run_values(tool.parameters, parameters))]


async def no_model(_: str) -> ModelRef | None:
    return None


@pytest.fixture
async def tooling(db: Database, tmp_path: Path) -> AsyncIterator[Tooling]:
    settings = Settings(data_dir=tmp_path, egress_allow=("127.0.0.1",))
    http = GuardedHttp(settings)

    def world_for(caller: Caller) -> ToolWorld:
        return made.world(caller)

    tools = ToolService(
        db=db,
        crypto=Crypto.open(tmp_path / "key"),
        http=http,
        settings=settings,
        world_for=world_for,
        default_model=no_model,
    )
    made = Tooling(tools, http)
    yield made
    await http.close()
