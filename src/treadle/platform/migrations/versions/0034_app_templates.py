# pyright: basic
"""app templates: apps that the catalogue of their workspace offers to begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("apps", sa.Column("is_template", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("apps", "is_template")
