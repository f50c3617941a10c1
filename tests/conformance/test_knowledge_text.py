"""The numbered tests of spec knowledge §25 for the text side: cleaning, splitting, extraction, questions."""

import pytest

from tests.doubles import office
from tests.doubles.notion import Notion as NotionDouble
from treadle.documents import Bounds
from treadle.knowledge.sources.notion import Notion
from treadle.knowledge.text.chunking import chunks, preview
from treadle.knowledge.text.cleaning import clean
from treadle.knowledge.text.formats.reading import Reading
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.questions import Pair, in_context, parse
from treadle.knowledge.text.readers import read
from treadle.knowledge.text.rules import EXTRA_SPACES, URLS_EMAILS, ProcessRule, RuleError
from treadle.knowledge.text.splitting import split_recursive
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings

NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
SENTENCES = "The cat sat on the mat today. The dog ran away fast. Birds sang loudly all morning long."


def custom(separator: str = "\n\n", size: int = 50, overlap: int = 0, *cleaning: str) -> ProcessRule:
    return ProcessRule.parse(
        {
            "mode": "custom",
            "rules": {
                "pre_processing_rules": [{"id": name, "enabled": True} for name in cleaning],
                "segmentation": {"separator": separator, "max_tokens": size, "chunk_overlap": overlap},
            },
        }
    )


def cut(text: str, rule: ProcessRule) -> list[str]:
    return [chunk.content for chunk in chunks([Piece(text)], rule)]


def test_C_1_extra_spaces_and_newlines_go() -> None:
    assert clean("a\n\n\n\nb  c\t\td", [EXTRA_SPACES]) == "a\n\nb c d"


def test_C_2_three_letters_go_only_in_strict_mode() -> None:
    text = "naïve ¿Qué? ¾ cup"
    assert clean(text, strict=True) == "nave Qué?  cup"
    assert clean(text) == text


def test_C_3_marks_of_models_are_opened() -> None:
    assert clean("x<|im|>y") == "x<im>y"


def test_C_4_addresses_of_mails_and_pages_go() -> None:
    assert clean("mail me a.b@c.com. now https://x.y/z?q=1 end", [URLS_EMAILS]) == "mail me  now  end"


def test_C_5_links_stay_whole() -> None:
    text = "see [docs](https://a.b/c) now"
    assert clean(text, [URLS_EMAILS]) == text


def test_C_6_a_full_document_as_parent_is_not_cleaned() -> None:
    rule = ProcessRule.parse(
        {
            "mode": "hierarchical",
            "rules": {
                "pre_processing_rules": [{"id": URLS_EMAILS, "enabled": True}],
                "parent_mode": "full-doc",
                "subchunk_segmentation": {"separator": "\n", "max_tokens": 50},
            },
        }
    )
    (parent,) = chunks([Piece("write to a@b.com"), Piece("or call")], rule, "hierarchical_model")
    assert (parent.content, parent.children) == ("write to a@b.com\nor call", ("write to a@b.com", "or call"))


def test_C_7_short_parts_are_not_merged() -> None:
    assert cut("AAA\n\nBBB\n\nCCC", custom()) == ["AAA", "BBB", "CCC"]


def test_C_8_a_long_part_is_cut_between_words() -> None:
    assert cut(NUMBERS, custom()) == [
        "one two three four five six seven eight nine ten",
        "eleven twelve thirteen fourteen",
    ]


def test_C_9_the_overlap_is_made_of_whole_words() -> None:
    assert cut(NUMBERS, custom(overlap=10))[1] == "nine ten eleven twelve thirteen fourteen"


def test_C_10_a_word_without_end_is_cut_anywhere() -> None:
    assert [len(text) for text in cut("x" * 120, custom(overlap=10))] == [50, 50, 40]
    assert [len(text) for text in cut("x" * 120, custom())] == [50, 50, 20]


def test_C_11_stretches_of_letters_overlap() -> None:
    found = cut("abcdefghijklmnopqrstuvwxyz" * 5, custom(overlap=10))
    assert [(text[:3], len(text)) for text in found] == [("abc", 50), ("opq", 50), ("cde", 50)]


def test_C_12_any_text_may_separate() -> None:
    assert cut("CBACD", custom("A")) == ["CB", "CD"]


def test_C_13_a_separator_may_be_typed_with_escapes() -> None:
    assert cut("p1\np2", custom("\\n")) == ["p1", "p2"]


