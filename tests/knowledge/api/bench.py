"""Knowledge over HTTP in this process, on either database, with a scripted embedding model and people of all roles."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.doubles.scripted_model import ScriptedModel
from treadle.accounts.tables import Account, KeyType, Member, Role
from treadle.knowledge.tables import Document
from treadle.platform.clock import now_us
from treadle.platform.ids import new_id
from treadle.server.app import create_app
from treadle.server.services import Services, open_services
from treadle.settings import Settings

PROVIDER = "openai_api_compatible"
MODEL, OTHER_MODEL, CHAT = "stub-embedding", "other-embedding", "stub-chat"
PASSWORD = "right horse 1"
AUTOMATIC = {"mode": "automatic"}
PARAGRAPHS = {"mode": "custom", "rules": {
    "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": True}],
    "segmentation": {"separator": "\\n\\n", "max_tokens": 500, "chunk_overlap": 0}}}  # fmt: skip
PARENTS = {"mode": "hierarchical", "rules": {
    "pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 500, "chunk_overlap": 0},
    "parent_mode": "paragraph",
    "subchunk_segmentation": {"separator": ". ", "max_tokens": 200, "chunk_overlap": 0}}}  # fmt: skip

JsonMap = dict[str, Any]


class Caller:
    """HTTP as somebody: with a knowledge key, or with a session."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self.http = http
        self.base = base
        self.account_id = ""

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, f"{self.base}{path}", **options)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, params=query or None)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.call("POST", path, json={} if body is None else body)

    async def patch(self, path: str, body: Any = None) -> httpx.Response:
        return await self.call("PATCH", path, json={} if body is None else body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.call("PUT", path, json=body)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, **options)


class Bench:
    """A process that serves, and those who call it."""

    def __init__(self, services: Services, workspace_id: str, model: ScriptedModel, stack: list[Any]) -> None:
        self.services = services
        self.workspace_id = workspace_id
        self.model = model
        self.app = create_app(services)
        self._clients = stack

    def _client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
        client = httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers, timeout=60)
        self._clients.append(client)
        return client

    async def key(self, workspace_id: str | None = None, base_id: str | None = None) -> Caller:
        """A program with a new knowledge key."""
        made = await self.services.keys.create(workspace_id or self.workspace_id, KeyType.DATASET, base_id=base_id)
        return Caller(self._client({"Authorization": f"Bearer {made.token}"}), "/v1")

    async def member(self, role: Role | str = Role.EDITOR, workspace_id: str | None = None) -> Caller:
        """A person of the workspace, signed in."""
        email, account_id = f"{uuid4().hex}@example.com", new_id()
        hashed = await self.services.accounts._hash(PASSWORD)
        now = now_us()
        async with self.services.db.transaction() as session:
            session.add(
                Account(
                    id=account_id, email=email, name=f"Member {email[:6]}", password_hash=hashed, status="active",
                    created_at=now, updated_at=now,
                )
            )  # fmt: skip
            await session.flush()
            session.add(
                Member(
                    workspace_id=workspace_id or self.workspace_id, account_id=account_id, role=str(role),
                    created_at=now,
                )
            )  # fmt: skip
        client = self._client()
        answer = await client.post("/console/api/signin", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = client.cookies["treadle_csrf"]
        caller = Caller(client, "/console/api")
        caller.account_id = account_id
        return caller

    async def workspace(self) -> str:
        """The id of another workspace."""
        owner = new_id()
        now = now_us()
        async with self.services.db.transaction() as session:
            session.add(
                Account(
                    id=owner, email=f"{uuid4().hex}@example.com", name="Other", status="active", created_at=now,
                    updated_at=now,
                )
            )  # fmt: skip
        return (await self.services.accounts.create_workspace(f"W {uuid4().hex[:6]}", owner_id=owner)).id

    async def add_models(self, workspace_id: str | None = None) -> None:
        """Two embedding models, the first of them the default, and one that answers."""
        workspace, model = workspace_id or self.workspace_id, self.model
        credentials = {"endpoint_url": model.url, "api_key": model.key, "context_size": "8192", "max_chunks": "8"}
        for name in (MODEL, OTHER_MODEL):
            await self.services.models.add_model(
                workspace, PROVIDER, "text-embedding", name, credentials, default=name == MODEL, validate=False
            )
        chat = {"endpoint_url": model.url, "api_key": model.key, "mode": "chat", "context_size": "4096"}
        await self.services.models.add_model(workspace, PROVIDER, "llm", CHAT, chat, default=True, validate=False)

    async def base(self, caller: Caller, name: str = "", **members: Any) -> str:
        """The id of a new base."""
        answer = await caller.post("/datasets", {"name": name or f"Base {uuid4().hex[:12]}", **members})
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def text(
        self, api: Caller, base_id: str, text: str = "No swimming.\n\nNo diving.", name: str = "rules.txt", **more: Any
    ) -> JsonMap:
        """A document of text, once it is indexed. `api` has a key."""
        body = {"name": name, "text": text, "indexing_technique": "economy", "process_rule": PARAGRAPHS, **more}
        answer = await api.post(f"/datasets/{base_id}/document/create-by-text", body)
        assert answer.status_code == 200, answer.text
        return await self.indexed(api, base_id, str(answer.json()["document"]["id"]))

    async def indexed(self, api: Caller, base_id: str, document_id: str) -> JsonMap:
        """A document once a worker is done with it."""
        async with asyncio.timeout(60):
            while True:
                answer = await api.get(f"/datasets/{base_id}/documents/{document_id}")
                assert answer.status_code == 200, answer.text
                if answer.json()["display_status"] not in ("queuing", "indexing"):
                    return dict(answer.json())
                await asyncio.sleep(0.02)

    async def idle(self, document_id: str) -> None:
        """Until no worker has anything to do for a document."""
        async with asyncio.timeout(60):
            while True:
                async with self.services.db.session() as session:
                    row = await session.get(Document, document_id)
                if row is None or row.job is None:
                    return
                await asyncio.sleep(0.02)

    async def segments(self, api: Caller, base_id: str, document_id: str) -> list[JsonMap]:
        answer = await api.get(f"/datasets/{base_id}/documents/{document_id}/segments", limit=100)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])


@asynccontextmanager
async def bench(database_url: str, folder: Path, *, serving: bool = True) -> AsyncIterator[Bench]:
    """A process over an empty database with the newest schema."""
    settings = Settings(
        data_dir=folder / "data", database_url=database_url, local_model=False, egress_allow=("127.0.0.1",),
        upload_file_extension_blacklist="exe,scr",
    )  # fmt: skip
    clients: list[httpx.AsyncClient] = []
    async with ScriptedModel() as model, open_services(settings=settings, serving=serving) as services:
        workspace = await services.accounts.only_workspace()
        yield Bench(services, workspace.id, model, clients)
        for client in clients:
            await client.aclose()


def refused(answer: httpx.Response, status: int, code: str) -> JsonMap:
    """The envelope of a refusal."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    body = dict(answer.json())
    assert body["status"] == status
    assert body["message"].strip()
    return body
