# pyright: basic
"""runs by key: keys of apps have names, and runs know the key that they were called with."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_KNOWN = sa.text("api_key_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("name", sa.String(length=255), server_default="", nullable=False))
    op.add_column("runs", sa.Column("api_key_id", sa.String(length=36), nullable=True))
    op.create_index(
        "ix_runs_api_key",
        "runs",
        ["api_key_id", "created_at"],
        unique=False,
        sqlite_where=_KNOWN,
        postgresql_where=_KNOWN,
    )


def downgrade() -> None:
    op.drop_index("ix_runs_api_key", table_name="runs", sqlite_where=_KNOWN, postgresql_where=_KNOWN)
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_column("api_key_id")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_column("name")
