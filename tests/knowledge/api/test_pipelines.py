"""Knowledge pipelines over HTTP: made from files, published, asked for their sources, run and previewed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select

from tests.knowledge.api.bench import Bench, Caller, refused
from treadle.apps.tables import App
from treadle.logs.repository import RunFilter

EXAMPLES = Path(__file__).parents[3] / "examples" / "pipelines"
TEXT = "No swimming in the harbour.\n\nNo diving from the pier."


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8")


async def made(editor: Caller, text: str, *, publish: bool = True) -> dict[str, Any]:
    answer = await editor.post("/rag/pipelines/imports", {"yaml_content": text})
    assert answer.status_code == 200, answer.text
    base = answer.json()
    assert (base["runtime_mode"], base["is_published"]) == ("rag_pipeline", False)
    if publish:
        published = await editor.post(f"/rag/pipelines/{base['pipeline_id']}/workflows/publish")
        assert published.status_code == 200, published.text
        assert published.json()["is_published"]
    return dict(base)


async def uploaded(api: Caller, name: str = "rules.txt", text: str = TEXT) -> str:
    answer = await api.call("POST", "/datasets/pipeline/file-upload", files={"file": (name, text.encode())})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"id", "name", "size", "extension", "mime_type", "created_by", "created_at"}
    assert body["created_at"].endswith("+00:00")
    return str(body["id"])


def order(file_id: str, **more: Any) -> dict[str, Any]:
    return {
        "inputs": {}, "datasource_type": "local_file", "datasource_info_list": [{"related_id": file_id}],
        "start_node_id": "file", "is_published": True, "response_mode": "blocking", **more,
    }  # fmt: skip


async def finished(api: Caller, base_id: str, batch: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            answer = await api.get(f"/datasets/{base_id}/documents/{batch}/indexing-status")
            (row,) = answer.json()["data"]
            if row["indexing_status"] in ("completed", "error"):
                return dict(row)
            await asyncio.sleep(0.05)


async def test_a_published_pipeline_is_no_app_to_use(here: Bench) -> None:
    editor = await here.member("editor")
    await made(editor, example("general"))
    answer = await editor.get("/installed-apps")
    assert (answer.status_code, answer.json()) == (200, {"data": []})


async def test_a_published_pipeline_makes_documents_that_are_found(here: Bench, api: Caller) -> None:
    base = await made(await here.member("editor"), example("general"))
    (source,) = (await api.get(f"/datasets/{base['id']}/pipeline/datasource-plugins")).json()
    assert (source["node_id"], source["datasource_type"], source["title"]) == ("file", "local_file", "File")
    assert [each["variable"] for each in source["user_input_variables"]] == ["longest"]
    answer = await api.post(f"/datasets/{base['id']}/pipeline/run", order(await uploaded(api), inputs={"longest": 50}))
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    assert begun["dataset"]["id"] == base["id"]
    (document,) = begun["documents"]
    assert (document["name"], document["data_source_type"], document["position"]) == ("rules.txt", "local_file", 1)
    told = await finished(api, base["id"], begun["batch"])
    assert (told["indexing_status"], told["error"]) == ("completed", None)
    segments = await here.segments(api, base["id"], document["id"])
    assert [row["content"] for row in segments] == TEXT.split("\n\n")
    found = await api.post(f"/datasets/{base['id']}/retrieve", {"query": "diving"})
    assert [record["segment"]["content"] for record in found.json()["records"]] == ["No diving from the pier."]
    refused(
        await api.post(f"/datasets/{base['id']}/document/create-by-text", {"name": "a", "text": "b"}),
        400, "invalid_param",
    )  # fmt: skip
    assert (await api.delete(f"/datasets/{base['id']}")).status_code == 204


async def test_parents_and_answers_are_kept_as_their_examples_cut_them(here: Bench, api: Caller) -> None:
    await here.add_models()
    editor = await here.member("editor")
    parents = await made(editor, example("parent-child"))
    begun = (await api.post(f"/datasets/{parents['id']}/pipeline/run", order(await uploaded(api)))).json()
    assert (await finished(api, parents["id"], begun["batch"]))["error"] is None
    rows = await here.segments(api, parents["id"], begun["documents"][0]["id"])
    assert [[child["content"] for child in row["child_chunks"]] for row in rows] == [
        ["No swimming in the harbour."], ["No diving from the pier."],
    ]  # fmt: skip
    pairs = await made(editor, example("questions-and-answers"))
    table = await uploaded(api, "faq.csv", "Question,Answer\nMay I swim?,No\n")
    begun = (await api.post(f"/datasets/{pairs['id']}/pipeline/run", order(table))).json()
    assert (await finished(api, pairs["id"], begun["batch"]))["error"] is None
    (row,) = await here.segments(api, pairs["id"], begun["documents"][0]["id"])
    assert (row["content"], row["answer"]) == ("May I swim?", "No")


async def test_a_draft_shows_what_it_would_keep_and_keeps_nothing(here: Bench, api: Caller) -> None:
    base = await made(await here.member("editor"), example("general"), publish=False)
    wanted = order(await uploaded(api), is_published=False)
    answer = await api.post(f"/datasets/{base['id']}/pipeline/run", wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["status"] == "succeeded", answer.text
    streamed = await api.post(f"/datasets/{base['id']}/pipeline/run", {**wanted, "response_mode": "streaming"})
    events = [json.loads(line[6:]) for line in streamed.text.split("\n") if line.startswith("data: ")]
    assert events[-1]["event"] == "workflow_finished"
    ended = [each["data"] for each in events if each["event"] == "node_finished"]
    (index,) = [each for each in ended if each["node_id"] == "base"]
    assert index["outputs"]["preview"] == [{"content": TEXT}]
    assert (await api.get(f"/datasets/{base['id']}/documents")).json()["data"] == []
    refused(await api.post(f"/datasets/{base['id']}/pipeline/run", order("x")), 400, "pipeline_not_published")


async def test_what_cannot_be_run_is_refused_or_told_on_the_document(here: Bench, api: Caller) -> None:
    base = await made(await here.member("editor"), example("general"))
    run, file_id = f"/datasets/{base['id']}/pipeline/run", await uploaded(api)
    for wrong in (
        {"start_node_id": "zz"}, {"datasource_type": "website_crawl"}, {"datasource_info_list": []},
        {"datasource_info_list": [{"related_id": "nobody"}]}, {"inputs": {"longest": "many"}},
        {"response_mode": "x"},
    ):  # fmt: skip
        refused(await api.post(run, order(file_id, **wrong)), 400, "invalid_param")
    refused(await api.post(f"/datasets/{await here.base(api)}/pipeline/run", order(file_id)), 400, "invalid_param")
    begun = (await api.post(run, order(await uploaded(api, "empty.txt", "\n")))).json()
    told = await finished(api, base["id"], begun["batch"])
    assert told["indexing_status"] == "error"
    assert told["error"]
    failed = await api.post(run, order(await uploaded(api, "empty.txt", "\n"), is_published=False))
    refused(failed, 500, "pipeline_run_error")
    looked = await api.post(
        f"/datasets/{base['id']}/pipeline/datasource/nodes/file/run", {"inputs": {}, "datasource_type": "local_file"}
    )
    assert '"event":"datasource_error"' in looked.text


async def test_other_workspaces_and_roles_are_kept_out(here: Bench, api: Caller) -> None:
    editor = await here.member("editor")
    base = await made(editor, example("general"))
    stranger = await here.key(await here.workspace())
    file_id = await uploaded(stranger)
    refused(await stranger.post(f"/datasets/{base['id']}/pipeline/run", order(file_id)), 404, "not_found")
    refused(await stranger.get(f"/datasets/{base['id']}/pipeline/datasource-plugins"), 404, "not_found")
    refused(await api.post(f"/datasets/{base['id']}/pipeline/run", order(file_id)), 400, "invalid_param")
    other = await here.member("editor")
    export = f"/rag/pipelines/{base['pipeline_id']}/exports"
    refused(await other.get(export), 403, "forbidden")
    refused(await (await here.member("normal")).get(export), 403, "forbidden")
    refused(await other.get(f"/apps/{base['pipeline_id']}"), 404, "not_found")
    canvas = f"/apps/{base['pipeline_id']}/workflows/draft"
    refused(await other.get(canvas), 404, "not_found")
    refused(await (await here.member("normal")).get(canvas), 404, "not_found")
    refused(await editor.get(f"/apps/{base['pipeline_id']}"), 404, "not_found")
    assert (await editor.get(canvas)).status_code == 200
    listed = (await editor.get("/apps")).json()["data"]
    assert base["pipeline_id"] not in {app["id"] for app in listed}


async def test_a_file_goes_in_and_comes_out_again(here: Bench) -> None:
    editor = await here.member("editor")
    templates = (await editor.get("/rag/pipeline/templates")).json()["data"]
    assert [each["id"] for each in templates] == ["general", "parent-child", "questions-and-answers"]
    base = await made(editor, templates[0]["content"], publish=False)
    path = f"/rag/pipelines/{base['pipeline_id']}/exports"
    file = (await editor.get(path)).json()["data"]
    read, given = yaml.safe_load(file), yaml.safe_load(templates[0]["content"])
    assert (read["kind"], read["version"]) == ("rag_pipeline", "0.1.0")
    assert read["rag_pipeline"] == given["rag_pipeline"]
    assert read["workflow"]["graph"] == given["workflow"]["graph"]
    assert read["workflow"]["rag_pipeline_variables"] == given["workflow"]["rag_pipeline_variables"]
    over = {"yaml_content": example("parent-child"), "pipeline_id": base["pipeline_id"]}
    assert (await editor.post("/rag/pipelines/imports", over)).status_code == 200
    assert "hierarchical_model" in (await editor.get(path)).json()["data"]
    refused(await editor.post("/rag/pipelines/imports", {"yaml_content": "kind: app"}), 400, "import_failed")
    bare = yaml.safe_load(example("general"))
    bare["workflow"]["graph"]["edges"].pop()
    unconnected = await made(editor, yaml.safe_dump(bare), publish=False)
    answer = await editor.post(f"/rag/pipelines/{unconnected['pipeline_id']}/workflows/publish")
    assert "leads to no knowledge base node" in refused(answer, 400, "invalid_param")["message"]


async def test_blank_pipelines_and_examples_begin_a_base_whole_or_not_at_all(here: Bench) -> None:
    editor = await here.member("editor")
    blank = (await editor.post("/rag/pipelines", {"name": "Harbour", "permission": "all_team_members"})).json()
    assert (blank["name"], blank["runtime_mode"], blank["permission"]) == (
        "Harbour",
        "rag_pipeline",
        "all_team_members",
    )
    draft = (await editor.get(f"/apps/{blank['pipeline_id']}/workflows/draft")).json()
    assert [node["data"]["type"] for node in draft["graph"]["nodes"]] == ["datasource", "knowledge-index"]
    check = (await editor.get(f"/apps/{blank['pipeline_id']}/workflows/draft/check")).json()
    assert not check["publishable"]
    assert {each["kind"] for each in check["data"] if each["severity"] == "error"} == {"leads-nowhere", "no-chunks"}, (
        check
    )
    begun = await editor.post("/rag/pipelines", {"template_id": "questions-and-answers"})
    assert (begun.json()["name"], begun.json()["icon_info"]["icon"]) == ("Questions and answers", "❓")
    refused(await editor.post("/rag/pipelines", {"template_id": "nothing"}), 404, "not_found")
    async with here.services.db.session() as session:
        before = await session.scalar(select(func.count()).select_from(App))
    refused(await editor.post("/rag/pipelines", {"name": "Harbour"}), 409, "dataset_name_duplicate")
    async with here.services.db.session() as session:
        assert await session.scalar(select(func.count()).select_from(App)) == before, "no pipeline without its base"


async def test_the_canvas_edits_tries_and_publishes_a_pipeline(here: Bench, api: Caller) -> None:
    editor = await here.member("editor")
    base = await made(editor, example("general"), publish=False)
    app = f"/apps/{base['pipeline_id']}"
    offered = {
        each["type"] for each in (await editor.get(f"{app}/workflows/default-workflow-block-configs")).json()["data"]
    }
    assert {"datasource", "knowledge-index", "code", "document-extractor", "llm"} <= offered
    assert not {"start", "end", "answer", "human-input", "trigger-schedule"} & offered
    draft = (await editor.get(f"{app}/workflows/draft")).json()
    (question,) = draft["rag_pipeline_variables"]
    known = {"graph": draft["graph"], "hash": draft["hash"], "variables_hash": draft["variables_hash"]}
    twice = {**known, "rag_pipeline_variables": [question, question]}
    refused(await editor.post(f"{app}/workflows/draft", twice), 400, "invalid_param")
    shorter = {**known, "rag_pipeline_variables": [{**question, "default_value": 60}]}
    assert (await editor.post(f"{app}/workflows/draft", shorter)).status_code == 200
    refused(await editor.post(f"{app}/workflows/draft", shorter), 400, "draft_workflow_not_sync")
    body = {**order(await uploaded(api, text="A" * 100)), "inputs": {}}
    answer = await editor.post(f"/datasets/{base['id']}/pipeline/draft/run", body)
    events = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: ")]
    assert events[-1]["data"]["status"] == "succeeded", answer.text
    last = (await editor.get(f"{app}/workflows/draft/nodes/base/last-run")).json()
    assert last["outputs"]["preview"] == [{"content": "A" * 60}, {"content": "A" * 40}]
    runs = (await editor.get(f"{app}/workflow-runs")).json()["data"]
    assert len(runs) == 1
    step = await editor.post(f"{app}/workflows/draft/nodes/chunks/run", {"inputs": {}})
    assert step.json()["outputs"] == {"chunks": ["A" * 60, "A" * 40]}, step.text
    checked = (await editor.get(f"{app}/workflows/draft/check")).json()
    assert checked == {"publishable": True, "data": []}
    assert (await editor.post(f"{app}/workflows/publish", {})).status_code == 200
    (source,) = (await editor.get(f"/datasets/{base['id']}/pipeline/sources")).json()["data"]
    assert (source["title"], source["file_extensions"][:2]) == ("File", ["txt", "md"])
    assert (await editor.get(f"{app}/workflows")).json()["items"]
    assert (await api.get(f"/datasets/{base['id']}/documents")).json()["data"] == []


async def test_trials_of_pipelines_stand_in_no_log(here: Bench, api: Caller) -> None:
    base = await made(await here.member("editor"), example("general"))
    run, file_id = f"/datasets/{base['id']}/pipeline/run", await uploaded(api)
    assert (await api.post(run, order(file_id, is_published=False))).status_code == 200
    begun = (await api.post(run, order(file_id))).json()
    await finished(api, base["id"], begun["batch"])
    wanted = RunFilter(workspace_id=here.workspace_id, app_id=base["pipeline_id"])
    logged, total = await here.services.logs.page(wanted, page=1, limit=10)
    assert [row.run.triggered_from for row in logged] == ["rag-pipeline-run"]
    assert total == 1


async def test_a_document_is_made_again_as_it_was_or_otherwise(here: Bench, api: Caller) -> None:
    editor = await here.member("editor")
    base = await made(editor, example("general"))
    body = order(await uploaded(api, text="A" * 100), inputs={"longest": 60})
    begun = (await editor.post(f"/datasets/{base['id']}/pipeline/run", body)).json()
    document = begun["documents"][0]["id"]
    assert (await finished(api, base["id"], begun["batch"]))["error"] is None
    path = f"/datasets/{base['id']}/documents/{document}"
    log = (await editor.get(f"{path}/pipeline-execution-log")).json()
    assert (log["start_node_id"], log["datasource_type"], log["inputs"]) == ("file", "local_file", {"longest": 60})
    assert log["datasource_info"] == body["datasource_info_list"][0]
    assert [each["variable"] for each in log["user_input_variables"]] == ["longest"]
    for given, lengths in (({}, [60, 40]), ({"inputs": {"longest": 80}}, [80, 20]), ({}, [80, 20])):
        again = (await editor.post(f"{path}/pipeline-run", given)).json()
        assert [each["id"] for each in again["documents"]] == [document]
        assert (await finished(api, base["id"], again["batch"]))["error"] is None
        assert [len(row["content"]) for row in await here.segments(api, base["id"], document)] == lengths
    refused(await editor.post(f"{path}/pipeline-run", {"inputs": {"longest": "many"}}), 400, "invalid_param")
    empty = (await editor.post(f"/datasets/{base['id']}/pipeline/run", order(await uploaded(api, text="\n")))).json()
    assert (await finished(api, base["id"], empty["batch"]))["error"]
    failed = empty["documents"][0]["id"]
    retried = await editor.post(f"/datasets/{base['id']}/retry", {"document_ids": [failed, document]})
    assert retried.status_code == 204, retried.text
    assert (await here.indexed(api, base["id"], failed))["display_status"] == "error"
    again = (await editor.get(f"{path}/pipeline-execution-log")).json()
    assert again["inputs"] == {"longest": 80}
    stranger = await here.member("editor")
    refused(await stranger.get(f"{path}/pipeline-execution-log"), 403, "forbidden")
    plain = await here.base(api)
    text = await here.text(api, plain)
    owner = await here.member("owner")
    refused(
        await owner.get(f"/datasets/{plain}/documents/{text['id']}/pipeline-execution-log"),
        404,
        "pipeline_order_missing",
    )


async def test_a_program_has_a_document_run_again_with_its_file_or_another(here: Bench, api: Caller) -> None:
    base = await made(await here.member("editor"), example("general"))
    begun = (await api.post(f"/datasets/{base['id']}/pipeline/run", order(await uploaded(api)))).json()
    path = f"/datasets/{base['id']}/documents/{begun['documents'][0]['id']}"
    assert (await finished(api, base["id"], begun["batch"]))["error"] is None
    before = [row["content"] for row in await here.segments(api, base["id"], begun["documents"][0]["id"])]
    for method, sub in (("PATCH", ""), ("POST", "/update-by-file"), ("POST", "/update-by-text")):
        sent: dict[str, Any] = {"json": {}} if sub.endswith("text") else {"files": {"data": (None, "{}")}}
        answer = await api.call(method, f"{path}{sub}", **sent)
        assert answer.status_code == 200, answer.text
        assert answer.json()["document"]["id"] == begun["documents"][0]["id"]
        assert (await finished(api, base["id"], answer.json()["batch"]))["error"] is None
        rows = await here.segments(api, base["id"], begun["documents"][0]["id"])
        assert [row["content"] for row in rows] == before
    answer = await api.call("PATCH", path, files={"file": ("tides.txt", b"High water is at noon.")})
    assert (await finished(api, base["id"], answer.json()["batch"]))["error"] is None
    shown = (await api.get(path)).json()
    assert shown["name"] == "tides.txt"
    (row,) = await here.segments(api, base["id"], begun["documents"][0]["id"])
    assert row["content"] == "High water is at noon."
    refused(await api.call("PATCH", path, files={"file": ("a.exe", b"MZ")}), 415, "unsupported_file_type")
