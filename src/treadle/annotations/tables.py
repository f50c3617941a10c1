"""Annotations, what they answered, and the work that waits for them, as rows. Source: spec models-and-tools §6."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.accounts.tables import Workspace
from treadle.platform.db import Base

from .jobs import JobStatus

OPEN = ("waiting", "processing")
"""States of a job that some process has still to do."""


class Annotation(Base):
    """A question and the answer that is to be given to it."""

    __tablename__ = "annotations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    conversation_id: Mapped[str | None] = mapped_column(String(36))
    message_id: Mapped[str | None] = mapped_column(String(36))
    """The answer that it was made from. No foreign key: messages expire, what was learned from them stays."""
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    question_key: Mapped[str] = mapped_column(String(36))
    """What two questions share that are the same but for case and spaces."""
    hit_count: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int | None] = mapped_column()
    """Of the index that holds the question as it is now; null: none yet."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "app_id", "created_at", "id"),
        Index(None, "app_id", "question_key"),
        Index("uq_annotations_message", "app_id", "message_id", unique=True,
              sqlite_where=text("message_id IS NOT NULL"), postgresql_where=text("message_id IS NOT NULL")),
    )  # fmt: skip


class AnnotationSetting(Base):
    """That an app answers with its annotations, and how alike a question must be. Without a row it does not."""

    __tablename__ = "annotation_settings"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36))
    workspace_id: Mapped[str] = mapped_column(String(36))
    score_threshold: Mapped[float] = mapped_column()
    """From 0 to 1; 0 counts as 1."""
    embedding_provider: Mapped[str] = mapped_column(String(255))
    """Empty, as the model: only the same question is answered."""
    embedding_model: Mapped[str] = mapped_column(String(255))
    generation: Mapped[int] = mapped_column()
    """Of the index that is searched."""
    index_kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class AnnotationHit(Base):
    """That an annotation answered a question."""

    __tablename__ = "annotation_hits"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(36))
    asked_by: Mapped[str] = mapped_column(String(36))
    """An end user or an account."""
    source: Mapped[str] = mapped_column(String(16))
    """`api`, `web-app` or `console`."""
    question: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column()
    matched_question: Mapped[str] = mapped_column(Text)
    given_answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "annotation_id", "created_at", "id"), Index(None, "app_id", "message_id"))


class AnnotationJob(Base):
    """Work on the annotations of an app, in whichever process is there. One job of an app at a time."""

    __tablename__ = "annotation_jobs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    app_id: Mapped[str] = mapped_column(String(36))
    """No foreign key: the index of an app is dropped after it."""
    kind: Mapped[str] = mapped_column(String(16))
    """`enable`, `disable`, `index`, `import` or `forget`."""
    status: Mapped[JobStatus] = mapped_column(String(16))
    """`waiting`, `processing`, `completed` or `error`."""
    payload: Mapped[str] = mapped_column(Text)
    """JSON of what is to be done: see jobs.py."""
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "app_id", "created_at"),
        Index(None, "workspace_id", "kind", "created_at"),
        Index("ix_annotation_jobs_open", "created_at",
              sqlite_where=text("status IN ('waiting', 'processing')"),
              postgresql_where=text("status IN ('waiting', 'processing')")),
    )  # fmt: skip
