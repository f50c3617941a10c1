# pyright: basic
"""credentials that rest, for every process."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_rests",
        sa.Column("credential_id", sa.String(36), primary_key=True),
        sa.Column("model_type", sa.String(40), primary_key=True),
        sa.Column("model", sa.String(255), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("model_rests")
