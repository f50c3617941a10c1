"""Documents through `/v1` (spec service-api §5.4 to §5.7)."""

import io
import json
import re
import zipfile

from sqlalchemy import select, update

from tests.doubles import office
from tests.knowledge.api.bench import AUTOMATIC, PARAGRAPHS, PARENTS, Bench, Caller, JsonMap, refused
from treadle.knowledge.ingest.unused import Unused
from treadle.knowledge.tables import ChildChunk, Document, KnowledgeBase, Segment
from treadle.platform.clock import SECOND, now_us

LINK = re.compile(r"!\[image\]\(http://127\.0\.0\.1:8700(/files/tools/[^)]+)\)")


def with_file(name: str = "notes.md", text: str = "# One\n\nfirst", data: JsonMap | None = None) -> JsonMap:
    """A form with a file."""
    parts: JsonMap = {"files": {"file": (name, text.encode(), "text/plain")}}
    return parts if data is None else {**parts, "data": {"data": json.dumps(data)}}


async def test_text_becomes_chunks_that_are_found(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    body = {"name": "n", "text": "No swimming.\nNo diving.", "indexing_technique": "economy", "process_rule": AUTOMATIC}
    answer = await api.post(f"/datasets/{base}/document/create_by_text", body)
    assert answer.status_code == 200
    document, batch = answer.json()["document"], answer.json()["batch"]
    assert {name: document[name] for name in ("position", "name", "created_from", "indexing_status",
            "display_status", "data_source_type", "enabled", "archived", "word_count", "doc_form")} == {
        "position": 1, "name": "n", "created_from": "api", "indexing_status": "waiting", "display_status": "queuing",
        "data_source_type": "upload_file", "enabled": True, "archived": False, "word_count": 0,
        "doc_form": "text_model"}  # fmt: skip
    assert document["data_source_detail_dict"]["upload_file"]["size"] == 23
    assert re.fullmatch(r"\d{20}", batch)
    detail = await here.indexed(api, base, document["id"])
    assert (detail["display_status"], detail["segment_count"], detail["word_count"]) == ("available", 1, 23)
    assert detail["average_segment_length"] == 23
    assert detail["document_process_rule"]["mode"] == "automatic"
    (row,) = (await api.get(f"/datasets/{base}/documents/{batch}/indexing-status")).json()["data"]
    assert (row["indexing_status"], row["completed_segments"], row["total_segments"]) == ("completed", 1, 1)
    refused(await api.get(f"/datasets/{base}/documents/20200101000000123456/indexing-status"), 404, "not_found")
    shown = (await api.get(f"/datasets/{base}")).json()
    assert (shown["data_source_type"], shown["indexing_technique"], shown["doc_form"], shown["document_count"]) == (
        "upload_file", "economy", "text_model", 1)  # fmt: skip
    assert shown["retrieval_model_dict"]["search_method"] == "keyword_search"
    found = (await api.post(f"/datasets/{base}/retrieve", {"query": "swimming"})).json()
    (record,) = found["records"]
    assert found["query"] == {"content": "swimming"}
    assert (record["segment"]["content"], record["score"], record["child_chunks"]) == (
        "No swimming.\nNo diving.", None, None)  # fmt: skip
    assert record["segment"]["document"]["name"] == "n"


async def test_a_file_without_data_is_cut_by_the_automatic_rule(here: Bench, api: Caller) -> None:
    base = await here.base(api, indexing_technique="economy")
    for dash in ("-", "_"):
        answer = await api.call("POST", f"/datasets/{base}/document/create{dash}by{dash}file", **with_file())
        assert answer.status_code == 200, answer.text
        document = await here.indexed(api, base, answer.json()["document"]["id"])
        assert (document["name"], document["display_status"]) == ("notes.md", "available")
    assert (await api.get(f"/datasets/{base}/documents")).json()["total"] == 1


async def test_files_that_cannot_be_taken_are_refused(here: Bench, api: Caller) -> None:
    base = await here.base(api, indexing_technique="economy")
    path = f"/datasets/{base}/document/create-by-file"
    refused(await api.call("POST", path, files={"other": (None, "x")}), 400, "no_file_uploaded")
    refused(await api.call("POST", path, files={"file": (None, "x")}), 400, "no_file_uploaded")
    twice = [("file", ("a.txt", b"x")), ("file", ("b.txt", b"y"))]
    refused(await api.call("POST", path, files=twice), 400, "too_many_files")
    refused(await api.call("POST", path, **with_file("tool.exe")), 415, "unsupported_file_type")
    refused(await api.call("POST", path, **with_file("song.mp3")), 415, "unsupported_file_type")
    huge = {"file": ("big.txt", b"x" * (16 * 1024 * 1024), "text/plain")}
    refused(await api.call("POST", path, files=huge), 413, "file_too_large")
    bad = {"files": {"file": ("a.txt", b"x")}, "data": {"data": "{"}}
    refused(await api.call("POST", path, **bad), 400, "bad_request")
    refused(await api.call("POST", path, **with_file(data={"doc_form": "magic"})), 400, "invalid_param")
    refused(await api.post(path, {}), 415, "unsupported_media_type")
    assert (await api.get(f"/datasets/{base}/documents")).json()["data"] == []


async def test_a_name_that_is_there_is_replaced(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    first = await here.text(api, base, "Old words stand here.")
    second = await here.text(api, base, "New words stand here.")
    assert (second["id"], second["position"]) == (first["id"], 1)
    assert [row["content"] for row in await here.segments(api, base, first["id"])] == ["New words stand here."]
    apart = await here.text(api, base, "Another one.", duplicate=False)
    assert (apart["id"] != first["id"], apart["position"]) == (True, 2)


async def test_bad_documents_are_refused_by_name(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    path = f"/datasets/{base}/document/create-by-text"
    good = {"name": "n", "text": "t", "indexing_technique": "economy", "process_rule": AUTOMATIC}
    custom = {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"max_tokens": 500}}}
    for change, code, param in (
        ({"name": ""}, "invalid_param", "name"),
        ({"text": None}, "invalid_param", "text"),
        ({"indexing_technique": None}, "invalid_param", "indexing_technique"),
        ({"indexing_technique": "magic"}, "invalid_param", "indexing_technique"),
        ({"doc_form": "poem_model"}, "invalid_param", "doc_form"),
        ({"process_rule": {"mode": "magic"}}, "invalid_param", "process_rule"),
        ({"process_rule": {"mode": "custom"}}, "invalid_param", "process_rule"),
        ({"process_rule": {"mode": "custom", "rules": {"pre_processing_rules": []}}}, "invalid_param", "process_rule"),
        ({"process_rule": {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"separator": "."}}}},  # noqa: E501
         "invalid_param", "process_rule"),
        ({"doc_type": "book"}, "invalid_metadata", "doc_metadata"),
        ({"doc_type": "book", "doc_metadata": {"title": 3}}, "invalid_metadata", "doc_metadata"),
        ({"doc_form": "qa_model"}, "high_quality_dataset_only", "indexing_technique"),
    ):  # fmt: skip
        assert refused(await api.post(path, {**good, **change}), 400, code)["params"] == param, change
    assert (await api.get(f"/datasets/{base}/documents")).json()["total"] == 0
    strange = {**custom, "rules": {**custom["rules"], "pre_processing_rules": [{"id": "unknown", "enabled": True}]}}
    assert (await api.post(path, {**good, "process_rule": strange})).status_code == 200


