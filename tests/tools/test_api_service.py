"""APIs of a workspace over both databases: names, keys, changes, and other workspaces."""

import json

import pytest
from sqlalchemy import text

from tests.tools.conftest import OTHER_WORKSPACE, WORKSPACE, Tooling
from treadle.engine.errors import ToolNodeError
from treadle.engine.ports import ToolRef
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, InvalidParam, NotFound
from treadle.tools.api.service import ApiDraft

DOCUMENT = json.dumps(
    {
        "openapi": "3.0.0",
        "servers": [{"url": "https://pets.example", "env": "prod"}, {"url": "https://staging.example", "env": "stage"}],
        "paths": {"/pets": {"get": {"operationId": "list_pets", "summary": "All animals"}}},
    }
)
KEY = {"auth_type": "api_key", "api_key_value": "abcdefgh", "api_key_header_prefix": "bearer"}


def draft(name: str = "pets", **members: object) -> ApiDraft:
    return ApiDraft(name=name, schema=DOCUMENT, **members)  # type: ignore[arg-type]


async def test_what_is_stored_is_shown_with_the_key_masked(tooling: Tooling, db: Database) -> None:
    apis = tooling.tools.apis
    made = await apis.add(WORKSPACE, draft(credentials=KEY, labels=("utilities", "none"), privacy_policy="p"))
    shown = await apis.get(WORKSPACE, "pets")
    assert shown["credentials"] == {
        "auth_type": "api_key_header", "api_key_value": "ab****gh", "api_key_header_prefix": "bearer",
    }  # fmt: skip
    assert (shown["schema"], shown["schema_type"], shown["labels"]) == (DOCUMENT, "openapi", ["utilities"])
    assert [(each.id, each.name, each.authorized) for each in await apis.providers(WORKSPACE)] == [
        (made.id, "pets", True)
    ]
    async with db.connect() as connection:
        (stored,) = (await connection.execute(text("SELECT credentials FROM tool_apis"))).one()
    assert "abcdefgh" not in stored


async def test_a_name_is_used_once_per_workspace(tooling: Tooling) -> None:
    apis = tooling.tools.apis
    await apis.add(WORKSPACE, draft())
    await apis.add(WORKSPACE, draft("other"))
    await apis.add(OTHER_WORKSPACE, draft())
    with pytest.raises(Conflict):
        await apis.add(WORKSPACE, draft())
    with pytest.raises(Conflict):
        await apis.update(WORKSPACE, "other", draft("pets"))
    with pytest.raises(InvalidParam):
        await apis.add(WORKSPACE, draft("  "))


async def test_a_change_is_seen_by_the_next_call_and_keeps_id_and_key(tooling: Tooling) -> None:
    apis = tooling.tools.apis
    made = await apis.add(WORKSPACE, draft(credentials=KEY))
    assert await apis.find(WORKSPACE, made.id) is not None
    changed = ApiDraft(
        name="animals",
        schema=DOCUMENT.replace("list_pets", "all_pets"),
        credentials={**KEY, "api_key_value": "ab****gh"},
    )
    assert (await apis.update(WORKSPACE, "pets", changed)).id == made.id
    found = await apis.find(WORKSPACE, made.id)
    assert found is not None
    assert [operation.name for operation in found.operations] == ["all_pets"]
    assert found.credentials.api_key_value == "abcdefgh"
    assert (await apis.find(WORKSPACE, "animals")) is not None


async def test_a_stored_key_goes_to_no_other_server(tooling: Tooling) -> None:
    apis = tooling.tools.apis
    await apis.add(WORKSPACE, draft(credentials=KEY))
    masked = {**KEY, "api_key_value": "ab****gh"}
    elsewhere = DOCUMENT.replace("pets.example", "evil.example")
    with pytest.raises(InvalidParam, match="enter the key again"):
        await apis.update(WORKSPACE, "pets", ApiDraft(name="pets", schema=elsewhere, credentials=masked))
    with pytest.raises(InvalidParam, match="enter the key again"):
        await apis.try_out(
            WORKSPACE, schema=elsewhere, tool="list_pets", credentials=masked, parameters={}, files=tooling.files,
            provider="pets",
        )  # fmt: skip
    moved = ApiDraft(name="pets", schema=elsewhere, credentials={**KEY, "api_key_value": "new-key"})
    await apis.update(WORKSPACE, "pets", moved)


async def test_a_deleted_api_is_gone(tooling: Tooling) -> None:
    made = await tooling.tools.apis.add(WORKSPACE, draft())
    await tooling.tools.apis.delete(WORKSPACE, "pets")
    with pytest.raises(ToolNodeError, match="There is no API"):
        await tooling.call(ToolRef(provider_type="api", provider_id=made.id, tool_name="list_pets"), {})
    with pytest.raises(NotFound):
        await tooling.tools.apis.delete(WORKSPACE, "pets")


async def test_nobody_reaches_the_apis_of_another_workspace(tooling: Tooling) -> None:
    apis = tooling.tools.apis
    made = await apis.add(WORKSPACE, draft())
    assert await apis.providers(OTHER_WORKSPACE) == []
    for reach in (
        lambda: apis.get(OTHER_WORKSPACE, "pets"),
        lambda: apis.provider(OTHER_WORKSPACE, "pets"),
        lambda: apis.update(OTHER_WORKSPACE, "pets", draft()),
        lambda: apis.delete(OTHER_WORKSPACE, "pets"),
    ):
        with pytest.raises(NotFound):
            await reach()
    ref = ToolRef(provider_type="api", provider_id=made.id, tool_name="list_pets")
    with pytest.raises(ToolNodeError):
        await tooling.call(ref, {}, workspace=OTHER_WORKSPACE)
    with pytest.raises(NotFound):
        await apis.try_out(
            OTHER_WORKSPACE, schema=DOCUMENT, tool="list_pets", credentials={}, parameters={}, files=tooling.files,
            provider="pets",
        )  # fmt: skip


async def test_a_preview_chooses_the_server_of_an_environment(tooling: Tooling) -> None:
    shown = await tooling.tools.apis.preview(DOCUMENT, environment="stage")
    assert shown["schema_type"] == "openapi"
    assert [each["server_url"] for each in shown["parameters_schema"]] == ["https://staging.example/pets"]  # type: ignore[index,union-attr,call-overload]


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"auth_type": "magic"}, "auth_type must be"),
        ({"auth_type": "api_key_header"}, "api_key_value is missing"),
        ({**KEY, "api_key_header_prefix": "x"}, "must be basic, bearer or custom"),
        ({**KEY, "api_key_header": "X\r\nY"}, "must not have line breaks"),
    ],
)
async def test_wrong_credentials_are_refused(tooling: Tooling, credentials: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidParam, match=reason):
        await tooling.tools.apis.add(WORKSPACE, draft(credentials=credentials))
