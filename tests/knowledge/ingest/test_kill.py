"""The server is killed while it indexes, again and again: every document completes, no chunk twice, none missing."""

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.fixtures import running_workbench
from tests.server.harness import Server, Workbench, eventually
from tests.server.http_client import Api

CHUNKS = 40


@contextmanager
def indexing(folder: Path, environment: dict[str, str]) -> Iterator[Workbench]:
    """A server of its own, whose documents are soon taken up when it dies."""
    with running_workbench(folder, {"TREADLE_RUN_LEASE_SECONDS": "1", **environment}) as made:
        credentials = {
            "endpoint_url": made.model.url,
            "api_key": made.model.key,
            "context_size": "8192",
            "max_chunks": "16",
        }
        given = [part for name, value in credentials.items() for part in ("--credential", f"{name}={value}")]
        made.command(
            "model", "add", "--provider", "openai_api_compatible", "--type", "text-embedding",
            "--model", "stub-embedding", "--default", *given,
        )  # fmt: skip
        yield made


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("ingest")
    (folder / "data").mkdir()
    shutil.copy(migrated_sqlite_file, folder / "data" / "treadle.db")
    with indexing(folder, {}) as made:
        yield made


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    url = request.getfixturevalue("postgres_server").create_database(migrated=True)
    with indexing(tmp_path_factory.mktemp("ingest-pg"), {"TREADLE_DATABASE_URL": url}) as made:
        yield made


ON_POSTGRESQL = pytest.mark.xdist_group("ingest on postgresql")


@pytest.fixture(
    params=[
        pytest.param("on_sqlite", marks=pytest.mark.xdist_group("ingest on sqlite")),
        pytest.param("on_postgresql", marks=ON_POSTGRESQL),
    ]
)
def bench(request: pytest.FixtureRequest) -> Workbench:
    """Both servers, one after the other; a start costs more than all else here."""
    made: Workbench = request.getfixturevalue(request.param)
    return made


def knowledge_api(bench: Workbench, key: str) -> Api:
    return Api(bench.http, f"{bench.server.url}/v1", {"Authorization": f"Bearer {key}"})


def text_of(number: int, story: str) -> str:
    """What no document of another story says: vectors are kept, and then nobody asks for them."""
    return "\n\n".join(f"Document {number} of {story} tells fact {fact} of {CHUNKS}." for fact in range(CHUNKS))


def filled_base(bench: Workbench, key: str, documents: int, story: str) -> str:
    """A base with so many documents, of which nothing has to be indexed yet."""
    api = knowledge_api(bench, key)
    made = api.post("/datasets", {"name": f"Facts {random.random()}", "indexing_technique": "high_quality"})
    assert made.status_code == 200, made.text
    base = str(made.json()["id"])
    rules = {"pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 200}}
    for number in range(documents):
        added = api.post(
            f"/datasets/{base}/document/create-by-text",
            {
                "name": f"facts-{number}.txt",
                "text": text_of(number, story),
                "indexing_technique": "high_quality",
                "process_rule": {"mode": "custom", "rules": rules},
            },
        )
        assert added.status_code == 200, added.text
    return base


def waiting(bench: Workbench, base: str) -> int:
    statement = "SELECT count(*) FROM knowledge_documents WHERE base_id = :base AND job IS NOT NULL"
    return int(bench.rows(statement, base=base)[0][0])


def check(bench: Workbench, base: str, documents: int, story: str) -> None:
    """Everything of the base is there once, in the rows and in the index."""
    eventually(lambda: waiting(bench, base) == 0, "nothing is left to index", 120)
    statement = "SELECT id, name, indexing_status, error FROM knowledge_documents WHERE base_id = :base"
    rows = bench.rows(statement, base=base)
    assert [row[2:] for row in rows] == [("completed", None)] * documents
    nodes: list[str] = []
    for document_id, name, *_ in rows:
        segments = bench.rows(
            "SELECT content, status, enabled, index_node_id FROM knowledge_segments WHERE document_id = :id "
            "ORDER BY position",
            id=document_id,
        )
        number = int(str(name).removeprefix("facts-").removesuffix(".txt"))
        assert [segment[0] for segment in segments] == text_of(number, story).split("\n\n")
        assert {(segment[1], bool(segment[2])) for segment in segments} == {("completed", True)}
        nodes += [str(segment[3]) for segment in segments]
    indexed = bench.rows("SELECT node_id FROM knowledge_index_rows WHERE base_id = :base", base=base)
    assert sorted(str(row[0]) for row in indexed) == sorted(nodes)


def killed_at_random(bench: Workbench, documents: int, times: int, seed: int) -> None:
    """Kill the server while documents wait: all of them at first, and some most of the later times."""
    key, draw = bench.make_key("dataset"), random.Random(seed)
    bench.model.delay(30)
    story, left = f"{times} deaths", list[int]()
    base = filled_base(bench, key, documents, story)
    for _ in range(times):
        time.sleep(draw.uniform(0.05, 0.8))  # the moment does not matter, and that is what is shown
        bench.server.kill()
        left.append(waiting(bench, base))
        bench.model.delay(0.25)
        bench.server.start()
    assert sum(map(bool, left)) >= times / 2, "everything was indexed before the server was killed"
    bench.model.delay(0)
    check(bench, base, documents, story)


def test_two_deaths_lose_nothing(bench: Workbench) -> None:
    killed_at_random(bench, documents=8, times=2, seed=1)


@pytest.mark.long
def test_ten_deaths_lose_nothing(bench: Workbench) -> None:
    killed_at_random(bench, documents=80, times=10, seed=2)


@ON_POSTGRESQL
def test_two_servers_share_one_database(on_postgresql: Workbench) -> None:
    """Both work on the same documents; each is done by one of them."""
    bench = on_postgresql
    key, owners, before = bench.make_key("dataset"), set[str](), len(bench.model.requests_to("/embeddings"))
    bench.model.delay(0.5)
    other = Server(bench.data_dir, bench.server.environment)
    other.start()

    def nothing_waits() -> bool:
        statement = "SELECT DISTINCT lease_owner FROM knowledge_documents WHERE lease_owner IS NOT NULL"
        owners.update(str(row[0]) for row in bench.rows(statement))
        return waiting(bench, base) == 0

    try:
        base = filled_base(bench, key, 24, "two servers")
        eventually(nothing_waits, "nothing is left to index", 60)
        check(bench, base, 24, "two servers")
    finally:
        other.stop()
    assert len(owners) == 2
    requests = bench.model.requests_to("/embeddings")[before:]
    texts = [text for request in requests for text in request.json["input"] if text.startswith("Document")]
    assert len(texts) == len(set(texts)) == 24 * CHUNKS, "no vector is asked for twice"
