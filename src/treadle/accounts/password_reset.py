"""A forgotten password: a code by mail, and another password. Source: spec console §1.6."""

from treadle.accounts.codes import MailCodes
from treadle.accounts.mails import CodePurpose
from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import AccountService, checked_email
from treadle.accounts.tables import AccountStatus
from treadle.platform.db import Database


class PasswordReset:
    """The three steps. None of them tells which addresses have accounts."""

    def __init__(self, db: Database, accounts: AccountService, codes: MailCodes) -> None:
        self._db = db
        self._accounts = accounts
        self._codes = codes

    async def begin(self, email: str, *, language: str, caller: str) -> str:
        """The token for the next step. Raises InvalidParam for what is no address, and as `MailCodes.send` does."""
        address = checked_email(email)
        async with self._db.session() as session:
            account = await AccountRepository(session).account_by_email(address)
        known = account is not None and account.status == AccountStatus.ACTIVE
        return await self._codes.send(
            CodePurpose.RESET_PASSWORD, address, language=language, caller=caller, known=known
        )

    async def confirm(self, token: str, code: str) -> None:
        """Raises CodeGone."""
        await self._codes.confirm(CodePurpose.RESET_PASSWORD, token, code)

    async def finish(self, token: str, password: str) -> None:
        """Set the password, which ends all sessions and the lock of the address. Raises CodeGone and InvalidParam."""
        self._accounts.check_password(password)
        email = await self._codes.spend(CodePurpose.RESET_PASSWORD, token)
        await self._accounts.reset_password(email, password)
