"""The members of a workspace and what each may do there. Source: spec console §3."""

from dataclasses import dataclass

from treadle.accounts.repository import AccountRepository
from treadle.accounts.service import AccountService, SignedIn
from treadle.accounts.tables import Account, Member, Role, Workspace
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import Conflict, Forbidden, InvalidParam, NotFound


@dataclass(frozen=True, slots=True)
class Belonging:
    """A workspace of a person, and what they may do there."""

    id: str
    name: str
    role: Role


class MemberService:
    """Who belongs to which workspace. Every call is about the workspace that the signed-in person looks at."""

    def __init__(self, db: Database, accounts: AccountService, *, creatable: bool) -> None:
        """`creatable`: people may make workspaces of their own."""
        self._db = db
        self._accounts = accounts
        self._creatable = creatable

    async def workspaces(self, signed_in: SignedIn) -> list[Belonging]:
        """All workspaces of this person, in the order of joining."""
        async with self._db.session() as session:
            rows = await AccountRepository(session).workspaces_of(signed_in.account_id)
        return [Belonging(workspace.id, workspace.name, Role(member.role)) for member, workspace in rows]

    async def create_workspace(self, signed_in: SignedIn, name: str) -> Workspace:
        """A workspace that this person owns, and looks at in this session. Raises Forbidden and InvalidParam."""
        if not self._creatable:
            raise Forbidden("Making workspaces is switched off here; ask the administrator of this server.")
        workspace = await self._accounts.create_workspace(_checked_name(name), owner_id=signed_in.account_id)
        await self.switch(signed_in, workspace.id)
        return workspace

    async def switch(self, signed_in: SignedIn, workspace_id: str) -> None:
        """Look at another workspace in this session. Raises NotFound for one that the person does not belong to."""
        async with self._db.transaction() as session:
            repository = AccountRepository(session)
            if await repository.member(workspace_id, signed_in.account_id) is None:
                raise NotFound("You have no workspace with this id.")
            await repository.move_session(signed_in.session_id, workspace_id)

    async def rename(self, signed_in: SignedIn, name: str) -> None:
        """Give the workspace another name. Raises InvalidParam for an empty one."""
        name = _checked_name(name)
        async with self._db.transaction() as session:
            workspace = await AccountRepository(session).workspace(signed_in.workspace_id)
            if workspace is None:
                raise NotFound("This workspace is gone.")
            workspace.name, workspace.updated_at = name, now_us()

    async def members(self, signed_in: SignedIn) -> list[tuple[Member, Account]]:
        """Who belongs to the workspace, in the order of joining."""
        async with self._db.session() as session:
            return await AccountRepository(session).people(signed_in.workspace_id)

    async def change_role(self, signed_in: SignedIn, account_id: str, role: Role) -> None:
        """Give a member another role; `owner` hands the workspace over, and makes the present owner an admin.

        Raises NotFound for a stranger, InvalidParam for oneself, Forbidden for what only the owner may do, and
        Conflict for the role that the member has.
        """
        async with self._db.transaction(lock=_lock(signed_in)) as session:
            repository = AccountRepository(session)
            actor, target = await _pair(repository, signed_in, account_id)
            if role == target.role:
                raise Conflict("This member has this role already.")
            if role is Role.OWNER:
                if actor.role != Role.OWNER:
                    raise Forbidden("Only the owner can hand the workspace over.")
                actor.role = Role.ADMIN
                # The index on owners allows one at a time.
                await repository.flush()
            elif target.role == Role.OWNER:
                raise Forbidden("The owner keeps this role until they hand the workspace over.")
            target.role = role

    async def remove(self, signed_in: SignedIn, account_id: str) -> None:
        """End a membership and its sessions at once; what the member made stays. Raises as `change_role` does."""
        async with self._db.transaction(lock=_lock(signed_in)) as session:
            repository = AccountRepository(session)
            _, target = await _pair(repository, signed_in, account_id)
            if target.role == Role.OWNER:
                raise Forbidden("The owner cannot be removed.")
            await repository.remove_member(signed_in.workspace_id, account_id)


def _checked_name(name: str) -> str:
    if not (name := name.strip()):
        raise InvalidParam("A workspace needs a name.", param="name")
    return name


def _lock(signed_in: SignedIn) -> str:
    return f"members {signed_in.workspace_id}"


async def _pair(repository: AccountRepository, signed_in: SignedIn, account_id: str) -> tuple[Member, Member]:
    """Who acts, as the database knows it now, and on whom."""
    if account_id == signed_in.account_id:
        raise InvalidParam("Nobody can change or remove themselves; ask another administrator.", param="account_id")
    actor = await repository.member(signed_in.workspace_id, signed_in.account_id)
    if actor is None or actor.role not in (Role.OWNER, Role.ADMIN):
        raise Forbidden("Your role in this workspace does not allow this; ask an administrator.")
    target = await repository.member(signed_in.workspace_id, account_id)
    if target is None:
        raise NotFound("This workspace has no such member.")
    return actor, target
