"""A mail server that keeps every message in a readable inbox."""

import asyncio
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.doubles.double import Double
from tests.doubles.recording import Violation

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True)
class Mail:
    """One delivered message. `sender` and `recipients` are those of the envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["subject"] or "")

    @property
    def text(self) -> str:
        """The plain text part, its lines ended by a newline alone; the empty string when there is none."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """The HTML part likewise."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class MailSink(Double):
    """An SMTP server at `host`:`port`.

    With `user` and `password` a login is demanded. With TLS the certificate in `ca_file` is to be trusted.
    """

    def __init__(self, *, user: str | None = None, password: str | None = None, security: Security = "none") -> None:
        super().__init__()
        self.user = user
        self.password = password
        self.security: Security = security
        self.inbox: list[Mail] = []
        self.host = "127.0.0.1"
        self.port = 0
        self.ca_file: Path | None = None
        self._refused: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="mail-sink-")
        self._server: asyncio.Server | None = None

    def refuse(self, address: str) -> None:
        """Answers 550 for this recipient from now on."""
        self._refused.add(address)

    def mails_to(self, address: str) -> list[Mail]:
        """The messages delivered to an address so far."""
        return [mail for mail in self.inbox if address in mail.recipients]

    async def wait_mail(self, to: str, count: int = 1, timeout: float = 10) -> Mail:
        """Awaits the `count`-th message to an address and returns it. Raises TimeoutError."""
        await self.wait_until(lambda: len(self.mails_to(to)) >= count, f"mail {count} to {to}", timeout)
        return self.mails_to(to)[count - 1]

    async def start(self) -> None:
        context = None
        if self.security != "none":
            self.ca_file = Path(self._folder.name) / "certificate.pem"
            context = server_context(self.ca_file)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: self._protocol(loop, context if self.security == "starttls" else None),
            self.host,
            0,
            ssl=context if self.security == "tls" else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._folder.cleanup()

    def _protocol(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None) -> SMTP:
        return SMTP(
            self,
            hostname="mail.double",
            enable_SMTPUTF8=True,
            tls_context=context,
            require_starttls=context is not None,
            auth_required=self.user is not None,
            auth_require_tls=context is not None,
            authenticator=self._authenticate,
            loop=loop,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        wanted = ((self.user or "").encode(), (self.password or "").encode())
        good = isinstance(data, LoginPassword) and (data.login, data.password) == wanted
        if not good:
            self.violate(Violation("auth", f"AUTH {mechanism}", "Wrong user name or password."))
        return AuthResult(success=good, handled=good)  # a refusal not handled here is answered with 535

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accepts or refuses one recipient; the name is the one that the library calls."""
        if address in self._refused:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps one message, refusing what RFC 5322 does not allow."""
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        for header in ("from", "date"):
            if len(message.get_all(header, [])) != 1:
                self.violate(Violation("protocol", "DATA", f"A message needs exactly one {header.title()} header."))
                return "550 Message not acceptable (RFC 5322)"
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message, raw)
        self.inbox.append(mail)
        self.changed()
        return "250 OK"


def server_context(certificate_file: Path) -> ssl.SSLContext:
    """A TLS context with a fresh self-signed certificate for 127.0.0.1 and localhost, written to the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = certificate_file.with_suffix(".key")
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context
