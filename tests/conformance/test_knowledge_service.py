"""What people and programs do with knowledge bases, on a real server (spec knowledge §25)."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.doubles.external_knowledge import ExternalKnowledge
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench, eventually
from tests.server.http_client import JsonMap
from tests.server.knowledge import AUTOMATIC, PARAGRAPHS, Shelf, shelf_of
from tests.server.matchers import refused

BAD_RULE = {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"max_tokens": 10}}}


@pytest.fixture
def shelf(workbench: Workbench) -> Shelf:
    return shelf_of(workbench)


@pytest.fixture(scope="module")
def console(workbench: Workbench) -> Console:
    return console_of(workbench)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ExternalKnowledge]:
    with ExternalKnowledge().in_thread() as double:
        yield double


def team_base(shelf: Shelf, **members: object) -> str:
    """A base that every member sees."""
    return shelf.new_base(permission="all_team_members", **members)


def upload(console: Console, name: str, text: str) -> str:
    answer = console.call("POST", "/files/upload", files={"file": (name, text.encode(), "text/plain")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def files(ids: list[str], **members: object) -> JsonMap:
    """What adds uploaded files to a base."""
    source = {"info_list": {"data_source_type": "upload_file", "file_info_list": {"file_ids": ids}}}
    return {"data_source": source, "indexing_technique": "economy", "process_rule": PARAGRAPHS, **members}


def external_base(console: Console, double: ExternalKnowledge, **members: object) -> str:
    settings = {"endpoint": double.url, "api_key": double.key}
    api = console.post("/datasets/external-knowledge-api", {"name": uuid4().hex, "settings": settings})
    assert api.status_code == 201, api.text
    assert double.key not in api.text
    body = {"name": uuid4().hex, "external_knowledge_api_id": api.json()["id"], "external_knowledge_id": "port-docs"}
    made = console.post("/datasets/external", {**body, **members})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_C_38_names_have_40_characters_and_are_unique(console: Console) -> None:
    refused(console.post("/datasets", {"name": "x" * 41}), 400, "invalid_param")
    name = uuid4().hex
    assert console.post("/datasets", {"name": name}).status_code == 201
    refused(console.post("/datasets", {"name": name}), 409, "dataset_name_duplicate")


def test_C_39_a_file_of_the_same_name_replaces_or_stands_beside(shelf: Shelf, console: Console) -> None:
    base = team_base(shelf)
    path = f"/datasets/{base}/documents"
    first = console.post(path, files([upload(console, "a.txt", "One.")])).json()
    shelf.indexed(base, first["documents"][0]["id"])
    second = console.post(path, files([upload(console, "a.txt", "Two.")], duplicate=True)).json()
    assert second["documents"][0]["id"] == first["documents"][0]["id"]
    assert second["batch"] != first["batch"]
    shelf.indexed(base, first["documents"][0]["id"])
    console.post(path, files([upload(console, "a.txt", "Three.")], duplicate=False))
    assert console.get(path).json()["total"] == 2


def test_C_40_only_what_is_read_is_paused_and_only_what_is_paused_resumed(shelf: Shelf, console: Console) -> None:
    base = team_base(shelf)
    path = f"/datasets/{base}/documents/{shelf.document(base)['id']}/processing"
    refused(console.change(f"{path}/pause", {}), 400, "document_indexing")
    refused(console.change(f"{path}/resume", {}), 400, "document_indexing")


def test_C_41_a_document_that_is_read_is_archived_but_not_disabled(shelf: Shelf, workbench: Workbench) -> None:
    base = team_base(shelf)
    document = shelf.document(base)["id"]
    workbench.change("UPDATE knowledge_documents SET indexing_status = 'indexing' WHERE id = :id", id=document)
    path = f"/datasets/{base}/documents/status"
    refused(shelf.change(f"{path}/disable", {"document_ids": [document]}), 400, "invalid_action")
    assert shelf.change(f"{path}/archive", {"document_ids": [document]}).status_code == 200


def test_C_44_programs_cannot_delete_archived_documents(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)["id"]
    shelf.set_state(base, document, "archive")
    refused(shelf.delete(f"/datasets/{base}/documents/{document}"), 403, "archived_document_immutable")


def test_C_45_a_broken_document_is_retried_and_not_cut_anew(shelf: Shelf, console: Console) -> None:
    base = team_base(shelf)
    document = shelf.document(base, process_rule=BAD_RULE)
    assert document["indexing_status"] == "error"
    again = {"original_document_id": document["id"], "process_rule": PARAGRAPHS}
    refused(console.post(f"/datasets/{base}/documents", again), 400, "invalid_param")
    assert console.get(f"/datasets/{base}/error-docs").json()["total"] == 1
    retried = console.post(f"/datasets/{base}/retry", {"document_ids": [document["id"]]})
    assert retried.status_code == 204
    assert shelf.indexed(base, document["id"])["indexing_status"] == "error"


def test_C_46_only_what_failed_is_retried(shelf: Shelf, console: Console, workbench: Workbench) -> None:
    base = team_base(shelf)
    good, bad = shelf.document(base)["id"], shelf.document(base, name="bad.txt", process_rule=BAD_RULE)["id"]
    before = shelf.read(base, good)
    body = {"document_ids": [good, bad]}
    assert console.post(f"/datasets/{base}/retry", body).status_code == 204
    shelf.indexed(base, bad)
    assert shelf.read(base, good) == before
    at_work = "UPDATE knowledge_documents SET indexing_status = 'parsing', job = 'reindex', lease_until = :until"
    workbench.change(f"{at_work} WHERE id = :id", id=bad, until=2**62)
    refused(console.post(f"/datasets/{base}/retry", body), 400, "document_indexing")


def test_C_47_batches_are_20_digits(shelf: Shelf) -> None:
    assert re.fullmatch(r"\d{20}", shelf.send(shelf.new_base()).json()["batch"])


def test_C_48_the_average_length_is_cut_off(shelf: Shelf, workbench: Workbench) -> None:
    base = shelf.new_base()
    document = shelf.document(base)["id"]
    counts = "UPDATE knowledge_documents SET word_count = 1001, segment_count = 4 WHERE id = :id"
    workbench.change(counts, id=document)
    assert shelf.read(base, document)["average_segment_length"] == 250


def test_C_49_a_disabled_chunk_is_not_edited_and_a_pair_needs_its_answer(shelf: Shelf, console: Console) -> None:
    base = team_base(shelf)
    document = shelf.document(base)["id"]
    (first, _) = shelf.segments(base, document)
    path = f"/datasets/{base}/documents/{document}"
    off = console.call("PATCH", f"{path}/segment/disable", params={"segment_id": first["id"]})
    assert off.status_code == 200
    answer = console.change(f"{path}/segments/{first['id']}", {"content": "x"})
    refused(answer, 400, "invalid_param")
    assert "Can't update disabled segment" in answer.json()["message"]
    pairs = qa_document(shelf)
    refused(console.post(f"/datasets/{pairs[0]}/documents/{pairs[1]}/segment", {"content": "q"}), 400, "invalid_param")


def qa_document(shelf: Shelf) -> tuple[str, str]:
    """A base of questions and answers with a document of one pair."""
    base = team_base(shelf, indexing_technique="high_quality")
    document = shelf.document(base, "Text.", indexing_technique="high_quality")["id"]
    for table, column in (("knowledge_bases", "id"), ("knowledge_documents", "base_id")):
        shelf.bench.change(f"UPDATE {table} SET doc_form = 'qa_model' WHERE {column} = :id", id=base)
    return base, document


def test_C_50_a_table_of_pairs_becomes_chunks(shelf: Shelf, console: Console) -> None:
    base, document = qa_document(shelf)
    path = f"/datasets/{base}/documents/{document}"
    table = {"file": ("pairs.csv", b"question,answer\nq1,a1\nq2,a2\n", "text/csv")}
    begun = console.call("POST", f"{path}/segments/batch_import", files=table).json()
    assert begun["job_status"] == "waiting"
    job = f"/datasets/batch_import_status/{begun['job_id']}"
    eventually(lambda: console.get(job).json()["job_status"] == "completed", "the table is imported")
    assert (console.get(job).json()["done"], begun["total"]) == (2, 2)
    rows = shelf.segments(base, document)[1:]
    assert [(row["position"], row["content"], row["answer"], row["status"]) for row in rows] == [
        (2, "q1", "a1", "completed"), (3, "q2", "a2", "completed")]  # fmt: skip
    exported = console.get(f"{path}/export")
    assert exported.text.splitlines()[-2:] == ["q1,a1", "q2,a2"]


def test_C_56_a_test_takes_250_characters(shelf: Shelf, console: Console) -> None:
    path = f"/datasets/{team_base(shelf)}/hit-testing"
    refused(console.post(path, {"query": "x" * 251}), 400, "invalid_param")
    assert console.post(path, {"query": "x" * 250}).status_code == 200


def test_C_60_without_a_threshold_zero_is_sent(console: Console, elsewhere: ExternalKnowledge) -> None:
    base = external_base(console, elsewhere)
    settings = {"top_k": 3, "score_threshold": 0.7, "score_threshold_enabled": False}
    answer = console.post(
        f"/datasets/{base}/external-hit-testing", {"query": "swimming", "external_retrieval_model": settings}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["records"][0]["title"] == "rules.md"
    sent = elsewhere.requests_to("/retrieval")[-1]
    wanted = ("retrieval_setting", "query", "knowledge_id")
    assert {name: sent.json[name] for name in wanted} == {
        "retrieval_setting": {"top_k": 3, "score_threshold": 0.0}, "query": "swimming", "knowledge_id": "port-docs"}  # fmt: skip  # noqa: E501


def test_C_61_a_server_elsewhere_that_fails_is_an_error(console: Console, elsewhere: ExternalKnowledge) -> None:
    base = external_base(console, elsewhere)
    elsewhere.records.pop("gone", None)
    api = console.get(f"/datasets/{base}").json()["external_knowledge_info"]
    moved = {"external_knowledge_api_id": api["external_knowledge_api_id"], "external_knowledge_id": "gone"}
    assert console.change(f"/datasets/{base}", moved).status_code == 200
    answer = console.post(f"/datasets/{base}/hit-testing", {"query": "swimming"})
    assert answer.status_code >= 500
    assert "No such knowledge" in answer.json()["message"]


def test_C_66_a_field_is_not_named_like_a_built_in_one(console: Console, shelf: Shelf) -> None:
    path = f"/datasets/{team_base(shelf)}/metadata"
    refused(console.post(path, {"type": "string", "name": "source"}), 400, "invalid_param")


def test_C_67_a_minimal_text_waits_at_position_1(shelf: Shelf) -> None:
    body = {"name": "n", "text": "t", "indexing_technique": "economy", "process_rule": AUTOMATIC}
    answer = shelf.post(f"/datasets/{shelf.new_base()}/document/create_by_text", body)
    document = answer.json()["document"]
    assert (answer.status_code, document["indexing_status"], document["created_from"], document["position"]) == (
        200, "waiting", "api", 1)  # fmt: skip


def test_C_68_a_workspace_has_ten_keys(workbench: Workbench) -> None:
    other = workbench.second_workspace(f"Keys {uuid4().hex[:6]}")
    console = console_of(workbench, workspace_id=other.id)
    for _ in range(10):
        assert console.post("/datasets/api-keys").status_code == 201
    refused(console.post("/datasets/api-keys"), 400, "max_keys_exceeded")
    assert len(console.get("/datasets/api-keys").json()["data"]) == 10


def test_C_69_a_document_that_is_not_completed_takes_no_chunks(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base, process_rule=BAD_RULE)["id"]
    body = {"segments": [{"content": "x"}]}
    refused(shelf.post(f"/datasets/{base}/documents/{document}/segments", body), 404, "not_found")


def test_C_70_a_type_comes_with_its_values(shelf: Shelf) -> None:
    refused(shelf.send(shelf.new_base(), doc_type="book"), 400, "invalid_metadata")
    refused(shelf.send(shelf.new_base(), doc_metadata={"title": "x"}), 400, "invalid_metadata")


def test_a_base_is_made_with_its_first_files_and_previewed(console: Console, shelf: Shelf) -> None:
    text = "One thing.\n\nTwo things."
    name = f"{uuid4().hex}.txt"
    order = {
        "info_list": files([upload(console, name, text)])["data_source"]["info_list"],
        "process_rule": PARAGRAPHS, "doc_form": "text_model",
    }  # fmt: skip
    seen = console.post("/datasets/indexing-estimate", order).json()
    assert (seen["total_segments"], [row["content"] for row in seen["preview"]]) == (2, ["One thing.", "Two things."])
    made = console.post("/datasets/init", files([upload(console, name, text)])).json()
    assert made["dataset"]["name"] == f"{name[:18]}..."
    document = made["documents"][0]["id"]

    def completed() -> bool:
        answer = console.get(f"/datasets/{made['dataset']['id']}/batch/{made['batch']}/indexing-status")
        return bool(answer.json()["data"][0]["indexing_status"] == "completed")

    eventually(completed, "the document is indexed")
    assert console.get(f"/datasets/{made['dataset']['id']}/documents/{document}").json()["segment_count"] == 2
    rule = console.call("GET", "/datasets/process-rule", params={"dataset_id": made["dataset"]["id"]}).json()
    assert rule["rules"]["segmentation"] == PARAGRAPHS["rules"]["segmentation"]

    looks = {"dataset_name": f"Named {uuid4().hex[:8]}", "dataset_permission": "all_team_members"}
    order = {**files([upload(console, name, text)]), **looks}
    named = console.post("/datasets/init", order).json()["dataset"]
    assert (named["name"], named["permission"]) == (looks["dataset_name"], "all_team_members")
    refused(console.post("/datasets/init", order), 409, "dataset_name_duplicate")


def test_an_archive_makes_the_base_again(console: Console, shelf: Shelf) -> None:
    base = team_base(shelf, description="by-laws")
    document = shelf.document(base)["id"]
    first = shelf.segments(base, document)[0]
    switch = f"/datasets/{base}/documents/{document}/segment/disable"
    console.call("PATCH", switch, params={"segment_id": first["id"]})
    archive = console.get(f"/datasets/{base}/export")
    assert archive.headers["content-type"] == "application/zip"
    packed = {"file": ("base.zip", archive.content, "application/zip")}
    made = console.call("POST", "/datasets/import", files=packed)
    assert made.status_code == 201, made.text
    copy = made.json()
    assert (copy["description"], copy["indexing_technique"], copy["total_documents"]) == ("by-laws", "economy", 1)
    (row,) = shelf.get(f"/datasets/{copy['id']}/documents").json()["data"]
    shelf.indexed(copy["id"], row["id"])
    rows = shelf.segments(copy["id"], row["id"])
    assert [(each["content"], each["enabled"]) for each in rows] == [("No swimming.", False), ("No diving.", True)]
    found = shelf.post(f"/datasets/{copy['id']}/retrieve", {"query": "swimming diving"}).json()["records"]
    assert [each["segment"]["content"] for each in found] == ["No diving."]
    broken = {"file": ("base.zip", b"no zip", "application/zip")}
    refused(console.call("POST", "/datasets/import", files=broken), 400, "invalid_param")
