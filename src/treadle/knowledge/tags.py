"""Tags of knowledge bases. Source: spec knowledge §1.6, service-api §5.12."""

from collections.abc import Sequence
from dataclasses import dataclass

from treadle.apps.tags import CountedTag, TagService
from treadle.knowledge.access import EDITORS, Asker
from treadle.knowledge.finding import find_base
from treadle.knowledge.repository import KNOWLEDGE_TAG, BaseRepository
from treadle.knowledge.shapes import TagShown
from treadle.platform.db import Database
from treadle.platform.refusals import Forbidden, InvalidParam


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, and how many bases have it, as text."""

    id: str
    name: str
    type: str
    binding_count: str


class Tags:
    """The knowledge tags of all workspaces; every call says who asks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._tags = TagService(db)

    async def all(self, asker: Asker, keyword: str = "") -> list[TagCount]:
        """Newest first."""
        asker.may_work()
        return [_counted(tag) for tag in await self._tags.all(asker.workspace_id, KNOWLEDGE_TAG, keyword)]

    async def add(self, asker: Asker, name: str) -> TagCount:
        """Raises Forbidden and InvalidParam."""
        asker.may_work()
        return _counted(await self._tags.add(asker.workspace_id, KNOWLEDGE_TAG, name, account_id=asker.account_id))

    async def rename(self, asker: Asker, tag_id: str, name: str) -> TagCount:
        """Raises NotFound, Forbidden and InvalidParam."""
        asker.may_work()
        return _counted(await self._tags.rename(asker.workspace_id, KNOWLEDGE_TAG, tag_id, name))

    async def delete(self, asker: Asker, tag_id: str) -> None:
        """Raises NotFound and Forbidden."""
        if asker.role not in EDITORS:
            raise Forbidden("Your role in this workspace cannot delete tags.")
        await self._tags.delete(asker.workspace_id, KNOWLEDGE_TAG, tag_id)

    async def bind(self, asker: Asker, tag_ids: Sequence[str], base_id: str) -> None:
        """Mark a base; tags that it has already stay. Raises NotFound, Forbidden and InvalidParam."""
        if not tag_ids:
            raise InvalidParam("`tag_ids` must name at least one tag.", param="tag_ids")
        target = await self._marked(asker, base_id)
        await self._tags.bind(asker.workspace_id, KNOWLEDGE_TAG, tag_ids, target)

    async def unbind(self, asker: Asker, tag_ids: Sequence[str], base_id: str) -> None:
        """Take tags from a base; those that it does not have are no error. Raises NotFound, Forbidden, InvalidParam."""
        if not tag_ids:
            raise InvalidParam("`tag_id` names no tag.", param="tag_id")
        target = await self._marked(asker, base_id)
        await self._tags.unbind(asker.workspace_id, tag_ids, target)

    async def of_base(self, asker: Asker, base_id: str) -> list[TagShown]:
        """The tags of a base. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows = (await BaseRepository(session, asker.workspace_id).tags([base.id])).get(base.id, [])
        return [TagShown(row.id, row.name, row.type) for row in rows]

    async def _marked(self, asker: Asker, base_id: str) -> str:
        """The id of a base that this one may mark. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            return (await find_base(session, asker, base_id)).id


def _counted(tag: CountedTag) -> TagCount:
    return TagCount(tag.id, tag.name, tag.type, str(tag.binding_count))
