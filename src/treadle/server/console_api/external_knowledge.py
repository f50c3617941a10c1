"""The console API: servers elsewhere that answer searches (spec knowledge §4.4)."""

from dataclasses import dataclass, field

from treadle.knowledge.shapes import ExternalApiShown, Page
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import LIMIT, PAGE, asker_of

router = console_router("External knowledge")

_ROOT = "/datasets/external-knowledge-api"
_ONE = f"{_ROOT}/{{api_id}}"


@dataclass(slots=True)
class Connection:
    """Where the server is. A key that comes back as it is shown stays."""

    endpoint: str = ""
    api_key: str = ""


@dataclass(slots=True)
class ExternalApiBody:
    name: str
    settings: Connection = field(default_factory=Connection)
    description: str | None = None


@dataclass(slots=True)
class UseCount:
    """Whether knowledge bases need an API, and how many."""

    is_using: bool
    count: int


@router.get(_ROOT)
async def list_apis(
    services: ServicesDep, signed_in: MemberDep, page: int = PAGE, limit: int = LIMIT, keyword: str = ""
) -> Page[ExternalApiShown]:
    """The external knowledge APIs of the workspace."""
    return await services.knowledge.external.page(asker_of(signed_in), keyword=keyword, page=page, limit=limit)


@router.post(_ROOT, status_code=201)
async def add_api(body: ExternalApiBody, services: ServicesDep, signed_in: MemberDep) -> ExternalApiShown:
    """Add an API; it is called at once to see whether it takes the key."""
    return await services.knowledge.external.add(
        asker_of(signed_in),
        name=body.name,
        description=body.description or "",
        endpoint=body.settings.endpoint,
        api_key=body.settings.api_key,
    )


@router.get(_ONE)
async def read_api(api_id: str, services: ServicesDep, signed_in: MemberDep) -> ExternalApiShown:
    """An external knowledge API."""
    return await services.knowledge.external.read(asker_of(signed_in), api_id)


@router.patch(_ONE)
async def change_api(
    api_id: str, body: ExternalApiBody, services: ServicesDep, signed_in: MemberDep
) -> ExternalApiShown:
    """Change an API; it is called at once to see whether it takes the key."""
    return await services.knowledge.external.change(
        asker_of(signed_in),
        api_id,
        name=body.name,
        description=body.description,
        endpoint=body.settings.endpoint,
        api_key=body.settings.api_key,
    )


@router.delete(_ONE, status_code=204)
async def delete_api(api_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete an API that no knowledge base needs."""
    await services.knowledge.external.delete(asker_of(signed_in), api_id)


@router.get(f"{_ONE}/use-check")
async def check_api_use(api_id: str, services: ServicesDep, signed_in: MemberDep) -> UseCount:
    """Whether knowledge bases need an API."""
    count = await services.knowledge.external.uses(asker_of(signed_in), api_id)
    return UseCount(count > 0, count)
