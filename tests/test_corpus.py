"""Files exported by real users: checked, imported, exported again, and run to their end with the scripted model.

The folder is named by TREADLE_CORPUS; files that are not listed here are held to the same rules.
"""

import asyncio
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from aiohttp import web

from tests.doubles.echo_server import EchoServer
from tests.doubles.made_up_tools import MadeUpTools
from tests.doubles.media import png
from tests.doubles.recording import JsonValue
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.scripted_strategies import ScriptedStrategies, calling, collecting
from treadle.accounts.tables import EndUserType
from treadle.apps.check import Report, check_file
from treadle.apps.running.requests import StartRun
from treadle.apps.service import ImportFailed
from treadle.apps.tables import App, CreatedFrom
from treadle.apps.uploads import FileOrigin
from treadle.dsl import NodeView, graph_view, parse
from treadle.engine.events import NodeFinished, NodeStatus, RunFinished, RunStatus
from treadle.engine.ports import KnowledgeBase, Ports, RetrievalRequest
from treadle.engine.values import Value
from treadle.nodes import NODE_TYPES
from treadle.nodes.inputs import InputVariable
from treadle.platform.refusals import Refusal
from treadle.sandbox.packages import offer_installed
from treadle.server.services import Services, open_services
from treadle.settings import Settings
from treadle.tools.messages import Json, Message, Text

