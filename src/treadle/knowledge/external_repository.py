"""The SQL of external knowledge APIs and of data source credentials of one workspace."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.tables import CrawlJob, ExternalApi, KnowledgeBase, SourceCredential


class ExternalRepository:
    """Within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id

    def add(self, row: ExternalApi | SourceCredential | CrawlJob) -> None:
        self._session.add(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def api(self, api_id: str) -> ExternalApi | None:
        query = select(ExternalApi).where(ExternalApi.workspace_id == self._workspace_id, ExternalApi.id == api_id)
        return (await self._session.scalars(query)).one_or_none()

    async def apis(self, keyword: str = "") -> Sequence[ExternalApi]:
        """Newest first."""
        query = select(ExternalApi).where(ExternalApi.workspace_id == self._workspace_id)
        rows = (await self._session.scalars(query.order_by(ExternalApi.created_at.desc(), ExternalApi.id.desc()))).all()
        return [row for row in rows if keyword.lower() in row.name.lower()]

    async def bases_of(self, api_id: str) -> Sequence[KnowledgeBase]:
        """The bases that an API answers for."""
        query = select(KnowledgeBase).where(
            KnowledgeBase.workspace_id == self._workspace_id, KnowledgeBase.external_api_id == api_id
        )
        return (await self._session.scalars(query.order_by(KnowledgeBase.name))).all()

    async def delete_api(self, api_id: str) -> None:
        await self._session.execute(
            delete(ExternalApi).where(ExternalApi.workspace_id == self._workspace_id, ExternalApi.id == api_id)
        )

    async def credentials(self, category: str) -> Sequence[SourceCredential]:
        """Oldest first."""
        query = select(SourceCredential).where(
            SourceCredential.workspace_id == self._workspace_id, SourceCredential.category == category
        )
        return (await self._session.scalars(query.order_by(SourceCredential.created_at, SourceCredential.id))).all()

    async def credential(self, credential_id: str, category: str) -> SourceCredential | None:
        query = select(SourceCredential).where(
            SourceCredential.workspace_id == self._workspace_id,
            SourceCredential.category == category,
            SourceCredential.id == credential_id,
        )
        return (await self._session.scalars(query)).one_or_none()

    async def delete_credential(self, credential_id: str) -> None:
        await self._session.execute(
            delete(SourceCredential).where(
                SourceCredential.workspace_id == self._workspace_id, SourceCredential.id == credential_id
            )
        )
