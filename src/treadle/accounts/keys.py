"""API keys: shown once, stored hashed, looked up in memory.

Source: spec service-api §1.2.
"""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.repository import AccountRepository
from treadle.accounts.tables import ApiKey, KeyType
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import token_hash
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import NotFound, Refusal

KEYS_TOPIC = "keys"
MAX_KEYS = 10
_LETTERS = string.ascii_letters + string.digits
_NOTE_EVERY = 60 * SECOND


class MaxKeysExceeded(Refusal):
    """An app, or the knowledge of a workspace, has all the keys that it may have."""

    code = "max_keys_exceeded"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """What a key opens."""

    key_id: str
    workspace_id: str
    app_id: str | None
    workspace_archived: bool
    base_id: str | None = None
    """The one knowledge base that it opens; None: all of the workspace."""
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when its token is known."""

    id: str
    token: str


class ApiKeyService:
    """The keys of all workspaces."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owners: dict[tuple[str, KeyType], KeyOwner] = {}
        """By the hash of the token, so that memory holds no keys."""
        self._generation = 0
        self._noted: dict[str, int] = {}
        self._used: dict[str, int] = {}

    def forget(self) -> None:
        """Drop what was cached: keys, apps or workspaces have changed."""
        self._generation += 1
        self._owners.clear()

    async def create(
        self,
        workspace_id: str,
        type: KeyType | str,
        *,
        app_id: str | None = None,
        base_id: str | None = None,
        account_id: str | None = None,
        name: str = "",
    ) -> NewKey:
        """Raises MaxKeysExceeded."""
        kind = KeyType(type)
        token = f"{kind.value}-{''.join(secrets.choice(_LETTERS) for _ in range(24))}"
        async with self._db.transaction(lock=f"keys of {workspace_id}") as session:
            repository = AccountRepository(session)
            if len(await repository.api_keys(workspace_id, kind, app_id)) >= MAX_KEYS:
                raise MaxKeysExceeded(f"There can be {MAX_KEYS} keys; delete one first.")
            row = ApiKey(
                id=new_id(),
                workspace_id=workspace_id,
                app_id=app_id,
                base_id=base_id,
                type=kind,
                name=name,
                token_hash=token_hash(token),
                last_characters=token[-4:],
                created_by=account_id,
                created_at=now_us(),
            )
            repository.add(row)
            await bump(session, KEYS_TOPIC)
        return NewKey(row.id, token)

    async def list_keys(self, workspace_id: str, type: KeyType, app_id: str | None = None) -> Sequence[ApiKey]:
        """Keys without their tokens, oldest first."""
        async with self._db.session() as session:
            return await AccountRepository(session).api_keys(workspace_id, type, app_id)

    async def rename(self, workspace_id: str, key_id: str, name: str) -> None:
        """Call a key by another name. Raises NotFound."""
        async with self._db.transaction() as session:
            if not await AccountRepository(session).rename_api_key(workspace_id, key_id, name):
                raise NotFound("There is no such key.")

    async def revoke(self, workspace_id: str, key_id: str) -> None:
        """The key opens nothing from now on. Raises NotFound."""
        async with self._db.transaction() as session:
            if not await AccountRepository(session).delete_api_key(workspace_id, key_id):
                raise NotFound("There is no such key.")
            await bump(session, KEYS_TOPIC)
        self.forget()

    async def forget_app(self, session: AsyncSession, app_id: str) -> None:
        """The keys of an app go with it, in the transaction that deletes it."""
        await AccountRepository(session).delete_api_keys_of(app_id)
        await bump(session, KEYS_TOPIC)

    async def resolve(self, token: str, type: KeyType) -> KeyOwner | None:
        """What a token opens; None when it is unknown or of the other type."""
        hashed = token_hash(token)
        owner = self._owners.get((hashed, type))
        if owner is None:
            generation = self._generation
            async with self._db.session() as session:
                found = await AccountRepository(session).api_key(hashed, type)
            if found is None:
                return None
            key, archived = found
            owner = KeyOwner(key.id, key.workspace_id, key.app_id, archived, key.base_id, key.created_by)
            # A key that was revoked while it was read must not be kept.
            if generation == self._generation:
                self._owners[hashed, type] = owner
        self._note_use(owner.key_id)
        return owner

    def _note_use(self, key_id: str) -> None:
        now = now_us()
        if now - self._noted.get(key_id, 0) >= _NOTE_EVERY:
            self._noted[key_id] = self._used[key_id] = now

    async def write_uses(self) -> None:
        """Write down when keys were last used; call it now and then."""
        used, self._used = self._used, {}
        if used:
            async with self._db.transaction() as session:
                await AccountRepository(session).touch_api_keys(used)
