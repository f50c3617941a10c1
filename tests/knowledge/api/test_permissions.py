"""Who may see and change which base, and that no workspace sees anything of another (spec knowledge §18)."""

import re
from typing import Any

from tests.knowledge.api.bench import PARENTS, Bench, Caller, refused
from tests.server.test_security import routes_of
from treadle.server.service_api.routes import ROUTES


async def names(caller: Caller, **query: Any) -> set[str]:
    answer = await caller.get("/datasets", **query)
    assert answer.status_code == 200, answer.text
    return {row["name"] for row in answer.json()["data"]}


async def test_a_base_is_seen_by_whom_its_permission_names(here: Bench) -> None:
    owner, admin, editor = await here.member("owner"), await here.member("admin"), await here.member("editor")
    other, operator = await here.member("editor"), await here.member("dataset_operator")
    mine = await here.base(editor, "Mine")
    team = await here.base(editor, "Team", permission="all_team_members")
    some = await here.base(editor, "Some", permission="partial_members")
    listed = [{"user_id": editor.account_id}, {"user_id": operator.account_id}]
    assert (await editor.patch(f"/datasets/{some}", {"partial_member_list": listed})).status_code == 200
    assert await names(editor) == {"Mine", "Team", "Some"}
    assert await names(other) == await names(admin) == await names(owner) == {"Team"}
    assert await names(operator) == {"Some"}
    assert await names(owner, include_all=True) == {"Mine", "Team", "Some"}
    assert await names(admin, include_all=True) == {"Team"}
    for caller, allowed in (
        (editor, {mine, team, some}), (owner, {mine, team, some}), (admin, {team}), (other, {team}),
        (operator, {some}),
    ):  # fmt: skip
        for base in (mine, team, some):
            answer = await caller.get(f"/datasets/{base}")
            if base in allowed:
                assert answer.status_code == 200
            else:
                refused(answer, 403, "forbidden")
                refused(await caller.get(f"/datasets/{base}/documents"), 403, "forbidden")
                refused(await caller.post(f"/datasets/{base}/hit-testing", {"query": "x"}), 403, "forbidden")
    members = (await editor.get(f"/datasets/{some}/permission-part-users")).json()["data"]
    assert set(members) == {editor.account_id, operator.account_id}
    stranger = {"partial_member_list": [{"user_id": "00000000-0000-4000-8000-000000000000"}]}
    refused(await editor.patch(f"/datasets/{some}", stranger), 400, "invalid_param")
    cleared = await editor.patch(f"/datasets/{some}", {"permission": "only_me"})
    assert cleared.json()["partial_member_list"] is None
    assert await names(operator) == set()


async def test_operators_work_on_documents_and_nothing_else(here: Bench) -> None:
    editor, operator = await here.member("editor"), await here.member("dataset_operator")
    normal = await here.member("normal")
    base = await here.base(editor, permission="partial_members")
    listed = [{"user_id": operator.account_id}]
    await editor.patch(f"/datasets/{base}", {"partial_member_list": listed})
    refused(await operator.post("/datasets", {"name": "n"}), 403, "forbidden")
    refused(await operator.delete(f"/datasets/{base}"), 403, "forbidden")
    refused(await operator.patch(f"/datasets/{base}", {"permission": "only_me"}), 403, "forbidden")
    refused(await operator.patch(f"/datasets/{base}", {"permission": "partial_members"}), 400, "invalid_param")
    same = {"name": "Renamed", "permission": "partial_members", "partial_member_list": listed}
    assert (await operator.patch(f"/datasets/{base}", same)).status_code == 200
    refused(await operator.post("/datasets/api-keys"), 403, "forbidden")
    refused(await normal.get("/datasets"), 403, "forbidden")
    refused(await normal.get(f"/datasets/{base}"), 403, "forbidden")


async def test_what_a_key_makes_is_its_makers(here: Bench) -> None:
    admin, other = await here.member("admin"), await here.member("admin")
    made = await admin.post("/datasets/api-keys")
    assert made.status_code == 201
    key = made.json()
    assert key["token"].startswith("dataset-")
    assert len(key["token"]) == 32
    shown = (await admin.get("/datasets/api-keys")).json()["data"]
    assert [(row["id"], row["token"]) for row in shown] == [(key["id"], None)]
    client = Caller(here._client({"Authorization": f"Bearer {key['token']}"}), "/v1")
    base = await here.base(client, "By key")
    assert await names(admin) == {"By key"}
    assert await names(other) == set()
    bound = (await admin.post("/datasets/api-keys", {"dataset_id": base})).json()
    assert bound["dataset_id"] == base
    refused(await admin.post("/datasets/api-keys", {"dataset_id": "x"}), 404, "not_found")
    assert (await admin.delete(f"/datasets/api-keys/{key['id']}")).status_code == 204
    refused(await client.get("/datasets"), 401, "unauthorized")


