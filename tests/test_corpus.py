"""Files exported by real users: checked, imported, exported again, and run to their end with the scripted model.

The folder is named by TREADLE_CORPUS; files that are not listed here are held to the same rules.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from aiohttp import web

from tests.doubles.echo_server import EchoServer
from tests.doubles.media import png
from tests.doubles.recording import JsonValue
from tests.doubles.scripted_model import ScriptedModel
from treadle.accounts.tables import EndUserType
from treadle.apps.check import Report, check_file
from treadle.apps.runs import StartRun
from treadle.apps.service import ImportFailed
from treadle.apps.tables import App, CreatedFrom
from treadle.apps.uploads import FileOrigin
from treadle.dsl import AppMode, NodeView, graph_view, parse
from treadle.engine.events import NodeFinished, NodeStatus, RunFinished, RunStatus
from treadle.nodes import NODE_TYPES
from treadle.nodes.inputs import InputVariable
from treadle.platform.refusals import Refusal
from treadle.server.services import Services, open_services
from treadle.settings import Settings

CORPUS = Path(os.environ.get("TREADLE_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
FILES = sorted(CORPUS.glob("*.yml")) if CORPUS.is_dir() else []
RUN_SECONDS = 60

NOT_YAML = "text follows the closing quote of a value"
REFUSED = {"Dify 运营一条龙.yml": NOT_YAML, "Text to Card Iteration.yml": NOT_YAML}
"""Files that are no YAML: a value goes on behind its closing quote. Every YAML reader refuses them."""

WANTS_PACKAGE = {
    "Form表单聊天Demo.yml": "requests",
    "jieba.yml": "jieba",
    "json-repair.yml": "json_repair",
    "matplotlib.yml": "matplotlib",
    "腾讯云SubtitleInfo.yml": "requests",
}
"""Runs that must fail: their code imports a package that the sandbox does not have, and its error says which."""

RUNS = {
    "Artifact.yml",
    "Python Coding Prompt.yml",
    "SEO Slug Generator.yml",
    "chart_demo.yml",
    "translation_workflow.yml",
    "中译英.yml",
    "完蛋！我被LLM包围了！ .yml",
    "宝玉的英译中优化版.yml",
    "春联生成器 (“福”到了版本).yml",
    "春联生成器.yml",
    "标题党创作.yml",
    "瞎说新语v2.yml",
}
"""Runs that must succeed."""

DEPENDS_ON_OTHERS = {"code", "http-request", "template-transform", "tool", "agent"}
"""The nodes in which a file that is not listed here may fail: made up answers need not be what its code looks for, its
knowledge is empty here, and its tools have no credentials."""

COUPLET = {"banner": "春回大地", "top": "一", "bottom": "二", "summary": "福"}
SAID: dict[str, str] = {
    "春联生成器.yml": f"```json\n{json.dumps(COUPLET, ensure_ascii=False)}\n```",
    "春联生成器 (“福”到了版本).yml": json.dumps(COUPLET, ensure_ascii=False),
}
"""What the model must say so that the code behind it finds what it looks for."""

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus of app files is not at hand")


class Weather(EchoServer):
    """Stands for every web service that the files ask: a climate table at its path, an echo elsewhere."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/climate", self._climate), *super().routes()]

    async def _climate(self, request: web.Request) -> web.StreamResponse:
        months: list[JsonValue] = [
            {"month": month, "maxTemp": 20.5, "minTemp": 10.5, "rainfall": 80.0} for month in range(1, 13)
        ]
        return web.json_response({"data": {"beginYear": 1981, "endYear": 2010, "data": months}})


@dataclass
class Outcome:
    """What became of one file."""

    report: Report
    import_error: str = ""
    exported: str = ""
    publish_error: str = ""
    finished: RunFinished | None = None
    failed_node: NodeFinished | None = None
    nodes: list[NodeFinished] = field(default_factory=list)


def unknown_nodes(file: Path) -> list[NodeView]:
    """The nodes whose types cannot be run here."""
    app = parse(file.read_bytes()).app
    nodes = graph_view(app.workflow).nodes if app and app.workflow else []
    return [node for node in nodes if node.type not in NODE_TYPES]


