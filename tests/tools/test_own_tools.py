"""Tools of the operator's own, from the example of the documentation to what cannot be loaded."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.script import Reply, ToolCall
from tests.doubles.scripted_model import ScriptedModel
from tests.nodes.ports import MemoryFiles, file, replies
from tests.server.agents import agent_app, in_round, messages_of
from tests.tools.builtin.calls import a_call, given
from treadle.accounts.tables import EndUserType
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom
from treadle.apps.tool_secrets import tool_secrets_in
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.events import RunFinished
from treadle.engine.ports import ModelRef, ToolFile, ToolJson, ToolLink, ToolRef, ToolText, ToolVariable
from treadle.server.services import Services, open_services
from treadle.settings import Settings
from treadle.tools.builtin import builtin_providers, offer_own
from treadle.tools.messages import Json, Text
from treadle.tools.own.folder import OwnTools
from treadle.tools.sources import Caller

EXAMPLE = Path(__file__).parents[2] / "examples" / "extensions"
CLOTH = ToolRef(provider_type="builtin", provider_id="yardage", tool_name="cloth")

TOOL_YAML = (
    "identity: {name: NAME}\ndescription: {human: Works., llm: Works.}\nparameters:\n  - {name: q, type: string}\n"
)


def write(
    root: Path, code: str, *, provider: str = "bench", tool: str = "work", yaml: str = "", parameters: str = ""
) -> OwnTools:
    """The tools of a folder with one provider that has one tool."""
    place = root / "tools" / provider
    (place / "tools").mkdir(parents=True)
    (place / f"{provider}.yaml").write_text(yaml or f"identity: {{name: {provider}, label: {{en_US: Bench}}}}\n")
    (place / "tools" / f"{tool}.yaml").write_text(TOOL_YAML.replace("NAME", tool) + parameters)
    (place / "tools" / f"{tool}.py").write_text(code)
    return OwnTools.load(root)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(data_dir=tmp_path, local_model=False, egress_allow=("127.0.0.1",), extensions_dir=EXAMPLE)  # type: ignore[call-arg]
    async with open_services(settings=settings) as opened:
        yield opened


async def test_the_example_is_there_after_a_start_and_gives_every_kind_of_message(services: Services) -> None:
    workspace = await services.accounts.only_workspace()
    info = await services.tools.builtin_provider(workspace.id, "yardage")
    assert (info.label["en_US"], info.labels, info.authorized) == ("Yardage", ("utilities",), False)
    assert [(each.name, each.type, each.form, each.required) for each in info.tools[0].parameters] == [
        ("garments", "number", "llm", True),
        ("width", "select", "form", True),
    ]
    tools = services.tools.to_look_at(workspace.id)
    with pytest.raises(ToolCredentialsError, match="need credentials"):
        await tools.find(CLOTH)
    with pytest.raises(Exception, match="A member number begins with M-"):
        await services.tools.credentials.add(workspace.id, "yardage", {"member_number": "7"})
    await services.tools.credentials.add(workspace.id, "yardage", {"member_number": "M-7"})
    told = [
        message
        async for message in services.tools.for_run(
            Caller(workspace_id=workspace.id), services.tools.world_for(Caller(workspace_id=workspace.id))
        ).invoke(await tools.find(CLOTH), {"garments": 2, "width": "140"})
    ]
    assert told[:3] == [
        ToolText("2 garments take 3.2 m of cloth that is 140 cm wide."),
        ToolJson({"garments": 2, "metres": 3.2}),
        ToolLink("https://example.com/cutting"),
    ]
    assert isinstance(told[3], ToolFile)
    assert (told[3].file.filename, told[3].file.mime_type) == ("cutting.csv", "text/csv")
    assert told[4] == ToolVariable("metres", 3.2)


async def test_an_agent_calls_the_example(services: Services) -> None:
    workspace = await services.accounts.only_workspace()
    await services.tools.credentials.add(workspace.id, "yardage", {"member_number": "M-7"})
    tool = {"provider_type": "builtin", "provider_id": "yardage", "provider_name": "yardage", "tool_name": "cloth",
            "tool_label": "Cloth", "enabled": True, "tool_parameters": {"width": "90"}}  # fmt: skip
    query = "How much for two?"
    with ScriptedModel().in_thread() as model:
        model.reply_when(in_round(query, 0), Reply(tool_calls=(ToolCall("cloth", {"garments": 2}),)))
        model.reply_when(in_round(query, 1), "Five metres.")
        credentials = {"endpoint_url": model.url, "api_key": model.key, "mode": "chat",
                       "function_calling_type": "tool_call"}  # fmt: skip
        await services.models.add_model(
            workspace.id, "openai_api_compatible", "llm", "caller", credentials, default=True, validate=False
        )
        app = (await services.apps.import_file(workspace.id, agent_app(tool), publish=True)).app
        user = await services.end_users.get_or_create(
            workspace_id=workspace.id, app_id=app.id, type=EndUserType.SERVICE_API, session_id="ada", is_anonymous=False
        )
        run = await services.host.start(
            StartRun(
                app=app,
                created_from=CreatedFrom.SERVICE_API,
                user_id=user.id,
                user="ada",
                inputs={},
                query=query,
            )
        )
        finished = await run.finished()
        assert isinstance(finished, RunFinished)
        assert finished.outputs["answer"] == "Five metres."
        [told] = [str(message["content"]) for message in messages_of(model.requests[-1]) if message["role"] == "tool"]
        assert told.startswith("2 garments take 5.0 m of cloth that is 90 cm wide.")


DIFY = """
from core.tools.entities.tool_entities import ToolInvokeMessage
from core.tools.tool.builtin_tool import BuiltinTool


