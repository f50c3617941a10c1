"""Bounds of what single nodes may take, make and wait for. Defaults follow spec workflow-engine §17."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What the result of a code node may hold. Texts are measured in characters, arrays in items."""

    string_length: int = 400_000
    max_number: int = 9_223_372_036_854_775_807
    min_number: int = -9_223_372_036_854_775_807
    precision: int = 20
    depth: int = 5
    string_array: int = 30
    object_array: int = 30
    number_array: int = 1000


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Upper bounds of an HTTP request node: timeouts in seconds, sizes in bytes."""

    connect_timeout: float = 10
    read_timeout: float = 600
    write_timeout: float = 600
    binary_size: int = 10 * 1024 * 1024
    text_size: int = 1024 * 1024
    verify_tls: bool = True


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """The bounds of all node types. `media` is how files reach models: their bytes in the request, or a link.

    `agent_tool_seconds` bounds each tool call of an agent.
    """

    code: CodeLimits = field(default_factory=CodeLimits)
    http: HttpLimits = field(default_factory=HttpLimits)
    template_length: int = 400_000
    agent_tool_seconds: float = 300
    media: Literal["base64", "url"] = "base64"


DEFAULT_LIMITS = NodeLimits()
