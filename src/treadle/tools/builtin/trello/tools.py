"""Boards, lists and cards of Trello (https://developer.atlassian.com/cloud/trello/rest/)."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import Query, ask
from treadle.tools.messages import Json, Message, Text

T = TypeVar("T")

_FIELDS = "name,desc,closed,url,idList,idBoard"


class _Thing(msgspec.Struct):
    """A board, a list or a card."""

    id: str
    name: str = ""


async def create_board(call: Call) -> AsyncIterator[Message]:
    board = await _trello(call, _Thing, "POST", "boards", {"name": call.required("name")})
    yield Text(f'The board "{board.name}" was made; its id is {board.id}.')


async def create_card_on_board(call: Call) -> AsyncIterator[Message]:
    query = {"name": call.required("name"), "idList": call.required("list_id"), "desc": call.text("desc") or None}
    card = await _trello(call, _Thing, "POST", "cards", query)
    yield Text(f'The card "{card.name}" was made; its id is {card.id}.')


async def create_list_on_board(call: Call) -> AsyncIterator[Message]:
    query = {"name": call.required("name"), "idBoard": call.required("id")}
    made = await _trello(call, _Thing, "POST", "lists", query)
    yield Text(f'The list "{made.name}" was made; its id is {made.id}.')


async def delete_board(call: Call) -> AsyncIterator[Message]:
    await _trello(call, dict[str, Any], "DELETE", f"boards/{_id(call, 'boardId')}")
    yield Text("The board was deleted.")


async def delete_card(call: Call) -> AsyncIterator[Message]:
    await _trello(call, dict[str, Any], "DELETE", f"cards/{_id(call, 'id')}")
    yield Text("The card was deleted.")


async def fetch_all_boards(call: Call) -> AsyncIterator[Message]:
    query = {"filter": call.text("boards"), "fields": "name,desc,closed,url"}
    yield await _listed(call, "boards", "members/me/boards", query)


async def get_board_actions(call: Call) -> AsyncIterator[Message]:
    yield await _listed(call, "actions", f"boards/{_id(call, 'boardId')}/actions", {"limit": 50})


async def get_board_by_id(call: Call) -> AsyncIterator[Message]:
    yield Json(await _trello(call, dict[str, Any], "GET", f"boards/{_id(call, 'boardId')}"))


async def get_board_cards(call: Call) -> AsyncIterator[Message]:
    yield await _listed(call, "cards", f"boards/{_id(call, 'boardId')}/cards", {"fields": _FIELDS})


async def get_filterd_board_cards(call: Call) -> AsyncIterator[Message]:
    path = f"boards/{_id(call, 'boardId')}/cards/{_id(call, 'filter')}"
    yield await _listed(call, "cards", path, {"fields": _FIELDS})


async def get_lists_on_board(call: Call) -> AsyncIterator[Message]:
    yield await _listed(call, "lists", f"boards/{_id(call, 'boardId')}/lists", {"fields": "name,closed"})


async def update_board(call: Call) -> AsyncIterator[Message]:
    query = _changes(call, "name", "desc")
    board = await _trello(call, _Thing, "PUT", f"boards/{_id(call, 'boardId')}", query)
    yield Text(f'The board "{board.name}" was changed.')


async def update_card(call: Call) -> AsyncIterator[Message]:
    query = {**_changes(call, "name", "desc"), "idList": call.text("list_id") or None}
    card = await _trello(call, _Thing, "PUT", f"cards/{_id(call, 'id')}", query)
    yield Text(f'The card "{card.name}" was changed.')


def _changes(call: Call, *names: str) -> dict[str, str | bool | None]:
    changes: dict[str, str | bool | None] = {name: call.text(name) or None for name in names}
    return {**changes, "closed": None if call.text("closed") == "" else call.flag("closed")}


def _id(call: Call, name: str) -> str:
    return quote(call.required(name), safe="")


async def _listed(call: Call, name: str, path: str, query: Query) -> Json:
    return Json({name: [*await _trello(call, list[dict[str, Any]], "GET", path, query)]})


async def _trello(call: Call, answer: type[T], method: str, path: str, query: Query = ()) -> T:
    consumer, token = call.credential("trello_api_key"), call.credential("trello_api_token")
    headers = {"Authorization": f'OAuth oauth_consumer_key="{consumer}", oauth_token="{token}"'}
    return await ask(call, answer, method, f"{call.urls['api']}/{path}", query=query, headers=headers)
