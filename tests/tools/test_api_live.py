"""Tools made from the description that a real service writes of itself, called over real HTTP."""

import pytest

from tests.nodes.ports import file
from tests.tools.conftest import WORKSPACE, Tooling
from tests.tools.kennel import PNG, Running, kennel, running
from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.ports import ToolFile, ToolJson, ToolRef, ToolText
from treadle.engine.values import File, Value
from treadle.tools.api.answer import NOTHING
from treadle.tools.api.service import ApiDraft
from treadle.tools.providers import ProviderInfo


@pytest.fixture
async def api(tooling: Tooling, service: Running) -> ProviderInfo:
    """The kennel as a provider, its description fetched from it."""
    schema = await tooling.tools.apis.fetch(f"{service.url}/openapi.json")
    return await tooling.tools.apis.add(WORKSPACE, ApiDraft(name="kennel", schema=schema))


def ref(api: ProviderInfo, tool: str) -> ToolRef:
    return ToolRef(provider_type="api", provider_id=api.id, tool_name=tool)


async def said(tooling: Tooling, api: ProviderInfo, tool: str, **parameters: Value) -> str:
    messages = await tooling.call(ref(api, tool), parameters)
    assert isinstance(messages[0], ToolText)
    return messages[0].text


async def test_the_tools_are_as_the_framework_describes_them(api: ProviderInfo) -> None:
    tools = {tool.name: tool for tool in api.tools}
    assert list(tools) == [
        "get_pet", "remove_pet", "add_pet", "write_note", "scan", "rename_all", "picture", "closed", "moved",
    ]  # fmt: skip
    described = [(each.name, each.type, each.required, each.default) for each in tools["get_pet"].parameters]
    assert described == [
        ("pet_id", "number", True, None),
        ("tags", "array", False, None),
        ("kind", "select", False, "dog"),
        ("limit", "number", False, 10),
        ("verbose", "boolean", False, False),
        ("x-trace", "string", False, None),
        ("visit", "string", False, None),
    ]
    kind = tools["get_pet"].parameters[2]
    assert [option.value for option in kind.options] == ["dog", "cat"]
    assert tools["get_pet"].parameters[0].llm_description == "Its number."
    assert tools["get_pet"].description == "Find one animal"
    assert [(each.name, each.type, each.required) for each in tools["add_pet"].parameters] == [
        ("name", "string", True),
        ("kind", "select", True),
        ("legs", "number", False),
        ("weight", "number", False),
        ("tags", "array", False),
        ("owner", "object", False),
        ("vaccinated", "boolean", False),
    ]
    owner = tools["add_pet"].parameters[5].input_schema
    assert owner is not None
    assert list(owner["anyOf"][0]["properties"]) == ["name", "age"]  # type: ignore[index,call-overload]
    assert [(each.name, each.type) for each in tools["scan"].parameters] == [
        ("picture", "file"), ("pages", "files"), ("note", "string"),
    ]  # fmt: skip


