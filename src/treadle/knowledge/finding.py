"""From ids to rows that the asker may use: base, document, chunk, child, each level looked for in the one above."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.tables import ChildChunk, Document, KnowledgeBase, Permission, Provider, Segment
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound


async def find_base(session: AsyncSession, asker: Asker, base_id: str) -> KnowledgeBase:
    """Raises NotFound for a base that the workspace does not have, Forbidden for one that the asker may not use."""
    asker.may_work()
    repository = BaseRepository(session, asker.workspace_id)
    base = await repository.base(checked_id(base_id, "knowledge base"))
    if base is None:
        raise NotFound("There is no such knowledge base.")
    if asker.by_key and not base.enable_api:
        raise Forbidden("The API of this knowledge base is switched off.")
    members = frozenset[str]()
    if base.permission == Permission.PARTIAL and not asker.sees_all:
        members = (await repository.members([base.id])).get(base.id, members)
    if not asker.may_see(base, members):
        raise Forbidden("You do not have permission to use this knowledge base; ask whoever made it.")
    return base


async def find_own_base(session: AsyncSession, asker: Asker, base_id: str) -> KnowledgeBase:
    """A base whose documents are kept here. Raises InvalidParam for one that is elsewhere, and as `find_base`."""
    base = await find_base(session, asker, base_id)
    if base.provider == Provider.EXTERNAL:
        raise InvalidParam("This knowledge base is elsewhere: its documents cannot be changed here.")
    return base


async def find_ruled_base(session: AsyncSession, asker: Asker, base_id: str) -> KnowledgeBase:
    """A base whose documents are cut by rules. Raises InvalidParam for one that a pipeline fills, and as
    `find_own_base`."""
    base = await find_own_base(session, asker, base_id)
    if base.pipeline_id is not None:
        raise InvalidParam("This knowledge base is filled by its pipeline: run the pipeline to add or renew documents.")
    return base


async def find_document(
    session: AsyncSession, asker: Asker, base_id: str, document_id: str
) -> tuple[KnowledgeBase, Document]:
    """Raises NotFound and Forbidden."""
    base = await find_base(session, asker, base_id)
    row = await DocumentRepository(session, asker.workspace_id).document(base.id, checked_id(document_id, "document"))
    if row is None:
        raise NotFound("There is no such document in this knowledge base.")
    return base, row


async def find_segment(
    session: AsyncSession, asker: Asker, base_id: str, document_id: str, segment_id: str
) -> tuple[KnowledgeBase, Document, Segment]:
    """Raises NotFound and Forbidden."""
    base, document = await find_document(session, asker, base_id, document_id)
    row = await DocumentRepository(session, asker.workspace_id).segment(document.id, checked_id(segment_id, "chunk"))
    if row is None:
        raise NotFound("There is no such chunk in this document.")
    return base, document, row


async def find_child(
    session: AsyncSession, asker: Asker, base_id: str, document_id: str, segment_id: str, child_id: str
) -> tuple[KnowledgeBase, Document, Segment, ChildChunk]:
    """Raises NotFound and Forbidden."""
    base, document, segment = await find_segment(session, asker, base_id, document_id, segment_id)
    row = await DocumentRepository(session, asker.workspace_id).child(segment.id, checked_id(child_id, "child chunk"))
    if row is None:
        raise NotFound("There is no such child chunk.")
    return base, document, segment, row


def checked_id(value: str, what: str) -> str:
    """An id in its usual form. Raises NotFound: what is no id names nothing."""
    try:
        return str(UUID(value))
    except ValueError as error:
        raise NotFound(f"There is no such {what}.") from error
