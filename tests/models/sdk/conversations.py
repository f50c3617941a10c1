"""Conversations that are sent through the vendors' SDKs and through our adapters."""

import base64
import json
from dataclasses import dataclass, field
from typing import Literal

from treadle.engine.ports import ChatRequest, Message, ModelRef, Part, ToolCall, ToolSpec
from treadle.engine.values import JsonValue

Vendor = Literal["openai", "anthropic", "gemini"]
ALL: tuple[Vendor, ...] = ("openai", "anthropic", "gemini")
MODELS: dict[Vendor, str] = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-6", "gemini": "gemini-3.5-flash"}

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(200, 256)) + b"\0" * 16).decode()
PDF = base64.b64encode(b"%PDF-1.7\n%\xfb\xff\xfe\n%%EOF\n").decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24).decode()
TEXT = base64.b64encode("Größe: 東京".encode()).decode()

WEATHER = ToolSpec(
    "get_weather",
    "Tells the weather of a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["city"],
    },
)
NOW = ToolSpec("now", "Tells the time.", {})
ORDER = ToolSpec(
    "order",
    "Takes an order — 注文.",
    {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    },
                    "required": ["name"],
                },
            },
            "size": {"type": "string", "enum": ["small", "large"]},
        },
        "required": ["items"],
        "additionalProperties": False,
    },
)
PERSON: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["name", "tags"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Conversation:
    """One request. `extra` are parameters of a vendor's own; `vendors` those who take what is in it."""

    name: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    parameters: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    extra: dict[Vendor, dict[str, JsonValue]] = field(default_factory=dict[Vendor, dict[str, JsonValue]])
    stop: tuple[str, ...] = ()
    user: str | None = None
    vendors: tuple[Vendor, ...] = ALL

    def request(self, vendor: Vendor) -> ChatRequest:
        """The request to this vendor, its limit under the name that the vendor's catalogue gives it."""
        parameters = {"max_tokens": 1500, **self.parameters, **self.extra.get(vendor, {})}
        if vendor == "gemini":
            parameters["max_output_tokens"] = parameters.pop("max_tokens")
        return ChatRequest(
            model=ModelRef(vendor, MODELS[vendor]),
            messages=self.messages,
            parameters=parameters,
            stop=self.stop,
            tools=self.tools,
            user=self.user,
        )


def system(text: str) -> Message:
    return Message(role="system", content=text)


def user(content: str | tuple[Part, ...]) -> Message:
    return Message(role="user", content=content)


def assistant(text: str = "", *calls: ToolCall) -> Message:
    return Message(role="assistant", content=text, tool_calls=calls)


def result(call: ToolCall, text: str) -> Message:
    return Message(role="tool", content=text, tool_call_id=call.id, name=call.name)


def text(content: str) -> Part:
    return Part(type="text", text=content)


IMAGE = Part(type="image", data=PNG, mime_type="image/png", format="png", filename="a.png")
LINKED_IMAGE = Part(type="image", url="https://files.test/a.png", mime_type="image/png", format="png")
DOCUMENT = Part(type="document", data=PDF, mime_type="application/pdf", format="pdf", filename="a.pdf")
LINKED_DOCUMENT = Part(type="document", url="https://files.test/a.pdf", mime_type="application/pdf", format="pdf")
NOTE = Part(type="document", data=TEXT, mime_type="text/plain", format="txt", filename="a.txt")
SOUND = Part(type="audio", data=WAV, mime_type="audio/wav", format="wav")
FILM = Part(type="video", data=WAV, mime_type="video/mp4", format="mp4")

BERLIN = ToolCall("call_1", "get_weather", '{"city": "Berlin", "days": 2}')
TOKYO = ToolCall("call_2", "get_weather", '{"city": "東京 \\"Tokyo\\""}')
CLOCK = ToolCall("call_3", "now", "{}")
THOUGHTS = json.dumps([{"type": "thinking", "thinking": "Look it up.", "signature": "c2lnbmVk"}])

ASK = user("What is the weather like in Berlin?")

CONVERSATIONS = (
    Conversation("plain", (user("Hello"),)),
    Conversation("a limit", (user("Hello"),), parameters={"max_tokens": 7}),
    Conversation("temperature", (user("Hello"),), parameters={"temperature": 0.25}),
    Conversation("top p", (user("Hello"),), parameters={"top_p": 0.5}),
    Conversation("temperature and top p", (user("Hello"),), parameters={"temperature": 0.25, "top_p": 0.5}),
    Conversation("seed", (user("Hello"),), parameters={"seed": 7}, vendors=("openai", "gemini")),
    Conversation("system", (system("You are terse."), user("Hello"))),
    Conversation("two system messages", (system("You are terse."), system("Speak French."), user("Hello"))),
    Conversation("system alone", (system("Say hello."),)),
    Conversation("several turns", (user("One"), assistant("Two"), user("Three"))),
    Conversation("many turns", tuple(user(f"u{at}") if at % 2 == 0 else assistant(f"a{at}") for at in range(9))),
    Conversation("system and turns", (system("Count."), user("One"), assistant("Two"), user("Three"))),
    Conversation("unicode", (system("日本語で答えて。"), user("Grüße aus 東京 🎉 — שלום"))),
    Conversation("control characters", (user('Quote "this" \\ and\n\nthat\ttoo \u2028 \u0000 end'),)),
    Conversation("long text", (user("word " * 5000 + "end"),)),
    Conversation("white space around", (user("  spaced out \n"),)),
    Conversation("an empty assistant turn", (user("One"), assistant(""), user("Two"))),
    Conversation("two user turns in a row", (user("One"), user("Two"))),
    Conversation("begins with the assistant", (assistant("Welcome!"), user("Hello"))),
    Conversation("an image", (user((IMAGE, text("What is it?"))),)),
    Conversation("a linked image", (user((LINKED_IMAGE, text("What is it?"))),)),
    Conversation("two images around text", (user((IMAGE, text("Compare"), LINKED_IMAGE)),)),
    Conversation("an image alone", (user((IMAGE,)),)),
    Conversation("an image in an earlier turn", (user((IMAGE, text("What?"))), assistant("A dot."), user("Sure?"))),
    Conversation("a document", (user((DOCUMENT, text("Sum it up."))),)),
    Conversation("a linked document", (user((LINKED_DOCUMENT, text("Sum it up."))),), vendors=("anthropic", "gemini")),
    Conversation("a text document", (user((NOTE, text("Sum it up."))),), vendors=("anthropic", "gemini")),
    Conversation("sound", (user((SOUND, text("What is said?"))),), vendors=("openai", "gemini")),
    Conversation("a film", (user((FILM, text("What happens?"))),), vendors=("gemini",)),
    Conversation("a tool", (ASK,), (WEATHER,)),
    Conversation("a tool without parameters", (user("What time is it?"),), (NOW,)),
    Conversation("a tool with a deep schema", (user("Two teas"),), (ORDER,)),
    Conversation("several tools", (ASK,), (WEATHER, NOW, ORDER)),
    Conversation("a call and its result", (ASK, assistant("", BERLIN), result(BERLIN, "Rain")), (WEATHER,)),
    Conversation(
        "a call with words", (ASK, assistant("Let me see.", BERLIN), result(BERLIN, '{"sky": "grey"}')), (WEATHER,)
    ),
    Conversation(
        "parallel calls",
        (ASK, assistant("", BERLIN, TOKYO, CLOCK), result(BERLIN, "Rain"), result(TOKYO, "雪"), result(CLOCK, "noon")),
        (WEATHER, NOW),
    ),
    Conversation(
        "two rounds of calls",
        (ASK, assistant("", BERLIN), result(BERLIN, "Rain"), assistant("And?", TOKYO), result(TOKYO, "雪")),
        (WEATHER,),
    ),
    Conversation(
        "calls of an earlier turn",
        (ASK, assistant("", BERLIN), result(BERLIN, "Rain"), assistant("It rains."), user("And in Tokyo?")),
        (WEATHER,),
    ),
    Conversation("an empty result", (ASK, assistant("", CLOCK), result(CLOCK, "")), (NOW,)),
    Conversation("calls, but no tools any more", (ASK, assistant("", BERLIN), result(BERLIN, "Rain"))),
    Conversation("a stop word", (user("Count"),), stop=("4",)),
    Conversation("several stop words", (user("Count"),), stop=("4", "\n\n", "停")),
    Conversation("a user", (user("Hello"),), user="user-7"),
    Conversation(
        "a schema",
        (user("Who?"),),
        parameters={"response_format": "json_schema", "json_schema": {"name": "person", "schema": PERSON}},
    ),
    Conversation(
        "a schema with bounds",
        (user("How many?"),),
        parameters={
            "response_format": "json_schema",
            "json_schema": {
                "name": "count",
                "schema": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]},
            },
        },
    ),
    Conversation(
        "any JSON",
        (user("A JSON object"),),
        parameters={"response_format": "json_object"},
        vendors=("openai", "gemini"),
    ),
    Conversation(
        "thinking",
        (user("Why?"),),
        extra={
            "openai": {"reasoning_effort": "high"},
            "anthropic": {"thinking": True, "effort": "high"},
            "gemini": {"include_thoughts": True, "thinking_level": "high"},
        },
    ),
    Conversation(
        "no thinking",
        (user("Why?"),),
        extra={"anthropic": {"thinking": False}, "gemini": {"thinking_budget": 0}},
        vendors=("anthropic", "gemini"),
    ),
    Conversation(
        "signed thoughts",
        (ASK, assistant("", ToolCall(BERLIN.id, BERLIN.name, BERLIN.arguments, THOUGHTS)), result(BERLIN, "Rain")),
        (WEATHER,),
        extra={"anthropic": {"thinking": True}},
        vendors=("anthropic",),
    ),
    Conversation(
        "a signed call",
        (ASK, assistant("", ToolCall(BERLIN.id, BERLIN.name, BERLIN.arguments, "c2lnbmVk")), result(BERLIN, "Rain")),
        (WEATHER,),
        vendors=("gemini",),
    ),
    Conversation(
        "prompt caching", (user("Hello"),), extra={"anthropic": {"prompt_caching": "5m"}}, vendors=("anthropic",)
    ),
)
