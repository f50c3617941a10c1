"""Credentials of built-in providers, over both databases, checked with a real call to a real service."""

import pytest
from sqlalchemy import text

from tests.tools.conftest import OTHER_WORKSPACE, WORKSPACE, Tooling
from tests.tools.kennel import Running
from treadle.engine.errors import ToolCredentialsError
from treadle.engine.ports import ToolRef, ToolText
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, InvalidParam, NotFound
from treadle.tools.credentials import CredentialInfo
from treadle.tools.secret_values import HIDDEN, mask, restored


def search(credential_id: str | None = None, provider_id: str = "brave", provider_type: str = "builtin") -> ToolRef:
    return ToolRef(
        provider_type=provider_type, provider_id=provider_id, tool_name="brave_search", credential_id=credential_id
    )


async def add(tooling: Tooling, service: Running, key: str = "first-key", **options: str | bool) -> CredentialInfo:
    values = {"brave_search_api_key": key, "base_url": f"{service.url}/search"}
    return await tooling.tools.credentials.add(WORKSPACE, "brave", values, **options)  # type: ignore[arg-type]


async def used(tooling: Tooling, service: Running, ref: ToolRef) -> str:
    """The key that a call with `ref` sends."""
    messages = await tooling.call(ref, {"query": "weave"})
    assert isinstance(messages[0], ToolText)
    assert "Looms" in messages[0].text
    return str(service.last["key"])


async def test_the_first_credentials_are_the_default(tooling: Tooling, service: Running) -> None:
    with pytest.raises(ToolCredentialsError, match="treadle tool credential add --provider brave"):
        await tooling.call(search(), {"query": "weave"})
    first = await add(tooling, service)
    assert (first.name, first.is_default) == ("API KEY 1", True)
    assert first.credentials == {"brave_search_api_key": "fi*****ey", "base_url": f"{service.url}/search"}
    second = await add(tooling, service, "second-key", name="Team")
    assert (second.name, second.is_default) == ("Team", False)
    assert await used(tooling, service, search()) == "first-key"
    assert await used(tooling, service, search(second.id)) == "second-key"
    await tooling.tools.credentials.set_default(WORKSPACE, second.id)
    assert await used(tooling, service, search()) == "second-key"
    listed = await tooling.tools.credentials.list_credentials(WORKSPACE, "brave")
    assert [(each.name, each.is_default) for each in listed] == [("Team", True), ("API KEY 1", False)]
    await tooling.tools.credentials.remove(WORKSPACE, second.id)
    assert await used(tooling, service, search()) == "first-key"


@pytest.mark.parametrize(
    ("provider_id", "provider_type"), [("langgenius/brave/brave", "builtin"), ("langgenius/brave/brave", "plugin")]
)
async def test_a_provider_is_known_by_the_name_of_its_plugin(
    tooling: Tooling, service: Running, provider_id: str, provider_type: str
) -> None:
    await add(tooling, service)
    assert await used(tooling, service, search(None, provider_id, provider_type)) == "first-key"


async def test_credentials_of_another_installation_are_replaced_by_the_default(
    tooling: Tooling, service: Running
) -> None:
    await add(tooling, service)
    assert await used(tooling, service, search("33333333-3333-4333-8333-333333333333")) == "first-key"


async def test_credentials_are_tried_before_they_are_kept(tooling: Tooling, service: Running) -> None:
    with pytest.raises(InvalidParam, match=r"The credentials of brave do not work: .*"):
        await add(tooling, service, "wrong-key")
    assert await tooling.tools.credentials.list_credentials(WORKSPACE) == []
    await add(tooling, service, "wrong-key", check=False)
    assert len(await tooling.tools.credentials.list_credentials(WORKSPACE)) == 1


async def test_what_does_not_fit_the_form_is_refused(tooling: Tooling) -> None:
    credentials = tooling.tools.credentials
    with pytest.raises(InvalidParam, match="The credential brave_search_api_key is missing"):
        await credentials.add(WORKSPACE, "brave", {})
    with pytest.raises(InvalidParam, match="brave has no credential nonsense"):
        await credentials.add(WORKSPACE, "brave", {"nonsense": "x"})
    with pytest.raises(InvalidParam, match="time needs no credentials"):
        await credentials.add(WORKSPACE, "time", {})
    with pytest.raises(NotFound, match="There is no tool provider nobody"):
        await credentials.add(WORKSPACE, "nobody", {})


async def test_names_are_used_once(tooling: Tooling, service: Running) -> None:
    await add(tooling, service, name="mine")
    with pytest.raises(Conflict, match="called mine already"):
        await add(tooling, service, name="mine")
    other = await add(tooling, service)
    with pytest.raises(Conflict, match="called mine already"):
        await tooling.tools.credentials.update(WORKSPACE, other.id, name="mine")


async def test_a_masked_secret_that_comes_back_stays(tooling: Tooling, service: Running) -> None:
    made = await add(tooling, service)
    await tooling.tools.credentials.update(WORKSPACE, made.id, made.credentials, name="renamed")
    assert await used(tooling, service, search()) == "first-key"
    changed = {**made.credentials, "brave_search_api_key": "second-key"}
    await tooling.tools.credentials.update(WORKSPACE, made.id, changed)
    assert await used(tooling, service, search()) == "second-key"


async def test_secrets_are_sealed_in_the_database(tooling: Tooling, service: Running, db: Database) -> None:
    await add(tooling, service)
    async with db.connect() as connection:
        (config,) = (await connection.execute(text("SELECT config FROM tool_credentials"))).one()
    assert "first-key" not in config
    assert f"{service.url}/search" in config


async def test_nobody_reaches_the_credentials_of_another_workspace(tooling: Tooling, service: Running) -> None:
    made = await add(tooling, service)
    credentials = tooling.tools.credentials
    assert await credentials.list_credentials(OTHER_WORKSPACE) == []
    for reach in (
        lambda: credentials.update(OTHER_WORKSPACE, made.id, name="taken"),
        lambda: credentials.remove(OTHER_WORKSPACE, made.id),
        lambda: credentials.set_default(OTHER_WORKSPACE, made.id),
    ):
        with pytest.raises(NotFound):
            await reach()
    with pytest.raises(ToolCredentialsError):
        await tooling.call(search(made.id), {"query": "weave"}, workspace=OTHER_WORKSPACE)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("", ""), ("abc", "***"), ("abcdef", "******"), ("abcdefg", "ab***fg"), ("abcdefgh", "ab****gh")],
)
def test_masks(secret: str, shown: str) -> None:
    assert mask(secret) == shown


def test_only_the_mask_of_the_stored_secret_stands_for_it() -> None:
    stored = {"key": "abcdefgh", "plain": "x"}
    assert restored({"key": "ab****gh"}, stored, {"key"}) == {"key": "abcdefgh"}
    assert restored({"key": HIDDEN}, stored, {"key"}) == {"key": "abcdefgh"}
    assert restored({"key": "ab***gh"}, stored, {"key"}) == {"key": "ab***gh"}
    assert restored({"plain": HIDDEN}, stored, {"key"}) == {"plain": HIDDEN}
