"""Writes mails and hands them to a mail server, whose address is checked like that of any other service."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

from treadle.engine.errors import HttpRequestNodeError, ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.platform.egress_rules import EgressRules

_SECONDS = 30
_WEB_PORT = 443


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server at an address that was checked. `encryption` is NONE, SSL or TLS (STARTTLS)."""

    host: str
    address: str
    port: int
    account: str
    password: str
    encryption: str

    @classmethod
    async def found(
        cls, rules: EgressRules, *, host: str, port: str, account: str, password: str, encryption: str
    ) -> "MailServer":
        """Raises ToolInvokeError when the server's name is not known or its address is refused."""
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ToolCredentialsError(f"\"{port}\" is no port; enter the mail server's port in the tool's settings.")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ToolInvokeError(f"The mail server {host} is not known.") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not rules.trusts(host, int(port)):
            for address in addresses:
                _check(rules, host, address, int(port))
        return cls(host, addresses[0], int(port), account, password, encryption)


def written(sender: str, to: str, subject: str, content: str, moment: float) -> EmailMessage:
    """A mail in plain text. Raises ToolParameterError for what is no address or no subject."""
    mail = EmailMessage()
    try:
        if "@" not in parseaddr(to)[1]:
            raise ValueError
        mail["From"], mail["To"] = sender, to
    except ValueError:
        raise ToolParameterError(f'"{to}" is no e-mail address.') from None
    try:
        mail["Subject"] = subject
    except ValueError:
        raise ToolParameterError("A subject has one line.") from None
    mail["Date"] = format_datetime(datetime.fromtimestamp(moment, UTC))
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    mail.set_content(content)
    return mail


def deliver(server: MailServer, mails: Sequence[EmailMessage]) -> dict[str, str]:
    """Hand the mails over in one session; blocks. Gives who was refused and why.

    Raises ToolCredentialsError when the server refuses the account, ToolInvokeError when it cannot be spoken to.
    """
    refused: dict[str, str] = {}
    try:
        with _session(server) as session:
            if server.password:
                session.login(server.account, server.password)
            for mail in mails:
                try:
                    session.send_message(mail)
                except smtplib.SMTPRecipientsRefused as error:
                    refused |= {to: f"{code} {_text(said)}" for to, (code, said) in error.recipients.items()}
                except smtplib.SMTPResponseException as error:
                    refused[str(mail["To"])] = f"{error.smtp_code} {_text(error.smtp_error)}"
    except smtplib.SMTPAuthenticationError as error:
        raise ToolCredentialsError(
            f"{server.host} refused the account ({error.smtp_code}); check it in the tool's settings."
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise ToolInvokeError(f"The mail server {server.host}:{server.port} cannot be used: {error}.") from error
    return refused


class _Checked(smtplib.SMTP):
    """A session with the address that was checked, whatever the name leads to meanwhile."""

    def __init__(self, server: MailServer, context: ssl.SSLContext) -> None:
        self._server = server
        self._tls = context if server.encryption == "SSL" else None
        super().__init__(server.host, server.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self._server.address, port), timeout)
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=host)


def _session(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    session = _Checked(server, context)
    if server.encryption == "TLS":
        session.starttls(context=context)
    return session


def _check(rules: EgressRules, host: str, address: str, port: int) -> None:
    """Raises ToolInvokeError unless the address is public or was allowed; mail may go to any port of such a one."""
    try:
        rules.check(host, address, port)
    except HttpRequestNodeError:
        try:
            rules.check(host, address, _WEB_PORT)
        except HttpRequestNodeError as error:
            raise ToolInvokeError(str(error)) from error


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
