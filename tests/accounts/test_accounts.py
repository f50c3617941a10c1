import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import func, select

from treadle.accounts import service as service_module
from treadle.accounts.service import AccountService
from treadle.accounts.tables import Account, LoginFailures, Member, Role, Session, Workspace
from treadle.platform.clock import SECOND
from treadle.platform.crypto import Crypto, token_hash
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, InvalidParam, NotFound, TooManyRequests, Unauthorized
from treadle.settings import Settings

CRYPTO = Crypto(bytes(range(32)))
PASSWORD = "correct horse 1"


class Clock:
    """Stands in for `now_us`."""

    now = 1_750_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(service_module, "now_us", clock)
    return clock


@pytest.fixture
def accounts(db: Database, clock: Clock) -> AccountService:
    return AccountService(db, CRYPTO, Settings(login_attempts=3, login_lockout_seconds=900, session_days=30))


async def first(accounts: AccountService) -> Account:
    return await accounts.create_first(email=" Ola@Example.org ", name=" Ola ", password=PASSWORD)


async def count(db: Database, table: type[Any]) -> int:
    async with db.session() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_the_first_account_owns_the_workspace(db: Database, accounts: AccountService) -> None:
    assert await accounts.set_up() is False
    account = await accounts.create_first(
        email=" Ola@Example.org ", name=" Ola ", password=PASSWORD, workspace_name="Harbour"
    )
    assert await accounts.set_up() is True
    assert (account.email, account.name) == ("ola@example.org", "Ola")
    assert account.password_hash
    assert account.password_hash.startswith("$argon2id$")
    workspace = await accounts.only_workspace()
    assert workspace.name == "Harbour"
    async with db.session() as session:
        [member] = (await session.execute(select(Member))).scalars()
    assert (member.workspace_id, member.account_id, member.role) == (workspace.id, account.id, Role.OWNER)


async def test_a_second_first_account_is_refused(accounts: AccountService) -> None:
    await first(accounts)
    with pytest.raises(Conflict):
        await accounts.create_first(email="eve@example.org", name="Eve", password=PASSWORD)


async def test_of_first_accounts_made_at_once_one_is_made(db: Database, clock: Clock) -> None:
    async def attempt(number: int) -> Account:
        service = AccountService(db, CRYPTO, Settings())
        return await service.create_first(email=f"{number}@example.org", name="x", password=PASSWORD)

    results = await asyncio.gather(*(attempt(number) for number in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Account", "Conflict", "Conflict", "Conflict"]
    assert (await count(db, Workspace), await count(db, Account), await count(db, Member)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("email", "password", "param"),
    [
        ("nobody", PASSWORD, "email"),
        ("a@b c", PASSWORD, "email"),
        ("a@" + "b" * 300, PASSWORD, "email"),
        ("a\x00@b", PASSWORD, "email"),
        ("a@b", "short1", "password"),
        ("a@b", "no digits here", "password"),
        ("a@b", "1234567890", "password"),
    ],
)
async def test_bad_values_make_no_account(
    db: Database, accounts: AccountService, email: str, password: str, param: str
) -> None:
    with pytest.raises(InvalidParam) as refused:
        await accounts.create_first(email=email, name="x", password=password)
    assert refused.value.param == param
    assert await count(db, Account) == 0


async def test_a_session_lasts_until_it_ends(db: Database, accounts: AccountService, clock: Clock) -> None:
    account = await first(accounts)
    signed_in, token = await accounts.sign_in("OLA@example.org", PASSWORD, user_agent="Browser")
    assert (signed_in.account_id, signed_in.email, signed_in.role) == (account.id, "ola@example.org", Role.OWNER)
    assert await accounts.session_account(token) == signed_in
    async with db.session() as session:
        [row] = (await session.execute(select(Session))).scalars()
        stored = await session.get(Account, account.id)
    assert (row.token_hash, row.user_agent) == (token_hash(token), "Browser")
    assert token not in (row.token_hash, row.id)
    assert stored
    assert stored.last_login_at == clock.now

    clock.now += 30 * 86_400 * SECOND - 1
    assert await accounts.session_account(token) == signed_in
    clock.now += 1
    assert await accounts.session_account(token) is None


async def test_signing_out_ends_one_session(accounts: AccountService) -> None:
    await first(accounts)
    _, gone = await accounts.sign_in("ola@example.org", PASSWORD)
    _, kept = await accounts.sign_in("ola@example.org", PASSWORD)
    await accounts.end_session(gone)
    assert await accounts.session_account(gone) is None
    assert await accounts.session_account(kept) is not None


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "' OR 1=1 --"])
async def test_other_tokens_open_no_session(accounts: AccountService, token: str) -> None:
    await first(accounts)
    assert await accounts.session_account(token) is None


async def test_ended_sessions_are_swept_away(db: Database, accounts: AccountService, clock: Clock) -> None:
    await first(accounts)
    await accounts.sign_in("ola@example.org", PASSWORD)
    clock.now += 31 * 86_400 * SECOND
    await accounts.sign_in("ola@example.org", PASSWORD)
    assert await count(db, Session) == 1


async def test_each_session_has_a_csrf_token_of_its_own(accounts: AccountService) -> None:
    await first(accounts)
    one, _ = await accounts.sign_in("ola@example.org", PASSWORD)
    other, _ = await accounts.sign_in("ola@example.org", PASSWORD)
    assert accounts.csrf_token(one) == accounts.csrf_token(one)
    assert accounts.csrf_token(one) != accounts.csrf_token(other)


