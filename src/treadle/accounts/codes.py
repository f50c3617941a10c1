"""Codes that prove an address: mailed, short-lived, and few. Source: spec console §1.4 and §1.6.

Who asks for a code gets a token at once, whether or not the address is known; the code itself only goes by mail. Token
and code together are worth something once.
"""

import asyncio
import logging
import secrets

from sqlalchemy import delete, func, select, update

from treadle.accounts.mails import CodePurpose, code_mail
from treadle.accounts.tables import MailCode
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import token_hash
from treadle.platform.db import Database
from treadle.platform.mail import Mailer, MailError
from treadle.platform.refusals import Refusal, TooManyRequests

_log = logging.getLogger(__name__)

VALID_MINUTES = 5
_MINUTE = 60 * SECOND
_VALID = VALID_MINUTES * _MINUTE
_MOST_TRIES = 5
_MOST_A_MINUTE = 50
"""Mails that one network address may ask for."""
_BLOCK, _LONGER_BLOCK = 10 * _MINUTE, 60 * _MINUTE
"""How long it asks in vain after that; the longer one when it happens again within the hour."""
_BLOCKED = "blocked"
"""The purpose of a row that is no code, but bars the address that asked."""


class CodeGone(Refusal):
    """The code is wrong, was used, or its time is over."""

    code = "invalid_or_expired_code"

    def __init__(self) -> None:
        super().__init__("This code is wrong or its time is over; ask for a new one.", param="code")


class MailCodes:
    """The codes of all purposes."""

    def __init__(self, db: Database, mailer: Mailer) -> None:
        self._db = db
        self._mailer = mailer
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def possible(self) -> bool:
        """Whether this installation sends mail."""
        return self._mailer.configured

    async def send(self, purpose: CodePurpose, email: str, *, language: str, caller: str, known: bool = True) -> str:
        """Mail a code, and give the token that goes with it. An unknown address gets no mail, and nobody can tell.

        `email` as it is stored. The mail leaves while the caller goes on, for its time would tell too. Raises Refusal
        without a mail server, and TooManyRequests for the second code within a minute.
        """
        if not self.possible:
            raise Refusal("This server sends no mail; ask its administrator.", code="mail_not_configured")
        token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(1_000_000):06d}"
        now = now_us()
        async with self._db.transaction(lock=f"mail codes {caller}") as session:
            await session.execute(delete(MailCode).where(MailCode.expires_at <= now - _LONGER_BLOCK))
            blocked = select(func.max(MailCode.expires_at)).where(
                MailCode.purpose == _BLOCKED, MailCode.caller == caller
            )
            until = (await session.execute(blocked)).scalar_one_or_none()
            latest = select(func.max(MailCode.created_at)).where(MailCode.email == email, MailCode.purpose == purpose)
            last = (await session.execute(latest)).scalar_one_or_none()
            asked = select(func.count()).where(MailCode.caller == caller, MailCode.created_at > now - _MINUTE)
            row = MailCode(
                token_hash=token_hash(token),
                purpose=purpose,
                email=email,
                code_hash=token_hash(token + code),
                caller=caller,
                tries=0,
                confirmed=False,
                created_at=now,
                expires_at=now + _VALID,
            )
            wait = 0
            if until is not None and until > now:
                wait = until - now
            elif (await session.execute(asked)).scalar_one() >= _MOST_A_MINUTE:
                wait = _BLOCK if until is None else _LONGER_BLOCK
                row.purpose, row.email, row.expires_at = _BLOCKED, "", now + wait
                session.add(row)
            elif last is not None and last > now - _MINUTE:
                wait = last + _MINUTE - now
            else:
                session.add(row)
        if wait:
            raise TooManyRequests(
                "A code was mailed a moment ago; wait before you ask for another.", retry_after=wait // SECOND + 1
            )
        if known:
            task = asyncio.create_task(self._mail(purpose, email, code, language))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return token

    async def confirm(self, purpose: CodePurpose, token: str, code: str) -> str:
        """The address that a code proves. From now on its token alone is worth it. Raises CodeGone."""
        hashed, now = token_hash(token), now_us()
        # Counted before it is compared: guesses at once are guesses all the same.
        counted = (
            update(MailCode)
            .where(MailCode.token_hash == hashed, MailCode.purpose == purpose)
            .where(MailCode.expires_at > now, MailCode.tries < _MOST_TRIES)
            .values(tries=MailCode.tries + 1)
            .returning(MailCode.code_hash, MailCode.email)
        )
        async with self._db.transaction() as session:
            row = (await session.execute(counted)).one_or_none()
        if row is None or not secrets.compare_digest(row[0], token_hash(token + code.strip())):
            raise CodeGone
        async with self._db.transaction() as session:
            # What follows, such as thinking of a password, may take as long again.
            await session.execute(
                update(MailCode)
                .where(MailCode.token_hash == hashed)
                .values(confirmed=True, tries=0, expires_at=now + _VALID)
            )
        return row[1]

    async def proven(self, purpose: CodePurpose, token: str) -> str:
        """The address behind a confirmed token, which stays worth it for its time. Raises CodeGone."""
        query = select(MailCode.email).where(MailCode.token_hash == token_hash(token), MailCode.purpose == purpose)
        async with self._db.session() as session:
            kept = query.where(MailCode.confirmed, MailCode.expires_at > now_us())
            email = (await session.execute(kept)).scalar_one_or_none()
        if email is None:
            raise CodeGone
        return email

    async def spend(self, purpose: CodePurpose, token: str) -> str:
        """The address behind a confirmed token, which is worth nothing any more. Raises CodeGone."""
        spent = (
            delete(MailCode)
            .where(MailCode.token_hash == token_hash(token), MailCode.purpose == purpose)
            .where(MailCode.confirmed, MailCode.expires_at > now_us())
            .returning(MailCode.email)
        )
        async with self._db.transaction() as session:
            email = (await session.execute(spent)).scalar_one_or_none()
        if email is None:
            raise CodeGone
        return email

    async def close(self) -> None:
        """Wait until the last mail has left."""
        await asyncio.gather(*self._sending)

    async def _mail(self, purpose: CodePurpose, email: str, code: str, language: str) -> None:
        mail = code_mail(language, purpose, code, minutes=VALID_MINUTES)
        try:
            await self._mailer.send(email, subject=mail.subject, text=mail.text, html=mail.html)
        except MailError as error:
            _log.error("a code is not mailed: %s", error)
