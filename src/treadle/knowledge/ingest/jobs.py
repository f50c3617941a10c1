"""What documents wait for. A job is a row's promise: whoever is there does it, and it is done once.

Source: spec knowledge §2.
"""

from enum import StrEnum

from treadle.knowledge.tables import Document, IndexingStatus

INGEST_TOPIC = "ingest"
"""Bumped when there is something to do, so that whoever waits for work looks at once."""


class Job(StrEnum):
    """The values of `Document.job`."""

    INDEX = "index"
    """Read, cut and index; goes on where a step was left."""
    REINDEX = "reindex"
    """The same for a document that has chunks already: they go."""
    SYNC = "sync"
    """Fetch the page again, and reindex it if it changed."""
    ADD_INDEX = "add_index"
    REMOVE_INDEX = "remove_index"
    EMBED = "embed"
    """Into the generation that is being built; the document is found as before meanwhile."""
    SUMMARISE = "summarise"
    """Summaries of its chunks are made and indexed; the document is found as before meanwhile."""
    DELETE = "delete"


PAUSABLE = frozenset(
    {
        IndexingStatus.WAITING,
        IndexingStatus.PARSING,
        IndexingStatus.CLEANING,
        IndexingStatus.SPLITTING,
        IndexingStatus.INDEXING,
    }
)
"""The statuses of a document in which it can be paused."""


def shown_status(document: Document) -> str:
    """The `indexing_status` as interfaces show it: `paused` instead of the step that it is paused in, and `indexing`
    while a document that is found as ever is embedded by another model."""
    if document.is_paused and document.indexing_status in PAUSABLE:
        return "paused"
    if document.job == Job.EMBED and document.indexing_status == IndexingStatus.COMPLETED:
        return IndexingStatus.INDEXING
    return document.indexing_status