async def _refusal(attempt: Awaitable[Any]) -> tuple[str, int, str]:
    with pytest.raises(Unauthorized) as refused:
        await attempt
    return refused.value.code, refused.value.status, refused.value.message


async def test_a_wrong_password_and_an_unknown_address_look_the_same(
    accounts: AccountService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await first(accounts)
    verified: list[str] = []
    verify = accounts._verify

    async def counted(hashed: str, password: str) -> bool:
        verified.append(hashed.split("$")[3])
        return await verify(hashed, password)

    monkeypatch.setattr(accounts, "_verify", counted)
    wrong = await _refusal(accounts.sign_in("ola@example.org", "wrong password 1"))
    unknown = await _refusal(accounts.sign_in("eve@example.org", PASSWORD))
    odd = await _refusal(accounts.sign_in("\x00\ud800" + "x" * 300, "\ud800"))
    assert wrong == unknown == odd
    assert len(verified) == 3
    assert len(set(verified)) == 1, "all are compared with the same cost"


async def test_an_account_that_is_not_active_cannot_sign_in(db: Database, accounts: AccountService) -> None:
    account = await first(accounts)
    _, token = await accounts.sign_in("ola@example.org", PASSWORD)
    async with db.transaction() as session:
        row = await session.get(Account, account.id)
        assert row
        row.status = "banned"
    await _refusal(accounts.sign_in("ola@example.org", PASSWORD))
    assert await accounts.session_account(token) is None


async def test_an_address_is_locked_after_too_many_failures(accounts: AccountService, clock: Clock) -> None:
    await first(accounts)
    for address in ("ola@example.org", "eve@example.org"):
        for _ in range(3):
            await _refusal(accounts.sign_in(address, "wrong password 1"))
        with pytest.raises(TooManyRequests) as refused:
            await accounts.sign_in(address, PASSWORD)
        assert refused.value.retry_after == 901
    clock.now += 900 * SECOND
    await accounts.sign_in("ola@example.org", PASSWORD)
    await _refusal(accounts.sign_in("ola@example.org", "wrong password 1"))
    await accounts.sign_in("ola@example.org", PASSWORD)


async def test_guesses_made_at_once_are_all_counted(db: Database, accounts: AccountService) -> None:
    await first(accounts)
    guesses = (accounts.sign_in("ola@example.org", f"wrong {number}") for number in range(6))
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(result, Unauthorized | TooManyRequests) for result in results)
    async with db.session() as session:
        [failures] = (await session.execute(select(LoginFailures))).scalars()
    assert failures.count == sum(isinstance(result, Unauthorized) for result in results)


async def test_failures_of_invented_addresses_do_not_pile_up(
    db: Database, accounts: AccountService, clock: Clock
) -> None:
    await first(accounts)
    for number in range(3):
        await _refusal(accounts.sign_in(f"{number}@example.org", "wrong"))
    clock.now += 2 * 86_400 * SECOND
    await accounts.sign_in("ola@example.org", PASSWORD)
    assert await count(db, LoginFailures) == 0


async def test_further_accounts_and_workspaces(accounts: AccountService) -> None:
    owner = await first(accounts)
    home = await accounts.only_workspace()
    kari = await accounts.create_account(
        email="kari@example.org",
        name="Kari",
        password=PASSWORD,
        workspace_id=home.id,
        role=Role.EDITOR,
        invited_by=owner.id,
    )
    with pytest.raises(Conflict):
        await accounts.create_account(
            email="KARI@example.org", name="x", password=PASSWORD, workspace_id=home.id, role=Role.NORMAL
        )
    other = await accounts.create_workspace("Other", owner_id=kari.id)
    signed_in, _ = await accounts.sign_in("kari@example.org", PASSWORD)
    assert (signed_in.workspace_id, signed_in.role) == (home.id, Role.EDITOR)
    assert other.id != home.id
    assert await accounts.name_of(kari.id) == "Kari"
    assert await accounts.name_of("nobody") is None


async def test_the_first_start_is_claimed_once(db: Database, accounts: AccountService) -> None:
    claims = await asyncio.gather(*(accounts.claim_first_start() for _ in range(5)))
    assert sorted(claims) == [False, False, False, False, True]


async def test_a_new_password_ends_sessions_and_the_lock(accounts: AccountService, clock: Clock) -> None:
    await first(accounts)
    _, token = await accounts.sign_in("ola@example.org", PASSWORD)
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await accounts.sign_in("ola@example.org", "wrong horse 1")
    await accounts.reset_password(" Ola@Example.org", "other horse 2")
    assert await accounts.session_account(token) is None
    with pytest.raises(Unauthorized):
        await accounts.sign_in("ola@example.org", PASSWORD)
    await accounts.sign_in("ola@example.org", "other horse 2")


async def test_a_refused_reset_changes_nothing(accounts: AccountService, clock: Clock) -> None:
    await first(accounts)
    with pytest.raises(NotFound):
        await accounts.reset_password("eve@example.org", "other horse 2")
    with pytest.raises(InvalidParam):
        await accounts.reset_password("ola@example.org", "short")
    await accounts.sign_in("ola@example.org", PASSWORD)
