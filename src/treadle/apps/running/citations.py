"""Passages as the answer of a run cites them: who asked decides how much is told. Source: spec service-api §4.5."""

import msgspec

from treadle.apps.tables import CreatedFrom
from treadle.engine.events import Citations
from treadle.engine.values import JsonValue

_ORIGINS = {
    CreatedFrom.SERVICE_API: "api",
    CreatedFrom.WEB_APP: "web_app",
    CreatedFrom.INSTALLED_APP: "explore_app",
    CreatedFrom.CONSOLE: "dev",
}
_FOR_BUILDERS = ("hit_count", "word_count", "segment_position", "index_node_hash")
_TEXTS = ("document_id", "segment_id")
_GRAPHS = ("advanced-chat", "workflow")


def told(event: Citations, *, mode: str, created_from: str, debugging: bool) -> Citations:
    """The citations as callers get them. Apps without a canvas say through which channel they were asked, and tell
    what is for builders only while one is trying the app; external passages have empty ids."""
    origin = "dev" if debugging else _ORIGINS.get(CreatedFrom(created_from), "api")
    resources: list[dict[str, JsonValue]] = []
    for resource in event.resources:
        cited = {**resource, **{name: resource.get(name) or "" for name in _TEXTS}}
        if mode not in _GRAPHS:
            cited["retriever_from"] = origin
            if origin != "dev":
                cited = {name: value for name, value in cited.items() if name not in _FOR_BUILDERS}
        resources.append(cited)
    return msgspec.structs.replace(event, resources=resources)
