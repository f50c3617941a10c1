"""The files that a run may ask for by their ids."""

from pathlib import Path

import pytest

from tests.knowledge.ingest.rig import rig
from treadle.apps.uploads import FileOrigin
from treadle.engine.errors import FileFetchError
from treadle.platform.db import Database
from treadle.platform.ids import new_id


async def test_a_run_finds_what_was_uploaded_to_its_workspace_alone(db: Database, tmp_path: Path) -> None:
    async with rig(db, tmp_path) as here:
        mine = FileOrigin(here.workspace_id, "", "account", "a", None)
        elsewhere = FileOrigin(new_id(), "", "account", "a", None)
        sent = await here.uploads.upload(mine, name="a.txt", declared_type="text/plain", data=b"text")
        made = await here.uploads.make(mine, name="b.txt", mime_type="text/plain", data=b"text")
        found = await here.uploads.for_run(mine).uploaded(sent.id)
        assert (found.filename, found.size, found.related_id) == ("a.txt", 4, sent.id)
        assert await here.uploads.for_run(mine).read(found) == b"text"
        for files, file_id in ((mine, made.id), (mine, "zz"), (elsewhere, sent.id)):
            with pytest.raises(FileFetchError, match="There is no uploaded file"):
                await here.uploads.for_run(files).uploaded(file_id)
