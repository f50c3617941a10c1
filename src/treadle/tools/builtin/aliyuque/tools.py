"""Documents of Yuque (https://www.yuque.com/yuque/developer/openapi)."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Json, Message, Text

T = TypeVar("T")


class _Document(msgspec.Struct):
    data: dict[str, Any]


class _Contents(msgspec.Struct):
    data: list[dict[str, Any]]


async def check(call: Call) -> None:
    await send(call, "GET", f"{call.urls['api']}/user", headers=_headers(call))


async def aliyuque_create_document(call: Call) -> AsyncIterator[Message]:
    call.required("body")
    yield Json((await _yuque(call, _Document, "POST", f"repos/{_book(call)}/docs", _changes(call))).data)


async def aliyuque_update_document(call: Call) -> AsyncIterator[Message]:
    yield Json((await _yuque(call, _Document, "PUT", _document(call), _changes(call))).data)


async def aliyuque_delete_document(call: Call) -> AsyncIterator[Message]:
    await _yuque(call, _Document, "DELETE", _document(call))
    yield Text("The document was deleted.")


async def aliyuque_describe_documents(call: Call) -> AsyncIterator[Message]:
    yield Json((await _yuque(call, _Document, "GET", _document(call))).data)


async def aliyuque_describe_document_content(call: Call) -> AsyncIterator[Message]:
    match urlsplit(call.required("url")).path.strip("/").split("/"):
        case [group, book, document]:
            path = f"repos/{quote(group, safe='')}/{quote(book, safe='')}/docs/{quote(document, safe='')}"
        case _:
            raise ToolParameterError('The parameter "url" is no address of a document; it ends in group/book/document.')
    yield Text(str((await _yuque(call, _Document, "GET", path)).data.get("body") or ""))


async def aliyuque_describe_book_table_of_contents(call: Call) -> AsyncIterator[Message]:
    yield Json({"toc": [*(await _yuque(call, _Contents, "GET", f"repos/{_book(call)}/toc")).data]})


def _changes(call: Call) -> dict[str, JsonValue]:
    changes: dict[str, JsonValue] = {
        name: value for name in ("title", "slug", "format", "body") if (value := call.text(name))
    }
    if call.text("public"):
        changes["public"] = call.integer("public", 0, 2)
    return changes


def _book(call: Call) -> str:
    return quote(call.required("book_id").strip("/"), safe="/")


def _document(call: Call) -> str:
    return f"repos/{_book(call)}/docs/{quote(call.required('id'), safe='')}"


def _headers(call: Call) -> dict[str, str]:
    return {"X-Auth-Token": call.credential("token")}


async def _yuque(call: Call, answer: type[T], method: str, path: str, body: JsonValue = None) -> T:
    return await ask(call, answer, method, f"{call.urls['api']}/{path}", headers=_headers(call), json=body)
