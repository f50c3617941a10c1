"""Mail to people, through the SMTP server of the operator."""

import asyncio
import smtplib
import ssl
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from treadle.settings import Settings

_SECONDS = 20.0


class MailError(Exception):
    """A mail was not sent. `final`: trying again is of no use."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Mailer:
    """Sends one mail at a time, each over a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def configured(self) -> bool:
        """The operator named a server."""
        return bool(self._settings.smtp_host)

    async def send(self, to: str, *, subject: str, text: str, html: str) -> None:
        """Send a mail to one person. Raises MailError."""
        if not self.configured:
            raise MailError("no mail server is set; see TREADLE_SMTP_HOST", final=True)
        message = EmailMessage()
        message["From"] = self._settings.smtp_from
        message["To"] = _one_address(to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._settings.smtp_from.rpartition("@")[2] or None)
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        try:
            await asyncio.to_thread(self._deliver, message)
        except smtplib.SMTPRecipientsRefused as error:
            raise MailError(f"the mail server refused {to}: {error}", final=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(f"the mail server could not take a mail: {error}") from error

    def _deliver(self, message: EmailMessage) -> None:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.smtp_ca_file)
        with self._connect(context) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        host, port = self._settings.smtp_host, self._settings.smtp_port
        if self._settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
        return smtplib.SMTP(host, port, timeout=_SECONDS)


def _one_address(text: str) -> Address:
    """The mail address in `text`, which holds nothing else. Raises MailError."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise MailError(f"{text!r} is no mail address", final=True) from error
    if not address.domain:
        raise MailError(f"{text!r} is no mail address", final=True)
    return address