def is_agent(outcome: Outcome) -> bool:
    """Agent apps are kept and exported, but not run yet."""
    return outcome.report.mode == AppMode.AGENT_CHAT


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """Every file's outcome, all in one data folder."""
    with ScriptedModel().in_thread() as model, Weather().in_thread() as weather:
        yield asyncio.run(_outcomes(tmp_path_factory.mktemp("corpus"), model, weather))


async def _outcomes(folder: Path, model: ScriptedModel, weather: Weather) -> dict[str, Outcome]:
    settings = Settings(data_dir=folder, local_model=False, egress_allow=("127.0.0.1",))
    async with open_services(settings=settings) as services:
        workspace = await services.accounts.only_workspace()
        credentials = {"endpoint_url": model.url, "api_key": model.key, "mode": "chat"}
        await services.models.add_model(
            workspace.id, "openai_api_compatible", "llm", "stub", credentials, default=True, validate=False
        )
        found: dict[str, Outcome] = {}
        for file in FILES:
            said = SAID.get(file.name)
            if said is not None:
                model.reply_sequence([said])
            found[file.name] = await _outcome(services, workspace.id, file.read_bytes(), weather)
        return found


async def _outcome(services: Services, workspace_id: str, source: bytes, weather: Weather) -> Outcome:
    outcome = Outcome(check_file(source))
    try:
        imported = await services.apps.import_file(workspace_id, source)
    except ImportFailed as refusal:
        outcome.import_error = refusal.message
        return outcome
    outcome.exported = await services.apps.export(workspace_id, imported.app.id, include_secrets=True)
    try:
        await services.apps.publish(workspace_id, imported.app.id)
    except Refusal as refusal:
        outcome.publish_error = refusal.message
        return outcome
    local = _with_local_services(source.decode(), weather.origin)
    app = (await services.apps.import_file(workspace_id, local, publish=True)).app
    await _run(services, app, outcome)
    return outcome


def _with_local_services(text: str, origin: str) -> str:
    """The file with the hosts of its HTTP nodes replaced, as nothing here may ask the internet."""
    app = parse(text).app
    assert app is not None
    nodes = graph_view(app.workflow).nodes if app.workflow else []
    for node in nodes:
        url = node.data.get("url")
        if node.type == "http-request" and isinstance(url, str) and url.startswith(("http://", "https://")):
            parts = urlsplit(url)
            text = text.replace(f"{parts.scheme}://{parts.netloc}", origin)
    return text


async def _run(services: Services, app: App, outcome: Outcome) -> None:
    version = await services.apps.published(app)
    user = await services.end_users.get_or_create(
        workspace_id=app.workspace_id,
        app_id=app.id,
        type=EndUserType.SERVICE_API,
        session_id="reader",
        is_anonymous=False,
    )
    origin = FileOrigin(app.workspace_id, app.id, "end_user", user.id, None)
    request = StartRun(
        app=app,
        created_from=CreatedFrom.SERVICE_API,
        user_id=user.id,
        user="reader",
        inputs=await _made_up(services, version.form, origin),
        query="Hello, who are you?",
    )
    active = await services.host.start(request)
    async with asyncio.timeout(RUN_SECONDS):
        outcome.finished = await active.finished()
    outcome.nodes = [event for event in active.feed.events if isinstance(event, NodeFinished)]
    outcome.failed_node = next((node for node in outcome.nodes if node.status is NodeStatus.FAILED), None)


async def _made_up(services: Services, form: Sequence[InputVariable], origin: FileOrigin) -> dict[str, Any]:
    """An answer to every question of a form."""
    inputs: dict[str, Any] = {}
    for question in form:
        match question.type:
            case "select":
                inputs[question.variable] = question.options[0]
            case "number":
                inputs[question.variable] = 3
            case "checkbox":
                inputs[question.variable] = True
            case "json_object":
                inputs[question.variable] = {}
            case "file" | "file-list":
                file = await _small_file(services, question, origin)
                inputs[question.variable] = file if question.type == "file" else [file]
            case _:
                text = str(question.default or "Seven words about the weather of Lyon")
                inputs[question.variable] = text[: question.max_length or None]
    return inputs


async def _small_file(services: Services, question: InputVariable, origin: FileOrigin) -> dict[str, str]:
    only_images = set(question.allowed_file_types) == {"image"}
    name, data = ("dot.png", png()) if only_images else ("note.txt", b"Seven words about the weather of Lyon")
    row = await services.uploads.upload(origin, name=name, declared_type="", data=data)
    kind = services.uploads.descriptor(row).type
    return {"type": kind, "transfer_method": "local_file", "upload_file_id": row.id}


