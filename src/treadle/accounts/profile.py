"""What a person decides about their own account, and where it is signed in. Source: spec console §2.1."""

from collections.abc import Sequence
from typing import Literal, get_args
from zoneinfo import available_timezones

from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import SignedIn
from treadle.accounts.tables import Account, Session
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

InterfaceLanguage = Literal["en-US", "zh-Hans", "ja-JP"]
Theme = Literal["light", "dark", "system"]
LANGUAGES: tuple[str, ...] = get_args(InterfaceLanguage)
MAX_NAME = 30
DEFAULT_ZONES = {"en-US": "America/New_York", "zh-Hans": "Asia/Shanghai", "ja-JP": "Asia/Tokyo"}
"""The time zone of an account that names none, by its language."""


class ProfileService:
    """The accounts of the people who are signed in, each their own."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, signed_in: SignedIn) -> Account:
        """The account of this person."""
        async with self._db.session() as session:
            return await _account(AccountRepository(session), signed_in)

    async def change(
        self,
        signed_in: SignedIn,
        *,
        name: str | None = None,
        language: str | None = None,
        theme: str | None = None,
        timezone: str | None = None,
    ) -> Account:
        """Change what is not None. Raises InvalidParam for a name of no or too many letters, or an unknown choice."""
        if name is not None:
            name = checked_name(name)
        if language is not None:
            checked_language(language)
        if timezone is not None:
            checked_timezone(timezone)
        async with self._db.transaction() as session:
            account = await _account(AccountRepository(session), signed_in)
            account.name = account.name if name is None else name
            account.interface_language = account.interface_language if language is None else language
            account.interface_theme = account.interface_theme if theme is None else theme
            account.timezone = account.timezone if timezone is None else timezone
            account.updated_at = now_us()
        return account

    async def show(self, signed_in: SignedIn, picture: str | None) -> Account:
        """Take `picture`, the id of a file of the workspace looked at, as one's avatar; None takes it away."""
        async with self._db.transaction() as session:
            account = await _account(AccountRepository(session), signed_in)
            account.avatar = None if picture is None else f"{signed_in.workspace_id}/{picture}"
            account.updated_at = now_us()
        return account

    async def avatar(self, signed_in: SignedIn, account_id: str) -> tuple[str, str]:
        """The workspace and the id of the picture of a person who shares a workspace with this one.

        Raises NotFound for strangers, and for those without a picture.
        """
        async with self._db.session() as session:
            repository = AccountRepository(session)
            known = account_id == signed_in.account_id or await repository.share_workspace(
                account_id, signed_in.account_id
            )
            account = await repository.account(account_id) if known else None
        if account is None or not account.avatar:
            raise NotFound("There is no picture of this person.")
        workspace_id, _, picture = account.avatar.partition("/")
        return workspace_id, picture

    async def sessions(self, signed_in: SignedIn) -> Sequence[Session]:
        """Where this person is signed in, the newest first."""
        async with self._db.session() as session:
            return await AccountRepository(session).sessions_of(signed_in.account_id, now_us())

    async def end_session(self, signed_in: SignedIn, session_id: str) -> None:
        """Sign this person out of one place. Raises NotFound for what is no session of theirs."""
        async with self._db.transaction() as session:
            if not await AccountRepository(session).end_session_of(signed_in.account_id, session_id):
                raise NotFound("There is no such session of yours; it may have ended already.")

    async def end_other_sessions(self, signed_in: SignedIn) -> None:
        """Sign this person out everywhere but here."""
        async with self._db.transaction() as session:
            await AccountRepository(session).end_sessions_of(signed_in.account_id, keep=signed_in.session_id)


def checked_name(name: str) -> str:
    """A name as it is stored. Raises InvalidParam."""
    name = name.strip()
    if not name or len(name) > MAX_NAME:
        raise InvalidParam(f"A name has 1 to {MAX_NAME} characters.", param="name")
    return name


def checked_language(language: str) -> str:
    """The tag of a language of the interface. Raises InvalidParam."""
    if language not in LANGUAGES:
        raise InvalidParam(f"The interface speaks {', '.join(LANGUAGES)}.", param="interface_language")
    return language


def checked_timezone(timezone: str) -> str:
    """The name of a time zone. Raises InvalidParam."""
    if timezone not in available_timezones():
        raise InvalidParam("There is no such time zone; give a name such as Europe/Berlin.", param="timezone")
    return timezone


async def _account(repository: AccountRepository, signed_in: SignedIn) -> Account:
    account = await repository.account(signed_in.account_id)
    if account is None:
        raise NotFound("This account is gone.")
    return account