class Work(BuiltinTool):
    def _invoke(self, user_id: str, tool_parameters: dict) -> ToolInvokeMessage | list[ToolInvokeMessage]:
        return [self.create_text_message(f"{user_id}: {tool_parameters['q']}"), self.create_json_message({"a": 1})]
"""
ASYNC = """
from treadle.tools.own import Tool


class Work(Tool):
    async def _invoke(self, user_id, tool_parameters):
        yield self.create_text_message((await self.runtime.call.files.read(tool_parameters["f"])).decode())
"""
HELPERS = """
from treadle.tools.own import Tool


class Work(Tool):
    def _invoke(self, user_id, tool_parameters):
        said = self.read_file(tool_parameters["f"]).decode()
        return self.create_text_message(f"{said} {self.ask_model('Why?')} {self.summary(content='short')}")
"""


async def test_secrets_in_settings_of_own_tools_are_sealed_like_any_other(tmp_path: Path) -> None:
    found = write(tmp_path, DIFY, parameters="  - {name: token, type: secret-input, form: form}\n")
    tool = {"provider_type": "builtin", "provider_id": "bench", "tool_name": "work", "type": "tool"}
    graph: Any = {"nodes": [{"id": "n", "data": {**tool, "tool_configurations": {"token": "t0ken-1"}}}]}
    offer_own(found.providers)
    try:
        assert tool_secrets_in(graph) == ["t0ken-1"]
        assert list(builtin_providers())[-1] == "bench"
    finally:
        offer_own({})
    assert tool_secrets_in(graph) == []


async def test_a_tool_written_for_dify_runs_as_it_is(tmp_path: Path) -> None:
    found = write(tmp_path, DIFY)
    assert found.warnings == []
    call = a_call({"q": "looms"})
    object.__setattr__(call, "user_id", "ada")
    assert await given(found.providers["bench"], "work", call) == [Text("ada: looms"), Json({"a": 1})]


@pytest.mark.parametrize(("code", "words"), [(ASYNC, "warp"), (HELPERS, "warp Because. short")])
async def test_models_and_files_are_at_hand(tmp_path: Path, code: str, words: str) -> None:
    call = a_call(
        {"f": file("note.txt", kind="document")},
        models=replies("Because."),
        model=ModelRef("p", "m"),
        files=MemoryFiles({"note.txt": b"warp"}),
    )
    assert await given(write(tmp_path, code).providers["bench"], "work", call) == [Text(words)]


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("raise ValueError('the shuttle is empty')", ToolInvokeError, "the shuttle is empty"),
        ("raise CredentialsRefused('no such member')", ToolCredentialsError, "no such member"),
        ("return 'just a text'", ToolInvokeError, "gave a str; it gives what its create_…_message methods make"),
        ("return self.ask_model('Why?')", ToolInvokeError, "needs a default language model"),
    ],
)
async def test_what_a_tool_raises_is_what_is_told(
    tmp_path: Path, body: str, error: type[Exception], words: str
) -> None:
    head = "from treadle.tools.own import CredentialsRefused, Tool\n\n\nclass Work(Tool):\n"
    code = f"{head}    def _invoke(self, user_id, tool_parameters):\n        {body}\n"
    with pytest.raises(error, match=words):
        await given(write(tmp_path, code).providers["bench"], "work", a_call())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "import no_such_module\n"}, "No module named 'no_such_module'"),
        ({"code": "x = 1\n"}, "work.py must define one subclass of Tool, and defines 0"),
        ({"yaml": "identity: {name: other}\n"}, "a folder is named as its provider"),
        ({"yaml": "identity: [\n"}, "bench.yaml"),
    ],
)
def test_what_cannot_be_loaded_is_passed_over_and_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    found = write(tmp_path, **{"code": DIFY, **change})
    assert found.providers == {}
    [warning] = found.warnings
    assert warning.startswith(f"{tmp_path / 'tools' / 'bench'} is passed over: ")
    assert words in warning


def test_a_provider_of_treadle_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, DIFY)
    assert OwnTools.load(tmp_path, taken=["bench"]).providers == {}
    assert "comes with Treadle" in OwnTools.load(tmp_path, taken=["bench"]).warnings[0]
    assert OwnTools.load(None).warnings == OwnTools.load(tmp_path / "nowhere").warnings == []
    assert "core.tools.errors" in sys.modules
