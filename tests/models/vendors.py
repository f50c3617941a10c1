"""What the tests of several vendors' protocols share: a target, a question, and how a stream is listened to."""

from collections.abc import Sequence

from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.protocols import WireProtocol
from treadle.models.target import Target

SUM = ToolSpec("sum", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})


def target_at(
    url: str,
    key: str = "",
    *,
    model: str = "a-model",
    batch: int = 2,
    profile: ModelProfile | None = None,
    **settings: str | bool,
) -> Target:
    """A model at this address, opened by a bearer key if one is given."""
    return Target(
        provider="vendor",
        name=model,
        upstream=model,
        base_url=url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        secrets=(key,) if key else (),
        settings=settings,
        profile=profile or ModelProfile(),
        batch=batch,
    )


def ask(
    *messages: Message, tools: Sequence[ToolSpec] = (), stop: Sequence[str] = (), **parameters: JsonValue
) -> ChatRequest:
    """A request; without messages it says Hi."""
    return ChatRequest(
        model=ModelRef("vendor", "a-model"),
        messages=messages or (Message(role="user", content="Hi"),),
        parameters=parameters,
        tools=tuple(tools),
        stop=tuple(stop),
    )


async def said(wire: WireProtocol, to: Target, request: ChatRequest) -> list[ChatDelta]:
    """Every delta of the reply."""
    return [delta async for batch in wire.stream(to, request) for delta in batch]


async def listen(wire: WireProtocol, to: Target, request: ChatRequest, heard: list[ChatDelta]) -> None:
    """Adds what is said to `heard`, so that it is there when the stream fails."""
    async for batch in wire.stream(to, request):
        heard += batch


def text_of(deltas: Sequence[ChatDelta]) -> str:
    """The text of these deltas."""
    return "".join(delta.text for delta in deltas)


def thoughts_of(deltas: Sequence[ChatDelta]) -> str:
    """The thoughts in these deltas."""
    return "".join(delta.reasoning for delta in deltas)
