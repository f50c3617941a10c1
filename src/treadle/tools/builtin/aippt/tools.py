"""Presentations from AiPPT (https://open.aippt.cn/docs): a task, its outline and text, a design, its export."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from hashlib import sha1
from hmac import new as keyed_hash
from typing import Generic, TypeVar

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import Query, ask, send
from treadle.tools.messages import Json, Link, Message

T = TypeVar("T")

_PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_OF_A_TITLE, _OF_MARKDOWN = "1", "7"
"""Kinds of tasks."""
_USER = "treadle"
_WRITING = 300.0
"""Seconds that a text may take."""
_PAUSE = 2.0
_LOOKS = 100


class _Answer(msgspec.Struct, Generic[T]):
    code: int
    msg: str = ""
    data: T | None = None


class _Numbered(msgspec.Struct):
    id: int


class _Design(msgspec.Struct):
    id: int
    cover_url: str = ""


class _Templates(msgspec.Struct):
    found: list[_Numbered] = msgspec.field(name="list")


class _Token(msgspec.Struct):
    token: str


async def check(call: Call) -> None:
    await _signed_in(call)


async def aippt(call: Call) -> AsyncIterator[Message]:
    title, outline = call.required("title"), call.text("outline")
    headers = await _signed_in(call)
    form = {"title": title, "type": _OF_MARKDOWN if outline else _OF_A_TITLE}
    form |= {"content": outline} if outline else {}
    task = await _told(call, _Answer[_Numbered], "POST", "ai/chat/v2/task", headers, form=form)
    if not outline:
        model = "wx/" if call.text("llm") == "wenxin" else ""
        for step in ("outline", "content"):
            await _write(call, f"ai/chat/{model}{step}", headers, task.id)
    templates = await _told(
        call, _Answer[_Templates], "GET", "template_component/suit/search", headers, query={"page": 1, "page_size": 1}
    )
    if not templates.found:
        raise ToolInvokeError("AiPPT offers this account no template.")
    form = {"task_id": str(task.id), "name": title, "template_id": str(templates.found[0].id)}
    design = await _told(call, _Answer[_Design], "POST", "design/v2/save", headers, form=form)
    url = await _exported(call, headers, design.id)
    yield Json({"url": url, "cover_url": design.cover_url})
    yield Link(url, _PPTX)


async def _signed_in(call: Call) -> dict[str, str]:
    """The headers of all other calls. Raises ToolCredentialsError."""
    key, moment = call.credential("aippt_access_key"), str(int(call.clock()))
    words = f"GET@/api/grant/token/@{moment}"
    signature = keyed_hash(call.credential("aippt_secret_key").encode(), words.encode(), sha1).digest()
    headers = {"x-api-key": key, "x-timestamp": moment, "x-signature": b64encode(signature).decode()}
    url, query = f"{call.urls['api']}/grant/token", {"uid": _USER, "channel": ""}
    answer = await ask(call, _Answer[_Token], "GET", url, query=query, headers=headers)
    if answer.code != 0 or answer.data is None:
        raise ToolCredentialsError(f"AiPPT refused the keys: {answer.msg}; check them in the tool's settings.")
    return {"x-api-key": key, "x-channel": "", "x-token": answer.data.token}


async def _write(call: Call, path: str, headers: Mapping[str, str], task: int) -> None:
    """Have a text written for the task; AiPPT keeps it, and streams it so that people may watch."""
    url, query = f"{call.urls['api']}/{path}", {"task_id": task}
    answer = await send(call, "GET", url, query=query, headers=headers, timeout=_WRITING)
    if b"event:close" not in answer.body.replace(b"event: ", b"event:"):
        raise ToolInvokeError("AiPPT broke off while it wrote the presentation; try again.")


async def _exported(call: Call, headers: Mapping[str, str], design: int) -> str:
    """The address of the design as a file, once it is there."""
    form = {"id": str(design), "format": "ppt", "edit": "true", "files_to_zip": "false"}
    task = await _told(call, _Answer[str], "POST", "download/export/file", headers, form=form)
    for _ in range(_LOOKS):
        form = {"task_key": task}
        urls = await _told(
            call, _Answer[list[str]], "POST", "download/export/file/result", headers, form=form, empty=[]
        )
        if urls:
            return urls[0]
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"AiPPT did not finish the presentation within {_PAUSE * _LOOKS:g} seconds.")


async def _told(
    call: Call,
    kind: type[_Answer[T]],
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    query: Query = (),
    form: Mapping[str, str] | None = None,
    empty: T | None = None,
) -> T:
    """The data of an answer; `empty` where it has none. Raises ToolInvokeError for a refusal."""
    url = f"{call.urls['api']}/{path}"
    answer = await ask(call, kind, method, url, query=query, headers=headers, form=form)
    if answer.code != 0:
        raise ToolInvokeError(f"AiPPT refused: {answer.msg} ({answer.code}).")
    data = answer.data if answer.data is not None else empty
    if data is None:
        raise ToolInvokeError(f"AiPPT answered without what was asked for ({path}).")
    return data
