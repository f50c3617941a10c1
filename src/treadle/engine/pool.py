"""The variables of one run: two levels, node id or namespace, then name.

Source: spec workflow-engine §2.
"""

from collections.abc import Iterable, Mapping, Sequence

from .values import MISSING, File, Missing, Value

CONVERSATION = "conversation"
NAMESPACES = frozenset({"sys", "env", CONVERSATION, "rag"})


class VariablePool:
    """Holds values, casts nothing. Skipped and not yet run nodes have no entries: their variables are MISSING."""

    __slots__ = ("_own", "_scopes", "secrets")

    def __init__(self, scopes: Mapping[str, Mapping[str, Value]] | None = None, secrets: Iterable[str] = ()) -> None:
        self._scopes: dict[str, dict[str, Value]] = {key: dict(scope) for key, scope in (scopes or {}).items()}
        self._own = set(self._scopes)
        """Scopes that no other pool shares; any other is copied before it is written."""
        self.secrets = tuple(secret for secret in secrets if secret)
        """Plain values of secret environment variables, to be masked wherever a run is recorded."""

    def get(self, selector: Sequence[str]) -> "Value | Missing":
        """The value at `[scope, name, *path]`; path parts are object keys or file attributes."""
        if len(selector) < 2:
            return MISSING
        scope = self._scopes.get(selector[0])
        if scope is None:
            return MISSING
        value = scope.get(selector[1], MISSING)
        for part in selector[2:]:
            match value:
                case dict():
                    value = value.get(part, MISSING)
                case File():
                    value = value.attribute(part)
                case _:
                    return MISSING
        return value

    def set(self, scope: str, name: str, value: Value) -> None:
        """Write one variable; the last writer wins."""
        self._writable(scope)[name] = value

    def add_outputs(self, node_id: str, outputs: Mapping[str, Value]) -> None:
        """Write all outputs of a finished node."""
        self._writable(node_id).update(outputs)

    def clear(self, scope: str) -> None:
        """Forget everything under `scope`."""
        self._scopes.pop(scope, None)
        self._own.discard(scope)

    def scope(self, name: str) -> Mapping[str, Value]:
        """All variables under a node id or namespace; empty when nothing was written there."""
        return self._scopes.get(name, {})

    def fork(self) -> "VariablePool":
        """A copy whose writes do not reach this pool, nor those of this pool the copy.

        Values are shared: they are never changed in place. Costs the same however many variables there are.
        """
        copy = VariablePool(secrets=self.secrets)
        copy._scopes = self._scopes.copy()
        self._own.clear()
        return copy

    def _writable(self, name: str) -> dict[str, Value]:
        scope = self._scopes.get(name)
        if scope is None or name not in self._own:
            scope = self._scopes[name] = {} if scope is None else scope.copy()
            self._own.add(name)
        return scope
