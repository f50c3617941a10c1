"""All tables of the program, and the revision that is missing for them.

`python -m tests.platform.schema "add invoices" 0002` writes the next revision file into the migrations.
"""

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Connection, MetaData

import treadle
from treadle.platform import migrations
from treadle.platform.db import Base, Database


def all_tables() -> MetaData:
    """The metadata once every `tables` module has been imported."""
    root = Path(treadle.__file__).parent
    for path in sorted(root.rglob("tables.py")):
        importlib.import_module(".".join(("treadle", *path.relative_to(root).with_suffix("").parts)))
    importlib.import_module("treadle.platform.changes")
    return Base.metadata


def draft_revision(connection: Connection, message: str, revision: str) -> None:
    """Write the revision that brings the schema of `connection` to the tables."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=all_tables())
    command.revision(config, message, autogenerate=True, rev_id=revision)


async def main(message: str, revision: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/draft.db")
        if migrations.HEAD:
            await db.migrate()
        async with db.begin() as connection:
            await connection.run_sync(draft_revision, message, revision)
        await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
