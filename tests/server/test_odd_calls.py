"""Calls with values that nobody expects, at every address: each gets a documented answer, never a crash.

What is sent is drawn anew for `ODD_CALLS_SEED`, so that more can be tried by hand; `ODD_CALLS` is how many per address.
"""

import json
import os
import random
import re
from collections.abc import Iterator
from itertools import repeat
from typing import Any, TypeAlias, cast
from uuid import uuid4

import httpx
import pytest

from tests.server import sample_apps
from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.server.http_client import Api
from treadle.server.console_api.app import describe_console_api

JsonMap: TypeAlias = dict[str, Any]

SEED = int(os.environ.get("ODD_CALLS_SEED", "7"))
TIMES = int(os.environ.get("ODD_CALLS", "2"))
NUL = "a\x00"
ODD: list[Any] = [
    None, "", " ", 0, -1, 2**31, 2**63, 2**70, 1e308, -0.5, True, [], {}, [None], [1], [""], {"a": None}, {"": ""},
    [{}], "x" * 300, "x" * 70_000, NUL, "😀", "日本語", "../../etc", "%00", "'\"; DROP", "<b>", "{{#a.b#}}", "{{",
    "2020-01-01", "http://", "file:///etc/passwd", "nan", str(uuid4()), ["a", "a"], {NUL: NUL}, "Asia/Tokyo",
]  # fmt: skip
TEXTS = ["a", "name", "", "2024-01-01", str(uuid4()), "x" * 256, "😀", NUL, "chat", "openai"]
NUMBERS = [0, 1, -1, 5, 2**31, 2**63, 10**30]
SEGMENTS = [str(uuid4()), "x", "%F0%9F%98%80", "%00", "a" * 300, "0"]
"""What stands in an address where an id is expected."""
LEFT_OUT = ("/signout", "/signin", "/password-reset", "/account", "/workspaces", "/website/crawl")
"""Console routes that would end the session or leave the machine; what is read there is called."""


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest) -> Workbench:
    """Both servers."""
    made: Workbench = request.getfixturevalue("workbench" if request.param == "sqlite" else "postgres_workbench")
    return made


