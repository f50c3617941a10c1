"""Translations from Baidu (https://fanyi-api.baidu.com/doc/21)."""

from collections.abc import AsyncIterator
from hashlib import md5
from typing import TypeVar

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text

_BAD_ACCOUNT = frozenset({"52003", "54001"})
_GOOD = frozenset({"", "0", "52000"})


class _Answer(msgspec.Struct):
    error_code: str | int = ""
    error_msg: str = ""


class _Line(msgspec.Struct):
    dst: str


class _Translated(_Answer):
    trans_result: list[_Line] = []


class _Language(msgspec.Struct):
    src: str = ""


class _Recognised(_Answer):
    data: _Language = msgspec.field(default_factory=_Language)


A = TypeVar("A", bound=_Answer)


async def translate(call: Call) -> AsyncIterator[Message]:
    found = await _baidu(call, _Translated, "translate", {"from": call.text("from"), "to": call.text("to")})
    yield Text("\n".join(line.dst for line in found.trans_result))


async def field_translate(call: Call) -> AsyncIterator[Message]:
    more = {"from": call.text("from"), "to": call.text("to"), "domain": call.text("domain")}
    found = await _baidu(call, _Translated, "fieldtranslate", more)
    yield Text("\n".join(line.dst for line in found.trans_result))


async def language(call: Call) -> AsyncIterator[Message]:
    yield Text((await _baidu(call, _Recognised, "language", {})).data.src)


async def _baidu(call: Call, answer: type[A], path: str, more: dict[str, str]) -> A:
    text, app = call.required("q"), call.credential("appid")
    salt = str(int(call.clock() * 1000))
    signed = f"{app}{text}{salt}{more.get('domain', '')}{call.credential('secret')}"
    form = {"q": text, "appid": app, "salt": salt, "sign": md5(signed.encode()).hexdigest(), **more}
    found = await ask(call, answer, "POST", f"{call.urls['api']}/{path}", form=form)
    code = str(found.error_code)
    if code in _BAD_ACCOUNT:
        raise ToolCredentialsError(f"Baidu refused the account ({found.error_msg}); check it in the tool's settings.")
    if code not in _GOOD:
        raise ToolInvokeError(f"Baidu could not translate: {found.error_msg} ({code}).")
    return found
