import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from treadle.accounts.keys import KEYS_TOPIC, ApiKeyService, MaxKeysExceeded, NewKey
from treadle.accounts.tables import ApiKey, KeyType, Workspace
from treadle.platform.changes import ChangeWatcher
from treadle.platform.crypto import token_hash
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound

WORKSPACE, OTHER = "w" * 36, "o" * 36
APP = "a" * 36


@pytest.fixture(autouse=True)
async def workspaces(db: Database) -> None:
    async with db.transaction() as session:
        for workspace_id in (WORKSPACE, OTHER):
            session.add(Workspace(id=workspace_id, name="w", status="normal", created_at=1, updated_at=1))


@pytest.fixture
def keys(db: Database) -> ApiKeyService:
    return ApiKeyService(db)


@pytest.fixture
async def elsewhere(db: Database) -> AsyncIterator[ApiKeyService]:
    """The key service of another process that watches for changes."""
    other = Database(db.url.render_as_string(hide_password=False))
    service = ApiKeyService(other)
    watcher = ChangeWatcher(other, interval=0.02)
    await watcher.start(lambda topic: service.forget() if topic == KEYS_TOPIC else None)
    yield service
    await watcher.close()
    await other.close()


async def app_key(keys: ApiKeyService) -> NewKey:
    return await keys.create(WORKSPACE, KeyType.APP, app_id=APP, account_id="p" * 36)


async def test_a_key_opens_its_app(db: Database, keys: ApiKeyService) -> None:
    key = await app_key(keys)
    assert re.fullmatch(r"app-[A-Za-z0-9]{24}", key.token)
    owner = await keys.resolve(key.token, KeyType.APP)
    assert owner
    assert (owner.key_id, owner.workspace_id, owner.app_id, owner.workspace_archived) == (
        key.id,
        WORKSPACE,
        APP,
        False,
    )
    async with db.session() as session:
        [row] = (await session.execute(select(ApiKey))).scalars()
    assert (row.token_hash, row.last_characters) == (token_hash(key.token), key.token[-4:])


async def test_a_knowledge_key_opens_its_workspace(keys: ApiKeyService) -> None:
    key = await keys.create(WORKSPACE, "dataset")
    assert re.fullmatch(r"dataset-[A-Za-z0-9]{24}", key.token)
    owner = await keys.resolve(key.token, KeyType.DATASET)
    assert owner
    assert (owner.workspace_id, owner.app_id) == (WORKSPACE, None)


async def test_a_key_of_the_other_type_opens_nothing(keys: ApiKeyService) -> None:
    key = await app_key(keys)
    assert await keys.resolve(key.token, KeyType.DATASET) is None
    for token in ("", "app-", key.token[:-1], key.token.lower() + "x", "\x00", "\ud800"):
        assert await keys.resolve(token, KeyType.APP) is None


async def test_the_eleventh_key_is_refused(keys: ApiKeyService) -> None:
    made = [await app_key(keys) for _ in range(10)]
    with pytest.raises(MaxKeysExceeded) as refused:
        await app_key(keys)
    assert (refused.value.code, refused.value.status) == ("max_keys_exceeded", 400)
    await keys.create(WORKSPACE, KeyType.APP, app_id="b" * 36)
    await keys.create(WORKSPACE, KeyType.DATASET)
    await keys.revoke(WORKSPACE, made[0].id)
    await app_key(keys)
    assert len(await keys.list_keys(WORKSPACE, KeyType.APP, APP)) == 10


async def test_keys_made_at_once_keep_to_the_limit(keys: ApiKeyService) -> None:
    results = await asyncio.gather(*(app_key(keys) for _ in range(14)), return_exceptions=True)
    assert sum(isinstance(result, NewKey) for result in results) == 10
    assert sum(isinstance(result, MaxKeysExceeded) for result in results) == 4


async def test_a_revoked_key_opens_nothing_here_and_elsewhere(keys: ApiKeyService, elsewhere: ApiKeyService) -> None:
    key = await app_key(keys)
    assert await keys.resolve(key.token, KeyType.APP)
    assert await elsewhere.resolve(key.token, KeyType.APP)
    await keys.revoke(WORKSPACE, key.id)
    assert await keys.resolve(key.token, KeyType.APP) is None
    async with asyncio.timeout(5):
        while await elsewhere.resolve(key.token, KeyType.APP):  # noqa: ASYNC110 - the change is polled for there too
            await asyncio.sleep(0.01)


async def test_a_key_that_is_revoked_while_it_is_read_is_not_kept(
    keys: ApiKeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await app_key(keys)
    from treadle.accounts import keys as keys_module

    real = keys_module.AccountRepository.api_key

    async def read_then_revoke(self: object, hashed: str, type: KeyType) -> object:
        found = await real(self, hashed, type)  # type: ignore[arg-type]
        monkeypatch.undo()
        keys.forget()
        return found

    monkeypatch.setattr(keys_module.AccountRepository, "api_key", read_then_revoke)
    assert await keys.resolve(key.token, KeyType.APP)
    await keys.revoke(WORKSPACE, key.id)
    assert await keys.resolve(key.token, KeyType.APP) is None


async def test_a_key_of_another_workspace_cannot_be_revoked(keys: ApiKeyService) -> None:
    key = await app_key(keys)
    with pytest.raises(NotFound):
        await keys.revoke(OTHER, key.id)
    assert await keys.list_keys(OTHER, KeyType.APP, APP) == []
    assert await keys.resolve(key.token, KeyType.APP)


async def test_the_last_use_is_noted_at_most_once_a_minute(db: Database, keys: ApiKeyService) -> None:
    key = await app_key(keys)
    for _ in range(3):
        await keys.resolve(key.token, KeyType.APP)
    await keys.write_uses()
    [row] = await keys.list_keys(WORKSPACE, KeyType.APP, APP)
    assert row.last_used_at
    first = row.last_used_at
    await keys.resolve(key.token, KeyType.APP)
    await keys.write_uses()
    [row] = await keys.list_keys(WORKSPACE, KeyType.APP, APP)
    assert row.last_used_at == first


async def test_a_key_of_an_archived_workspace_says_so(db: Database, keys: ApiKeyService) -> None:
    key = await app_key(keys)
    async with db.transaction() as session:
        workspace = await session.get(Workspace, WORKSPACE)
        assert workspace
        workspace.status = "archive"
    owner = await keys.resolve(key.token, KeyType.APP)
    assert owner
    assert owner.workspace_archived
