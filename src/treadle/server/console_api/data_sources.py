"""The console API: web sites and Notion workspaces as sources of documents (spec knowledge §4.2, §4.3)."""

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query
from fastapi.responses import RedirectResponse

from treadle.knowledge.crawls import CrawlShown
from treadle.knowledge.source_credentials import NotionShown, WebKeyShown
from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, anyone, console_router
from treadle.server.console_api.knowledge_access import Done, asker_of

router = console_router("Data sources")

_KEYS = "/api-key-auth/data-source"


@dataclass(slots=True)
class WebKeys:
    sources: list[WebKeyShown]


@dataclass(slots=True)
class KeyConfig:
    api_key: str
    base_url: str = ""


@dataclass(slots=True)
class KeyCredentials:
    config: KeyConfig
    auth_type: str = "bearer"


@dataclass(slots=True)
class KeyBinding:
    """A key of a crawling service: firecrawl, jinareader or watercrawl."""

    provider: str
    credentials: KeyCredentials
    category: str = "website"


@dataclass(slots=True)
class CrawlOrder:
    """`provider` treadle needs no key."""

    provider: str
    url: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class CrawlBegun:
    job_id: str
    status: str = "active"


@dataclass(slots=True)
class Address:
    """Where to send the browser; `internal` when there is no need to."""

    data: str


@dataclass(slots=True)
class Integrations:
    data: list[NotionShown]


@dataclass(slots=True)
class NotionPages:
    """Workspaces with their pages; `is_bound` marks those that are in the knowledge base already."""

    notion_info: list[dict[str, Any]]


@dataclass(slots=True)
class PageText:
    content: str


@dataclass(slots=True)
class IntegrationToken:
    token: str = field(repr=False)


@dataclass(slots=True)
class Returned:
    code: str
    state: str = ""


@router.get(_KEYS)
async def list_web_keys(services: ServicesDep, signed_in: MemberDep) -> WebKeys:
    """The crawling services that the workspace has keys of."""
    return WebKeys(await services.knowledge.sources.web_keys(asker_of(signed_in)))


@router.post(f"{_KEYS}/binding")
async def bind_web_key(body: KeyBinding, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Keep a key of a crawling service, once the service takes it."""
    if body.category != "website":
        raise InvalidParam("`category` must be website.", param="category")
    config = body.credentials.config
    await services.knowledge.sources.bind_web(
        asker_of(signed_in), body.provider, api_key=config.api_key, base_url=config.base_url
    )
    return Done()


@router.delete(f"{_KEYS}/{{binding_id}}", status_code=204)
async def unbind_web_key(binding_id: str, services: ServicesDep, signed_in: AdministratorDep) -> None:
    """Forget a key of a crawling service."""
    await services.knowledge.sources.unbind_web(asker_of(signed_in), binding_id)


@router.post("/website/crawl")
async def begin_crawl(body: CrawlOrder, services: ServicesDep, signed_in: MemberDep) -> CrawlBegun:
    """Begin to read a web site."""
    job_id = await services.knowledge.crawls.start(asker_of(signed_in), body.provider, body.url, body.options)
    return CrawlBegun(job_id)


@router.get("/website/crawl/status/{job_id}")
async def read_crawl(job_id: str, services: ServicesDep, signed_in: MemberDep) -> CrawlShown:
    """How far a crawl is, and its pages once it is completed."""
    return await services.knowledge.crawls.status(asker_of(signed_in), job_id)


@router.get("/oauth/data-source/notion")
async def notion_address(services: ServicesDep, signed_in: AdministratorDep) -> Address:
    """Where an administrator gives access to Notion. With an internal integration access is taken up at once."""
    asker, sources = asker_of(signed_in), services.knowledge.sources
    address = sources.notion_address(asker)
    if address == "internal":
        await sources.bind_internal(asker)
    return Address(address)


@router.get("/oauth/data-source/callback/notion", dependencies=[Depends(anyone)])
async def notion_returned(
    services: ServicesDep,
    code: str = Query(default="", max_length=4096),
    state: str = Query(default="", max_length=512),
    error: str = Query(default="", max_length=512),
) -> RedirectResponse:
    """Where Notion sends the browser back to: on to the console, which takes the access up."""
    given = {"type": "notion", **({"error": error} if error else {"code": code, "state": state})}
    return RedirectResponse(f"{services.links.base}/settings/data-sources?{urlencode(given)}")


@router.post("/oauth/data-source/binding/notion")
async def bind_notion(body: Returned, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Take up the access that Notion gave."""
    await services.knowledge.sources.bind_notion(asker_of(signed_in), body.code, body.state)
    return Done()


@router.post("/oauth/data-source/notion/token")
async def bind_notion_token(body: IntegrationToken, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Connect a Notion workspace by the token of an internal integration, once Notion takes it."""
    await services.knowledge.sources.bind_token(asker_of(signed_in), body.token)
    return Done()


@router.post("/oauth/data-source/notion/{binding_id}/sync")
async def read_notion_again(binding_id: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Ask Notion which pages are granted now."""
    await services.knowledge.sources.read_again(asker_of(signed_in), binding_id)
    return Done()


@router.get("/data-source/integrates")
async def list_integrations(services: ServicesDep, signed_in: MemberDep) -> Integrations:
    """The Notion workspaces that are connected."""
    return Integrations(await services.knowledge.sources.notion_workspaces(asker_of(signed_in)))


@router.patch("/data-source/integrates/{binding_id}/{action}")
async def switch_integration(binding_id: str, action: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Switch a Notion workspace on or off; enable or disable."""
    await services.knowledge.sources.switch_notion(asker_of(signed_in), binding_id, action)
    return Done()


@router.get("/notion/pre-import/pages")
async def list_notion_pages(services: ServicesDep, signed_in: MemberDep, dataset_id: str | None = None) -> NotionPages:
    """The pages that can be chosen, by workspace."""
    return NotionPages(await services.knowledge.notion_pages(asker_of(signed_in), dataset_id))


@router.get("/notion/workspaces/{workspace_id}/pages/{page_id}/{kind}/preview")
async def preview_notion_page(
    workspace_id: str,
    page_id: str,
    kind: Literal["page", "database"],
    services: ServicesDep,
    signed_in: MemberDep,
) -> PageText:
    """The text of a Notion page."""
    return PageText(await services.knowledge.notion_text(asker_of(signed_in), workspace_id, page_id, kind))
