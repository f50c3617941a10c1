"""The console API: where the runs of an app are sent to (spec models-and-tools §8.1, console §9.1)."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints

from treadle.platform.clock import to_seconds
from treadle.server.console_api.access import AdministratorDep, AppUserDep, ServicesDep, console_router
from treadle.tracing.service import PROVIDERS, Configured, Tracing

router = console_router("Tracing")

ProviderName = Annotated[str, Query(alias="tracing_provider", max_length=32)]


class TracingSwitch(BaseModel):
    """Whether an app is traced, and by which of its services; none: the one in use stays."""

    enabled: bool
    tracing_provider: str | None = Field(None, max_length=32)


class TracingSettings(BaseModel):
    """Settings of a service; a secret with a star in it stays as it is stored."""

    tracing_provider: str = Field(max_length=32)
    tracing_config: dict[str, Annotated[str, StringConstraints(max_length=4096)]]


class TracingField(BaseModel):
    """A field of a service's form."""

    name: str
    secret: bool
    required: bool
    default: str


class TracingProvider(BaseModel):
    """A service that can be set up."""

    name: str
    fields: list[TracingField]


class TracingShown(BaseModel):
    """A service that is set up; its secrets are masked."""

    tracing_provider: str
    tracing_config: dict[str, str]
    project_url: str


class TracingState(BaseModel):
    """Where runs go, and how that goes. Times are seconds since the epoch."""

    enabled: bool
    tracing_provider: str | None
    providers: list[TracingProvider]
    configured: list[TracingShown]
    sent: int
    waiting: int
    failures: int
    missed: int
    last_error: str | None
    last_error_at: float | None
    last_sent_at: float | None


class TracingConfigFound(BaseModel):
    """What is kept of a service, if it is set up."""

    has_not_configured: bool
    tracing_provider: str
    tracing_config: dict[str, str] | None
    project_url: str | None


class TracingDone(BaseModel):
    """It is done."""

    result: str = "success"


@router.get("/apps/{app_id}/trace")
async def read_tracing(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> TracingState:
    """Where an app's runs are sent to, what can be set up, and how the sending goes."""
    return _state(await services.tracing.tracing(signed_in.workspace_id, app_id))


@router.post("/apps/{app_id}/trace")
async def switch_tracing(
    app_id: str, body: TracingSwitch, services: ServicesDep, signed_in: AdministratorDep
) -> TracingState:
    """Turn tracing on or off, and choose the service in use."""
    workspace_id = signed_in.workspace_id
    await services.tracing.switch(workspace_id, app_id, enabled=body.enabled, provider=body.tracing_provider)
    return _state(await services.tracing.tracing(workspace_id, app_id))


@router.get("/apps/{app_id}/trace-config")
async def read_tracing_config(
    app_id: str, provider: ProviderName, services: ServicesDep, signed_in: AppUserDep
) -> TracingConfigFound:
    """The settings of one service, secrets masked."""
    found = await services.tracing.config(signed_in.workspace_id, app_id, provider)
    return TracingConfigFound(
        has_not_configured=found is None,
        tracing_provider=provider,
        tracing_config=found.config if found else None,
        project_url=found.project_url if found else None,
    )


@router.post("/apps/{app_id}/trace-config", status_code=201)
async def add_tracing_config(
    app_id: str, body: TracingSettings, services: ServicesDep, signed_in: AdministratorDep
) -> TracingShown:
    """Keep the settings of a service, once it has accepted them."""
    return _shown(
        await services.tracing.save(signed_in.workspace_id, app_id, body.tracing_provider, body.tracing_config)
    )


@router.patch("/apps/{app_id}/trace-config")
async def change_tracing_config(
    app_id: str, body: TracingSettings, services: ServicesDep, signed_in: AdministratorDep
) -> TracingShown:
    """Change the settings of a service, once it has accepted them."""
    return _shown(
        await services.tracing.save(signed_in.workspace_id, app_id, body.tracing_provider, body.tracing_config)
    )


@router.delete("/apps/{app_id}/trace-config")
async def remove_tracing_config(
    app_id: str, provider: ProviderName, services: ServicesDep, signed_in: AdministratorDep
) -> TracingDone:
    """Forget the settings of a service; tracing goes off when it was in use."""
    await services.tracing.remove(signed_in.workspace_id, app_id, provider)
    return TracingDone()


def _shown(found: Configured) -> TracingShown:
    return TracingShown(tracing_provider=found.provider, tracing_config=found.config, project_url=found.project_url)


def _state(found: Tracing) -> TracingState:
    state = found.state
    return TracingState(
        enabled=state.enabled,
        tracing_provider=state.provider,
        providers=[
            TracingProvider(
                name=provider.name,
                fields=[
                    TracingField(name=field.name, secret=field.secret, required=field.required, default=field.default)
                    for field in provider.fields
                ],
            )
            for provider in PROVIDERS.values()
        ],
        configured=[_shown(configured) for configured in found.configured],
        sent=state.sent,
        waiting=found.waiting,
        failures=state.failures,
        missed=state.missed,
        last_error=state.last_error,
        last_error_at=_seconds(state.last_error_at),
        last_sent_at=_seconds(state.last_sent_at),
    )


def _seconds(us: int | None) -> float | None:
    return None if us is None else to_seconds(us)
