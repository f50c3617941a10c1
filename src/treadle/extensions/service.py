"""API-based extensions of workspaces: kept, pinged when they are saved, and asked by runs.

Source: spec models-and-tools §5.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.ports import Http
from treadle.engine.values import JsonValue
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

from .tables import ApiExtension
from .wire import ExtensionFailed, Params, Point, ask

EXTENSIONS_TOPIC = "extensions"
HIDDEN = "[__HIDDEN__]"
SHORTEST_KEY = 5
_MAX_NAME = 255
_LONGEST_MASKED_WHOLE = 8


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An extension as it is called. `key` is in clear: keep it out of messages."""

    id: str
    name: str
    url: str
    key: str


class ExtensionService:
    """The API-based extensions of all workspaces."""

    def __init__(self, db: Database, crypto: Crypto, http: Http) -> None:
        self._db = db
        self._crypto = crypto
        self._http = http
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._generation = 0

    def forget(self) -> None:
        """Drop what was cached: extensions have changed."""
        self._generation += 1
        self._endpoints.clear()

    async def list_extensions(self, workspace_id: str) -> Sequence[ApiExtension]:
        """Newest first."""
        query = (
            select(ApiExtension)
            .where(ApiExtension.workspace_id == workspace_id)
            .order_by(ApiExtension.created_at.desc(), ApiExtension.id.desc())
        )
        async with self._db.session() as session:
            return (await session.execute(query)).scalars().all()

    async def extension(self, workspace_id: str, extension_id: str) -> ApiExtension:
        """Raises NotFound."""
        async with self._db.session() as session:
            return await _row(session, workspace_id, extension_id)

    async def create(
        self, workspace_id: str, *, name: str, api_endpoint: str, api_key: str, account_id: str | None = None
    ) -> ApiExtension:
        """A new extension, once its endpoint has answered a ping. Raises InvalidParam."""
        name = _checked(name, api_endpoint, api_key)
        await self._ping(name, api_endpoint, api_key)
        now = now_us()
        row = ApiExtension(
            id=new_id(),
            workspace_id=workspace_id,
            name=name,
            api_endpoint=api_endpoint,
            created_by=account_id,
            created_at=now,
            updated_at=now,
        )
        row.api_key = self._crypto.encrypt(api_key, context=_context(row.id))
        async with self._db.transaction(lock=f"extensions of {workspace_id}") as session:
            await _name_is_free(session, workspace_id, name)
            session.add(row)
            await bump(session, EXTENSIONS_TOPIC)
        return row

    async def update(
        self, workspace_id: str, extension_id: str, *, name: str, api_endpoint: str, api_key: str
    ) -> ApiExtension:
        """Change an extension; a key sent as it is shown, or as `[__HIDDEN__]`, stays as stored.

        Raises NotFound and InvalidParam.
        """
        stored = await self.extension(workspace_id, extension_id)
        key = self._key(stored)
        if api_key not in (HIDDEN, masked(key)):
            key = api_key
        name = _checked(name, api_endpoint, key)
        await self._ping(name, api_endpoint, key)
        async with self._db.transaction(lock=f"extensions of {workspace_id}") as session:
            row = await _row(session, workspace_id, extension_id)
            if name != row.name:
                await _name_is_free(session, workspace_id, name)
            row.name, row.api_endpoint, row.updated_at = name, api_endpoint, now_us()
            row.api_key = self._crypto.encrypt(key, context=_context(row.id))
            await bump(session, EXTENSIONS_TOPIC)
        self.forget()
        return row

    async def delete(self, workspace_id: str, extension_id: str) -> None:
        """Raises NotFound. Apps that name the extension fail with a sentence that says so."""
        async with self._db.transaction() as session:
            await _row(session, workspace_id, extension_id)
            await session.execute(
                delete(ApiExtension).where(ApiExtension.workspace_id == workspace_id, ApiExtension.id == extension_id)
            )
            await bump(session, EXTENSIONS_TOPIC)
        self.forget()

    def shown_key(self, row: ApiExtension) -> str:
        """The key as lists show it."""
        return masked(self._key(row))

    async def endpoint(self, workspace_id: str, extension_id: str) -> Endpoint:
        """Where and with which key to call. Raises ExtensionFailed when there is no such extension."""
        known = self._endpoints.get((workspace_id, extension_id))
        if known is not None:
            return known
        generation = self._generation
        try:
            row = await self.extension(workspace_id, extension_id)
        except NotFound as error:
            raise ExtensionFailed(
                "This app names an API extension that this workspace does not have; choose another one."
            ) from error
        found = Endpoint(row.id, row.name, row.api_endpoint, self._key(row))
        if generation == self._generation:
            self._endpoints[workspace_id, extension_id] = found
        return found

    async def ask(self, workspace_id: str, extension_id: str, point: Point, params: Params) -> dict[str, JsonValue]:
        """What the extension answers at this point. Raises ExtensionFailed."""
        found = await self.endpoint(workspace_id, extension_id)
        return await ask(self._http, name=found.name, endpoint=found.url, key=found.key, point=point, params=params)

    def _key(self, row: ApiExtension) -> str:
        return self._crypto.decrypt(row.api_key, context=_context(row.id))

    async def _ping(self, name: str, url: str, key: str) -> None:
        try:
            answer = await ask(self._http, name=name, endpoint=url, key=key, point="ping", params={})
        except ExtensionFailed as error:
            raise InvalidParam(error.message, param="api_endpoint") from error
        if answer.get("result") != "pong":
            raise InvalidParam(
                'The endpoint must answer the point "ping" with {"result": "pong"}.', param="api_endpoint"
            )


def masked(key: str) -> str:
    """A key as it is shown: its first and last three characters, nothing of a short one."""
    return "******" if len(key) <= _LONGEST_MASKED_WHOLE else f"{key[:3]}******{key[-3:]}"


def _context(extension_id: str) -> str:
    return f"api extension {extension_id}"


def _checked(name: str, endpoint: str, key: str) -> str:
    """The name without space around it. Raises InvalidParam for what cannot be kept."""
    name = name.strip()
    if not name or len(name) > _MAX_NAME:
        raise InvalidParam(f"`name` must have 1 to {_MAX_NAME} characters.", param="name")
    if not endpoint.startswith(("http://", "https://")):
        raise InvalidParam("`api_endpoint` must be an http or https URL.", param="api_endpoint")
    if len(key) < SHORTEST_KEY:
        raise InvalidParam(f"`api_key` must have at least {SHORTEST_KEY} characters.", param="api_key")
    return name


async def _row(session: AsyncSession, workspace_id: str, extension_id: str) -> ApiExtension:
    query = select(ApiExtension).where(ApiExtension.workspace_id == workspace_id, ApiExtension.id == extension_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such API extension.")
    return row


async def _name_is_free(session: AsyncSession, workspace_id: str, name: str) -> None:
    query = select(ApiExtension.id).where(ApiExtension.workspace_id == workspace_id, ApiExtension.name == name)
    if (await session.execute(query)).first() is not None:
        raise InvalidParam(f'There is an API extension "{name}" already; choose another name.', param="name")
