"""Tags of knowledge bases. Source: spec knowledge §1.6, service-api §5.12."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import Tag, TagBinding
from treadle.knowledge.access import EDITORS, Asker
from treadle.knowledge.finding import find_base
from treadle.knowledge.repository import KNOWLEDGE_TAG, BaseRepository, like
from treadle.knowledge.shapes import TagShown
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound

MAX_NAME = 50


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

    async def all(self, asker: Asker, keyword: str = "") -> list[TagCount]:
        """Newest first."""
        asker.may_work()
        query = (
            select(Tag, func.count(TagBinding.target_id))
            .outerjoin(TagBinding, TagBinding.tag_id == Tag.id)
            .where(Tag.workspace_id == asker.workspace_id, Tag.type == KNOWLEDGE_TAG)
            .group_by(Tag.id)
            .order_by(Tag.created_at.desc(), Tag.id)
        )
        if keyword:
            query = query.where(Tag.name.ilike(like(keyword), escape="\\"))
        async with self._db.session() as session:
            rows = (await session.execute(query)).all()
        return [TagCount(tag.id, tag.name, tag.type, str(count)) for tag, count in rows]

    async def add(self, asker: Asker, name: str) -> TagCount:
        """Raises Forbidden and InvalidParam."""
        asker.may_work()
        async with self._db.transaction(lock=f"tags of {asker.workspace_id}") as session:
            row = Tag(
                id=new_id(),
                workspace_id=asker.workspace_id,
                type=KNOWLEDGE_TAG,
                name=await _free_name(session, asker, name),
                created_by=asker.account_id,
                created_at=now_us(),
            )
            session.add(row)
        return TagCount(row.id, row.name, row.type, "0")

    async def rename(self, asker: Asker, tag_id: str, name: str) -> TagCount:
        """Raises NotFound, Forbidden and InvalidParam."""
        asker.may_work()
        async with self._db.transaction(lock=f"tags of {asker.workspace_id}") as session:
            row = await _tag(session, asker, tag_id)
            if name.strip() != row.name:
                row.name = await _free_name(session, asker, name)
            count = await session.scalar(
                select(func.count()).select_from(TagBinding).where(TagBinding.tag_id == row.id)
            )
        return TagCount(row.id, row.name, row.type, str(count or 0))

    async def delete(self, asker: Asker, tag_id: str) -> None:
        """Raises NotFound and Forbidden."""
        if asker.role not in EDITORS:
            raise Forbidden("Your role in this workspace cannot delete tags.")
        async with self._db.transaction() as session:
            row = await _tag(session, asker, tag_id)
            await session.execute(delete(TagBinding).where(TagBinding.tag_id == row.id))
            await session.execute(delete(Tag).where(Tag.id == row.id))

    async def bind(self, asker: Asker, tag_ids: Sequence[str], base_id: str) -> None:
        """Mark a base; tags that it has already stay. Raises NotFound, Forbidden and InvalidParam."""
        if not tag_ids:
            raise InvalidParam("`tag_ids` must name at least one tag.", param="tag_ids")
        async with self._db.transaction(lock=f"tags of {asker.workspace_id}") as session:
            base = await find_base(session, asker, base_id)
            for tag_id in dict.fromkeys(tag_ids):
                row = await _tag(session, asker, tag_id)
                binding = self._db.insert(TagBinding).values(
                    tag_id=row.id, target_id=base.id, workspace_id=asker.workspace_id
                )
                await session.execute(binding.on_conflict_do_nothing())

    async def unbind(self, asker: Asker, tag_ids: Sequence[str], base_id: str) -> None:
        """Take tags from a base; those that it does not have are no error. Raises NotFound and Forbidden."""
        if not tag_ids:
            raise InvalidParam("`tag_id` names no tag.", param="tag_id")
        async with self._db.transaction() as session:
            base = await find_base(session, asker, base_id)
            await session.execute(
                delete(TagBinding).where(
                    and_(
                        TagBinding.workspace_id == asker.workspace_id,
                        TagBinding.target_id == base.id,
                        TagBinding.tag_id.in_(list(tag_ids)),
                    )
                )
            )

    async def of_base(self, asker: Asker, base_id: str) -> list[TagShown]:
        """The tags of a base. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows = (await BaseRepository(session, asker.workspace_id).tags([base.id])).get(base.id, [])
        return [TagShown(row.id, row.name, row.type) for row in rows]


async def _tag(session: AsyncSession, asker: Asker, tag_id: str) -> Tag:
    query = select(Tag).where(Tag.workspace_id == asker.workspace_id, Tag.type == KNOWLEDGE_TAG, Tag.id == tag_id)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such tag.")
    return row


async def _free_name(session: AsyncSession, asker: Asker, name: str) -> str:
    wanted = name.strip().replace("\x00", "")
    if not 1 <= len(wanted) <= MAX_NAME:
        raise InvalidParam(f"`name` must have 1 to {MAX_NAME} characters.", param="name")
    taken = select(Tag.id).where(Tag.workspace_id == asker.workspace_id, Tag.type == KNOWLEDGE_TAG, Tag.name == wanted)
    if (await session.scalars(taken)).first() is not None:
        raise InvalidParam(f"There is a tag named {wanted!r} already.", param="name")
    return wanted
