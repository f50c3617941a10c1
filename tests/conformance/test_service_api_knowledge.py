"""Knowledge through `/v1` on a real server (spec service-api §12, cases 89 to 108)."""

from uuid import uuid4

import pytest

from tests.server.harness import Workbench
from tests.server.knowledge import AUTOMATIC, PARENTS, Shelf, shelf_of
from tests.server.matchers import refused

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def shelf(workbench: Workbench) -> Shelf:
    return shelf_of(workbench)


def test_case_89_a_base_is_made_once_by_its_name(shelf: Shelf) -> None:
    name = f"Base {uuid4().hex[:8]}"
    made = shelf.post("/datasets", {"name": name})
    assert (made.status_code, made.json()["embedding_available"], made.json()["permission"]) == (200, None, "only_me")
    refused(shelf.post("/datasets", {"name": name}), 409, "dataset_name_duplicate")
    refused(shelf.post("/datasets", {"name": "x" * 41}), 400, "invalid_param")
    refused(shelf.post("/datasets", {"name": "n", "permission": "everybody"}), 400, "invalid_param")


def test_case_90_pages_have_at_most_a_hundred_and_may_be_empty(shelf: Shelf) -> None:
    shelf.new_base()
    page = shelf.get("/datasets", limit=500).json()
    assert (page["limit"], len(page["data"]) <= 100) == (500, True)
    beyond = shelf.get("/datasets", page=99999)
    assert (beyond.status_code, beyond.json()["data"]) == (200, [])


def test_case_91_a_base_elsewhere_needs_a_known_api(shelf: Shelf) -> None:
    body = {"name": "n", "provider": "external", "external_knowledge_id": "k", "external_knowledge_api_id": NOWHERE}
    refused(shelf.post("/datasets", body), 400, "invalid_param")


def test_case_92_a_deleted_base_is_unknown_and_a_closed_one_forbidden(shelf: Shelf) -> None:
    refused(shelf.get(f"/datasets/{NOWHERE}"), 404, "not_found")
    refused(shelf.delete(f"/datasets/{NOWHERE}"), 404, "not_found")
    base = shelf.new_base()
    gone = shelf.delete(f"/datasets/{base}")
    assert (gone.status_code, gone.content) == (204, b"")
    refused(shelf.get(f"/datasets/{base}"), 404, "not_found")
    closed = shelf.new_base()
    assert shelf.change(f"/datasets/{closed}", {"enable_api": False}).status_code == 200
    refused(shelf.get(f"/datasets/{closed}"), 403, "forbidden")


def test_case_93_a_text_waits_and_then_all_its_chunks_are_completed(shelf: Shelf) -> None:
    base = shelf.new_base()
    sent = shelf.send(base, "One.\n\nTwo.\n\nThree.").json()
    assert sent["document"]["indexing_status"] == "waiting"
    assert (len(sent["batch"]), sent["batch"].isdigit()) == (20, True)
    shelf.indexed(base, sent["document"]["id"])
    (row,) = shelf.get(f"/datasets/{base}/documents/{sent['batch']}/indexing-status").json()["data"]
    assert (row["indexing_status"], row["completed_segments"], row["total_segments"]) == ("completed", 3, 3)


def test_case_94_a_name_that_is_there_is_replaced(shelf: Shelf) -> None:
    base = shelf.new_base()
    first, second = shelf.document(base, "Old."), shelf.document(base, "New.")
    assert first["id"] == second["id"]
    assert [row["id"] for row in shelf.get(f"/datasets/{base}/documents").json()["data"]] == [first["id"]]


