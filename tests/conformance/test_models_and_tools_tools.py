"""The numbered cases of spec models-and-tools §9 about tools."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.nodes.harness import failure_of
from tests.nodes.ports import MemoryFiles, RecordedHttp, a_world, file, http_answer
from tests.server.app_files import Node, end, leads, start, workflow
from tests.server.console_client import console_of
from tests.server.harness import MadeApp, Workbench
from tests.tools.kennel import kennel, running
from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import HttpRequest, Ports, Tool, ToolParameter, ToolRef
from treadle.engine.values import File, Value
from treadle.nodes.tool_parameters import cast, fixed_value
from treadle.platform.crypto import Crypto
from treadle.tools.api.auth import ApiCredentials, read_credentials
from treadle.tools.api.document import understand
from treadle.tools.api.failures import ApiDocumentError
from treadle.tools.api.operations import Operation
from treadle.tools.api.request import request_of
from treadle.tools.api.source import Api, ApiSource, Timeouts
from treadle.tools.port import RunTools
from treadle.tools.secret_values import mask, restored
from treadle.tools.sources import Caller, PublishedWorkflow, ToolCall, ToolWorld, WorkflowOutcome
from treadle.tools.workflow.source import PinnedWorkflow, WorkflowSource


async def operations(paths: Mapping[str, Any]) -> list[Operation]:
    document = {"openapi": "3.0.0", "servers": [{"url": "https://pets.example"}], "paths": paths}
    return (await understand(json.dumps(document), http=RecordedHttp([]))).parsed.operations


async def request(
    operation: Mapping[str, Any], parameters: Mapping[str, Value], credentials: ApiCredentials | None = None
) -> HttpRequest:
    (read,) = await operations({"/pets": operation})
    return await request_of(read, parameters, credentials or ApiCredentials(), MemoryFiles())


async def test_case_57_an_operation_without_a_name_is_called_after_its_path() -> None:
    assert [each.name for each in await operations({"/pets/{id}": {"get": {}}})] == ["petsid_get"]


async def test_case_58_more_than_a_hundred_operations_are_refused() -> None:
    assert len(await operations({f"/p{number}": {"get": {}} for number in range(100)})) == 100
    with pytest.raises(ApiDocumentError, match="more than 100 operations"):
        await operations({f"/p{number}": {"get": {}} for number in range(101)})


async def test_case_59_a_bearer_key_goes_into_its_header() -> None:
    credentials = read_credentials(
        {
            "auth_type": "api_key",
            "api_key_header": "Authorization",
            "api_key_header_prefix": "bearer",
            "api_key_value": "k",
        }
    )
    assert (await request({"get": {}}, {}, credentials)).headers == (("Authorization", "Bearer k"),)


async def test_case_60_an_error_status_fails_the_node_with_what_was_said() -> None:
    (operation,) = await operations({"/pets": {"get": {"operationId": "list"}}})
    api = Api(id="a", name="pets", icon=None, operations=(operation,), credentials=ApiCredentials())

    async def find(workspace_id: str, name: str) -> Api:
        return api

    failed = await failure_of(
        "tool",
        {"provider_id": "a", "provider_type": "api", "tool_name": "list", "tool_parameters": {}},
        ports=with_source(ApiSource(find, Timeouts()), RecordedHttp([http_answer(b"no such pet", status=404)])),
    )
    assert failed.error == "Failed to invoke tool list: The API answered with status 404: no such pet"
    assert failed.error_type == "ToolInvokeError"


def with_source(source: ApiSource, http: RecordedHttp) -> Ports:
    world = a_world(http=http)
    given = ToolWorld(models=world.models, code=world.code, http=http, files=world.files)
    return replace(world, tools=RunTools({"api": source}, Caller(workspace_id="w"), given))


async def test_case_61_an_optional_member_without_a_value_is_absent() -> None:
    properties = {"name": {"type": "string"}, "note": {"type": "string"}, "legs": {"type": "integer", "default": 4}}
    schema = {"type": "object", "required": ["name"], "properties": properties}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    sent = await request({"post": body}, {"name": "Rex"})
    assert json.loads(sent.body or b"") == {"name": "Rex", "legs": 4}


async def test_case_62_an_empty_query_value_is_not_sent() -> None:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("a", "b")]
    sent = await request({"get": {"parameters": parameters}}, {"a": "", "b": "x"})
    assert sent.url == "https://pets.example/pets?b=x"


def test_case_63_a_secret_is_masked_and_its_mask_changes_nothing() -> None:
    assert mask("abcdefgh") == "ab****gh"
    assert mask("abcdef") == "******"
    assert restored({"key": "ab****gh"}, {"key": "abcdefgh"}, {"key"}) == {"key": "abcdefgh"}


@pytest.mark.parametrize(
    ("kind", "given", "result"), [("boolean", "no", False), ("number", "1.0", 1.0), ("string", None, "")]
)
def test_case_64_values_become_their_types(kind: str, given: Value, result: Value) -> None:
    made = cast(ToolParameter(name="p", type=kind), given)
    assert (made, type(made)) == (result, type(result))


def test_case_65_zero_is_a_value_and_empty_text_is_none() -> None:
    parameter = ToolParameter(name="p", type="number", form="form", default=5)
    assert fixed_value(parameter, 0) == 0
    assert fixed_value(parameter, "") == 5


class Echo:
    """Workflows that give back their inputs. Implements `tools.sources.Workflows`."""

    def __init__(self) -> None:
        self.depths: list[int] = []

    async def published(self, workspace_id: str, app_id: str) -> PublishedWorkflow:
        raise AssertionError("nobody asks")

    async def versions(self, workspace_id: str, app_ids: Sequence[str]) -> Mapping[str, str]:
        return {}

    async def call(
        self, app_id: str, version_id: str, *, inputs: Mapping[str, Value], files: Sequence[File], caller: Caller
    ) -> WorkflowOutcome:
        self.depths.append(caller.depth)
        return WorkflowOutcome(outputs=dict(inputs))


async def test_case_66_a_workflow_tool_below_the_deepest_level_is_an_error() -> None:
    workflows, world = Echo(), a_world()
    tool = Tool(ref=ToolRef(provider_type="workflow", provider_id="t", tool_name="t"), name="t")

    async def find(workspace_id: str, ref: ToolRef) -> PinnedWorkflow:
        return PinnedWorkflow("app", "version", tool)

    source = WorkflowSource(find, lambda: workflows, max_depth=5)

    def called_at(depth: int) -> AsyncIterator[object]:
        given = ToolWorld(models=world.models, code=world.code, http=world.http, files=world.files)
        caller = Caller(workspace_id="w", depth=depth)
        return source.invoke(ToolCall(tool=tool, parameters={}, caller=caller, world=given))

    assert [message async for message in called_at(4)]
    with pytest.raises(ToolInvokeError, match="more than 5 deep"):
        [message async for message in called_at(5)]
    assert workflows.depths == [5]


def test_case_67_the_link_to_a_tools_file_cannot_be_changed_and_runs_out(workbench: Workbench) -> None:
    with running(kennel()) as service:
        document = json.dumps({**httpx.get(f"{service.url}/openapi.json").json(), "servers": [{"url": service.url}]})
        name = f"kennel {uuid4().hex[:6]}"
        made = console_of(workbench).post(
            "/workspaces/current/tool-provider/api/add", {"provider": name, "schema": document}
        )
        data = {
            "type": "tool", "title": "tool", "provider_id": made.json()["id"], "provider_type": "api",
            "tool_name": "picture", "tool_parameters": {}, "tool_configurations": {},
        }  # fmt: skip
        app = workbench.import_app(
            workflow(start(to="tool"), Node("tool", data, leads("end")), end(files="tool.files"))
        )
        (file,) = _run(workbench, app)["files"]
    url = urlsplit(file["url"])
    assert url.path == f"/files/tools/{file['related_id']}.png"
    query = dict(parse_qsl(url.query))

    def status(**changes: str) -> int:
        return workbench.raw().get(url.path, **{**query, **changes}).status_code

    assert status() == 200
    assert status(sign="A" + query["sign"][1:] if query["sign"][0] != "A" else "B" + query["sign"][1:]) == 403
    crypto = Crypto.open(workbench.data_dir / "secret.key")
    for age, expected in ((200, 200), (301, 403)):
        at = str(int(time.time()) - age)
        sign = crypto.sign(f"file|tool|{file['related_id']}|{at}|{query['nonce']}")
        assert status(timestamp=at, sign=sign) == expected


def _run(bench: Workbench, app: MadeApp) -> dict[str, Any]:
    api = bench.api(app)
    answer = api.post("/workflows/run", {"inputs": {}, "response_mode": "blocking", "user": api.user})
    return dict(answer.json()["data"]["outputs"])


def test_case_68_an_older_spelling_of_system_files_is_known() -> None:
    one = file("a.png")
    assert cast(ToolParameter(name="p", type="systme-files"), one) == [one]
    assert cast(ToolParameter(name="p", type="systme-files"), None) is None
