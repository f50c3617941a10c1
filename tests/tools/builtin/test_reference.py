"""Tools that look things up in reference works, each against its service's double (models-and-tools §4.9)."""

from pathlib import Path

from tests.doubles.upstreams import knowledge
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.tools.messages import Json, Text

WORK = {"DOI": "10.1/x", "title": ["On Looms"], "type": "journal-article"}
MAILTO = {"mailto": "me@example.org"}

WIKIPEDIA = Case(
    "wikipedia/wikipedia_search",
    {"query": "loom", "language": "de"},
    knowledge.wikipedia,
    [Text("Page: Loom\nSummary: A loom is a device.\n\nPage: Weaving\nSummary: Weaving is a method.")],
)
PAPER = (
    "Published: 2016-05-26\nTitle: Heat-bath random walks with Markov bases\n"
    "Authors: Caprice Stanley, Tobias Windisch\nLink: http://arxiv.org/abs/1605.08386v1\n"
    "Summary: Graphs on lattice points are studied."
)
WOLFRAM = Case("wolframalpha/wolframalpha", {"query": "1+2"}, knowledge.wolframalpha, [Text("3")], {"appid": KEY})
YAHOO = Case(
    "yahoo/yahoo_finance_analytics",
    {"symbol": "AAPL", "start_date": "2024-01-30"},
    knowledge.yahoo,
    [
        Json(
            {
                "symbol": "AAPL",
                "stretches": [
                    {
                        "first_day": "2024-01-30", "last_day": "2024-01-30", "average_open": 1.0, "average_high": 3.0,
                        "average_low": 0.5, "average_close": 2.0, "average_volume": 10.0,
                    },
                    {
                        "first_day": "2024-01-31", "last_day": "2024-01-31", "average_open": 2.0, "average_high": 3.0,
                        "average_low": 1.5, "average_close": None, "average_volume": 20.0,
                    },
                ],
            }
        )
    ],
)  # fmt: skip

CASES = [
    WIKIPEDIA,
    Case(
        "wikipedia/wikipedia_search",
        {"query": "nothing"},
        knowledge.wikipedia,
        [Text("Wikipedia has no article about this.")],
    ),
    Case("arxiv/arxiv_search", {"query": "random walks"}, knowledge.arxiv, [Text(PAPER)]),
    Case("arxiv/arxiv_search", {"query": "1605.08386v1"}, knowledge.arxiv, [Text(PAPER)]),
    Case(
        "pubmed/pubmed_search",
        {"query": "loom"},
        knowledge.pubmed,
        [
            Text(
                "Published: 2020-Jan\nTitle: On looms\nLink: https://pubmed.ncbi.nlm.nih.gov/7/\n"
                "Summary: First.\nSecond."
            )
        ],
    ),
    Case("pubmed/pubmed_search", {"query": "nothing"}, knowledge.pubmed, [Text("PubMed has no such paper.")]),
    Case(
        "crossref/crossref_query_doi",
        {"doi": "https://doi.org/10.1/x"},
        knowledge.crossref,
        [Json({**WORK})],
        MAILTO,
    ),
    Case(
        "crossref/crossref_query_title",
        {"query": "on looms"},
        knowledge.crossref,
        [Json({"items": [{**WORK}]})],
        MAILTO,
    ),
    Case(
        "devdocs/searchDevDocs",
        {"doc": "python~3.12", "topic": "library/code"},
        knowledge.devdocs,
        [Text("code\nInterpreter\nbase")],
        malformed=False,
    ),
    Case(
        "stackexchange/searchStackExQuestions",
        {"intitle": "weave", "site": "crafts", "tagged": "loom"},
        knowledge.stackexchange,
        [
            Json(
                {
                    "questions": [
                        {
                            "question_id": 11, "title": "How to weave & spin?", "link": "https://s.example/q/11",
                            "score": 4, "answer_count": 2, "is_answered": True, "tags": ["loom"],
                        }
                    ]
                }
            )
        ],
    ),
    Case(
        "stackexchange/fetchAnsByStackExQuesID",
        {"id": 11, "site": "crafts"},
        knowledge.stackexchange,
        [Json({"answers": [{"answer_id": 12, "body": "Slowly.", "score": 9, "is_accepted": True}]})],
    ),
    WOLFRAM,
    YAHOO,
    Case(
        "yahoo/yahoo_finance_news",
        {"symbol": "AAPL"},
        knowledge.yahoo,
        [Text("[Up](https://n.example/) N, 2024-01-31")],
    ),
    Case(
        "yahoo/yahoo_finance_ticker",
        {"symbol": "AAPL"},
        knowledge.yahoo,
        [Json({"symbol": "AAPL", "currency": "USD", "regularMarketPrice": 2.0})],
    ),
]  # fmt: skip


@every(CASES)
async def test_a_look_up_gives_what_is_recorded(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_look_up_that_fails_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    unknown = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
    assert await check_said(YAHOO, tmp_path, unknown) == (
        'ToolInvokeError: Yahoo Finance knows nothing about "AAPL": No data found.'
    )
    misunderstood = {"queryresult": {"success": False, "error": False}}
    assert await check_said(WOLFRAM, tmp_path, misunderstood) == (
        "[Text(text='Wolfram|Alpha does not understand this; ask in other words.')]"
    )


async def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    case = Case("arxiv/arxiv_search", {"query": "x"}, knowledge.arxiv, [])
    assert "unexpected: XML with entities" in await check_said(case, tmp_path, bomb)
