"""Pages and databases of a Notion workspace as text. Source: spec knowledge §4.2, Notion's API version 2022-06-28."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlencode

from treadle.documents.tables import markdown_table, short_rule
from treadle.engine.ports import Http

from .api import Json, JsonApi, Sleep
from .errors import SourceError

Kind: TypeAlias = Literal["page", "database"]

BASE: Final = "https://api.notion.com/v1"
VERSION: Final = "2022-06-28"
ROOT: Final = "root"

_PAGE_SIZE: Final = 100
_DEEPEST: Final = 20
_MOST_BLOCKS: Final = 50_000
_HEADINGS: Final = {"heading_1": "# ", "heading_2": "## ", "heading_3": "### "}
_LAYOUT: Final = frozenset({"column_list", "column", "synced_block"})
_OTHER_PAGES: Final = frozenset({"child_page", "child_database"})


@dataclass(frozen=True, slots=True)
class NotionPage:
    """An entry of the page tree. `parent_id` is `root` at the top; `icon` is `{type, url, emoji}`."""

    page_id: str
    page_name: str
    page_icon: dict[str, str | None] | None
    parent_id: str
    type: Kind

    def dump(self) -> dict[str, object]:
        return {
            "page_id": self.page_id,
            "page_name": self.page_name,
            "page_icon": self.page_icon,
            "parent_id": self.parent_id,
            "type": self.type,
        }


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace that gave access, and the token for it."""

    access_token: str
    workspace_id: str
    workspace_name: str
    workspace_icon: str | None


