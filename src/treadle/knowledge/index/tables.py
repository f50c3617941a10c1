"""The index as rows: what every kind of index keeps in the records, and the embedded one keeps there alone.

Nothing here is a record: all of it can be made again from documents and chunks. Source: spec knowledge §20.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.accounts.tables import Workspace
from treadle.platform.db import Base


class IndexGeneration(Base):
    """One generation of the index of one base."""

    __tablename__ = "knowledge_index_generations"

    base_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """No foreign key: an index is dropped in its own time, after its base."""
    generation: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"), index=True)
    dimensions: Mapped[int | None] = mapped_column()
    version: Mapped[int] = mapped_column(BigInteger)
    """Grows with every change, and never repeats: it begins with the time at which the row was made."""


class IndexRow(Base):
    """A chunk that can be found."""

    __tablename__ = "knowledge_index_rows"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    """Grows with every row that is written, and never repeats: what is behind the last one that was seen is new."""
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(String(36))
    generation: Mapped[int] = mapped_column()
    node_id: Mapped[str] = mapped_column(String(36))
    document_id: Mapped[str] = mapped_column(String(36))
    terms: Mapped[bytes] = mapped_column(LargeBinary)
    """Little-endian pairs of 32 bits: the hash of a word, and how often it occurs."""
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Little-endian float32 of unit length; None where another engine holds it, and in a base without embeddings."""
    keywords: Mapped[str | None] = mapped_column(Text)
    """JSON list of text, of an economy base."""

    __table_args__ = (
        Index("uq_knowledge_index_rows_node", "base_id", "generation", "node_id", unique=True),
        Index(None, "base_id", "generation", "document_id"),
        Index(None, "base_id", "generation", "seq"),
        {"sqlite_autoincrement": True},
    )
