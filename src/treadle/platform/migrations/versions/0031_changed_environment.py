# pyright: basic
"""changed environment: the environment variables that a replay was given, for whoever takes it up."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("environment_values", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("sealed_environment_values", sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("sealed_environment_values", "environment_values"):
        op.drop_column("runs", name)
