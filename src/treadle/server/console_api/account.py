"""The console API: what a person decides about their own account."""

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from treadle.accounts.profile import InterfaceLanguage, Theme
from treadle.accounts.tables import Account
from treadle.platform.clock import SECOND
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.answers import Author, Done, avatar_url
from treadle.server.file_responses import file_response

router = console_router("Account")


class Profile(Author):
    """The signed-in person's own account. `interface_language` and `timezone` are tags such as ja-JP and Asia/Tokyo."""

    avatar_url: str | None
    interface_language: str
    interface_theme: Theme
    timezone: str
    has_password: bool


class ProfileChange(BaseModel):
    """What is left out stays."""

    name: Annotated[str, Field(max_length=255)] | None = None
    interface_language: InterfaceLanguage | None = None
    interface_theme: Theme | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None


class AvatarChoice(BaseModel):
    """The id of an uploaded picture."""

    file_id: Annotated[str, Field(max_length=36)]


class PasswordChange(BaseModel):
    """`password` is the one until now; not asked for while none is set."""

    password: Annotated[str, Field(max_length=256)] = ""
    new_password: Annotated[str, Field(max_length=256)]


class OwnSession(BaseModel):
    """A place where the person is signed in. Times in seconds since 1970; `user_agent` as the browser said."""

    id: str
    user_agent: str
    created_at: float
    expires_at: float
    current: bool


class OwnSessions(BaseModel):
    sessions: list[OwnSession]


@router.get("/account/profile")
async def read_profile(services: ServicesDep, signed_in: MemberDep) -> Profile:
    """The account of the signed-in person."""
    return _profile(await services.profiles.of(signed_in))


@router.patch("/account/profile")
async def change_profile(body: ProfileChange, services: ServicesDep, signed_in: MemberDep) -> Profile:
    """Change the name, the language, the theme or the time zone."""
    account = await services.profiles.change(
        signed_in,
        name=body.name,
        language=body.interface_language,
        theme=body.interface_theme,
        timezone=body.timezone,
    )
    return _profile(account)


@router.put("/account/avatar")
async def choose_avatar(body: AvatarChoice, services: ServicesDep, signed_in: MemberDep) -> Profile:
    """Show an uploaded picture beside the name."""
    await services.icons.check(signed_in.workspace_id, "image", body.file_id)
    return _profile(await services.profiles.show(signed_in, body.file_id))


@router.delete("/account/avatar")
async def remove_avatar(services: ServicesDep, signed_in: MemberDep) -> Profile:
    """Show the first letter of the name again."""
    return _profile(await services.profiles.show(signed_in, None))


@router.get(
    "/accounts/{account_id}/avatar", response_class=Response, responses={200: {"content": {"image/*": {"schema": {}}}}}
)
async def read_avatar(account_id: str, services: ServicesDep, signed_in: MemberDep) -> Response:
    """The picture of a person of one's workspaces. Browsers keep it: its address changes with the picture."""
    workspace_id, picture = await services.profiles.avatar(signed_in, account_id)
    row, data = await services.icons.picture(workspace_id, "image", picture)
    return file_response(row, data, download=False, cache="private, max-age=86400")


@router.put("/account/password")
async def change_password(body: PasswordChange, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Change the password; the person is signed out everywhere else."""
    await services.accounts.change_password(signed_in, current=body.password, password=body.new_password)
    return Done()


@router.get("/account/sessions")
async def list_sessions(services: ServicesDep, signed_in: MemberDep) -> OwnSessions:
    """Where the person is signed in, the newest first."""
    return OwnSessions(
        sessions=[
            OwnSession(
                id=row.id,
                user_agent=row.user_agent,
                created_at=row.created_at / SECOND,
                expires_at=row.expires_at / SECOND,
                current=row.id == signed_in.session_id,
            )
            for row in await services.profiles.sessions(signed_in)
        ]
    )


@router.delete("/account/sessions/{session_id}")
async def end_session(session_id: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Sign out in one place."""
    await services.profiles.end_session(signed_in, session_id)
    return Done()


@router.delete("/account/sessions")
async def end_other_sessions(services: ServicesDep, signed_in: MemberDep) -> Done:
    """Sign out everywhere but here."""
    await services.profiles.end_other_sessions(signed_in)
    return Done()


def _profile(account: Account) -> Profile:
    return Profile(
        id=account.id,
        name=account.name,
        email=account.email,
        avatar_url=avatar_url(account),
        interface_language=account.interface_language,
        interface_theme=_theme(account.interface_theme),
        timezone=account.timezone,
        has_password=account.password_hash is not None,
    )


def _theme(stored: str) -> Theme:
    return "light" if stored == "light" else "dark" if stored == "dark" else "system"
