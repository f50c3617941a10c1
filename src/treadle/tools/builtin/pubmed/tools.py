"""Papers on PubMed (https://www.ncbi.nlm.nih.gov/books/NBK25499/)."""

from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.builtin.xml import text, tree
from treadle.tools.messages import Message, Text

_PAPERS = 3


class _Ids(msgspec.Struct):
    idlist: list[str] = []


class _Search(msgspec.Struct):
    esearchresult: _Ids


async def pubmed_search(call: Call) -> AsyncIterator[Message]:
    query = {"db": "pubmed", "term": call.required("query")[:300], "retmode": "json", "retmax": _PAPERS}
    ids = (await ask(call, _Search, "GET", f"{call.urls['api']}/esearch.fcgi", query=query)).esearchresult.idlist
    if not ids:
        yield Text("PubMed has no such paper.")
        return
    query = {"db": "pubmed", "id": ",".join(ids), "retmode": "xml"}
    papers = tree(await send(call, "GET", f"{call.urls['api']}/efetch.fcgi", query=query), "PubmedArticleSet")
    yield Text("\n\n".join(_told(paper) for paper in papers.iter("PubmedArticle")))


def _told(paper: Element) -> str:
    date = ".//PubDate"
    published = "-".join(filter(None, (text(paper, f"{date}/{part}") for part in ("Year", "Month", "Day"))))
    abstract = "\n".join(" ".join("".join(part.itertext()).split()) for part in paper.iter("AbstractText"))
    link = f"https://pubmed.ncbi.nlm.nih.gov/{text(paper, './/PMID')}/"
    return f"Published: {published}\nTitle: {text(paper, './/ArticleTitle')}\nLink: {link}\nSummary: {abstract}"
