"""Invitations to a workspace: made by administrators, accepted with a link. Source: spec console §1.5."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from treadle.accounts.mails import invitation_mail
from treadle.accounts.profile import DEFAULT_ZONES, checked_language, checked_name, checked_timezone
from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import NEW_ACCOUNTS_LOCK, AccountService, SignedIn, checked_email, new_account
from treadle.accounts.tables import AccountStatus, Invitation, Member, Role
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import token_hash
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.mail import Mailer, MailError
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound, Refusal

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 50
_MAILS_AT_ONCE = 4
_HOUR = 3600 * SECOND


class InvitationGone(Refusal):
    """The link was used, taken back or replaced, or its time is over."""

    code = "invalid_or_expired_token"

    def __init__(self) -> None:
        super().__init__("This invitation was used already, was taken back, or has expired; ask for a new one.")


class InvitationOutcome(StrEnum):
    """What became of one address."""

    INVITED = "invited"
    MEMBER = "member"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Invited:
    """One address of several. `link` is for whoever invites to pass on, None where a mail carries it."""

    email: str
    outcome: InvitationOutcome
    link: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """What an invitation says to whoever opens it. `known`: the address has an account, which joins."""

    email: str
    workspace: str
    role: Role
    inviter: str | None
    inviter_language: str
    known: bool


class InvitationService:
    """The invitations of all workspaces."""

    def __init__(
        self, db: Database, accounts: AccountService, mailer: Mailer, address: Callable[[str, str], str], *, hours: int
    ) -> None:
        """`address` gives the URL of an invitation by its e-mail address and token; it opens for `hours`."""
        self._db = db
        self._accounts = accounts
        self._mailer = mailer
        self._address = address
        self._hours = hours

    async def invite(self, signed_in: SignedIn, emails: Sequence[str], role: Role) -> list[Invited]:
        """Ask people to join the workspace looked at, and say of each address what became of it.

        A repeated address is asked once; one that was asked before gets a fresh link, and the old one opens nothing.
        Raises InvalidParam for no or too many addresses, and for the role of the owner.
        """
        if role is Role.OWNER:
            raise InvalidParam("Nobody can be invited as the owner; hand the workspace over instead.", param="role")
        asked = list(dict.fromkeys(email.strip().lower() for email in emails if email.strip()))
        if not asked:
            raise InvalidParam("Give at least one e-mail address.", param="emails")
        if len(asked) > MOST_AT_ONCE:
            raise InvalidParam(f"Give at most {MOST_AT_ONCE} e-mail addresses at once.", param="emails")
        results: dict[str, Invited] = {}
        tokens: dict[str, str] = {}
        async with self._db.transaction(lock=f"members {signed_in.workspace_id}") as session:
            repository = AccountRepository(session)
            workspace = await repository.workspace(signed_in.workspace_id)
            inviter = await repository.account(signed_in.account_id)
            for email in asked:
                try:
                    checked_email(email)
                except InvalidParam as error:
                    results[email] = Invited(email, InvitationOutcome.FAILED, reason=error.message)
                    continue
                account = await repository.account_by_email(email)
                if account is not None and await repository.member(signed_in.workspace_id, account.id) is not None:
                    results[email] = Invited(email, InvitationOutcome.MEMBER)
                elif account is not None and account.status in (AccountStatus.BANNED, AccountStatus.CLOSED):
                    results[email] = Invited(email, InvitationOutcome.FAILED, reason="This account is blocked.")
                else:
                    tokens[email] = await self._keep(repository, signed_in, email, role)
        if workspace is None:
            raise NotFound("This workspace is gone.")
        language = inviter.interface_language if inviter else "en-US"
        at_once = asyncio.Semaphore(_MAILS_AT_ONCE)

        async def deliver(email: str) -> Invited:
            link = self._address(email, tokens[email])
            if not self._mailer.configured:
                return Invited(email, InvitationOutcome.INVITED, link)
            mail = invitation_mail(
                language, inviter=signed_in.name, workspace=workspace.name, link=link, hours=self._hours
            )
            try:
                async with at_once:
                    await self._mailer.send(email, subject=mail.subject, text=mail.text, html=mail.html)
            except MailError as error:
                _log.warning("an invitation is not mailed: %s", error)
                reason = "The mail could not be sent; pass the link on yourself."
                return Invited(email, InvitationOutcome.INVITED, link, reason)
            return Invited(email, InvitationOutcome.INVITED)

        for invited in await asyncio.gather(*map(deliver, tokens)):
            results[invited.email] = invited
        return [results[email] for email in asked]

    async def open_invitations(self, signed_in: SignedIn) -> Sequence[Invitation]:
        """Those of the workspace that nobody accepted yet, the oldest first; also those whose time is over."""
        async with self._db.session() as session:
            return await AccountRepository(session).invitations(signed_in.workspace_id)

    async def take_back(self, signed_in: SignedIn, invitation_id: str) -> None:
        """Its link opens nothing any more. Raises NotFound."""
        async with self._db.transaction() as session:
            if not await AccountRepository(session).delete_invitation(signed_in.workspace_id, invitation_id):
                raise NotFound("There is no such invitation; it may have been accepted already.")

    async def welcome(self, token: str) -> Welcome:
        """What a link opens. Raises InvitationGone."""
        async with self._db.session() as session:
            repository = AccountRepository(session)
            invitation = await _open(repository, token)
            workspace = await repository.workspace(invitation.workspace_id)
            inviter = await repository.account(invitation.invited_by) if invitation.invited_by else None
            account = await repository.account_by_email(invitation.email)
        return Welcome(
            email=invitation.email,
            workspace=workspace.name if workspace else "",
            role=Role(invitation.role),
            inviter=inviter.name if inviter else None,
            inviter_language=inviter.interface_language if inviter else "en-US",
            known=account is not None,
        )

    async def accept(
        self, token: str, *, password: str, name: str | None, language: str | None, timezone: str | None
    ) -> str:
        """Join with an account: a new one, of which `name` and the rest are, or the one that the address has, whose
        password is asked for. Gives the address.

        Raises InvitationGone, InvalidParam, and as `AccountService.authenticate` does.
        """
        welcome = await self.welcome(token)
        if welcome.known:
            account = await self._accounts.authenticate(welcome.email, password)
            async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
                await _join(AccountRepository(session), token, account.id)
            return welcome.email
        language = checked_language(language or welcome.inviter_language)
        zone = checked_timezone(timezone or DEFAULT_ZONES[language])
        account = new_account(welcome.email, checked_name(name or ""), await self._accounts.hashed(password))
        account.interface_language, account.timezone = language, zone
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            if await repository.account_by_email(welcome.email) is not None:
                # Another invitation to this address was accepted in between.
                raise InvalidParam("There is an account with this address by now; join with its password.")
            repository.add(account)
            await repository.flush()
            await _join(repository, token, account.id)
        return welcome.email

    async def join(self, signed_in: SignedIn, token: str) -> None:
        """Join with the account that is signed in, and look at the new workspace.

        Raises InvitationGone, and Forbidden for somebody else's invitation.
        """
        async with self._db.transaction(lock=NEW_ACCOUNTS_LOCK) as session:
            repository = AccountRepository(session)
            invitation = await _open(repository, token)
            if invitation.email != signed_in.email:
                raise Forbidden("This invitation is for another address; sign in with that one.")
            workspace_id = invitation.workspace_id
            await _join(repository, token, signed_in.account_id)
            await repository.move_session(signed_in.session_id, workspace_id)

    async def _keep(self, repository: AccountRepository, signed_in: SignedIn, email: str, role: Role) -> str:
        """The token of the one invitation that an address has from now on."""
        token = secrets.token_urlsafe(32)
        now = now_us()
        row = await repository.invitation_for(signed_in.workspace_id, email)
        if row is None:
            row = Invitation(id=new_id(), workspace_id=signed_in.workspace_id, email=email)
            repository.add(row)
        row.role, row.token_hash, row.invited_by = role, token_hash(token), signed_in.account_id
        row.created_at, row.expires_at = now, now + self._hours * _HOUR
        return token


async def _open(repository: AccountRepository, token: str) -> Invitation:
    """The invitation behind a link. Raises InvitationGone."""
    invitation = await repository.invitation(token_hash(token), now_us())
    if invitation is None:
        raise InvitationGone
    return invitation


async def _join(repository: AccountRepository, token: str, account_id: str) -> None:
    """Make a member of the account, and use the invitation up. Raises InvitationGone."""
    invitation = await _open(repository, token)
    if not await repository.delete_invitation(invitation.workspace_id, invitation.id):
        raise InvitationGone
    if await repository.member(invitation.workspace_id, account_id) is None:
        repository.add(
            Member(
                workspace_id=invitation.workspace_id,
                account_id=account_id,
                role=invitation.role,
                invited_by=invitation.invited_by,
                created_at=now_us(),
            )
        )
