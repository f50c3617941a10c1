"""What console endpoints answer alike."""

from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from treadle.accounts.service import SignedIn
from treadle.accounts.tables import Account
from treadle.apps.editing.debugging import Person

STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events of the run.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
"""How the description of an endpoint tells that it answers with a stream."""


class Done(BaseModel):
    """Something was done, and there is nothing to tell."""

    result: Literal["success"] = "success"


class Author(BaseModel):
    """A member, as others see one."""

    id: str
    name: str
    email: str


class Streamed(Response):
    """A live stream of events as the answer of an endpoint."""

    media_type = "text/event-stream"

    def __init__(self, stream: ASGIApp, status_code: int = 200) -> None:
        super().__init__(status_code=status_code)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stream(scope, receive, send)


def author_of(account: Account | None) -> Author | None:
    """A member as others see one; None for nobody."""
    return None if account is None else Author(id=account.id, name=account.name, email=account.email)


def avatar_url(account: Account) -> str | None:
    """Where members see the picture of a person; None while there is none."""
    if not account.avatar:
        return None
    return f"/console/api/accounts/{account.id}/avatar?picture={account.avatar.rpartition('/')[2]}"


def person_of(signed_in: SignedIn) -> Person:
    """The member as the one who tries a draft."""
    return Person(
        workspace_id=signed_in.workspace_id,
        account_id=signed_in.account_id,
        name=signed_in.name,
        email=signed_in.email,
        headers=signed_in.headers,
    )
