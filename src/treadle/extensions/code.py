"""Code-based extensions: Python of the operator's, from one folder and from nowhere else.

The folder holds `moderation/<name>/` and `external_data_tool/<name>/`, each with `<name>.py` and `schema.json`. The
code runs in the server's process with all its rights: whoever can write to the folder can do whatever the server can.
It is read once, at the first use. Source: spec models-and-tools §5.5.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

from treadle.engine.values import JsonValue
from treadle.platform.foreign_code import offer, subclass_in

from . import base
from .base import ExternalDataTool, Moderation

_log = logging.getLogger(__name__)

Module = Literal["moderation", "external_data_tool"]
Kind = TypeVar("Kind", Moderation, ExternalDataTool)
Text = dict[str, str]

BUILT_IN_MARK = "__builtin__"
_BUILT_IN_FIRST = 1_000
_IMPORT_NAMES = ("core.moderation.base", "core.external_data_tool.base")
"""Where extensions written for Dify import the base classes from."""


class FormOption(msgspec.Struct):
    """One choice of a select."""

    value: str
    label: Text = {}


class FormItem(msgspec.Struct):
    """One question of an extension's settings."""

    variable: str
    type: Literal["select", "text-input", "paragraph"]
    label: Text = {}
    required: bool = False
    default: Any = None
    placeholder: str | Text | None = None
    options: list[FormOption] = []
    max_length: int | None = None


class FormSchema(msgspec.Struct):
    """`schema.json`: how the extension is called, and what it asks for."""

    label: Text
    form_schema: list[FormItem] = []


@dataclass(frozen=True, slots=True)
class CodeExtension(Generic[Kind]):
    """One extension that was loaded. `position` orders built-in ones; others have no place of their own."""

    name: str
    kind: type[Kind]
    schema: FormSchema | None
    position: int | None = None

    def check(self, workspace_id: str, config: Mapping[str, JsonValue]) -> None:
        """Raises ValueError for settings that the form or the extension itself refuses."""
        for item in self.schema.form_schema if self.schema else ():
            _check_item(item, config.get(item.variable))
        try:
            self.kind.validate_config(workspace_id, dict(config))
        except Exception as error:
            raise ValueError(str(error) or type(error).__name__) from error


@dataclass(slots=True)
class CodeExtensions:
    """Everything in the folder; `warnings` says what was passed over, and why."""

    folder: Path | None
    moderation: dict[str, CodeExtension[Moderation]] = field(default_factory=dict[str, CodeExtension[Moderation]])
    external_data: dict[str, CodeExtension[ExternalDataTool]] = field(
        default_factory=dict[str, CodeExtension[ExternalDataTool]]
    )
    warnings: list[str] = field(default_factory=list[str])

    @classmethod
    def load(cls, folder: Path | None) -> "CodeExtensions":
        """Import what the folder holds. A broken extension is passed over with a warning; None: there are none."""
        found = cls(folder)
        if folder is None:
            return found
        if not folder.is_dir():
            found._warn(f"{folder} is no folder, so there are no code-based extensions.")
            return found
        with_base_classes()
        found.moderation = found._module("moderation", Moderation)
        found.external_data = found._module("external_data_tool", ExternalDataTool)
        return found

    def listed(self, module: Module) -> list[dict[str, Any]]:
        """Those that people may choose, as the console shows them: built-in ones are left out."""
        loaded: Mapping[str, CodeExtension[Any]] = self.moderation if module == "moderation" else self.external_data
        return [
            {
                "name": extension.name,
                "label": extension.schema.label,
                "form_schema": msgspec.to_builtins(extension.schema.form_schema),
            }
            for extension in loaded.values()
            if extension.schema is not None and extension.position is None
        ]

    def _module(self, module: Module, kind: type[Kind]) -> dict[str, CodeExtension[Kind]]:
        assert self.folder is not None
        root = self.folder / module
        loaded: list[CodeExtension[Kind]] = []
        for place in sorted(root.iterdir()) if root.is_dir() else ():
            if place.is_dir() and not place.name.startswith("__"):
                try:
                    loaded.append(_load(place, kind))
                except Exception as error:  # whatever foreign code raises while it is imported
                    self._warn(f"{place} is passed over: {error or type(error).__name__}")
        loaded.sort(key=lambda each: (each.position is None, each.position or 0))
        return {extension.name: extension for extension in loaded}

    def _warn(self, text: str) -> None:
        self.warnings.append(text)
        _log.warning("%s", text)


async def called(method: Callable[..., Any], *arguments: Any) -> Any:
    """The result of an extension's method, which may be plain (then it runs in a thread) or `async`."""
    if inspect.iscoroutinefunction(method):
        return await method(*arguments)
    return await asyncio.to_thread(method, *arguments)


class _ModerationAction:
    DIRECT_OUTPUT = "direct_output"
    OVERRIDDEN = "overridden"


def with_base_classes() -> None:
    """Let extensions import the base classes under the names that Dify's have, and under ours."""
    members = {
        "Moderation": Moderation,
        "ExternalDataTool": ExternalDataTool,
        "ModerationInputsResult": base.ModerationInputsResult,
        "ModerationOutputsResult": base.ModerationOutputsResult,
        "ModerationAction": _ModerationAction,
    }
    offer(dict.fromkeys(_IMPORT_NAMES, members))


def _load(place: Path, kind: type[Kind]) -> CodeExtension[Kind]:
    """Raises whatever is wrong with the extension in this folder."""
    file = place / f"{place.name}.py"
    mark, described = place / BUILT_IN_MARK, place / "schema.json"
    position = None
    if mark.is_file():
        text = mark.read_text("utf-8").strip()
        position = int(text) if text.isdecimal() else _BUILT_IN_FIRST
    elif not described.is_file():
        raise ValueError("it has no schema.json.")
    schema = msgspec.json.decode(described.read_bytes(), type=FormSchema) if described.is_file() else None
    found = subclass_in(file, kind, f"treadle_extensions.{kind.module}.{place.name}")
    if found.name != place.name:
        raise ValueError(f'the `name` of {found.__name__} must be "{place.name}".')
    return CodeExtension(place.name, found, schema, position)


def _check_item(item: FormItem, value: JsonValue) -> None:
    if value is None or value == "":
        if item.required:
            raise ValueError(f"{item.variable} is required.")
        return
    if item.type == "select" and value not in [option.value for option in item.options]:
        raise ValueError(f"{item.variable} must be one of {', '.join(option.value for option in item.options)}.")
    if item.max_length and isinstance(value, str) and len(value) > item.max_length:
        raise ValueError(f"{item.variable} must have at most {item.max_length} characters.")