async def ids_of(here: Bench, api: Caller) -> dict[str, str]:
    """One of everything, by the names that paths use."""
    await here.add_models()
    base = await here.base(api, indexing_technique="high_quality")
    document = await here.text(
        api, base, "A parent. With two.", indexing_technique="high_quality", doc_form="hierarchical_model",
        process_rule=PARENTS,
    )  # fmt: skip
    assert document["display_status"] == "available", document
    (segment,) = await here.segments(api, base, document["id"])
    field = (await api.post(f"/datasets/{base}/metadata", {"type": "string", "name": "port"})).json()
    tag = (await api.post("/datasets/tags", {"name": "mine"})).json()
    return {
        "dataset_id": base, "document_id": document["id"], "segment_id": segment["id"], "batch": "20260101000000123456",
        "child_chunk_id": segment["child_chunks"][0]["id"], "metadata_id": field["id"], "tag_id": tag["id"],
        "action": "enable", "job_id": base, "api_id": base, "key_id": base, "binding_id": base,
        "set_id": base, "question_id": base, "evaluation_id": base, "pipeline_id": base, "node_id": "file",
    }  # fmt: skip


_OWN = ("dataset_id", "document_id", "segment_id", "child_chunk_id", "metadata_id", "tag_id")


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: ids[found[1]], path)


async def test_no_key_reaches_into_another_workspace(here: Bench) -> None:
    """Every route of `/v1` that names something is called with a key of another workspace."""
    mine = await here.key()
    ids = await ids_of(here, mine)
    stranger = await here.key(await here.workspace())
    walked = 0
    for route in ROUTES:
        path = route.path
        if "{dataset_id" not in path:
            continue
        for method in set(route.methods or ()) - {"HEAD"}:
            form = "by-file" in path or "by_file" in path or (method == "PATCH" and path.endswith("{document_id:uuid}"))
            options: dict[str, Any] = {"json": _ANYTHING}
            if form:
                options = {"files": {"file": ("a.txt", b"text")}, "data": {"data": "{}"}}
            elif method in ("GET", "DELETE"):
                options = {}
            answer = await stranger.call(method, filled(path, ids), **options)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), f"{method} {path}: {answer.text}"
            walked += 1
    assert walked > 35
    other_base = await here.base(stranger)
    refused(await stranger.post("/datasets/tags/binding", {"tag_ids": [ids["tag_id"]], "target_id": other_base}), 404,
            "not_found")  # fmt: skip
    refused(await stranger.patch("/datasets/tags", {"tag_id": ids["tag_id"], "name": "x"}), 404, "not_found")
    assert (await stranger.get("/datasets/tags")).json() == []
    assert [row["id"] for row in (await stranger.get("/datasets", ids=ids["dataset_id"])).json()["data"]] == [
        other_base
    ]
    below = f"/datasets/{other_base}/documents/{ids['document_id']}"
    for path in (below, f"{below}/segments", f"{below}/segments/{ids['segment_id']}"):
        refused(await stranger.get(path), 404, "not_found")
    assert (await mine.get(f"/datasets/{ids['dataset_id']}")).json()["name"]


_ANYTHING = {
    "name": "n", "text": "t", "content": "c", "query": "q", "type": "string", "segments": [{"content": "c"}],
    "segment": {"content": "c"}, "document_ids": ["x"], "operation_data": [], "indexing_technique": "economy",
    "tag_ids": ["x"], "process_rule": {"mode": "automatic"}, "doc_type": "others", "doc_metadata": {},
    "file_ids": ["x"], "chunks": [{"content": "c"}], "upload_file_id": "x",
    "question": "q", "passage": "p", "question_set_id": "x", "variants": [{}],
    "datasource_type": "local_file", "datasource_info_list": [{}], "start_node_id": "file", "inputs": {},
}  # fmt: skip


async def test_no_member_reaches_into_another_workspace(here: Bench) -> None:
    """Every console route of a base, by the owner of another workspace."""
    mine = await here.key()
    ids = await ids_of(here, mine)
    stranger = await here.member("admin", await here.workspace())
    walked = 0
    for whole, route in routes_of(here.app):
        path = whole.removeprefix("/console/api")
        if path == whole or "/datasets/" not in path or not any(f"{{{name}}}" in path for name in _OWN):
            continue
        for method in set(getattr(route, "methods", ())) - {"HEAD"}:
            body = {**_ANYTHING}
            options: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": body}
            query = {"document_id": ids["document_id"], "segment_id": ids["segment_id"]}
            answer = await stranger.call(method, filled(path, ids), params=query, **options)
            assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text}"
            walked += 1
    assert walked > 50


async def test_ids_in_queries_are_looked_for_in_the_workspace(here: Bench) -> None:
    ids = await ids_of(here, await here.key())
    stranger = await here.member("admin", await here.workspace())
    refused(await stranger.get("/datasets/process-rule", document_id=ids["document_id"]), 404, "not_found")
    refused(await stranger.get("/datasets/process-rule", dataset_id=ids["dataset_id"]), 404, "not_found")
