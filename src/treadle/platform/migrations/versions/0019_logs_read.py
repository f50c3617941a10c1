# pyright: basic
"""logs read: that a builder has opened a conversation, a text or a run in the log."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("conversations", "messages", "runs")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("read_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "read_at")
