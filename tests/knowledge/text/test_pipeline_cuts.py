"""The code that converted bases run cuts as the rules do that it stands for (spec knowledge §6, §7, §23)."""

from random import Random
from typing import Any

import pytest

from treadle.knowledge.pipeline_cuts import cutting_code
from treadle.knowledge.tables import DocForm
from treadle.knowledge.text.chunking import chunks
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.rules import EXTRA_SPACES, URLS_EMAILS, ProcessRule, Segmentation

WORDS = (
    "pier", "harbour", "  ", "\t\t", "\n", "\n\n", "\n\n\n\n", ". ", ", ", "。", "。水", "<|end|>", "\x07", "\xa0\xa0",
    "mail harbour.master@pier.example.org.", "see https://pier.example/tides?x=1 now", "<me@a.b>", "...", "# Tides",
    "[pier](https://pier.example/a)", "![](http://a.b/c.png)", "(!", "x" * 60, "¿Qué?", "@@@", "a.b@c", "http://",
)  # fmt: skip
CLEANINGS = [(), (EXTRA_SPACES,), (URLS_EMAILS,), (EXTRA_SPACES, URLS_EMAILS), (URLS_EMAILS, EXTRA_SPACES)]


def run(form: DocForm, rule: ProcessRule, text: str) -> Any:
    names: dict[str, Any] = {}
    exec(cutting_code(form, rule), names)
    given = {
        "text": text, "separator": "" if rule.mode == "automatic" else rule.segmentation.separator,
        "longest": float(rule.segmentation.max_tokens), "overlap": float(rule.segmentation.chunk_overlap),
        "spaces": EXTRA_SPACES in rule.cleaning, "addresses": URLS_EMAILS in rule.cleaning,
    }  # fmt: skip
    if form is DocForm.HIERARCHICAL:
        given["longest"] = 0 if rule.parent_mode == "full-doc" else given["longest"]
        given |= {
            "child_separator": rule.children.separator, "child_longest": rule.children.max_tokens,
            "child_overlap": rule.children.chunk_overlap,
        }  # fmt: skip
    return names["main"](**given)["chunks"]


def texts(seed: int) -> list[str]:
    chance = Random(seed)
    joined = ("", " ")
    return ["".join(chance.choice(WORDS) + chance.choice(joined) for _ in range(n)) for n in (3, 12, 40, 90, 200)]


@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize("mode", ["custom", "automatic"])
def test_general_chunks_are_those_of_the_rule(mode: Any, cleaning: tuple[str, ...]) -> None:
    for seed in range(12):
        size = (50, 90, 200)[seed % 3]
        cut = Segmentation(("\\n\\n", "\\n", "。", "\\u3002", ". ")[seed % 5], size, (0, 10, 50)[seed % 3])
        rule = ProcessRule(mode=mode, cleaning=cleaning, segmentation=cut)
        for text in texts(seed):
            wanted = [chunk.content for chunk in chunks([Piece(text)], rule)]
            assert [each["content"] for each in run(DocForm.TEXT, rule, text)["general_chunks"]] == wanted, (rule, text)


@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize("parent_mode", ["paragraph", "full-doc"])
def test_parents_and_children_are_those_of_the_rule(parent_mode: Any, cleaning: tuple[str, ...]) -> None:
    for seed in range(12):
        rule = ProcessRule(
            mode="hierarchical", cleaning=cleaning, parent_mode=parent_mode,
            segmentation=Segmentation("\\n\\n", 150, (0, 30)[seed % 2]),
            children=Segmentation((". ", "\\n")[seed % 2], 50, (0, 20)[seed % 2]),
        )  # fmt: skip
        for text in texts(seed):
            found = chunks([Piece(text)], rule, "hierarchical_model")
            wanted = [(chunk.content, list(chunk.children)) for chunk in found if chunk.children]
            made = run(DocForm.HIERARCHICAL, rule, text)
            assert made["parent_mode"] == parent_mode
            assert [(each["parent_content"], each["child_contents"]) for each in made["parent_child_chunks"]] == wanted
