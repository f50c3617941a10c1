"""The console API for a member, as a browser calls it: with its session and its CSRF token."""

import time
from uuid import uuid4

import httpx
from argon2 import PasswordHasher

from tests.server.harness import Workbench
from tests.server.http_client import Api, JsonMap

PASSWORD = "right horse 1"
_HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Console(Api):
    """A signed-in member. `account_id` is who."""

    def __init__(self, bench: Workbench, account_id: str, email: str) -> None:
        super().__init__(httpx.Client(timeout=60), f"{bench.server.url}/console/api")
        self.account_id = account_id
        self.email = email
        answer = self.post("/signin", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.headers["X-CSRF-Token"] = self.token = self.http.cookies["treadle_csrf"]

    def change(self, path: str, body: JsonMap) -> httpx.Response:
        return self.call("PATCH", path, json=body)

    def new_app(self, file_text: str, **members: str) -> str:
        """The id of a new app from a file."""
        answer = self.post("/apps/imports", {"mode": "yaml-content", "yaml_content": file_text, **members})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["app_id"])

    def draft(self, app_id: str) -> JsonMap:
        answer = self.get(f"/apps/{app_id}/workflows/draft")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def save(self, app_id: str, draft: JsonMap, **changes: object) -> httpx.Response:
        """Saves `draft` as an editor does, with `changes`."""
        kept = {name: draft[name] for name in ("graph", "features", "hash")}
        return self.post(f"/apps/{app_id}/workflows/draft", {**kept, **changes})

    def step(self, app_id: str, node_id: str, inputs: JsonMap | None = None, **members: object) -> httpx.Response:
        return self.post(f"/apps/{app_id}/workflows/draft/nodes/{node_id}/run", {"inputs": inputs or {}, **members})

    def run(self, app_id: str, inputs: JsonMap | None = None) -> list[JsonMap]:
        """The events of a whole run of a workflow's draft."""
        return self.events(f"/apps/{app_id}/workflows/draft/run", {"inputs": inputs or {}})

    def ask(self, app_id: str, query: str, **members: object) -> list[JsonMap]:
        """The events of a question to a chatflow's draft."""
        path = f"/apps/{app_id}/advanced-chat/workflows/draft/run"
        return self.events(path, {"query": query, "inputs": {}, **members})


def console_of(bench: Workbench, *, workspace_id: str | None = None, role: str = "admin") -> Console:
    """A new member of a workspace, signed in."""
    account_id, email = str(uuid4()), f"{uuid4().hex}@example.com"
    workspace = workspace_id or str(bench.rows("SELECT id FROM workspaces ORDER BY created_at LIMIT 1")[0][0])
    bench.change(
        "INSERT INTO accounts (id, email, name, password_hash, status, interface_language, interface_theme, timezone,"
        " created_at, updated_at) VALUES (:id, :email, 'Member', :hash, 'active', 'en-US', 'system', 'UTC', 1, 1)",
        id=account_id,
        email=email,
        hash=_HASHED,
    )
    bench.change(
        "INSERT INTO members (workspace_id, account_id, role, created_at) VALUES (:workspace, :account, :role, :now)",
        workspace=workspace,
        account=account_id,
        role=role,
        now=int(time.time() * 1e6),
    )
    return Console(bench, account_id, email)
