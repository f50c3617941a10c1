"""The SQL of knowledge bases: their rows, members, rules, tags and queries. Everything is scoped by workspace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account, Member, Role
from treadle.apps.tables import App, Tag, TagBinding
from treadle.knowledge.access import Asker
from treadle.knowledge.tables import (
    AppKnowledge,
    BaseMember,
    Document,
    ExternalApi,
    IndexingStatus,
    KnowledgeBase,
    KnowledgeQuery,
    MetadataField,
    Permission,
    ProcessRule,
)

KNOWLEDGE_TAG = "knowledge"


@dataclass(frozen=True, slots=True)
class Counts:
    """The documents of a base in numbers."""

    documents: int = 0
    available: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class BaseFilter:
    """Which bases a list shows."""

    keyword: str = ""
    tag_ids: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    everything: bool = False


def like(text: str) -> str:
    """A pattern that finds `text` anywhere, its wildcards taken as letters; use with `escape="\\\\"`."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


class BaseRepository:
    """The bases of one workspace, within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id

    def add(self, row: KnowledgeBase | BaseMember | ProcessRule | KnowledgeQuery) -> None:
        self._session.add(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def base(self, base_id: str) -> KnowledgeBase | None:
        query = select(KnowledgeBase).where(self._mine(), KnowledgeBase.id == base_id)
        return (await self._session.scalars(query)).one_or_none()

    async def named(self, name: str) -> KnowledgeBase | None:
        query = select(KnowledgeBase).where(self._mine(), KnowledgeBase.name == name)
        return (await self._session.scalars(query)).one_or_none()

    async def free_name(self, wanted: str) -> str:
        """`wanted`, or with a number behind it where a base has that name."""
        candidate, number = wanted, 1
        while await self.named(candidate) is not None:
            number += 1
            candidate = f"{wanted} ({number})"
        return candidate

    async def page(
        self, asker: Asker, wanted: BaseFilter, *, offset: int, limit: int
    ) -> tuple[Sequence[KnowledgeBase], int]:
        """Those that the asker sees, newest first, and how many there are."""
        rules = [self._mine(), self._seen_by(asker, everything=wanted.everything)]
        if wanted.keyword:
            rules.append(KnowledgeBase.name.ilike(like(wanted.keyword), escape="\\"))
        if wanted.ids:
            rules.append(KnowledgeBase.id.in_(wanted.ids))
        if wanted.tag_ids:
            bound = select(TagBinding.target_id).where(
                TagBinding.workspace_id == self._workspace_id, TagBinding.tag_id.in_(wanted.tag_ids)
            )
            rules.append(KnowledgeBase.id.in_(bound))
        total = await self._session.scalar(select(func.count()).select_from(KnowledgeBase).where(*rules))
        query = select(KnowledgeBase).where(*rules)
        query = query.order_by(KnowledgeBase.created_at.desc(), KnowledgeBase.id.desc())
        return (await self._session.scalars(query.offset(offset).limit(limit))).all(), total or 0

    async def unmark(self, base_id: str) -> None:
        """Take the tags from a base."""
        await self._session.execute(
            delete(TagBinding).where(TagBinding.workspace_id == self._workspace_id, TagBinding.target_id == base_id)
        )

    async def members(self, base_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """The accounts that each base lists."""
        query = select(BaseMember.base_id, BaseMember.account_id).where(
            BaseMember.workspace_id == self._workspace_id, BaseMember.base_id.in_(list(base_ids))
        )
        found: dict[str, set[str]] = {}
        for base_id, account_id in (await self._session.execute(query)).all():
            found.setdefault(base_id, set()).add(account_id)
        return {base_id: frozenset(accounts) for base_id, accounts in found.items()}

    async def set_members(self, base_id: str, account_ids: Iterable[str]) -> None:
        """Replace the accounts that a base lists."""
        await self._session.execute(
            delete(BaseMember).where(BaseMember.workspace_id == self._workspace_id, BaseMember.base_id == base_id)
        )
        for account_id in dict.fromkeys(account_ids):
            self.add(BaseMember(base_id=base_id, account_id=account_id, workspace_id=self._workspace_id))

    async def workspace_members(self, account_ids: Iterable[str]) -> frozenset[str]:
        """Those of `account_ids` that belong to the workspace."""
        query = select(Member.account_id).where(
            Member.workspace_id == self._workspace_id, Member.account_id.in_(list(account_ids))
        )
        return frozenset((await self._session.scalars(query)).all())

    async def owner(self) -> str | None:
        """The account that owns the workspace."""
        query = select(Member.account_id).where(Member.workspace_id == self._workspace_id, Member.role == Role.OWNER)
        return (await self._session.scalars(query)).first()

    async def names(self, account_ids: Iterable[str | None]) -> dict[str, str]:
        """Names of accounts by id."""
        wanted = {each for each in account_ids if each}
        if not wanted:
            return {}
        rows = await self._session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
        return {row[0]: row[1] for row in rows.all()}

    async def counts(self, base_ids: Iterable[str]) -> dict[str, Counts]:
        """Documents of each base: all, those that can be found, and their characters."""
        available = and_(
            Document.indexing_status == IndexingStatus.COMPLETED,
            Document.enabled.is_(True),
            Document.archived.is_(False),
        )
        query = (
            select(
                Document.base_id,
                func.count(),
                func.count().filter(available),
                func.coalesce(func.sum(Document.word_count), 0),
            )
            .where(Document.workspace_id == self._workspace_id, Document.base_id.in_(list(base_ids)))
            .group_by(Document.base_id)
        )
        return {row[0]: Counts(row[1], row[2], int(row[3])) for row in (await self._session.execute(query)).all()}

    async def app_counts(self, base_ids: Iterable[str]) -> dict[str, int]:
        """How many apps use each base."""
        query = (
            select(AppKnowledge.base_id, func.count(func.distinct(AppKnowledge.app_id)))
            .where(AppKnowledge.workspace_id == self._workspace_id, AppKnowledge.base_id.in_(list(base_ids)))
            .group_by(AppKnowledge.base_id)
        )
        return {row[0]: row[1] for row in (await self._session.execute(query)).all()}

    async def apps_using(self, base_id: str) -> Sequence[App]:
        query = (
            select(App)
            .join(AppKnowledge, AppKnowledge.app_id == App.id)
            .where(App.workspace_id == self._workspace_id, AppKnowledge.base_id == base_id)
            .order_by(App.updated_at.desc(), App.id)
        )
        return (await self._session.scalars(query)).all()

    async def tags(self, base_ids: Iterable[str]) -> dict[str, list[Tag]]:
        """The tags of each base by name."""
        query = (
            select(TagBinding.target_id, Tag)
            .join(Tag, Tag.id == TagBinding.tag_id)
            .where(
                Tag.workspace_id == self._workspace_id,
                Tag.type == KNOWLEDGE_TAG,
                TagBinding.target_id.in_(list(base_ids)),
            )
            .order_by(Tag.name)
        )
        found: dict[str, list[Tag]] = {}
        for base_id, tag in (await self._session.execute(query)).all():
            found.setdefault(base_id, []).append(tag)
        return found

    async def fields(self, base_ids: Iterable[str]) -> dict[str, list[MetadataField]]:
        """The metadata fields of each base, oldest first."""
        query = (
            select(MetadataField)
            .where(MetadataField.workspace_id == self._workspace_id, MetadataField.base_id.in_(list(base_ids)))
            .order_by(MetadataField.created_at, MetadataField.id)
        )
        found: dict[str, list[MetadataField]] = {}
        for row in (await self._session.scalars(query)).all():
            found.setdefault(row.base_id, []).append(row)
        return found

    async def published(self, pipeline_ids: Iterable[str | None]) -> set[str]:
        """Those pipelines that can run."""
        wanted = [each for each in pipeline_ids if each]
        if not wanted:
            return set()
        query = select(App.id).where(App.id.in_(wanted), App.published_version_id.is_not(None))
        return set(await self._session.scalars(query))

    async def external_apis(self, ids: Iterable[str | None]) -> dict[str, ExternalApi]:
        wanted = {each for each in ids if each}
        if not wanted:
            return {}
        query = select(ExternalApi).where(ExternalApi.workspace_id == self._workspace_id, ExternalApi.id.in_(wanted))
        return {row.id: row for row in (await self._session.scalars(query)).all()}

    async def newest_rule(self, base_id: str) -> ProcessRule | None:
        query = (
            select(ProcessRule)
            .where(ProcessRule.workspace_id == self._workspace_id, ProcessRule.base_id == base_id)
            .order_by(ProcessRule.created_at.desc(), ProcessRule.id.desc())
        )
        return (await self._session.scalars(query.limit(1))).first()

    async def rule(self, rule_id: str | None) -> ProcessRule | None:
        if rule_id is None:
            return None
        query = select(ProcessRule).where(ProcessRule.workspace_id == self._workspace_id, ProcessRule.id == rule_id)
        return (await self._session.scalars(query)).one_or_none()

    async def queries(self, base_id: str, *, offset: int, limit: int) -> tuple[Sequence[KnowledgeQuery], int]:
        """What a base was asked, newest first, and how often."""
        rules = (KnowledgeQuery.workspace_id == self._workspace_id, KnowledgeQuery.base_id == base_id)
        total = await self._session.scalar(select(func.count()).select_from(KnowledgeQuery).where(*rules))
        query = select(KnowledgeQuery).where(*rules)
        query = query.order_by(KnowledgeQuery.created_at.desc(), KnowledgeQuery.id.desc())
        return (await self._session.scalars(query.offset(offset).limit(limit))).all(), total or 0

    def _mine(self) -> ColumnElement[bool]:
        """Bases of the workspace that nobody has deleted: a worker is still clearing up behind those."""
        kept = or_(KnowledgeBase.index_building.is_(None), KnowledgeBase.index_building.not_like('{"phase":"delete"%'))
        return and_(KnowledgeBase.workspace_id == self._workspace_id, kept)

    def _seen_by(self, asker: Asker, *, everything: bool) -> ColumnElement[bool]:
        if asker.base_id is not None:
            return KnowledgeBase.id == asker.base_id
        if asker.by_key or (everything and asker.sees_all):
            return true()
        listed = exists().where(BaseMember.base_id == KnowledgeBase.id, BaseMember.account_id == asker.account_id)
        partly = and_(KnowledgeBase.permission == Permission.PARTIAL, listed)
        if asker.role is Role.DATASET_OPERATOR:
            return partly
        mine = KnowledgeBase.created_by == asker.account_id
        return or_(
            KnowledgeBase.permission == Permission.ALL_TEAM,
            and_(KnowledgeBase.permission.in_((Permission.ONLY_ME, Permission.PARTIAL)), mine),
            partly,
        )
