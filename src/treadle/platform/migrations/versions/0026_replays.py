# pyright: basic
"""replays: runs that repeat another one from one of its nodes on, and the conversation variables that a run found."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("replay_of", sa.String(36), nullable=True))
    op.add_column("runs", sa.Column("replay", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("conversation_values", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("sealed_conversation_values", sa.Text(), nullable=True))
    op.create_index(
        "ix_runs_replay_of",
        "runs",
        ["replay_of"],
        unique=False,
        sqlite_where=sa.text("replay_of IS NOT NULL"),
        postgresql_where=sa.text("replay_of IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_replay_of", table_name="runs")
    for name in ("sealed_conversation_values", "conversation_values", "replay", "replay_of"):
        op.drop_column("runs", name)
