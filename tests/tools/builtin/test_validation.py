"""Credentials are tried before they are stored (models-and-tools §4.2): by the form, then by a representative call."""

from pathlib import Path

import pytest

from tests.tools.builtin import (
    test_media,
    test_more_search,
    test_pictures,
    test_places,
    test_reference,
    test_search,
    test_work,
)
from tests.tools.builtin.calls import a_call
from tests.tools.builtin.cases import KEY, Case, calling
from treadle.engine.errors import ToolCredentialsError
from treadle.tools.builtin import builtin_providers

OTHER_WORDS = {"youtube", "wolframalpha", "jina", "spark", "xinference", "onebot", "crossref", "baidu_translate"}
"""Providers whose doubles know other words than those of the trial, or have no single key."""

CASES = {
    case.provider: case
    for module in (test_search, test_more_search, test_reference, test_places, test_work, test_pictures, test_media)
    for case in reversed(module.CASES)
    if case.credentials
    and case.provider not in OTHER_WORDS
    and (builtin_providers()[case.provider].trial or builtin_providers()[case.provider].own_check)
}


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.provider)
async def test_credentials_are_tried_by_a_call(case: Case, tmp_path: Path) -> None:
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        await provider.validate(call.credentials, call)
        assert vendor.requests != []
        for wrong in [name for name, value in call.credentials.items() if value == KEY]:
            vendor.requests.clear()
            with pytest.raises(ToolCredentialsError, match=r"refused the|is missing"):
                await provider.validate({**call.credentials, wrong: "another"}, call)
            assert vendor.requests != []
            vendor.requests.clear()
            with pytest.raises(ToolCredentialsError, match=f'The credential "{wrong}" of {provider.name} is missing'):
                await provider.validate({**call.credentials, wrong: ""}, call)
            assert vendor.requests == []


def test_many_providers_are_tried() -> None:
    assert len(CASES) >= 25


async def test_a_choice_must_be_one_of_those_offered() -> None:
    credentials = {
        "email_account": "a@b.c", "email_password": "x", "smtp_server": "b.c", "smtp_port": "25",
        "encrypt_method": "ROT13",
    }  # fmt: skip
    with pytest.raises(ToolCredentialsError, match='"encrypt_method" of email must be one of NONE, SSL, TLS'):
        await builtin_providers()["email"].validate(credentials, a_call())


async def test_providers_without_credentials_need_none() -> None:
    assert not builtin_providers()["time"].needs_credentials
    await builtin_providers()["time"].validate({}, a_call())
