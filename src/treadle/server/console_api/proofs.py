"""The console API: what people do with a code from their mail: reset a password, sign in, change or end an account."""

from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from treadle.accounts.mails import CodePurpose
from treadle.accounts.profile import InterfaceLanguage
from treadle.server.console_api.access import (
    CSRF_COOKIE,
    SESSION_COOKIE,
    MemberDep,
    ServicesDep,
    anyone,
    console_router,
)
from treadle.server.console_api.answers import Author, Done
from treadle.server.console_api.sessions import begun

router = console_router("Proofs by mail")

Email = Annotated[str, Field(max_length=255)]
Token = Annotated[str, Field(max_length=256)]
Code = Annotated[str, Field(max_length=16)]


class MailTo(BaseModel):
    """Who asks for a code. `interface_language` is that of the mail."""

    email: Email
    interface_language: InterfaceLanguage = "en-US"


class CodeToken(BaseModel):
    """What goes with the code that was mailed. It is the same for an address that nobody knows."""

    token: str


class GivenCode(BaseModel):
    """A token, and the code from the mail."""

    token: Token
    code: Code


class NewPassword(BaseModel):
    """A token whose code was confirmed, and the password to set."""

    token: Token
    password: Annotated[str, Field(max_length=256)]


class CodeSignIn(GivenCode):
    """The code, and what the account of a newcomer starts with."""

    name: Annotated[str, Field(max_length=255)] | None = None
    interface_language: InterfaceLanguage | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None


class OwnCode(BaseModel):
    """What a code for the address that one has is for."""

    purpose: Literal["old_address", "delete_account"]


class ConfirmedOwnCode(OwnCode, GivenCode):
    """A code for the address that one has."""


class NewAddress(BaseModel):
    """The confirmed token of the old address, and the new one."""

    token: Token
    email: Email


class ChangedAddress(BaseModel):
    """The address to sign in with from now on."""

    email: str


class OwnedWorkspaces(BaseModel):
    """The names of the workspaces that end with the account."""

    names: list[str]


class AccountEnd(GivenCode):
    """The code, and the address typed once more."""

    email: Email
    feedback: Annotated[str, Field(max_length=2000)] = ""


def caller_of(request: Request) -> str:
    """The network address of a request, as far as the server sees it."""
    return request.client.host if request.client else ""


@router.post("/password-reset", dependencies=[Depends(anyone)])
async def begin_password_reset(body: MailTo, request: Request, services: ServicesDep) -> CodeToken:
    """Mail a code to somebody who forgot their password."""
    token = await services.password_reset.begin(body.email, language=body.interface_language, caller=caller_of(request))
    return CodeToken(token=token)


@router.post("/password-reset/validity", dependencies=[Depends(anyone)])
async def check_password_reset(body: GivenCode, services: ServicesDep) -> Done:
    """Confirm the code; the token then sets a password."""
    await services.password_reset.confirm(body.token, body.code)
    return Done()


@router.put("/password-reset", dependencies=[Depends(anyone)])
async def finish_password_reset(body: NewPassword, services: ServicesDep) -> Done:
    """Set the password; the person is signed out everywhere."""
    await services.password_reset.finish(body.token, body.password)
    return Done()


@router.post("/signin/code", dependencies=[Depends(anyone)])
async def begin_code_sign_in(body: MailTo, request: Request, services: ServicesDep) -> CodeToken:
    """Mail a code that signs somebody in, or a newcomer up where that is allowed."""
    token = await services.code_sign_in.begin(body.email, language=body.interface_language, caller=caller_of(request))
    return CodeToken(token=token)


@router.post("/signin/code/validity", dependencies=[Depends(anyone)])
async def finish_code_sign_in(body: CodeSignIn, request: Request, response: Response, services: ServicesDep) -> Author:
    """Begin a session with the code."""
    signed_in, token = await services.code_sign_in.finish(
        body.token,
        body.code,
        name=body.name,
        language=body.interface_language,
        timezone=body.timezone,
        user_agent=request.headers.get("user-agent", ""),
    )
    return begun(signed_in, token, response, services)


@router.post("/account/code")
async def begin_own_code(body: OwnCode, request: Request, services: ServicesDep, signed_in: MemberDep) -> CodeToken:
    """Mail a code to one's own address."""
    token = await services.own_address.begin(signed_in, CodePurpose(body.purpose), caller=caller_of(request))
    return CodeToken(token=token)


@router.post("/account/code/validity")
async def check_own_code(body: ConfirmedOwnCode, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Confirm such a code; its token is worth it then."""
    await services.own_address.confirm(signed_in, CodePurpose(body.purpose), body.token, body.code)
    return Done()


@router.post("/account/address")
async def begin_new_address(
    body: NewAddress, request: Request, services: ServicesDep, signed_in: MemberDep
) -> CodeToken:
    """Mail a code to the address that the account shall have."""
    token = await services.own_address.begin_new(signed_in, body.token, body.email, caller=caller_of(request))
    return CodeToken(token=token)


@router.put("/account/address")
async def change_address(
    body: GivenCode, response: Response, services: ServicesDep, signed_in: MemberDep
) -> ChangedAddress:
    """Give the account its new address; the person is signed out everywhere."""
    email = await services.own_address.change(signed_in, body.token, body.code)
    _forget_session(response)
    return ChangedAddress(email=email)


@router.get("/account/owned-workspaces")
async def owned_workspaces(services: ServicesDep, signed_in: MemberDep) -> OwnedWorkspaces:
    """Which workspaces end with the account."""
    return OwnedWorkspaces(names=list(await services.own_address.owned(signed_in)))


@router.delete("/account")
async def delete_account(body: AccountEnd, response: Response, services: ServicesDep, signed_in: MemberDep) -> Done:
    """End one's account, and the workspaces that it owns with all they hold."""
    await services.own_address.delete(
        signed_in, email=body.email, token=body.token, code=body.code, feedback=body.feedback
    )
    _forget_session(response)
    return Done()


def _forget_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)
