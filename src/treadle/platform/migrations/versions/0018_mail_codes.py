# pyright: basic
"""mail codes: what was mailed to people who forgot a password, sign in without one, or change or delete an account."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_codes",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mail_codes")),
    )
    with op.batch_alter_table("mail_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_codes_email_purpose"), ["email", "purpose"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_codes_caller_created_at"), ["caller", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_codes_expires_at"), ["expires_at"], unique=False)
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_active_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_column("last_active_at")
    op.drop_table("mail_codes")
