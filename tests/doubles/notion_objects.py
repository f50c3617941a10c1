"""The objects of the Notion API: rich text, blocks, pages, databases and rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from tests.doubles.recording import JsonValue

Json = dict[str, JsonValue]

EPOCH = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Block:
    """A block of a page: its type, the type's own member, and the blocks under it."""

    kind: str
    value: Json
    children: "tuple[Block, ...]" = ()
    id: str | None = None
    """None: an id by its position. The block of a child page has the page's own id."""


@dataclass(frozen=True)
class Select:
    """A select value of a database row; a status when `status` is set."""

    name: str
    status: bool = False


RowValue = str | int | float | bool | Select | Sequence[str]


@dataclass
class Entry:
    """A page or a database of the workspace."""

    id: str
    title: str
    parent: str | None
    """The id of the page or database above; None: the workspace."""
    blocks: tuple[Block, ...] = ()
    rows: "list[str] | None" = None
    """The ids of a database's rows; None for a page."""
    values: dict[str, RowValue] = field(default_factory=dict[str, RowValue])
    """The other properties of a database row."""
    columns: dict[str, str] = field(default_factory=dict[str, str])
    """The types of a database's properties by name, the title being `Name`."""
    edits: int = 0


def stable_id(name: str) -> str:
    """A UUID that is the same in every run."""
    return str(uuid5(NAMESPACE_URL, f"notion:{name}"))


def rich_text(text: str) -> list[JsonValue]:
    """A text as one run of rich text."""
    annotations: Json = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False)
    return [
        {
            "type": "text",
            "text": {"content": text, "link": None},
            "annotations": {**annotations, "color": "default"},
            "plain_text": text,
            "href": None,
        }
    ]


def text_block(kind: str, text: str, *children: Block) -> Block:
    """A block of text: paragraph, heading_1, bulleted_list_item, to_do, quote, ..."""
    return Block(kind, {"rich_text": rich_text(text), "color": "default"}, children)


def table(rows: Sequence[Sequence[str]]) -> Block:
    """A table whose first row is its header."""
    lines = tuple(Block("table_row", {"cells": [rich_text(cell) for cell in row]}) for row in rows)
    return Block("table", {"table_width": len(rows[0]), "has_column_header": True, "has_row_header": False}, lines)


def image(url: str) -> Block:
    """An image that lives elsewhere."""
    return Block("image", {"type": "external", "external": {"url": url}, "caption": []})


def property_of(value: RowValue) -> Json:
    """A property value of a row by the type of the Python value."""
    match value:
        case Select(name, status):
            kind = "status" if status else "select"
            return {"type": kind, kind: {"id": stable_id(name)[:4], "name": name, "color": "default"}}
        case bool():
            return {"type": "checkbox", "checkbox": value}
        case int() | float():
            return {"type": "number", "number": value}
        case str():
            return {"type": "rich_text", "rich_text": rich_text(value)}
        case _:
            options: list[JsonValue] = [{"id": name, "name": name, "color": "default"} for name in value]
            return {"type": "multi_select", "multi_select": options}


def edited_time(entry: Entry) -> str:
    """When an entry was last edited: a minute later with every edit, as the service rounds to minutes."""
    return (EPOCH + timedelta(minutes=entry.edits)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def stamps(entry: Entry) -> Json:
    """The members that pages, databases and blocks share."""
    person: Json = {"object": "user", "id": stable_id("person")}
    return {
        "created_time": EPOCH.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "last_edited_time": edited_time(entry),
        "created_by": person,
        "last_edited_by": person,
        "archived": False,
        "in_trash": False,
    }


def parent_of(entry: Entry, above: Entry | None) -> Json:
    """The parent member of an entry below `above`."""
    if above is None:
        return {"type": "workspace", "workspace": True}
    kind = "page_id" if above.rows is None else "database_id"
    return {"type": kind, kind: above.id}


def entry_object(entry: Entry, above: Entry | None) -> Json:
    """A page or database object."""
    bare = entry.id.replace("-", "")
    shared: Json = {
        "object": "page" if entry.rows is None else "database",
        "id": entry.id,
        **stamps(entry),
        "cover": None,
        "icon": {"type": "emoji", "emoji": "⛵"} if entry.parent is None else None,
        "parent": parent_of(entry, above),
        "url": f"https://www.notion.so/{bare}",
        "public_url": None,
    }
    if entry.rows is not None:
        columns: Json = {
            name: {"id": name, "name": name, "type": kind, kind: {}} for name, kind in entry.columns.items()
        }
        title = rich_text(entry.title)
        return {**shared, "title": title, "description": [], "is_inline": False, "properties": columns}
    title_name = "title" if above is None or above.rows is None else "Name"
    properties: Json = {title_name: {"id": "title", "type": "title", "title": rich_text(entry.title)}}
    for at, (name, value) in enumerate(entry.values.items()):
        properties[name] = {"id": f"p{at}", **property_of(value)}
    return {**shared, "properties": properties}


def block_object(block: Block, block_id: str, owner: Entry) -> Json:
    """A block object; children are fetched on their own."""
    return {
        "object": "block",
        "id": block_id,
        "parent": {"type": "page_id", "page_id": owner.id},
        **stamps(owner),
        "has_children": bool(block.children),
        "type": block.kind,
        block.kind: block.value,
    }
