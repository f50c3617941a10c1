"""A Notion workspace, read through a double of its API."""

import pytest

from tests.doubles.notion import WORKSPACE_NAME, Notion
from tests.doubles.notion_objects import text_block
from tests.knowledge.sources.conftest import no_sleep
from treadle.knowledge.sources import notion
from treadle.knowledge.sources.errors import CredentialError, SourceError
from treadle.platform.egress import GuardedHttp


def reader(http: GuardedHttp, double: Notion, token: str | None = None) -> notion.Notion:
    return notion.Notion(http, token or double.token, base=double.url, sleep=no_sleep)


async def test_a_page_is_markdown_without_its_child_pages(http: GuardedHttp) -> None:
    async with Notion() as double:
        text = await reader(http, double).text(double.handbook, "page")
    assert text == (
        "# Harbour handbook\nEvery guest gets a life jacket.\n- Before sailing\n\t- Read the weather report\n\n"
        "| Boat | Seats |\n| --- | --- |\n| Rowing boat | 4 |\n| Sailing boat | 6 |\n\n"
        "![](https://example.org/harbour.png)"
    )


async def test_all_blocks_and_all_rows_come_page_by_page(http: GuardedHttp) -> None:
    async with Notion() as double:
        page = double.add_page("Long", [text_block("paragraph", f"line {at}") for at in range(250)])
        rows = double.add_database("Many", [(f"row {at}", {"Count": at}) for at in range(230)])
        text = await reader(http, double).text(page, "page")
        table = await reader(http, double).text(rows, "database")
    assert text == "\n".join(f"line {at}" for at in range(250))
    assert table == "\n\n".join(f"Name:row {at}\nCount:{at}" for at in range(230))


async def test_a_row_is_its_properties(http: GuardedHttp) -> None:
    async with Notion() as double:
        text = await reader(http, double).text(double.stock, "database")
    assert text.split("\n\n") == [
        "Name:Rope\nCount:12\nKind:Deck\nTags:blue, long\nNote:by the pier",
        "Name:Lamp\nCount:3\nKind:Deck\nState:Ordered",
        "Name:Map\nCount:1\nKind:Cabin\nTags:paper\nLaminated:true",
    ]


async def test_the_page_tree(http: GuardedHttp) -> None:
    async with Notion() as double:
        pages = await reader(http, double).pages()
    tree = {page.page_name: (page.type, page.parent_id) for page in pages}
    assert tree["Handbook"] == ("page", "root")
    assert tree["Knots"] == ("page", double.handbook)
    assert tree["Stock"] == ("database", "root")
    assert tree["Rope"] == ("page", double.stock)
    assert pages[0].dump()["page_icon"] == {"type": "emoji", "url": None, "emoji": "⛵"}


async def test_an_edit_moves_the_time(http: GuardedHttp) -> None:
    async with Notion() as double:
        before = await reader(http, double).last_edited_time(double.rules, "page")
        double.edit_page(double.rules, [text_block("paragraph", "Swim.")])
        after = await reader(http, double).last_edited_time(double.rules, "page")
        assert await reader(http, double).last_edited_time(double.stock, "database")
    assert before < after


async def test_oauth_and_the_name_of_a_workspace(http: GuardedHttp) -> None:
    async with Notion() as double:
        oauth = notion.NotionOAuth(http, "client", "client-secret", "http://127.0.0.1/back", base=double.url)
        assert oauth.authorization_url("s1").startswith(
            f"{double.url}/oauth/authorize?client_id=client&response_type=code"
        )
        workspace = await oauth.exchange("authorised")
        assert workspace == notion.Workspace(double.token, double.workspace_id, WORKSPACE_NAME, None)
        assert await reader(http, double, workspace.access_token).workspace_name() == WORKSPACE_NAME
        with pytest.raises(SourceError, match="Notion answered with status 400: The code is not valid"):
            await oauth.exchange("wrong")


async def test_a_wrong_token_and_a_page_that_is_gone(http: GuardedHttp) -> None:
    async with Notion() as double:
        with pytest.raises(CredentialError, match=r"^Notion refuses the key \(status 401: API token is invalid\.\)"):
            await reader(http, double, "wrong").workspace_name()
        double.remove(double.rules)
        with pytest.raises(SourceError, match="Notion answered with status 404: Could not find"):
            await reader(http, double).text(double.rules, "page")
        double.take_violations()