class NotionOAuth:
    """The integration that an operator registered with Notion."""

    def __init__(self, http: Http, client_id: str, client_secret: str, redirect_uri: str, *, base: str = BASE) -> None:
        login = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._api = JsonApi(http, "Notion", {"Authorization": f"Basic {login}"})
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._base = base

    def authorization_url(self, state: str = "") -> str:
        """Where a person is sent to give access."""
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "owner": "user",
            "redirect_uri": self._redirect_uri,
            **({"state": state} if state else {}),
        }
        return f"{self._base}/oauth/authorize?{urlencode(query)}"

    async def exchange(self, code: str) -> Workspace:
        """The access that a person gave, for the code that they came back with. Raises SourceError."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri}
        answer = await self._api.post(f"{self._base}/oauth/token", body)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise SourceError("Notion gave no access token; start again from the list of data sources.")
        return Workspace(
            token,
            str(answer.get("workspace_id") or ""),
            str(answer.get("workspace_name") or "workspace"),
            answer.get("workspace_icon") or None,
        )


class Notion:
    """A workspace, read with a token: of OAuth or of an internal integration."""

    def __init__(self, http: Http, token: str, *, base: str = BASE, sleep: Sleep = asyncio.sleep) -> None:
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": VERSION}
        self._api = JsonApi(http, "Notion", headers, sleep=sleep)
        self._base = base

    async def workspace_name(self) -> str:
        """The name of the workspace; also the check that the token is good. Raises SourceError."""
        return (await self.identity())[1]

    async def identity(self) -> tuple[str, str]:
        """The id of the integration, which has one workspace, and that workspace's name. Raises SourceError."""
        answer = await self._api.get(f"{self._base}/users/me")
        return str(answer.get("id") or ""), str(_object(answer.get("bot")).get("workspace_name") or "workspace")

    async def pages(self) -> list[NotionPage]:
        """Everything that is shared with the integration, as a tree by `parent_id`. Raises SourceError."""
        found: list[Json] = []
        for kind in ("page", "database"):
            body = {"filter": {"property": "object", "value": kind}}
            found += [
                entry
                async for entry in self._listed("POST", "search", body)
                if not entry.get("archived") and not entry.get("in_trash")
            ]
        known = {str(entry["id"]) for entry in found}
        above: dict[str, str] = {}
        return [
            NotionPage(
                str(entry["id"]),
                _title(entry),
                _icon(entry.get("icon")),
                await self._parent(entry.get("parent"), known, above),
                "database" if entry.get("object") == "database" else "page",
            )
            for entry in found
        ]

    async def last_edited_time(self, page_id: str, kind: Kind) -> str:
        """When a page or database was last changed, as Notion writes it. Raises SourceError."""
        answer = await self._api.get(f"{self._base}/{kind}s/{page_id}")
        return str(answer.get("last_edited_time") or "")

    async def text(self, page_id: str, kind: Kind) -> str:
        """A page with all its blocks, or a database with all its rows, as Markdown. Raises SourceError.

        Pages within it are documents of their own and not part of it.
        """
        if kind == "database":
            rows = [_row(row) async for row in self._listed("POST", f"databases/{page_id}/query", {})]
            return "\n\n".join(row for row in rows if row)
        lines: list[str] = []
        await self._blocks(page_id, 0, 0, lines, [_MOST_BLOCKS])
        return "\n".join(lines).strip()

    async def _blocks(self, block_id: str, indent: int, depth: int, lines: list[str], left: list[int]) -> None:
        number = 0
        async for block in self._listed("GET", f"blocks/{block_id}/children"):
            left[0] -= 1
            if left[0] < 0:
                raise SourceError(f"The Notion page has more than {_MOST_BLOCKS:,} blocks; split it.")
            kind = str(block.get("type"))
            number = number + 1 if kind == "numbered_list_item" else 0
            if kind in _OTHER_PAGES:
                continue
            if kind == "table":
                lines.append(f"\n{await self._table(str(block['id']))}")
                continue
            text = _block_text(kind, cast("Json", block.get(kind) or {}), number)
            tabs = "\t" * indent
            if text:
                lines += [f"\n{text}"] if kind in _HEADINGS else [tabs + line for line in text.split("\n")]
            if block.get("has_children") and depth < _DEEPEST:
                within = indent if kind in _LAYOUT else indent + 1
                await self._blocks(str(block["id"]), within, depth + 1, lines, left)

    async def _table(self, table_id: str) -> str:
        rows = [
            [_plain(cell) for cell in cast("list[object]", (row.get("table_row") or {}).get("cells") or [])]
            async for row in self._listed("GET", f"blocks/{table_id}/children")
        ]
        return markdown_table(rows, line_break="<br>", rule=short_rule)

    async def _parent(self, parent: object, known: set[str], above: dict[str, str]) -> str:
        """The id of the page or database above an entry; blocks are gone up through."""
        given = cast("Json", parent) if isinstance(parent, dict) else {}
        for _ in range(_DEEPEST):
            kind = given.get("type")
            if kind in ("page_id", "database_id"):
                found = str(given[kind])
                return found if found in known else ROOT
            if kind != "block_id":
                return ROOT
            block = str(given["block_id"])
            if block in above:
                return above[block]
            try:
                answer = await self._api.get(f"{self._base}/blocks/{block}")
            except SourceError:  # a block that is not shared leaves its pages at the top
                return ROOT
            given = cast("Json", answer.get("parent") or {})
            if given.get("type") in ("page_id", "database_id"):
                found = str(given[given["type"]])
                above[block] = found if found in known else ROOT
                return above[block]
        return ROOT

    async def _listed(self, method: str, path: str, body: Mapping[str, object] | None = None) -> AsyncIterator[Json]:
        """The entries of a list, of all its cursors."""
        cursor: str | None = None
        while True:
            following = {"start_cursor": cursor} if cursor else {}
            if method == "GET":
                query = urlencode({"page_size": _PAGE_SIZE, **following})
                answer = await self._api.get(f"{self._base}/{path}?{query}")
            else:
                answer = await self._api.post(
                    f"{self._base}/{path}", {**(body or {}), "page_size": _PAGE_SIZE, **following}
                )
            for entry in cast("list[object]", answer.get("results") or []):
                if isinstance(entry, dict):
                    yield cast("Json", entry)
            after = answer.get("next_cursor")
            if not answer.get("has_more") or not isinstance(after, str) or after == cursor:
                return
            cursor = after


