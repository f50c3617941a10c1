"""Which index a base has: the server's default for new ones, and for each the kind that holds its chunks."""

from treadle.platform.db import Database

from .embedded import EmbeddedIndex
from .milvus import MilvusIndex
from .pgvector import PgVectorIndex
from .port import ChunkIndex, IndexUnavailableError

KINDS = ("embedded", "pgvector", "milvus")


class ChunkIndexes:
    """The indexes of this process. `store` is the setting TREADLE_VECTOR_STORE; `memory_limit` is in bytes."""

    def __init__(self, db: Database, store: str, *, memory_limit: int) -> None:
        """Raises IndexUnavailableError for a store that there is not."""
        kind = "milvus" if store.startswith(("milvus://", "milvuss://")) else store
        if kind not in KINDS or store == "milvus":
            raise IndexUnavailableError(
                f"TREADLE_VECTOR_STORE is {store!r}: use embedded, pgvector, or milvus://HOST:PORT."
            )
        self._default = kind
        self._embedded = EmbeddedIndex(db, memory_limit=memory_limit)
        self._pgvector = PgVectorIndex(db, memory_limit=memory_limit)
        self._milvus = MilvusIndex(db, store, memory_limit=memory_limit) if kind == "milvus" else None

    @property
    def default(self) -> str:
        """The kind that new bases get."""
        return self._default

    def of(self, kind: str | None) -> ChunkIndex:
        """The index of this kind, the default one for None. Raises IndexUnavailableError."""
        match kind or self._default:
            case "embedded":
                return self._embedded
            case "pgvector":
                return self._pgvector
            case "milvus" if self._milvus is not None:
                return self._milvus
            case other:
                raise IndexUnavailableError(
                    f"The chunks of this knowledge base are in {other}: set TREADLE_VECTOR_STORE to where that is."
                )

    async def prepare(self) -> None:
        """What the default index needs before its first use. Raises IndexUnavailableError."""
        if self._default == "pgvector":
            await self._pgvector.prepare()

    async def close(self) -> None:
        """End connections."""
        if self._milvus is not None:
            await self._milvus.close()
