# pyright: basic
"""what a pipeline was told to read for a document: to go on after a death, and to run it again."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_pipeline_orders",
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("start_node_id", sa.Text(), nullable=False),
        sa.Column("datasource_type", sa.String(24), nullable=False),
        sa.Column("datasource_info", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["knowledge_documents.id"],
            name=op.f("fk_knowledge_pipeline_orders_document_id_knowledge_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_knowledge_pipeline_orders")),
    )


def downgrade() -> None:
    op.drop_table("knowledge_pipeline_orders")
