"""What opens data sources to a workspace: keys of crawling services, Notion workspaces. Source: spec knowledge §4.2.

Secrets are encrypted for their row and never told.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from treadle.engine.ports import Http
from treadle.knowledge.access import ADMINISTRATORS, Asker
from treadle.knowledge.external_repository import ExternalRepository
from treadle.knowledge.sources.crawler import PROVIDER as BUILT_IN
from treadle.knowledge.sources.crawler import BuiltInCrawler
from treadle.knowledge.sources.errors import SourceError
from treadle.knowledge.sources.firecrawl import Firecrawl
from treadle.knowledge.sources.jina import JinaReader
from treadle.knowledge.sources.notion import Notion, NotionOAuth, Workspace
from treadle.knowledge.sources.watercrawl import WaterCrawl
from treadle.knowledge.sources.websites import CrawlOptionsError, WebSource, checked_url
from treadle.knowledge.tables import SourceCredential
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound, Refusal
from treadle.settings import Settings

WEBSITE, NOTION = "website", "notion"
MAX_TOKEN = 512
Result = TypeVar("Result")
Secret = TypeVar("Secret", "WebKey", "NotionToken")
KEYED = ("firecrawl", "jinareader", "watercrawl")
"""Crawling services that ask for a key."""
CRAWLERS = (BUILT_IN, *KEYED)


class WebKey(msgspec.Struct, kw_only=True):
    """A key of a crawling service, as it is kept."""

    api_key: str
    base_url: str = ""


class NotionToken(msgspec.Struct, kw_only=True):
    """Access to a Notion workspace, as it is kept."""

    access_token: str


@dataclass(slots=True)
class WebKeyShown:
    id: str
    category: str
    provider: str
    disabled: bool
    created_at: int
    updated_at: int


@dataclass(slots=True)
class NotionShown:
    """A Notion workspace; `source_info` holds its name and the pages that were granted."""

    id: str
    provider: str
    created_at: int
    is_bound: bool
    disabled: bool
    source_info: dict[str, Any]


class SourceCredentials:
    """The keys of data sources of all workspaces."""

    def __init__(
        self, db: Database, crypto: Crypto, http: Http, settings: Settings, built_in: BuiltInCrawler, callback: str
    ) -> None:
        """`callback`: where Notion sends a browser back to."""
        self.built_in = built_in
        self._db = db
        self._crypto = crypto
        self._http = http
        self._settings = settings
        self._callback = callback

    # ---- web sites ----

    async def web_keys(self, asker: Asker) -> list[WebKeyShown]:
        """Raises Forbidden."""
        asker.may_work()
        async with self._db.session() as session:
            rows = await ExternalRepository(session, asker.workspace_id).credentials(WEBSITE)
        return [
            WebKeyShown(
                row.id, row.category, row.provider, row.disabled, row.created_at // SECOND, row.updated_at // SECOND
            )
            for row in rows
        ]

    async def bind_web(self, asker: Asker, provider: str, *, api_key: str, base_url: str = "") -> None:
        """Keep a key once the service takes it; an older one of that service goes. Raises Forbidden, InvalidParam."""
        _check_administrator(asker)
        if provider not in KEYED:
            raise InvalidParam(f"`provider` must be one of {', '.join(KEYED)}, not {provider!r}.", param="provider")
        if not api_key.strip():
            raise InvalidParam("`credentials.config.api_key` is required.", param="credentials.config.api_key")
        key = WebKey(api_key=api_key.strip(), base_url=_checked_base(base_url))
        try:
            await web_source(self._http, provider, key).check()
        except SourceError as error:
            raise InvalidParam(str(error), param="credentials.config.api_key") from error
        async with self._db.transaction() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            for row in await repository.credentials(WEBSITE):
                if row.provider == provider:
                    await repository.delete_credential(row.id)
            repository.add(self._row(asker, WEBSITE, provider, key))

    async def unbind_web(self, asker: Asker, credential_id: str) -> None:
        """Raises NotFound and Forbidden."""
        _check_administrator(asker)
        async with self._db.transaction() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            if await repository.credential(credential_id, WEBSITE) is None:
                raise NotFound("There is no such key.")
            await repository.delete_credential(credential_id)

    async def crawler(self, workspace_id: str, provider: str) -> WebSource:
        """The service with the workspace's key; the built-in one needs none. Raises Refusal when there is none."""
        if provider == BUILT_IN:
            return self.built_in
        async with self._db.session() as session:
            rows = await ExternalRepository(session, workspace_id).credentials(WEBSITE)
        row = next((row for row in rows if row.provider == provider and not row.disabled), None)
        if row is None:
            raise Refusal(
                f"No key of {provider} is set up in this workspace; an administrator adds it under data sources.",
                code="provider_not_initialize",
            )
        return web_source(self._http, provider, self._opened(row, WebKey))

    # ---- Notion ----

    async def notion_workspaces(self, asker: Asker) -> list[NotionShown]:
        """Raises Forbidden."""
        asker.may_work()
        async with self._db.session() as session:
            rows = await ExternalRepository(session, asker.workspace_id).credentials(NOTION)
        return [_notion_shown(row) for row in rows]

    def notion_address(self, asker: Asker) -> str:
        """Where an administrator is sent to give access; `internal` when the operator has given it. Raises Refusal."""
        _check_administrator(asker)
        if self._settings.notion_integration_type == "internal":
            return "internal"
        return self._oauth().authorization_url(self._state(asker))

    async def bind_internal(self, asker: Asker) -> None:
        """Take up the access that the operator has given. Raises Forbidden and Refusal."""
        _check_administrator(asker)
        secret = self._settings.notion_internal_secret
        if not secret:
            raise Refusal("NOTION_INTERNAL_SECRET is not set; the operator of this server sets it.")
        name = await _told(self._reader(secret).workspace_name())
        await self._keep_notion(asker, Workspace(secret, asker.workspace_id, name, None))

    async def bind_token(self, asker: Asker, token: str) -> None:
        """Take up the access of an internal integration, by its token. Raises Forbidden, InvalidParam and Refusal."""
        _check_administrator(asker)
        given = token.strip()
        if not 1 <= len(given) <= MAX_TOKEN or not given.isascii() or not given.isprintable():
            raise InvalidParam("`token` must be the token of an internal integration of Notion.", param="token")
        integration, name = await _told(self._reader(given).identity())
        await self._keep_notion(asker, Workspace(given, integration, name, None))

    async def bind_notion(self, asker: Asker, code: str, state: str) -> None:
        """Take up the access that a person has given. Raises Forbidden, InvalidParam and Refusal."""
        _check_administrator(asker)
        if not self._crypto.verify(_state_text(asker), state):
            raise InvalidParam("This sign-in was not begun here; start it again.", param="state")
        await self._keep_notion(asker, await _told(self._oauth().exchange(code)))

    async def read_again(self, asker: Asker, credential_id: str) -> None:
        """Ask Notion which pages are granted now. Raises NotFound, Forbidden and Refusal."""
        _check_administrator(asker)
        row = await self._notion_row(asker.workspace_id, credential_id)
        pages = await _told(self._reader(self._opened(row, NotionToken).access_token).pages())
        async with self._db.transaction() as session:
            current = await ExternalRepository(session, asker.workspace_id).credential(row.id, NOTION)
            if current is not None:
                info = {**_info(current), "pages": [page.dump() for page in pages], "total": len(pages)}
                current.source_info, current.updated_at = msgspec.json.encode(info).decode(), now_us()

    async def switch_notion(self, asker: Asker, credential_id: str, action: str) -> None:
        """Switch a Notion workspace on or off. Raises NotFound, Forbidden and InvalidParam."""
        _check_administrator(asker)
        if action not in ("enable", "disable"):
            raise InvalidParam(f"There is no action {action!r}; use enable or disable.", param="action")
        async with self._db.transaction() as session:
            row = await ExternalRepository(session, asker.workspace_id).credential(credential_id, NOTION)
            if row is None:
                raise NotFound("There is no such Notion workspace.")
            if row.disabled == (action == "disable"):
                raise InvalidParam(f"This Notion workspace is {action}d already.")
            row.disabled, row.updated_at = action == "disable", now_us()

    async def notion(self, workspace_id: str, notion_workspace_id: str, credential_id: str | None = None) -> Notion:
        """A Notion workspace that can be read. Raises Refusal when it was not given, or is switched off."""
        async with self._db.session() as session:
            rows = await ExternalRepository(session, workspace_id).credentials(NOTION)
        for row in rows:
            if not row.disabled and (row.id == credential_id or _info(row).get("workspace_id") == notion_workspace_id):
                return self._reader(self._opened(row, NotionToken).access_token)
        raise Refusal("This Notion workspace is not connected, or is switched off.", code="provider_not_initialize")

    async def _keep_notion(self, asker: Asker, given: Workspace) -> None:
        pages = await _told(self._reader(given.access_token).pages())
        info = {
            "workspace_name": given.workspace_name,
            "workspace_icon": given.workspace_icon,
            "workspace_id": given.workspace_id,
            "pages": [page.dump() for page in pages],
            "total": len(pages),
        }
        async with self._db.transaction() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            for row in await repository.credentials(NOTION):
                if _info(row).get("workspace_id") == given.workspace_id:
                    await repository.delete_credential(row.id)
            row = self._row(asker, NOTION, NOTION, NotionToken(access_token=given.access_token))
            row.source_info = msgspec.json.encode(info).decode()
            repository.add(row)

    async def _notion_row(self, workspace_id: str, credential_id: str) -> SourceCredential:
        async with self._db.session() as session:
            row = await ExternalRepository(session, workspace_id).credential(credential_id, NOTION)
        if row is None:
            raise NotFound("There is no such Notion workspace.")
        return row

    def _oauth(self) -> NotionOAuth:
        settings = self._settings
        if not settings.notion_client_id or not settings.notion_client_secret:
            raise Refusal(
                "Notion is not set up: the operator of this server sets NOTION_CLIENT_ID and NOTION_CLIENT_SECRET."
            )
        return NotionOAuth(
            self._http,
            settings.notion_client_id,
            settings.notion_client_secret,
            self._callback,
            base=settings.notion_api_url.rstrip("/"),
        )

    def _reader(self, token: str) -> Notion:
        return Notion(self._http, token, base=self._settings.notion_api_url.rstrip("/"))

    def _state(self, asker: Asker) -> str:
        return self._crypto.sign(_state_text(asker))

    def _row(self, asker: Asker, category: str, provider: str, secret: WebKey | NotionToken) -> SourceCredential:
        row_id, now = new_id(), now_us()
        return SourceCredential(
            id=row_id,
            workspace_id=asker.workspace_id,
            category=category,
            provider=provider,
            credentials=self._crypto.encrypt(msgspec.json.encode(secret).decode(), context=_context(row_id)),
            disabled=False,
            created_by=asker.account_id,
            created_at=now,
            updated_at=now,
        )

    def _opened(self, row: SourceCredential, kind: type[Secret]) -> Secret:
        return msgspec.json.decode(self._crypto.decrypt(row.credentials, context=_context(row.id)), type=kind)


