"""A Notion workspace behind the Notion API, strict about the version header and the bearer token."""

import base64
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.notion_objects import (
    Block,
    Entry,
    Json,
    RowValue,
    Select,
    block_object,
    entry_object,
    image,
    property_of,
    stable_id,
    table,
    text_block,
)
from tests.doubles.recording import JsonValue, Request

VERSIONS = frozenset({"2021-05-13", "2021-08-16", "2022-02-22", "2022-06-28"})

WORKSPACE_NAME = "Harbour office"

CODES = {400: "validation_error", 401: "unauthorized", 403: "restricted_resource", 404: "object_not_found"}


class Notion(HttpDouble):
    """The API under `url` (`.../v1`).

    It starts with two pages (`handbook`, `rules`), a child page and a database of three rows (`stock`).
    """

    def __init__(
        self, *, token: str = "secret_notion", client_id: str = "client", client_secret: str = "client-secret"
    ) -> None:
        super().__init__()
        self.token = token
        self.client_id = client_id
        self.client_secret = client_secret
        self.workspace_id = stable_id("workspace")
        self._entries: dict[str, Entry] = {}
        self._blocks: dict[str, tuple[Block, Entry]] = {}
        self.handbook = self.add_page(
            "Handbook",
            [
                text_block("heading_1", "Harbour handbook"),
                text_block("paragraph", "Every guest gets a life jacket."),
                text_block(
                    "bulleted_list_item", "Before sailing", text_block("bulleted_list_item", "Read the weather report")
                ),
                table([["Boat", "Seats"], ["Rowing boat", "4"], ["Sailing boat", "6"]]),
                image("https://example.org/harbour.png"),
            ],
        )
        self.rules = self.add_page("Rules", [text_block("paragraph", "No swimming in the harbour.")])
        self.child = self.add_page(
            "Knots", [text_block("paragraph", "The bowline does not slip.")], parent=self.handbook
        )
        self.stock = self.add_database(
            "Stock",
            [
                ("Rope", {"Count": 12, "Kind": Select("Deck"), "Tags": ["blue", "long"], "Note": "by the pier"}),
                ("Lamp", {"Count": 3, "Kind": Select("Deck"), "Tags": [], "State": Select("Ordered", status=True)}),
                ("Map", {"Count": 1, "Kind": Select("Cabin"), "Tags": ["paper"], "Laminated": True}),
            ],
        )

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def add_page(self, title: str, blocks: Sequence[Block] = (), *, parent: str | None = None) -> str:
        """Adds a page, under another one if `parent` is its id, and gives its id."""
        entry = Entry(stable_id(f"page {len(self._entries)} {title}"), title, parent)
        self._entries[entry.id] = entry
        if parent is not None:
            above = self._entries[parent]
            self._set_blocks(above, [*above.blocks, Block("child_page", {"title": title}, id=entry.id)])
        self._set_blocks(entry, blocks)
        return entry.id

    def add_database(self, title: str, rows: Sequence[tuple[str, Mapping[str, RowValue]]]) -> str:
        """Adds a database at the top, a row being its name and its other properties, and gives its id."""
        database = Entry(
            stable_id(f"database {len(self._entries)} {title}"), title, None, rows=[], columns={"Name": "title"}
        )
        self._entries[database.id] = database
        for name, values in rows:
            row = Entry(stable_id(f"row {len(self._entries)} {name}"), name, database.id, values=dict(values))
            self._entries[row.id] = row
            database.rows = [*(database.rows or []), row.id]
            database.columns |= {name: str(property_of(value)["type"]) for name, value in values.items()}
        return database.id

    def edit_page(self, page_id: str, blocks: Sequence[Block]) -> None:
        """Replaces a page's content, which moves its `last_edited_time`."""
        entry = self._entries[page_id]
        entry.edits += 1
        self._set_blocks(entry, blocks)

    def remove(self, entry_id: str) -> None:
        """Deletes a page or database: it is no longer found."""
        del self._entries[entry_id]

    def _set_blocks(self, entry: Entry, blocks: Sequence[Block]) -> None:
        entry.blocks = tuple(blocks)
        pending = identified(entry.id, blocks)
        while pending:
            block_id, block = pending.pop()
            self._blocks[block_id] = (block, entry)
            pending.extend(identified(block_id, block.children))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/oauth/authorize", self._authorize),
            web.post("/v1/oauth/token", self._exchange_code),
            web.get("/v1/users/me", self._me),
            web.post("/v1/search", self._search),
            web.get("/v1/pages/{id}", self._page),
            web.get("/v1/databases/{id}", self._database),
            web.post("/v1/databases/{id}/query", self._query),
            web.get("/v1/blocks/{id}", self._block),
            web.get("/v1/blocks/{id}/children", self._children),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.path == "/v1/oauth/authorize":
            return
        if recorded.path == "/v1/oauth/token":
            login = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            if recorded.headers.get("authorization") != f"Basic {login}":
                raise Refused(401, "Client authentication failed.", kind="auth", code="invalid_client")
            return
        if recorded.bearer != self.token:
            raise Refused(401, "API token is invalid.", kind="auth")
        version = recorded.headers.get("notion-version")
        if version is None:
            raise Refused(400, "The Notion-Version header is missing.", code="missing_version")
        if version not in VERSIONS:
            raise Refused(400, f"Notion-Version {version!r} is not a known version.")

    def error_body(self, refused: Refused) -> JsonValue:
        code = refused.code or CODES.get(refused.status, "internal_server_error")
        if refused.kind == "route":
            return {"object": "error", "status": 400, "code": "invalid_request_url", "message": refused.message}
        return {"object": "error", "status": refused.status, "code": code, "message": refused.message}

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            raise Refused(400, "client_id or response_type is wrong.")
        answer = {"code": "authorised", **({"state": query["state"]} if "state" in query else {})}
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    async def _exchange_code(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "notion/oauth_token")
        if body["code"] != "authorised":
            raise Refused(400, "The code is not valid.", kind=None, code="invalid_grant")
        return web.json_response(
            {
                "access_token": self.token,
                "token_type": "bearer",
                "bot_id": stable_id("bot"),
                "workspace_id": self.workspace_id,
                "workspace_name": WORKSPACE_NAME,
                "workspace_icon": None,
                "owner": {"type": "workspace", "workspace": True},
                "duplicated_template_id": None,
            }
        )

    async def _me(self, request: web.Request) -> web.StreamResponse:
        bot: Json = {"owner": {"type": "workspace", "workspace": True}, "workspace_name": WORKSPACE_NAME}
        return web.json_response(
            {
                "object": "user",
                "id": stable_id("bot"),
                "name": "Treadle",
                "avatar_url": None,
                "type": "bot",
                "bot": bot,
            }
        )

    async def _search(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        self.json_body(recorded, "notion/search")
        wanted = recorded.json.get("filter", {}).get("value")
        query = recorded.json.get("query", "").lower()
        found = [
            entry_object(entry, self._entries.get(entry.parent or ""))
            for entry in self._entries.values()
            if query in entry.title.lower() and wanted in (None, "page" if entry.rows is None else "database")
        ]
        return self._listing(found, recorded.json, "page_or_database")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._entry_response(request, database=False)

    async def _database(self, request: web.Request) -> web.StreamResponse:
        return self._entry_response(request, database=True)

    def _entry_response(self, request: web.Request, *, database: bool) -> web.Response:
        entry = self._entries.get(dashed(request.match_info["id"]))
        if entry is None or (entry.rows is not None) is not database:
            raise not_found(request.match_info["id"])
        return web.json_response(entry_object(entry, self._entries.get(entry.parent or "")))

    async def _query(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        self.json_body(recorded, "notion/query")
        database = self._entries.get(dashed(request.match_info["id"]))
        if database is None or database.rows is None:
            raise not_found(request.match_info["id"])
        rows = [entry_object(self._entries[row], database) for row in database.rows if row in self._entries]
        return self._listing(rows, recorded.json, "page_or_database")

    async def _block(self, request: web.Request) -> web.StreamResponse:
        block_id = dashed(request.match_info["id"])
        entry = self._entries.get(block_id)
        if entry is not None:
            kind = "child_page" if entry.rows is None else "child_database"
            return web.json_response(block_object(Block(kind, {"title": entry.title}), block_id, entry))
        block, owner = self._known_block(block_id)
        return web.json_response(block_object(block, block_id, owner))

    async def _children(self, request: web.Request) -> web.StreamResponse:
        block_id = dashed(request.match_info["id"])
        entry = self._entries.get(block_id)
        if entry is not None:
            blocks, owner = entry.blocks, entry
        else:
            block, owner = self._known_block(block_id)
            blocks = block.children
        found = [block_object(child, child_id, owner) for child_id, child in identified(block_id, blocks)]
        query: Json = dict(request.query)
        size = request.query.get("page_size")
        if size is not None:
            query["page_size"] = int(size) if size.isdigit() else size
        return self._listing(found, query, "block")

    def _known_block(self, block_id: str) -> tuple[Block, Entry]:
        found = self._blocks.get(block_id)
        if found is None or found[1].id not in self._entries:
            raise not_found(block_id)
        return found

    def _listing(self, found: Sequence[Json], asked: Json, kind: str) -> web.Response:
        size = asked.get("page_size", 100)
        if not isinstance(size, int) or not 1 <= size <= 100:
            raise Refused(400, "page_size must be a number from 1 to 100.")
        cursor = asked.get("start_cursor")
        start = 0
        if cursor is not None:
            starts = [at for at in range(len(found)) if cursor_of(found, at) == cursor]
            if not starts:
                raise Refused(400, "start_cursor is not one that this endpoint gave out.")
            start = starts[0]
        more = start + size < len(found)
        results: list[JsonValue] = list(found[start : start + size])
        return web.json_response(
            {
                "object": "list",
                "results": results,
                "next_cursor": cursor_of(found, start + size) if more else None,
                "has_more": more,
                "type": kind,
                kind: {},
            }
        )


def cursor_of(found: Sequence[Json], at: int) -> str:
    """The cursor that starts at an item."""
    return stable_id(f"cursor {found[at]['id']}")


def identified(owner: str, blocks: Sequence[Block]) -> list[tuple[str, Block]]:
    """The blocks under a page or block, each with its id."""
    return [(block.id or stable_id(f"block {owner} {at}"), block) for at, block in enumerate(blocks)]


def dashed(value: str) -> str:
    """An id with its dashes: the API takes both forms."""
    bare = value.replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", bare):
        raise Refused(400, f"{value!r} is not a valid id: it should be a UUID.")
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


def not_found(value: str) -> Refused:
    """The answer for something that is absent or not shared with the integration."""
    return Refused(404, f"Could not find {value}, or it is not shared with this integration.", kind=None)
