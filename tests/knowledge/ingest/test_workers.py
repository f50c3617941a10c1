"""Several processes on one database: they share the work, and one takes up what another dropped."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from tests.knowledge.ingest.rig import COMPLETED, Rig, paragraphs
from treadle.knowledge.index.port import IndexedChunk
from treadle.knowledge.ingest.ingestion import Ingestion
from treadle.knowledge.ingest.leases import DocumentLeases


async def test_two_workers_share_a_batch_of_two_hundred(here: Rig) -> None:
    base = await here.base()
    ids = await here.add(base, *(paragraphs(2, f"item {number}") for number in range(200)), queue=False)
    async with here.other() as other:
        here.here.worker.start()
        other.worker.start()
        documents = await here.idle(*ids)
    assert {document.indexing_status for document in documents} == {COMPLETED}
    texts = here.index.texts(base.id)
    assert len(texts) == 400
    assert len(set(texts)) == 400


async def test_documents_of_bases_take_turns(here: Rig) -> None:
    large, small = await here.base(), await here.base()
    many = await here.add(large, *(paragraphs(1) for _ in range(20)), queue=False)
    few = await here.add(small, *(paragraphs(1) for _ in range(2)), queue=False)
    leases = DocumentLeases(here.db, "me", seconds=60)
    first = await leases.claim(4)
    assert Counter(claim.base_id for claim in first) == {large.id: 2, small.id: 2}
    second = await leases.claim(4)
    assert {claim.document_id for claim in second} <= set(many)
    assert {claim.document_id for claim in first} >= set(few)
    await leases.close()


async def test_no_document_is_claimed_twice(here: Rig) -> None:
    base = await here.base()
    ids = await here.add(base, *(paragraphs(1) for _ in range(30)), queue=False)
    several = [DocumentLeases(here.db, f"process {number}", seconds=60) for number in range(4)]
    claims = [claim for found in await asyncio.gather(*(leases.claim(30) for leases in several)) for claim in found]
    assert sorted(claim.document_id for claim in claims) == sorted(ids)


async def test_what_a_dead_process_dropped_is_taken_up(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(400), queue=False)
    died = asyncio.Event()
    calls = 0

    async def die_at_the_second_group(chunks: Sequence[IndexedChunk]) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            died.set()
            await asyncio.Event().wait()

    here.index.before_add = die_at_the_second_group
    here.here.worker.start()
    await died.wait()
    here.index.before_add = None
    await _die(here.here)
    async with here.other() as other:
        other.worker.start()
        (document,) = await here.idle(document_id)
    segments = await here.segments(document_id)
    assert (document.indexing_status, len(segments)) == (COMPLETED, 400)
    assert here.index.nodes(base.id) == {segment.index_node_id for segment in segments}
    assert len(here.embedded()) == len(set(here.embedded())), "no vector is paid for twice"


async def _die(ingestion: Ingestion) -> None:
    """End without a word: the leases stay, as those of a killed process do."""
    worker = ingestion.worker
    worker._leases._held.clear()
    await worker.close()


async def test_a_document_over_which_processes_die_is_given_up(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(1), attempts=10)
    here.here.worker.start()
    (document,) = await here.idle(document_id)
    assert document.indexing_status == "error"
    assert document.error == "Indexing was given up: it ended 10 times without getting anywhere."
