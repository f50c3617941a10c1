"""Bases that nobody uses: their documents are switched off, and come back as they were."""

from sqlalchemy import update

from tests.knowledge.ingest.rig import Rig, paragraphs
from treadle.knowledge.documents import _apply  # pyright: ignore[reportPrivateUsage]
from treadle.knowledge.ingest.unused import Unused
from treadle.knowledge.tables import Document, KnowledgeBase, KnowledgeQuery
from treadle.platform.clock import SECOND, now_us
from treadle.platform.ids import new_id

DAY = 24 * 60 * 60 * SECOND


async def aged(here: Rig, base: KnowledgeBase, days: int) -> None:
    before = now_us() - days * DAY
    async with here.db.transaction() as session:
        for table, mine in ((KnowledgeBase, KnowledgeBase.id), (Document, Document.base_id)):
            await session.execute(update(table).where(mine == base.id).values(created_at=before, updated_at=before))


async def test_only_what_nobody_used_is_switched_off_and_comes_back(working: Rig) -> None:
    unused, asked, fresh = await working.base(), await working.base(), await working.base()
    ids = {base.id: await working.add(base, paragraphs(3)) for base in (unused, asked, fresh)}
    for documents in ids.values():
        await working.idle(*documents)
    await aged(working, unused, 31)
    await aged(working, asked, 31)
    async with working.db.transaction() as session:
        session.add(
            KnowledgeQuery(
                id=new_id(), workspace_id=asked.workspace_id, base_id=asked.id, content="When?", source="app",
                created_by_role="account", created_at=now_us() - 2 * DAY,
            )
        )  # fmt: skip
    assert await Unused(working.db).switch_off(30) == 1
    (document_id,) = ids[unused.id]
    (document,) = await working.idle(document_id)
    assert (document.enabled, document.unused_since is not None, document.disabled_by) == (False, True, None)
    assert working.index.nodes(unused.id) == set()
    assert len(working.index.nodes(asked.id)) == len(working.index.nodes(fresh.id)) == 3
    assert await Unused(working.db).switch_off(30) == 0
    async with working.db.transaction() as session:
        row = await session.get(Document, document_id)
        assert row is not None
        assert _apply(row, "enable", None, now_us())
    await working.here.service.queue([document_id])
    (document,) = await working.idle(document_id)
    assert (document.enabled, document.unused_since) == (True, None)
    assert len(working.index.nodes(unused.id)) == 3
    assert await Unused(working.db).switch_off(30) == 0  # it was used: somebody switched it on