class Draws:
    """Values that mostly fit a schema, and sometimes are anything."""

    def __init__(self, schemas: JsonMap) -> None:
        self.random = random.Random(SEED)
        self._schemas = schemas

    def one(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def made(self, schema: JsonMap, depth: int = 0) -> Any:
        """A value for a schema of the API's description."""
        if depth > 6 or self.chance(0.12):
            return self.one(ODD)
        if reference := schema.get("$ref"):
            return self.made(self._schemas[reference.rpartition("/")[2]], depth + 1)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self.made(self.one(schema[several]), depth + 1)
        if "enum" in schema:
            return self.one(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return [self.made(schema.get("items", {}), depth + 1) for _ in range(self.random.randint(0, 3))]
            case "string":
                return self.one(TEXTS)
            case "integer" | "number":
                return self.one(NUMBERS)
            case "boolean":
                return self.chance(0.5)
            case _:
                return schema.get("const", self.one(ODD))

    def _object(self, schema: JsonMap, depth: int) -> JsonMap:
        required = schema.get("required", [])
        chosen = {
            name: self.made(each, depth + 1)
            for name, each in schema.get("properties", {}).items()
            if self.chance(0.93 if name in required else 0.5)
        }
        if isinstance(free := schema.get("additionalProperties"), dict):
            chosen[self.one(["a", "", "app", NUL])] = self.made(cast(JsonMap, free), depth + 1)
        return chosen

    def spoiled(self, value: Any) -> Any:
        """`value` with something in it that does not belong there."""
        if isinstance(value, dict) and value and self.chance(0.9):
            members = cast(JsonMap, value)
            name = self.one(list(members))
            return {**members, name: self.spoiled(members[name])}
        if isinstance(value, list) and value and self.chance(0.7):
            first, *others = cast(list[Any], value)
            return [self.spoiled(first), *others]
        return self.one(ODD)

    def address(self, path: str, known: dict[str, str]) -> str:
        """`path` with what is known of its ids, and sometimes none."""

        def filled(place: re.Match[str]) -> str:
            name = place[1].partition(":")[0]
            return known[name] if name in known and self.chance(0.85) else str(self.one(SEGMENTS))

        return re.sub(r"{([^}]+)}", filled, path)


def mishap(answer: httpx.Response) -> str | None:
    """What is wrong with an answer; None for nothing."""
    if answer.status_code >= 500:
        return answer.text
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith("text/html"):
        missing = {"code", "message", "status"} - set(answer.json())
        return f"no {missing} in {answer.text}" if missing else None
    return None


def console_routes(description: JsonMap) -> Iterator[tuple[str, str, JsonMap]]:
    for path, methods in sorted(description["paths"].items()):
        for method, operation in methods.items():
            parting = method == "delete" and path in ("/apps/{app_id}", "/datasets/{dataset_id}")
            if not parting and (method == "get" or not path.startswith(LEFT_OUT)):
                yield method.upper(), path, operation


def test_the_console_is_never_at_a_loss(bench: Workbench) -> None:
    description = describe_console_api()
    draws = Draws(description["components"]["schemas"])
    console = console_of(bench, role="owner")
    apps = [
        str(console.post("/apps", {"mode": mode, "name": f"Odd {mode}"}).json()["id"])
        for mode in ("chat", "completion", "agent-chat", "workflow", "advanced-chat")
    ]
    base = str(console.post("/datasets", {"name": f"Odd {uuid4()}"}).json()["id"])
    wrong: list[str] = []
    for method, path, operation in console_routes(description):
        for _ in repeat(None, TIMES):
            known = {"app_id": draws.one(apps), "dataset_id": base, "provider": "openai", "node_id": "llm"}
            options: JsonMap = {"params": {}}
            for each in operation.get("parameters", []):
                if each["in"] == "query" and draws.chance(0.6):
                    value = draws.made(each["schema"])
                    whole = isinstance(value, int | float | list)
                    options["params"][each["name"]] = (
                        value if whole else (value if isinstance(value, str) else json.dumps(value))[:5000]
                    )
            body = operation.get("requestBody", {}).get("content", {})
            if "application/json" in body:
                options["json"] = draws.made(body["application/json"]["schema"])
            elif body:
                options["files"] = {"file": draws.one([("a.csv", b""), ("b.txt", b"\xff\x00"), ("c.png", b"%PDF-1.4")])}
            answer = console.call(method, draws.address(path, known), **options)
            if found := mishap(answer):
                wrong.append(f"{answer.request.method} {answer.request.url} {str(options)[:1500]}: {found}")
    assert not wrong, "\n".join(wrong)


FILE = {"type": "image", "transfer_method": "remote_url", "url": "https://example.com/a.png"}
ASKED = {"inputs": {"word": "a"}, "query": "hi", "user": "u", "files": [FILE], "response_mode": "blocking"}
APP_CALLS: list[tuple[str, str, JsonMap]] = [
    ("POST", "/chat-messages", {**ASKED, "conversation_id": "", "auto_generate_name": False, "workflow_id": None}),
    ("POST", "/completion-messages", ASKED),
    ("POST", "/workflows/run", ASKED),
    ("POST", "/workflows/{workflow_id}/run", ASKED),
    ("POST", "/chat-messages/{task_id}/stop", {"user": "u"}),
    ("POST", "/workflows/tasks/{task_id}/stop", {"user": "u"}),
    ("GET", "/conversations", {"user": "u", "last_id": "", "limit": 20, "sort_by": "-updated_at"}),
    ("DELETE", "/conversations/{conversation_id}", {"user": "u"}),
    ("POST", "/conversations/{conversation_id}/name", {"user": "u", "name": "n", "auto_generate": False}),
    ("GET", "/conversations/{conversation_id}/variables", {"user": "u", "limit": 20, "variable_name": "a"}),
    ("PUT", "/conversations/{conversation_id}/variables/{variable_id}", {"user": "u", "value": "a"}),
    ("GET", "/messages", {"user": "u", "conversation_id": str(uuid4()), "first_id": "", "limit": 20}),
    ("POST", "/messages/{message_id}/feedbacks", {"user": "u", "rating": "like", "content": "c"}),
    ("GET", "/messages/{message_id}/suggested", {"user": "u"}),
    ("GET", "/app/feedbacks", {"page": 1, "limit": 20}),
    ("GET", "/workflows/run/{workflow_run_id}", {}),
    ("GET", "/workflows/logs",
     {"keyword": "k", "status": "succeeded", "page": 1, "limit": 20, "created_at__before": ""}),
    ("GET", "/workflow/{workflow_run_id}/events", {"user": "u"}),
    ("GET", "/files/{file_id}/preview", {"as_attachment": True}),
    ("GET", "/form/human_input/{form_token}", {}),
    ("POST", "/form/human_input/{form_token}", {"user": "u", "inputs": {"a": "b"}, "action": "ok"}),
    ("GET", "/end-users/{end_user_id}", {}),
    ("POST", "/text-to-audio", {"user": "u", "text": "t", "message_id": "", "voice": "v", "streaming": False}),
    ("GET", "/apps/annotations", {"page": 1, "limit": 20, "keyword": "k"}),
    ("POST", "/apps/annotations", {"question": "q", "answer": "a"}),
    ("PUT", "/apps/annotations/{annotation_id}", {"question": "q", "answer": "a"}),
    ("POST", "/apps/annotation-reply/{action}",
     {"score_threshold": 0.9, "embedding_provider_name": "openai", "embedding_model_name": "m"}),
    ("GET", "/parameters", {"user": "u"}),
    ("GET", "/info", {}),
    ("GET", "/site", {}),
    ("GET", "/meta", {}),
]  # fmt: skip
RULE = {"mode": "custom", "rules": {"pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": True}],
        "segmentation": {"separator": "\n", "max_tokens": 200, "chunk_overlap": 20}}}  # fmt: skip
