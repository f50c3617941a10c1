"""E-mail (models-and-tools §4.9), against a mail server that keeps what it gets."""

import pytest

from tests.doubles.mail import MailSink
from tests.tools.builtin.calls import a_call, given
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.engine.values import Value
from treadle.platform.egress_rules import EgressRules
from treadle.tools.builtin import Call
from treadle.tools.messages import Text

MAIL: dict[str, Value] = {
    "send_to": "bea@example.org",
    "subject": "Grüße",
    "email_content": "Hello\nBea — how are?",
}


def mailing(sink: MailSink, parameters: dict[str, Value], *, allowed: bool = True, **credentials: Value) -> Call:
    call = a_call(
        parameters,
        credentials={
            "email_account": "ada@example.org",
            "email_password": "secret",
            "smtp_server": sink.host,
            "smtp_port": str(sink.port),
            "encrypt_method": "NONE",
            **credentials,
        },
    )
    return Call(
        **{
            **{name: getattr(call, name) for name in Call.__dataclass_fields__},
            "egress": EgressRules(["127.0.0.0/8"] if allowed else []),
        }
    )


async def test_a_mail_is_sent() -> None:
    async with MailSink(user="ada@example.org", password="secret") as sink:
        [told] = await given("email", "send_mail", mailing(sink, MAIL))
        assert told == Text("The mail to bea@example.org was sent.")
        [mail] = sink.inbox
        assert (mail.sender, mail.recipients, mail.subject) == ("ada@example.org", ("bea@example.org",), "Grüße")
        assert mail.text == "Hello\nBea — how are?\n"
        assert str(mail.message["Date"]) == "Wed, 31 Jan 2024 08:33:20 +0000"


@pytest.mark.parametrize(("security", "encryption"), [("starttls", "TLS"), ("tls", "SSL")])
async def test_a_mail_is_sent_encrypted(security: str, encryption: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with MailSink(user="ada@example.org", password="secret", security=security) as sink:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.ca_file))
        await given("email", "send_mail", mailing(sink, MAIL, encrypt_method=encryption))
        assert [mail.subject for mail in sink.inbox] == ["Grüße"]
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(ToolInvokeError, match=r"cannot be used: .*CERTIFICATE_VERIFY_FAILED"):
            await given("email", "send_mail", mailing(sink, MAIL, encrypt_method=encryption))


async def test_many_are_written_to_one_by_one() -> None:
    async with MailSink(user="ada@example.org", password="secret") as sink:
        sink.refuse("cid@example.org")
        many: dict[str, Value] = {**MAIL, "send_to": '["bea@example.org", "cid@example.org", "dan@example.org"]'}
        [told] = await given("email", "send_mail_batch", mailing(sink, many))
        assert told == Text(
            '{"bea@example.org": "sent", "cid@example.org": "550 No such mailbox", "dan@example.org": "sent"}'
        )
        assert [mail.recipients for mail in sink.inbox] == [("bea@example.org",), ("dan@example.org",)]


async def test_a_refused_receiver_is_a_failure() -> None:
    async with MailSink(user="ada@example.org", password="secret") as sink:
        sink.refuse("bea@example.org")
        with pytest.raises(ToolInvokeError, match=r"The mail to bea@example\.org was refused: 550 No such mailbox"):
            await given("email", "send_mail", mailing(sink, MAIL))


async def test_a_refused_account_is_a_matter_of_credentials() -> None:
    async with MailSink(user="ada@example.org", password="secret") as sink:
        with pytest.raises(ToolCredentialsError, match="refused the account"):
            await given("email", "send_mail", mailing(sink, MAIL, email_password="wrong"))
        sink.take_violations()


async def test_a_private_mail_server_is_refused_unless_allowed() -> None:
    async with MailSink() as sink:
        with pytest.raises(ToolInvokeError, match="it is no public address"):
            await given("email", "send_mail", mailing(sink, MAIL, allowed=False))
        assert sink.inbox == []


@pytest.mark.parametrize(
    ("tool", "wrong", "reason"),
    [
        ("send_mail", {"send_to": "bea"}, '"bea" is no e-mail address'),
        ("send_mail", {"send_to": "a@b.c\nBcc: x@y.z"}, "is no e-mail address"),
        ("send_mail", {"subject": "a\nBcc: x@y.z"}, "A subject has one line"),
        ("send_mail_batch", {"send_to": "bea@example.org"}, "must be a JSON list"),
        ("send_mail_batch", {"send_to": "[]"}, "Between 1 and 100"),
    ],
)
async def test_what_is_no_mail_is_refused(tool: str, wrong: dict[str, Value], reason: str) -> None:
    async with MailSink() as sink:
        with pytest.raises(ToolParameterError, match=reason):
            await given("email", tool, mailing(sink, {**MAIL, **wrong}))
        assert sink.inbox == []
