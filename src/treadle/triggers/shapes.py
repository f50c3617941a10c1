"""Triggers as JSON, for the console and the command line."""

from collections.abc import Callable
from typing import Any

from .tables import Trigger, TriggerKind

_NEVER = "Events of plugins do not start workflows here yet; the node is kept as it is."


def trigger_map(row: Trigger, address: Callable[..., str]) -> dict[str, Any]:
    """A trigger. `address(webhook_id, debug=...)` gives the URL of a webhook. Times are seconds since the epoch."""
    return {
        "id": row.id,
        "app_id": row.app_id,
        "node_id": row.node_id,
        "kind": row.kind,
        "title": row.title,
        "enabled": row.enabled,
        "published": row.published,
        "webhook_url": address(row.webhook_id) if row.webhook_id else None,
        "webhook_debug_url": address(row.webhook_id, debug=True) if row.webhook_id else None,
        "cron": row.cron,
        "timezone": row.timezone,
        "next_at": row.next_at / 1e6 if row.next_at else None,
        "last_at": row.last_at / 1e6 if row.last_at else None,
        "note": _NEVER if row.kind == TriggerKind.PLUGIN else None,
    }
