"""Calendars (https://open.feishu.cn/document/server-docs/calendar-v4/overview)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message, Text

from .client import office, paging, segment
from .moments import seconds

_SMALLEST_PAGE = 50
"""The least that a list of events may be asked for."""


class _Calendar(msgspec.Struct):
    calendar_id: str


class _Entry(msgspec.Struct):
    calendar: _Calendar


class _Calendars(msgspec.Struct):
    calendars: list[_Entry]


class _User(msgspec.Struct):
    user_id: str = ""


class _Users(msgspec.Struct):
    user_list: list[_User]


async def get_primary_calendar(call: Call) -> AsyncIterator[Message]:
    yield Json(await _primary(call, call.text("user_id_type")))


async def create_event(call: Call) -> AsyncIterator[Message]:
    for name in ("summary", "start_time", "end_time"):
        call.required(name)
    yield Json(await office(call, "POST", await _events(call), json=_event(call)))


async def update_event(call: Call) -> AsyncIterator[Message]:
    path = f"{await _events(call)}/{segment(call, 'event_id')}"
    yield Json(await office(call, "PATCH", path, json=_event(call)))


async def delete_event(call: Call) -> AsyncIterator[Message]:
    path = f"{await _events(call)}/{segment(call, 'event_id')}"
    await office(call, "DELETE", path, query={"need_notification": call.flag("need_notification")})
    yield Text("The event was deleted.")


async def list_events(call: Call) -> AsyncIterator[Message]:
    query = {"start_time": seconds(call, "start_time"), "end_time": seconds(call, "end_time"), **paging(call)}
    query["page_size"] = max(_SMALLEST_PAGE, call.integer("page_size"))
    yield Json(await office(call, "GET", await _events(call), query=query))


async def search_events(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"query": call.required("query")}
    times: dict[str, JsonValue] = {name: _moment(call, name) for name in ("start_time", "end_time") if call.text(name)}
    if times:
        body["filter"] = times
    yield Json(await office(call, "POST", f"{await _events(call)}/search", query=paging(call), json=body))


async def add_event_attendees(call: Call) -> AsyncIterator[Message]:
    people = call.listed("attendee_phone_or_email_list")
    contacts: dict[str, JsonValue] = {
        "emails": [each for each in people if "@" in each],
        "mobiles": [each for each in people if "@" not in each],
    }
    kind = {"user_id_type": "open_id"}
    found = await office(call, "POST", "contact/v3/users/batch_get_id", query=kind, json=contacts)
    ids = [user.user_id for user in msgspec.convert(found, _Users).user_list if user.user_id]
    if not ids:
        raise ToolParameterError("None of these people is known to the office.")
    attendees: list[JsonValue] = [{"type": "user", "user_id": each} for each in ids]
    body: dict[str, JsonValue] = {"attendees": attendees, "need_notification": call.flag("need_notification")}
    path = f"{await _events(call)}/{segment(call, 'event_id')}/attendees"
    yield Json(await office(call, "POST", path, query=kind, json=body))


def _event(call: Call) -> dict[str, JsonValue]:
    event: dict[str, JsonValue] = {name: value for name in ("summary", "description") if (value := call.text(name))}
    event |= {name: _moment(call, name) for name in ("start_time", "end_time") if call.text(name)}
    return {**event, "need_notification": call.flag("need_notification")}


def _moment(call: Call, name: str) -> JsonValue:
    return {"timestamp": str(seconds(call, name))}


async def _events(call: Call) -> str:
    """Where the events of the app's own calendar are."""
    found = await _primary(call, "open_id")
    try:
        calendars = msgspec.convert(found, _Calendars).calendars
    except msgspec.ValidationError as error:
        raise ToolInvokeError(f"The office answered with something unexpected: {error}.") from error
    if not calendars:
        raise ToolInvokeError("The app has no calendar.")
    return f"calendar/v4/calendars/{calendars[0].calendar.calendar_id}/events"


async def _primary(call: Call, kind: str) -> dict[str, JsonValue]:
    return await office(call, "POST", "calendar/v4/calendars/primary", query={"user_id_type": kind})
