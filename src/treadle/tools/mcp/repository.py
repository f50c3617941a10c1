"""The SQL of MCP servers. Queries are scoped by workspace, but for the answer to an authorization."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.tools.tables import McpServer


class McpRepository:
    """MCP servers of one workspace, within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id

    async def all(self) -> Sequence[McpServer]:
        """Newest first."""
        query = select(McpServer).where(McpServer.workspace_id == self._workspace_id)
        return (await self._session.scalars(query.order_by(McpServer.created_at.desc(), McpServer.id))).all()

    async def one(self, **by: str) -> McpServer | None:
        """The server with these columns."""
        query = select(McpServer).where(McpServer.workspace_id == self._workspace_id).filter_by(**by)
        return (await self._session.scalars(query)).first()

    async def update(self, server_id: str, values: Mapping[str, object]) -> None:
        mine = (McpServer.workspace_id == self._workspace_id, McpServer.id == server_id)
        await self._session.execute(update(McpServer).where(*mine).values(dict(values)))

    async def delete(self, server_id: str) -> None:
        mine = (McpServer.workspace_id == self._workspace_id, McpServer.id == server_id)
        await self._session.execute(delete(McpServer).where(*mine))

    def add(self, row: McpServer) -> None:
        self._session.add(row)


async def note_code(session: AsyncSession, *, state: str, code: str) -> bool:
    """Keep what an authorization server sent a browser back with; whether somebody waits for it."""
    waiting = select(McpServer.id).where(McpServer.oauth_state == state, McpServer.oauth_code == "")
    found = (await session.scalars(waiting)).first()
    if found is None:
        return False
    await session.execute(update(McpServer).where(McpServer.id == found).values(oauth_code=code))
    return True
