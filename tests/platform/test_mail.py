"""Mails through a real mail server, with and without encryption and a login."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.mail import MailSink, Security
from treadle.platform.mail import Mailer, MailError
from treadle.settings import Settings


@contextmanager
def mailer(tmp_path: Path, sink: MailSink | None, **changes: Any) -> Iterator[Mailer]:
    given: dict[str, Any] = {"data_dir": tmp_path, "smtp_from": "treadle@example.com", **changes}
    if sink is not None:
        given = {
            "smtp_host": sink.host,
            "smtp_port": sink.port,
            "smtp_security": sink.security,
            "smtp_ca_file": sink.ca_file,
            **given,
        }
    yield Mailer(Settings(**given))


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_mail_arrives_whole(tmp_path: Path, security: Security) -> None:
    async with MailSink(security=security) as sink:
        with mailer(tmp_path, sink) as sender:
            await sender.send(
                "kari@example.com", subject="Grüße\r\nBcc: x@example.com", text="Hei ☃", html="<p>Hei ☃</p>"
            )
        (mail,) = sink.inbox
    assert (mail.sender, mail.recipients) == ("treadle@example.com", ("kari@example.com",))
    assert mail.subject == "Grüße Bcc: x@example.com"
    assert (mail.text.strip(), mail.html.strip()) == ("Hei ☃", "<p>Hei ☃</p>")


async def test_a_login_is_given_where_one_is_asked_for(tmp_path: Path) -> None:
    async with MailSink(user="u", password="p", security="starttls") as sink:
        with mailer(tmp_path, sink, smtp_user="u", smtp_password="p") as sender:
            await sender.send("kari@example.com", subject="s", text="t", html="h")
        assert len(sink.inbox) == 1


async def test_a_refused_address_is_final(tmp_path: Path) -> None:
    async with MailSink() as sink:
        sink.refuse("gone@example.com")
        with mailer(tmp_path, sink) as sender, pytest.raises(MailError) as refused:
            await sender.send("gone@example.com", subject="s", text="t", html="h")
    assert refused.value.final


@pytest.mark.parametrize("address", ["a\nb@example.com", "a@example.com, b@example.com", "nobody"])
async def test_what_is_no_address_reaches_nobody(tmp_path: Path, address: str) -> None:
    async with MailSink() as sink:
        with mailer(tmp_path, sink) as sender, pytest.raises(MailError) as refused:
            await sender.send(address, subject="s", text="t", html="h")
        assert sink.inbox == []
    assert refused.value.final


async def test_a_server_that_is_away_may_come_back(tmp_path: Path) -> None:
    away = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_security": "none"}
    with mailer(tmp_path, None, **away) as sender, pytest.raises(MailError) as refused:
        await sender.send("kari@example.com", subject="s", text="t", html="h")
    assert not refused.value.final


async def test_without_a_mail_server_the_setting_is_named(tmp_path: Path) -> None:
    with mailer(tmp_path, None) as sender, pytest.raises(MailError, match="TREADLE_SMTP_HOST"):
        await sender.send("kari@example.com", subject="s", text="t", html="h")
