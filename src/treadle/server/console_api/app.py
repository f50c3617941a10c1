"""The console API, put together: a router per domain under /console/api."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from treadle import __version__
from treadle.models.errors import ModelSetupError
from treadle.platform.refusals import InvalidParam, Refusal
from treadle.server.console_api import (
    account,
    agent_prompts,
    annotations,
    api_reference,
    app_imports,
    apps,
    conversion,
    data_sources,
    dataset_keys,
    datasets,
    description,
    documents,
    evaluations,
    explore,
    extensions,
    external_knowledge,
    feedback,
    files,
    forms,
    generators,
    hit_testing,
    identities,
    invitations,
    knowledge_metadata,
    logs,
    mcp,
    members,
    models,
    node_types,
    pipelines,
    proofs,
    replays,
    runs,
    segments,
    sessions,
    sites,
    speech,
    statistics,
    tags,
    tool_apis,
    tool_credentials,
    tool_workflows,
    tools,
    tracing,
    triggers,
    workflow_debugging,
    workflow_history,
    workflow_variables,
    workflow_versions,
    workflows,
)
from treadle.server.errors import on_crash, on_http_error, on_refusal, refusal_response
from treadle.server.services import Services

ROUTERS = (
    sessions.router,
    proofs.router,
    identities.router,
    members.router,
    account.router,
    invitations.router,
    description.router,
    app_imports.router,
    apps.router,
    sites.router,
    workflows.router,
    workflow_versions.router,
    workflow_debugging.router,
    workflow_variables.router,
    workflow_history.router,
    explore.router,
    tags.router,
    files.router,
    runs.router,
    replays.router,
    logs.router,
    feedback.router,
    statistics.router,
    annotations.router,
    api_reference.router,
    extensions.router,
    conversion.router,
    generators.router,
    agent_prompts.router,
    speech.router,
    tools.router,
    tool_credentials.router,
    tool_apis.router,
    tool_workflows.router,
    mcp.router,
    triggers.router,
    tracing.router,
    forms.router,
    models.router,
    node_types.router,
    data_sources.router,
    dataset_keys.router,
    external_knowledge.router,
    knowledge_metadata.router,
    pipelines.router,
    segments.router,
    documents.router,
    evaluations.router,
    hit_testing.router,
    datasets.router,
)
"""The router of each domain. A module of this folder defines one with `console_router` and is named here."""


async def on_invalid(_: Request, error: Exception) -> Response:
    """Exception handler: arguments that do not fit their model."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return refusal_response(InvalidParam(f"`{name}` is not valid: {first['msg']}.", param=name))


def _operation_id(route: APIRoute) -> str:
    """What a generated client calls an operation: its domain and the name of its function."""
    domain = str(route.tags[0]).lower().replace(" ", "_") if route.tags else "console"
    return f"{domain}_{route.name}"


def create_console_api(services: Services) -> FastAPI:
    """The console API over opened services."""
    app = _assembled()
    app.state.services = services
    return app


def describe_console_api() -> dict[str, Any]:
    """The OpenAPI document of the console API, without a server."""
    return _assembled().openapi()


def _assembled() -> FastAPI:
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Refusal: on_refusal,
        ModelSetupError: models.on_model_setup,
        HTTPException: on_http_error,
        RequestValidationError: on_invalid,
        Exception: on_crash,
    }
    app = FastAPI(
        title="Treadle console",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        exception_handlers=handlers,  # type: ignore[arg-type]
    )
    for router in ROUTERS:
        app.include_router(router)
    return app
