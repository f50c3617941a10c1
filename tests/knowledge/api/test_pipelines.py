"""Knowledge pipelines over HTTP: made from files, published, asked for their sources, run and previewed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import yaml

from tests.knowledge.api.bench import Bench, Caller, refused

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
    refused(await other.get(f"/apps/{base['pipeline_id']}/workflows/draft"), 404, "not_found")
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
