"""People, workspaces, keys and end users in the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import (
    Account,
    ApiKey,
    EndUser,
    Invitation,
    KeyType,
    LoginFailures,
    Member,
    Role,
    Session,
    Workspace,
    WorkspaceStatus,
)
from treadle.platform.db import Database


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session with its person and the workspace looked at."""

    session: Session
    account: Account
    member: Member


class AccountRepository:
    """The SQL of accounts, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, row: Account | Workspace | Member | Session | ApiKey | EndUser | Invitation) -> None:
        self._session.add(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def oldest_workspace(self) -> Workspace | None:
        """Of those that were not dissolved."""
        query = select(Workspace).where(Workspace.status == WorkspaceStatus.NORMAL)
        query = query.order_by(Workspace.created_at, Workspace.id).limit(1)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def workspace(self, workspace_id: str) -> Workspace | None:
        return await self._session.get(Workspace, workspace_id)

    async def account_count(self) -> int:
        return (await self._session.execute(select(func.count()).select_from(Account))).scalar_one()

    async def account(self, account_id: str) -> Account | None:
        return await self._session.get(Account, account_id)

    async def account_by_email(self, email: str) -> Account | None:
        return (await self._session.execute(select(Account).where(Account.email == email))).scalar_one_or_none()

    async def note_activity(self, account_id: str, now: int) -> None:
        await self._session.execute(update(Account).where(Account.id == account_id).values(last_active_at=now))

    async def dissolve(self, workspace_id: str) -> None:
        """Nobody belongs to the workspace any more, and its keys open nothing."""
        for table in (Member, Session, Invitation, ApiKey):
            await self._session.execute(delete(table).where(table.workspace_id == workspace_id))
        await self._session.execute(
            update(Workspace).where(Workspace.id == workspace_id).values(status=WorkspaceStatus.ARCHIVED)
        )

    async def memberships(self, account_id: str) -> Sequence[Member]:
        """The workspaces of a person, in the order of joining."""
        query = select(Member).where(Member.account_id == account_id).order_by(Member.created_at)
        return (await self._session.execute(query)).scalars().all()

    async def workspaces_of(self, account_id: str) -> list[tuple[Member, Workspace]]:
        """The memberships of a person with their workspaces, in the order of joining."""
        query = (
            select(Member, Workspace)
            .join(Workspace, Workspace.id == Member.workspace_id)
            .where(Member.account_id == account_id)
            .order_by(Member.created_at, Workspace.id)
        )
        return [(row[0], row[1]) for row in (await self._session.execute(query)).all()]

    async def member(self, workspace_id: str, account_id: str) -> Member | None:
        return await self._session.get(Member, (workspace_id, account_id))

    async def people(self, workspace_id: str) -> list[tuple[Member, Account]]:
        """The members of a workspace with their accounts, in the order of joining."""
        query = (
            select(Member, Account)
            .join(Account, Account.id == Member.account_id)
            .where(Member.workspace_id == workspace_id)
            .order_by(Member.created_at, Account.id)
        )
        return [(row[0], row[1]) for row in (await self._session.execute(query)).all()]

    async def remove_member(self, workspace_id: str, account_id: str) -> None:
        """End a membership, and the sessions that look at its workspace."""
        await self._session.execute(
            delete(Member).where(Member.workspace_id == workspace_id, Member.account_id == account_id)
        )
        await self._session.execute(
            delete(Session).where(Session.workspace_id == workspace_id, Session.account_id == account_id)
        )

    async def invitations(self, workspace_id: str) -> Sequence[Invitation]:
        """Those to a workspace, the oldest first."""
        query = select(Invitation).where(Invitation.workspace_id == workspace_id)
        return (await self._session.execute(query.order_by(Invitation.created_at, Invitation.id))).scalars().all()

    async def invitation_for(self, workspace_id: str, email: str) -> Invitation | None:
        query = select(Invitation).where(Invitation.workspace_id == workspace_id, Invitation.email == email)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def invitation(self, token_hash: str, now: int) -> Invitation | None:
        """The one that a token opens, while its time is not over."""
        query = select(Invitation).where(Invitation.token_hash == token_hash, Invitation.expires_at > now)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def delete_invitation(self, workspace_id: str, invitation_id: str) -> bool:
        """Whether there was one."""
        query = delete(Invitation).where(Invitation.workspace_id == workspace_id, Invitation.id == invitation_id)
        return (await self._session.execute(query.returning(Invitation.id))).first() is not None

    async def move_session(self, session_id: str, workspace_id: str) -> None:
        await self._session.execute(update(Session).where(Session.id == session_id).values(workspace_id=workspace_id))

    async def owner_of(self, workspace_id: str) -> Member | None:
        query = select(Member).where(Member.workspace_id == workspace_id, Member.role == Role.OWNER)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def session(self, token_hash: str, now: int) -> SessionRow | None:
        """A session that has not ended, of a person who is still a member."""
        query = (
            select(Session, Account, Member)
            .join(Account, Account.id == Session.account_id)
            .join(Member, (Member.account_id == Account.id) & (Member.workspace_id == Session.workspace_id))
            .where(Session.token_hash == token_hash, Session.expires_at > now)
        )
        row = (await self._session.execute(query)).one_or_none()
        return SessionRow(row[0], row[1], row[2]) if row else None

    async def end_session(self, token_hash: str) -> None:
        await self._session.execute(delete(Session).where(Session.token_hash == token_hash))

    async def end_sessions_of(self, account_id: str, *, keep: str | None = None) -> None:
        """Sign a person out everywhere, but for the session `keep`."""
        await self._session.execute(delete(Session).where(Session.account_id == account_id, Session.id != (keep or "")))

    async def end_session_of(self, account_id: str, session_id: str) -> bool:
        """Whether there was such a session of this person."""
        query = delete(Session).where(Session.account_id == account_id, Session.id == session_id).returning(Session.id)
        return (await self._session.execute(query)).first() is not None

    async def sessions_of(self, account_id: str, now: int) -> Sequence[Session]:
        """Those of a person that have not ended, the newest first."""
        query = select(Session).where(Session.account_id == account_id, Session.expires_at > now)
        return (await self._session.execute(query.order_by(Session.created_at.desc(), Session.id))).scalars().all()

    async def share_workspace(self, account_id: str, other_id: str) -> bool:
        """Whether two people belong to one workspace."""
        theirs = select(Member.workspace_id).where(Member.account_id == other_id)
        query = select(Member.workspace_id).where(Member.account_id == account_id, Member.workspace_id.in_(theirs))
        return (await self._session.execute(query.limit(1))).first() is not None

    async def end_expired_sessions(self, now: int) -> None:
        await self._session.execute(delete(Session).where(Session.expires_at <= now))

    async def login_failures(self, email: str) -> LoginFailures | None:
        return await self._session.get(LoginFailures, email)

    async def count_failure(self, db: Database, email: str, now: int, window: int) -> None:
        """One more failure; after `window` microseconds without one the count begins again."""
        count = case((LoginFailures.last_at > now - window, LoginFailures.count + 1), else_=1)
        failure = db.insert(LoginFailures).values(email=email, count=1, last_at=now)
        await self._session.execute(
            failure.on_conflict_do_update(index_elements=["email"], set_={"count": count, "last_at": now})
        )

    async def forget_failures(self, email: str, *, older_than: int) -> None:
        """Those of one address, and all old ones."""
        await self._session.execute(
            delete(LoginFailures).where((LoginFailures.email == email) | (LoginFailures.last_at < older_than))
        )

    async def api_key(self, token_hash: str, type: KeyType) -> tuple[ApiKey, bool] | None:
        """A key, and whether its workspace is archived."""
        query = (
            select(ApiKey, Workspace.status)
            .join(Workspace, Workspace.id == ApiKey.workspace_id)
            .where(ApiKey.token_hash == token_hash, ApiKey.type == type)
        )
        row = (await self._session.execute(query)).one_or_none()
        return (row[0], row[1] == WorkspaceStatus.ARCHIVED) if row else None

    async def api_keys(self, workspace_id: str, type: KeyType, app_id: str | None) -> Sequence[ApiKey]:
        """Keys of an app (or of a workspace's knowledge), oldest first."""
        query = select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.type == type)
        query = query.where(ApiKey.app_id.is_(None) if app_id is None else ApiKey.app_id == app_id)
        return (await self._session.execute(query.order_by(ApiKey.created_at, ApiKey.id))).scalars().all()

    async def delete_api_key(self, workspace_id: str, key_id: str) -> int:
        result = await self._session.execute(
            delete(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.id == key_id).returning(ApiKey.id)
        )
        return len(result.all())

    async def rename_api_key(self, workspace_id: str, key_id: str, name: str) -> int:
        """How many there were to rename."""
        renamed = await self._session.execute(
            update(ApiKey)
            .where(ApiKey.workspace_id == workspace_id, ApiKey.id == key_id)
            .values(name=name)
            .returning(ApiKey.id)
        )
        return len(renamed.all())

    async def delete_api_keys_of(self, app_id: str) -> None:
        await self._session.execute(delete(ApiKey).where(ApiKey.app_id == app_id))

    async def touch_api_keys(self, used: dict[str, int]) -> None:
        """Note when keys were last used."""
        for key_id, at in used.items():
            await self._session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))

    async def end_user_by_id(self, app_id: str, end_user_id: str) -> EndUser | None:
        query = select(EndUser).where(EndUser.app_id == app_id, EndUser.id == end_user_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def end_user(self, app_id: str, type: str, session_id: str) -> EndUser | None:
        query = select(EndUser).where(EndUser.app_id == app_id, EndUser.type == type, EndUser.session_id == session_id)
        return (await self._session.execute(query)).scalar_one_or_none()
