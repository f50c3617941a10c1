# pyright: basic
"""speech calls: what it cost to read texts aloud and to write recordings down, beside the runs of an app."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "speech_calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_from", sa.String(length=16), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("total_price_e7", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_speech_calls"),
    )
    op.create_index("ix_speech_calls_app_id_created_at", "speech_calls", ["app_id", "created_at"], unique=False)
    op.create_index("ix_speech_calls_message_id", "speech_calls", ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_speech_calls_message_id", table_name="speech_calls")
    op.drop_index("ix_speech_calls_app_id_created_at", table_name="speech_calls")
    op.drop_table("speech_calls")
