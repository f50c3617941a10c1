"""Parameters of the operator's tools, as their files write them and as their code may make them.

The classes have the members that tools written for Dify give them. Source: spec models-and-tools §4.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeAlias, cast

Texts: TypeAlias = dict[str, str] | str | None

_PARAMETER = frozenset(
    {
        "name", "type", "form", "required", "default", "min", "max", "options", "label", "human_description",
        "llm_description",
    }
)  # fmt: skip
_OTHER_NAMES = {"system-files": "files", "systme-files": "files", "text-input": "string"}


@dataclass
class I18nObject:
    """A text by language."""

    en_US: str = ""  # noqa: N815 (as tools spell it)
    zh_Hans: str | None = None  # noqa: N815
    pt_BR: str | None = None  # noqa: N815
    ja_JP: str | None = None  # noqa: N815


@dataclass
class ToolParameterOption:
    """One of the values of a `select`."""

    value: str
    label: I18nObject | Texts = None


class _Type(StrEnum):
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    SELECT = "select"
    SECRET_INPUT = "secret-input"
    FILE = "file"
    FILES = "files"
    SYSTEM_FILES = "system-files"


class _Form(StrEnum):
    FORM = "form"
    LLM = "llm"


@dataclass
class ToolParameter:
    """One parameter. `form`: the model or a variable gives it (`llm`), or who builds the app (`form`)."""

    ToolParameterType = _Type
    ToolParameterForm = _Form

    name: str
    label: I18nObject | Texts = None
    human_description: I18nObject | Texts = None
    placeholder: I18nObject | Texts = None
    type: str = _Type.STRING
    form: str = _Form.LLM
    llm_description: str | None = None
    required: bool | None = False
    default: Any = None
    min: float | None = None
    max: float | None = None
    options: Sequence[ToolParameterOption | Mapping[str, Any] | str] | None = field(default_factory=list[Any])

    @classmethod
    def get_simple_instance(
        cls, name: str, llm_description: str, type: str, required: bool, options: Sequence[str] | None = None
    ) -> "ToolParameter":
        """A parameter that the model gives, described for the model alone."""
        given = [ToolParameterOption(value) for value in options or ()]
        return cls(name, type=type, llm_description=llm_description, required=required, options=given)


def parameter_tree(entry: object) -> dict[str, Any]:
    """A parameter as provider files have it. Raises ValueError for what is none."""
    made = _plain(entry)
    plain = cast("dict[str, Any]", made if isinstance(made, dict) else {})
    if not plain.get("name"):
        raise ValueError(f"a parameter needs a name, and {entry!r} has none.")
    known = only(plain, _PARAMETER, str(plain["name"]))
    kind = str(known.get("type", "string"))
    return {
        **known,
        "type": _OTHER_NAMES.get(kind, kind),
        "human_description": text(plain.get("human_description"), str(plain.get("llm_description") or "")),
    }


def only(entry: Mapping[str, Any], names: frozenset[str], name: str) -> dict[str, Any]:
    """What is known of an entry, with a label; texts in one language or several."""
    known = {key: value for key, value in entry.items() if key in names and value is not None}
    texts = {key: text(known[key], "") for key in ("help", "placeholder") if key in known}
    options = [_option(each) for each in known.get("options", ())]
    return {**known, **texts, "options": options, "label": text(known.get("label"), name)}


def text(value: Texts, otherwise: str) -> dict[str, str]:
    """A text by language, in the console's languages where it lacks some."""
    given = value if isinstance(value, dict) else {"en_US": value or otherwise}
    texts = {language: str(words) for language, words in given.items() if words}
    first = texts.get("en_US") or next(iter(texts.values()), otherwise)
    return {"en_US": first, "zh_Hans": first, "ja_JP": first, **texts}


def _option(option: Any) -> Any:
    if not isinstance(option, Mapping):
        return str(option)
    value = str(option["value"])  # pyright: ignore[reportUnknownArgumentType]
    return {"value": value, "label": text(option.get("label"), value)}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _plain(entry: Any) -> Any:
    """Objects as mappings, all the way down."""
    if is_dataclass(entry) and not isinstance(entry, type):
        return {each.name: _plain(getattr(entry, each.name)) for each in fields(entry)}
    if isinstance(entry, StrEnum):
        return entry.value
    if isinstance(entry, Mapping):
        return {str(key): _plain(value) for key, value in entry.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(entry, (list, tuple)):
        return [_plain(each) for each in entry]  # pyright: ignore[reportUnknownVariableType]
    return entry