def _object(value: object) -> Json:
    """A JSON object, an empty one in place of anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def _title(entry: Json) -> str:
    if entry.get("object") == "database":
        return _plain(entry.get("title")) or "Untitled"
    properties = cast("dict[str, Json]", entry.get("properties") or {})
    titles = (_plain(value.get("title")) for value in properties.values() if value.get("type") == "title")
    return next((title for title in titles if title), "Untitled")


def _icon(icon: object) -> dict[str, str | None] | None:
    if not isinstance(icon, dict):
        return None
    given = cast("Json", icon)
    if given.get("type") == "emoji":
        return {"type": "emoji", "url": None, "emoji": str(given.get("emoji") or "")}
    address = _object(given.get(str(given.get("type")))).get("url")
    return {"type": "url", "url": str(address), "emoji": None} if address else None


def _plain(runs: object) -> str:
    """Rich text as plain text."""
    if not isinstance(runs, list):
        return ""
    return "".join(str(run.get("plain_text") or "") for run in cast("list[Json]", runs))


def _linked(runs: object) -> str:
    """Rich text with its web links as Markdown."""
    if not isinstance(runs, list):
        return ""
    parts: list[str] = []
    for run in cast("list[Json]", runs):
        text, address = str(run.get("plain_text") or ""), str(run.get("href") or "")
        linked = address.startswith(("http://", "https://")) and text.strip() and text != address
        parts.append(f"[{text}]({address})" if linked else text)
    return "".join(parts)


def _block_text(kind: str, value: Json, number: int) -> str:
    text = _linked(value.get("rich_text"))
    match kind:
        case "heading_1" | "heading_2" | "heading_3":
            return _HEADINGS[kind] + text if text.strip() else ""
        case "bulleted_list_item":
            return f"- {text}"
        case "numbered_list_item":
            return f"{number}. {text}"
        case "to_do":
            return f"- [{'x' if value.get('checked') else ' '}] {text}"
        case "code":
            return f"```{value.get('language') or ''}\n{_plain(value.get('rich_text'))}\n```"
        case "quote":
            return "\n".join(f"> {line}" for line in text.split("\n"))
        case "equation":
            return str(value.get("expression") or "")
        case "bookmark" | "embed" | "link_preview":
            return str(value.get("url") or "")
        case "image" if value.get("type") == "external":
            return f"![{_plain(value.get('caption'))}]({(value.get('external') or {}).get('url')})"
        case _:
            return text


def _row(row: Json) -> str:
    """A row of a database: `property:value` lines of what is filled in."""
    properties = cast("dict[str, Json]", row.get("properties") or {})
    values = ((name, _value(value)) for name, value in properties.items())
    return "\n".join(f"{name}:{text}" for name, text in values if text)


def _value(value: Any) -> str:
    """A property's value as people read it, empty when there is none."""
    kind = str(value.get("type"))
    held = value.get(kind)
    match kind:
        case "title" | "rich_text":
            return _plain(held)
        case "select" | "status":
            return str(_object(held).get("name") or "")
        case "multi_select" | "people" | "files":
            return ", ".join(str(entry.get("name") or "") for entry in cast("list[Json]", held or []))
        case "date":
            given = cast("Json", held or {})
            return " to ".join(str(given[end]) for end in ("start", "end") if given.get(end))
        case "formula" | "rollup":
            return _value(held) if isinstance(held, dict) else ""
        case "array":
            return ", ".join(text for entry in cast("list[Json]", held or []) if (text := _value(entry)))
        case "checkbox" | "boolean":
            return "true" if held else "false"
        case "created_by" | "last_edited_by":
            return str(_object(held).get("name") or "")
        case "unique_id":
            given = cast("Json", held or {})
            return "-".join(str(part) for part in (given.get("prefix"), given.get("number")) if part is not None)
        case "relation" | "button" | "verification":
            return ""
        case _:
            return "" if held is None or isinstance(held, dict | list) else str(held)
