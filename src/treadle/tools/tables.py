"""Credentials of tools, APIs and workflows made into tools, and MCP servers, as rows."""

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, String, Text, true
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


class McpServer(Base):
    """An MCP server of a workspace. Address, headers and what OAuth gave are sealed; `address_hash` tells addresses
    apart without showing them."""

    __tablename__ = "tool_mcp_servers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(40))
    identifier: Mapped[str] = mapped_column(String(64))
    """What app files refer to."""
    address: Mapped[str] = mapped_column(Text)
    """A URL, or `stdio:` and a command."""
    address_hash: Mapped[str] = mapped_column(String(64))
    headers: Mapped[str] = mapped_column(Text)
    """JSON text, values sealed."""
    icon: Mapped[str] = mapped_column(Text)
    """JSON text: `{"background", "content"}`."""
    timeout: Mapped[float] = mapped_column(Float)
    read_timeout: Mapped[float] = mapped_column(Float)
    """Seconds that a call may take."""
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=true())
    """Whether its tools are offered and called."""
    authorized: Mapped[bool] = mapped_column(Boolean)
    tools: Mapped[str] = mapped_column(Text)
    """JSON list: the tools as the server described them last."""
    client_id: Mapped[str] = mapped_column(Text)
    """Of OAuth, when the server does not register clients by itself."""
    client_secret: Mapped[str] = mapped_column(Text)
    """Sealed; empty without one."""
    grant: Mapped[str] = mapped_column(String(32))
    """`authorization_code` (somebody signs in) or `client_credentials` (the client itself is known)."""
    oauth_client: Mapped[str] = mapped_column(Text)
    """The registered client, JSON text, sealed; empty without one."""
    oauth_tokens: Mapped[str] = mapped_column(Text)
    """JSON text, sealed; empty without any."""
    oauth_state: Mapped[str] = mapped_column(String(128))
    """Of an authorization that is under way."""
    oauth_code: Mapped[str] = mapped_column(Text)
    """What came back for it."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_tool_mcp_servers_name", "workspace_id", "name", unique=True),
        Index("uq_tool_mcp_servers_identifier", "workspace_id", "identifier", unique=True),
        Index("uq_tool_mcp_servers_address", "workspace_id", "address_hash", unique=True),
    )
