"""The server is killed while it indexes, again and again: every document completes, no chunk twice, none missing."""

import random
import time
from collections.abc import Iterator

import pytest

from tests.server.fixtures import running_workbench
from tests.server.harness import Server, Workbench, eventually
from tests.server.http_client import Api

CHUNKS = 40


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of its own, whose documents are soon taken up when it dies."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        environment["TREADLE_DATABASE_URL"] = postgres.create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("ingest"), environment) as made:
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


def knowledge_api(bench: Workbench, key: str) -> Api:
    return Api(bench.http, f"{bench.server.url}/v1", {"Authorization": f"Bearer {key}"})


def text_of(number: int) -> str:
    return "\n\n".join(f"Document {number} tells fact {fact} of {CHUNKS}." for fact in range(CHUNKS))


def filled_base(bench: Workbench, key: str, documents: int) -> str:
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
                "text": text_of(number),
                "indexing_technique": "high_quality",
                "process_rule": {"mode": "custom", "rules": rules},
            },
        )
        assert added.status_code == 200, added.text
    return base


def waiting(bench: Workbench, base: str) -> int:
    statement = "SELECT count(*) FROM knowledge_documents WHERE base_id = :base AND job IS NOT NULL"
    return int(bench.rows(statement, base=base)[0][0])


def check(bench: Workbench, base: str, documents: int) -> None:
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
        assert [segment[0] for segment in segments] == text_of(number).split("\n\n")
        assert {(segment[1], bool(segment[2])) for segment in segments} == {("completed", True)}
        nodes += [str(segment[3]) for segment in segments]
    indexed = bench.rows("SELECT node_id FROM knowledge_index_rows WHERE base_id = :base", base=base)
    assert sorted(str(row[0]) for row in indexed) == sorted(nodes)


def killed_at_random(bench: Workbench, documents: int, times: int, seed: int) -> None:
    key, draw = bench.make_key("dataset"), random.Random(seed)
    bench.model.delay(0.02)
    base = filled_base(bench, key, documents)
    for _ in range(times):
        time.sleep(draw.uniform(0.05, 0.8))  # the moment does not matter, and that is what is shown
        bench.server.kill()
        bench.server.start()
    bench.model.delay(0)
    check(bench, base, documents)


def test_two_deaths_lose_nothing(bench: Workbench) -> None:
    killed_at_random(bench, documents=16, times=2, seed=1)


@pytest.mark.long
def test_ten_deaths_lose_nothing(bench: Workbench) -> None:
    killed_at_random(bench, documents=80, times=10, seed=2)


def test_two_servers_share_one_database(bench: Workbench) -> None:
    """Both work on the same documents; each is done by one of them."""
    if "TREADLE_DATABASE_URL" not in bench.server.environment:
        pytest.skip("two servers with a database between them need PostgreSQL")
    key, owners = bench.make_key("dataset"), set[str]()
    bench.model.delay(0.5)
    other = Server(bench.data_dir, bench.server.environment)
    other.start()

    def nothing_waits() -> bool:
        statement = "SELECT DISTINCT lease_owner FROM knowledge_documents WHERE lease_owner IS NOT NULL"
        owners.update(str(row[0]) for row in bench.rows(statement))
        return waiting(bench, base) == 0

    try:
        base = filled_base(bench, key, 24)
        eventually(nothing_waits, "nothing is left to index", 60)
        check(bench, base, 24)
    finally:
        other.stop()
    assert len(owners) == 2
    requests = bench.model.requests_to("/embeddings")
    texts = [text for request in requests for text in request.json["input"] if text.startswith("Document")]
    assert len(texts) == len(set(texts)) == 24 * CHUNKS, "no vector is asked for twice"
