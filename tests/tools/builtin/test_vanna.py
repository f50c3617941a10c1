"""Questions to databases through Vanna: its double, and real databases (models-and-tools §4.9)."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doubles.upstreams.vanna import KEY, Vanna, shop
from tests.platform.databases import PostgresServer as Server
from tests.tools.builtin.calls import given
from tests.tools.builtin.cases import Case, calling, check_failures, check_good_call
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import Value
from treadle.platform.egress_rules import EgressRules
from treadle.tools.builtin.vanna.databases import PostgresServer, SqliteFile, checked_address
from treadle.tools.messages import Json, Text

ASKED: dict[str, Value] = {"prompt": "Which looms?", "model": "mill", "url": "{origin}/shop.db"}
ROWS = [{"name": "Big | loom", "width": 2.5}, {"name": "Small", "width": None}]
SQL = "SELECT name, width FROM looms"
GIVES = [
    Text(f"{SQL}\n\n| name | width |\n| --- | --- |\n| Big \\| loom | 2.5 |\n| Small |  |"),
    Json({"sql": SQL, "rows": [*map(dict, ROWS)]}),
]
LOOMS = Case("vanna/vanna", ASKED, Vanna, GIVES, {"api_key": KEY})


async def test_a_question_becomes_a_query_and_rows(tmp_path: Path) -> None:
    await check_good_call(LOOMS, tmp_path)


async def test_a_failure_says_why(tmp_path: Path) -> None:
    await check_failures(LOOMS, tmp_path)


async def test_credentials_are_tried(tmp_path: Path) -> None:
    async with Vanna() as vendor, calling(LOOMS, vendor, tmp_path) as (provider, call):
        await provider.validate(call.credentials, call)
        with pytest.raises(ToolCredentialsError, match="refused the credentials"):
            await provider.validate({"api_key": "another"}, call)


async def test_what_is_learned_leads_the_model(tmp_path: Path) -> None:
    settings = {"enable_training": True, "reset_training_data": True, "training_metadata": True}
    lessons = {"ddl": "CREATE TABLE t (a INT)", "question": "All?", "sql": "SELECT 1", "memos": "t is a table."}
    async with Vanna() as vendor, calling(LOOMS, vendor, tmp_path) as (provider, call):
        taught = replace(call, parameters={**call.parameters, **settings, **lessons})
        assert await given(provider, "vanna", taught) == GIVES
        methods = [method for method, _ in vendor.taught]
        assert methods == ["remove_training_data", "add_ddl", "add_sql", "add_documentation", "add_documentation"]
        assert vendor.taught[0][1] == {"data": "7-ddl"}
        assert "CREATE TABLE looms" in str(vendor.taught[-1][1])
        [prompt] = vendor.prompts
        assert [message["role"] for message in prompt] == ["system", "user", "assistant", "user"]
        assert "A loom weaves." in prompt[0]["content"]
        assert prompt[-1]["content"] == "Which looms?"
        assert "Big" not in str(vendor.prompts)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("I do not know that table.", "Vanna found no query for this question; it said: I do not know"),
        ("DROP TABLE looms", "Vanna found no query"),
        ("WITH x AS (SELECT 1) DELETE FROM looms", "SQLite refused the query: not authorized"),
        ("SELECT load_extension('x')", "SQLite refused the query"),
        ("SELECT colour FROM looms", "SQLite refused the query: no such column: colour"),
    ],
)
async def test_only_queries_that_read_are_run(says: str, words: str, tmp_path: Path) -> None:
    async with Vanna(says) as vendor, calling(LOOMS, vendor, tmp_path) as (provider, call):
        with pytest.raises(ToolInvokeError, match=words):
            await given(provider, "vanna", call)


async def test_a_file_that_is_no_database_is_told() -> None:
    with pytest.raises(ToolInvokeError, match="file is not a database"):
        await SqliteFile(b"<html>" * 100).rows("SELECT 1 FROM t")
    assert await SqliteFile(shop()).rows("SELECT photo FROM looms LIMIT 1") == [{"photo": "<2 bytes>"}]


async def test_a_server_is_read_and_not_written(postgres_server: Server) -> None:
    url = urlsplit(postgres_server.create_database(migrated=False))
    server = PostgresServer(
        address=parse_qs(url.query)["host"][0],
        port=5432,
        user=url.username or "",
        password=url.password or "",
        database=url.path[1:],
    )
    assert await server.rows("SELECT 1 AS one, now() > '2000-01-01' AS late, 1.5::numeric AS price") == [
        {"one": 1, "late": True, "price": "1.5"}
    ]
    assert await server.rows(server.tables) == []
    with pytest.raises(ToolInvokeError, match="read-only transaction"):
        await server.rows("WITH x AS (SELECT 1) SELECT pg_catalog.lo_create(0) FROM x")
    with pytest.raises(ToolInvokeError, match='relation "looms" does not exist'):
        await server.rows("SELECT * FROM looms")


async def test_private_hosts_are_refused() -> None:
    with pytest.raises(ToolInvokeError, match=re.escape("127.0.0.1")):
        await checked_address(EgressRules(), "127.0.0.1", 5432)
    assert await checked_address(EgressRules(("127.0.0.1",)), "127.0.0.1", 5432) == "127.0.0.1"
