"""The variable pool (spec workflow-engine §2)."""

import pytest

from treadle.engine.pool import VariablePool
from treadle.engine.values import MISSING, File, Value

FILE = File(type="image", transfer_method="tool_file", filename="a.png", url="http://files/a", size=3)


@pytest.fixture
def pool() -> VariablePool:
    return VariablePool(
        {
            "sys": {"query": "hi"},
            "code": {"obj": {"key": {"deep": [1]}, "nothing": None}, "file": FILE, "sys.query": "flat", "list": [1]},
        },
        secrets=["hunter2", ""],
    )


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (["sys", "query"], "hi"),
        (["code", "obj", "key", "deep"], [1]),
        (["code", "obj", "nothing"], None),
        (["code", "file"], FILE),
        (["code", "file", "name"], "a.png"),
        (["code", "file", "size"], 3),
        (["code", "sys.query"], "flat"),
    ],
)
def test_selectors_reach_variables_keys_and_file_attributes(
    pool: VariablePool, selector: list[str], expected: Value
) -> None:
    assert pool.get(selector) == expected


@pytest.mark.parametrize(
    "selector",
    [
        [],
        ["sys"],
        ["sys", "files"],
        ["unknown", "x"],
        ["code", "obj", "absent"],
        ["code", "obj", "absent", "further"],
        ["code", "obj", "nothing", "further"],
        ["code", "file", "tenant_id"],
        ["code", "list", "0"],
        ["sys", "query", "upper"],
    ],
)
def test_whatever_is_not_there_is_missing(pool: VariablePool, selector: list[str]) -> None:
    assert pool.get(selector) is MISSING


def test_a_selector_may_be_a_tuple(pool: VariablePool) -> None:
    assert pool.get(("sys", "query")) == "hi"


def test_the_last_writer_wins_and_other_variables_stay(pool: VariablePool) -> None:
    pool.add_outputs("code", {"list": [2], "new": 1})
    pool.set("conversation", "mood", "good")
    pool.set("conversation", "mood", "better")
    assert pool.get(["code", "list"]) == [2]
    assert pool.get(["code", "file"]) == FILE
    assert pool.scope("conversation") == {"mood": "better"}


def test_a_cleared_scope_is_missing_again(pool: VariablePool) -> None:
    pool.clear("code")
    pool.clear("never there")
    assert pool.get(["code", "file"]) is MISSING
    assert pool.scope("code") == {}


def test_writes_to_a_fork_stay_there(pool: VariablePool) -> None:
    fork = pool.fork()
    fork.set("sys", "query", "other")
    fork.add_outputs("node", {"x": 1})
    fork.clear("code")
    assert pool.get(["sys", "query"]) == "hi"
    assert pool.get(["node", "x"]) is MISSING
    assert pool.get(["code", "list"]) == [1]
    pool.set("sys", "query", "mine")
    assert fork.get(["sys", "query"]) == "other"


def test_a_pool_copies_the_scopes_that_it_is_given() -> None:
    scopes: dict[str, dict[str, Value]] = {"sys": {"query": "hi"}}
    VariablePool(scopes).set("sys", "query", "changed")
    assert scopes == {"sys": {"query": "hi"}}


def test_secrets_are_known_to_forks_and_never_empty(pool: VariablePool) -> None:
    assert pool.secrets == ("hunter2",)
    assert pool.fork().secrets == ("hunter2",)