SEARCH = {
    "search_method": "keyword_search", "reranking_enable": False, "top_k": 2, "score_threshold_enabled": False,
    "reranking_model": {"reranking_provider_name": "", "reranking_model_name": ""}, "score_threshold": 0.5,
    "weights": None,
    "metadata_filtering_conditions": {"logical_operator": "and",
        "conditions": [{"name": "a", "comparison_operator": "is", "value": "b"}]},
}  # fmt: skip
TEXT = {"name": "n", "text": "t", "indexing_technique": "economy", "process_rule": RULE, "doc_form": "text_model"}
BASE, DOCUMENT = "/datasets/{dataset_id}", "/datasets/{dataset_id}/documents/{document_id}"
BASE_CALLS: list[tuple[str, str, JsonMap]] = [
    ("GET", "/datasets", {"page": 1, "limit": 20, "keyword": "k", "tag_ids": str(uuid4()), "include_all": True}),
    ("POST", "/datasets", {"name": "n", "description": "d", "indexing_technique": "economy", "permission": "only_me",
        "provider": "vendor", "retrieval_model": SEARCH}),
    ("PATCH", BASE, {"name": "n", "description": "d", "permission": "only_me", "retrieval_model": SEARCH,
        "partial_member_list": [{"user_id": "u"}]}),
    ("POST", f"{BASE}/document/create-by-text", TEXT),
    ("POST", f"{DOCUMENT}/update-by-text", TEXT),
    ("GET", f"{BASE}/documents", {"page": 1, "limit": 20, "keyword": "k", "status": "available"}),
    ("PATCH", f"{BASE}/documents/status/{{action}}", {"document_ids": [str(uuid4())]}),
    ("POST", f"{BASE}/documents/download-zip", {"document_ids": [str(uuid4())]}),
    ("GET", f"{BASE}/documents/{{batch}}/indexing-status", {}),
    ("GET", DOCUMENT, {"metadata": "all"}),
    ("POST", f"{DOCUMENT}/segments", {"segments": [{"content": "c", "answer": "a", "keywords": ["k"]}]}),
    ("GET", f"{DOCUMENT}/segments", {"page": 1, "limit": 20, "keyword": "k", "status": "completed"}),
    ("POST", f"{DOCUMENT}/segments/{{segment_id}}",
     {"segment": {"content": "c", "keywords": ["k"], "enabled": True, "regenerate_child_chunks": False}}),
    ("POST", f"{DOCUMENT}/segments/{{segment_id}}/child_chunks", {"content": "c"}),
    ("POST", f"{BASE}/retrieve", {"query": "q", "retrieval_model": SEARCH}),
    ("POST", f"{BASE}/metadata", {"type": "string", "name": "n"}),
    ("PATCH", f"{BASE}/metadata/{{metadata_id}}", {"name": "n"}),
    ("POST", f"{BASE}/metadata/built-in/{{action}}", {}),
    ("POST", f"{BASE}/documents/metadata", {"operation_data": [
        {"document_id": str(uuid4()), "metadata_list": [{"id": str(uuid4()), "name": "n", "value": "v"}]}]}),
    ("POST", "/datasets/tags", {"name": "n"}),
    ("PATCH", "/datasets/tags", {"name": "n", "tag_id": str(uuid4())}),
    ("DELETE", "/datasets/tags", {"tag_id": str(uuid4())}),
    ("POST", "/datasets/tags/binding", {"tag_ids": [str(uuid4())], "target_id": str(uuid4())}),
    ("POST", "/datasets/tags/unbinding", {"tag_id": str(uuid4()), "target_id": str(uuid4())}),
    ("POST", f"{BASE}/pipeline/run", {"inputs": {}, "datasource_type": "local_file", "start_node_id": "s",
        "datasource_info_list": [{"related_id": "r"}], "is_published": True, "response_mode": "blocking"}),
    ("GET", "/workspaces/current/models/model-types/{model_type}", {}),
]  # fmt: skip


