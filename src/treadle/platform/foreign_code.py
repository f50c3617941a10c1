"""Loads the operator's Python from files: the one class that a file is there for, under names that it knows."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def subclass_in(file: Path, kind: type[Kind], module: str) -> type[Kind]:
    """The one subclass of `kind` that a file defines, which is run as `module`.

    Raises ValueError, and whatever the file raises.
    """
    if not file.is_file():
        raise ValueError(f"it has no {file.name}.")
    spec = importlib.util.spec_from_file_location(module, file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    classes = [
        each
        for each in vars(loaded).values()
        if isinstance(each, type) and issubclass(each, kind) and each.__module__ == module
    ]
    if len(classes) != 1:
        raise ValueError(f"{file.name} must define one subclass of {kind.__name__}, and defines {len(classes)}.")
    return classes[0]


def offer(modules: Mapping[str, Mapping[str, object]]) -> None:
    """Lets such files import modules that are not there: names in them by the module's name."""
    for name, members in modules.items():
        parts = name.split(".")
        for depth in range(1, len(parts)):
            package = ".".join(parts[:depth])
            if package not in sys.modules:
                made = ModuleType(package)
                made.__path__ = []
                sys.modules[package] = made
        alias = ModuleType(name)
        vars(alias).update(members)
        sys.modules[name] = alias
