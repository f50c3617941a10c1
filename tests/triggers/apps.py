"""App files that begin with triggers."""

from collections.abc import Sequence
from typing import Any

from tests.server.app_files import JsonMap, Node, end, leads, workflow


def webhook(node_id: str = "hook", *, to: str = "end", **settings: Any) -> Node:
    data = {
        "type": "trigger-webhook",
        "title": node_id,
        "method": "POST",
        "content_type": "application/json",
        "headers": [],
        "params": [],
        "body": [],
        "async_mode": True,
        "status_code": 200,
        "response_body": "",
        "webhook_url": "http://elsewhere/triggers/webhook/aaaaaaaaaaaaaaaaaaaaaaaa",
        "webhook_id": "aaaaaaaaaaaaaaaaaaaaaaaa",
        "variables": [],
        **settings,
    }
    return Node(node_id, data, leads(to))


def schedule(node_id: str = "clock", *, to: str = "end", **settings: Any) -> Node:
    data = {"type": "trigger-schedule", "title": node_id, "mode": "cron", "timezone": "UTC", **settings}
    return Node(node_id, data, leads(to))


def parameter(name: str, type: str = "string", *, required: bool = False) -> JsonMap:
    return {"name": name, "type": type, "required": required}


def hooked(outputs: Sequence[str] = (), **settings: Any) -> str:
    """A workflow that gives back variables of its webhook."""
    return workflow(webhook(**settings), end(**{name.lstrip("_"): f"hook.{name}" for name in outputs}), name="Hooked")
