"""A fault of the server in the middle of a run: the run ends, and says so to everybody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.server.app_files import end, start, text_input, workflow
from treadle.accounts.tables import EndUserType
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom
from treadle.engine.events import RunFinished, RunStatus
from treadle.engine.stream import ResponseStream
from treadle.server.services import Services, open_services
from treadle.settings import Settings


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(settings=Settings(data_dir=tmp_path, local_model=False)) as opened:  # type: ignore[call-arg]
        yield opened


async def test_a_run_with_a_fault_ends_as_failed(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    workspace = await services.accounts.only_workspace()
    file = workflow(start(text_input("n"), to="end"), end(n="start.n"))
    app = (await services.apps.import_file(workspace.id, file, publish=True)).app
    user = await services.end_users.get_or_create(
        workspace_id=workspace.id, app_id=app.id, type=EndUserType.SERVICE_API, session_id="ada", is_anonymous=False
    )
    monkeypatch.setattr(ResponseStream, "advance", broken)
    request = StartRun(app=app, created_from=CreatedFrom.SERVICE_API, user_id=user.id, user="ada", inputs={})
    finished = await (await services.host.start(request)).finished()
    assert isinstance(finished, RunFinished)
    told = "The run ended by a fault of the server; its log says why."
    assert (finished.status, finished.error) == (RunStatus.FAILED, told)
    async with services.db.session() as session:
        rows = (await session.execute(text("SELECT status, error, lease_until FROM runs"))).all()
    assert rows == [("failed", told, None)]
