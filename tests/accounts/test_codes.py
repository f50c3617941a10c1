"""Codes by mail: what opens them, how often they may be asked for and guessed."""

import re
from collections.abc import Iterator

import pytest

from tests.doubles.mail import MailSink
from treadle.accounts import codes as codes_module
from treadle.accounts.codes import CodeGone, MailCodes
from treadle.accounts.mails import CodePurpose
from treadle.platform.clock import SECOND
from treadle.platform.db import Database
from treadle.platform.mail import Mailer
from treadle.platform.refusals import Refusal, TooManyRequests
from treadle.settings import Settings

ADDRESS = "mira@example.com"
RESET = CodePurpose.RESET_PASSWORD


class Clock:
    """Stands in for `now_us`."""

    now = 1_750_000_000 * SECOND

    def __call__(self) -> int:
        return self.now

    def go_on(self, seconds: int) -> None:
        self.now += seconds * SECOND


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(codes_module, "now_us", clock)
    return clock


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink().in_thread() as made:
        yield made


@pytest.fixture
def codes(db: Database, clock: Clock, sink: MailSink) -> MailCodes:
    return MailCodes(db, Mailer(Settings(smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none")))


async def send(codes: MailCodes, email: str = ADDRESS, *, caller: str = "192.0.2.1", language: str = "en-US") -> str:
    token = await codes.send(RESET, email, language=language, caller=caller)
    await codes.close()
    return token


def code_for(sink: MailSink, email: str = ADDRESS) -> str:
    found = re.search(r"^\d{6}$", sink.mails_to(email)[-1].text, re.M)
    assert found
    return found.group()


async def test_token_and_code_prove_an_address_once(codes: MailCodes, sink: MailSink) -> None:
    token = await send(codes)
    with pytest.raises(CodeGone):
        await codes.spend(RESET, token)
    assert await codes.confirm(RESET, token, f" {code_for(sink)} ") == ADDRESS
    assert await codes.spend(RESET, token) == ADDRESS
    with pytest.raises(CodeGone):
        await codes.spend(RESET, token)


async def test_a_code_is_for_its_purpose_and_its_token(codes: MailCodes, sink: MailSink, clock: Clock) -> None:
    token, code = await send(codes), code_for(sink)
    clock.go_on(61)
    other = await send(codes)
    for purpose, held in ((CodePurpose.SIGN_IN, token), (RESET, other), (RESET, "unknown")):
        with pytest.raises(CodeGone):
            await codes.confirm(purpose, held, code)


async def test_five_guesses_are_all(codes: MailCodes, sink: MailSink) -> None:
    token, code = await send(codes), code_for(sink)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(CodeGone):
            await codes.confirm(RESET, token, wrong)
    with pytest.raises(CodeGone):
        await codes.confirm(RESET, token, code)


@pytest.mark.parametrize(("seconds", "valid"), [(299, True), (301, False)])
async def test_a_code_is_valid_for_five_minutes(
    codes: MailCodes, sink: MailSink, clock: Clock, seconds: int, valid: bool
) -> None:
    token, code = await send(codes), code_for(sink)
    clock.go_on(seconds)
    if valid:
        assert await codes.confirm(RESET, token, code) == ADDRESS
        return
    with pytest.raises(CodeGone):
        await codes.confirm(RESET, token, code)


async def test_an_address_is_mailed_once_a_minute(codes: MailCodes, clock: Clock) -> None:
    await send(codes)
    with pytest.raises(TooManyRequests) as refused:
        await send(codes, caller="192.0.2.2")
    assert refused.value.retry_after == 61
    clock.go_on(61)
    await send(codes)


async def test_nobody_can_tell_an_unknown_address(codes: MailCodes, sink: MailSink) -> None:
    token = await codes.send(RESET, ADDRESS, language="en-US", caller="192.0.2.1", known=False)
    await codes.close()
    assert len(token) == 43
    assert sink.mails_to(ADDRESS) == []
    with pytest.raises(TooManyRequests):
        await send(codes)


async def test_who_asks_for_too_many_mails_is_barred_and_longer_the_second_time(codes: MailCodes, clock: Clock) -> None:
    async def fifty() -> int | None:
        for number in range(50):
            await codes.send(RESET, f"{clock.now}-{number}@example.com", language="", caller="c", known=False)
        with pytest.raises(TooManyRequests) as refused:
            await codes.send(RESET, "one-more@example.com", language="", caller="c", known=False)
        return refused.value.retry_after

    assert await fifty() == 601
    clock.go_on(590)
    with pytest.raises(TooManyRequests):
        await codes.send(RESET, "later@example.com", language="", caller="c", known=False)
    await codes.send(RESET, "later@example.com", language="", caller="another", known=False)
    clock.go_on(70)
    assert await fifty() == 3601


@pytest.mark.parametrize(("language", "subject"), [("zh-Hans", "密码"), ("ja-JP", "パスワード"), ("xx", "password")])
async def test_the_mail_speaks_the_language(codes: MailCodes, sink: MailSink, language: str, subject: str) -> None:
    await send(codes, language=language)
    (mail,) = sink.mails_to(ADDRESS)
    assert subject in mail.subject
    assert code_for(sink) in mail.html


async def test_without_a_mail_server_it_is_said(db: Database) -> None:
    with pytest.raises(Refusal, match="sends no mail"):
        await MailCodes(db, Mailer(Settings(smtp_host=""))).send(RESET, ADDRESS, language="", caller="c")
