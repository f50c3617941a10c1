"""The numbered tests of spec workflow-nodes §27 and §28: what knowledge pipelines begin and end with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from tests.knowledge.ingest.filling import Filling, filling
from tests.nodes.harness import Played, node, play
from tests.nodes.ports import MemoryFiles, a_world
from treadle.apps.check import check_file
from treadle.apps.editing.blocks import blocks
from treadle.engine.events import NodeFinished, NodeStatus
from treadle.engine.source_port import Download, NoSources, SourceCall, Sources
from treadle.engine.values import File, JsonValue, Value

__all__ = ["filling"]

PAGE: dict[str, Value] = {"source_url": "http://a", "title": "T", "content": "c", "description": ""}


async def read(
    kind: str,
    info: Mapping[str, Value] | None,
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    data: Mapping[str, JsonValue] | None = None,
    sources: Sources | None = None,
) -> Played:
    """A run that begins with the datasource `ds` and ends with a template `t`."""
    settings: dict[str, JsonValue] = {
        "plugin_id": "acme/p",
        "provider_name": "p",
        "provider_type": kind,
        **(data or {}),
    }
    template: dict[str, JsonValue] = {
        "template": "{{ shared }} {{ own }}",
        "variables": [
            {"variable": "shared", "value_selector": ["rag", "shared", "max"]},
            {"variable": "own", "value_selector": ["rag", "ds", "k"]},
        ],
    }
    system: dict[str, Value] = {"datasource_type": kind, **({} if info is None else {"datasource_info": dict(info)})}
    return await play(
        [node("ds", "datasource", settings), node("t", "template-transform", template)],
        "ds -> t",
        scopes={"sys": system, **(scopes or {})},
        ports=replace(a_world(files=MemoryFiles({"a.txt": b"text"})), sources=sources or NoSources()),
    )


def failed(record: NodeFinished) -> str:
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "DatasourceError")
    return record.error or ""


async def test_DS_1_a_local_file_is_an_uploaded_one() -> None:
    record = (await read("local_file", {"related_id": "a.txt"})).node("ds")
    file = record.outputs["file"]
    assert isinstance(file, File)
    assert (file.filename, file.type) == ("a.txt", "custom")
    assert record.outputs["datasource_type"] == "local_file"
    assert record.metadata["datasource_info"] == {"related_id": "a.txt"}


async def test_DS_2_a_file_that_nobody_uploaded_fails() -> None:
    assert "no file zz" in failed((await read("local_file", {"related_id": "zz"})).node("ds"))
    assert "is missing" in failed((await read("local_file", {})).node("ds"))
    refused = await read("local_file", {"related_id": "a.txt"}, data={"fileExtensions": ["PDF"]})
    assert failed(refused.node("ds")) == "a.txt is not accepted here; use one of pdf."


async def test_DS_3_a_run_without_a_source_fails() -> None:
    assert "names no source" in failed((await read("local_file", None)).node("ds"))


async def test_DS_4_a_web_page_is_passed_on() -> None:
    record = (await read("website_crawl", PAGE)).node("ds")
    assert record.outputs == {**PAGE, "datasource_type": "website_crawl"}
    assert "`content`" in failed((await read("website_crawl", {**PAGE, "content": 3})).node("ds"))


class Drive:
    """A plugin with one page and one file."""

    def __init__(self) -> None:
        self.calls: list[SourceCall] = []

    async def document(self, call: SourceCall) -> dict[str, Value]:
        self.calls.append(call)
        return {"content": "# Plan", "title": "Plan", "page_id": "p1"}

    async def download(self, call: SourceCall) -> Download:
        self.calls.append(call)
        return Download("a.txt", b"x", "text/plain")


async def test_DS_5_a_file_of_a_drive_is_downloaded() -> None:
    drive = Drive()
    info: dict[str, Value] = {"id": "f1", "bucket": "b", "credential_id": "c1"}
    record = (await read("online_drive", info, sources=drive)).node("ds")
    file = record.outputs["file"]
    assert isinstance(file, File)
    assert (file.filename, file.size, file.extension, file.type) == ("a.txt", 1, ".txt", "custom")
    assert record.outputs["datasource_type"] == "online_drive"
    (call,) = drive.calls
    assert (call.plugin_id, call.provider, call.credential_id, call.info["bucket"]) == ("acme/p", "p", "c1", "b")
    page = (await read("online_document", {"workspace_id": "w"}, sources=drive)).node("ds")
    assert page.outputs == {
        "content": "# Plan", "title": "Plan", "page_id": "p1", "datasource_type": "online_document",
    }  # fmt: skip


async def test_DS_6_inputs_of_the_pipeline_are_read_from_any_node() -> None:
    played = await read("website_crawl", PAGE, scopes={"rag": {"shared": {"max": 10}, "ds": {"k": "v"}}})
    assert played.node("t").outputs["output"] == "10 v"


async def test_a_source_of_a_plugin_that_is_not_installed_fails() -> None:
    for kind in ("online_document", "online_drive"):
        assert "plugin acme/p is not installed" in failed((await read(kind, {"id": "1", "bucket": "b"})).node("ds"))


def test_an_app_cannot_have_nodes_of_pipelines() -> None:
    for kind in ("datasource", "knowledge-index"):
        nodes = [{"id": "n", "type": "custom", "data": {"type": kind, "title": "N"}}]
        app = {
            "kind": "app",
            "version": "0.3.0",
            "app": {"name": "A", "mode": "workflow"},
            "workflow": {"graph": {"nodes": nodes, "edges": []}},
        }
        messages = [problem.message for problem in check_file(yaml.safe_dump(app)).problems]
        assert any("part of knowledge pipelines" in message for message in messages), messages
        offered = {block.type for mode in ("workflow", "advanced-chat") for block in blocks(mode)}
        assert kind not in offered


async def test_KI_1_texts_become_chunks(filling: Filling) -> None:
    document_id = await filling.document()
    record = await filling.run(["a", "b"], "text_model", document_id=document_id)
    assert record.status is NodeStatus.SUCCEEDED, record.error
    assert record.outputs["display_status"] == "completed"
    segments = await filling.rig.segments(document_id)
    assert [(each.content, each.enabled, each.status) for each in segments] == [
        ("a", True, "completed"),
        ("b", True, "completed"),
    ]
    assert filling.rig.index.texts(filling.base.id) == ["a", "b"]
    assert (await filling.rig.document(document_id)).indexing_status == "completed"


async def test_KI_2_no_chunks_fail(filling: Filling) -> None:
    record = await filling.run([], "text_model", document_id=await filling.document())
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "KnowledgeIndexError")


async def test_KI_3_an_unknown_base_fails(filling: Filling) -> None:
    record = await filling.run(["a"], "text_model", dataset_id="zz", document_id=await filling.document())
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "KnowledgeIndexError")


async def test_KI_4_a_debugger_is_shown_what_would_be_kept(filling: Filling) -> None:
    chunks: Value = {
        "parent_child_chunks": [{"parent_content": "p", "child_contents": ["c1", "c2"]}],
        "parent_mode": "paragraph",
    }
    record = await filling.run(chunks, "hierarchical_model", invoke_from="debugger")
    assert record.outputs == {
        "chunk_structure": "hierarchical_model",
        "total_segments": 1,
        "parent_mode": "paragraph",
        "preview": [{"content": "p", "child_chunks": ["c1", "c2"]}],
    }
    assert (await filling.rig.base_row(filling.base.id)).doc_form is None


async def test_KI_5_questions_are_kept_with_their_answers(filling: Filling) -> None:
    document_id = await filling.document()
    await filling.run({"qa_chunks": [{"question": "q", "answer": "a"}]}, "qa_model", document_id=document_id)
    (segment,) = await filling.rig.segments(document_id)
    assert (segment.content, segment.answer) == ("q", "a")


async def test_KI_6_a_document_that_is_run_again_has_its_new_chunks_alone(filling: Filling) -> None:
    document_id = await filling.document()
    for chunks in (["a", "b"], ["c"]):
        await filling.run(list(chunks), "text_model", document_id=document_id, original_document_id=document_id)
    assert [each.content for each in await filling.rig.segments(document_id)] == ["c"]
    assert filling.rig.index.texts(filling.base.id) == ["c"]


def test_files_of_pipelines_are_checked_as_such() -> None:
    """`treadle check` reads them with the nodes that only they have."""
    text = (Path(__file__).parents[2] / "examples" / "pipelines" / "general.yml").read_text(encoding="utf-8")
    report = check_file(text)
    assert (report.mode, report.name, report.problems) == ("rag-pipeline", "General", [])
    broken = check_file(text.replace("chunk_structure: text_model", "chunk_structure: heaps"))
    assert [(problem.node, problem.severity) for problem in broken.problems] == [("base", "error")]
