"""Tools of the operator's own, from the example of the documentation to what cannot be loaded."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.doubles.script import Reply, ToolCall
from tests.doubles.scripted_model import ScriptedModel
from tests.nodes.ports import MemoryFiles, file, replies
from tests.server.agents import agent_app, in_round, messages_of
from tests.server.app_files import Node, end, leads, start, workflow
from tests.tools.builtin.calls import a_call, given
from treadle.accounts.tables import EndUserType
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom
from treadle.apps.tool_secrets import tool_secrets_in
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolNodeError
from treadle.engine.events import RunFinished
from treadle.engine.ports import (
    ModelRef,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolOption,
    ToolRef,
    ToolText,
    ToolVariable,
)
from treadle.nodes.agent.belt import ToolChoice, belt_of
from treadle.platform.refusals import InvalidParam
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


DYE = ToolRef(provider_type="builtin", provider_id="yardage", tool_name="dye")


async def test_parameters_follow_the_credentials(services: Services) -> None:
    workspace = await services.accounts.only_workspace()
    add = services.tools.credentials.add
    await add(workspace.id, "yardage", {"member_number": "M-7"})
    senior = await add(workspace.id, "yardage", {"member_number": "M-12"}, name="Senior")
    caller = Caller(workspace_id=workspace.id)
    [usual, seniors] = [
        await services.tools.parameters(caller, msgspec.structs.replace(DYE, credential_id=each))
        for each in (None, senior.id)
    ]
    assert [(each.name, each.form, each.type) for each in usual] == [
        ("metres", "llm", "number"),
        ("dye", "form", "select"),
    ]
    offered = [[option.value for option in each[1].options] for each in (usual, seniors)]
    assert offered == [["woad", "madder"], ["woad", "madder", "cochineal"]]
    info = await services.tools.builtin_provider(workspace.id, "yardage")
    assert [(each.name, each.has_runtime_parameters) for each in info.tools] == [("cloth", False), ("dye", True)]
    with pytest.raises(InvalidParam, match="has no tool"):
        await services.tools.parameters(caller, msgspec.structs.replace(DYE, tool_name="spin"))


@pytest.mark.parametrize(
    ("settings", "credentials", "status", "words"),
    [
        ({}, None, "succeeded", "It takes 80 g of woad."),
        ({"dye": "cochineal"}, "Senior", "succeeded", "It takes 16 g of cochineal."),
        ({"dye": "cochineal"}, None, "failed", "choose one of woad, madder"),
    ],
)
async def test_a_workflow_calls_a_tool_with_the_parameters_that_it_has_then(
    services: Services, settings: dict[str, str], credentials: str | None, status: str, words: str
) -> None:
    workspace = await services.accounts.only_workspace()
    add = services.tools.credentials.add
    await add(workspace.id, "yardage", {"member_number": "M-7"})
    senior = await add(workspace.id, "yardage", {"member_number": "M-12"}, name="Senior")
    call = {
            "title": "Dye",
            "type": "tool", "provider_type": "builtin", "provider_id": "yardage", "provider_name": "yardage",
            "tool_name": "dye", "tool_label": "Dye", "tool_parameters": {"metres": {"type": "constant", "value": 2}},
            "tool_configurations": settings, "credential_id": senior.id if credentials else None,
    }  # fmt: skip
    nodes = [start(to="t"), Node("t", call, leads("z")), end("z", said="t.text")]
    app = (await services.apps.import_file(workspace.id, workflow(*nodes), publish=True)).app
    user = await services.end_users.get_or_create(
        workspace_id=workspace.id, app_id=app.id, type=EndUserType.SERVICE_API, session_id="ada", is_anonymous=False
    )
    request = StartRun(app=app, created_from=CreatedFrom.SERVICE_API, user_id=user.id, user="ada", inputs={})
    finished = await (await services.host.start(request)).finished()
    assert isinstance(finished, RunFinished)
    assert finished.status == status
    assert words in (finished.error or str(finished.outputs["said"]))


async def test_an_agent_is_told_of_the_parameters_that_a_tool_has_then(services: Services) -> None:
    workspace = await services.accounts.only_workspace()
    await services.tools.credentials.add(workspace.id, "yardage", {"member_number": "M-7"})
    tools = services.tools.to_look_at(workspace.id)
    belt = await belt_of([ToolChoice(ref=DYE, fixed={"dye": "madder"})], tools, lenient=True)
    offered = belt.find("dye")
    assert offered is not None
    assert offered.parameters == ["metres"]
    assert [message async for message in offered.invoke({"metres": 3})] == [ToolText("It takes 165 g of madder.")]


TELLING = """
from core.tools.entities.common_entities import I18nObject
from core.tools.entities.tool_entities import ToolParameter, ToolParameterOption
from core.tools.tool.builtin_tool import BuiltinTool


