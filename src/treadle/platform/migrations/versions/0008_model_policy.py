# pyright: basic
"""Models: several credentials by name, their limits, and what a workspace decides about a model."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {
    "uq_model_credentials_model": (["workspace_id", "provider", "model", "model_type"], "model IS NOT NULL"),
    "uq_model_credentials_provider": (["workspace_id", "provider"], "model IS NULL"),
}


def _index(*more: str) -> None:
    for name, (columns, where) in _INDEXES.items():
        op.drop_index(name, table_name="model_credentials")
        op.create_index(
            name,
            "model_credentials",
            [*columns, *more],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def upgrade() -> None:
    for column in (
        sa.Column("name", sa.String(length=64), nullable=False, server_default="API KEY 1"),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("timeout", sa.Float(), nullable=True),
    ):
        op.add_column("model_credentials", column)
    _index("name")
    op.create_table(
        "model_settings",
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("model_type", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("balanced", sa.Boolean(), nullable=False),
        sa.Column("fallbacks", sa.Text(), nullable=False),
        sa.Column("pricing", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "provider", "model", "model_type", name=op.f("pk_model_settings")),
    )


def downgrade() -> None:
    op.drop_table("model_settings")
    op.execute("DELETE FROM model_credentials WHERE NOT active")
    _index()
    for name in ("timeout", "requests_per_minute", "concurrency", "enabled", "active", "name"):
        op.drop_column("model_credentials", name)
