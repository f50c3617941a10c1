"""Feishu's calendar."""

from treadle.tools.builtin.office.calendars import (
    add_event_attendees,
    create_event,
    delete_event,
    get_primary_calendar,
    list_events,
    search_events,
    update_event,
)
from treadle.tools.builtin.office.client import check

__all__ = [
    "add_event_attendees",
    "check",
    "create_event",
    "delete_event",
    "get_primary_calendar",
    "list_events",
    "search_events",
    "update_event",
]
