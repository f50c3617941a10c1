"""A server that is killed while it imports annotations or embeds them goes on where it was, and does nothing twice."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.annotations.notebook import MODEL, Notebook
from tests.server.app_files import chat
from tests.server.console_client import Console
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually

PAIRS = 1_500


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses."""
    environment: dict[str, str] = {}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        environment["TREADLE_DATABASE_URL"] = postgres.create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("annotating"), environment) as made:
        yield made


@pytest.fixture
def book(bench: Workbench) -> Notebook:
    return Notebook(bench, chat(name="Killed"))


def pairs(count: int = PAIRS) -> str:
    return "q,a\n" + "".join(f"question {number},answer {number}\n" for number in range(count))


def killed_when(book: Notebook, job_id: str, holds: Callable[[int], bool]) -> int:
    """Kills the server once so much of a job is done, starts it again as if the lease had run out, and says how much of
    it was done."""
    bench = book.bench
    progress = "SELECT done, status FROM annotation_jobs WHERE id = :id"
    deadline = time.monotonic() + 30
    while not holds(int(bench.rows(progress, id=job_id)[0][0])):
        assert time.monotonic() < deadline, "the job does not begin"
    bench.server.kill()
    done, status = bench.rows(progress, id=job_id)[0]
    assert status == "processing", "the server was killed too late"
    bench.change("UPDATE annotation_jobs SET lease_until = 0 WHERE id = :id", id=job_id)
    bench.server.start()
    book.console = Console(bench, book.console.account_id, book.console.email)
    book.api = bench.api(book.app)
    return int(done)


def indexed(book: Notebook) -> int:
    rows = book.bench.rows("SELECT count(*) FROM knowledge_index_rows WHERE base_id = :id", id=book.app.id)
    return int(rows[0][0])


def test_an_import_goes_on(book: Notebook) -> None:
    job = book.bring(pairs()).json()["job_id"]
    done = killed_when(book, job, lambda done: 0 < done < PAIRS)
    assert 0 < done < PAIRS
    over = book.over(f"{book.path}/batch-import-status/{job}")
    assert (over["job_status"], over["done"], over["total"], over["skipped"]) == ("completed", PAIRS, PAIRS, [])
    kept = "SELECT count(*), count(DISTINCT question) FROM annotations WHERE app_id = :id"
    assert tuple(book.bench.rows(kept, id=book.app.id)[0]) == (PAIRS, PAIRS)
    assert book.imported(pairs(10))["done"] == 10
    assert tuple(book.bench.rows(kept, id=book.app.id)[0]) == (PAIRS, PAIRS)


def test_embedding_goes_on(book: Notebook) -> None:
    count = 600
    book.imported(pairs(count))
    model = book.bench.model
    before = len(model.requests_to("/embeddings"))
    model.delay(0.3)
    try:
        body = {"score_threshold": 0.9, **MODEL}
        job = book.console.post(f"/apps/{book.app.id}/annotation-reply/enable", body).json()["job_id"]
        killed_when(book, job, lambda done: 0 < done < count)
    finally:
        model.delay(0)
    over = book.over(f"/apps/{book.app.id}/annotation-reply/enable/status/{job}")
    assert (over["job_status"], over["error_msg"]) == ("completed", "")
    sent = [text for each in model.requests_to("/embeddings")[before:] for text in each.json["input"]]
    twice = len(sent) - len(set(sent))
    assert len(set(sent)) == count
    assert twice <= 100, "at most the batch that was under way is embedded again"
    eventually(lambda: indexed(book) == count, "each question is indexed once")
    assert book.api.chat("question 599").json()["answer"] == "answer 599"
