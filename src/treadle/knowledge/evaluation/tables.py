"""The rows of question sets and of evaluations on them."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.accounts.tables import Workspace
from treadle.platform.db import Base

OPEN = ("waiting", "running")
"""States of what some process has still to do."""


class QuestionSet(Base):
    """Questions with the passages that answer them. One that a model writes is `waiting` and `running` before it is
    `ready`."""

    __tablename__ = "knowledge_question_sets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(16))
    """`waiting`, `running`, `ready` or `error`."""
    wanted: Mapped[int] = mapped_column(default=0)
    """How many questions a model was asked to write."""
    error: Mapped[str | None] = mapped_column(Text)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "base_id", "created_at"),)


class Question(Base):
    __tablename__ = "knowledge_questions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    set_id: Mapped[str] = mapped_column(ForeignKey("knowledge_question_sets.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    """From 1 in the set."""
    question: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text)
    """JSON list of `{document, passage}`: an empty passage stands for the whole document, an empty document for any."""

    __table_args__ = (Index(None, "set_id", "position"),)


class Evaluation(Base):
    """Several ways of searching, tried with the questions of a set."""

    __tablename__ = "knowledge_evaluations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    set_id: Mapped[str] = mapped_column(ForeignKey("knowledge_question_sets.id", ondelete="CASCADE"))
    variants: Mapped[str] = mapped_column(Text)
    """JSON list of what is compared."""
    results: Mapped[str] = mapped_column(Text, default="[]")
    """JSON list, one for each variant that is done."""
    status: Mapped[str] = mapped_column(String(16))
    """`waiting`, `running`, `completed`, `stopped` or `error`."""
    done: Mapped[int] = mapped_column(default=0)
    """Questions asked, over all variants."""
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "base_id", "created_at"),)
