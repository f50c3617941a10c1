"""The tools that come with the product: a folder per provider, `provider.yaml` its data and `tools.py` its code.

`tools.py` has an async generator per tool, named as the tool: `async def NAME(call: Call) -> AsyncIterator[Message]`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from .call import Call
from .provider import BuiltinProvider, BuiltinTool

__all__ = ["BuiltinProvider", "BuiltinTool", "Call", "builtin_providers", "offer_own", "shipped_providers"]


class _Providers(Mapping[str, BuiltinProvider]):
    """The providers by name, each file read when it is first asked for: all of them take a quarter of a second."""

    def __init__(self) -> None:
        folders = sorted(files("treadle.tools.builtin").iterdir(), key=lambda folder: folder.name)
        found = {folder.name: folder / "provider.yaml" for folder in folders if folder.is_dir()}
        self._files = {name: file for name, file in found.items() if file.is_file()}
        self._read: dict[str, BuiltinProvider] = {}
        self.own: Mapping[str, BuiltinProvider] = {}

    @property
    def shipped(self) -> frozenset[str]:
        """The names of those that come with the product."""
        return frozenset(self._files)

    def __getitem__(self, name: str) -> BuiltinProvider:
        """Raises ProviderFileError for a wrong file."""
        if name in self.own:
            return self.own[name]
        if name not in self._read:
            from .provider_file import read_provider

            self._read[name] = read_provider(name, self._files[name].read_bytes())
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files or name in self.own

    def __iter__(self) -> Iterator[str]:
        return iter((*self._files, *self.own))

    def __len__(self) -> int:
        return len(self._files) + len(self.own)


@cache
def _providers() -> _Providers:
    return _Providers()


def builtin_providers() -> Mapping[str, BuiltinProvider]:
    """Every built-in provider by name, in the order of names, and then the operator's own. No tool's code is loaded."""
    return _providers()


def shipped_providers() -> frozenset[str]:
    """The names of the providers that come with the product."""
    return _providers().shipped


def offer_own(providers: Mapping[str, BuiltinProvider]) -> None:
    """Put the operator's own providers beside those that come with the product, in this process; those of an earlier
    call are gone."""
    _providers().own = dict(providers)
