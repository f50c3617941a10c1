"""Tracing of apps as rows: the switch, the credentials of each service, and what waits to be sent."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.platform.db import Base


class AppTracing(Base):
    """Whether an app is traced, by which service, and how the sending goes."""

    __tablename__ = "app_tracing"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    enabled: Mapped[bool] = mapped_column()
    provider: Mapped[str | None] = mapped_column(String(32))
    sent: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(BigInteger)
    """Attempts that failed."""
    missed: Mapped[int] = mapped_column(BigInteger)
    """Traces that were given up."""
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[int | None] = mapped_column(BigInteger)
    last_sent_at: Mapped[int | None] = mapped_column(BigInteger)


class TracingConfig(Base):
    """The settings of one service for one app: a JSON object, sealed with app and service."""

    __tablename__ = "tracing_configs"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    config: Mapped[str] = mapped_column(Text)
    project_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class TracingJob(Base):
    """A run that is to be sent, or work beside one (`work`: JSON of a SideWork). It is written in the commit that ends
    the run, and knows no foreign keys: an app that goes away must not keep a run from being recorded."""

    __tablename__ = "tracing_jobs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    run_id: Mapped[str] = mapped_column(String(36))
    """Empty for work beside a run."""
    work: Mapped[str | None] = mapped_column(Text)
    target: Mapped[str] = mapped_column(String(16), server_default="app")
    """`app`: the service that the app has chosen; `server`: the collector of the whole server."""
    attempts: Mapped[int] = mapped_column()
    due_at: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "due_at"), Index(None, "app_id", "created_at"))