def spoiled_calls(api: Api, calls: list[tuple[str, str, JsonMap]], known: dict[str, str]) -> list[str]:
    """What was answered wrongly to each of `calls` with something odd in it."""
    draws = Draws({})
    wrong: list[str] = []
    for method, path, given in calls:
        for _ in repeat(None, TIMES * 5):
            spoiled = draws.spoiled(given) if given else given
            content: JsonMap = {"json": spoiled}
            if method == "GET":
                members = cast(JsonMap, spoiled) if isinstance(spoiled, dict) else {}
                content = {"params": {name: str(value)[:5000] for name, value in members.items()}}
            answer = api.call(method, draws.address(path, known), **content)
            if found := mishap(answer):
                wrong.append(f"{answer.request.method} {answer.request.url} {str(content)[:1500]}: {found}")
    return wrong


@pytest.mark.parametrize("file", ["CHAT", "ECHO", "COMPLETION", "FORM_CHAT"])
def test_the_api_of_an_app_is_never_at_a_loss(bench: Workbench, file: str) -> None:
    app = bench.import_app(getattr(sample_apps, file))
    wrong = spoiled_calls(bench.api(app), APP_CALLS, {"action": "enable", "workflow_id": str(uuid4())})
    assert not wrong, "\n".join(wrong)


def test_the_api_of_knowledge_is_never_at_a_loss(bench: Workbench) -> None:
    key = bench.make_key("dataset")
    api = Api(httpx.Client(timeout=60), f"{bench.server.url}/v1", {"Authorization": f"Bearer {key}"})
    base = api.post("/datasets", {"name": f"Odd {uuid4()}", "indexing_technique": "economy"}).json()["id"]
    added = api.post(
        f"/datasets/{base}/document/create-by-text", {**TEXT, "process_rule": {"mode": "automatic"}}
    ).json()
    document, batch = added["document"]["id"], added["batch"]
    segments = api.post(f"/datasets/{base}/documents/{document}/segments", {"segments": [{"content": "c"}]}).json()
    known = {"dataset_id": base, "document_id": document, "batch": batch, "action": "enable"}
    known |= {"segment_id": segments["data"][0]["id"] if "data" in segments else str(uuid4()), "model_type": "llm"}
    wrong = spoiled_calls(api, BASE_CALLS, known)
    assert not wrong, "\n".join(wrong)
