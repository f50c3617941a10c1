"""Web pages: their content without what surrounds it, whatever way a page marks it."""

import pytest

from treadle.knowledge.text.webpage import read_page
from treadle.knowledge.text.wire import PageOrder

PARAGRAPH = (
    "The harbour master keeps the spare key under the blue anchor, and whoever takes it without asking has to clean "
    "every boat in the harbour before the first guests arrive in spring."
)
AROUND = "<nav><a href='/a'>Home</a></nav>{}<footer>All rights reserved</footer>"


def markdown(body: str, *, main_content: bool = True) -> str:
    page = f"<html><head><title>T</title></head><body>{body}</body></html>"
    return read_page(page.encode(), PageOrder("https://a.b/c/", "utf-8", main_content)).markdown


@pytest.mark.parametrize(
    "content", ["<main>{}</main>", "<div role='main'>{}</div>", "<article>{}</article>", "<div>{}</div>"]
)
def test_the_content_of_a_short_page(content: str) -> None:
    found = markdown(AROUND.format(content.format(f"<h1>Boats</h1><p>{PARAGRAPH}</p>")))
    assert found == f"# Boats\n\n{PARAGRAPH}"


def test_the_content_of_a_long_page_without_marks() -> None:
    paragraphs = "".join(f"<p>{number}. {PARAGRAPH}</p>" for number in range(60))
    side = "<div class='sidebar'><ul>" + "<li><a href='/x'>Link</a></li>" * 40 + "</ul></div>"
    found = markdown(AROUND.format(f"{side}<div class='post'><h1>Boats</h1>{paragraphs}</div>"))
    assert found.startswith("# Boats")
    assert found.count(PARAGRAPH) == 60
    assert "All rights reserved" not in found


def test_everything_when_it_is_wanted() -> None:
    found = markdown(AROUND.format(f"<main><p>{PARAGRAPH}</p></main>"), main_content=False)
    assert "All rights reserved" in found
    assert "[Home](https://a.b/a)" in found


def test_what_a_page_says_of_itself() -> None:
    page = (
        "<html><head><base href='/docs/'><meta property='og:title' content='Named'>"
        "<meta name='description' content=' What  it is '><meta name='robots' content='NOINDEX'></head>"
        "<body><a href='x#top'>x</a><a href='x'>again</a><a href='https://[bad'>no</a><a href='mailto:a@b.c'>no</a>"
        "<a rel='nofollow' href='y'>no</a></body></html>"
    )
    found = read_page(page.encode(), PageOrder("https://a.b/c/", "", True))
    assert (found.title, found.description, found.links, found.unlisted) == (
        "Named",
        "What it is",
        ["https://a.b/docs/x"],
        True,
    )


@pytest.mark.parametrize("page", [b"", b" ", b"<!-- x -->", b"\x00", b"<html></html>", b"\xff\xfe"])
def test_pages_without_text(page: bytes) -> None:
    assert read_page(page, PageOrder("https://a.b/", "", True)).markdown.strip("\ufffd") == ""


def test_an_unknown_encoding_is_found_out() -> None:
    assert "é" in read_page("<p>Café</p>".encode(), PageOrder("https://a.b/", "no-such-encoding", True)).markdown
