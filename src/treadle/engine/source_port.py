"""What knowledge pipelines ask of plugins that read online documents and drives. Source: spec workflow-nodes §27."""

from typing import Protocol

import msgspec

from .errors import DatasourceError
from .values import JsonValue, Value


class SourceCall(msgspec.Struct, frozen=True, kw_only=True):
    """One document or file to read: whose plugin does it, and what the run and the node say about it."""

    plugin_id: str
    provider: str
    name: str
    credential_id: str = ""
    info: dict[str, JsonValue]
    parameters: dict[str, JsonValue] = {}


class Download(msgspec.Struct, frozen=True):
    """A file as a drive gave it."""

    filename: str
    data: bytes
    mime_type: str = "application/octet-stream"


class Sources(Protocol):
    """The plugins of the workspace that read what lies elsewhere."""

    async def document(self, call: SourceCall) -> dict[str, Value]:
        """The variables of an online document. Raises DatasourceError."""
        ...

    async def download(self, call: SourceCall) -> Download:
        """A file of a drive. Raises DatasourceError."""
        ...


class NoSources:
    """A workspace without such plugins."""

    async def document(self, call: SourceCall) -> dict[str, Value]:
        raise _not_installed(call)

    async def download(self, call: SourceCall) -> Download:
        raise _not_installed(call)


def _not_installed(call: SourceCall) -> DatasourceError:
    return DatasourceError(f"The source cannot be read: its plugin {call.plugin_id or call.provider} is not installed.")
