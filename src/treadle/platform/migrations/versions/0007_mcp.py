# pyright: basic
"""MCP: servers that workspaces use, and apps that are served."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tool_mcp_servers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.Column("timeout", sa.Float(), nullable=False),
        sa.Column("read_timeout", sa.Float(), nullable=False),
        sa.Column("authorized", sa.Boolean(), nullable=False),
        sa.Column("tools", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("grant", sa.String(length=32), nullable=False),
        sa.Column("oauth_client", sa.Text(), nullable=False),
        sa.Column("oauth_tokens", sa.Text(), nullable=False),
        sa.Column("oauth_state", sa.String(length=128), nullable=False),
        sa.Column("oauth_code", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_mcp_servers")),
    )
    with op.batch_alter_table("tool_mcp_servers", schema=None) as batch_op:
        batch_op.create_index("uq_tool_mcp_servers_name", ["workspace_id", "name"], unique=True)
        batch_op.create_index("uq_tool_mcp_servers_identifier", ["workspace_id", "identifier"], unique=True)
        batch_op.create_index("uq_tool_mcp_servers_address", ["workspace_id", "address_hash"], unique=True)
    op.create_table(
        "app_mcp_servers",
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_mcp_servers_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_app_mcp_servers")),
        sa.UniqueConstraint("code", name=op.f("uq_app_mcp_servers_code")),
    )


def downgrade() -> None:
    op.drop_table("app_mcp_servers")
    with op.batch_alter_table("tool_mcp_servers", schema=None) as batch_op:
        batch_op.drop_index("uq_tool_mcp_servers_address")
        batch_op.drop_index("uq_tool_mcp_servers_identifier")
        batch_op.drop_index("uq_tool_mcp_servers_name")
    op.drop_table("tool_mcp_servers")
