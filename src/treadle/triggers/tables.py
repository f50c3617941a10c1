"""Triggers as rows. Times are microseconds since the epoch."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.apps.tables import App
from treadle.platform.db import Base


class TriggerKind(StrEnum):
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    PLUGIN = "plugin"


class Trigger(Base):
    """A trigger node of an app: its address, whether it is switched on, and when it fires next."""

    __tablename__ = "triggers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey(App.id, ondelete="CASCADE"))
    node_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(Text)
    webhook_id: Mapped[str | None] = mapped_column(String(24), unique=True)
    """24 random characters, the secret part of the address of a webhook."""
    enabled: Mapped[bool] = mapped_column()
    """What the people of the workspace want."""
    published: Mapped[bool] = mapped_column()
    """The version that runs has this node."""
    cron: Mapped[str | None] = mapped_column(Text)
    timezone: Mapped[str | None] = mapped_column(String(64))
    next_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a schedule fires next; None while it does not."""
    last_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a schedule fired last."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_triggers_node", "app_id", "node_id", unique=True),
        Index(None, "next_at"),
        Index(None, "workspace_id", "created_at", "id"),
    )


class TriggerListener(Base):
    """An editor that waits for a request to a webhook of its draft, and what came."""

    __tablename__ = "trigger_listeners"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey(App.id, ondelete="CASCADE"))
    node_id: Mapped[str] = mapped_column(String(255))
    trigger_id: Mapped[str] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"), index=True)
    until_at: Mapped[int] = mapped_column(BigInteger)
    """After this nobody waits any more."""
    inputs: Mapped[str | None] = mapped_column(Text)
    """JSON: the inputs for the run of the draft; None until a request comes."""
    created_at: Mapped[int] = mapped_column(BigInteger)
