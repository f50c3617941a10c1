"""The documentation is true: links lead somewhere, commands exist, options and events are all described, and every
example of the API is answered by a server as the page shows."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from tests.cli.terminal import EXAMPLES, ROOT, Terminal, commands
from tests.server.harness import MadeApp, Workbench
from tests.server.http_client import names_of
from treadle.engine.events import Event, NodeStatus, RunStatus
from treadle.server.service_api.routes import ROUTES

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OPTION = re.compile(r"`(--?[a-z][a-z-]*)`")
PROGRAMS = {"curl", "export", "sqlite3", "source", "git", "cd", "pip"}

page_by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(name: str) -> str:
    return (DOCS / name).read_text()


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@page_by_name
def test_links_lead_somewhere(page: Path):
    for link in LINK.findall(prose(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_index():
    index = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(text_of("README.md"))}
    pages = {page for page in DOCS.glob("*.md") if page.name != "README.md"}
    assert pages <= index


@page_by_name
def test_commands_in_shell_blocks_exist(page: Path):
    known = commands()
    for language, block in FENCE.findall(page.read_text()):
        if language != "sh":
            continue
        for line in block.replace("\\\n", " ").splitlines():
            _check_command(line, known)


def _check_command(line: str, known: dict[str, set[str]]) -> None:
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.DOTALL):
        words.pop(0)
    if not words:
        return
    program, *rest = words
    program = Path(program).name
    if program == "make":
        makefile = (ROOT / "Makefile").read_text()
        assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in rest if "=" not in target), line
        return
    if program != "treadle":
        assert program in PROGRAMS, line
        return
    if rest[:1] in (["--help"], ["--version"], ["COMMAND"]):
        return
    name = next((name for name in (" ".join(rest[:3]), " ".join(rest[:2]), rest[0]) if name in known), None)
    assert name is not None, line
    options = {word.partition("=")[0] for word in rest if word.startswith("-")} - {"--help"}
    assert options <= known[name], line


def test_every_command_and_option_is_on_the_page_of_the_command_line_and_no_other():
    sections = re.split(r"^### `treadle ([a-z -]+)`$", text_of("cli.md"), flags=re.MULTILINE)
    described = {
        name: {option for row in re.findall(r"^\| (`-[^|]+)\|", body, re.MULTILINE) for option in OPTION.findall(row)}
        for name, body in zip(sections[1::2], sections[2::2], strict=True)
    }
    assert described == commands()


def test_every_event_of_a_run_is_described():
    described = set(re.findall(r"^\| `([A-Z]\w+)` \|", text_of("architecture.md"), re.MULTILINE))
    assert described >= {event.__name__ for event in get_args(Event)}


def test_every_status_is_described():
    page = text_of("logs.md")
    assert [status for status in (*RunStatus, *NodeStatus) if f"`{status}`" not in page] == []


def test_every_endpoint_of_the_service_api_is_described_and_no_other():
    pages = text_of("api.md") + text_of("knowledge-api.md")
    described = set(re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", pages, re.MULTILINE))
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in ROUTES
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served


SENT = re.compile(r"^```http (\w+)\n(.*?)^```\n\n```(\w+)(?: (\d+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A request of the page and the answer that it shows."""

    app: str
    method: str
    path: str
    body: Any
    status: int
    answer: Any
    events: list[str]

    @classmethod
    def all(cls) -> list["Example"]:
        return [cls.read(*found) for found in SENT.findall(text_of("api.md"))]

    @classmethod
    def read(cls, app: str, request: str, kind: str, status: str, answer: str) -> "Example":
        head, _, body = request.partition("\n\n")
        method, path = head.strip().split(" ")
        return cls(
            app=app,
            method=method,
            path=path,
            body=json.loads(body) if body.strip() else None,
            status=int(status or 200),
            answer=json.loads(answer) if kind == "json" else None,
            events=answer.split() if kind == "events" else [],
        )


