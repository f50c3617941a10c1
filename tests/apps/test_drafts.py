"""Drafts on both databases: what a save keeps, and who wins when several people save."""

import asyncio
from pathlib import Path

import pytest

from tests.dsl.files import edge, file_map, node, parsed
from treadle.accounts.tables import Workspace
from treadle.apps.editing.drafts import HIDDEN, DraftEdit, DraftNotSync, Drafts, checked_features, masked_secret
from treadle.apps.service import AppService
from treadle.dsl import JsonMap
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound


class Desk:
    """One workspace with one workflow, and the people who edit it."""

    def __init__(self, db: Database, crypto: Crypto) -> None:
        self.db = db
        self.apps = AppService(db, crypto)
        self.drafts = Drafts(db, crypto, self.apps)
        self.workspace_id = ""
        self.app_id = ""

    async def begin(self, **workflow: object) -> None:
        now = now_us()
        row = Workspace(id=new_id(), name="W", status="normal", created_at=now, updated_at=now)
        async with self.db.transaction() as session:
            session.add(row)
        self.workspace_id = row.id
        file = parsed(file_map(workflow=workflow)).app
        assert file is not None
        self.app_id = (await self.apps.create(row.id, file)).id

    async def save(self, edit: DraftEdit) -> str:
        """The new hash."""
        draft = await self.drafts.save(self.workspace_id, self.app_id, edit, account_id=None)
        return draft.row.hash


@pytest.fixture
async def desk(db: Database, tmp_path: Path) -> Desk:
    made = Desk(db, Crypto.open(tmp_path / "key"))
    secret = {"id": "1", "name": "key", "value_type": "secret", "value": "sk-0123456789"}
    await made.begin(environment_variables=[secret])
    return made


def graph(title: str) -> JsonMap:
    return {"nodes": [node("start", "start"), node("end", "end", label=title)], "edges": [edge("start", "end")]}


async def test_of_people_who_save_at_once_one_wins(desk: Desk) -> None:
    draft = await desk.drafts.read(desk.workspace_id, desk.app_id)
    edits = [DraftEdit(graph=graph(f"by {place}"), hash=draft.row.hash) for place in range(12)]
    results = await asyncio.gather(*(desk.save(edit) for edit in edits), return_exceptions=True)
    winners = [place for place, result in enumerate(results) if isinstance(result, str)]
    assert len(winners) == 1
    assert sum(isinstance(result, DraftNotSync) for result in results) == 11
    kept = await desk.drafts.read(desk.workspace_id, desk.app_id)
    assert kept.workflow.graph == graph(f"by {winners[0]}")


async def test_saves_of_variables_alone_do_not_pass_each_other_unseen(desk: Desk) -> None:
    draft = await desk.drafts.read(desk.workspace_id, desk.app_id)

    def edit(name: str) -> DraftEdit:
        return DraftEdit(
            graph=draft.workflow.graph,
            environment_variables=[{"name": name, "value_type": "string", "value": "x"}],
            hash=draft.row.hash,
            variables_hash=draft.variables_hash,
        )

    results = await asyncio.gather(*(desk.save(edit(f"v{n}")) for n in range(6)), return_exceptions=True)
    assert [result for result in results if isinstance(result, str)] == [draft.row.hash]
    assert sum(isinstance(result, DraftNotSync) for result in results) == 5


async def test_a_restored_version_does_not_overwrite_what_came_between(desk: Desk) -> None:
    version = await desk.apps.publish(desk.workspace_id, desk.app_id)
    draft = await desk.drafts.read(desk.workspace_id, desk.app_id)
    later = await desk.save(DraftEdit(graph=graph("later"), hash=draft.row.hash))
    with pytest.raises(DraftNotSync):
        await desk.drafts.restore(
            desk.workspace_id, desk.app_id, version.id, known_hash=draft.row.hash, account_id=None
        )
    restored = await desk.drafts.restore(desk.workspace_id, desk.app_id, version.id, known_hash=later, account_id=None)
    assert restored.row.hash == draft.row.hash
    assert restored.workflow.environment_variables[0].value == "sk-0123456789"


async def test_secrets_are_encrypted_and_kept_by_their_id(desk: Desk) -> None:
    draft = await desk.drafts.read(desk.workspace_id, desk.app_id)
    renamed: JsonMap = {"id": "1", "name": "renamed", "value_type": "secret", "value": HIDDEN}
    edit = DraftEdit(graph=draft.workflow.graph, environment_variables=[renamed], hash=draft.row.hash)
    await desk.save(edit)
    after = await desk.drafts.read(desk.workspace_id, desk.app_id)
    assert [(v.name, v.value) for v in after.workflow.environment_variables] == [("renamed", "sk-0123456789")]
    assert "sk-0123456789" not in after.row.environment_variables
    assert after.row.hash == draft.row.hash
    assert after.variables_hash != draft.variables_hash


async def test_another_workspace_finds_no_draft(desk: Desk) -> None:
    draft = await desk.drafts.read(desk.workspace_id, desk.app_id)
    with pytest.raises(NotFound):
        await desk.drafts.read(new_id(), desk.app_id)
    with pytest.raises(NotFound):
        await desk.drafts.save(new_id(), desk.app_id, DraftEdit(graph={}, hash=draft.row.hash), account_id=None)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", "*" * 20),
        ("12345678", "*" * 20),
        ("123456789", "123456************89"),
        ("é" * 9, "é" * 6 + "*" * 12 + "éé"),
    ],
)
def test_what_is_shown_of_a_secret(secret: str, shown: str) -> None:
    assert masked_secret(secret) == shown


def test_features_keep_what_nobody_knows() -> None:
    features = checked_features({"acme": {"deep": [1]}, "opening_statement": "Hi"}, chat=True)
    assert (features["acme"], features["opening_statement"]) == ({"deep": [1]}, "Hi")
    assert features["text_to_speech"] == {"enabled": False}
    with pytest.raises(InvalidParam):
        checked_features({"file_upload": {"number_limits": "many"}}, chat=True)
