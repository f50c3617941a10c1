"""Documents (https://open.feishu.cn/document/server-docs/docs/docs/docx-v1/docx-overview)."""

from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message, Text

from .client import office, paging

_TEXT_BLOCK = 2
_MOST = 50
"""How many blocks one request adds."""


async def create_document(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"title": call.text("title")}
    if folder := call.text("folder_token"):
        body["folder_token"] = folder
    made = (await office(call, "POST", "docx/v1/documents", json=body)).get("document")
    if not isinstance(made, dict):
        raise ToolInvokeError("The office answered without a document.")
    if text := call.text("content"):
        await _write(call, str(made.get("document_id")), text, at_end=True)
    yield Json(made)


async def get_document_content(call: Call) -> AsyncIterator[Message]:
    found = await office(call, "GET", f"docx/v1/documents/{_document(call)}/raw_content", query={"lang": 0})
    yield Text(str(found.get("content", "")))


async def list_document_blocks(call: Call) -> AsyncIterator[Message]:
    yield Json(await office(call, "GET", f"docx/v1/documents/{_document(call)}/blocks", query=paging(call)))


async def write_document(call: Call) -> AsyncIterator[Message]:
    await _write(call, _document(call), call.required("content"), at_end=call.text("position") != "start")
    yield Text("The text was added to the document.")


async def _write(call: Call, document: str, text: str, *, at_end: bool) -> None:
    """A block for each line."""
    blocks: list[JsonValue] = [
        {"block_type": _TEXT_BLOCK, "text": {"elements": [{"text_run": {"content": line}}]}}
        for line in text.splitlines()
        if line.strip()
    ]
    path = f"docx/v1/documents/{document}/blocks/{document}/children"
    for start in range(0, len(blocks), _MOST):
        body: dict[str, JsonValue] = {"children": blocks[start : start + _MOST], "index": -1 if at_end else start}
        await office(call, "POST", path, json=body)


def _document(call: Call) -> str:
    """The id, also out of an address such as https://x.feishu.cn/docx/ID."""
    text = call.required("document_id")
    return quote(urlsplit(text).path.rstrip("/").rpartition("/")[2] if "://" in text else text, safe="")
