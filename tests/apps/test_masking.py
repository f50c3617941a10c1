import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.apps.running.masking import MASK, Mask, open_json
from treadle.engine.values import File, plain, revive
from treadle.platform.crypto import Crypto, SecretError

CRYPTO = Crypto(bytes(range(32)))


def mask(*secrets: str) -> Mask:
    return Mask(CRYPTO, secrets)


def test_a_secret_is_hidden_in_every_text() -> None:
    hidden = mask("sk-12345").json({"url": "https://x/?key=sk-12345", "list": ["a sk-12345 b"], "sk-12345": None})
    assert json.loads(hidden) == {"url": f"https://x/?key={MASK}", "list": [f"a {MASK} b"], MASK: None}


def test_a_secret_is_hidden_in_the_form_that_urls_give_it() -> None:
    assert mask("a b/ü&c").text("q=a%20b%2F%C3%BC%26c and q=a+b%2F%C3%BC%26c") == f"q={MASK} and q={MASK}"


def test_a_secret_that_json_escapes_is_hidden() -> None:
    assert json.loads(mask('say "hi"\n').json({"a": 'x say "hi"\n'})) == {"a": f"x {MASK}"}


def test_a_number_that_shows_a_secret_is_hidden_and_the_json_stays_whole() -> None:
    assert json.loads(mask("123456").json({"n": 123456, "m": 91234567, "other": 12})) == {
        "n": MASK,
        "m": MASK,
        "other": 12,
    }


def test_a_short_secret_is_hidden_only_where_it_is_the_whole_value() -> None:
    assert json.loads(mask("on").json({"a": "on", "b": "only", "c": True})) == {"a": MASK, "b": "only", "c": True}


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert mask("abcd", "abcdefgh").text("abcdefgh") == MASK


def test_nothing_changes_without_secrets() -> None:
    assert mask().json({"a": 1.0, "b": "ü"}) == '{"a":1.0,"b":"ü"}'
    assert mask("").sealing({"a": 1}, context="c") == ('{"a":1}', None)


def test_what_was_masked_opens_for_a_resume(tmp_path: Path) -> None:
    file = File(type="image", transfer_method="tool_file", related_id="f", filename="a.png", size=3)
    value = {"token": "sk-12345", "file": file, "n": 2**70, "x": [1.5, None]}
    recorded = mask("sk-12345").sealing(value, context="row/1")
    assert recorded.sealed is not None
    assert "sk-12345" not in recorded.text + recorded.sealed
    assert revive(open_json(*recorded, CRYPTO, context="row/1")) == value
    with pytest.raises(SecretError):
        open_json(*recorded, CRYPTO, context="row/2")


def test_texts_that_a_database_cannot_hold_are_made_storable() -> None:
    assert mask().text("a\x00b\ud800c") == "ab?c"
    recorded = mask().sealing({"a": "\x00\ud800"}, context="c")
    assert json.loads(recorded.text) == {"a": "?"}
    assert open_json(*recorded, CRYPTO, context="c") == {"a": "\x00\ud800"}


def test_values_no_variable_may_hold_do_not_end_a_run() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "too deeply" in mask("secret").json({"a": deep})
    assert mask().json({"a": Path("x")}) == '{"a":"x"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=4), st.text(min_size=4))
def test_values_survive_and_secrets_do_not_show(value: dict[str, object], secret: str) -> None:
    value = {**value, "leak": f"<{secret}>"}
    recorded = mask(secret).sealing(value, context="c")
    assert open_json(*recorded, CRYPTO, context="c") == plain(value)
    assert recorded.sealed is not None
    shown = json.loads(recorded.text)
    assert secret not in str(shown.get("leak", ""))