def test_C_14_a_sentence_keeps_its_full_stop() -> None:
    assert cut(SENTENCES, custom()) == [
        "The cat sat on the mat today.",
        "The dog ran away fast.",
        "Birds sang loudly all morning long.",
    ]


def test_C_15_blank_parts_give_no_chunk() -> None:
    assert cut("para one\n\n\n\npara two", custom()) == ["para one", "para two"]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("# Title", "Title"),
        ("**bold**", "bold**"),
        ("- item", "- item"),
        ("(a) b", "a) b"),
        ("![image](u)", "![image](u)"),
    ],
)
def test_C_16_leading_symbols_go_but_links_stay(text: str, stored: str) -> None:
    assert cut(text, custom()) == [stored]


@pytest.mark.parametrize("size", [49, 4001])
def test_C_17_lengths_out_of_bounds_are_refused(size: int) -> None:
    with pytest.raises(RuleError, match=r"^Custom segment length should be between 50 and 4000\.$"):
        cut("text", custom(size=size))
    assert cut("text", custom(size=50)) == cut("text", custom(size=4000)) == ["text"]


def test_C_18_an_overlap_longer_than_the_chunk_is_refused() -> None:
    with pytest.raises(RuleError, match="overlap of 600 is larger than the chunk length of 500"):
        cut("text", custom(size=500, overlap=600))


def test_C_19_a_separator_is_no_pattern() -> None:
    assert cut("a1b", custom("\\d+")) == ["a1b"]


def extracted(data: bytes, name: str) -> list[str]:
    return [piece.text for piece in read(data, name, Reading(Bounds()))]


def test_C_20_a_row_of_a_csv_file_names_its_columns() -> None:
    assert extracted(b"q,a\nhi,yo\n", "t.csv") == ["q: hi;a: yo"]
    assert extracted(b"q,a\nhi,\n", "t.csv") == ["q: hi;a: nan"]


def test_C_21_a_row_of_an_excel_file_names_its_columns() -> None:
    data = office.xlsx({"S": [["name", "age"], [None, None], ["Ann", 5]]})
    assert extracted(data, "t.xlsx") == ['"name":"Ann";"age":"5"']


def test_C_22_markdown_is_parted_at_its_headings() -> None:
    first, second = extracted(b"# A\nx\n# B\ny", "t.md")
    assert (first.split(), second.split()) == (["A", "x"], ["B", "y"])


def test_C_23_markdown_without_a_heading_keeps_its_lines() -> None:
    assert extracted(b"a\nb", "t.md") == ["a\nb"]


def test_C_35_pairs_are_read_out_of_a_reply() -> None:
    reply = "Q1: What is X?\nA1: X is\n  a thing.\nQ2: Two\nlines?\nA2: no\nQ3: c?\nA3: d"
    assert parse(reply) == [Pair("What is X?", "X is\na thing."), Pair("c?", "d")]


def test_C_36_the_estimate_of_questions_is_twenty_a_chunk() -> None:
    found = chunks([Piece("\n\n".join("abcdefg"))], custom(), "qa_model")
    assert (len(found), preview(found, "qa_model").total_segments) == (7, 140)


def test_C_37_a_pair_in_a_context() -> None:
    assert in_context("Who?", "Ada.") == "question:Who? answer:Ada."


def test_C_71_the_automatic_rule_merges_and_a_custom_one_does_not() -> None:
    assert cut("p1\n\np2", ProcessRule.parse({"mode": "automatic"})) == ["p1\n\np2"]
    assert cut("p1\n\np2", custom()) == ["p1", "p2"]


def test_C_72_the_recursive_splitter_merges_up_to_its_size() -> None:
    text = "AAA\n\nBBB\n\nCCC\n\n" + "x" * 20
    assert [text[start:end] for start, end in split_recursive(text, 30)] == ["AAA\n\nBBB\n\nCCC", "x" * 20]


async def test_C_24_a_child_page_is_no_part_of_a_notion_page() -> None:
    guarded = GuardedHttp(Settings(egress_allow=("127.0.0.1",)))
    async with NotionDouble() as double:
        text = await Notion(guarded, double.token, base=double.url).text(double.handbook, "page")
    await guarded.close()
    assert "Harbour handbook" in text
    assert "bowline" not in text
    assert "Knots" not in text
