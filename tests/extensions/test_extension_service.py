"""API-based extensions, kept and asked (spec models-and-tools §5.3)."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.doubles.api_extension import ApiExtension
from treadle.extensions.service import HIDDEN, ExtensionService, masked
from treadle.extensions.tables import ApiExtension as Row
from treadle.extensions.wire import ExtensionFailed
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.settings import Settings

HERE, THERE = "workspace-1", "workspace-2"


@pytest.fixture
async def double() -> AsyncIterator[ApiExtension]:
    async with ApiExtension() as running:
        yield running


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[GuardedHttp]:
    client = GuardedHttp(Settings(data_dir=tmp_path, egress_allow=("127.0.0.1",)))
    yield client
    await client.close()


@pytest.fixture
def service(db: Database, tmp_path: Path, http: GuardedHttp) -> ExtensionService:
    return ExtensionService(db, Crypto.open(tmp_path / "key"), http)


async def made(service: ExtensionService, double: ApiExtension, name: str = "Mine", workspace: str = HERE) -> Row:
    return await service.create(workspace, name=name, api_endpoint=double.url, api_key=double.key)


async def test_an_extension_is_pinged_kept_sealed_and_listed_newest_first(
    service: ExtensionService, double: ApiExtension, db: Database
) -> None:
    first, second = await made(service, double, " One "), await made(service, double, "Two")
    assert [request.json for request in double.requests] == [{"point": "ping", "params": {}}] * 2
    assert [row.name for row in await service.list_extensions(HERE)] == ["Two", "One"]
    assert service.shown_key(first) == "ext******key"
    async with db.session() as session:
        stored = (await session.execute(select(Row.api_key))).scalars().all()
    assert not any(double.key in text for text in stored)
    assert (await service.extension(HERE, second.id)).api_endpoint == double.url


async def test_an_extension_is_asked_with_its_key(service: ExtensionService, double: ApiExtension) -> None:
    row = await made(service, double)
    params = {"app_id": "a", "tool_variable": "stock", "inputs": {"n": 1, "none": None}, "query": "q"}
    assert await service.ask(HERE, row.id, "app.external_data_tool.query", params) == {"result": "known stock"}
    request = double.requests[-1]
    assert (request.bearer, request.json) == (double.key, {"point": "app.external_data_tool.query", "params": params})
    assert request.headers["content-type"] == "application/json"


async def test_a_key_stays_when_it_comes_back_as_it_is_shown(service: ExtensionService, double: ApiExtension) -> None:
    row = await made(service, double)
    for key in (HIDDEN, service.shown_key(row)):
        await service.update(HERE, row.id, name="Renamed", api_endpoint=double.url, api_key=key)
    assert (await service.endpoint(HERE, row.id)).key == double.key
    double.key = "another-key"
    changed = await service.update(HERE, row.id, name="Renamed", api_endpoint=double.url, api_key="another-key")
    assert service.shown_key(changed) == "ano******key"
    await service.ask(HERE, row.id, "app.moderation.output", {"app_id": "a", "text": "t"})
    assert double.requests[-1].bearer == "another-key"


@pytest.mark.parametrize(
    ("name", "endpoint", "key", "reason"),
    [
        (" ", "http://x", "12345", "`name` must have"),
        ("n" * 256, "http://x", "12345", "`name` must have"),
        ("n", "ftp://x", "12345", "http or https"),
        ("n", "http://x", "1234", "at least 5 characters"),
    ],
)
async def test_what_cannot_be_kept_is_explained(
    service: ExtensionService, name: str, endpoint: str, key: str, reason: str
) -> None:
    with pytest.raises(InvalidParam, match=reason):
        await service.create(HERE, name=name, api_endpoint=endpoint, api_key=key)


async def test_names_are_unique_in_a_workspace(service: ExtensionService, double: ApiExtension) -> None:
    first, second = await made(service, double), await made(service, double, "Other")
    await made(service, double, workspace=THERE)
    with pytest.raises(InvalidParam, match="already"):
        await made(service, double)
    with pytest.raises(InvalidParam, match="already"):
        await service.update(HERE, second.id, name=first.name, api_endpoint=double.url, api_key=HIDDEN)


async def test_other_workspaces_do_not_see_it(service: ExtensionService, double: ApiExtension) -> None:
    row = await made(service, double)
    assert await service.list_extensions(THERE) == []
    with pytest.raises(NotFound):
        await service.extension(THERE, row.id)
    with pytest.raises(NotFound):
        await service.delete(THERE, row.id)
    with pytest.raises(ExtensionFailed, match="does not have"):
        await service.ask(THERE, row.id, "ping", {})
    await service.delete(HERE, row.id)
    with pytest.raises(ExtensionFailed, match="does not have"):
        await service.ask(HERE, row.id, "ping", {})


async def test_failures_quote_the_answer_and_never_the_key(
    service: ExtensionService, double: ApiExtension, caplog: pytest.LogCaptureFixture
) -> None:
    row = await made(service, double)
    double.answer("app.moderation.output", ["no", "object"])
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(ExtensionFailed, match=r'did not answer with a JSON object: \["no", "object"\]'):
            await service.ask(HERE, row.id, "app.moderation.output", {"text": "t", "app_id": "a"})
        double.fail(503)
        with pytest.raises(ExtensionFailed, match='"Mine" answered with status 503: ') as failed:
            await service.ask(HERE, row.id, "ping", {})
    assert double.key not in failed.value.message
    assert double.key not in caplog.text
    double.take_violations()


async def test_private_addresses_are_refused(db: Database, tmp_path: Path, double: ApiExtension) -> None:
    guarded = GuardedHttp(Settings(data_dir=tmp_path, egress_allow=()))
    service = ExtensionService(db, Crypto.open(tmp_path / "key"), guarded)
    with pytest.raises(InvalidParam, match="TREADLE_EGRESS_ALLOW"):
        await made(service, double)
    await guarded.close()
    assert double.requests == []


@pytest.mark.parametrize(("key", "shown"), [("12345", "******"), ("12345678", "******"), ("123456789", "123******789")])
def test_short_keys_are_hidden_whole(key: str, shown: str) -> None:
    assert masked(key) == shown
