"""What people see of tool providers: who they are, what they offer, what they ask for.

Source: spec models-and-tools §4.1 "Provider entity".
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from treadle.engine.ports import Tool, ToolParameter
from treadle.engine.values import JsonValue

from .sources import ProviderType

LABELS: Final[Mapping[str, str]] = {
    "search": "Search",
    "image": "Images",
    "videos": "Videos",
    "weather": "Weather",
    "finance": "Finance",
    "design": "Design",
    "travel": "Travel",
    "social": "Social",
    "news": "News",
    "medical": "Medical",
    "productivity": "Productivity",
    "education": "Education",
    "business": "Business",
    "entertainment": "Entertainment",
    "utilities": "Utilities",
    "rag": "Knowledge",
    "other": "Other",
}
"""The labels that providers are sorted by."""


class ProviderInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A provider with its tools. Texts are by language; `credentials` are those in use, secrets masked."""

    id: str
    type: ProviderType
    name: str
    author: str = ""
    label: dict[str, str] = {}
    description: dict[str, str] = {}
    icon: JsonValue = None
    labels: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    credentials: dict[str, JsonValue] = {}
    needs_credentials: bool = False
    authorized: bool = True
    deletable: bool = False
    more: dict[str, JsonValue] = {}
    """Members that only this kind has."""


def known_labels(labels: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    """Those of `labels` that exist, each once."""
    return tuple(dict.fromkeys(label for label in labels if label in LABELS))


def provider_map(provider: ProviderInfo, *, with_tools: bool = True) -> dict[str, JsonValue]:
    """A provider as the console API shows it."""
    return {
        "id": provider.id,
        "author": provider.author,
        "name": provider.name,
        "plugin_id": None,
        "plugin_unique_identifier": "",
        "description": dict(provider.description),
        "icon": provider.icon,
        "icon_dark": "",
        "label": dict(provider.label),
        "type": provider.type,
        "team_credentials": provider.credentials,
        "is_team_authorization": provider.authorized,
        "allow_delete": provider.deletable,
        "needs_credentials": provider.needs_credentials,
        "tools": [tool_map(tool, provider) for tool in provider.tools] if with_tools else [],
        "labels": list(provider.labels),
        **provider.more,
    }


def tool_map(tool: Tool, provider: ProviderInfo) -> JsonValue:
    """A tool as the console API shows it."""
    return {
        "author": provider.author,
        "name": tool.name,
        "label": dict(tool.label) or _everywhere(tool.name),
        "description": dict(tool.human_description) or _everywhere(tool.description),
        "parameters": [parameter_map(parameter) for parameter in tool.parameters],
        "labels": list(provider.labels),
        "has_runtime_parameters": tool.has_runtime_parameters,
        "output_schema": tool.output_schema,
    }


def parameter_map(parameter: ToolParameter) -> JsonValue:
    """A parameter as the console API shows it."""
    options: list[JsonValue] = [
        {"value": option.value, "label": dict(option.label) or _everywhere(option.value)}
        for option in parameter.options
    ]
    return {
        "name": parameter.name,
        "label": dict(parameter.label) or _everywhere(parameter.name),
        "human_description": dict(parameter.human_description) or _everywhere(parameter.llm_description),
        "placeholder": None,
        "type": "files" if parameter.type in ("system-files", "systme-files") else parameter.type,
        "form": parameter.form,
        "llm_description": parameter.llm_description,
        "required": parameter.required,
        "default": parameter.default,
        "min": parameter.min,
        "max": parameter.max,
        "options": options,
        "input_schema": parameter.input_schema,
    }


def _everywhere(text: str) -> dict[str, JsonValue]:
    return {"en_US": text, "zh_Hans": text, "ja_JP": text}
