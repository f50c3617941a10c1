"""What our adapters send is what the vendors' SDKs send, but for differences that are meant."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import google.genai.errors
import openai
import pytest

from tests.doubles.anthropic_wire import ScriptedClaude
from tests.doubles.gemini_wire import ScriptedGemini, spelled
from tests.doubles.http_double import HttpDouble
from tests.doubles.scripted_model import ScriptedModel
from tests.models.sdk.conversations import CONVERSATIONS, MODELS, Conversation, Vendor
from tests.models.sdk.speakers import through_anthropic, through_gemini, through_openai
from treadle.engine.ports import ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.protocols import ProtocolName, protocol
from treadle.models.target import Target


@dataclass(frozen=True)
class Difference:
    """A difference that is meant, seen in this conversation, or `everywhere`. `path` is a pattern of whole paths."""

    vendor: Vendor
    conversation: str
    path: str
    reason: str
    everywhere: bool = False

    def covers(self, vendor: Vendor, conversation: str, path: str) -> bool:
        """Whether a difference is this one."""
        return (
            self.vendor == vendor
            and (self.everywhere or self.conversation == conversation)
            and re.fullmatch(self.path, path) is not None
        )


MEANT = (
    Difference(
        "openai",
        "an image",
        r"messages\[\d\]\.content\[\d\]\.image_url\.detail",
        "the quality is always told",
        everywhere=True,
    ),
    Difference("openai", "a tool", "tool_choice", "some compatible servers call no tool without it", everywhere=True),
    Difference(
        "openai",
        "a tool without parameters",
        r"tools\[\d\]\.function\.parameters(\.type|\.properties)?",
        "an empty schema is refused",
        everywhere=True,
    ),
    Difference("anthropic", "temperature and top p", "top_p", "newer models refuse both at once"),
    Difference("anthropic", "system alone", "system|messages.*", "there must be a message: it is the question"),
    Difference("anthropic", "an empty assistant turn", "messages.*", "empty content is refused: it is left out"),
    Difference("anthropic", "two user turns in a row", "messages.*", "the vendor joins them; not every server does"),
    Difference("anthropic", "begins with the assistant", "messages.*", "the user's turn comes first, or it is refused"),
    Difference("anthropic", "an empty result", r"messages\[2\]\.content\[0\]\.content", "empty content is left out"),
    Difference("anthropic", "calls, but no tools any more", "tools.*|tool_choice.*", "called tools must be declared"),
    Difference("anthropic", "several stop words", "stop_sequences.*", "stop words of white space are refused"),
    Difference("anthropic", "a schema with bounds", r"output_config\.format\.schema.*", "bounds are refused"),
    Difference(
        "gemini", "system", r"systemInstruction\.role", "the vendor's reference gives it no role", everywhere=True
    ),
    Difference(
        "gemini",
        "a call and its result",
        r"contents\[\d\]\.parts\[\d\]\.thoughtSignature",
        "newer models refuse calls without one",
        everywhere=True,
    ),
    Difference("gemini", "system alone", ".*", "there must be a content: the system text is the question"),
    Difference("gemini", "an empty assistant turn", "contents.*", "empty content is refused: it is left out"),
    Difference("gemini", "two user turns in a row", "contents.*", "turns alternate: they are joined"),
)

Speak = Callable[[str, str, ChatRequest], Awaitable[list[Any]]]
SPEAKERS: dict[Vendor, Speak] = {
    "openai": through_openai,
    "anthropic": through_anthropic,
    "gemini": through_gemini,
}
PROTOCOLS: dict[Vendor, ProtocolName] = {"openai": "openai", "anthropic": "anthropic", "gemini": "gemini"}
HEADERS: dict[Vendor, str] = {"openai": "Authorization", "anthropic": "x-api-key", "gemini": "x-goog-api-key"}
DOUBLES: dict[Vendor, Callable[[], HttpDouble]] = {
    "openai": ScriptedModel,
    "anthropic": ScriptedClaude,
    "gemini": ScriptedGemini,
}


async def ours(http: ModelHttp, vendor: Vendor, url: str, key: str, request: ChatRequest) -> None:
    """Sends a request through our adapter."""
    target = Target(
        provider=vendor,
        name=MODELS[vendor],
        upstream=MODELS[vendor],
        base_url=url,
        headers={HEADERS[vendor]: f"Bearer {key}" if vendor == "openai" else key},
    )
    async for _ in protocol(PROTOCOLS[vendor], http).stream(target, request):
        pass


async def both(http: ModelHttp, double: HttpDouble, vendor: Vendor, each: Conversation) -> dict[str, tuple[Any, Any]]:
    """Where the bodies differ that the SDK and our adapter send."""
    key = double.key  # type: ignore[attr-defined]
    refused: Exception | None = None
    try:
        await SPEAKERS[vendor](double.url, key, each.request(vendor))
    except (openai.APIStatusError, anthropic.APIStatusError, google.genai.errors.APIError, ValueError) as error:
        refused = error
        double.take_violations()
    by_sdk = list(double.requests)
    await ours(http, vendor, double.url, key, each.request(vendor))
    (own,) = double.requests[len(by_sdk) :]
    bodies = [by_sdk[0].json if by_sdk else None, own.json]
    found = differences(*map(spelled, bodies)) if vendor == "gemini" else differences(*bodies)
    if by_sdk:
        assert (by_sdk[0].method, by_sdk[0].path, by_sdk[0].query) == (own.method, own.path, own.query)
    assert refused is None or found, (
        f"the vendor refuses the SDK's request and takes ours, which is the same: {refused}"
    )
    return found


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a body with its path; empty lists and objects are leaves."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from flat(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for at, each in enumerate(value):
            yield from flat(each, f"{path}[{at}]")
    else:
        yield path, value


def differences(sdk: Any, own: Any) -> dict[str, tuple[Any, Any]]:
    """The paths at which two bodies differ, with what stands there."""
    one, other = dict(flat(sdk)), dict(flat(own))
    return {
        path: (one.get(path), other.get(path))
        for path in sorted(one.keys() | other.keys())
        if path not in one or path not in other or one[path] != other[path]
    }


CASES = [(vendor, each) for each in CONVERSATIONS for vendor in each.vendors]


@pytest.mark.parametrize(("vendor", "each"), CASES, ids=[f"{vendor}-{each.name}" for vendor, each in CASES])
async def test_the_sdk_and_we_send_the_same(http: ModelHttp, vendor: Vendor, each: Conversation) -> None:
    async with DOUBLES[vendor]() as double:
        found = await both(http, double, vendor, each)
    unmeant = {
        path: values for path, values in found.items() if not any(row.covers(vendor, each.name, path) for row in MEANT)
    }
    assert unmeant == {}


@pytest.mark.parametrize("row", MEANT, ids=lambda row: f"{row.vendor}-{row.conversation}")
async def test_every_difference_in_the_table_is_there(http: ModelHttp, row: Difference) -> None:
    each = next(each for each in CONVERSATIONS if each.name == row.conversation)
    async with DOUBLES[row.vendor]() as double:
        found = await both(http, double, row.vendor, each)
    assert any(row.covers(row.vendor, each.name, path) for path in found), found


def test_there_are_forty_conversations_or_more_for_each_vendor() -> None:
    counts = {vendor: sum(vendor in each.vendors for each in CONVERSATIONS) for vendor in SPEAKERS}
    assert min(counts.values()) >= 40, counts
