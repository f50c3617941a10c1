"""The mail sink takes what Python's own mail client sends."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

import pytest

from tests.doubles.mail import MailSink, Security


def invitation(to: str = "ada@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Treadle <noreply@example.org>"
    message["To"] = to
    message["Date"] = formatdate()
    message["Subject"] = "Einladung für Ada"
    message.set_content("Öffnen Sie den Link.\n")
    message.add_alternative("<p>Öffnen Sie den <a href='http://127.0.0.1/x'>Link</a>.</p>\n", subtype="html")
    return message


async def test_a_message_lands_readable_in_the_inbox() -> None:
    async with MailSink() as sink:

        def send() -> None:
            with smtplib.SMTP(sink.host, sink.port) as client:
                client.send_message(invitation())

        sending = asyncio.create_task(asyncio.to_thread(send))
        mail = await sink.wait_mail("ada@example.org")
        await sending

    assert (mail.sender, mail.recipients) == ("noreply@example.org", ("ada@example.org",))
    assert (mail.subject, mail.text) == ("Einladung für Ada", "Öffnen Sie den Link.\n")
    assert "http://127.0.0.1/x" in mail.html


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_login_and_encryption(security: Security) -> None:
    with MailSink(user="u", password="p", security=security).in_thread() as sink:
        context = None if sink.ca_file is None else ssl.create_default_context(cafile=str(sink.ca_file))
        if security == "tls":
            client = smtplib.SMTP_SSL(sink.host, sink.port, context=context)
        else:
            client = smtplib.SMTP(sink.host, sink.port)
        with client:
            if security == "starttls":
                client.starttls(context=context)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("u", "wrong")
            client.login("u", "p")
            client.send_message(invitation())
        assert {violation.kind for violation in sink.take_violations()} == {"auth"}
    assert len(sink.mails_to("ada@example.org")) == 1


def test_refused_recipients_and_broken_messages() -> None:
    undated = invitation()
    del undated["Date"]
    with MailSink().in_thread() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        sink.refuse("gone@example.org")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.send_message(invitation("gone@example.org"))
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(undated)
        assert [violation.message for violation in sink.take_violations()] == [
            "A message needs exactly one Date header."
        ]
    assert sink.inbox == []
