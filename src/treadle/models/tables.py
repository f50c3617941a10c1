"""Credentials, default models and what a workspace decides about models, as rows."""

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.platform.db import Base


class ModelCredential(Base):
    """The filled-in form of a provider (`model` and `model_type` null) or of one model. There may be several by name.

    The `active` one is used, or the `enabled` ones in turn where the owner is balanced.
    `config` is JSON text; each secret in it is sealed on its own, with the row and its field as context.
    """

    __tablename__ = "model_credentials"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    provider: Mapped[str] = mapped_column(String(255))
    model: Mapped[str | None] = mapped_column(String(255))
    model_type: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(64), server_default="API KEY 1")
    config: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    concurrency: Mapped[int | None] = mapped_column(Integer)
    requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    timeout: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(
            "uq_model_credentials_model",
            "workspace_id", "provider", "model", "model_type", "name",
            unique=True, sqlite_where=text("model IS NOT NULL"), postgresql_where=text("model IS NOT NULL"),
        ),
        Index(
            "uq_model_credentials_provider",
            "workspace_id", "provider", "name",
            unique=True, sqlite_where=text("model IS NULL"), postgresql_where=text("model IS NULL"),
        ),
    )  # fmt: skip


class ModelRest(Base):
    """Until when (microseconds since the epoch) no process calls a model with a credential, and the error behind it."""

    __tablename__ = "model_rests"

    credential_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    model_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    model: Mapped[str] = mapped_column(String(255), primary_key=True)
    until: Mapped[int] = mapped_column(BigInteger)
    error: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)


class DefaultModel(Base):
    """The model of a kind that a workspace uses where nobody names one."""

    __tablename__ = "default_models"

    workspace_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    model_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    provider: Mapped[str] = mapped_column(String(255))
    model: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class ModelSetting(Base):
    """What a workspace decides about one model, or about a whole provider (`model` and `model_type` empty).

    `fallbacks` is a JSON list of `[provider, model]`; `pricing` is JSON, null for the list price.
    """

    __tablename__ = "model_settings"

    workspace_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider: Mapped[str] = mapped_column(String(255), primary_key=True)
    model: Mapped[str] = mapped_column(String(255), primary_key=True)
    model_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    balanced: Mapped[bool] = mapped_column(Boolean)
    fallbacks: Mapped[str] = mapped_column(Text)
    pricing: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
