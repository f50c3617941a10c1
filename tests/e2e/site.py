"""A running Treadle as browsers see it: its address, the pages of its apps, and what its operator does meanwhile."""

from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

import httpx

from tests.doubles.mail import MailSink
from tests.e2e.storyteller import Storyteller
from tests.server.fixtures import ENVIRONMENT
from tests.server.gate import Gate
from tests.server.harness import Server, Workbench, eventually
from treadle.server.services import Services

Result = TypeVar("Result")

PAGES = {"chat": "chat", "agent-chat": "chat", "advanced-chat": "chat", "completion": "completion"}
"""The first part of a page's path by the mode of its app; `workflow` for the rest."""

EMAIL, PASSWORD, NAME = "ada@example.com", "correct-horse-1", "Ada"


def aside(work: Callable[[], Result]) -> Result:
    """What `work` gives in a thread of its own: Playwright's loop runs in this one, where no other can then."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


class Site:
    """A server with the examples loaded and the scripted model as its default."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._addresses: dict[str, str] = {}
        self.gate = bench.gate

    @property
    def url(self) -> str:
        return self._bench.server.url

    @property
    def model(self) -> Storyteller:
        return cast(Storyteller, self._bench.model)

    def page_of(self, file_text: str) -> str:
        """The address of an app's page; the app is imported when a test first asks for it."""
        if file_text not in self._addresses:
            self._addresses[file_text] = self.publish(file_text)
        return self._addresses[file_text]

    def publish(self, file_text: str) -> str:
        """Imports and publishes an app of one's own, and gives the address of its page."""

        async def work(services: Services) -> str:
            workspace = await services.accounts.only_workspace()
            app = (await services.apps.import_file(workspace.id, file_text, publish=True)).app
            entries = await services.apps.list_apps(workspace.id)
            code = next(entry.site.code for entry in entries if entry.app.id == app.id and entry.site)
            return f"{self.url}/{PAGES.get(str(app.mode), 'workflow')}/{code}"

        return aside(lambda: self._bench.with_services(work))

    def address_of(self, name: str) -> str:
        """The address of the page of an app that is there already."""

        async def work(services: Services) -> str:
            workspace = await services.accounts.only_workspace()
            entries = await services.apps.list_apps(workspace.id)
            entry = next(entry for entry in entries if entry.app.name == name)
            assert entry.site is not None
            return f"{self.url}/{PAGES.get(entry.app.mode, 'workflow')}/{entry.site.code}"

        return aside(lambda: self._bench.with_services(work))

    def app_id(self, address: str) -> str:
        """The id of the app of a page."""
        statement = "SELECT app_id FROM sites WHERE code = :code"
        return str(aside(lambda: self._bench.rows(statement, code=code_of(address)))[0][0])

    def switch_off(self, address: str) -> None:
        """Takes the page of an app off the web."""
        statement = "UPDATE apps SET enable_site = FALSE WHERE id = (SELECT app_id FROM sites WHERE code = :code)"
        code = code_of(address)
        aside(lambda: self._bench.change(statement, "apps", code=code))
        passport = self._bench.raw(**{"X-App-Code": code})
        eventually(lambda: passport.get("/api/passport").status_code == 404, "the page is off")

    def create_account(self) -> None:
        """The first account, made from the command line."""
        account = ("--email", EMAIL, "--password", PASSWORD, "--name", NAME)
        aside(lambda: self._bench.command("admin", "create", *account))

    def add_embedding_model(self) -> None:
        """The scripted model embeds texts too, by default."""
        credentials = {"endpoint_url": self.model.url, "api_key": self.model.key, "context_size": "4096"}

        async def work(services: Services) -> None:
            workspace = await services.accounts.only_workspace()
            await services.models.add_model(
                workspace.id, "openai_api_compatible", "text-embedding", "stub-embedding", credentials,
                default=True, validate=False,
            )  # fmt: skip

        self.with_services(work)

    def picture(self) -> bytes:
        """A small PNG."""
        return self._bench.png()

    def until_recorded(self) -> None:
        """Waits until the run that goes on would survive the death of its process."""
        count = "SELECT count(*) FROM runs WHERE status = 'running'"
        eventually(lambda: aside(lambda: self._bench.rows(count)) == [(1,)], "the run is recorded")

    def with_services(self, work: Callable[[Services], Awaitable[Result]]) -> Result:
        """What `work` gives over the server's data, as a command would do it."""
        return aside(lambda: self._bench.with_services(work))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Waits for what another process announces to nobody."""
        eventually(holds, what)

    def expire_forms(self) -> None:
        """The time of every open form is over."""
        aside(lambda: self._bench.change("UPDATE forms SET expires_at = 1 WHERE status = 'open'"))

    def date_back(self, message_id: str, days: int) -> None:
        """A message, and the conversation that has only this one, are that much older."""
        back = "SET created_at = created_at - :back, updated_at = updated_at - :back WHERE id ="
        conversation = "(SELECT conversation_id FROM messages WHERE id = :id)"
        for statement in (f"UPDATE conversations {back} {conversation}", f"UPDATE messages {back} :id"):
            aside(lambda sql=statement: self._bench.change(sql, id=message_id, back=days * 86_400_000_000))

    def lose_power(self) -> None:
        self._bench.server.kill()

    def come_back(self) -> None:
        """Starts again at the same address."""
        self._bench.server.start(urlsplit(self.url).port or 0)


def code_of(address: str) -> str:
    return address.rsplit("/", 1)[1]


def open_to_everybody(mails: MailSink) -> dict[str, str]:
    """The settings of a server that sends mail and lets everybody in."""
    return {
        "TREADLE_SMTP_HOST": mails.host,
        "TREADLE_SMTP_PORT": str(mails.port),
        "TREADLE_SMTP_SECURITY": "none",
        "TREADLE_ENABLE_EMAIL_CODE_LOGIN": "true",
        "TREADLE_ALLOW_REGISTER": "true",
        "TREADLE_ALLOW_CREATE_WORKSPACE": "true",
    }


@contextmanager
def running_site(folder: Path, environment: dict[str, str] | None = None) -> Generator[Site]:
    """A server over an empty folder, with further settings; it ends with the block."""
    with ExitStack() as stack:
        model = stack.enter_context(Storyteller().in_thread())
        gate = stack.enter_context(Gate().in_thread())
        http = stack.enter_context(httpx.Client(timeout=60))
        server = Server(folder / "data", {**ENVIRONMENT, **(environment or {})})
        stack.callback(server.stop)
        bench = Workbench(server, model, gate, http)
        server.start()
        aside(bench.add_model)
        yield Site(bench)
