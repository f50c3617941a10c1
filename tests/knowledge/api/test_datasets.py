"""Knowledge bases through `/v1` (spec service-api §5.3)."""

from tests.doubles import media
from tests.knowledge.api.bench import MODEL, OTHER_MODEL, PROVIDER, Bench, Caller, refused


async def test_a_base_is_made_read_changed_listed_and_deleted(here: Bench, api: Caller) -> None:
    made = await api.post("/datasets", {"name": "Harbour rules", "description": "by-laws"})
    assert made.status_code == 200
    shown = made.json()
    expected = {"name": "Harbour rules", "description": "by-laws", "provider": "vendor", "permission": "only_me",
                "data_source_type": None, "indexing_technique": None, "document_count": 0, "word_count": 0,
                "app_count": 0, "embedding_available": None, "doc_form": None, "tags": [], "enable_api": True}  # fmt: skip  # noqa: E501
    assert {name: shown[name] for name in expected} == expected
    base = f"/datasets/{shown['id']}"
    changed = await api.patch(base, {"name": "Port rules", "description": "", "enable_api": True})
    assert (changed.status_code, changed.json()["name"], changed.json()["description"]) == (200, "Port rules", "")
    assert (await api.get(base)).json()["name"] == "Port rules"
    listed = (await api.get("/datasets")).json()
    assert [row["id"] for row in listed["data"]] == [shown["id"]]
    assert (listed["total"], listed["has_more"], listed["page"], listed["limit"]) == (1, False, 1, 20)
    assert (await api.delete(base)).status_code == 204
    refused(await api.get(base), 404, "not_found")
    refused(await api.delete(base), 404, "not_found")


async def test_a_name_is_free_again_once_its_base_is_deleted(here: Bench, api: Caller) -> None:
    first = await here.base(api, "Same")
    refused(await api.post("/datasets", {"name": "Same"}), 409, "dataset_name_duplicate")
    assert (await api.delete(f"/datasets/{first}")).status_code == 204
    second = await here.base(api, "Same")
    other = await here.base(api, "Other")
    refused(await api.patch(f"/datasets/{other}", {"name": "Same"}), 409, "dataset_name_duplicate")
    assert (await api.patch(f"/datasets/{second}", {"name": "Same"})).status_code == 200


async def test_bad_values_are_named(here: Bench, api: Caller) -> None:
    for body, param in (
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "n", "description": "x" * 401}, "description"),
        ({"name": "n", "permission": "everybody"}, "permission"),
        ({"name": "n", "indexing_technique": "magic"}, "indexing_technique"),
        ({"name": "n", "provider": "elsewhere"}, "provider"),
        ({"name": "n", "retrieval_model": {"top_k": 0}}, "retrieval_model.top_k"),
        ({"name": "n", "retrieval_model": {"score_threshold": 1.5}}, "retrieval_model.score_threshold"),
        ({"name": "n", "retrieval_model": {"search_method": "guess"}}, "retrieval_model.search_method"),
        ({"name": ["n"]}, "name"),
    ):
        assert refused(await api.post("/datasets", body), 400, "invalid_param")["params"] == param, body
    refused(await api.post("/datasets", {"name": "n", "indexing_technique": "high_quality"}), 400,
            "provider_not_initialize")  # fmt: skip
    refused(await api.get("/datasets", page=0), 400, "invalid_param")
    refused(await api.get("/datasets", limit="many"), 400, "invalid_param")
    refused(await api.get("/datasets/not-an-id"), 404, "not_found")
    refused(await api.call("POST", "/datasets", content="{", headers={"Content-Type": "application/json"}), 400,
            "bad_request")  # fmt: skip


async def test_a_high_quality_base_takes_the_default_model_or_the_named_one(here: Bench, api: Caller) -> None:
    await here.add_models()
    first = (await api.post("/datasets", {"name": "a", "indexing_technique": "high_quality"})).json()
    assert (first["embedding_model_provider"], first["embedding_model"]) == (PROVIDER, MODEL)
    named = {"embedding_model": OTHER_MODEL, "embedding_model_provider": f"langgenius/{PROVIDER}/{PROVIDER}"}
    second = (await api.post("/datasets", {"name": "b", "indexing_technique": "high_quality", **named})).json()
    assert second["embedding_model"] == OTHER_MODEL
    assert (await api.get(f"/datasets/{second['id']}")).json()["embedding_available"] is True
    unknown = {"name": "c", "indexing_technique": "high_quality", **named, "embedding_model": "nobody"}
    refused(await api.post("/datasets", unknown), 400, "provider_not_initialize")
    half = {"name": "c", "indexing_technique": "high_quality", "embedding_model": MODEL}
    refused(await api.post("/datasets", half), 400, "invalid_param")


async def test_retrieval_settings_are_kept_whole(here: Bench, api: Caller) -> None:
    await here.add_models()
    wanted = {"search_method": "hybrid_search", "reranking_enable": True, "reranking_mode": "weighted_score",
              "weights": {"vector_setting": {"vector_weight": 0.6}, "keyword_setting": {"keyword_weight": 0.4}},
              "top_k": 7, "score_threshold_enabled": True, "score_threshold": 0.25}  # fmt: skip
    body = {"name": "n", "indexing_technique": "high_quality", "retrieval_model": wanted}
    kept = (await api.post("/datasets", body)).json()["retrieval_model_dict"]
    assert (kept["search_method"], kept["top_k"], kept["score_threshold"]) == ("hybrid_search", 7, 0.25)
    assert kept["weights"]["vector_setting"] == {
        "vector_weight": 0.6, "embedding_provider_name": PROVIDER, "embedding_model_name": MODEL}  # fmt: skip
    assert kept["weights"]["keyword_setting"] == {"keyword_weight": 0.4}


