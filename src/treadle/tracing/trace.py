"""What is sent, before it takes the shape of any service. Times are microseconds since the epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal[
    "message", "workflow", "node", "llm", "tool", "retriever", "moderation", "suggested_question", "generate_name"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """The model behind a span and what it took; `price` is in `currency`."""

    provider: str
    name: str
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    price: float = 0.0
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of work. `parent_id` is None for the root of a trace."""

    id: str
    parent_id: str | None
    kind: Kind
    name: str
    start: int
    end: int
    inputs: Any = None
    outputs: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: tuple[str, ...] = ()
    error: str | None = None
    model: ModelUse | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """A span that is sent with another trace."""

    id: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A tree of spans: the root first, every parent before its children. Or, with `around`, more spans of a trace whose
    root is sent at another time."""

    spans: tuple[Span, ...]
    user_id: str | None
    session_id: str | None
    around: Around | None = None

    @property
    def id(self) -> str:
        """The id of the root."""
        return self.around.id if self.around else self.spans[0].id


def iso(us: int) -> str:
    """A time as the services read it: UTC, with milliseconds."""
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_object(value: object) -> dict[str, Any]:
    """A JSON object as it is, anything else as an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A JSON list as it is, anything else as an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []


def shortened(value: Any, letters: int) -> Any:
    """A value whose texts have at most so many letters each."""
    if isinstance(value, str):
        return value if len(value) <= letters else f"{value[:letters]}… ({len(value):,} letters)"
    if members := as_object(value):
        return {name: shortened(item, letters) for name, item in members.items()}
    if items := as_list(value):
        return [shortened(item, letters) for item in items]
    return value
