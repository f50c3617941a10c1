# pyright: basic
"""sites: which web sites may show a published page in a frame."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sites", sa.Column("embed_origins", sa.Text(), server_default="*", nullable=False))


def downgrade() -> None:
    op.drop_column("sites", "embed_origins")
