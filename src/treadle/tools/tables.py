"""Credentials of tools, APIs made into tools, and workflows made into tools, as rows."""

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.platform.db import Base


class ToolCredential(Base):
    """One filled-in form of a built-in provider. Each secret in `config` is sealed on its own."""

    __tablename__ = "tool_credentials"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    provider: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    credential_type: Mapped[str] = mapped_column(String(16))
    """`api-key`, the only kind so far."""
    config: Mapped[str] = mapped_column(Text)
    """JSON text."""
    is_default: Mapped[bool] = mapped_column(Boolean)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_tool_credentials_name", "workspace_id", "provider", "name", unique=True),)


class ApiTools(Base):
    """A provider made from a description of an HTTP API: every operation is a tool."""

    __tablename__ = "tool_apis"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(255))
    icon: Mapped[str] = mapped_column(Text)
    """JSON text: `{"background", "content"}`, an emoji on a colour."""
    description: Mapped[str] = mapped_column(Text)
    schema: Mapped[str] = mapped_column(Text)
    """The description as it was given."""
    schema_type: Mapped[str] = mapped_column(String(16))
    operations: Mapped[str] = mapped_column(Text)
    """What was read from it: JSON list."""
    credentials: Mapped[str] = mapped_column(Text)
    """JSON text; the key in it is sealed."""
    labels: Mapped[str] = mapped_column(Text)
    """JSON list."""
    privacy_policy: Mapped[str] = mapped_column(Text)
    custom_disclaimer: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_tool_apis_name", "workspace_id", "name", unique=True),)


class WorkflowTool(Base):
    """A workflow that can be called as a tool, bound to the version it was saved with."""

    __tablename__ = "tool_workflows"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    version_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(255))
    icon: Mapped[str] = mapped_column(Text)
    """JSON text: `{"background", "content"}`."""
    description: Mapped[str] = mapped_column(Text)
    parameters: Mapped[str] = mapped_column(Text)
    """JSON list of `{name, description, form}`."""
    form: Mapped[str] = mapped_column(Text)
    """JSON list: the parameters with the types that the pinned version's form gives them."""
    outputs: Mapped[str] = mapped_column(Text)
    """JSON Schema of the pinned version's outputs."""
    labels: Mapped[str] = mapped_column(Text)
    """JSON list."""
    privacy_policy: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_tool_workflows_name", "workspace_id", "name", unique=True),
        Index("uq_tool_workflows_app", "workspace_id", "app_id", unique=True),
    )