async def test_path_query_header_and_cookie(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    messages = await tooling.call(
        ref(api, "get_pet"),
        {
            "pet_id": "7", "tags": '["ä b", "c&d"]', "kind": "cat", "limit": 3, "verbose": "yes",
            "x-trace": "t-1", "visit": "v;1",
        },
    )  # fmt: skip
    received = service.last
    assert received["query"] == "tags=%C3%A4%20b&tags=c%26d&kind=cat&limit=3&verbose=true"
    assert {name: received[name] for name in ("pet_id", "tags", "kind", "limit", "verbose", "x_trace")} == {
        "pet_id": 7, "tags": ["ä b", "c&d"], "kind": "cat", "limit": 3, "verbose": True, "x_trace": "t-1",
    }  # fmt: skip
    assert received["headers"]["cookie"] == "visit=v%3B1"
    text, value = messages
    assert isinstance(text, ToolText)
    assert isinstance(value, ToolJson)
    assert "ä b" in text.text
    assert value.suppressed
    assert isinstance(value.value, dict)
    assert value.value["pet_id"] == 7


async def test_case_62_empty_query_values_are_left_out(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    await tooling.call(ref(api, "get_pet"), {"pet_id": 1, "tags": [], "x-trace": ""})
    assert service.last["query"] == "kind=dog&limit=10&verbose=false"
    assert "x-trace" not in service.last["headers"]


async def test_a_json_body_has_its_types_and_leaves_out_what_is_not_given(
    tooling: Tooling, api: ProviderInfo, service: Running
) -> None:
    await tooling.call(
        ref(api, "add_pet"),
        {"name": 5, "kind": "dog", "weight": "2.5", "tags": '["a"]', "owner": '{"name": "Bo", "age": "9"}'},
    )
    assert service.last["pet"] == {
        "name": "5", "kind": "dog", "legs": 4, "weight": 2.5, "tags": ["a"],
        "owner": {"name": "Bo", "age": 9}, "vaccinated": False,
    }  # fmt: skip
    assert service.last["headers"]["content-type"] == "application/json"
    await tooling.call(ref(api, "add_pet"), {"name": "Rex", "kind": "dog"})
    assert "weight" not in service.last["sent"]
    assert "owner" not in service.last["sent"]


async def test_forms(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    await tooling.call(ref(api, "write_note"), {"title": "a & b", "stars": "5"})
    assert (service.last["title"], service.last["stars"]) == ("a & b", 5)
    assert service.last["headers"]["content-type"] == "application/x-www-form-urlencoded"


async def test_files_go_out_with_names_and_types(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    tooling.files.stored = {"p.png": PNG, 'one".txt': b"1", "two.txt": b"22"}
    pages: list[Value] = [
        file('one".txt', kind="document", mime_type="text/plain"), file("two.txt", kind="document"),
    ]  # fmt: skip
    await tooling.call(ref(api, "scan"), {"picture": [file("p.png")], "pages": pages, "note": "é"})
    assert service.last["picture"] == ["p.png", "image/png", len(PNG)]
    assert service.last["pages"] == [["one%22.txt", "1"], ["two.txt", "22"]]
    assert service.last["note"] == "é"
    with pytest.raises(ToolParameterError, match='The parameter "picture" of the tool is required'):
        await tooling.call(ref(api, "scan"), {"pages": pages})


async def test_a_body_that_is_a_list(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    await tooling.call(ref(api, "rename_all"), {"body": '["a", "b"]'})
    assert service.last["names"] == ["a", "b"]


async def test_a_picture_is_kept_as_a_file(tooling: Tooling, api: ProviderInfo) -> None:
    (message,) = await tooling.call(ref(api, "picture"), {})
    assert isinstance(message, ToolFile)
    assert message.image
    assert isinstance(message.file, File)
    assert tooling.files.stored[message.file.id or ""] == PNG
    assert message.file.mime_type == "image/png"


async def test_an_empty_answer_says_so(tooling: Tooling, api: ProviderInfo) -> None:
    assert await said(tooling, api, "remove_pet", pet_id=1) == NOTHING


async def test_an_error_status_fails_with_what_the_service_said(tooling: Tooling, api: ProviderInfo) -> None:
    with pytest.raises(ToolInvokeError, match="closed on Mondays"):
        await tooling.call(ref(api, "closed"), {})


@pytest.mark.parametrize(
    ("credentials", "header", "value"),
    [
        (
            {"auth_type": "api_key", "api_key_value": "k", "api_key_header_prefix": "bearer"},
            "authorization",
            "Bearer k",
        ),
        (
            {"auth_type": "api_key_header", "api_key_value": "u:p", "api_key_header_prefix": "basic"},
            "authorization",
            "Basic dTpw",
        ),
        (
            {
                "auth_type": "api_key_header",
                "api_key_value": "k",
                "api_key_header": "X-Key",
                "api_key_header_prefix": "custom",
            },
            "x-key",
            "k",
        ),
    ],
)
async def test_keys_in_headers(
    tooling: Tooling, api: ProviderInfo, service: Running, credentials: dict[str, str], header: str, value: str
) -> None:
    schema = str((await tooling.tools.apis.get(WORKSPACE, "kennel"))["schema"])
    draft = ApiDraft(name="kennel", schema=schema, credentials=credentials)
    changed = await tooling.tools.apis.update(WORKSPACE, "kennel", draft)
    await tooling.call(ref(changed, "get_pet"), {"pet_id": 1})
    assert service.last["headers"][header] == value


async def test_a_key_in_the_query(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    schema = str((await tooling.tools.apis.get(WORKSPACE, "kennel"))["schema"])
    credentials = {"auth_type": "api_key_query", "api_key_value": "a b&c", "api_key_query_param": "token"}
    changed = await tooling.tools.apis.update(
        WORKSPACE, "kennel", ApiDraft(name="kennel", schema=schema, credentials=credentials)
    )
    await tooling.call(ref(changed, "get_pet"), {"pet_id": 1})
    assert service.last["query"].endswith("&token=a%20b%26c")


async def test_a_key_does_not_follow_to_another_server(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    schema = str((await tooling.tools.apis.get(WORKSPACE, "kennel"))["schema"])
    credentials = {"auth_type": "api_key_header", "api_key_value": "secret-key", "api_key_header": "X-Key"}
    changed = await tooling.tools.apis.update(
        WORKSPACE, "kennel", ApiDraft(name="kennel", schema=schema, credentials=credentials)
    )
    await tooling.call(ref(changed, "moved"), {"to": f"{service.url}/pets/1"})
    assert service.last["headers"]["x-key"] == "secret-key"
    with running(kennel()) as elsewhere:
        await tooling.call(ref(changed, "moved"), {"to": f"{elsewhere.url}/pets/1"})
        assert "x-key" not in elsewhere.last["headers"]


@pytest.mark.parametrize("value", ["..", "."])
async def test_a_path_cannot_be_left(tooling: Tooling, service: Running, value: str) -> None:
    document = (
        '{"openapi":"3.0.0","servers":[{"url":"' + service.url + '"}],"paths":{"/pets/{id}":{"get":'
        '{"operationId":"p","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]}}}}'
    )
    api = await tooling.tools.apis.add(WORKSPACE, ApiDraft(name="paths", schema=document))
    before = len(service.received)
    with pytest.raises(ToolParameterError, match="must not be"):
        await tooling.call(ref(api, "p"), {"id": value})
    assert len(service.received) == before
    with pytest.raises(ToolInvokeError, match="status 404"):
        await tooling.call(ref(api, "p"), {"id": "../admin?x=1#y"})


async def test_the_schema_cannot_lead_into_the_private_network(tooling: Tooling) -> None:
    document = (
        '{"openapi":"3.0.0","servers":[{"url":"http://169.254.169.254"}],"paths":{"/a":{"get":{"operationId":"a"}}}}'
    )
    api = await tooling.tools.apis.add(WORKSPACE, ApiDraft(name="inside", schema=document))
    with pytest.raises(ToolInvokeError, match=r"169\.254\.169\.254"):
        await tooling.call(ref(api, "a"), {})
    answer = await tooling.tools.apis.try_out(
        WORKSPACE, schema=document, tool="a", credentials={}, parameters={}, files=tooling.files
    )
    assert "169.254.169.254" in str(answer["error"])


async def test_trying_out_before_saving(tooling: Tooling, api: ProviderInfo, service: Running) -> None:
    schema = str((await tooling.tools.apis.get(WORKSPACE, "kennel"))["schema"])
    answer = await tooling.tools.apis.try_out(
        WORKSPACE, schema=schema, tool="get_pet", credentials={"auth_type": "none"}, parameters={"pet_id": 3},
        files=tooling.files,
    )  # fmt: skip
    assert '"pet_id": 3' in str(answer["result"])
    wrong = await tooling.tools.apis.try_out(
        WORKSPACE, schema=schema, tool="get_pet", credentials={}, parameters={"pet_id": "x"}, files=tooling.files
    )
    assert wrong == {"error": 'The parameter "pet_id" does not fit: "x" is no integer.'}
