"""Parameter rules (spec models-and-tools §1.5)."""

import pytest

from treadle.engine.values import JsonValue
from treadle.models.catalogue import ParameterRule, provider_of
from treadle.models.parameters import ParameterError, accepted, fitted

RULES = {rule.name: rule for rule in provider_of("openai").models[8].rules}
LIMIT = next(rule for rule in provider_of("openai").models[0].rules if rule.use_template == "max_tokens")


def rule(type: str, **members: object) -> ParameterRule:
    label = RULES["temperature"].label
    return ParameterRule(**{"name": "p", "label": label, "type": type, **members})  # type: ignore[arg-type]


def test_parameters_without_a_rule_are_dropped_and_optional_defaults_not_sent() -> None:
    assert accepted(list(RULES.values()), {"temperature": 0.7, "mystery": 1, "top_p": None}) == {"temperature": 0.7}


def test_a_required_default_is_sent() -> None:
    assert accepted([rule("int", required=True, default=5)], {}) == {"p": 5}
    with pytest.raises(ParameterError, match="parameter p is missing"):
        accepted([rule("int", required=True)], {})


def test_the_template_name_is_another_name() -> None:
    assert accepted([LIMIT], {"max_tokens": 100}) == {"max_completion_tokens": 100}
    assert accepted([LIMIT], {"max_tokens": 100, "max_completion_tokens": 200}) == {"max_completion_tokens": 200}


@pytest.mark.parametrize(
    ("checked", "value", "reason"),
    [
        (rule("int"), "5", "must be a whole number"),
        (rule("int"), 5.0, "must be a whole number"),
        (rule("int"), True, "must be a whole number"),
        (rule("int", min=1, max=128000), 128001, "between 1 and 128000"),
        (rule("float", precision=2), 0.123, "at most 2 decimals"),
        (rule("float", precision=0), 1.5, "at most 0 decimals"),
        (rule("float", min=0), -0.1, "at or above 0"),
        (rule("float", max=1), 1.1, "at or below 1"),
        (rule("boolean"), 1, "must be true or false"),
        (rule("text"), 1, "must be text"),
        (rule("string", options=("a", "b")), "c", "choose one of a, b"),
    ],
)
def test_violations_say_what_may_be_given(checked: ParameterRule, value: JsonValue, reason: str) -> None:
    with pytest.raises(ParameterError, match=f"^parameter p is .*{reason}"):
        accepted([checked], {"p": value})


def test_whole_numbers_are_floats_too() -> None:
    assert accepted([rule("float", precision=2, max=2)], {"p": 1}) == {"p": 1}


def test_options_of_older_apps_are_understood() -> None:
    form = RULES["response_format"]
    assert accepted([form], {"response_format": "JSON"}) == {"response_format": "json_object"}


@pytest.mark.parametrize(
    ("checked", "given", "fits"),
    [
        (rule("int", max=512), 4096, {"p": 512}),
        (rule("int", min=1), 0, {"p": 1}),
        (rule("float", precision=2, max=1), 0.777, {"p": 0.78}),
        (rule("float", max=1), "hot", {}),
        (rule("string", options=("a",)), "b", {}),
        (rule("float", required=True, default=0.2), None, {"p": 0.2}),
        (rule("string", options=("a",), required=True, default="a"), "b", {"p": "a"}),
    ],
)
def test_parameters_of_another_model_are_brought_into_bounds(
    checked: ParameterRule, given: JsonValue, fits: dict[str, JsonValue]
) -> None:
    assert fitted([checked], {"p": given}) == fits
