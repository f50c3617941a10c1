"""The console API: the workspaces of a person, and the members of the one looked at."""

from typing import Annotated

from pydantic import BaseModel, Field

from treadle.accounts.tables import Role
from treadle.platform.clock import SECOND
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.answers import Author, Done, avatar_url

router = console_router("Members")

_MEMBERS = "/workspaces/current/members"


class OwnWorkspace(BaseModel):
    """A workspace of the signed-in person. `current`: the one that this session looks at."""

    id: str
    name: str
    role: Role
    current: bool


class OwnWorkspaces(BaseModel):
    workspaces: list[OwnWorkspace]


class WorkspaceChoice(BaseModel):
    workspace_id: Annotated[str, Field(max_length=36)]


class WorkspaceName(BaseModel):
    name: Annotated[str, Field(max_length=100)]


class WorkspaceMember(Author):
    """A member of the workspace. Times in seconds since 1970."""

    avatar_url: str | None
    role: Role
    status: str
    created_at: float
    last_login_at: float | None
    last_active_at: float | None


class WorkspaceMembers(BaseModel):
    members: list[WorkspaceMember]


class NewRole(BaseModel):
    role: Role


@router.get("/workspaces")
async def list_workspaces(services: ServicesDep, signed_in: MemberDep) -> OwnWorkspaces:
    """The workspaces of the signed-in person."""
    return OwnWorkspaces(
        workspaces=[
            OwnWorkspace(id=own.id, name=own.name, role=own.role, current=own.id == signed_in.workspace_id)
            for own in await services.members.workspaces(signed_in)
        ]
    )


@router.post("/workspaces", status_code=201)
async def create_workspace(body: WorkspaceName, services: ServicesDep, signed_in: MemberDep) -> OwnWorkspace:
    """Make a workspace and look at it, where the operator allows that."""
    workspace = await services.members.create_workspace(signed_in, body.name)
    return OwnWorkspace(id=workspace.id, name=workspace.name, role=Role.OWNER, current=True)


@router.post("/workspaces/switch")
async def switch_workspace(body: WorkspaceChoice, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Look at another workspace in this session."""
    await services.members.switch(signed_in, body.workspace_id)
    return Done()


@router.patch("/workspaces/current")
async def rename_workspace(body: WorkspaceName, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Give the workspace another name."""
    await services.members.rename(signed_in, body.name)
    return Done()


@router.get(_MEMBERS)
async def list_members(services: ServicesDep, signed_in: MemberDep) -> WorkspaceMembers:
    """Who belongs to the workspace."""
    return WorkspaceMembers(
        members=[
            WorkspaceMember(
                id=account.id,
                name=account.name,
                email=account.email,
                avatar_url=avatar_url(account),
                role=Role(member.role),
                status=account.status,
                created_at=member.created_at / SECOND,
                last_login_at=_seconds(account.last_login_at),
                last_active_at=_seconds(account.last_active_at),
            )
            for member, account in await services.members.members(signed_in)
        ]
    )


@router.put(_MEMBERS + "/{account_id}/role")
async def change_role(account_id: str, body: NewRole, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Give a member another role; `owner` hands the workspace over."""
    await services.members.change_role(signed_in, account_id, body.role)
    return Done()


@router.delete(_MEMBERS + "/{account_id}")
async def remove_member(account_id: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """End a membership; the sessions of the member in this workspace stop at once."""
    await services.members.remove(signed_in, account_id)
    return Done()


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND
