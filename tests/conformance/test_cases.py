"""The page of numbered cases says what the tests prove."""

from pathlib import Path

import pytest

from tests.conformance.cases import PAGE, MisplacedCase, page, proofs


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.conformance.cases"


def test_every_numbered_test_says_what_its_case_is() -> None:
    assert [f"{proof.file}: {proof.case}" for proof in proofs() if not proof.words] == []


def test_a_number_outside_of_the_lists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_engine.py").write_text("def test_case_76_nothing() -> None: ...\n")
    with pytest.raises(MisplacedCase, match=r"test_engine\.py has a test for case 76"):
        proofs(tmp_path)
