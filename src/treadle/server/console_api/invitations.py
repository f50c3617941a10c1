"""The console API: invitations to a workspace, and the page that accepts one."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from treadle.accounts.invitations import InvitationOutcome
from treadle.accounts.profile import InterfaceLanguage
from treadle.accounts.tables import Role
from treadle.platform.clock import SECOND, now_us
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, anyone, console_router
from treadle.server.console_api.answers import Done

router = console_router("Invitations")

_INVITATIONS = "/workspaces/current/invitations"
Token = Annotated[str, Field(max_length=256)]


class NewInvitations(BaseModel):
    """Who is asked to join, all with one role, which is not `owner`."""

    emails: Annotated[list[str], Field(max_length=500)]
    role: Role


class InvitationResult(BaseModel):
    """One address. `link` is there to be passed on by hand: no mail carries it. `reason` says what went wrong."""

    email: str
    result: InvitationOutcome
    link: str | None
    reason: str | None


class InvitationResults(BaseModel):
    results: list[InvitationResult]


class OpenInvitation(BaseModel):
    """An invitation that nobody accepted yet. Times in seconds since 1970."""

    id: str
    email: str
    role: Role
    created_at: float
    expires_at: float
    expired: bool


class OpenInvitations(BaseModel):
    invitations: list[OpenInvitation]


class InvitationToken(BaseModel):
    token: Token


class InvitationDetail(BaseModel):
    """What a link opens. `has_account`: the address has an account, which joins with its own password."""

    email: str
    workspace_name: str
    role: Role
    inviter_name: str | None
    inviter_language: str
    has_account: bool


class Activation(InvitationToken):
    """Who joins. An address without an account gives its name and a new password; one with an account, its password."""

    password: Annotated[str, Field(max_length=256)]
    name: Annotated[str, Field(max_length=255)] | None = None
    interface_language: InterfaceLanguage | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None


class Activated(BaseModel):
    """The address that may sign in now."""

    email: str


@router.get(_INVITATIONS)
async def list_invitations(services: ServicesDep, signed_in: AdministratorDep) -> OpenInvitations:
    """Invitations that nobody accepted yet."""
    now = now_us()
    return OpenInvitations(
        invitations=[
            OpenInvitation(
                id=row.id,
                email=row.email,
                role=Role(row.role),
                created_at=row.created_at / SECOND,
                expires_at=row.expires_at / SECOND,
                expired=row.expires_at <= now,
            )
            for row in await services.invitations.open_invitations(signed_in)
        ]
    )


@router.post(_INVITATIONS, status_code=201)
async def invite(body: NewInvitations, services: ServicesDep, signed_in: AdministratorDep) -> InvitationResults:
    """Invite people, by mail where a server is set, else with links to pass on. Asking again makes a fresh link."""
    invited = await services.invitations.invite(signed_in, body.emails, body.role)
    return InvitationResults(
        results=[
            InvitationResult(email=each.email, result=each.outcome, link=each.link, reason=each.reason)
            for each in invited
        ]
    )


@router.delete(_INVITATIONS + "/{invitation_id}")
async def take_back_invitation(invitation_id: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Take an invitation back; its link opens nothing any more."""
    await services.invitations.take_back(signed_in, invitation_id)
    return Done()


@router.post("/activation/validity", dependencies=[Depends(anyone)])
async def read_invitation(body: InvitationToken, services: ServicesDep) -> InvitationDetail:
    """What the link of an invitation opens."""
    welcome = await services.invitations.welcome(body.token)
    return InvitationDetail(
        email=welcome.email,
        workspace_name=welcome.workspace,
        role=welcome.role,
        inviter_name=welcome.inviter,
        inviter_language=welcome.inviter_language,
        has_account=welcome.known,
    )


@router.post("/activation", dependencies=[Depends(anyone)])
async def activate(body: Activation, services: ServicesDep) -> Activated:
    """Accept an invitation: the account is made where there is none, and joins the workspace."""
    email = await services.invitations.accept(
        body.token,
        password=body.password,
        name=body.name,
        language=body.interface_language,
        timezone=body.timezone,
    )
    return Activated(email=email)


@router.post("/activation/join")
async def join(body: InvitationToken, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Accept an invitation with the account that is signed in; its session looks at the new workspace."""
    await services.invitations.join(signed_in, body.token)
    return Done()