CORPUS = Path(os.environ.get("TREADLE_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
FILES = sorted(CORPUS.glob("*.yml")) if CORPUS.is_dir() else []
RUN_SECONDS = 60

NOT_YAML = "text follows the closing quote of a value"
REFUSED = {"Dify 运营一条龙.yml": NOT_YAML, "Text to Card Iteration.yml": NOT_YAML}
"""Files that are no YAML: a value goes on behind its closing quote. Every YAML reader refuses them."""

PACKAGES = ("json-repair", "matplotlib", "numpy", "pandas", "requests")
"""What the code of the files imports besides the standard library, and is installed here."""

KNOWN = {
    "Claude3 Code Translation.yml", "Deep Researcher On Dify .yml", "Document_chat_template.yml",
    "DuckDuckGo翻译+LLM二次翻译.yml", "File_read.yml", "Form表单聊天Demo.yml", "Jina Reader Jinja.yml",
    "chart_demo.yml", "dify_course_demo.yml", "llm2o1.cn.yml", "matplotlib.yml", "runLLMCode.yml", "simple-kimi.yml",
    "translation_workflow.yml", "全书翻译.yml", "图文知识库__图文知识库.yml", "完蛋！我被LLM包围了！ .yml",
    "完蛋！我被LLM包围了！（战绩排行版）.yml", "小支付-DEMO.yml", "搜索大师.yml", "文章仿写-单图_多图自动搭配.yml",
    "春联生成器 (“福”到了版本).yml", "春联生成器.yml", "标题党创作.yml", "瞎说新语v2.yml",
}  # fmt: skip
"""Runs that must succeed, besides those whose outputs are compared."""

STRATEGIES = dict(
    [
        collecting("afeaad50-3ca8-4d6b-8e95-ca6993bb2951/agent/agent", "TOD", schema="task_schema"),
        collecting("svcvit/agent/agent", "TOD", schema="information_schema"),
        calling("hjlarry/agent/mcp_agent", "function_calling"),
    ]
)
"""Stand for the strategies that the files take from plugins."""

DEPENDS_ON_OTHERS = {"code", "http-request", "template-transform", "tool", "agent"}
"""The nodes in which a file that is not listed here may fail: made up answers need not be what its code looks for, and
other strategies are not here."""

COUPLET = {"banner": "春回大地", "top": "一", "bottom": "二", "summary": "福"}
CHAPTERS = [
    {"chapter": "1", "title": "Looms", "contents": ["Warp", "Weft"]},
    {"chapter": "2", "title": "Dyes", "contents": ["Madder"]},
]
SAID: dict[str, str] = {
    "春联生成器.yml": f"```json\n{json.dumps(COUPLET, ensure_ascii=False)}\n```",
    "春联生成器 (“福”到了版本).yml": json.dumps(COUPLET, ensure_ascii=False),
    "dify_course_demo.yml": f"```json\n{json.dumps(CHAPTERS)}\n```",
    "runLLMCode.yml": "```python\nprint('ran')\n```",
}
"""What the model must say first, so that the code behind it finds what it looks for."""

HITS = tuple(Json({"title": f"Hit {number}", "href": f"https://hits/{number}"}) for number in range(1, 6))
FUNCTION = [{"type": "function", "signature": "f()", "codes": ""}]
CODE = {"out_file_name": "x.py", "python": FUNCTION, "java": FUNCTION}
ANSWERS: dict[str, tuple[Message, ...]] = {
    "ddgo_search": HITS,
    "localScrape": (Text(json.dumps({"title": "Looms", "content": "A treadle moves the loom. " * 30})),),
    "lambda_yaml_to_json": (Text(json.dumps({"json": CODE})),),
}
"""What tools answer that the code behind them takes apart."""

JIEBA = """
def setLogLevel(level): pass
def cut(text, use_paddle=False): yield from text.split()
"""
"""Stands for the package of this name, which is not installed: it cuts at spaces."""

GIVEN: dict[str, dict[str, Any]] = {
    "json_translate.yml": {"json_data": '{"title": "Good morning", "id": 7, "tags": ["Red wine"]}'},
    "json-repair.yml": {"llm_string": "{'name': 'Ada', \"langs\": [\"en\",]"},
}
"""Inputs that a file's code looks into."""

pytestmark = [
    pytest.mark.skipif(not FILES, reason="the corpus of app files is not at hand"),
    pytest.mark.xdist_group("corpus"),  # One server imports all of them: it takes half a minute.
]


class Weather(EchoServer):
    """Stands for every web service that the files ask: a climate table at its path, an echo elsewhere."""

    def routes(self) -> list[web.RouteDef]:
        ours = [web.get("/api/climate", self._climate), web.post("/v1/sandbox/run", self._run)]
        return [*ours, *super().routes()]

    async def _run(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": 0, "message": "success", "data": {"stdout": "ran", "error": ""}})

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


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """Every file's outcome, all in one data folder."""
    with ScriptedModel().in_thread() as model, Weather().in_thread() as weather:
        yield asyncio.run(_outcomes(tmp_path_factory.mktemp("corpus"), model, weather))


async def _outcomes(folder: Path, model: ScriptedModel, weather: Weather) -> dict[str, Outcome]:
    packages = offer_installed(folder / "packages", PACKAGES)
    assert packages is not None
    (packages / "jieba.py").write_text(JIEBA)
    settings = Settings(data_dir=folder, local_model=False, egress_allow=("127.0.0.1",), code_packages=packages)
    async with open_services(settings=settings) as services:
        tools = MadeUpTools()
        for kind in ("builtin", "workflow"):
            services.tools.add_source(kind, tools)
        for name, messages in ANSWERS.items():
            tools.answer(name, *messages)
        _know_something(services)
        services.host.world.find_strategies_with(lambda _, models, tools: ScriptedStrategies(models, tools, STRATEGIES))
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
            found[file.name] = await _outcome(services, workspace.id, file.name, file.read_bytes(), weather, tools)
        return found


def _know_something(services: Services) -> None:
    """Every knowledge base that a file names exists and says one thing."""
    ports = services.host.world.ports

    def with_knowledge(*arguments: Any, **more: Any) -> Ports:
        return dataclasses.replace(ports(*arguments, **more), knowledge=OneFact())

    services.host.world.ports = with_knowledge  # type: ignore[method-assign]


class OneFact:
    """Implements `engine.ports.Knowledge`."""

    async def bases(self, dataset_ids: Sequence[str]) -> list[KnowledgeBase]:
        return [KnowledgeBase(id=each, name=f"Base {number}") for number, each in enumerate(dataset_ids, 1)]

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        metadata: Value = {"dataset_id": request.dataset_ids[0], "score": 0.9, "position": 1, "_source": "knowledge"}
        return [{"metadata": metadata, "title": "Looms", "content": "A treadle moves the loom.", "files": None}]


def _describe_tools(source: bytes, tools: MadeUpTools) -> None:
    app = parse(source).app
    for node in graph_view(app.workflow).nodes if app and app.workflow else []:
        name, given = node.data.get("tool_name"), node.data.get("tool_parameters")
        if node.type == "tool" and isinstance(name, str):
            tools.describe(name, list(given) if isinstance(given, dict) else [])


async def _outcome(
    services: Services, workspace_id: str, name: str, source: bytes, weather: Weather, tools: MadeUpTools
) -> Outcome:
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
    _describe_tools(source, tools)
    app = (await services.apps.import_file(workspace_id, local, publish=True)).app
    await _run(services, app, outcome, GIVEN.get(name, {}))
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


async def _run(services: Services, app: App, outcome: Outcome, given: Mapping[str, Any]) -> None:
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
        inputs={**await _made_up(services, version.form, origin), **given},
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
    if outcome.import_error or not missing:
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
    if file.name in KNOWN or file.name in OUTPUTS or (finished.status is not RunStatus.FAILED):
        assert (finished.status, finished.error) == (RunStatus.SUCCEEDED, None)
        assert finished.total_steps == len({node.execution_id for node in outcome.nodes}) >= 2
        assert finished.outputs
        return
    assert finished.status is RunStatus.FAILED
    assert finished.error
    assert outcome.failed_node is not None
    assert outcome.failed_node.node_type in DEPENDS_ON_OTHERS


SEVEN = "Seven words about the weather of Lyon"
TRANSLATED = {"title": "translate says hello", "id": 7, "tags": ["translate says hello"]}
OUTPUTS: dict[str, dict[str, Any]] = {
    "AgentFlow.yml": {"answer": "请问您想去哪里旅行？", "files": []},
    "Agent工具调用.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "Artifact.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "Deep Researcher On Dify .yml": {"answer": "", "files": []},
    "Demo-tod_agent.yml": {"answer": "请问您想去哪里旅行？", "files": []},
    "Document_chat_template.yml": {"output": "You said: "},
    "File_read.yml": {"output": "错误: [Errno 2] No such file or directory: 'None'"},
    "Jina Reader Jinja.yml": {"text": "|URL|Summary|\n|---|---|\n"},
    "LanguageConsistencyChecker.yml": dict.fromkeys(("cn", "en", "jp"), "You said: "),
    "MCP-amap.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "MCP.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "Python Coding Prompt.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "SEO Slug Generator.yml": {"output": f"You said: {SEVEN}"},
    "jieba.yml": {"answer": "['Hello,', 'who', 'are', 'you?']", "files": []},
    "json-repair.yml": {"output": '{"name": "Ada", "langs": ["en"]}'},
    "json_translate.yml": {"updated_json": json.dumps(TRANSLATED, indent=2)},
    "llm2o1.cn.yml": {"answer": "## 问题分析步骤\n\n\n##  最终解答\nYou said: ", "files": []},
    "runLLMCode.yml": {"output": "ran"},
    "中译英.yml": {"output": f"You said: {SEVEN}"},
    "全书翻译.yml": {"final": "You said: "},
    "图文知识库__图文知识库.yml": {"answer": "You said: ", "files": []},
    "宝玉的英译中优化版.yml": {"output": f"You said: {SEVEN}"},
    "思考助手.yml": {"answer": "You said: Hello, who are you?", "files": []},
    "文章仿写-单图_多图自动搭配.yml": {"answer": "You said: "},
    "旅行Demo.yml": {"answer": 'You said: ["user:Hello, who are you?"]', "files": []},
    "标题党创作.yml": {
        "title_list": [
            "You said: 用户输入的信息如下：",
            "- 主题：Seven words about the weather of Lyon",
            "",
            "- 其他描述：Seven words about the weather of Lyon",
        ]
    },
    "根据用户的意图进行回复.yml": {"output": f"You said: You said: You said: {SEVEN}"},
    "腾讯云SubtitleInfo.yml": {"status": 0, "content": ""},
    "记忆测试.yml": {"answer": "You said: Hello, who are you?", "files": []},
}
"""What the files must give, word for word, with a model that repeats what it is asked."""

DIGESTS = {
    "Claude3 Code Translation.yml": "073e0e06b8cc7421",
    "DuckDuckGo翻译+LLM二次翻译.yml": "df57026d3447d5ef",
    "Form表单聊天Demo.yml": "ce83930eece6f593",
    "chart_demo.yml": "5e298d7b3a298693",
    "dify_course_demo.yml": "d05fba1aa1ff077b",
    "simple-kimi.yml": "fc6f38f92a8809fa",
    "translation_workflow.yml": "bf93f8312c889e3b",
    "完蛋！我被LLM包围了！ .yml": "0798748ef31c4300",
    "完蛋！我被LLM包围了！（战绩排行版）.yml": "0798748ef31c4300",
    "小支付-DEMO.yml": "552bd5b9c7d383a3",
    "搜索大师.yml": "ff32ed81e9cc9cb5",
    "春联生成器 (“福”到了版本).yml": "39f60a2a4b691ea5",
    "春联生成器.yml": "b494a1c19eafd68f",
    "瞎说新语v2.yml": "022cc2115839b93e",
}
"""The same of longer ones: what `digest` makes of their outputs."""


def digest(outputs: Mapping[str, Any]) -> str:
    """Tells one file's outputs from others."""
    return hashlib.sha256(json.dumps(outputs, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


@by_file
def test_a_file_gives_what_it_must(outcomes: dict[str, Outcome], file: Path):
    finished = outcomes[file.name].finished
    if file.name in DIGESTS:
        assert finished is not None
        assert digest(finished.outputs) == DIGESTS[file.name], finished.outputs
    elif file.name in OUTPUTS:
        assert finished is not None
        assert finished.outputs == OUTPUTS[file.name]
    else:
        pytest.skip("only its end is looked at")


def test_files_take_what_others_made_apart(outcomes: dict[str, Outcome]):
    def output(name: str) -> dict[str, Any]:
        finished = outcomes[name].finished
        if finished is None:
            pytest.skip("another corpus")
        return finished.outputs

    if not set(SAID) <= set(outcomes):
        pytest.skip("another corpus")
    subtitles = [each["info"]["subtitle"] for each in output("dify_course_demo.yml")["course"]]
    assert subtitles == ["Warp", "Weft", "Madder"]
    assert f">\n            {COUPLET['top']}\n" in output("春联生成器.yml")["output"]
    assert "data:image/png;base64,iVBORw0KGgo" in output("matplotlib.yml")["answer"]
    assert [hit in output("simple-kimi.yml")["answer"] for hit in ("https://hits/1", "https://hits/4")] == [True, True]
