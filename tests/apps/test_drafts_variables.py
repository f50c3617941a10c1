"""Values of debug runs on both databases: kept for each member, whole or cut, with secrets sealed."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.apps.runs import node_finished, node_started, rows
from tests.apps.test_drafts import Desk
from treadle.apps.editing.variables import SHOWN_IN_LISTS, Debugger, DraftVariables, Trail
from treadle.apps.tables import DraftVariable
from treadle.engine.events import Container, NodeStatus, RunStarted, VariableAssigned
from treadle.engine.values import File, Value
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

SECRET = "sk-0123456789"


@pytest.fixture
def crypto(tmp_path: Path) -> Crypto:
    return Crypto.open(tmp_path / "key")


@pytest.fixture
def variables(db: Database, crypto: Crypto) -> DraftVariables:
    return DraftVariables(db, crypto)


@pytest.fixture
async def me(db: Database, crypto: Crypto) -> Debugger:
    desk = Desk(db, crypto)
    await desk.begin()
    return Debugger(desk.workspace_id, desk.app_id, new_id())


async def save(variables: DraftVariables, who: Debugger, **values: Value) -> None:
    await variables.save(who, {"node": values}, {}, secrets=(SECRET,))


async def test_every_kind_of_value_comes_back_as_it_was(variables: DraftVariables, me: Debugger) -> None:
    file = File(type="image", transfer_method="local_file", related_id=new_id(), filename="a.png")
    values: dict[str, Value] = {
        "text": "é\u2028",
        "number": 1.5,
        "flag": True,
        "nothing": None,
        "object": {"deep": [1, {"x": None}]},
        "file": file,
        "files": [file],
        "secret": f"key={SECRET}",
    }
    await save(variables, me, **values)
    assert await variables.values(me, ["node", "other"]) == {"node": values}
    listed = {item.name: (item.value_type, item.value) for item in await variables.of_scope(me, "node")}
    assert listed["secret"] == ("string", "key=******")
    assert listed["file"][0] == "file"
    assert (listed["nothing"], listed["flag"]) == (("none", None), ("boolean", True))


async def test_secrets_are_sealed_in_the_rows(db: Database, variables: DraftVariables, me: Debugger) -> None:
    await save(variables, me, secret=SECRET)
    (row,) = await rows(db, table_of(DraftVariable))
    assert SECRET not in str(row)
    assert row["value"] == '"******"'
    await variables.change(me, row["id"], f"{SECRET}!", secrets=(SECRET,))
    (row,) = await rows(db, table_of(DraftVariable))
    assert (SECRET in str(row), row["last_value"]) == (False, '"******"')
    assert await variables.values(me, ["node"]) == {"node": {"secret": f"{SECRET}!"}}
    await variables.reset(me, row["id"])
    assert await variables.values(me, ["node"]) == {"node": {"secret": SECRET}}


async def test_runs_of_one_member_at_once_leave_one_value_each(variables: DraftVariables, me: Debugger) -> None:
    await asyncio.gather(*(save(variables, me, x=number) for number in range(10)))
    (item,) = await variables.of_scope(me, "node")
    assert item.value in range(10)


async def test_a_node_that_runs_again_forgets_what_it_gave_before(variables: DraftVariables, me: Debugger) -> None:
    await save(variables, me, error_message="broken", error_type="CodeNodeError")
    await save(variables, me, result=1)
    assert [item.name for item in await variables.of_scope(me, "node")] == ["result"]


async def test_members_and_workspaces_do_not_see_each_other(variables: DraftVariables, me: Debugger) -> None:
    await save(variables, me, x=1)
    (item,) = await variables.of_scope(me, "node")
    for other in (
        Debugger(me.workspace_id, me.app_id, new_id()),
        Debugger(new_id(), me.app_id, me.account_id),
        Debugger(me.workspace_id, new_id(), me.account_id),
    ):
        assert await variables.page(other, page=1, limit=10) == ([], 0)
        assert await variables.values(other, ["node"]) == {}
        for touch in (
            variables.read(other, item.id),
            variables.change(other, item.id, 2, secrets=()),
            variables.reset(other, item.id),
            variables.forget(other, variable_id=item.id),
        ):
            with pytest.raises(NotFound):
                await touch
        await variables.forget(other)
    assert (await variables.read(me, item.id)).value == 1


async def test_a_change_keeps_the_type(variables: DraftVariables, me: Debugger) -> None:
    await save(variables, me, words=["a"], nothing=None)
    by_name = {item.name: item for item in await variables.of_scope(me, "node")}
    with pytest.raises(InvalidParam, match="must be of type array"):
        await variables.change(me, by_name["words"].id, [1], secrets=())
    assert (await variables.change(me, by_name["words"].id, [], secrets=())).value == []
    assert (await variables.change(me, by_name["nothing"].id, 5, secrets=())).value_type == "number"


async def test_a_default_is_what_an_unset_conversation_variable_goes_back_to(
    variables: DraftVariables, me: Debugger
) -> None:
    put = await variables.put(me, "turns", "integer", 7, default=0, secrets=())
    assert (put.value, put.edited) == (7, True)
    again = await variables.put(me, "turns", "integer", 8, default=0, secrets=())
    assert again.id == put.id
    reset = await variables.reset(me, put.id)
    assert reset is not None
    assert (reset.value, reset.edited) == (0, False)


async def test_what_is_too_long_for_a_list_is_cut_there(variables: DraftVariables, me: Debugger) -> None:
    await save(variables, me, long="ü" * 50_000, short="x")
    (items, total) = await variables.page(me, page=1, limit=1)
    assert (total, items[0].name, items[0].truncated) == (2, "long", True)
    assert items[0].value == '"' + "ü" * (SHOWN_IN_LISTS - 1)
    assert (await variables.read(me, items[0].id)).value == "ü" * 50_000


async def test_a_trail_keeps_what_counts(db: Database, variables: DraftVariables, me: Debugger) -> None:
    trail = Trail(variables, me, ())
    trail.watch(RunStarted("run", 1.0, {"word": "w", "sys.query": "q", "sys.dialogue_count": 2}))
    done = node_started("start", node_type="start")
    trail.watch(node_finished(done, outputs={"word": "w", "sys.query": "q"}))
    trail.watch(node_finished(node_started("ask", node_type="llm"), outputs={"text": "t", "finish_reason": "stop"}))
    inner = node_started("inner", container=Container("iteration", "each", 0))
    trail.watch(node_finished(inner, outputs={"x": 1}, container=Container("iteration", "each", 0)))
    trail.watch(node_finished(node_started("bad"), NodeStatus.FAILED, outputs={"x": 1}))
    trail.watch(node_finished(node_started("handled"), NodeStatus.EXCEPTION, outputs={"error_type": "E"}))
    trail.watch(VariableAssigned("turns", 3))
    await trail.keep()
    async with db.session() as session:
        found = (await session.execute(select(DraftVariable.scope, DraftVariable.name, DraftVariable.value))).all()
    assert sorted(tuple(row) for row in found) == [
        ("ask", "text", '"t"'),
        ("conversation", "turns", "3"),
        ("handled", "error_type", '"E"'),
        ("start", "word", '"w"'),
        ("sys", "dialogue_count", "2"),
        ("sys", "query", '"q"'),
    ]
