"""Bing Web Search (https://learn.microsoft.com/bing/search-apis/bing-web-search/reference/endpoints)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message, Text

_ANSWERS = (
    ("Computation", "enable_computation", "allow_computation"),
    ("Entities", "enable_entities", "allow_entities"),
    ("News", "enable_news", "allow_news"),
    ("RelatedSearches", "enable_related_search", "allow_related_searches"),
    ("Webpages", "enable_webpages", "allow_web_pages"),
)
"""Bing's name of each kind of answer, the parameter that asks for it and the setting that allows it."""


class _Item(msgspec.Struct):
    name: str = ""
    url: str = ""
    snippet: str = ""
    description: str = ""
    text: str = ""
    displayText: str = ""  # noqa: N815 - the wire's names
    webSearchUrl: str = ""  # noqa: N815


class _Items(msgspec.Struct):
    value: list[_Item] = []


class _Computation(msgspec.Struct):
    expression: str = ""
    value: str = ""


class _Answer(msgspec.Struct):
    webPages: _Items = msgspec.field(default_factory=_Items)  # noqa: N815
    entities: _Items = msgspec.field(default_factory=_Items)
    news: _Items = msgspec.field(default_factory=_Items)
    relatedSearches: _Items = msgspec.field(default_factory=_Items)  # noqa: N815
    computation: _Computation | None = None


async def bing_web_search(call: Call) -> AsyncIterator[Message]:
    answers = [name for name, enabled, allowed in _ANSWERS if call.flag(enabled) and call.allows(allowed)]
    if not answers:
        raise ToolParameterError("No kind of answer is both switched on here and allowed in Bing's settings.")
    query = {
        "q": call.required("query"),
        "mkt": f"{call.text('language')}-{call.text('market')}",
        "count": call.integer("limit", 1, 10),
        "responseFilter": ",".join(answers),
    }
    headers = {"Ocp-Apim-Subscription-Key": call.credential("subscription_key")}
    found = await ask(call, _Answer, "GET", call.credential("server_url"), query=query, headers=headers)
    match call.text("result_type"):
        case "link":
            for item in [*found.webPages.value, *found.entities.value, *found.news.value]:
                yield Text(f"[{item.name}]({item.url or item.webSearchUrl})")
        case "json":
            yield Json(_json(found))
        case _:
            yield Text(_text(found))


def _json(found: _Answer) -> JsonValue:
    computation: JsonValue = msgspec.to_builtins(found.computation)
    return {
        "organic": [{"title": each.name, "url": each.url, "snippet": each.snippet} for each in found.webPages.value],
        "computation": computation,
        "entities": [
            {"name": each.name, "url": each.webSearchUrl, "description": each.description}
            for each in found.entities.value
        ],
        "news": [{"name": each.name, "url": each.url, "description": each.description} for each in found.news.value],
        "related searches": [
            {"name": each.displayText, "url": each.webSearchUrl} for each in found.relatedSearches.value
        ],
    }


def _text(found: _Answer) -> str:
    pages = [f"{number}: {each.name} - {each.snippet}" for number, each in enumerate(found.webPages.value, 1)]
    sections = ["\n".join(pages)] if pages else []
    if found.computation is not None:
        sections.append(f"Computation:\n{found.computation.expression} = {found.computation.value}")
    for title, items in (("Entities", found.entities), ("News", found.news)):
        if items.value:
            sections.append(f"{title}:\n" + "\n".join(f"{each.name} - {each.description}" for each in items.value))
    if found.relatedSearches.value:
        sections.append("Related searches:\n" + "\n".join(each.displayText for each in found.relatedSearches.value))
    return "\n\n".join(sections) or "Bing found nothing."
