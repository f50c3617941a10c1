"""docs/nodes.md says what there is."""

from pathlib import Path

import pytest

from treadle.nodes import FORMS
from treadle.nodes.conditions import Operator

PAGE = (Path(__file__).parents[2] / "docs" / "nodes.md").read_text()


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_node_type_is_described(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("operator", Operator.__args__)  # type: ignore[attr-defined]
def test_every_operator_is_listed(operator: str) -> None:
    assert f"`{operator}`" in PAGE