async def test_lists_are_filtered_and_paged(here: Bench, api: Caller) -> None:
    ids = [await here.base(api, name) for name in ("Alpha one", "alpha two", "Beta 100%")]
    assert [row["name"] for row in (await api.get("/datasets", keyword="ALPHA")).json()["data"]] == [
        "alpha two",
        "Alpha one",
    ]
    assert [row["id"] for row in (await api.get("/datasets", keyword="%")).json()["data"]] == [ids[2]]
    first = (await api.get("/datasets", page=1, limit=2)).json()
    assert ([row["id"] for row in first["data"]], first["has_more"]) == ([ids[2], ids[1]], True)
    last = (await api.get("/datasets", page=9, limit=500)).json()
    assert (last["data"], last["limit"], last["has_more"]) == ([], 500, False)


async def test_tags_mark_bases_and_filter_lists(here: Bench, api: Caller) -> None:
    base, other = await here.base(api), await here.base(api)
    tag = (await api.post("/datasets/tags", {"name": "port"})).json()
    assert (tag["type"], tag["binding_count"]) == ("knowledge", "0")
    refused(await api.post("/datasets/tags", {"name": "port"}), 400, "invalid_param")
    refused(await api.post("/datasets/tags", {"name": "x" * 51}), 400, "invalid_param")
    binding = {"tag_ids": [tag["id"]], "target_id": base}
    for _ in range(2):
        assert (await api.post("/datasets/tags/binding", binding)).status_code == 204
    assert (await api.get("/datasets/tags")).json() == [{**tag, "binding_count": "1"}]
    assert (await api.get(f"/datasets/{base}/tags")).json() == {
        "data": [{"id": tag["id"], "name": "port"}],
        "total": 1,
    }
    assert [row["id"] for row in (await api.get("/datasets", tag_ids=tag["id"])).json()["data"]] == [base]
    assert (await api.get(f"/datasets/{base}")).json()["tags"][0]["name"] == "port"
    renamed = await api.patch("/datasets/tags", {"tag_id": tag["id"], "name": "harbour"})
    assert renamed.json()["name"] == "harbour"
    assert (await api.post("/datasets/tags/unbinding", {"tag_id": tag["id"], "target_id": base})).status_code == 204
    assert (await api.get("/datasets", tag_ids=tag["id"])).json()["data"] == []
    refused(await api.post("/datasets/tags/binding", {"tag_ids": [], "target_id": other}), 400, "invalid_param")
    assert (await api.delete("/datasets/tags", json={"tag_id": tag["id"]})).status_code == 204
    refused(await api.delete("/datasets/tags", json={"tag_id": tag["id"]}), 404, "not_found")


async def test_a_base_closed_to_programs_answers_403(here: Bench, api: Caller) -> None:
    base = await here.base(api)
    owner = await here.member("owner")
    assert (await owner.patch(f"/datasets/{base}", {"enable_api": False})).status_code == 200
    refused(await api.get(f"/datasets/{base}"), 403, "forbidden")
    refused(await api.get(f"/datasets/{base}/documents"), 403, "forbidden")
    assert (await owner.get(f"/datasets/{base}")).status_code == 200


async def test_a_key_bound_to_one_base_opens_only_that(here: Bench, api: Caller) -> None:
    mine, other = await here.base(api, "Mine"), await here.base(api, "Other")
    bound = await here.key(base_id=mine)
    assert (await bound.get(f"/datasets/{mine}")).status_code == 200
    refused(await bound.get(f"/datasets/{other}"), 403, "forbidden")
    refused(await bound.post("/datasets", {"name": "New"}), 403, "forbidden")
    assert [row["id"] for row in (await bound.get("/datasets")).json()["data"]] == [mine]


async def test_an_app_key_and_no_key_open_nothing(here: Bench, api: Caller) -> None:
    for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer dataset-unknown"}):
        answer = await here._client().get("/v1/datasets", headers=header)
        refused(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_base_has_a_picture_as_its_icon(here: Bench, api: Caller) -> None:
    editor = await here.member("editor")
    base = await here.base(editor, permission="all_team_members")
    path = f"/datasets/{base}"
    refused(await editor.get(f"{path}/icon"), 404, "not_found")
    sent = await editor.call("POST", "/files/upload", files={"file": ("pier.png", media.png(), "image/png")})
    icon = {"icon_type": "image", "icon": sent.json()["id"]}
    changed = await editor.patch(path, {"icon_info": icon})
    assert changed.status_code == 200, changed.text
    assert {key: changed.json()["icon_info"][key] for key in icon} == icon
    shown = await editor.get(f"{path}/icon")
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", media.png())
    text = await editor.call("POST", "/files/upload", files={"file": ("a.txt", b"no picture", "text/plain")})
    for wrong in ("nothing", text.json()["id"]):
        refused(await editor.patch(path, {"icon_info": {**icon, "icon": wrong}}), 400, "invalid_param")
    stranger = await here.member("admin", await here.workspace())
    refused(await stranger.get(f"{path}/icon"), 404, "not_found")
    other = await here.base(stranger)
    refused(await stranger.patch(f"/datasets/{other}", {"icon_info": icon}), 400, "invalid_param")
    made = await api.post("/datasets", {"name": "With another's picture", "icon_info": icon})
    assert made.status_code == 200, made.text
    assert (await editor.patch(path, {"icon_info": {"icon_type": "emoji", "icon": "⚓"}})).status_code == 200
    refused(await editor.get(f"{path}/icon"), 404, "not_found")
