# pyright: basic
"""explore."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installed_apps",
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_installed_apps_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_installed_apps")),
    )
    with op.batch_alter_table("installed_apps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_installed_apps_workspace_id"), ["workspace_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("installed_apps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_installed_apps_workspace_id"))
    op.drop_table("installed_apps")
