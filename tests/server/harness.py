"""A real server process on a data folder of its own, and everything a test does around it from outside."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from sqlalchemy import text
from typer.testing import CliRunner

from tests.doubles import media
from tests.doubles.scripted_model import ScriptedModel
from tests.server.gate import Gate
from tests.server.http_client import Api, AppApi, JsonMap
from treadle.cli import app as command_line
from treadle.platform.changes import bump
from treadle.platform.db import Database
from treadle.server.services import Services, open_services
from treadle.settings import Settings

Result = TypeVar("Result")

_READY = re.compile(r"ready at (http://\S+)")


def eventually(holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Asks again and again until `holds()`, for what another process announces to nobody."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


class Server:
    """`treadle serve` as a process. Each start listens on a free port, unless it is told which."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = dict(environment)
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, port: int = 0, *, local_model: bool = False) -> None:
        """Blocks until requests are served."""
        arguments = ["serve", "--port", str(port), "--data-dir", str(self.data_dir)]
        arguments.append("--local-model" if local_model else "--no-local-model")
        with self.log.open("a") as log:
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "treadle", *arguments],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        assert process.stdout is not None
        ready = next((match for line in process.stdout if (match := _READY.search(line))), None)
        watchdog.cancel()
        if ready is None:
            raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")
        self.url = ready.group(1)

    def kill(self) -> None:
        """Ends the process as a power cut would."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        """Ends the process as an operator would."""
        self._end(lambda process: process.terminate())

    def _end(self, end: Callable[[subprocess.Popen[str]], None]) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        end(process)
        try:
            process.wait(20)
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()


@dataclass(frozen=True)
class MadeApp:
    """An app as `treadle app import` reports it. `key` is empty for one imported without a key."""

    id: str
    mode: str
    key: str = ""


class OtherWorkspace:
    """A workspace that the commands do not know."""

    def __init__(self, bench: "Workbench", workspace_id: str) -> None:
        self.bench = bench
        self.id = workspace_id

    def import_app(self, file_text: str) -> MadeApp:
        """A new app with a key, published."""

        async def work(services: Services) -> MadeApp:
            app = (await services.apps.import_file(self.id, file_text, publish=True)).app
            key = await services.keys.create(self.id, "app", app_id=app.id)
            return MadeApp(app.id, str(app.mode), key.token)

        return self.bench.with_services(work)

    def add_model(self) -> None:
        """Makes the scripted model this workspace's default too."""
        model = self.bench.model
        credentials = {"endpoint_url": model.url, "api_key": model.key, "mode": "chat", "context_size": "4096"}

        async def work(services: Services) -> None:
            await services.models.add_model(
                self.id, "openai_api_compatible", "llm", "stub", credentials, default=True, validate=False
            )

        self.bench.with_services(work)


