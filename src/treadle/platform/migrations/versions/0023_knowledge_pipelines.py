# pyright: basic
"""knowledge pipelines: which pipeline fills a base, what it asks for, and which run makes a document."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("app_versions", sa.Column("pipeline_variables", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("knowledge_bases", sa.Column("pipeline_id", sa.String(36), nullable=True))
    op.create_index("uq_knowledge_bases_pipeline", "knowledge_bases", ["pipeline_id"], unique=True)
    op.add_column("knowledge_documents", sa.Column("pipeline_run_id", sa.String(36), nullable=True))
    op.create_index("ix_knowledge_documents_pipeline_run_id", "knowledge_documents", ["pipeline_run_id"])


def downgrade() -> None:
    op.drop_index("ix_knowledge_documents_pipeline_run_id", table_name="knowledge_documents")
    op.drop_column("knowledge_documents", "pipeline_run_id")
    op.drop_index("uq_knowledge_bases_pipeline", table_name="knowledge_bases")
    op.drop_column("knowledge_bases", "pipeline_id")
    op.drop_column("app_versions", "pipeline_variables")
