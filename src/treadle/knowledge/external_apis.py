"""Servers elsewhere that answer searches, as a workspace knows them. Source: spec knowledge §4.4, service-api §6."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from treadle.engine.ports import Http
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import checked_name
from treadle.knowledge.external_repository import ExternalRepository
from treadle.knowledge.shapes import ExternalApiShown, Page
from treadle.knowledge.sources.errors import CredentialError, SourceError
from treadle.knowledge.sources.external import ExternalKnowledge
from treadle.knowledge.tables import ExternalApi, KnowledgeBase
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto, mask_secret
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, NotFound

MAX_NAME = 100
MAX_LIMIT = 100
HIDDEN = "[__HIDDEN__]"
"""Sent in place of a key that is to stay as it is."""


def sealed_for(api_id: str) -> str:
    """What the key of an API is encrypted for."""
    return f"external knowledge {api_id}"


class ExternalApis:
    """The external knowledge APIs of all workspaces; every call says who asks."""

    def __init__(self, db: Database, crypto: Crypto, http: Http) -> None:
        self._db = db
        self._crypto = crypto
        self._http = http

    async def page(self, asker: Asker, *, keyword: str = "", page: int = 1, limit: int = 20) -> Page[ExternalApiShown]:
        """Newest first. Raises Forbidden."""
        asker.may_work()
        size = min(limit, MAX_LIMIT)
        async with self._db.session() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            rows = await repository.apis(keyword)
            some = rows[(page - 1) * size : page * size]
            shown = [self._shown(row, list(await repository.bases_of(row.id))) for row in some]
        return Page(data=shown, has_more=page * size < len(rows), limit=limit, total=len(rows), page=page)

    async def read(self, asker: Asker, api_id: str) -> ExternalApiShown:
        """Raises NotFound and Forbidden."""
        asker.may_work()
        async with self._db.session() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            row = await _found(repository, api_id)
            return self._shown(row, list(await repository.bases_of(row.id)))

    async def add(self, asker: Asker, *, name: str, description: str, endpoint: str, api_key: str) -> ExternalApiShown:
        """Once it answers. Raises Forbidden and InvalidParam."""
        asker.may_work()
        wanted = checked_name(name, MAX_NAME)
        address = _checked_endpoint(endpoint)
        if not api_key.strip():
            raise InvalidParam("`settings.api_key` is required.", param="settings.api_key")
        await self._probe(address, api_key)
        now = now_us()
        api_id = new_id()
        row = ExternalApi(
            id=api_id,
            workspace_id=asker.workspace_id,
            name=wanted,
            description=description,
            endpoint=address,
            api_key=self._crypto.encrypt(api_key, context=sealed_for(api_id)),
            created_by=asker.account_id,
            updated_by=asker.account_id,
            created_at=now,
            updated_at=now,
        )
        async with self._db.transaction() as session:
            ExternalRepository(session, asker.workspace_id).add(row)
        return self._shown(row, [])

    async def change(
        self, asker: Asker, api_id: str, *, name: str, description: str | None, endpoint: str, api_key: str
    ) -> ExternalApiShown:
        """A key sent as `[__HIDDEN__]` stays as it is. Raises NotFound, Forbidden and InvalidParam."""
        asker.may_work()
        wanted = checked_name(name, MAX_NAME)
        address = _checked_endpoint(endpoint)
        async with self._db.session() as session:
            before = await _found(ExternalRepository(session, asker.workspace_id), api_id)
        stored = self._crypto.decrypt(before.api_key, context=sealed_for(before.id))
        key = stored if api_key in ("", HIDDEN, mask_secret(stored)) else api_key
        if key is stored and address != before.endpoint:
            raise InvalidParam(
                "Give the key again: it is not sent to another address by itself.", param="settings.api_key"
            )
        await self._probe(address, key)
        async with self._db.transaction() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            row = await _found(repository, api_id)
            row.name, row.endpoint = wanted, address
            row.description = row.description if description is None else description
            row.api_key = self._crypto.encrypt(key, context=sealed_for(row.id))
            row.updated_by, row.updated_at = asker.account_id, now_us()
            bases = list(await repository.bases_of(row.id))
        return self._shown(row, bases)

    async def delete(self, asker: Asker, api_id: str) -> None:
        """Raises NotFound, Forbidden, and Conflict while a knowledge base needs it."""
        asker.may_edit()
        async with self._db.transaction() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            row = await _found(repository, api_id)
            bases = await repository.bases_of(row.id)
            if bases:
                names = ", ".join(base.name for base in bases[:3])
                raise Conflict(f"Knowledge bases use this API ({names}); delete them first.", code="dataset_in_use")
            await repository.delete_api(row.id)

    async def uses(self, asker: Asker, api_id: str) -> int:
        """How many knowledge bases need an API. Raises NotFound and Forbidden."""
        asker.may_work()
        async with self._db.session() as session:
            repository = ExternalRepository(session, asker.workspace_id)
            return len(await repository.bases_of((await _found(repository, api_id)).id))

    async def _probe(self, endpoint: str, api_key: str) -> None:
        """An empty call with the key: a server that is not there, or refuses it, is no use. Raises InvalidParam."""
        try:
            await ExternalKnowledge(self._http, endpoint, api_key).probe()
        except CredentialError as error:
            raise InvalidParam(str(error), param="settings.api_key") from error
        except SourceError as error:
            raise InvalidParam(str(error), param="settings.endpoint") from error

    def _shown(self, row: ExternalApi, bases: list[KnowledgeBase]) -> ExternalApiShown:
        key = self._crypto.decrypt(row.api_key, context=sealed_for(row.id))
        return ExternalApiShown(
            id=row.id,
            tenant_id=row.workspace_id,
            name=row.name,
            description=row.description,
            settings={"endpoint": row.endpoint, "api_key": mask_secret(key)},
            dataset_bindings=[{"id": base.id, "name": base.name} for base in bases],
            created_by=row.created_by,
            created_at=datetime.fromtimestamp(row.created_at / SECOND, UTC).isoformat(timespec="seconds"),
        )


async def _found(repository: ExternalRepository, api_id: str) -> ExternalApi:
    row = await repository.api(api_id)
    if row is None:
        raise NotFound("There is no such external knowledge API.")
    return row


def _checked_endpoint(given: str) -> str:
    """An address without `/retrieval` at its end. Raises InvalidParam."""
    address = given.strip().rstrip("/").removesuffix("/retrieval").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidParam("`settings.endpoint` must begin with http:// or https://.", param="settings.endpoint")
    return address
