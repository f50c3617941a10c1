import asyncio

import pytest
from sqlalchemy import select

from treadle.accounts.end_users import EndUserRef, EndUserService
from treadle.accounts.tables import EndUser, EndUserType, Workspace
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam

WORKSPACE = "w" * 36
APP, OTHER_APP = "a" * 36, "b" * 36


@pytest.fixture(autouse=True)
async def workspace(db: Database) -> None:
    async with db.transaction() as session:
        session.add(Workspace(id=WORKSPACE, name="w", status="normal", created_at=1, updated_at=1))


async def ask(
    service: EndUserService, session_id: str, *, app_id: str = APP, type: EndUserType = EndUserType.SERVICE_API
) -> EndUserRef:
    return await service.get_or_create(
        workspace_id=WORKSPACE, app_id=app_id, type=type, session_id=session_id, is_anonymous=False
    )


async def rows(db: Database) -> list[EndUser]:
    async with db.session() as session:
        return list((await session.execute(select(EndUser))).scalars())


async def test_many_first_calls_at_once_make_one_end_user(db: Database) -> None:
    services = [EndUserService(db) for _ in range(4)]
    users = await asyncio.gather(*(ask(service, "kari-7") for service in services for _ in range(5)))
    [row] = await rows(db)
    assert {user.id for user in users} == {row.id}
    assert (row.workspace_id, row.app_id, row.type, row.session_id) == (WORKSPACE, APP, "service_api", "kari-7")


async def test_channels_and_apps_have_end_users_of_their_own(db: Database) -> None:
    service = EndUserService(db)
    users = {
        (await ask(service, "kari-7")).id,
        (await ask(service, "kari-7", type=EndUserType.BROWSER)).id,
        (await ask(service, "kari-7", app_id=OTHER_APP)).id,
        (await ask(service, "Kari-7")).id,
    }
    assert len(users) == len(await rows(db)) == 4


async def test_names_of_any_letters_are_kept_up_to_a_length(db: Database) -> None:
    service = EndUserService(db)
    assert (await ask(service, "ü" * 255)).session_id == "ü" * 255
    assert (await ask(service, "a\x00b\ud800")).session_id == "ab?"
    with pytest.raises(InvalidParam) as refused:
        await ask(service, "x" * 256)
    assert refused.value.param == "user"
