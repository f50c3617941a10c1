"""Knowledge bases as the interfaces show them: rows with all that is counted and looked up around them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import Tag
from treadle.knowledge.embedding_models import Available
from treadle.knowledge.repository import BaseRepository, Counts
from treadle.knowledge.retrieval_settings import kept_external, kept_retrieval
from treadle.knowledge.shapes import DatasetShown, ExternalKnowledgeInfo, IconInfo, TagShown
from treadle.knowledge.tables import ExternalApi, KnowledgeBase, Permission
from treadle.knowledge.telling import field_shown, seconds

_NOTHING = Counts()


async def bases_shown(
    session: AsyncSession, workspace_id: str, rows: Sequence[KnowledgeBase], available: Available | None
) -> list[DatasetShown]:
    """`rows` in their order. Without `available` it is not said whether their models can be called."""
    repository = BaseRepository(session, workspace_id)
    ids = [row.id for row in rows]
    counts = await repository.counts(ids)
    apps = await repository.app_counts(ids)
    tags = await repository.tags(ids)
    fields = await repository.fields(ids)
    members = await repository.members(ids)
    names = await repository.names(row.created_by for row in rows)
    apis = await repository.external_apis(row.external_api_id for row in rows)
    published = await repository.published(row.pipeline_id for row in rows)
    shown: list[DatasetShown] = []
    for row in rows:
        count = counts.get(row.id, _NOTHING)
        partial = row.permission == Permission.PARTIAL
        shown.append(
            DatasetShown(
                id=row.id,
                name=row.name,
                description=row.description,
                provider=row.provider,
                permission=row.permission,
                data_source_type=row.data_source_type,
                indexing_technique=row.indexing_technique,
                app_count=apps.get(row.id, 0),
                document_count=count.documents,
                word_count=count.characters,
                created_by=row.created_by,
                author_name=names.get(row.created_by or ""),
                created_at=seconds(row.created_at),
                updated_by=row.updated_by,
                updated_at=seconds(row.updated_at),
                embedding_model=row.embedding_model,
                embedding_model_provider=row.embedding_model_provider,
                embedding_available=None if available is None else available.for_base(row),
                retrieval_model_dict=kept_retrieval(row),
                tags=_tags(tags.get(row.id, [])),
                doc_form=row.doc_form,
                external_knowledge_info=_external(row, apis),
                external_retrieval_model=kept_external(row),
                doc_metadata=[field_shown(field) for field in fields.get(row.id, [])],
                built_in_field_enabled=row.built_in_field_enabled,
                summary_index_setting=_object(row.summary_index_setting),
                chunk_structure=row.doc_form,
                pipeline_id=row.pipeline_id,
                runtime_mode="rag_pipeline" if row.pipeline_id else "general",
                is_published=row.pipeline_id is None or row.pipeline_id in published,
                icon_info=_icon(row),
                total_documents=count.documents,
                total_available_documents=count.available,
                available_document_count=count.available,
                enable_api=row.enable_api,
                keyword_number=row.keyword_number,
                index_building=_building(row),
                partial_member_list=sorted(members.get(row.id, ())) if partial else None,
            )
        )
    return shown


def _building(row: KnowledgeBase) -> bool:
    building = _object(row.index_building)
    return building is not None and building.get("phase") == "build"


def _tags(rows: Sequence[Tag]) -> list[TagShown]:
    return [TagShown(row.id, row.name, row.type) for row in rows]


def _external(row: KnowledgeBase, apis: dict[str, ExternalApi]) -> ExternalKnowledgeInfo:
    api = apis.get(row.external_api_id or "")
    return ExternalKnowledgeInfo(
        external_knowledge_id=row.external_knowledge_id,
        external_knowledge_api_id=row.external_api_id,
        external_knowledge_api_name=api.name if api else None,
        external_knowledge_api_endpoint=api.endpoint if api else None,
    )


def _icon(row: KnowledgeBase) -> IconInfo | None:
    return msgspec.json.decode(row.icon_info, type=IconInfo) if row.icon_info else None


def _object(text: str | None) -> dict[str, Any] | None:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else None
