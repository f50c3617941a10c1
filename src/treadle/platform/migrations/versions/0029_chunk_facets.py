# pyright: basic
"""chunk facets: summaries and pictures by which chunks are found, and documents switched off for want of use."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("knowledge_documents", sa.Column("summary_status", sa.String(16), nullable=True))
    op.add_column("knowledge_documents", sa.Column("unused_since", sa.BigInteger(), nullable=True))
    op.create_table(
        "knowledge_chunk_facets",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("base_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("segment_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("source_hash", sa.String(64), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"],
            ["knowledge_bases.id"],
            name=op.f("fk_knowledge_chunk_facets_base_id_knowledge_bases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["knowledge_documents.id"],
            name=op.f("fk_knowledge_chunk_facets_document_id_knowledge_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            ["knowledge_segments.id"],
            name=op.f("fk_knowledge_chunk_facets_segment_id_knowledge_segments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_chunk_facets")),
    )
    for name, columns in (
        ("segment_id_kind", ["segment_id", "kind"]),
        ("document_id", ["document_id"]),
        ("base_id", ["base_id"]),
    ):
        op.create_index(op.f(f"ix_knowledge_chunk_facets_{name}"), "knowledge_chunk_facets", columns, unique=False)


def downgrade() -> None:
    op.drop_table("knowledge_chunk_facets")
    op.drop_column("knowledge_documents", "unused_since")
    op.drop_column("knowledge_documents", "summary_status")