def test_case_95_rules_are_checked_and_lengths_when_they_are_used(shelf: Shelf) -> None:
    base = shelf.new_base()

    def cut(**segmentation: object) -> dict[str, object]:
        return {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": segmentation}}

    refused(shelf.send(base, text=None), 400, "invalid_param")  # type: ignore[arg-type]
    without = {"mode": "custom", "rules": {"pre_processing_rules": []}}
    refused(shelf.send(base, process_rule=without), 400, "invalid_param")
    refused(shelf.send(base, process_rule=cut(separator="\n")), 400, "invalid_param")
    assert shelf.document(base, "One.\nTwo.", process_rule=cut(max_tokens=50))["segment_count"] == 2
    assert shelf.document(base, name="short.txt", process_rule=cut(max_tokens=10))["indexing_status"] == "error"


def test_case_96_a_file_needs_no_data_and_must_be_a_document(shelf: Shelf) -> None:
    base = shelf.new_base(indexing_technique="economy")
    path = f"/datasets/{base}/document/create-by-file"
    sent = shelf.call("POST", path, files={"file": ("notes.md", b"# A\n\ntext", "text/markdown")})
    assert sent.status_code == 200
    document = shelf.indexed(base, sent.json()["document"]["id"])
    assert (document["display_status"], document["document_process_rule"]["mode"]) == ("available", "automatic")
    refused(shelf.call("POST", path, files={"file": ("a.exe", b"MZ")}), 415, "unsupported_file_type")
    refused(shelf.call("POST", path, files={"data": (None, "{}")}), 400, "no_file_uploaded")
    large = {"file": ("big.txt", b"x" * (16 * 1024 * 1024), "text/plain")}
    refused(shelf.call("POST", path, files=large), 413, "file_too_large")


def test_case_97_an_update_needs_a_name_and_a_document_that_is_there(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    path = f"/datasets/{base}/documents/{document['id']}/update-by-text"
    refused(shelf.post(path, {"text": "t"}), 400, "invalid_param")
    shelf.set_state(base, document["id"], "disable")
    refused(shelf.post(path, {"name": "n", "text": "t"}), 400, "invalid_param")
    unknown = f"/datasets/{base}/documents/{NOWHERE}/update-by-text"
    refused(shelf.post(unknown, {"name": "n", "text": "t"}), 404, "not_found")


def test_case_98_an_unknown_batch_is_not_found(shelf: Shelf) -> None:
    refused(shelf.get(f"/datasets/{shelf.new_base()}/documents/{'1' * 20}/indexing-status"), 404, "not_found")


def test_case_99_a_document_tells_all_or_its_metadata_only(shelf: Shelf) -> None:
    base = shelf.new_base()
    path = f"/datasets/{base}/documents/{shelf.document(base)['id']}"
    refused(shelf.get(path, metadata="foo"), 400, "invalid_metadata")
    assert set(shelf.get(path, metadata="only").json()) == {"id", "doc_type", "doc_metadata"}


def test_case_100_actions_are_known_and_wait_for_the_index(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    refused(shelf.change(f"/datasets/{base}/documents/status/freeze", {"document_ids": []}), 400, "invalid_action")
    assert shelf.set_state(base, document["id"], "disable")["display_status"] == "disabled"
    failed = shelf.document(base, name="bad.txt", process_rule={
        "mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"max_tokens": 10}}})  # fmt: skip
    body = {"document_ids": [failed["id"]]}
    refused(shelf.change(f"/datasets/{base}/documents/status/disable", body), 400, "invalid_action")


def test_case_101_an_archived_document_stays(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    path = f"/datasets/{base}/documents/{document['id']}"
    shelf.set_state(base, document["id"], "archive")
    refused(shelf.delete(path), 403, "archived_document_immutable")
    shelf.set_state(base, document["id"], "un_archive")
    assert shelf.delete(path).json() == {"result": "success"}


def test_case_102_chunks_are_added_at_the_end(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    path = f"/datasets/{base}/documents/{document['id']}/segments"
    added = shelf.post(path, {"segments": [{"content": "No running.", "keywords": ["running"]}, {"content": "Last."}]})
    assert [(row["position"], row["status"], row["answer"]) for row in added.json()["data"]] == [
        (3, "completed", None), (4, "completed", None)]  # fmt: skip
    assert shelf.read(base, document["id"])["word_count"] == 12 + 10 + 11 + 5
    refused(shelf.post(path, {"segments": [{"content": "  "}]}), 400, "invalid_param")
    refused(shelf.post(path, {}), 400, "invalid_param")
    shelf.set_state(base, document["id"], "disable")
    refused(shelf.post(path, {"segments": [{"content": "x"}]}), 404, "not_found")


def test_case_103_a_disabled_chunk_is_changed_only_with_its_switch(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    first = shelf.segments(base, document["id"])[0]
    path = f"/datasets/{base}/documents/{document['id']}/segments/{first['id']}"
    off = shelf.post(path, {"segment": {"enabled": False}})
    assert (off.status_code, off.json()["data"]["enabled"], off.json()["doc_form"]) == (200, False, "text_model")
    refused(shelf.post(path, {"segment": {"content": "x"}}), 400, "invalid_param")
    on = shelf.post(path, {"segment": {"content": "No swimming at all.", "enabled": True}}).json()["data"]
    assert (on["content"], on["enabled"], on["status"]) == ("No swimming at all.", True, "completed")
    assert shelf.delete(path).json() == {"result": "success"}
    refused(shelf.delete(path), 404, "not_found")


def test_case_104_children_of_chunks(shelf: Shelf) -> None:
    base = shelf.new_base(indexing_technique="high_quality")
    document = shelf.document(
        base, "One thing. Another thing.", indexing_technique="high_quality", doc_form="hierarchical_model",
        process_rule=PARENTS,
    )  # fmt: skip
    assert document["display_status"] == "available", document["error"]
    (parent,) = shelf.segments(base, document["id"])
    root = f"/datasets/{base}/documents/{document['id']}/segments"
    refused(shelf.get(f"{root}/{NOWHERE}/child_chunks"), 404, "not_found")
    path = f"{root}/{parent['id']}/child_chunks"
    added = shelf.post(path, {"content": "A third thing."}).json()["data"]
    assert (added["type"], added["position"]) == ("customized", len(parent["child_chunks"]) + 1)
    page = shelf.get(path, limit=1).json()
    assert (page["total"], page["total_pages"], len(page["data"])) == (added["position"], added["position"], 1)
    edited = shelf.change(f"{path}/{added['id']}", {"content": "A fourth thing."}).json()["data"]
    assert edited["content"] == "A fourth thing."
    assert shelf.delete(f"{path}/{added['id']}").status_code == 204
    refused(shelf.delete(f"{path}/{added['id']}"), 404, "not_found")


def test_case_105_searches_are_bounded_and_may_find_nothing(shelf: Shelf) -> None:
    empty = shelf.new_base()
    refused(shelf.post(f"/datasets/{empty}/retrieve", {"query": "x" * 251}), 400, "invalid_param")
    refused(shelf.post(f"/datasets/{empty}/retrieve", {"query": ""}), 400, "invalid_param")
    assert shelf.post(f"/datasets/{empty}/retrieve", {"query": "swim"}).json()["records"] == []
    base = shelf.new_base(indexing_technique="high_quality")
    shelf.document(base, indexing_technique="high_quality")
    found = shelf.post(f"/datasets/{base}/hit-testing", {"query": "No swimming."}).json()["records"]
    assert found[0]["segment"]["content"] == "No swimming."
    strict = {"score_threshold_enabled": True, "score_threshold": 1.0}
    answer = shelf.post(f"/datasets/{base}/retrieve", {"query": "other words", "retrieval_model": strict})
    assert answer.json()["records"] == []


def test_case_106_metadata_fields_have_names_of_their_own(shelf: Shelf) -> None:
    base = shelf.new_base()
    document = shelf.document(base)
    path = f"/datasets/{base}/metadata"
    made = shelf.post(path, {"type": "string", "name": "port"})
    assert (made.status_code, set(made.json())) == (201, {"id", "name", "type"})
    refused(shelf.post(path, {"type": "string", "name": "port"}), 400, "invalid_param")
    refused(shelf.post(path, {"type": "string", "name": "uploader"}), 400, "invalid_param")
    refused(shelf.post(path, {"type": "picture", "name": "x"}), 400, "invalid_param")
    value = {"id": made.json()["id"], "name": "port", "value": "Bergen"}
    operation = {"operation_data": [{"document_id": document["id"], "metadata_list": [value]}]}
    assert shelf.post(f"/datasets/{base}/documents/metadata", operation).json() == {"result": "success"}
    assert shelf.read(base, document["id"])["doc_metadata"] == [{**made.json(), "value": "Bergen"}]
    assert shelf.get(path).json()["doc_metadata"][0]["count"] == 1
    conditions = {"conditions": [{"name": "port", "comparison_operator": "is", "value": "Oslo"}]}
    order = {"query": "swimming", "retrieval_model": {"metadata_filtering_conditions": conditions}}
    assert shelf.post(f"/datasets/{base}/retrieve", order).json()["records"] == []
    assert shelf.delete(f"{path}/{made.json()['id']}").status_code == 204
    assert shelf.read(base, document["id"])["doc_metadata"] == []


def test_case_107_tags_are_a_bare_list(shelf: Shelf) -> None:
    name = f"tag {uuid4().hex[:8]}"
    tag = shelf.post("/datasets/tags", {"name": name}).json()
    assert {**tag, "binding_count": "0"} in shelf.get("/datasets/tags").json()
    refused(shelf.post("/datasets/tags", {"name": name}), 400, "invalid_param")
    refused(shelf.delete("/datasets/tags", {"tag_id": NOWHERE}), 404, "not_found")
    binding = {"tag_ids": [tag["id"]], "target_id": NOWHERE}
    refused(shelf.post("/datasets/tags/binding", binding), 404, "not_found")
    refused(shelf.post("/datasets/tags/binding", {**binding, "tag_ids": []}), 400, "invalid_param")


def test_case_108_models_are_listed_by_type(shelf: Shelf) -> None:
    root = "/workspaces/current/models/model-types"
    refused(shelf.get(f"{root}/foo"), 400, "invalid_param")
    assert isinstance(shelf.get(f"{root}/rerank").json()["data"], list)
    (provider,) = shelf.get(f"{root}/text-embedding").json()["data"]
    assert {row["model_type"] for row in provider["models"]} == {"text-embedding"}
    assert provider["status"] == "active"


def test_minimal_bodies_take_the_automatic_rule(shelf: Shelf) -> None:
    base = shelf.new_base()
    body = {"name": "a", "text": "b", "indexing_technique": "high_quality", "process_rule": AUTOMATIC}
    sent = shelf.post(f"/datasets/{base}/document/create-by-text", body)
    assert shelf.indexed(base, sent.json()["document"]["id"])["display_status"] == "available"


def test_the_calls_of_the_official_python_client_work_unchanged(shelf: Shelf) -> None:
    """What `KnowledgeBaseClient` of the PyPI package `dify-client` sends, call by call."""
    base = shelf.post("/datasets", {"name": f"Client {uuid4().hex[:8]}"}).json()["id"]
    assert base in {row["id"] for row in shelf.get("/datasets", page=1, limit=20).json()["data"]}
    extra = {"indexing_technique": "economy", "process_rule": {"mode": "automatic"}}
    text = shelf.post(f"/datasets/{base}/document/create_by_text", {**extra, "name": "a", "text": "Some words."}).json()
    shelf.indexed(base, text["document"]["id"])
    part = {"file": ("notes.txt", b"Other words.")}
    form = {"data": '{"indexing_technique": "economy", "process_rule": {"mode": "automatic"}}'}
    file = shelf.call("POST", f"/datasets/{base}/document/create_by_file", data=form, files=part).json()
    shelf.indexed(base, file["document"]["id"])
    documents = f"/datasets/{base}/documents"
    update = shelf.post(f"{documents}/{text['document']['id']}/update_by_text", {"name": "a", "text": "New words."})
    assert update.status_code == 200
    shelf.indexed(base, text["document"]["id"])
    again = shelf.call("POST", f"{documents}/{file['document']['id']}/update_by_file", data={"data": "{}"}, files=part)
    assert again.status_code == 200, again.text
    shelf.indexed(base, file["document"]["id"])
    status = shelf.get(f"{documents}/{update.json()['batch']}/indexing-status").json()["data"]
    assert status[0]["indexing_status"] == "completed"
    segments = f"{documents}/{text['document']['id']}/segments"
    added = shelf.post(segments, {"segments": [{"content": "One more.", "keywords": ["more"]}]}).json()["data"][0]
    assert {row["content"] for row in shelf.get(segments, keyword="more", status="completed").json()["data"]} == {
        "One more."
    }
    edited = shelf.post(f"{segments}/{added['id']}", {"segment": {"content": "Last."}})
    assert edited.json()["data"]["content"] == "Last."
    assert shelf.delete(f"{segments}/{added['id']}").json() == {"result": "success"}
    assert shelf.delete(f"{documents}/{text['document']['id']}").json() == {"result": "success"}
    assert shelf.delete(f"/datasets/{base}").status_code == 204
