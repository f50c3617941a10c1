"""Another address for one's own account, or its end. Source: spec console §2.1."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import delete

from treadle.accounts.codes import MailCodes
from treadle.accounts.mails import CodePurpose
from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import NEW_ACCOUNTS_LOCK, SignedIn, checked_email
from treadle.accounts.tables import Account, Role
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, Forbidden, InvalidParam, NotFound

_log = logging.getLogger(__name__)


class OwnAddress:
    """Changes of an account that only the person behind its address may make.

    `dissolve` ends a workspace with all that it holds.
    """

    def __init__(self, db: Database, codes: MailCodes, dissolve: Callable[[str], Awaitable[None]]) -> None:
        self._db = db
        self._codes = codes
        self._dissolve = dissolve

    async def begin(self, signed_in: SignedIn, purpose: CodePurpose, *, caller: str) -> str:
        """Mail a code to the address that the account has. Raises as `MailCodes.send` does."""
        account = await self._account(signed_in)
        return await self._codes.send(purpose, account.email, language=account.interface_language, caller=caller)

    async def confirm(self, signed_in: SignedIn, purpose: CodePurpose, token: str, code: str) -> None:
        """Raises CodeGone, also for a code that was somebody else's."""
        email = await self._codes.confirm(purpose, token, code)
        if purpose is not CodePurpose.NEW_ADDRESS and email != (await self._account(signed_in)).email:
            raise Forbidden("This code was mailed to another address.")

    async def begin_new(self, signed_in: SignedIn, old_token: str, email: str, *, caller: str) -> str:
        """Mail a code to the address that the account shall have; `old_token` is confirmed.

        Raises InvalidParam, Conflict for an address that has an account, CodeGone, and as `MailCodes.send` does.
        """
        address = checked_email(email)
        account = await self._account(signed_in)
        if address == account.email:
            raise InvalidParam("This is the address that you have.", param="email")
        async with self._db.session() as session:
            if await AccountRepository(session).account_by_email(address) is not None:
                raise Conflict("There is an account with this address already.")
        if await self._codes.proven(CodePurpose.OLD_ADDRESS, old_token) != account.email:
            raise Forbidden("This code was mailed to another address.")
        return await self._codes.send(
            CodePurpose.NEW_ADDRESS, address, language=account.interface_language, caller=caller
        )

    async def change(self, signed_in: SignedIn, token: str, code: str) -> str:
        """Give the account its new address, and end all its sessions. Raises CodeGone, and Conflict."""
        await self._codes.confirm(CodePurpose.NEW_ADDRESS, token, code)
        address = await self._codes.spend(CodePurpose.NEW_ADDRESS, token)
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            if await repository.account_by_email(address) is not None:
                raise Conflict("There is an account with this address already.")
            account = await repository.account(signed_in.account_id)
            if account is None:
                raise NotFound("This account is gone.")
            account.email, account.updated_at = address, now_us()
            await repository.end_sessions_of(account.id)
        return address

    async def owned(self, signed_in: SignedIn) -> Sequence[str]:
        """The names of the workspaces that end with the account."""
        async with self._db.session() as session:
            rows = await AccountRepository(session).workspaces_of(signed_in.account_id)
        return [workspace.name for member, workspace in rows if member.role == Role.OWNER]

    async def delete(self, signed_in: SignedIn, *, email: str, token: str, code: str, feedback: str = "") -> None:
        """End the account and the workspaces that it owns; those of others go on, with what it made there.

        Killed half-way, the account is still there to try again. Raises InvalidParam when `email` is not its address,
        CodeGone, and Conflict for the last account of the installation.
        """
        account = await self._account(signed_in)
        if email.strip().lower() != account.email:
            raise InvalidParam("This is not the address of your account.", param="email")
        async with self._db.session() as session:
            repository = AccountRepository(session)
            if await repository.account_count() == 1:
                raise Conflict("This is the last account here; delete the data folder to end the installation.")
            owned = [
                workspace.id
                for member, workspace in await repository.workspaces_of(account.id)
                if member.role == Role.OWNER
            ]
        await self.confirm(signed_in, CodePurpose.DELETE_ACCOUNT, token, code)
        await self._codes.spend(CodePurpose.DELETE_ACCOUNT, token)
        for workspace_id in owned:
            await self._dissolve(workspace_id)
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            await session.execute(delete(Account).where(Account.id == account.id))
        _log.info("an account was deleted by its owner%s", f", who says: {feedback}" if feedback else "")

    async def _account(self, signed_in: SignedIn) -> Account:
        async with self._db.session() as session:
            account = await AccountRepository(session).account(signed_in.account_id)
        if account is None:
            raise NotFound("This account is gone.")
        return account
