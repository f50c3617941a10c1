"""Accounts, sessions and workspaces.

Passwords are argon2id; tokens are random, stored hashed, and compared by the database's index on the hash. Source:
design "Security", spec console §1 to §3.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from treadle.accounts.repository import AccountRepository
from treadle.accounts.tables import Account, AccountStatus, LoginFailures, Member, Role, Session, Workspace
from treadle.platform.changes import Change
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto, token_hash
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, Forbidden, InvalidParam, NotFound, TooManyRequests, Unauthorized
from treadle.settings import Settings

DEFAULT_WORKSPACE = "My workspace"
_FIRST_START = "first start"
NEW_ACCOUNTS_LOCK = "set up"
"""Held while accounts are made: an address gets one of them, and the first one is the owner."""
_HASHES_AT_ONCE = 2
"""Each takes 64 MiB and a core: more at once would only help who tries to wear the server down."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DAY = 86_400 * SECOND
_ACTIVE_EVERY = 600 * SECOND


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a session, and the workspace looked at."""

    session_id: str
    account_id: str
    name: str
    email: str
    workspace_id: str
    role: Role
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of their request that tools of a run may pass on, by lower-case names."""


class AccountService:
    """The people of this installation."""

    def __init__(self, db: Database, crypto: Crypto, settings: Settings) -> None:
        self._db = db
        self._crypto = crypto
        self._settings = settings
        self._hasher = PasswordHasher()
        self._no_account_hash = ""
        """Of a password that nobody knows; made when somebody first signs in."""
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._set_up = False
        self._workspace: Workspace | None = None

    async def set_up(self) -> bool:
        """Whether the first account exists."""
        if not self._set_up:
            async with self._db.session() as session:
                self._set_up = await AccountRepository(session).account_count() > 0
        return self._set_up

    async def only_workspace(self) -> Workspace:
        """The workspace that this installation began with; made when there is none."""
        if self._workspace is None:
            async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
                repository = AccountRepository(session)
                workspace = await repository.oldest_workspace()
                if workspace is None:
                    now = now_us()
                    workspace = Workspace(
                        id=new_id(), name=DEFAULT_WORKSPACE, status="normal", created_at=now, updated_at=now
                    )
                    repository.add(workspace)
            self._workspace = workspace
        return self._workspace

    async def claim_first_start(self) -> bool:
        """True once in the life of a data folder, for the process that asks first."""
        claim = self._db.insert(Change).values(topic=_FIRST_START, counter=1).on_conflict_do_nothing()
        async with self._db.begin() as connection:
            return (await connection.execute(claim.returning(Change.topic))).first() is not None

    def check_init_password(self, given: str) -> None:
        """Raises Forbidden where the operator set a password for the first set-up, and this is another one."""
        wanted = self._settings.init_password
        if wanted and not secrets.compare_digest(given.encode(), wanted.encode()):
            raise Forbidden("The set-up password is wrong; it is the setting init_password.", code="init_password")

    async def create_first(self, *, email: str, name: str, password: str, workspace_name: str | None = None) -> Account:
        """The first account, owner of the workspace. Raises Conflict when there is one, InvalidParam for bad values."""
        address = checked_email(email)
        hashed = await self._hash(password)
        workspace_id = (await self.only_workspace()).id
        now = now_us()
        account = new_account(address, name, hashed)
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            if await repository.account_count():
                raise Conflict("There is an account already; sign in, or ask its owner for an invitation.")
            repository.add(account)
            await repository.flush()
            repository.add(Member(workspace_id=workspace_id, account_id=account.id, role=Role.OWNER, created_at=now))
            if workspace_name and (workspace := await session.get(Workspace, workspace_id)):
                workspace.name, workspace.updated_at = workspace_name, now
        self._set_up = True
        self._workspace = None
        return account

    async def create_account(
        self, *, email: str, name: str, password: str, workspace_id: str, role: Role, invited_by: str | None = None
    ) -> Account:
        """A further account, member of a workspace. Raises Conflict for a known address, and InvalidParam."""
        address = checked_email(email)
        hashed = await self._hash(password)
        account = new_account(address, name, hashed)
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            if await repository.account_by_email(address) is not None:
                raise Conflict("There is an account with this address already.")
            repository.add(account)
            await repository.flush()
            repository.add(
                Member(
                    workspace_id=workspace_id,
                    account_id=account.id,
                    role=role,
                    invited_by=invited_by,
                    created_at=account.created_at,
                )
            )
        return account

    async def create_workspace(self, name: str, *, owner_id: str) -> Workspace:
        """A workspace of its own for an account that exists."""
        now = now_us()
        workspace = Workspace(id=new_id(), name=name, status="normal", created_at=now, updated_at=now)
        async with self._db.transaction() as session:
            repository = AccountRepository(session)
            repository.add(workspace)
            await repository.flush()
            repository.add(Member(workspace_id=workspace.id, account_id=owner_id, role=Role.OWNER, created_at=now))
        return workspace

    async def sign_in(self, email: str, password: str, *, user_agent: str = "") -> tuple[SignedIn, str]:
        """A new session and its token. Raises as `authenticate` does, and Forbidden without a workspace."""
        if not self._settings.enable_email_password_login:
            raise Forbidden("Signing in with a password is switched off here.")
        return await self.open_session(await self.authenticate(email, password), user_agent=user_agent)

    async def open_session(self, account: Account, *, user_agent: str = "") -> tuple[SignedIn, str]:
        """A new session of somebody who proved to be this person, and its token. Raises Forbidden without a
        workspace."""
        async with self._db.session() as session:
            members = await AccountRepository(session).memberships(account.id)
        if not members:
            raise Forbidden(
                "This account belongs to no workspace; ask for an invitation.", code="account_not_link_tenant"
            )
        return await self._begin_session(account, members[0], user_agent, now_us())

    async def authenticate(self, email: str, password: str) -> Account:
        """The account whose password this is.

        Raises Unauthorized, the same for a wrong address and a wrong password, and TooManyRequests.
        """
        address = _comparable(email)
        async with self._db.session() as session:
            repository = AccountRepository(session)
            failures = await repository.login_failures(address)
            account = await repository.account_by_email(address)
        now = now_us()
        self._check_lock(failures, now)
        # An unknown address takes as long as a wrong password.
        if not self._no_account_hash:
            self._no_account_hash = await asyncio.to_thread(self._hasher.hash, secrets.token_hex())
        known = account.password_hash if account and account.password_hash else self._no_account_hash
        right = await self._verify(known, password)
        if account is None or not right or account.status != AccountStatus.ACTIVE:
            async with self._db.transaction() as session:
                await AccountRepository(session).count_failure(self._db, address, now, self._lock_time)
            raise Unauthorized("The address or the password is wrong.", code="authentication_failed")
        return account

    async def hashed(self, password: str) -> str:
        """A new password as it is stored. Raises InvalidParam for a weak one."""
        return await self._hash(password)

    async def reset_password(self, email: str, password: str) -> Account:
        """Give an account another password, end its sessions and its lock. Raises NotFound and InvalidParam."""
        address = _comparable(email)
        hashed = await self._hash(password)
        async with self._db.transaction() as session:
            repository = AccountRepository(session)
            account = await repository.account_by_email(address)
            if account is None:
                raise NotFound("There is no account with this address.")
            now = now_us()
            account.password_hash, account.updated_at = hashed, now
            await repository.end_sessions_of(account.id)
            await repository.forget_failures(address, older_than=now - _DAY)
        return account

    async def change_password(self, signed_in: SignedIn, *, current: str, password: str) -> None:
        """Give oneself another password, which ends one's other sessions.

        Wrong guesses of the current one count as failed sign-ins. Raises TooManyRequests, and InvalidParam for a wrong
        or a weak password.
        """
        async with self._db.session() as session:
            repository = AccountRepository(session)
            account = await repository.account(signed_in.account_id)
            failures = await repository.login_failures(signed_in.email)
        if account is None:
            raise NotFound("This account is gone.")
        now = now_us()
        self._check_lock(failures, now)
        if account.password_hash and not await self._verify(account.password_hash, current):
            async with self._db.transaction() as session:
                await AccountRepository(session).count_failure(self._db, account.email, now, self._lock_time)
            raise InvalidParam("The current password is wrong.", param="password", code="wrong_password")
        hashed = await self._hash(password)
        async with self._db.transaction() as session:
            repository = AccountRepository(session)
            row = await repository.account(account.id)
            # Another change in between: what was checked is no longer the password.
            if row is None or row.password_hash != account.password_hash:
                raise Conflict("The password was changed meanwhile; try again.")
            row.password_hash, row.updated_at = hashed, now
            await repository.end_sessions_of(account.id, keep=signed_in.session_id)
            await repository.forget_failures(account.email, older_than=now - _DAY)

    async def session_account(self, token: str) -> SignedIn | None:
        """Who holds a session token; None for no, an unknown or an ended one."""
        if not token:
            return None
        async with self._db.session() as session:
            row = await AccountRepository(session).session(token_hash(token), now_us())
        if row is None or row.account.status != AccountStatus.ACTIVE:
            return None
        await self._note_activity(row.account)
        return _signed_in(row.session, row.account, row.member)

    async def end_session(self, token: str) -> None:
        """Sign out."""
        async with self._db.transaction() as session:
            await AccountRepository(session).end_session(token_hash(token))

    def csrf_token(self, signed_in: SignedIn) -> str:
        """What every write of this session must carry. Without padding, which would put the cookie into quotes."""
        return self._crypto.sign(f"csrf {signed_in.session_id}").rstrip("=")

    async def workspace_name(self, workspace_id: str) -> str:
        """What a workspace is called; empty for an unknown one."""
        async with self._db.session() as session:
            workspace = await AccountRepository(session).workspace(workspace_id)
        return workspace.name if workspace else ""

    async def is_member(self, workspace_id: str, account_id: str) -> bool:
        """Whether this person belongs to the workspace now."""
        async with self._db.session() as session:
            members = await AccountRepository(session).memberships(account_id)
        return any(member.workspace_id == workspace_id for member in members)

    async def name_of(self, account_id: str | None) -> str | None:
        """The name of a person, None for nobody."""
        if account_id is None:
            return None
        async with self._db.session() as session:
            account = await AccountRepository(session).account(account_id)
        return account.name if account else None

    @property
    def _lock_time(self) -> int:
        """Microseconds."""
        return self._settings.login_lockout_seconds * SECOND

    def _check_lock(self, failures: LoginFailures | None, now: int) -> None:
        """Raises TooManyRequests."""
        if failures is None or failures.count < self._settings.login_attempts:
            return
        free_at = failures.last_at + self._lock_time
        if now < free_at:
            raise TooManyRequests(
                "Too many failed sign-ins for this address; try again later.",
                retry_after=(free_at - now) // SECOND + 1,
            )

    async def _note_activity(self, account: Account) -> None:
        """Write down that a person is here, but not for every request."""
        now = now_us()
        if account.last_active_at is None or now - account.last_active_at >= _ACTIVE_EVERY:
            async with self._db.transaction() as session:
                await AccountRepository(session).note_activity(account.id, now)

    async def _begin_session(self, account: Account, member: Member, user_agent: str, now: int) -> tuple[SignedIn, str]:
        token = secrets.token_urlsafe(32)
        row = Session(
            id=new_id(),
            token_hash=token_hash(token),
            account_id=account.id,
            workspace_id=member.workspace_id,
            user_agent=user_agent[:512],
            created_at=now,
            expires_at=now + self._settings.session_days * _DAY,
        )
        async with self._db.transaction() as session:
            repository = AccountRepository(session)
            await repository.forget_failures(account.email, older_than=now - _DAY)
            await repository.end_expired_sessions(now)
            account_row = await repository.account(account.id)
            if account_row is not None:
                account_row.last_login_at = now
            repository.add(row)
        return _signed_in(row, account, member), token

    @staticmethod
    def check_password(password: str) -> None:
        """Raises InvalidParam for a weak new one."""
        if len(password) < 8 or not re.search(r"[A-Za-z]", password) or not re.search(r"\d", password):
            raise InvalidParam("A password needs at least 8 characters, with letters and digits.", param="password")

    async def _hash(self, password: str) -> str:
        self.check_password(password)
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, hashed: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError, UnicodeEncodeError):
                return False


def new_account(address: str, name: str, password_hash: str | None) -> Account:
    """An account to be added; its values were checked."""
    now = now_us()
    return Account(
        id=new_id(),
        email=address,
        name=name.strip() or address.partition("@")[0],
        password_hash=password_hash,
        status=AccountStatus.ACTIVE,
        created_at=now,
        updated_at=now,
    )


def _signed_in(session: Session, account: Account, member: Member) -> SignedIn:
    return SignedIn(session.id, account.id, account.name, account.email, member.workspace_id, Role(member.role))


def _comparable(email: str) -> str:
    """An address as it is stored; of what cannot be one, something that the database can look for."""
    return email.strip().lower().replace("\x00", "").encode("utf-8", "replace").decode()[:255]


def checked_email(email: str) -> str:
    """An address as it is stored. Raises InvalidParam."""
    address = email.strip().lower()
    if _comparable(address) != address or not _EMAIL.fullmatch(address):
        raise InvalidParam("This is no e-mail address.", param="email")
    return address
