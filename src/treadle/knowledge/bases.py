"""Knowledge bases: made, changed, listed, deleted. Source: spec knowledge §3.1, §9.3, §18."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Role
from treadle.apps.repository import AppRepository
from treadle.engine.ports import ModelRef
from treadle.knowledge.access import Asker
from treadle.knowledge.base_telling import bases_shown
from treadle.knowledge.embedding_models import EmbeddingModel, EmbeddingModels
from treadle.knowledge.external_repository import ExternalRepository
from treadle.knowledge.finding import find_base
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.repository import BaseFilter, BaseRepository
from treadle.knowledge.requests import DatasetChange, JsonMap, NewDataset
from treadle.knowledge.retrieval_settings import converted, dumped, external_retrieval_from, retrieval_model_from
from treadle.knowledge.shapes import DatasetShown, IconInfo, Page, QueryShown, RelatedApp
from treadle.knowledge.summary_settings import set_summaries
from treadle.knowledge.tables import DocForm, KnowledgeBase, Permission, Provider, Technique
from treadle.knowledge.telling import query_shown
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, Forbidden, InvalidParam, Refusal

MAX_NAME = 40
MAX_EXTERNAL_NAME = 100
MAX_DESCRIPTION = 400
MAX_KEYWORDS = 50
MAX_LIMIT = 100
AlsoMade: TypeAlias = Callable[[AsyncSession, KnowledgeBase], Awaitable[None]]
_IN_FORM = "is not valid: give one of"


class Bases:
    """The knowledge bases of all workspaces; every call says who asks."""

    def __init__(self, db: Database, models: EmbeddingModels, ingest: IngestService) -> None:
        self._db = db
        self._models = models
        self._ingest = ingest

    async def create(self, asker: Asker, wanted: NewDataset, *, with_it: AlsoMade | None = None) -> DatasetShown:
        """A new, empty base, and in the same transaction what `with_it` makes for it.

        Raises Forbidden, InvalidParam, Conflict (`dataset_name_duplicate`) and Refusal.
        """
        asker.may_edit()
        if asker.base_id is not None:
            raise Forbidden("This key opens one knowledge base; it cannot make another.")
        external = (wanted.provider or Provider.VENDOR) == Provider.EXTERNAL
        name = checked_name(wanted.name, MAX_EXTERNAL_NAME if external else MAX_NAME)
        base = await self._new_row(asker, wanted, name, external=external)
        async with self._db.transaction(lock=f"knowledge of {asker.workspace_id}") as session:
            repository = BaseRepository(session, asker.workspace_id)
            await _refuse_taken_name(repository, name)
            if external:
                await _set_external(
                    session, asker, base, wanted.external_knowledge_api_id, wanted.external_knowledge_id
                )
            repository.add(base)
            await repository.flush()
            if base.permission == Permission.PARTIAL:
                listed = await _listed_members(repository, wanted.partial_member_list or [])
                await repository.set_members(base.id, list(dict.fromkeys([*filter(None, [asker.account_id]), *listed])))
            if with_it is not None:
                await with_it(session, base)
            await session.flush()
            (shown,) = await bases_shown(session, asker.workspace_id, [base], None)
        return shown

    async def list_bases(
        self, asker: Asker, wanted: BaseFilter, *, page: int = 1, limit: int = 20
    ) -> Page[DatasetShown]:
        """Those that the asker sees, newest first; a page has at most 100."""
        asker.may_work()
        size = min(limit, MAX_LIMIT)
        available = await self._models.available(asker.workspace_id)
        async with self._db.session() as session:
            repository = BaseRepository(session, asker.workspace_id)
            rows, total = await repository.page(asker, wanted, offset=(page - 1) * size, limit=size)
            shown = await bases_shown(session, asker.workspace_id, rows, available)
        return Page(data=shown, has_more=page * size < total, limit=limit, total=total, page=page)

    async def read(self, asker: Asker, base_id: str) -> DatasetShown:
        """Raises NotFound and Forbidden."""
        available = await self._models.available(asker.workspace_id)
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            (shown,) = await bases_shown(session, asker.workspace_id, [base], available)
        return shown

    async def named(self, asker: Asker, name_or_id: str) -> DatasetShown | None:
        """The base of this name or id, None when the workspace has none."""
        async with self._db.session() as session:
            repository = BaseRepository(session, asker.workspace_id)
            base = await repository.named(name_or_id) or await repository.base(name_or_id)
        return None if base is None else await self.read(asker, base.id)

    async def change(self, asker: Asker, base_id: str, change: DatasetChange) -> DatasetShown:
        """What is left out stays; another technique or embedding model is indexed in the background.

        Raises NotFound, Forbidden, InvalidParam, Conflict and Refusal.
        """
        async with self._db.transaction(lock=f"knowledge of {asker.workspace_id}") as session:
            repository = BaseRepository(session, asker.workspace_id)
            base = await find_base(session, asker, base_id)
            external = base.provider == Provider.EXTERNAL
            if change.name is not None:
                name = checked_name(change.name, MAX_EXTERNAL_NAME if external else MAX_NAME)
                if name != base.name:
                    await _refuse_taken_name(repository, name)
                base.name = name
            if change.description is not None:
                base.description = checked_description(change.description)
            await _change_permission(repository, asker, base, change)
            _change_looks(base, change)
            if external:
                await self._change_external(session, asker, base, change)
            else:
                _refuse_external_ids(change)
                await self._change_index(session, asker, base, change)
            base.updated_by, base.updated_at = asker.account_id, now_us()
            await session.flush()
        available = await self._models.available(asker.workspace_id)
        async with self._db.session() as session:
            current = await BaseRepository(session, asker.workspace_id).base(base.id)
            (shown,) = await bases_shown(session, asker.workspace_id, [current or base], available)
        return shown

    async def delete(self, asker: Asker, base_id: str) -> None:
        """Raises NotFound and Forbidden."""
        asker.may_edit()
        async with self._db.transaction(lock=f"knowledge of {asker.workspace_id}") as session:
            base = await find_base(session, asker, base_id)
            await BaseRepository(session, asker.workspace_id).unmark(base.id)
            if base.pipeline_id is not None:
                await AppRepository(session).delete(base.pipeline_id)
                base.pipeline_id = None
            base.name = base.id  # so that the name is free at once
        await self._ingest.forget_base(base)

    async def is_used(self, asker: Asker, base_id: str) -> bool:
        """Whether an app uses the base. Raises NotFound and Forbidden."""
        return bool(await self.related_apps(asker, base_id))

    async def related_apps(self, asker: Asker, base_id: str) -> list[RelatedApp]:
        """The apps that use a base. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            apps = await BaseRepository(session, asker.workspace_id).apps_using(base.id)
        return [
            RelatedApp(
                id=app.id,
                name=app.name,
                description=app.description,
                mode=app.mode,
                icon_type=app.icon_type,
                icon=app.icon,
                icon_background=app.icon_background,
            )
            for app in apps
        ]

    async def members(self, asker: Asker, base_id: str) -> list[str]:
        """The accounts that a base is shared with. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            return sorted((await BaseRepository(session, asker.workspace_id).members([base.id])).get(base.id, ()))

    async def queries(self, asker: Asker, base_id: str, *, page: int, limit: int) -> Page[QueryShown]:
        """What a base was asked, newest first. Raises NotFound and Forbidden."""
        size = min(limit, MAX_LIMIT)
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows, total = await BaseRepository(session, asker.workspace_id).queries(
                base.id, offset=(page - 1) * size, limit=size
            )
        shown = [query_shown(row) for row in rows]
        return Page(data=shown, has_more=page * size < total, limit=limit, total=total, page=page)

    async def _new_row(self, asker: Asker, wanted: NewDataset, name: str, *, external: bool) -> KnowledgeBase:
        if wanted.provider is not None:
            one_of(wanted.provider, Provider, "provider")
        now = now_us()
        base = KnowledgeBase(
            id=new_id(),
            workspace_id=asker.workspace_id,
            name=name,
            description=checked_description(wanted.description or ""),
            provider=Provider.EXTERNAL if external else Provider.VENDOR,
            permission=one_of(wanted.permission or Permission.ONLY_ME, Permission, "permission"),
            icon_info=icon_text(wanted.icon_info),
            index_generation=0,
            keyword_number=10,
            built_in_field_enabled=False,
            enable_api=True,
            created_by=asker.account_id,
            updated_by=asker.account_id,
            created_at=now,
            updated_at=now,
        )
        if external:
            settings = external_retrieval_from(wanted.external_retrieval_model)
            base.external_retrieval_model = dumped(settings) if settings else None
            return base
        if wanted.indexing_technique:
            base.indexing_technique = one_of(wanted.indexing_technique, Technique, "indexing_technique")
        if base.indexing_technique == Technique.HIGH_QUALITY:
            model = await self._models.choose(
                asker.workspace_id, wanted.embedding_model_provider, wanted.embedding_model
            )
            base.embedding_model_provider, base.embedding_model = model.provider, model.name
        retrieval = retrieval_model_from(wanted.retrieval_model)
        if retrieval is not None:
            base.retrieval_model = dumped(retrieval, base)
        set_summaries(base, wanted.summary_index_setting)
        return base

    async def _change_index(
        self, session: AsyncSession, asker: Asker, base: KnowledgeBase, change: DatasetChange
    ) -> None:
        """Technique, model and settings. What is indexed already goes on answering until all is indexed anew."""
        technique = base.indexing_technique
        if change.indexing_technique:
            technique = one_of(change.indexing_technique, Technique, "indexing_technique")
        if technique == Technique.ECONOMY and base.doc_form in (DocForm.HIERARCHICAL, DocForm.QA):
            raise Refusal(
                "Parent-child and question-answer chunks need a high-quality knowledge base.",
                code="high_quality_dataset_only",
                param="indexing_technique",
            )
        model = None
        if technique == Technique.HIGH_QUALITY:
            model = await self._chosen_model(asker, base, change)
        if change.keyword_number is not None:
            if not 1 <= change.keyword_number <= MAX_KEYWORDS:
                raise InvalidParam(f"`keyword_number` must be from 1 to {MAX_KEYWORDS}.", param="keyword_number")
            base.keyword_number = change.keyword_number
        set_summaries(base, change.summary_index_setting)
        retrieval = retrieval_model_from(change.retrieval_model)
        if retrieval is not None:
            base.retrieval_model = dumped(retrieval, base)
        if technique is not None and (change.indexing_technique or change.embedding_model):
            await session.flush()
            ref = None if model is None else ModelRef(model.provider, model.name)
            await self._ingest.switch_index(session, base, Technique(technique), ref)

    async def _chosen_model(self, asker: Asker, base: KnowledgeBase, change: DatasetChange) -> EmbeddingModel:
        provider, name = change.embedding_model_provider or None, change.embedding_model or None
        if name is None and base.embedding_model and base.indexing_technique == Technique.HIGH_QUALITY:
            return EmbeddingModel(base.embedding_model_provider or "", base.embedding_model)
        if (provider, name) == (base.embedding_model_provider, base.embedding_model) and provider and name:
            return EmbeddingModel(provider, name)
        return await self._models.choose(asker.workspace_id, provider, name)

    async def _change_external(
        self, session: AsyncSession, asker: Asker, base: KnowledgeBase, change: DatasetChange
    ) -> None:
        await _set_external(session, asker, base, change.external_knowledge_api_id, change.external_knowledge_id)
        settings = external_retrieval_from(change.external_retrieval_model)
        if settings is not None:
            base.external_retrieval_model = dumped(settings)


async def _change_permission(
    repository: BaseRepository, asker: Asker, base: KnowledgeBase, change: DatasetChange
) -> None:
    """Raises Forbidden and InvalidParam. Source: spec knowledge §18."""
    listed = None if change.partial_member_list is None else _member_ids(change.partial_member_list)
    permission = base.permission
    if change.permission is not None:
        permission = one_of(change.permission, Permission, "permission")
    if asker.role is Role.DATASET_OPERATOR:
        if permission != base.permission:
            raise Forbidden("Your role in this workspace cannot change who may use a knowledge base.")
        if listed is not None or change.permission is not None:
            members = (await repository.members([base.id])).get(base.id, frozenset())
            if listed is None or frozenset(listed) != members:
                raise InvalidParam(
                    "Send back the members that the knowledge base is shared with; your role cannot change them.",
                    param="partial_member_list",
                )
        return
    if permission == Permission.PARTIAL:
        if listed is not None:
            await repository.set_members(base.id, await _listed_members(repository, change.partial_member_list or []))
        elif base.permission != Permission.PARTIAL:
            await repository.set_members(base.id, [asker.account_id] if asker.account_id else [])
    elif permission != base.permission:
        await repository.set_members(base.id, [])
    base.permission = permission


async def _listed_members(repository: BaseRepository, given: Sequence[JsonMap]) -> list[str]:
    """Raises InvalidParam for somebody who is no member of the workspace."""
    listed = _member_ids(given)
    known = await repository.workspace_members(listed)
    for account_id in listed:
        if account_id not in known:
            raise InvalidParam(f"{account_id} is no member of this workspace.", param="partial_member_list")
    return listed


def _member_ids(given: Sequence[JsonMap]) -> list[str]:
    ids: list[str] = []
    for entry in given:
        account_id = entry.get("user_id")
        if not isinstance(account_id, str):
            raise InvalidParam("`partial_member_list` must be a list of {user_id}.", param="partial_member_list")
        ids.append(account_id)
    return list(dict.fromkeys(ids))


def _change_looks(base: KnowledgeBase, change: DatasetChange) -> None:
    if change.icon_info is not None:
        base.icon_info = icon_text(change.icon_info)
    if change.enable_api is not None:
        base.enable_api = change.enable_api


async def _set_external(
    session: AsyncSession, asker: Asker, base: KnowledgeBase, api_id: str | None, knowledge_id: str | None
) -> None:
    """Raises InvalidParam when one of both ids is missing or the API is unknown."""
    if not api_id or not knowledge_id:
        missing = "external_knowledge_api_id" if not api_id else "external_knowledge_id"
        raise InvalidParam(f"`{missing}` is required for a knowledge base that is elsewhere.", param=missing)
    if len(knowledge_id) > 512:
        raise InvalidParam("`external_knowledge_id` is longer than 512 characters.", param="external_knowledge_id")
    known = await ExternalRepository(session, asker.workspace_id).api(api_id)
    if known is None:
        raise InvalidParam(
            "`external_knowledge_api_id` names no external knowledge API of this workspace.",
            param="external_knowledge_api_id",
        )
    base.external_api_id, base.external_knowledge_id = known.id, knowledge_id


def _refuse_external_ids(change: DatasetChange) -> None:
    for name in ("external_knowledge_api_id", "external_knowledge_id"):
        if getattr(change, name):
            raise InvalidParam(f"`{name}` belongs to knowledge bases that are elsewhere.", param=name)


async def _refuse_taken_name(repository: BaseRepository, name: str) -> None:
    if await repository.named(name) is not None:
        raise Conflict(
            f"There is a knowledge base named {name!r} already; choose another name.",
            code="dataset_name_duplicate",
            param="name",
        )


def checked_name(given: str, longest: int, param: str = "name") -> str:
    """A name without white space around it. Raises InvalidParam."""
    name = given.strip().replace("\x00", "")
    if not 1 <= len(name) <= longest:
        raise InvalidParam(f"`{param}` must have 1 to {longest} characters.", param=param)
    return name


def checked_description(given: str) -> str:
    """Raises InvalidParam."""
    if len(given) > MAX_DESCRIPTION:
        raise InvalidParam(f"`description` is longer than {MAX_DESCRIPTION} characters.", param="description")
    return given.replace("\x00", "")


def one_of(value: str, kind: type[Provider] | type[Permission] | type[Technique], param: str) -> str:
    """`value`, when it is one of `kind`. Raises InvalidParam."""
    try:
        return kind(value).value
    except ValueError:
        names = ", ".join(each.value for each in kind)
        raise InvalidParam(f"`{param}` {_IN_FORM} {names}.", param=param) from None


def icon_text(given: JsonMap | None) -> str | None:
    """An icon as it is kept. Raises InvalidParam."""
    if given is None:
        return None
    return msgspec.json.encode(converted(given, IconInfo, "icon_info")).decode()