class Workbench:
    """One server with its data, its scripted model and a gate where runs can be made to stand still."""

    def __init__(self, server: Server, model: ScriptedModel, gate: Gate, http: httpx.Client) -> None:
        self.server = server
        self.model = model
        self.gate = gate
        self.http = http
        self._apps: dict[str, MadeApp] = {}

    @property
    def data_dir(self) -> Path:
        return self.server.data_dir

    @property
    def database_url(self) -> str:
        return self.server.environment.get("TREADLE_DATABASE_URL") or f"sqlite:///{self.data_dir / 'treadle.db'}"

    def command(self, *arguments: str) -> str:
        """Runs a command on the same data, beside the server, and gives what it printed. Fails when it fails."""
        options = ["--data-dir", str(self.data_dir)]
        result = CliRunner().invoke(command_line, [*arguments, *options], env=self.server.environment)
        if result.exit_code != 0:
            raise AssertionError(f"treadle {' '.join(arguments)}: {result.output}") from result.exception
        return result.stdout

    def add_model(self) -> None:
        """Makes the scripted model the default."""
        credentials = {
            "endpoint_url": self.model.url,
            "api_key": self.model.key,
            "mode": "chat",
            "context_size": "4096",
        }
        given = [part for name, value in credentials.items() for part in ("--credential", f"{name}={value}")]
        self.command(
            "model", "add", "--provider", "openai_api_compatible", "--type", "llm", "--model", "stub", "--default",
            *given,
        )  # fmt: skip

    def import_app(self, file_text: str, *, publish: bool = True) -> MadeApp:
        """A new app with a key."""
        path = self.data_dir.parent / f"{uuid4()}.yml"
        path.write_text(file_text)
        options = ["--publish"] if publish else []
        made = json.loads(self.command("app", "import", str(path), *options, "--api-key", "--json"))
        path.unlink()
        return MadeApp(made["app_id"], made["mode"], made["api_key"])

    def publish(self, app: MadeApp) -> None:
        """Makes the draft the version that runs, and waits until the server knows."""

        async def work(services: Services) -> None:
            workspace = await services.accounts.only_workspace()
            await services.apps.publish(workspace.id, app.id)

        self.with_services(work)
        time.sleep(1)

    def shared_app(self, file_text: str) -> MadeApp:
        """An app that every test which asks for this file shares."""
        if file_text not in self._apps:
            self._apps[file_text] = self.import_app(file_text)
        return self._apps[file_text]

    def api(self, app: MadeApp, user: str | None = None) -> AppApi:
        """The Service API of an app, for a user whom no other test knows."""
        return AppApi(self.http, f"{self.server.url}/v1", app.key, user or f"user-{uuid4().hex[:12]}")

    def of(self, file_text: str) -> AppApi:
        """The Service API of a shared app for a new user."""
        return self.api(self.shared_app(file_text))

    def raw(self, **headers: str) -> Api:
        """The server under its bare address."""
        return Api(self.http, self.server.url, headers)

    def visitor(self, app: MadeApp) -> Api:
        """The API of the app's published page, with a new visitor's passport."""
        answer = self.raw().call("GET", "/api/passport", headers={"X-App-Code": self.site_code(app)})
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        return Api(self.http, f"{self.server.url}/api", {"Authorization": f"Bearer {token}"})

    def png(self) -> bytes:
        """A small image."""
        return media.png()

    def site_code(self, app: MadeApp) -> str:
        return str(self.rows("SELECT code FROM sites WHERE app_id = :id", id=app.id)[0][0])

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""

        async def read(db: Database) -> list[tuple[Any, ...]]:
            async with db.connect() as connection:
                return [tuple(row) for row in await connection.execute(text(statement), values)]

        return self.with_database(read)

    def counts(self) -> dict[str, int]:
        """How many rows each table has, those left out that count what is being done."""

        async def read(db: Database) -> dict[str, int]:
            from treadle.platform.db import Base

            async with db.connect() as connection:
                return {
                    name: (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one()
                    for name in sorted(Base.metadata.tables)
                }

        return self.with_database(read)

    def change(self, statement: str, *topics: str, **values: Any) -> None:
        """Changes rows as another process would, and tells the server with `topics`."""

        async def write(db: Database) -> None:
            async with db.transaction() as session:
                await session.execute(text(statement), values)
                for topic in topics:
                    await bump(session, topic)

        self.with_database(write)

    def make_key(self, kind: str, app_id: str | None = None) -> str:
        """A new API key: of an app, or a knowledge key. Raises Refusal."""

        async def make(services: Services) -> str:
            workspace = await services.accounts.only_workspace()
            return (await services.keys.create(workspace.id, kind, app_id=app_id)).token

        return self.with_services(make)

    def second_workspace(self, name: str) -> "OtherWorkspace":
        """A workspace beside the one that commands work in."""
        row = {"id": str(uuid4()), "name": name, "now": int(time.time() * 1e6)}
        self.change(
            "INSERT INTO workspaces (id, name, status, created_at, updated_at) "
            "VALUES (:id, :name, 'normal', :now, :now)",
            **row,
        )
        return OtherWorkspace(self, str(row["id"]))

    def bump(self, topic: str) -> None:
        """Tells the server that a topic changed, and waits until it has been told."""
        self.change("DELETE FROM tags WHERE id = ''", topic)
        time.sleep(1)

    def until_listed(
        self, ask: Callable[[], httpx.Response], holds: Callable[[list[JsonMap]], bool] = bool
    ) -> list[JsonMap]:
        """The rows of a list once `holds`."""
        eventually(lambda: ask().status_code == 200 and holds(ask().json()["data"]), "the list has it")
        return list(ask().json()["data"])

    def with_services(self, work: Callable[[Services], Awaitable[Result]]) -> Result:
        """What `work` gives over services of this process, opened on the server's data as a command opens them."""
        changes = {"data_dir": self.data_dir, "local_model": False, "database_url": self.database_url}

        async def opened() -> Result:
            async with open_services(settings=Settings(**changes)) as services:
                return await work(services)

        return asyncio.run(opened())

    def with_database(self, work: Callable[[Database], Awaitable[Result]]) -> Result:
        """What `work` gives over a connection of its own."""

        async def opened() -> Result:
            db = Database(self.database_url)
            try:
                return await work(db)
            finally:
                await db.close()

        return asyncio.run(opened())
