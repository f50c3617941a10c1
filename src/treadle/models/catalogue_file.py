"""Reads one catalogue file: fills in what its short forms stand for, then checks it against the schema.

Short forms: a text where a translated text belongs is the same in every language; `use: NAME` in a form takes a field
from `form_fields.yaml`; a rule that is a bare name is its template; `rules: NAME` of a model is a set from `rule_sets`;
`max_output: [DEFAULT, MAX]` of a model sets both in its output limit.
"""

from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import TypeAlias

import msgspec

from .catalogue import Provider
from .catalogue_check import first_problem

Tree: TypeAlias = "bool | int | float | str | list[Tree] | dict[str, Tree] | None"

_TRANSLATED = frozenset({"label", "title", "help", "description", "placeholder"})


class CatalogueError(ValueError):
    """A catalogue file does not follow the schema."""


def read_provider(name: str, text: bytes) -> Provider:
    """The provider that the file `name` describes. Raises CatalogueError naming the file and the place."""
    try:
        entry = _mapping(msgspec.yaml.decode(text))
        provider = msgspec.convert(_translated(_expanded(entry)), Provider)
    except (msgspec.DecodeError, ValueError) as error:
        raise CatalogueError(f"{name}: {' '.join(str(error).split())}") from error
    if PurePath(name).stem != provider.provider:
        raise CatalogueError(f"{name}: describes {provider.provider!r}; a file is named as its provider")
    problem = first_problem(provider)
    if problem is not None:
        raise CatalogueError(f"{name}: {problem}")
    return provider


def _expanded(entry: dict[str, Tree]) -> dict[str, Tree]:
    sets = {name: _rules(rules) for name, rules in _mapping(entry.pop("rule_sets", {})).items()}
    for form in ("provider_form", "model_form"):
        if form in entry:
            entry[form] = [_field(_mapping(field)) for field in _list(entry[form])]
    entry["models"] = [_model(_mapping(model), sets) for model in _list(entry.get("models", []))]
    if "custom" in entry:
        custom = _mapping(entry["custom"])
        for rules in ("rules", "structured_rules"):
            given = custom.get(rules)
            if isinstance(given, str):
                custom[rules] = [*_set(sets, given)]
            elif given is not None:
                custom[rules] = _rules(given)
    return entry


def _model(model: dict[str, Tree], sets: dict[str, list[Tree]]) -> dict[str, Tree]:
    rules: list[Tree] = _set(sets, model["rules"]) if "rules" in model else []
    limits = _list(model.pop("max_output", []))
    if limits:
        if len(limits) != 2:
            raise ValueError(f"max_output is [DEFAULT, MAX], not {limits!r}")
        default, most = limits
        rules = [
            {**rule, "default": default, "max": most} if _is_output_limit(rule := _mapping(each)) else rule
            for each in rules
        ]
    model["rules"] = rules
    return model


def _is_output_limit(rule: dict[str, Tree]) -> bool:
    return "max_tokens" in (rule.get("name"), rule.get("use_template"))


def _rules(rules: Tree) -> list[Tree]:
    expanded: list[Tree] = []
    for each in _list(rules):
        rule: dict[str, Tree] = {"name": each, "use_template": each} if isinstance(each, str) else _mapping(each)
        template = rule.get("use_template")
        expanded.append({**_named("parameter_templates.yaml", template), **rule} if isinstance(template, str) else rule)
    return expanded


def _field(field: dict[str, Tree]) -> dict[str, Tree]:
    name = field.get("use")
    if not isinstance(name, str):
        return field
    own = {key: value for key, value in field.items() if key != "use"}
    return {**_named("form_fields.yaml", name), **own}


def _translated(value: Tree) -> Tree:
    """`value` with every short text of a translated member written out."""
    if isinstance(value, list):
        return [_translated(each) for each in value]
    if isinstance(value, dict):
        return {
            name: {"en_US": each, "zh_Hans": each, "ja_JP": each}
            if name in _TRANSLATED and isinstance(each, str)
            else _translated(each)
            for name, each in value.items()
        }
    return value


def _set(sets: dict[str, list[Tree]], name: Tree) -> list[Tree]:
    found = sets.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"rules names the set {name!r}; rule_sets has {', '.join(sets) or 'none'}")
    return found


def _named(file: str, name: str) -> dict[str, Tree]:
    shared = _shared(file)
    if name not in shared:
        raise ValueError(f"there is no {name!r} to take; there are {', '.join(shared)}")
    return shared[name]


@cache
def _shared(name: str) -> dict[str, dict[str, Tree]]:
    """Named members that catalogue files share."""
    whole = _mapping(msgspec.yaml.decode((files("treadle.models") / name).read_bytes()))
    return {key: _mapping(value) for key, value in whole.items()}


def _mapping(value: Tree) -> dict[str, Tree]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping, got {value!r}")
    return value


def _list(value: Tree) -> list[Tree]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, got {value!r}")
    return value
