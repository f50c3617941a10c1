"""People, workspaces, keys and end users as rows."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.platform.db import Base


class Role(StrEnum):
    """What a member may do in a workspace, from most to least. Source: spec console §2."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    NORMAL = "normal"
    DATASET_OPERATOR = "dataset_operator"


class AccountStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    BANNED = "banned"
    CLOSED = "closed"


class WorkspaceStatus(StrEnum):
    NORMAL = "normal"
    ARCHIVED = "archive"


class KeyType(StrEnum):
    """What an API key opens: one app, or the knowledge bases of a workspace."""

    APP = "app"
    DATASET = "dataset"


class EndUserType(StrEnum):
    """The channel that an end user came through; the same session id in two channels is two end users."""

    SERVICE_API = "service_api"
    BROWSER = "browser"
    TRIGGER = "trigger"
    EXPLORE = "explore"


class Workspace(Base):
    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16), default=WorkspaceStatus.NORMAL)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2id, None while no password is set."""
    status: Mapped[str] = mapped_column(String(16), default=AccountStatus.ACTIVE)
    avatar: Mapped[str | None] = mapped_column(String(255))
    interface_language: Mapped[str] = mapped_column(String(16), default="en-US")
    interface_theme: Mapped[str] = mapped_column(String(16), default="system")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    last_login_at: Mapped[int | None] = mapped_column(BigInteger)
    last_active_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a session of this person was last used, to ten minutes."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Member(Base):
    __tablename__ = "members"

    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    invited_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        # Two first accounts made at once cannot both own a workspace.
        Index("uq_members_owner", "workspace_id", unique=True, sqlite_where=text("role = 'owner'"),
              postgresql_where=text("role = 'owner'")),
    )  # fmt: skip


class Session(Base):
    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="SET NULL"))
    """The workspace that the person looks at."""
    user_agent: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class AccountIdentity(Base):
    """Somebody as a sign-in service knows them, and whose account that is."""

    __tablename__ = "account_identities"

    service: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    """The service's own id of the person."""
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Invitation(Base):
    """An address that was asked to join a workspace and has not yet. One for each: asking again makes a fresh link."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(255))
    """Lower case."""
    role: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_invitations_workspace_id_email", "workspace_id", "email", unique=True),)


class LoginFailures(Base):
    """Failed sign-ins by address, known or not, so that a lock tells nothing about which addresses exist."""

    __tablename__ = "login_failures"

    email: Mapped[str] = mapped_column(String(255), primary_key=True)
    count: Mapped[int] = mapped_column()
    last_at: Mapped[int] = mapped_column(BigInteger)


class MailCode(Base):
    """A code that was mailed to an address, or would have been were it known."""

    __tablename__ = "mail_codes"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of what the browser that asked for the code holds."""
    purpose: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(255))
    """Lower case."""
    code_hash: Mapped[str] = mapped_column(String(64))
    caller: Mapped[str] = mapped_column(String(64))
    """The network address that asked."""
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong codes so far."""
    confirmed: Mapped[bool] = mapped_column(default=False)
    """The right code was given; the token alone is worth it now."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)

    __table_args__ = (Index(None, "email", "purpose"), Index(None, "caller", "created_at"))


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    app_id: Mapped[str | None] = mapped_column(String(36))
    """None for keys of type dataset."""
    base_id: Mapped[str | None] = mapped_column(String(36))
    """The one knowledge base that a key of type dataset opens; None: all of the workspace."""
    type: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """What people call it, to find its calls in the log."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    last_characters: Mapped[str] = mapped_column(String(4))
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "type", "app_id"),)


class EndUser(Base):
    __tablename__ = "end_users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    app_id: Mapped[str] = mapped_column(String(36))
    type: Mapped[str] = mapped_column(String(16))
    session_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(255))
    is_anonymous: Mapped[bool] = mapped_column()
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_end_users_identity", "app_id", "type", "session_id", "workspace_id", unique=True),)
