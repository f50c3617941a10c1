"""The figures, checked by hand on small cases."""

from math import log2

import pytest

from treadle.knowledge.evaluation.metrics import figures, first_places, is_same_passage, shingles


def test_places_are_those_of_the_first_match() -> None:
    assert first_places([[], [0], [0, 1], [2]], 4) == [2, 3, 4, 0]
    assert first_places([[]] * 10 + [[0]], 1) == [0]


def test_one_expected_passage() -> None:
    found = figures([[1], [2], [0], [6]])
    assert found["recall@1"].value == 0.25
    assert found["recall@3"].value == found["recall@5"].value == 0.5
    assert found["recall@10"].value == 0.75
    assert found["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 6) / 4)
    assert found["ndcg"].value == pytest.approx((1 + 1 / log2(3) + 1 / log2(7)) / 4)


def test_several_expected_passages() -> None:
    found = figures([[1, 3, 0]])
    assert found["recall@1"].value == pytest.approx(1 / 3)
    assert found["recall@10"].value == pytest.approx(2 / 3)
    assert found["mrr"].value == 1
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert found["ndcg"].value == pytest.approx((1 + 1 / log2(4)) / ideal)
    assert figures([[1, 1]])["ndcg"].value == 1


def test_an_interval_holds_its_mean_and_shrinks_with_more_questions() -> None:
    few, many = figures([[1], [0]] * 10)["recall@1"], figures([[1], [0]] * 500)["recall@1"]
    assert few.low < few.value == many.value == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert figures([])["ndcg"].value == 0


def test_a_passage_is_known_again_in_larger_and_smaller_chunks() -> None:
    passage = "The lock opens at dawn. Boats wait at the red buoy. The keeper takes a fee of two coins."
    whole = shingles(f"Chapter two.\n\n{passage}\n\nNothing else is known of the lock.")
    part = shingles("Boats wait   at the RED buoy.")
    other = shingles("The mill grinds at night, and nobody knows for whom it does.")
    assert is_same_passage(shingles(passage), whole)
    assert is_same_passage(shingles(passage), part)
    assert not is_same_passage(shingles(passage), other)
    assert is_same_passage(
        shingles("水門は夜明けに開きます。船は赤い浮標で待ちます。"), shingles("船は赤い浮標で待ちます。")
    )
    assert not is_same_passage(shingles("ab"), shingles(""))
