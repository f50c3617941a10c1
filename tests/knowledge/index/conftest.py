"""Every kind of index over real databases."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from treadle.accounts.tables import Workspace
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.port import ChunkIndex, IndexRef
from treadle.platform.db import Database

WORKSPACES = ("a" * 36, "b" * 36)


def ref(base: str = "one", *, generation: int = 0, workspace: int = 0) -> IndexRef:
    """A generation of a base whose id is made of `base`."""
    digest = hashlib.sha256(base.encode()).hexdigest()
    return IndexRef(workspace_id=WORKSPACES[workspace], base_id=digest[:36], generation=generation)


async def with_workspaces(db: Database) -> None:
    async with db.transaction() as session:
        for each in WORKSPACES:
            session.add(Workspace(id=each, name=each[:1], status="normal", created_at=1, updated_at=1))


@pytest.fixture
async def workspaces(db: Database) -> Database:
    """A database with two workspaces."""
    await with_workspaces(db)
    return db


@pytest.fixture(params=["embedded on sqlite", "embedded on postgresql", "pgvector", "milvus"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Where vectors are kept, and the URL of the records."""
    kind = request.param
    if kind in {"embedded on postgresql", "pgvector"}:
        url = request.getfixturevalue("postgres_server").create_database(migrated=True)
        return "pgvector" if kind == "pgvector" else "embedded", url
    shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "treadle.db")
    store = f"milvus://{tmp_path / 'milvus.db'}" if kind == "milvus" else "embedded"
    return store, f"sqlite:///{tmp_path / 'treadle.db'}"


@pytest.fixture
async def index(place: tuple[str, str]) -> AsyncIterator[ChunkIndex]:
    """Each kind of index, empty."""
    store, url = place
    db = Database(url)
    await with_workspaces(db)
    indexes = ChunkIndexes(db, store, memory_limit=64 << 20)
    await indexes.prepare()
    yield indexes.of(None)
    await indexes.close()
    await db.close()
