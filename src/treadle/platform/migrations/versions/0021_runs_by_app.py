# pyright: basic
"""runs by app: the runs of an app by time, whatever began them, for its log and its charts."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_runs_app_created", "runs", ["app_id", "created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_runs_app_created", table_name="runs")
