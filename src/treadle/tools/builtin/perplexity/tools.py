"""Perplexity's answers (https://docs.perplexity.ai/api-reference/chat-completions-post)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message, Text


class _Message(msgspec.Struct):
    content: str
    role: str = "assistant"


class _Choice(msgspec.Struct):
    message: _Message


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    citations: list[str] = []


async def perplexity(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "model": call.text("model"),
        "messages": [{"role": "user", "content": call.required("query")}],
        "max_tokens": call.integer("max_tokens"),
        "temperature": call.number("temperature"),
        "top_k": call.integer("top_k"),
        "top_p": call.number("top_p"),
        "presence_penalty": call.number("presence_penalty"),
        "frequency_penalty": call.number("frequency_penalty"),
        "return_citations": call.flag("return_citations"),
        "search_recency_filter": call.text("search_recency_filter"),
    }
    if domains := call.listed("search_domain_filter"):
        body["search_domain_filter"] = [*domains]
    headers = {"Authorization": f"Bearer {call.credential('perplexity_api_key')}"}
    url = f"{call.urls['api']}/chat/completions"
    answer = await ask(call, _Completion, "POST", url, headers=headers, json=body, timeout=300)
    if not answer.choices:
        raise ToolInvokeError("Perplexity gave no answer.")
    message = answer.choices[0].message
    yield Json({"content": message.content, "role": message.role, "citations": [*answer.citations]})
    sources = "".join(f"\n[{number}] {source}" for number, source in enumerate(answer.citations, 1))
    yield Text(message.content + (f"\n\nSources:{sources}" if sources else ""))
