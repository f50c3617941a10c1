# pyright: basic
"""annotations: questions with answers that people wrote, what they answered, and the work on them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annotation_jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_annotation_jobs_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_jobs")),
    )
    with op.batch_alter_table("annotation_jobs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_annotation_jobs_app_id_created_at"), ["app_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_annotation_jobs_open",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("status IN ('waiting', 'processing')"),
            postgresql_where=sa.text("status IN ('waiting', 'processing')"),
        )
        batch_op.create_index(
            batch_op.f("ix_annotation_jobs_workspace_id_kind_created_at"),
            ["workspace_id", "kind", "created_at"],
            unique=False,
        )

    op.create_table(
        "annotation_settings",
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("score_threshold", sa.Double(), nullable=False),
        sa.Column("embedding_provider", sa.String(length=255), nullable=False),
        sa.Column("embedding_model", sa.String(length=255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("index_kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_annotation_settings_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_annotation_settings")),
    )
    op.create_table(
        "annotations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("question_key", sa.String(length=36), nullable=False),
        sa.Column("hit_count", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_annotations_app_id_apps"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_annotations_workspace_id_workspaces"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
    )
    with op.batch_alter_table("annotations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_annotations_app_id_created_at_id"), ["app_id", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_annotations_app_id_question_key"), ["app_id", "question_key"], unique=False
        )
        batch_op.create_index(
            "uq_annotations_message",
            ["app_id", "message_id"],
            unique=True,
            sqlite_where=sa.text("message_id IS NOT NULL"),
            postgresql_where=sa.text("message_id IS NOT NULL"),
        )

    op.create_table(
        "annotation_hits",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("app_id", sa.String(length=36), nullable=False),
        sa.Column("annotation_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("matched_question", sa.Text(), nullable=False),
        sa.Column("given_answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_annotation_hits_annotation_id_annotations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_hits")),
    )
    with op.batch_alter_table("annotation_hits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_annotation_hits_annotation_id_created_at_id"),
            ["annotation_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_annotation_hits_app_id_message_id"), ["app_id", "message_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("annotation_hits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_annotation_hits_app_id_message_id"))
        batch_op.drop_index(batch_op.f("ix_annotation_hits_annotation_id_created_at_id"))

    op.drop_table("annotation_hits")
    with op.batch_alter_table("annotations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_annotations_message",
            sqlite_where=sa.text("message_id IS NOT NULL"),
            postgresql_where=sa.text("message_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_annotations_app_id_question_key"))
        batch_op.drop_index(batch_op.f("ix_annotations_app_id_created_at_id"))

    op.drop_table("annotations")
    op.drop_table("annotation_settings")
    with op.batch_alter_table("annotation_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_annotation_jobs_workspace_id_kind_created_at"))
        batch_op.drop_index(
            "ix_annotation_jobs_open",
            sqlite_where=sa.text("status IN ('waiting', 'processing')"),
            postgresql_where=sa.text("status IN ('waiting', 'processing')"),
        )
        batch_op.drop_index(batch_op.f("ix_annotation_jobs_app_id_created_at"))

    op.drop_table("annotation_jobs")
