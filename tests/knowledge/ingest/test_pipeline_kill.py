"""The server is killed while published pipelines run: every document completes, no chunk twice, none missing."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.ingest.test_kill import indexing, knowledge_api
from tests.server.console_client import console_of
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api

PARAGRAPHS = 30
EXAMPLE = Path(__file__).parents[3] / "examples" / "pipelines" / "general.yml"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("pipelines")
    (folder / "data").mkdir()
    shutil.copy(migrated_sqlite_file, folder / "data" / "treadle.db")
    with indexing(folder, {}) as made:
        yield made


def filled_base(bench: Workbench, name: str) -> tuple[str, Api]:
    """A base with a published pipeline that keeps paragraphs with their vectors."""
    text = EXAMPLE.read_text(encoding="utf-8").replace(
        "indexing_technique: economy", "indexing_technique: high_quality"
    )
    text = text.replace("name: General\n", f"name: {name}\n").replace(
        "search_method: keyword_search", "search_method: semantic_search"
    )
    console = console_of(bench, role="editor")
    made = console.post("/rag/pipelines/imports", {"yaml_content": text})
    assert made.status_code == 200, made.text
    published = console.post(f"/rag/pipelines/{made.json()['pipeline_id']}/workflows/publish")
    assert published.status_code == 200, published.text
    return str(made.json()["id"]), knowledge_api(bench, bench.make_key("dataset"))


def text_of(number: int, story: str) -> list[str]:
    return [f"Document {number} of {story} tells fact {fact} of {PARAGRAPHS}." for fact in range(PARAGRAPHS)]


def run(api: Api, base: str, story: str, documents: int) -> None:
    infos = []
    for number in range(documents):
        file = ("file", (f"facts-{number}.txt", "\n\n".join(text_of(number, story)).encode()))
        sent = api.call("POST", "/datasets/pipeline/file-upload", files=dict([file]))
        assert sent.status_code == 201, sent.text
        infos.append({"related_id": sent.json()["id"]})
    order: dict[str, Any] = {
        "inputs": {"longest": 60}, "datasource_type": "local_file", "datasource_info_list": infos,
        "start_node_id": "file", "is_published": True, "response_mode": "blocking",
    }  # fmt: skip
    answer = api.post(f"/datasets/{base}/pipeline/run", order)
    assert answer.status_code == 200, answer.text


def unfinished(bench: Workbench, base: str) -> int:
    statement = (
        "SELECT count(*) FROM knowledge_documents WHERE base_id = :base "
        "AND indexing_status NOT IN ('completed', 'error')"
    )
    return int(bench.rows(statement, base=base)[0][0])


def indexed(bench: Workbench, base: str) -> list[str]:
    rows = bench.rows("SELECT node_id FROM knowledge_index_rows WHERE base_id = :base", base=base)
    return [str(row[0]) for row in rows]


def check(bench: Workbench, base: str, story: str, documents: int) -> None:
    """Every document is there, with each of its paragraphs once, in the rows and in the index."""
    eventually(lambda: unfinished(bench, base) == 0, "every document is made", 120)
    rows = bench.rows("SELECT id, name, indexing_status, error FROM knowledge_documents WHERE base_id = :b", b=base)
    assert [row[2:] for row in rows] == [("completed", None)] * documents
    nodes: list[str] = []
    for document_id, name, *_ in rows:
        statement = (
            "SELECT content, status, index_node_id FROM knowledge_segments WHERE document_id = :id ORDER BY position"
        )
        segments = bench.rows(statement, id=document_id)
        number = int(str(name).removeprefix("facts-").removesuffix(".txt"))
        assert [segment[0] for segment in segments] == text_of(number, story)
        assert {segment[1] for segment in segments} == {"completed"}
        nodes += [str(segment[2]) for segment in segments]
    assert sorted(indexed(bench, base)) == sorted(nodes)


def test_a_killed_pipeline_goes_on_and_keeps_each_chunk_once(bench: Workbench) -> None:
    base, api = filled_base(bench, "Killed")
    bench.model.delay(30)
    run(api, base, "killed", 4)
    time.sleep(0.3)  # the moment does not matter, and that is what is shown
    bench.server.kill()
    bench.model.delay(0.4)
    bench.server.start()
    eventually(lambda: indexed(bench, base) != [], "the first chunks are in the index", 60)
    bench.server.kill()
    assert unfinished(bench, base), "every document was made before the server was killed"
    bench.model.delay(0)
    bench.server.start()
    check(bench, base, "killed", 4)


def test_runs_that_never_began_or_ended_unheard_are_carried_on_or_told(bench: Workbench) -> None:
    base, api = filled_base(bench, "Unheard")
    run(api, base, "unheard", 3)
    check(bench, base, "unheard", 3)
    bench.server.kill()
    (never, failed, given_up) = [
        row[0] for row in bench.rows("SELECT pipeline_run_id FROM knowledge_documents WHERE base_id = :b", b=base)
    ]
    bench.change(
        "UPDATE knowledge_documents SET indexing_status = 'parsing', processing_started_at = 0 WHERE base_id = :b",
        b=base,
    )
    bench.change("DELETE FROM runs WHERE id IN (:one, :two)", one=never, two=given_up)
    bench.change("UPDATE runs SET status = 'failed', error = 'The code is wrong.' WHERE id = :id", id=failed)
    bench.change("UPDATE knowledge_documents SET attempts = 3 WHERE pipeline_run_id = :id", id=given_up)
    bench.server.start()
    eventually(lambda: unfinished(bench, base) == 0, "every document is made or told why not", 60)
    told = bench.rows(
        "SELECT indexing_status, error FROM knowledge_documents WHERE base_id = :b ORDER BY position", b=base
    )
    assert sorted(told, key=str) == sorted(
        [
            ("completed", None),
            ("error", "The code is wrong."),
            ("error", "The process died 4 times before the run began; run it again."),
        ],
        key=str,
    )
    counts = bench.rows("SELECT count(*) FROM knowledge_segments WHERE base_id = :b GROUP BY document_id", b=base)
    assert counts == [(PARAGRAPHS,)] * 3
