"""The SQL of tools. Every query is scoped by workspace."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.platform.clock import now_us
from treadle.platform.refusals import Refusal

from .tables import ApiTools, ToolCredential, WorkflowTool


class ToolRepository:
    """Tools and credentials of one workspace, within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id

    async def add(self, row: ToolCredential | ApiTools | WorkflowTool, taken: Refusal) -> None:
        """Store a row. Raises `taken` where somebody was faster with the same name."""
        self._session.add(row)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise taken from error

    async def credentials(self, provider: str | None = None) -> Sequence[ToolCredential]:
        """Those of one provider or of all, oldest first."""
        query = select(ToolCredential).where(ToolCredential.workspace_id == self._workspace_id)
        if provider is not None:
            query = query.where(ToolCredential.provider == provider)
        query = query.order_by(ToolCredential.created_at, ToolCredential.id)
        return (await self._session.execute(query)).scalars().all()

    async def credential(self, credential_id: str) -> ToolCredential | None:
        query = select(ToolCredential).where(
            ToolCredential.workspace_id == self._workspace_id, ToolCredential.id == credential_id
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def make_default(self, provider: str, credential_id: str) -> None:
        """Make one credential of a provider its default, and no other."""
        await self._session.execute(
            update(ToolCredential)
            .where(ToolCredential.workspace_id == self._workspace_id, ToolCredential.provider == provider)
            .values(is_default=ToolCredential.id == credential_id, updated_at=now_us())
        )

    async def delete_credential(self, credential_id: str) -> None:
        await self._session.execute(
            delete(ToolCredential).where(
                ToolCredential.workspace_id == self._workspace_id, ToolCredential.id == credential_id
            )
        )

    async def apis(self) -> Sequence[ApiTools]:
        """All, newest first."""
        query = select(ApiTools).where(ApiTools.workspace_id == self._workspace_id)
        return (await self._session.execute(query.order_by(ApiTools.created_at.desc(), ApiTools.id))).scalars().all()

    async def api(self, *, id: str | None = None, name: str | None = None) -> ApiTools | None:
        query = select(ApiTools).where(ApiTools.workspace_id == self._workspace_id)
        query = query.where(ApiTools.id == id) if id is not None else query.where(ApiTools.name == name)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def delete_api(self, api_id: str) -> None:
        await self._session.execute(
            delete(ApiTools).where(ApiTools.workspace_id == self._workspace_id, ApiTools.id == api_id)
        )

    async def workflows(self) -> Sequence[WorkflowTool]:
        """All, newest first."""
        query = select(WorkflowTool).where(WorkflowTool.workspace_id == self._workspace_id)
        query = query.order_by(WorkflowTool.created_at.desc(), WorkflowTool.id)
        return (await self._session.execute(query)).scalars().all()

    async def workflow(
        self, *, id: str | None = None, app_id: str | None = None, name: str | None = None
    ) -> WorkflowTool | None:
        query = select(WorkflowTool).where(WorkflowTool.workspace_id == self._workspace_id)
        if id is not None:
            query = query.where(WorkflowTool.id == id)
        elif app_id is not None:
            query = query.where(WorkflowTool.app_id == app_id)
        else:
            query = query.where(WorkflowTool.name == name)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def delete_workflow(self, workflow_id: str) -> None:
        await self._session.execute(
            delete(WorkflowTool).where(WorkflowTool.workspace_id == self._workspace_id, WorkflowTool.id == workflow_id)
        )
