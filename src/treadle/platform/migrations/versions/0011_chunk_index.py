# pyright: basic
"""the index of chunks."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_index_generations",
        sa.Column("base_id", sa.String(36), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_knowledge_index_generations_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "generation", name=op.f("pk_knowledge_index_generations")),
    )
    op.create_index(
        op.f("ix_knowledge_index_generations_workspace_id"), "knowledge_index_generations", ["workspace_id"]
    )
    op.create_table(
        "knowledge_index_rows",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("base_id", sa.String(36), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("keywords", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_knowledge_index_rows")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_knowledge_index_rows_node", "knowledge_index_rows", ["base_id", "generation", "node_id"], unique=True
    )
    op.create_index(
        op.f("ix_knowledge_index_rows_base_id_generation_document_id"),
        "knowledge_index_rows",
        ["base_id", "generation", "document_id"],
    )
    op.create_index(
        op.f("ix_knowledge_index_rows_base_id_generation_seq"),
        "knowledge_index_rows",
        ["base_id", "generation", "seq"],
    )


def downgrade() -> None:
    op.drop_table("knowledge_index_rows")
    op.drop_table("knowledge_index_generations")
