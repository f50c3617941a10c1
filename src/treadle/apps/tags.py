"""Tags: words that the people of a workspace mark things with, one set for each kind of thing.

Whether somebody may is decided by the callers. Source: spec console §4.4, knowledge §1.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import Tag, TagBinding
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

MAX_NAME = 50
TagKind = Literal["app", "knowledge"]


@dataclass(frozen=True, slots=True)
class CountedTag:
    """A tag, and how many things have it."""

    id: str
    name: str
    type: str
    binding_count: int


class TagService:
    """The tags of all workspaces."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self, workspace_id: str, kind: TagKind, keyword: str = "") -> list[CountedTag]:
        """Newest first. `keyword`: part of the name, whatever its case."""
        query = (
            select(Tag, func.count(TagBinding.target_id))
            .outerjoin(TagBinding, TagBinding.tag_id == Tag.id)
            .where(Tag.workspace_id == workspace_id, Tag.type == kind)
            .group_by(Tag.id)
            .order_by(Tag.created_at.desc(), Tag.id)
        )
        if keyword:
            query = query.where(Tag.name.icontains(keyword, autoescape=True))
        async with self._db.session() as session:
            rows = (await session.execute(query)).all()
        return [CountedTag(tag.id, tag.name, tag.type, count) for tag, count in rows]

    async def add(self, workspace_id: str, kind: TagKind, name: str, *, account_id: str | None) -> CountedTag:
        """Raises InvalidParam for a name that is empty, too long or taken."""
        async with self._db.transaction(lock=_lock(workspace_id)) as session:
            row = Tag(
                id=new_id(),
                workspace_id=workspace_id,
                type=kind,
                name=await _free_name(session, workspace_id, kind, name),
                created_by=account_id,
                created_at=now_us(),
            )
            session.add(row)
        return CountedTag(row.id, row.name, row.type, 0)

    async def rename(self, workspace_id: str, kind: TagKind, tag_id: str, name: str) -> CountedTag:
        """Raises NotFound and InvalidParam."""
        async with self._db.transaction(lock=_lock(workspace_id)) as session:
            row = await _tag(session, workspace_id, kind, tag_id)
            if name.strip() != row.name:
                row.name = await _free_name(session, workspace_id, kind, name)
            bound = select(func.count()).select_from(TagBinding).where(TagBinding.tag_id == row.id)
            count = await session.scalar(bound)
        return CountedTag(row.id, row.name, row.type, count or 0)

    async def delete(self, workspace_id: str, kind: TagKind, tag_id: str) -> None:
        """Take the tag from everything that has it. Raises NotFound."""
        async with self._db.transaction() as session:
            row = await _tag(session, workspace_id, kind, tag_id)
            await session.execute(delete(TagBinding).where(TagBinding.tag_id == row.id))
            await session.execute(delete(Tag).where(Tag.id == row.id))

    async def bind(self, workspace_id: str, kind: TagKind, tag_ids: Sequence[str], target_id: str) -> None:
        """Mark a thing of this workspace; tags that it has already stay. Raises NotFound."""
        async with self._db.transaction(lock=_lock(workspace_id)) as session:
            for tag_id in dict.fromkeys(tag_ids):
                row = await _tag(session, workspace_id, kind, tag_id)
                binding = self._db.insert(TagBinding).values(
                    tag_id=row.id, target_id=target_id, workspace_id=workspace_id
                )
                await session.execute(binding.on_conflict_do_nothing())

    async def unbind(self, workspace_id: str, tag_ids: Sequence[str], target_id: str) -> None:
        """Take tags from a thing; those that it does not have are no error."""
        async with self._db.transaction() as session:
            await session.execute(
                delete(TagBinding).where(
                    TagBinding.workspace_id == workspace_id,
                    TagBinding.target_id == target_id,
                    TagBinding.tag_id.in_(list(tag_ids)),
                )
            )

    async def of(self, workspace_id: str, kind: TagKind, target_ids: Sequence[str]) -> dict[str, list[Tag]]:
        """The tags of several things, by name."""
        query = (
            select(TagBinding.target_id, Tag)
            .join(Tag, Tag.id == TagBinding.tag_id)
            .where(Tag.workspace_id == workspace_id, Tag.type == kind, TagBinding.target_id.in_(list(target_ids)))
            .order_by(Tag.name, Tag.id)
        )
        found: dict[str, list[Tag]] = {}
        async with self._db.session() as session:
            for target_id, tag in (await session.execute(query)).all():
                found.setdefault(target_id, []).append(tag)
        return found


def _lock(workspace_id: str) -> str:
    return f"tags of {workspace_id}"


async def _tag(session: AsyncSession, workspace_id: str, kind: TagKind, tag_id: str) -> Tag:
    query = select(Tag).where(Tag.workspace_id == workspace_id, Tag.type == kind, Tag.id == tag_id)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such tag.")
    return row


async def _free_name(session: AsyncSession, workspace_id: str, kind: TagKind, name: str) -> str:
    wanted = name.strip().replace("\x00", "")
    if not 1 <= len(wanted) <= MAX_NAME:
        raise InvalidParam(f"`name` must have 1 to {MAX_NAME} characters.", param="name")
    taken = select(Tag.id).where(Tag.workspace_id == workspace_id, Tag.type == kind, Tag.name == wanted)
    if (await session.scalars(taken)).first() is not None:
        raise InvalidParam(f"There is a tag named {wanted!r} already.", param="name")
    return wanted
