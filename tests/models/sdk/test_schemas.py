"""The schemas that the doubles check against are those of the SDKs."""

import json

import pytest

from tests.doubles.schema import SCHEMAS
from tests.models.sdk.schemas import schemas, written


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["anthropic/messages", "anthropic/messages_with_sampling",
                                  "anthropic/messages_with_binding", "gemini/generate_content"])  # fmt: skip
def test_a_schema_is_what_the_sdk_says(name: str) -> None:
    derived = schemas()[name]
    assert (SCHEMAS / f"{name}.json").read_text() == written(derived)
    closed = [each for each in derived["$defs"].values() if "properties" in each and "anyOf" not in each]
    assert all(each.get("additionalProperties") is not None for each in closed)
    assert json.dumps(derived).count('"description"') < 20
