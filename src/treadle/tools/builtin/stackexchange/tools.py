"""Questions and answers of Stack Exchange (https://api.stackexchange.com/docs)."""

from collections.abc import AsyncIterator
from html import unescape

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Question(msgspec.Struct):
    question_id: int
    title: str
    link: str = ""
    score: int = 0
    answer_count: int = 0
    is_answered: bool = False
    tags: list[str] = []


class _Answer(msgspec.Struct):
    answer_id: int
    body: str = ""
    score: int = 0
    is_accepted: bool = False


class _Questions(msgspec.Struct):
    items: list[_Question]


class _Answers(msgspec.Struct):
    items: list[_Answer]


async def searchStackExQuestions(call: Call) -> AsyncIterator[Message]:  # noqa: N802 - app files name it so
    query = {
        "title": call.required("intitle"),
        "sort": call.text("sort"),
        "order": call.text("order"),
        "site": call.required("site"),
        "tagged": call.text("tagged") or None,
        "nottagged": call.text("nottagged") or None,
        "accepted": True if call.flag("accepted") else None,
        "pagesize": call.integer("pagesize", 1, 100),
    }
    found = await ask(call, _Questions, "GET", f"{call.urls['api']}/search/advanced", query=query)
    questions = [{**msgspec.to_builtins(each), "title": unescape(each.title)} for each in found.items]
    yield Json({"questions": [*questions]})


async def fetchAnsByStackExQuesID(call: Call) -> AsyncIterator[Message]:  # noqa: N802 - app files name it so
    from bs4 import BeautifulSoup

    query = {
        "site": call.required("site"),
        "sort": call.text("sort"),
        "order": call.text("order"),
        "pagesize": call.integer("pagesize", 1, 100),
        "page": call.integer("page", 1),
        "filter": "withbody",
    }
    url = f"{call.urls['api']}/questions/{call.integer('id', 1)}/answers"
    found = await ask(call, _Answers, "GET", url, query=query)
    answers = [
        {**msgspec.to_builtins(each), "body": BeautifulSoup(each.body, "lxml").get_text("", strip=False).strip()}
        for each in found.items
    ]
    yield Json({"answers": [*answers]})