def web_source(http: Http, provider: str, key: WebKey) -> WebSource:
    """The service of a provider with a key."""
    match provider:
        case "firecrawl":
            return Firecrawl(http, key.api_key, key.base_url)
        case "watercrawl":
            return WaterCrawl(http, key.api_key, key.base_url)
        case _:
            return JinaReader(http, key.api_key)


def _checked_base(given: str) -> str:
    if not given.strip():
        return ""
    try:
        return checked_url(given)
    except CrawlOptionsError as error:
        raise InvalidParam(str(error), param="credentials.config.base_url") from error


async def _told(call: Awaitable[Result]) -> Result:
    """What Notion answers. Raises Refusal."""
    try:
        return await call
    except SourceError as error:
        raise Refusal(str(error), code="invalid_param") from error


def _check_administrator(asker: Asker) -> None:
    if asker.role not in ADMINISTRATORS:
        raise Forbidden("Only administrators connect data sources; ask one.")


def _notion_shown(row: SourceCredential) -> NotionShown:
    return NotionShown(row.id, row.provider, row.created_at // SECOND, True, row.disabled, _info(row))


def _info(row: SourceCredential) -> dict[str, Any]:
    return msgspec.json.decode(row.source_info, type=dict[str, Any]) if row.source_info else {}


def _state_text(asker: Asker) -> str:
    return f"notion {asker.workspace_id} {asker.account_id}"


def _context(row_id: str) -> str:
    return f"data source {row_id}"
