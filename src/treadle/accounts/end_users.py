"""End users: whoever an app is used by, known only by what its caller calls them.

Source: spec service-api §1.3.
"""

from collections import OrderedDict
from dataclasses import dataclass

from treadle.accounts.repository import AccountRepository
from treadle.accounts.tables import EndUser, EndUserType
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam

_CACHED = 20_000
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class EndUserRef:
    """An end user's row, by id."""

    id: str
    session_id: str


class EndUserService:
    """One end user for each app, channel and session id, whoever asks first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[tuple[str, str, str], EndUserRef] = OrderedDict()

    async def get_or_create(
        self, *, workspace_id: str, app_id: str, type: EndUserType, session_id: str, is_anonymous: bool
    ) -> EndUserRef:
        """The end user; concurrent first calls give the same one. Raises InvalidParam for a name too long to keep."""
        if len(session_id) > _LONGEST_NAME:
            raise InvalidParam(f"A user has at most {_LONGEST_NAME} characters.", param="user")
        session_id = session_id.replace("\x00", "").encode("utf-8", "replace").decode()
        key = (app_id, type, session_id)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        async with self._db.session() as session:
            row = await AccountRepository(session).end_user(app_id, type, session_id)
        if row is None:
            row = await self._create(workspace_id, app_id, type, session_id, is_anonymous)
        known = self._known[key] = EndUserRef(row.id, row.session_id)
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return known

    async def by_id(self, app_id: str, end_user_id: str) -> EndUser | None:
        """The end user of this app with this id."""
        async with self._db.session() as session:
            return await AccountRepository(session).end_user_by_id(app_id, end_user_id)

    async def _create(
        self, workspace_id: str, app_id: str, type: EndUserType, session_id: str, is_anonymous: bool
    ) -> EndUser:
        now = now_us()
        creation = (
            self._db.insert(EndUser)
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                app_id=app_id,
                type=type,
                session_id=session_id,
                is_anonymous=is_anonymous,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
        )
        async with self._db.transaction() as session:
            await session.execute(creation)
            row = await AccountRepository(session).end_user(app_id, type, session_id)
        assert row is not None
        return row
