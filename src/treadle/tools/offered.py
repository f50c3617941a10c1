"""Which built-in providers an operator offers, and in which order. Source: spec models-and-tools §4.1."""

from collections.abc import Callable, Mapping, Sequence

from .builtin.provider import BuiltinProvider


class Offered:
    """Gives the providers that are offered, pinned ones first. Their files are read when they are first asked for."""

    def __init__(
        self,
        providers: Callable[[], Mapping[str, BuiltinProvider]],
        *,
        pins: Sequence[str] = (),
        includes: Sequence[str] = (),
        excludes: Sequence[str] = (),
    ) -> None:
        self._all = providers
        self._pins = tuple(pins)
        self._includes = frozenset(includes)
        self._excludes = frozenset(excludes)
        self._chosen: Mapping[str, BuiltinProvider] | None = None

    def __call__(self) -> Mapping[str, BuiltinProvider]:
        if self._chosen is None:
            every = self._all()
            names = [*(name for name in self._pins if name in every), *every]
            self._chosen = {name: every[name] for name in names if self._is_offered(name)}
        return self._chosen

    def _is_offered(self, name: str) -> bool:
        return name not in self._excludes and (not self._includes or name in self._includes)
