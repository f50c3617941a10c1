"""Reads a `provider.yaml`: fills in what its short forms stand for, then checks it against the schema.

Short forms: a text `[English, 中文, 日本語]` is one text in the console's languages, and a single text is the same
in all of them; a parameter or credential without a `label` takes that of its name in `labels.yaml`; an option that is
a bare word is its own label; `description: TEXT` of a parameter is what the model and English people read.
"""

from functools import cache
from importlib.resources import files
from typing import TypeAlias

import msgspec

from .provider import BuiltinProvider, Parameter

Tree: TypeAlias = "bool | int | float | str | list[Tree] | dict[str, Tree] | None"

LANGUAGES = ("en_US", "zh_Hans", "ja_JP")


class ProviderFileError(ValueError):
    """The file of a provider does not follow the schema."""


def read_provider(name: str, text: bytes) -> BuiltinProvider:
    """The provider that the folder `name` describes. Raises ProviderFileError naming it and the place."""
    try:
        return provider_of(name, _mapping(msgspec.yaml.decode(text)))
    except msgspec.DecodeError as error:
        raise ProviderFileError(f"{name}: {error}") from error


def provider_of(name: str, tree: dict[str, Tree]) -> BuiltinProvider:
    """The provider that this data describes. Raises ProviderFileError naming it and the place."""
    try:
        provider = msgspec.convert(_expanded(tree), BuiltinProvider)
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise ProviderFileError(f"{name}: {error}") from error
    if provider.name != name:
        raise ProviderFileError(f"{name}: describes {provider.name!r}; a folder is named as its provider")
    return provider


def parameters_of(entries: list[Tree]) -> tuple[Parameter, ...]:
    """The parameters that this data describes. Raises ProviderFileError naming the place."""
    try:
        return msgspec.convert([_parameter(_mapping(each)) for each in entries], tuple[Parameter, ...])
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise ProviderFileError(str(error)) from error


def _expanded(entry: dict[str, Tree]) -> dict[str, Tree]:
    identity = _mapping(entry["identity"])
    entry["identity"] = _with_texts(identity, "label", "description")
    credentials = _mapping(entry.get("credentials_for_provider", {}))
    entry["credentials_for_provider"] = {name: _field(name, _mapping(field)) for name, field in credentials.items()}
    entry["tools"] = [_tool(_mapping(tool)) for tool in _list(entry["tools"])]
    return entry


def _tool(tool: dict[str, Tree]) -> dict[str, Tree]:
    tool = _with_texts(tool, "label")
    tool["description"] = _with_texts(_mapping(tool["description"]), "human")
    tool["parameters"] = [_parameter(_mapping(parameter)) for parameter in _list(tool.get("parameters", []))]
    return tool


def _parameter(parameter: dict[str, Tree]) -> dict[str, Tree]:
    described = parameter.get("description")
    if isinstance(described, str):
        own = {name: value for name, value in parameter.items() if name != "description"}
        parameter = {"human_description": described, "llm_description": described, **own}
    parameter = _field(str(parameter["name"]), parameter)
    return _with_texts(parameter, "human_description")


def _field(name: str, field: dict[str, Tree]) -> dict[str, Tree]:
    options: list[Tree] = []
    for each in _list(field.get("options", [])):
        option: dict[str, Tree] = {"value": each, "label": each} if isinstance(each, str) else _mapping(each)
        options.append(_with_texts(option, "label"))
    field = {"label": _labels()[name], **field} if "label" not in field else field
    return {**_with_texts(field, "label", "help", "placeholder"), "options": options}


def _with_texts(entry: dict[str, Tree], *names: str) -> dict[str, Tree]:
    return {key: _text(value) if key in names else value for key, value in entry.items()}


def _text(text: Tree) -> Tree:
    match text:
        case str():
            return dict.fromkeys(LANGUAGES, text)
        case list() if len(text) == len(LANGUAGES):
            return dict(zip(LANGUAGES, text, strict=True))
        case list():
            raise ValueError(f"a text has {len(LANGUAGES)} languages, got {text!r}")
        case _:
            return text


@cache
def _labels() -> dict[str, Tree]:
    """Labels of parameters and credentials by their name."""
    return _mapping(msgspec.yaml.decode((files("treadle.tools.builtin") / "labels.yaml").read_bytes()))


def _mapping(value: Tree) -> dict[str, Tree]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping, got {value!r}")
    return value


def _list(value: Tree) -> list[Tree]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, got {value!r}")
    return value
