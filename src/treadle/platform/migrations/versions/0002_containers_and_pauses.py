# pyright: basic
"""containers and pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = ("container_parents", "effects", "sealed_effects", "answer")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("node_executions", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("root_node_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "root_node_id")
    for name in reversed(_COLUMNS):
        op.drop_column("node_executions", name)
