"""API-based extensions as rows."""

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from treadle.platform.db import Base


class ApiExtension(Base):
    """An endpoint of the workspace's own that moderates or looks things up. `api_key` is sealed with the row's id."""

    __tablename__ = "api_extensions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(255))
    api_endpoint: Mapped[str] = mapped_column(Text)
    api_key: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
