"""What people are told of a node type before they see its settings: names, purpose, what it gives."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["io", "model", "logic", "transform", "tools", "knowledge", "container"]
"""Which hue its icon has."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the three languages of the console."""

    en: str
    zh: str
    ja: str


@dataclass(frozen=True, slots=True)
class Output:
    """A variable that every node of a type gives. `type` is spelled as in app files; `any` depends on the settings."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class OutputsFrom:
    """Variables that follow from the settings: one for each entry of the list, or of the map, `setting`.

    `name` and `type` are the members that say them; without a `name` it is the entry's key in the map.
    """

    setting: str
    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAbout:
    """One node type. `icon` is a name of the Lucide set."""

    kind: str
    family: Family
    icon: str
    title: Words
    description: Words
    outputs: tuple[Output, ...] = ()
    outputs_from: tuple[OutputsFrom, ...] = ()
    runs_alone: bool = False
    """It can be tried by itself."""
    retries: bool = False
    """A failure may be followed by further attempts."""
    handles_errors: bool = False
    """A failure may be taken up by a default value or a branch of its own."""