@pytest.fixture(scope="module")
def apps(workbench: Workbench) -> dict[str, MadeApp]:
    """The apps that the examples speak of."""
    files = {"chat": "chat.yml", "completion": "completion.yml", "workflow": "ticket-router.yml"}
    return {name: workbench.import_app((EXAMPLES / file).read_text()) for name, file in files.items()}


def test_the_examples_of_the_api_are_answered_as_shown(workbench: Workbench, apps: dict[str, MadeApp]):
    """In the order of the page, since later ones speak of what earlier ones made."""
    examples = Example.all()
    assert len(examples) >= 15
    seen: dict[str, str] = {}
    for example in examples:
        api = workbench.api(apps[example.app], "ada")
        path = example.path.removeprefix("/v1")
        for name, value in seen.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"{example.path}: nothing before it names what it needs"
        if example.events:
            assert names_of(api.events(path, example.body)) == example.events
            continue
        response = api.call(example.method, path, json=example.body)
        where = f"{example.method} {example.path}"
        assert response.status_code == example.status, f"{where}: {response.text}"
        assert shape(response.json()) == shape(example.answer), where
        seen |= dict(ids(response.json()))


def ids(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name.endswith("_id") and isinstance(member, str):
                yield name, member
            else:
                yield from ids(member)


def shape(value: Any) -> Any:
    """What a value is made of: members, and kinds of their values; of a list its first item."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(item) for item in value[:1]]
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return "null"


def test_error_codes_that_the_api_uses_are_described(workbench: Workbench, apps: dict[str, MadeApp]):
    described = set(re.findall(r"^\| (\d{3}) \| `(\w+)` \|", text_of("api.md"), re.MULTILINE))
    chat, workflow = workbench.api(apps["chat"]), workbench.api(apps["workflow"])
    answers: list[httpx.Response] = [
        workbench.raw().get("/v1/info"),
        chat.get("/nowhere"),
        chat.post("/info"),
        chat.run(),
        workflow.chat("hi"),
        workflow.complete(),
        workflow.run(),
        chat.call("POST", "/chat-messages", content=b"{", headers={"Content-Type": "application/json"}),
        chat.call("POST", "/chat-messages", content=b"{}", headers={"Content-Type": "text/plain"}),
        chat.call("POST", "/files/upload", files={"other": ("a.txt", b"a")}),
        chat.get("/conversations/00000000-0000-0000-0000-000000000000/variables", user="x"),
    ]
    refused = {(str(answer.status_code), answer.json()["code"]) for answer in answers}
    assert len(refused) >= 8
    assert refused <= described


def test_the_quick_start_works_word_for_word(tmp_path: Path):
    """Every `treadle` command of the page, but `serve`, in its order, with a real file for the reader's own."""
    app = tmp_path / "my-app.yml"
    app.write_text((EXAMPLES / "ticket-router.yml").read_text())
    treadle = Terminal(tmp_path / "data")
    ran = 0
    for language, block in FENCE.findall(text_of("quick-start.md")):
        if language != "sh" or not block.startswith("treadle ") or block.startswith("treadle serve"):
            continue
        for line in block.replace("my-app.yml", str(app)).splitlines():
            arguments = shlex.split(line)[1:]
            if "examples/chat.yml" in arguments:
                continue
            said = treadle(*arguments)
            assert said.code == 0, said
            ran += 1
    assert ran == 5


@pytest.mark.local_model
@pytest.mark.xdist_group("local_model")
def test_the_first_question_of_the_quick_start_is_answered_offline(tmp_path: Path):
    (line,) = [line for line in text_of("quick-start.md").splitlines() if line.startswith("treadle run examples/chat")]
    said = Terminal(tmp_path / "data").process(*shlex.split(line)[1:], TREADLE_LOCAL_MODEL="true")
    assert said.code == 0, said
    assert len(said.out.split()) > 3
