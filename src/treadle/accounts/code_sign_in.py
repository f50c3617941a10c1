"""Signing in with a code by mail, which makes the account where newcomers may register. Source: spec console §1.4."""

from treadle.accounts.codes import MailCodes
from treadle.accounts.mails import CodePurpose
from treadle.accounts.profile import DEFAULT_ZONES, checked_language, checked_name, checked_timezone
from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import NEW_ACCOUNTS_LOCK, AccountService, SignedIn, checked_email, new_account
from treadle.accounts.tables import Account, AccountStatus
from treadle.platform.db import Database
from treadle.platform.refusals import Forbidden
from treadle.settings import Settings


class CodeSignIn:
    """Sign-in and registration by mail, where the operator allows them."""

    def __init__(self, db: Database, accounts: AccountService, codes: MailCodes, settings: Settings) -> None:
        self._db = db
        self._accounts = accounts
        self._codes = codes
        self._settings = settings

    @property
    def possible(self) -> bool:
        """Whether people with an account may sign in so."""
        return self._settings.enable_email_code_login and self._codes.possible

    @property
    def open_to_newcomers(self) -> bool:
        """Whether people without one may register so."""
        return self._settings.allow_register and self._codes.possible

    async def begin(self, email: str, *, language: str, caller: str) -> str:
        """The token for the next step; an address that may not come in gets no mail, and the same answer.

        Raises Forbidden where nobody signs in so, InvalidParam, and as `MailCodes.send` does.
        """
        if not self.possible and not self.open_to_newcomers:
            raise Forbidden("Signing in with a code is switched off here.")
        address = checked_email(email)
        account = await self._account(address)
        active = account is not None and account.status == AccountStatus.ACTIVE
        known = self.open_to_newcomers if account is None else self.possible and active
        return await self._codes.send(CodePurpose.SIGN_IN, address, language=language, caller=caller, known=known)

    async def finish(
        self,
        token: str,
        code: str,
        *,
        name: str | None = None,
        language: str | None = None,
        timezone: str | None = None,
        user_agent: str = "",
    ) -> tuple[SignedIn, str]:
        """A new session and its token; `name` and the rest are of the account that a newcomer gets, with a workspace
        of their own. Raises CodeGone, InvalidParam, and Forbidden for an account that is not active."""
        language = checked_language(language or "en-US")
        zone = checked_timezone(timezone or DEFAULT_ZONES[language])
        given = checked_name(name) if name else None
        email = await self._codes.confirm(CodePurpose.SIGN_IN, token, code)
        await self._codes.spend(CodePurpose.SIGN_IN, token)
        account = await self._account(email)
        if account is None:
            account = await self._register(email, given or email.partition("@")[0][:30], language, zone)
        if account.status != AccountStatus.ACTIVE:
            raise Forbidden("This account is closed; ask the administrator of this server.")
        return await self._accounts.open_session(account, user_agent=user_agent)

    async def _account(self, email: str) -> Account | None:
        async with self._db.session() as session:
            return await AccountRepository(session).account_by_email(email)

    async def _register(self, email: str, name: str, language: str, zone: str) -> Account:
        account = new_account(email, name, None)
        account.interface_language, account.timezone = language, zone
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            if (taken := await repository.account_by_email(email)) is not None:
                return taken
            repository.add(account)
        await self._accounts.create_workspace(f"{name}'s workspace", owner_id=account.id)
        return account
