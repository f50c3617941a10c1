"""Knowledge bases of a real server, through a knowledge key."""

from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api, JsonMap
from treadle.server.services import Services

PROVIDER, EMBEDDING = "openai_api_compatible", "stub-embedding"
AUTOMATIC = {"mode": "automatic"}
PARAGRAPHS = {"mode": "custom", "rules": {
    "pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 500, "chunk_overlap": 0}}}  # fmt: skip  # noqa: E501
PARENTS = {"mode": "hierarchical", "rules": {
    "pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 500, "chunk_overlap": 0},
    "parent_mode": "paragraph",
    "subchunk_segmentation": {"separator": ". ", "max_tokens": 200, "chunk_overlap": 0}}}  # fmt: skip


class Shelf(Api):
    """The knowledge bases of the server's workspace, as a program with a key sees them."""

    def __init__(self, bench: Workbench, key: str) -> None:
        super().__init__(bench.http, f"{bench.server.url}/v1", {"Authorization": f"Bearer {key}"})
        self.bench = bench
        self.key = key

    def change(self, path: str, body: Any = None) -> httpx.Response:
        return self.call("PATCH", path, json={} if body is None else body)

    def new_base(self, **members: Any) -> str:
        """The id of a new base."""
        answer = self.post("/datasets", {"name": f"Base {uuid4().hex[:12]}", **members})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def send(self, base_id: str, text: str = "No swimming.\n\nNo diving.", **members: Any) -> httpx.Response:
        """A document of text."""
        body = {"name": "rules.txt", "text": text, "indexing_technique": "economy", "process_rule": PARAGRAPHS}
        return self.post(f"/datasets/{base_id}/document/create-by-text", {**body, **members})

    def document(self, base_id: str, text: str = "No swimming.\n\nNo diving.", **members: Any) -> JsonMap:
        """A document of text, once it is indexed."""
        answer = self.send(base_id, text, **members)
        assert answer.status_code == 200, answer.text
        return self.indexed(base_id, str(answer.json()["document"]["id"]))

    def read(self, base_id: str, document_id: str) -> JsonMap:
        answer = self.get(f"/datasets/{base_id}/documents/{document_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def indexed(self, base_id: str, document_id: str) -> JsonMap:
        """A document once no worker has anything to do for it."""

        def rests() -> bool:
            (row,) = self.bench.rows("SELECT job FROM knowledge_documents WHERE id = :id", id=document_id)
            return row[0] is None

        eventually(rests, "the document is indexed", 60)
        return self.read(base_id, document_id)

    def segments(self, base_id: str, document_id: str) -> list[JsonMap]:
        answer = self.get(f"/datasets/{base_id}/documents/{document_id}/segments", limit=100)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    def set_state(self, base_id: str, document_id: str, action: str) -> JsonMap:
        """A document once it is enabled, disabled, archived or not."""
        answer = self.change(f"/datasets/{base_id}/documents/status/{action}", {"document_ids": [document_id]})
        assert answer.status_code == 200, answer.text
        return self.indexed(base_id, document_id)


@cache
def shelf_of(bench: Workbench) -> Shelf:
    """One key, and one embedding model, for all tests of a server."""

    async def work(services: Services) -> str:
        workspace = await services.accounts.only_workspace()
        credentials = {"endpoint_url": bench.model.url, "api_key": bench.model.key, "context_size": "8192"}
        await services.models.add_model(
            workspace.id, PROVIDER, "text-embedding", EMBEDDING, credentials, validate=False
        )
        return (await services.keys.create(workspace.id, "dataset")).token

    shelf = Shelf(bench, bench.with_services(work))
    eventually(
        lambda: bool(shelf.get("/workspaces/current/models/model-types/text-embedding").json()["data"]),
        "the server knows the embedding model",
    )
    return shelf