class Work(BuiltinTool):
    def get_runtime_parameters(self) -> list[ToolParameter]:
        BODY

    def _invoke(self, user_id, tool_parameters):
        return self.create_text_message(str(sorted(tool_parameters.items())))
"""
MADE = """return [
            ToolParameter(
                name="size", label=I18nObject(en_US="Size", zh_Hans="大小"),
                human_description=I18nObject(en_US="How big"),
                type=ToolParameter.ToolParameterType.SELECT, form=ToolParameter.ToolParameterForm.FORM, required=True,
                default="s", options=[ToolParameterOption(value="s", label=I18nObject(en_US="Small"))],
            ),
            ToolParameter.get_simple_instance("q", "What to do", ToolParameter.ToolParameterType.STRING, True),
            {"name": "count", "type": "number", "form": "form", "default": 3, "label": "Count"},
        ]"""


async def test_a_tool_written_for_dify_tells_its_parameters(tmp_path: Path) -> None:
    found = write(tmp_path, TELLING.replace("BODY", MADE))
    assert found.warnings == []
    told = await found.providers["bench"].runtime_parameters("work", a_call())
    assert [(each.name, each.type, each.form, each.required, each.default) for each in told] == [
        ("size", "select", "form", True, "s"),
        ("q", "string", "llm", True, None),
        ("count", "number", "form", False, 3),
    ]
    assert told[0].label == {"en_US": "Size", "zh_Hans": "大小", "ja_JP": "Size"}
    assert told[0].options == (ToolOption(value="s", label={"en_US": "Small", "zh_Hans": "Small", "ja_JP": "Small"}),)
    assert (told[1].llm_description, told[2].label["en_US"]) == ("What to do", "Count")


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("raise ValueError('no list of sizes')", ToolNodeError, "tool Work cannot tell its parameters: no list"),
        ("from core.tools.errors import ToolProviderCredentialValidationError as E; raise E('gone')",
         ToolCredentialsError, "gone"),
        ("return [{'type': 'string'}]", ToolNodeError, "a parameter needs a name"),
        ("return ['size', 'q']", ToolNodeError, "a parameter needs a name"),
        ("return 7", ToolNodeError, "it gave a int instead of a list"),
        ("return [{'name': 'a', 'type': 'rope'}]", ToolNodeError, "Invalid enum value 'rope'"),
        ("return [{'name': 'k', 'type': 'secret-input', 'form': 'form'}]", ToolNodeError, 'the secret "k" must'),
        ("import threading; threading.Event().wait(1)", ToolNodeError, "it took longer than 0.01 seconds"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_told_parameters_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, error: type[Exception], words: str
) -> None:
    if "wait" in body:
        monkeypatch.setattr("treadle.tools.own.running.SECONDS_TO_TELL", 0.01)
    found = write(tmp_path, TELLING.replace("BODY", body))
    with pytest.raises(error, match=words):
        await found.providers["bench"].runtime_parameters("work", a_call())


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
