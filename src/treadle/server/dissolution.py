"""The end of a workspace: everything that runs or answers in its name goes, then the people."""

from treadle.accounts.keys import KEYS_TOPIC
from treadle.accounts.repository import AccountRepository
from treadle.accounts.tables import Role
from treadle.apps.service import AppService
from treadle.knowledge.access import Asker
from treadle.knowledge.repository import BaseFilter
from treadle.knowledge.service import KnowledgeService
from treadle.platform.changes import bump
from treadle.platform.db import Database


async def dissolve(db: Database, apps: AppService, knowledge: KnowledgeService, workspace_id: str) -> None:
    """Delete the apps and knowledge bases of a workspace, end its memberships, keys and invitations, and archive it.

    Killed half-way, it may be called again.
    """
    for entry in await apps.list_apps(workspace_id):
        await apps.delete(workspace_id, entry.app.id)
    everything = Asker(workspace_id=workspace_id, account_id=None, role=Role.OWNER, by_key=True)
    while (page := await knowledge.bases.list_bases(everything, BaseFilter(), limit=100)).data:
        for base in page.data:
            await knowledge.bases.delete(everything, base.id)
    async with db.transaction(lock=f"members {workspace_id}") as session:
        await AccountRepository(session).dissolve(workspace_id)
        await bump(session, KEYS_TOPIC)
