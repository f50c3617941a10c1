"""Signing in through a service that says who somebody is. Source: spec console §1.4 "OAuth", §2.1 "integrations".

Somebody is known by the link of an identity to an account, else by an address that the service vouches for. What goes
with a sign-in under way is sealed into a cookie of the browser that began it: nobody else can end it.
"""

import logging
import secrets
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from treadle.accounts.identity_services import Attempt, IdentityError, IdentityService, Person, identity_services
from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import NEW_ACCOUNTS_LOCK, AccountService, SignedIn, checked_email, new_account
from treadle.accounts.tables import Account, AccountIdentity, AccountStatus
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, NotFound, Refusal
from treadle.settings import Settings

PATIENCE_SECONDS = 600
"""How long a sign-in may take."""

_CONTEXT = "identity sign-in"
_MAX_NAME = 30

_log = logging.getLogger(__name__)


class SignInRefused(Exception):
    """Somebody does not get in; `problem` is the reason as the sign-in page knows it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class _Pending(msgspec.Struct, frozen=True):
    """What the cookie holds. `account_id`: an account that the identity is to be linked with."""

    service: str
    state: str
    nonce: str
    verifier: str
    back: str
    account_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the cookie that it comes back with."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Who is there now, with the token of a new session; None where an identity was linked. `back`: a path here."""

    session: tuple[SignedIn, str] | None
    back: str


class IdentitySignIn:
    """Sign-in by the services that the operator has set up."""

    def __init__(self, db: Database, accounts: AccountService, crypto: Crypto, settings: Settings) -> None:
        self._db = db
        self._accounts = accounts
        self._crypto = crypto
        self._settings = settings
        self.services = identity_services(settings)

    async def begin(self, service: str, *, redirect: str, back: str = "", account_id: str = "") -> Begun:
        """`redirect` is where the service sends the browser back to, `back` where it then goes.

        Raises NotFound, and SignInRefused.
        """
        found = self._service(service)
        pending = _Pending(
            service=service,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            back=local_path(back),
            account_id=account_id,
            expires_at=now_us() + PATIENCE_SECONDS * SECOND,
        )
        try:
            address = await found.address(_attempt(pending, redirect))
        except IdentityError as error:
            _log.error("sign-in by %s: %s", found.name, error)
            raise SignInRefused("service_failed") from error
        return Begun(address, self._crypto.encrypt(msgspec.json.encode(pending).decode(), context=_CONTEXT))

    async def end(
        self, service: str, cookie: str, *, code: str, state: str, redirect: str, user_agent: str, account_id: str = ""
    ) -> Ended:
        """A browser came back; `account_id` is whose session it has. Raises NotFound, and SignInRefused."""
        found = self._service(service)
        pending = self._opened(cookie)
        if pending is None or pending.service != service or not secrets.compare_digest(pending.state, state):
            raise SignInRefused("expired")
        if not code:
            raise SignInRefused("denied")
        try:
            person = await found.person(code, _attempt(pending, redirect))
        except IdentityError as error:
            _log.error("sign-in by %s: %s", found.name, error)
            raise SignInRefused("service_failed") from error
        if pending.account_id:
            if pending.account_id != account_id:
                raise SignInRefused("expired")
            await self._link(found.id, person, account_id)
            return Ended(None, pending.back)
        account = await self._account(found.id, person)
        if account.status != AccountStatus.ACTIVE:
            raise SignInRefused("closed")
        try:
            return Ended(await self._accounts.open_session(account, user_agent=user_agent), pending.back)
        except Refusal as error:
            raise SignInRefused("no_workspace") from error

    async def linked(self, account_id: str) -> set[str]:
        """The services that know this account."""
        async with self._db.session() as session:
            query = select(AccountIdentity.service).where(AccountIdentity.account_id == account_id)
            return set(await session.scalars(query))

    async def unlink(self, account_id: str, service: str) -> None:
        """Forgets an identity. Raises Conflict where nothing else would let its person in."""
        self._service(service)
        async with self._db.transaction() as session:
            account = await AccountRepository(session).account(account_id)
            query = select(AccountIdentity.service).where(AccountIdentity.account_id == account_id)
            others = set(await session.scalars(query)) - {service}
            by_password = self._settings.enable_email_password_login and account and account.password_hash
            if not others and not by_password and not self._settings.enable_email_code_login:
                raise Conflict("You could not sign in any more; set a password first.")
            mine = (AccountIdentity.account_id == account_id, AccountIdentity.service == service)
            await session.execute(delete(AccountIdentity).where(*mine))

    async def _account(self, service: str, person: Person) -> Account:
        """The account of a person, linked or made where need be. Raises SignInRefused."""
        async with self._db.session() as session:
            known = await session.get(AccountIdentity, (service, person.subject))
            if known is not None and (account := await AccountRepository(session).account(known.account_id)):
                return account
        if not person.email:
            raise SignInRefused("no_address")
        try:
            address = checked_email(person.email)
        except Refusal as error:
            raise SignInRefused("no_address") from error
        made = False
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            account = await repository.account_by_email(address)
            if account is None:
                if not self._settings.allow_register or not await repository.account_count():
                    raise SignInRefused("not_registered")
                made, account = True, new_account(address, person.name[:_MAX_NAME], None)
                repository.add(account)
                await repository.flush()
            if account.status == AccountStatus.ACTIVE:
                await session.merge(_identity(service, person, account.id))
        if made:
            await self._accounts.create_workspace(f"{account.name}'s workspace", owner_id=account.id)
        return account

    async def _link(self, service: str, person: Person, account_id: str) -> None:
        try:
            async with self._db.transaction() as session:
                known = await session.get(AccountIdentity, (service, person.subject))
                if known is not None and known.account_id != account_id:
                    raise SignInRefused("of_another")
                if known is None:
                    session.add(_identity(service, person, account_id))
        except IntegrityError as error:
            raise SignInRefused("of_another") from error

    def _service(self, service: str) -> IdentityService:
        found = self.services.get(service)
        if found is None:
            raise NotFound("Nobody signs in by this service here.")
        return found

    def _opened(self, cookie: str) -> _Pending | None:
        try:
            pending = msgspec.json.decode(self._crypto.decrypt(cookie, context=_CONTEXT), type=_Pending)
        except (SecretError, msgspec.DecodeError):
            return None
        return pending if pending.expires_at > now_us() else None


def local_path(path: str) -> str:
    """A path of this server, else empty: nobody is led away from here."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else ""


def _attempt(pending: _Pending, redirect: str) -> Attempt:
    return Attempt(pending.state, pending.nonce, pending.verifier, redirect)


def _identity(service: str, person: Person, account_id: str) -> AccountIdentity:
    return AccountIdentity(service=service, subject=person.subject, account_id=account_id, created_at=now_us())
