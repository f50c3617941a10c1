"""The console API: set-up, sign-in, and who is signed in."""

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from treadle.accounts.service import SignedIn
from treadle.accounts.tables import Role
from treadle.server.console_api.access import (
    CSRF_COOKIE,
    SESSION_COOKIE,
    MemberDep,
    ServicesDep,
    anyone,
    console_router,
    first_run,
)
from treadle.server.console_api.answers import Author, Done
from treadle.server.services import Services


class SetUp(BaseModel):
    """The first account. `init_password` is what the operator set, where the state asks for it."""

    email: str = Field(min_length=3, max_length=255)
    name: str = Field(min_length=1, max_length=30)
    password: str = Field(max_length=256)
    init_password: str = Field("", max_length=256)


class SignIn(BaseModel):
    """Who signs in."""

    email: str = Field(max_length=255)
    password: str = Field(max_length=256)


class SetUpState(BaseModel):
    """Whether the first account exists, and whether making it takes the operator's password."""

    completed: bool
    init_password: bool


class SignInService(BaseModel):
    """A service that people may sign in by."""

    id: str
    name: str


class SystemFeatures(BaseModel):
    """What this installation offers to people who are not signed in. Source: spec console §1.2."""

    enable_email_password_login: bool
    enable_email_code_login: bool
    is_allow_register: bool
    is_allow_create_workspace: bool
    is_email_setup: bool
    sign_in_services: list[SignInService]


class WorkspaceLookedAt(BaseModel):
    """The workspace of a session."""

    id: str
    name: str


class Myself(Author):
    """Who is signed in, where, and what they may do there."""

    role: Role
    workspace: WorkspaceLookedAt


router = console_router("Sessions")


@router.get("/setup", dependencies=[Depends(anyone)])
async def setup_state(services: ServicesDep) -> SetUpState:
    """Whether the first account exists."""
    completed = await services.accounts.set_up()
    return SetUpState(completed=completed, init_password=not completed and bool(services.settings.init_password))


@router.get("/system-features", dependencies=[Depends(anyone)])
async def system_features(services: ServicesDep) -> SystemFeatures:
    """Which ways in there are."""
    return SystemFeatures(
        enable_email_password_login=services.settings.enable_email_password_login,
        enable_email_code_login=services.code_sign_in.possible,
        is_allow_register=services.code_sign_in.open_to_newcomers,
        is_allow_create_workspace=services.settings.allow_create_workspace,
        is_email_setup=services.mailer.configured,
        sign_in_services=[
            SignInService(id=each.id, name=each.name) for each in services.identity_sign_in.services.values()
        ],
    )


@router.post("/setup", dependencies=[Depends(first_run)], status_code=201)
async def set_up(body: SetUp, request: Request, response: Response, services: ServicesDep) -> Author:
    """Create the first account and sign it in."""
    services.accounts.check_init_password(body.init_password)
    await services.accounts.create_first(email=body.email, name=body.name, password=body.password)
    return await _sign_in(body.email, body.password, request, response, services)


@router.post("/signin", dependencies=[Depends(anyone)])
async def sign_in(body: SignIn, request: Request, response: Response, services: ServicesDep) -> Author:
    """Begin a session."""
    return await _sign_in(body.email, body.password, request, response, services)


@router.post("/signout")
async def sign_out(request: Request, response: Response, services: ServicesDep, _: MemberDep) -> Done:
    """End the session."""
    await services.accounts.end_session(request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)
    return Done()


@router.get("/account")
async def account(signed_in: MemberDep, services: ServicesDep) -> Myself:
    """Who is signed in."""
    name = await services.accounts.workspace_name(signed_in.workspace_id)
    workspace = WorkspaceLookedAt(id=signed_in.workspace_id, name=name)
    return Myself(**_author(signed_in).model_dump(), role=signed_in.role, workspace=workspace)


async def _sign_in(email: str, password: str, request: Request, response: Response, services: Services) -> Author:
    signed_in, token = await services.accounts.sign_in(
        email, password, user_agent=request.headers.get("user-agent", "")
    )
    return begun(signed_in, token, response, services)


def begun(signed_in: SignedIn, token: str, response: Response, services: Services) -> Author:
    """The answer that gives a browser its new session."""
    secure = services.links.base.startswith("https://")
    age = services.settings.session_days * 86_400
    response.set_cookie(SESSION_COOKIE, token, max_age=age, httponly=True, samesite="lax", secure=secure)
    response.set_cookie(
        CSRF_COOKIE, services.accounts.csrf_token(signed_in), max_age=age, samesite="lax", secure=secure
    )
    return _author(signed_in)


def _author(signed_in: SignedIn) -> Author:
    return Author(id=signed_in.account_id, name=signed_in.name, email=signed_in.email)
