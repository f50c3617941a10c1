"""Tracing of apps: which service, with which credentials, on or off, and how the sending goes.

Source: spec models-and-tools §8.1, console §9.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Delete, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.service import AppService
from treadle.apps.tables import App
from treadle.engine.ports import Http
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto, mask_secret
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

from .langfuse import Langfuse
from .langsmith import LangSmith
from .otlp_services import OTLP_SERVICES
from .providers import Config, Provider, checked
from .tables import AppTracing, TracingConfig, TracingJob
from .wire import TracingFailed

TRACING_TOPIC = "tracing"
PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in (Langfuse(), LangSmith(), *OTLP_SERVICES)}


@dataclass(frozen=True, slots=True)
class Configured:
    """A service with its settings as they are shown."""

    provider: str
    config: Config
    project_url: str


@dataclass(frozen=True, slots=True)
class Tracing:
    """Everything that the page of an app shows."""

    state: AppTracing
    configured: tuple[Configured, ...]
    waiting: int


class TracingService:
    """The settings of all apps."""

    def __init__(self, db: Database, crypto: Crypto, apps: AppService, http: Http) -> None:
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._http = http
        self.traced: frozenset[str] = frozenset()
        """The apps whose runs are to be queued; asked at the end of every run, so it is kept in memory."""

    async def load(self) -> None:
        """Learn which apps are traced."""
        async with self._db.session() as session:
            rows = await session.execute(select(AppTracing.app_id).where(AppTracing.enabled))
            self.traced = frozenset(rows.scalars())

    async def tracing(self, workspace_id: str, app_id: str) -> Tracing:
        """Raises NotFound."""
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.session() as session:
            state = await session.get(AppTracing, app_id) or _untraced(workspace_id, app_id)
            rows = (await session.execute(_configs(workspace_id, app_id))).scalars().all()
            mine = (*_mine(app_id), TracingJob.workspace_id == workspace_id)
            waiting = (await session.execute(select(func.count()).where(*mine))).scalar_one()
        return Tracing(state, tuple(self._shown(row) for row in rows), waiting)

    async def config(self, workspace_id: str, app_id: str, provider: str) -> Configured | None:
        """Settings as they are shown, None where there are none. Raises NotFound and InvalidParam."""
        _named(provider)
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.session() as session:
            row = await session.get(TracingConfig, (app_id, provider))
        return self._shown(row) if row is not None else None

    async def save(self, workspace_id: str, app_id: str, provider: str, given: Mapping[str, str]) -> Configured:
        """Keep settings that the service accepts; a secret with a star in it stays as it is stored. The first service
        of an app is switched on. Raises NotFound and InvalidParam."""
        service = _named(provider)
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.session() as session:
            stored = await session.get(TracingConfig, (app_id, provider))
        kept = self.opened(stored) if stored is not None else {}
        secrets = {field.name for field in service.fields if field.secret}
        wanted = {
            name: kept.get(name, "") if name in secrets and "*" in value else value for name, value in given.items()
        }
        config = checked(service, wanted)
        try:
            project_url = await service.verify(self._http, config)
        except TracingFailed as error:
            raise InvalidParam(f"Nothing was saved, for these settings do not work: {error}") from error
        now = now_us()
        async with self._db.transaction(lock=f"tracing of {app_id}") as session:
            row = await session.get(TracingConfig, (app_id, provider))
            if row is None:
                row = TracingConfig(app_id=app_id, provider=provider, workspace_id=workspace_id, created_at=now)
                session.add(row)
            row.config, row.project_url, row.updated_at = self.sealed(app_id, provider, config), project_url, now
            state = await _state(session, workspace_id, app_id)
            if state.provider is None:
                state.provider, state.enabled = provider, True
            state.last_error = state.last_error_at = None
            await bump(session, TRACING_TOPIC)
        await self.load()
        return Configured(provider, _masked(service, config), project_url)

    async def switch(self, workspace_id: str, app_id: str, *, enabled: bool, provider: str | None) -> None:
        """Choose the service in use, and turn tracing on or off; what still waits when it goes off is not sent.

        Raises NotFound and InvalidParam.
        """
        await self._apps.of_workspace(workspace_id, app_id)
        if provider is not None:
            _named(provider)
        async with self._db.transaction(lock=f"tracing of {app_id}") as session:
            state = await _state(session, workspace_id, app_id)
            wanted = provider or state.provider
            if wanted is not None and await session.get(TracingConfig, (app_id, wanted)) is None:
                raise InvalidParam(f"{wanted} is not set up for this app; enter its credentials first.")
            if enabled and wanted is None:
                raise InvalidParam("No tracing service is set up for this app; enter the credentials of one first.")
            state.provider, state.enabled = wanted, enabled
            if not enabled:
                await session.execute(_waiting_of(app_id))
            await bump(session, TRACING_TOPIC)
        await self.load()

    async def remove(self, workspace_id: str, app_id: str, provider: str) -> None:
        """Forget the credentials; tracing goes off when they were in use. Raises NotFound and InvalidParam."""
        _named(provider)
        await self._apps.of_workspace(workspace_id, app_id)
        async with self._db.transaction(lock=f"tracing of {app_id}") as session:
            row = await session.get(TracingConfig, (app_id, provider))
            if row is None:
                raise NotFound(f"{provider} is not set up for this app.")
            await session.delete(row)
            state = await _state(session, workspace_id, app_id)
            if state.provider == provider:
                state.provider, state.enabled = None, False
                await session.execute(_waiting_of(app_id))
            await bump(session, TRACING_TOPIC)
        await self.load()

    async def forget_app(self, session: AsyncSession, app: App) -> None:
        """The app is about to be deleted: nothing of it is sent any more."""
        await session.execute(delete(TracingJob).where(TracingJob.app_id == app.id))
        await bump(session, TRACING_TOPIC)

    def sealed(self, app_id: str, provider: str, config: Config) -> str:
        """The settings as they are stored."""
        return self._crypto.encrypt(msgspec.json.encode(config).decode(), context=_context(app_id, provider))

    def opened(self, row: TracingConfig) -> Config:
        """The settings in clear: keep them out of messages."""
        text = self._crypto.decrypt(row.config, context=_context(row.app_id, row.provider))
        return msgspec.json.decode(text, type=dict[str, str])

    def _shown(self, row: TracingConfig) -> Configured:
        return Configured(row.provider, _masked(PROVIDERS[row.provider], self.opened(row)), row.project_url)


def _mine(app_id: str) -> tuple[ColumnElement[bool], ...]:
    return TracingJob.app_id == app_id, TracingJob.target == "app"


def _waiting_of(app_id: str) -> Delete:
    return delete(TracingJob).where(*_mine(app_id))


def _configs(workspace_id: str, app_id: str) -> Select[TracingConfig]:
    mine = (TracingConfig.app_id == app_id, TracingConfig.workspace_id == workspace_id)
    return select(TracingConfig).where(*mine).order_by(TracingConfig.created_at)


def _named(provider: str) -> Provider:
    found = PROVIDERS.get(provider)
    if found is None:
        raise InvalidParam(f"`tracing_provider` must be one of {', '.join(PROVIDERS)}.", param="tracing_provider")
    return found


def _masked(provider: Provider, config: Config) -> Config:
    secrets = {field.name for field in provider.fields if field.secret}
    return {name: mask_secret(value) if name in secrets and value else value for name, value in config.items()}


def _context(app_id: str, provider: str) -> str:
    return f"tracing {provider} of {app_id}"


def _untraced(workspace_id: str, app_id: str) -> AppTracing:
    return AppTracing(
        app_id=app_id, workspace_id=workspace_id, enabled=False, provider=None, sent=0, failures=0, missed=0
    )


async def _state(session: AsyncSession, workspace_id: str, app_id: str) -> AppTracing:
    row = await session.get(AppTracing, app_id)
    if row is None:
        row = _untraced(workspace_id, app_id)
        session.add(row)
    return row