by_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@by_file
def test_a_file_is_imported_or_refused_for_a_reason(outcomes: dict[str, Outcome], file: Path):
    outcome = outcomes[file.name]
    reason = REFUSED.get(file.name)
    if reason is None and not outcome.import_error:
        assert outcome.report.status in ("completed", "completed-with-warnings")
        return
    assert outcome.report.status == "failed"
    assert outcome.import_error.startswith("Line ")
    assert (reason or "") in outcome.import_error
    with pytest.raises(yaml.YAMLError):
        yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)


@by_file
def test_the_check_names_each_node_that_cannot_run_and_nothing_else(outcomes: dict[str, Outcome], file: Path):
    outcome = outcomes[file.name]
    if outcome.import_error:
        assert [problem.severity for problem in outcome.report.problems] == ["error"]
        return
    errors = {p.node: p for p in outcome.report.problems if p.severity == "error"}
    unknown = {node.id: node for node in unknown_nodes(file)}
    if is_agent(outcome):
        assert [(p.node, p.field) for p in errors.values()] == [(None, "app.mode")]
        return
    assert set(errors) == set(unknown)
    for node_id, problem in errors.items():
        assert problem.field == "data.type"
        assert f'"{unknown[node_id or ""].type}"' in problem.message


def _without_knowledge(graph: dict[str, Any]) -> dict[str, Any]:
    """The graph without the ids of knowledge bases, which other workspaces lose."""
    nodes = [{**node, "data": {**node["data"], "dataset_ids": []}} for node in graph["nodes"]]
    return {**graph, "nodes": nodes}


@by_file
def test_an_export_gives_the_file_back_as_data(outcomes: dict[str, Outcome], file: Path):
    outcome = outcomes[file.name]
    if outcome.import_error:
        pytest.skip("refused")
    given = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    written = yaml.load(outcome.exported, Loader=yaml.CSafeLoader)
    looks = {"icon", "icon_type"} if given["app"].get("icon_type") == "image" else set[str]()
    assert {key: written["app"][key] for key in given["app"] if key not in looks} == {
        key: value for key, value in given["app"].items() if key not in looks
    }
    assert written["dependencies"] == (given.get("dependencies") or [])
    if "workflow" not in given:
        kept = {key: value for key, value in given["model_config"].items() if key != "annotation_reply"}
        assert {key: written["model_config"][key] for key in kept} == kept
        return
    assert _without_knowledge(written["workflow"]["graph"]) == _without_knowledge(given["workflow"]["graph"])
    assert written["workflow"]["features"] == given["workflow"]["features"]
    for section in ("environment_variables", "conversation_variables"):
        before = given["workflow"].get(section) or []
        after = written["workflow"][section]
        assert [{key: item[key] for key in old} for old, item in zip(before, after, strict=True)] == before


@by_file
def test_a_file_whose_node_types_exist_can_be_published_and_others_name_the_missing_one(
    outcomes: dict[str, Outcome], file: Path
):
    outcome = outcomes[file.name]
    missing = {node.type: node.title for node in unknown_nodes(file) if node.parent is None}
    if outcome.import_error or not (missing or is_agent(outcome)):
        assert outcome.publish_error == ""
        return
    for kind, title in missing.items():
        assert f'"{kind}"' in outcome.publish_error
        assert f'"{title}"' in outcome.publish_error
    assert outcome.publish_error.startswith("This app cannot be published. ")


@by_file
def test_a_published_file_runs_to_its_end(outcomes: dict[str, Outcome], file: Path):
    outcome = outcomes[file.name]
    if outcome.import_error or outcome.publish_error:
        assert outcome.finished is None
        return
    finished = outcome.finished
    assert finished is not None
    package = WANTS_PACKAGE.get(file.name)
    if package is None and (file.name in RUNS or finished.status is not RunStatus.FAILED):
        assert (finished.status, finished.error) == (RunStatus.SUCCEEDED, None)
        assert finished.total_steps == len(outcome.nodes) >= 2
        assert finished.outputs
        return
    assert finished.status is RunStatus.FAILED
    assert finished.error
    assert outcome.failed_node is not None
    assert outcome.failed_node.node_type in DEPENDS_ON_OTHERS
    assert package is None or f"No module named '{package}'" in finished.error
