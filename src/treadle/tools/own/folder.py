"""Reads the operator's tools from a folder, in the layout of Dify's built-in ones.

`<provider>/<provider>.yaml` and, with credentials, `<provider>.py`; `<provider>/tools/<tool>.yaml` and `<tool>.py`.
What is broken is passed over with a warning. It is read once, when a server starts. Source: spec models-and-tools §4.1.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from treadle.platform.foreign_code import offer, subclass_in
from treadle.tools.builtin.provider import BuiltinProvider
from treadle.tools.builtin.provider_file import ProviderFileError, provider_of

from .base import CredentialsRefused, Tool, ToolProvider
from .parameters import I18nObject, Texts, ToolParameter, ToolParameterOption, only, parameter_tree, text
from .running import check_of, function_of, parameters_of

_log = logging.getLogger(__name__)

File = TypeVar("File", bound=msgspec.Struct)

_FOLDER = "tools"
_ICON = {"background": "#F4F1EA", "content": "🧩"}
_LABELS = frozenset(
    {
        "search", "image", "videos", "weather", "finance", "design", "travel", "social", "news", "medical",
        "productivity", "education", "business", "entertainment", "utilities", "rag", "other",
    }
)  # fmt: skip
_CREDENTIAL = frozenset({"type", "required", "default", "options", "label", "help", "placeholder", "url"})
_IMPORT_NAMES: Mapping[str, Mapping[str, object]] = {
    "core.tools.tool.builtin_tool": {"BuiltinTool": Tool},
    "core.tools.builtin_tool.tool": {"BuiltinTool": Tool},
    "core.tools.provider.builtin_tool_provider": {"BuiltinToolProviderController": ToolProvider},
    "core.tools.builtin_tool.provider": {"BuiltinToolProviderController": ToolProvider},
    "core.tools.entities.tool_entities": {
        "ToolInvokeMessage": object,
        "ToolParameter": ToolParameter,
        "ToolParameterOption": ToolParameterOption,
    },
    "core.tools.entities.common_entities": {"I18nObject": I18nObject},
    "core.tools.errors": {"ToolProviderCredentialValidationError": CredentialsRefused},
}
"""Where tools written for Dify import what they are made of."""


class OwnProvider(BuiltinProvider, frozen=True, kw_only=True):
    """A provider of the operator's, with its code at hand."""

    functions: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])

    def _code(self, name: str) -> Any:
        return self.functions[name]


@dataclass(slots=True)
class OwnTools:
    """The providers of a folder by name; `warnings` says what was passed over, and why."""

    providers: dict[str, BuiltinProvider] = field(default_factory=dict[str, BuiltinProvider])
    warnings: list[str] = field(default_factory=list[str])

    @classmethod
    def load(cls, extensions: Path | None, *, taken: Collection[str] = ()) -> "OwnTools":
        """Those below the folder of code-based extensions; names that are `taken` are passed over."""
        found = cls()
        root = extensions / _FOLDER if extensions is not None else None
        if root is None or not root.is_dir():
            return found
        offer(_IMPORT_NAMES)
        for place in sorted(root.iterdir()):
            if place.is_dir() and not place.name.startswith(("__", ".")):
                try:
                    if place.name in taken:
                        raise ValueError("a provider of this name comes with Treadle; choose another one.")
                    found.providers[place.name] = _provider(place)
                except Exception as error:  # whatever foreign code raises while it is imported
                    found.warnings.append(f"{place} is passed over: {error or type(error).__name__}")
                    _log.warning("%s", found.warnings[-1])
        return found


class _Identity(msgspec.Struct):
    name: str = ""
    author: str = ""
    label: Texts = None
    description: Texts = None
    icon: Any = None
    tags: list[str] = []


class _Description(msgspec.Struct):
    human: Texts = None
    llm: str = ""


class _ProviderFile(msgspec.Struct):
    identity: _Identity
    credentials_for_provider: dict[str, dict[str, Any]] | None = None


class _ToolFile(msgspec.Struct):
    identity: _Identity
    description: _Description
    parameters: list[dict[str, Any]] | None = None


def _provider(place: Path) -> OwnProvider:
    described, functions = _read(place / f"{place.name}.yaml", _ProviderFile), dict[str, Any]()
    module, tools = f"treadle_own_tools.{place.name}", list[dict[str, Any]]()
    for file in sorted((place / "tools").glob("*.yaml")):
        tool, code = _tool(file), file.with_suffix(".py")
        kind = subclass_in(code, Tool, f"{module}.{code.stem}")
        functions[str(tool["name"]).replace("-", "_")] = function_of(kind)
        if kind.get_runtime_parameters is not Tool.get_runtime_parameters:
            kind.parameters = tuple(ToolParameter(**each) for each in tool["parameters"])
            functions[f"parameters of {tool['name']}"] = parameters_of(kind)
            tool["has_runtime_parameters"] = True
        tools.append(tool)
    if not tools:
        raise ValueError("it has no tools: put NAME.yaml and NAME.py into its folder `tools`.")
    code = place / f"{place.name}.py"
    if code.is_file():
        functions["check"] = check_of(subclass_in(code, ToolProvider, f"{module}.{code.stem}"))
    identity, credentials = described.identity, described.credentials_for_provider or {}
    tree: dict[str, Any] = {
        "identity": {
            "name": identity.name or place.name,
            "author": identity.author,
            "label": text(identity.label, place.name),
            "description": text(identity.description, ""),
            "icon": identity.icon if isinstance(identity.icon, dict) else _ICON,
            "labels": [each for each in identity.tags if each in _LABELS],
        },
        "credentials_for_provider": {name: only(entry, _CREDENTIAL, name) for name, entry in credentials.items()},
        "tools": tools,
        "own_check": "check" in functions and bool(credentials),
    }
    read = provider_of(place.name, tree)
    return OwnProvider(**msgspec.structs.asdict(read), functions=functions)


def _tool(file: Path) -> dict[str, Any]:
    described = _read(file, _ToolFile)
    name = described.identity.name or file.stem
    human = text(described.description.human, name)
    return {
        "name": name,
        "label": text(described.identity.label, name),
        "description": {"human": human, "llm": described.description.llm or human["en_US"]},
        "parameters": [parameter_tree(each) for each in described.parameters or ()],
    }


def _read(file: Path, kind: type[File]) -> File:
    if not file.is_file():
        raise ValueError(f"it has no {file.name}.")
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ProviderFileError(f"{file.name}: {error}") from error