async def test_a_length_that_no_chunk_has_ends_the_document_in_an_error(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    rule = {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"max_tokens": 10}}}
    document = await here.text(api, base, process_rule=rule)
    assert (document["display_status"], document["indexing_status"]) == ("error", "error")
    assert "between 50 and 4000" in document["error"]


async def test_without_a_rule_the_newest_of_the_base_is_used(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    first = await here.text(api, base)
    body = {"name": "second", "text": "One.\n\nTwo.\n\nThree."}
    answer = await api.post(f"/datasets/{base}/document/create-by-text", body)
    second = await here.indexed(api, base, answer.json()["document"]["id"])
    assert second["dataset_process_rule_id"] == first["dataset_process_rule_id"]
    assert second["segment_count"] == 3


async def test_documents_are_read_again_with_other_words_or_another_rule(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    document = await here.text(api, base, "One.\n\nTwo.")
    path = f"/datasets/{base}/documents/{document['id']}"
    refused(await api.post(f"{path}/update-by-text", {"text": "No name."}), 400, "invalid_param")
    answer = await api.post(f"{path}/update_by_text", {"name": "renamed.txt", "text": "Three.\n\nFour.\n\nFive."})
    assert (answer.status_code, answer.json()["document"]["created_from"]) == (200, "api")
    changed = await here.indexed(api, base, document["id"])
    assert (changed["name"], changed["segment_count"]) == ("renamed.txt", 3)
    ruled = await api.post(f"{path}/update-by-text", {"process_rule": AUTOMATIC})
    assert ruled.status_code == 200
    assert (await here.indexed(api, base, document["id"]))["segment_count"] == 1
    replaced = await api.call("PATCH", path, **with_file("other.txt", "Six.", {"process_rule": PARAGRAPHS}))
    assert replaced.status_code == 200
    last = await here.indexed(api, base, document["id"])
    assert (last["name"], [row["content"] for row in await here.segments(api, base, document["id"])]) == (
        "other.txt", ["Six."])  # fmt: skip
    unknown = f"/datasets/{base}/documents/{base}/update-by-text"
    refused(await api.post(unknown, {"name": "n", "text": "t"}), 404, "not_found")


async def test_files_in_utf_16_are_read_with_and_without_a_mark(here: Bench, api: Caller) -> None:
    base = await here.base(api, indexing_technique="economy")
    for text, encoding in (
        ("Hello", "utf-16-le"),
        ("Привет мир", "utf-16-be"),
        ("你好，世界", "utf-16-le"),
        ("港で", "utf-16"),
    ):
        form = {"files": {"file": ("words.txt", text.encode(encoding), "text/plain")}}
        made = (await api.call("POST", f"/datasets/{base}/document/create-by-file", **form)).json()["document"]
        await here.indexed(api, base, made["id"])
        assert [row["content"] for row in await here.segments(api, base, made["id"])] == [text]


async def test_details_and_lists_of_documents(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    described = {"doc_type": "book", "doc_metadata": {"title": "Tides", "unknown": "x"}}
    first = await here.text(api, base, name="Alpha.txt", **described)
    await here.text(api, base, name="beta.txt")
    path = f"/datasets/{base}/documents"
    assert [row["name"] for row in (await api.get(path)).json()["data"]] == ["beta.txt", "Alpha.txt"]
    assert [row["name"] for row in (await api.get(path, keyword="alpha")).json()["data"]] == ["Alpha.txt"]
    assert (await api.get(path, status="available")).json()["total"] == 2
    assert (await api.get(path, status="error")).json()["total"] == 0
    refused(await api.get(path, status="magic"), 400, "invalid_param")
    only = (await api.get(f"{path}/{first['id']}", metadata="only")).json()
    assert only == {"id": first["id"], "doc_type": "book", "doc_metadata": []}
    assert (await api.get(f"{path}/{first['id']}", metadata="without")).json()["doc_metadata"] == []
    refused(await api.get(f"{path}/{first['id']}", metadata="magic"), 400, "invalid_metadata")


async def test_documents_are_switched_archived_and_deleted(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    document = await here.text(api, base)
    path = f"/datasets/{base}/documents"

    async def do(action: str) -> None:
        answer = await api.patch(f"{path}/status/{action}", {"document_ids": [document["id"], base]})
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})

    async def found() -> int:
        return len((await api.post(f"/datasets/{base}/retrieve", {"query": "swimming"})).json()["records"])

    async def settled() -> JsonMap:
        await here.idle(document["id"])
        return dict((await api.get(f"{path}/{document['id']}")).json())

    assert await found() == 1
    await do("disable")
    assert (await settled())["display_status"] == "disabled"
    assert await found() == 0
    refused(await api.post(f"{path}/{document['id']}/segments", {"segments": [{"content": "x"}]}), 404, "not_found")
    await do("enable")
    assert (await settled())["display_status"] == "available"
    assert await found() == 1
    await do("archive")
    assert (await settled())["display_status"] == "archived"
    assert await found() == 0
    refused(await api.delete(f"{path}/{document['id']}"), 403, "archived_document_immutable")
    await do("un_archive")
    assert (await settled())["display_status"] == "available"
    refused(await api.patch(f"{path}/status/freeze", {"document_ids": []}), 400, "invalid_action")
    assert (await api.patch(f"{path}/status/enable", {})).status_code == 200
    gone = await api.delete(f"{path}/{document['id']}")
    assert (gone.status_code, gone.json()) == (200, {"result": "success"})
    refused(await api.get(f"{path}/{document['id']}"), 404, "not_found")
    refused(await api.delete(f"{path}/{document['id']}"), 404, "not_found")


async def test_files_come_back_as_they_were_sent(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    first, second = await here.text(api, base, "One."), await here.text(api, base, "Two.", name="two.txt")
    path = f"/datasets/{base}/documents"
    file = (await api.get(f"{path}/{first['id']}/upload-file")).json()
    assert (file["name"], file["extension"], file["size"]) == ("rules.txt", "txt", 4)
    link = (await api.get(f"{path}/{first['id']}/download")).json()["url"]
    sent = await api.http.get(link.replace("http://127.0.0.1:8700", ""))
    assert (sent.status_code, sent.content) == (200, b"One.")
    packed = await api.post(f"{path}/download-zip", {"document_ids": [first["id"], second["id"]]})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"rules.txt": b"One.", "two.txt": b"Two."}
    refused(await api.post(f"{path}/download-zip", {"document_ids": []}), 400, "invalid_param")


async def test_images_are_kept_without_what_opens_them(here: Bench, api: Caller) -> None:
    """Links run out; so the text names the file, and whoever may read the chunk is given a link of now."""
    base = await here.base(api, indexing_technique="economy")
    word = {"files": {"file": ("pier.docx", office.docx(["The pier"], with_image=True))}}
    made = (await api.call("POST", f"/datasets/{base}/document/create-by-file", **word)).json()["document"]
    await here.indexed(api, base, made["id"])
    (segment,) = await here.segments(api, base, made["id"])
    (link,) = LINK.findall(segment["content"])
    assert (await api.http.get(link)).status_code == 200
    assert (await api.http.get(link.partition("?")[0])).status_code != 200

    async def kept() -> str:
        async with here.services.db.session() as session:
            return (await session.execute(select(Segment.content).where(Segment.id == segment["id"]))).scalar_one()

    place = link.partition("?")[0]
    assert await kept() == f"The pier\n![image]({place})"
    (found,) = (await api.post(f"/datasets/{base}/retrieve", {"query": "pier"})).json()["records"]
    assert f"{place}?timestamp=" in found["segment"]["content"]
    for pictures in (segment["attachments"], found["segment"]["attachments"], found["files"]):
        (picture,) = pictures
        assert (picture["name"], picture["extension"], picture["mime_type"]) == ("image.png", ".png", "image/png")
        opened = await api.http.get(picture["source_url"])
        assert (opened.status_code, len(opened.content)) == (200, picture["size"])
    change = {"segment": {"content": segment["content"] + " at dawn"}}
    path = f"/datasets/{base}/documents/{made['id']}/segments/{segment['id']}"
    changed = (await api.post(path, change)).json()["data"]
    assert "?timestamp=" in changed["content"]
    assert (await kept()).endswith(f"{place}) at dawn")
    thief = await here.text(api, base, f"A picture of somebody else: ![image]({place})", name="thief.txt")
    (stolen,) = await here.segments(api, base, thief["id"])
    assert stolen["content"].endswith(f"({place})")
    assert stolen["attachments"] == []


async def test_images_of_child_chunks_open_for_whoever_may_read_them(here: Bench, api: Caller) -> None:
    await here.add_models()
    base = await here.base(api)
    data = json.dumps({"indexing_technique": "high_quality", "doc_form": "hierarchical_model", "process_rule": PARENTS})
    word = {"files": {"file": ("pier.docx", office.docx(["The pier"], with_image=True))}, "data": {"data": data}}
    made = (await api.call("POST", f"/datasets/{base}/document/create-by-file", **word)).json()["document"]
    await here.indexed(api, base, made["id"])
    (segment,) = await here.segments(api, base, made["id"])
    path = f"/datasets/{base}/documents/{made['id']}/segments/{segment['id']}/child_chunks"
    listed = (await api.get(path)).json()["data"]
    (record,) = (await api.post(f"/datasets/{base}/retrieve", {"query": "pier"})).json()["records"]
    for children in (segment["child_chunks"], listed, record["child_chunks"]):
        (link,) = [found for child in children for found in LINK.findall(child["content"])]
        assert (await api.http.get(link)).status_code == 200
        assert (await api.http.get(link.partition("?")[0])).status_code != 200
    (pictured,) = [child for child in listed if "/files/tools/" in child["content"]]
    changed = (await api.patch(f"{path}/{pictured['id']}", {"content": f"{pictured['content']} at dawn"})).json()
    assert "?timestamp=" in changed["data"]["content"]
    async with here.services.db.session() as session:
        row = await session.get(ChildChunk, pictured["id"])
    assert row is not None
    assert row.content.endswith(f"{link.partition('?')[0]}) at dawn"), "what opens it is not kept"


async def test_documents_that_nobody_used_are_told_of_until_they_are_used_again(here: Bench, api: Caller) -> None:
    editor = await here.member("editor")
    base = await here.base(editor, permission="all_team_members")
    document = await here.text(api, base)
    logs = f"/datasets/{base}/auto-disable-logs"
    assert (await editor.get(logs)).json() == {"document_ids": [], "count": 0}
    long_ago = now_us() - 31 * 24 * 60 * 60 * SECOND
    async with here.services.db.transaction() as session:
        for table, mine in ((KnowledgeBase, KnowledgeBase.id), (Document, Document.base_id)):
            await session.execute(update(table).where(mine == base).values(created_at=long_ago, updated_at=long_ago))
    assert await Unused(here.services.db).switch_off(30) == 1
    await here.idle(document["id"])
    assert (await editor.get(logs)).json() == {"document_ids": [document["id"]], "count": 1}
    assert (await api.post(f"/datasets/{base}/retrieve", {"query": "swimming"})).json()["records"] == []
    refused(await (await here.member("normal")).get(logs), 403, "forbidden")
    refused(await (await here.member("admin", await here.workspace())).get(logs), 404, "not_found")
    await editor.patch(f"/datasets/{base}/documents/status/enable/batch?document_id={document['id']}")
    await here.idle(document["id"])
    assert (await editor.get(logs)).json() == {"document_ids": [], "count": 0}
    assert len((await api.post(f"/datasets/{base}/retrieve", {"query": "swimming"})).json()["records"]) == 1
