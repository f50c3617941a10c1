"""How the office is spoken to: a token for the app, and answers in one envelope."""

from typing import Any
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import Query, ask


class _Token(msgspec.Struct):
    code: int
    msg: str = ""
    tenant_access_token: str = ""


class _Envelope(msgspec.Struct):
    code: int
    msg: str = ""
    data: dict[str, Any] | None = None


async def check(call: Call) -> None:
    """See that the app's id and secret are known. Raises ToolCredentialsError."""
    await _token(call)


async def office(
    call: Call, method: str, path: str, *, query: Query = (), json: JsonValue = None
) -> dict[str, JsonValue]:
    """The data of the answer. Raises ToolCredentialsError and ToolInvokeError."""
    headers = {"Authorization": f"Bearer {await _token(call)}"}
    url = f"{call.urls['api']}/{path}"
    answer = await ask(call, _Envelope, method, url, query=query, headers=headers, json=json)
    if answer.code:
        raise ToolInvokeError(f"The office refused the request: {answer.msg} ({answer.code}).")
    return answer.data or {}


def segment(call: Call, name: str) -> str:
    """A parameter as part of a path."""
    return quote(call.required(name), safe="")


def listing(call: Call, name: str) -> list[JsonValue]:
    """A parameter that is a JSON list. Raises ToolParameterError."""
    try:
        return msgspec.json.decode(call.required(name), type=list[Any])
    except msgspec.DecodeError:
        raise ToolParameterError(f'The parameter "{name}" must be a JSON list.') from None


def paging(call: Call) -> dict[str, str | int | None]:
    """Which page of results."""
    return {"page_size": call.integer("page_size", 1, 50), "page_token": call.text("page_token") or None}


async def _token(call: Call) -> str:
    body = {"app_id": call.credential("app_id"), "app_secret": call.credential("app_secret")}
    url = f"{call.urls['api']}/auth/v3/tenant_access_token/internal"
    token = await ask(call, _Token, "POST", url, json={**body})
    if token.code or not token.tenant_access_token:
        raise ToolCredentialsError(
            f"The office refused the app's id and secret: {token.msg} ({token.code}); "
            "check them in the tool's settings."
        )
    return token.tenant_access_token
