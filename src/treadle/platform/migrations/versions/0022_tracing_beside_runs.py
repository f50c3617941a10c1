# pyright: basic
"""tracing beside runs: moderation, suggestions and titles wait to be sent too, and a collector of the whole server."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tracing_jobs", sa.Column("work", sa.Text(), nullable=True))
    op.add_column("tracing_jobs", sa.Column("target", sa.String(length=16), server_default="app", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("tracing_jobs", schema=None) as batch_op:
        batch_op.drop_column("target")
        batch_op.drop_column("work")
