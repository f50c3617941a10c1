"""Google and YouTube through SearchApi (https://www.searchapi.io/docs)."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Link, Message, Text

_NOTHING_FOUND = "didn't return any results"


class _Hit(msgspec.Struct):
    title: str = ""
    link: str = ""
    snippet: str = ""
    company_name: str = ""
    location: str = ""
    description: str = ""
    apply_link: str = ""
    sharing_link: str = ""


class _Line(msgspec.Struct):
    text: str = ""


class _AnswerBox(msgspec.Struct):
    answer: str = ""
    snippet: str = ""


class _KnowledgeGraph(msgspec.Struct):
    title: str = ""
    description: str = ""


class _Results(msgspec.Struct):
    answer_box: _AnswerBox | None = None
    knowledge_graph: _KnowledgeGraph | None = None
    organic_results: list[_Hit] = []
    jobs: list[_Hit] = []
    transcripts: list[_Line] = []
    error: str | None = None


async def google_search_api(call: Call) -> AsyncIterator[Message]:
    found = await _search(call, "google", "q", "location", "gl", "hl", "google_domain", "num")
    if call.text("result_type") == "link":
        yield Link(_links(found.organic_results))
        return
    lines: list[str] = []
    if found.answer_box and (found.answer_box.answer or found.answer_box.snippet):
        lines.append(found.answer_box.answer or found.answer_box.snippet)
    if found.knowledge_graph and found.knowledge_graph.description:
        lines.append(f"{found.knowledge_graph.title}: {found.knowledge_graph.description}")
    yield Text(_texts(lines, found.organic_results))


async def google_news_api(call: Call) -> AsyncIterator[Message]:
    found = await _search(call, "google_news", "q", "location", "gl", "hl", "google_domain", "num")
    if call.text("result_type") == "link":
        yield Link(_links(found.organic_results))
        return
    yield Text(_texts([], found.organic_results))


async def google_jobs_api(call: Call) -> AsyncIterator[Message]:
    remote = {"ltype": "1"} if call.flag("is_remote") else {}
    found = await _search(call, "google_jobs", "q", "location", "gl", "hl", **remote)
    if call.text("result_type") == "link":
        yield Link(
            "\n".join(f"[{job.title} - {job.company_name}]({job.apply_link or job.sharing_link})" for job in found.jobs)
        )
        return
    jobs = [f"{job.title} at {job.company_name}, {job.location}\n{job.description}" for job in found.jobs]
    yield Text("\n\n".join(jobs) or "No jobs were found.")


async def youtube_transcripts_api(call: Call) -> AsyncIterator[Message]:
    found = await _search(call, "youtube_transcripts", "video_id", "language")
    yield Text(" ".join(line.text for line in found.transcripts) or "The video has no transcript.")


async def _search(call: Call, engine: str, *names: str, **more: str) -> _Results:
    query = {"engine": engine, **more}
    for name in names:
        value = call.required("query") if name == "q" else call.text(name)
        if value:
            query["lang" if name == "language" else name] = value
    headers = {"Authorization": f"Bearer {call.credential('searchapi_api_key')}"}
    found = await ask(call, _Results, "GET", call.urls["api"], query=query, headers=headers)
    if found.error and _NOTHING_FOUND not in found.error:
        raise ToolInvokeError(f"SearchApi could not search: {found.error}")
    return found


def _links(hits: Sequence[_Hit]) -> str:
    return "\n".join(f"[{hit.title}]({hit.link})" for hit in hits)


def _texts(lines: Sequence[str], hits: Sequence[_Hit]) -> str:
    return "\n".join([*lines, *(f"{hit.title}: {hit.snippet} ({hit.link})" for hit in hits)]) or "Nothing was found."
