"""What earlier processes did of a run, found by where it happened.

Source: design "A run is a row, a lease and checkpoints", spec workflow-engine §20.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from .events import NodeFinished, NodeStatus, Path, PauseKey, PauseRequested, Remembered
from .pool import CONVERSATION, VariablePool
from .usage import NO_USAGE, Usage
from .values import JsonValue, Value

SETTLED = (NodeStatus.SUCCEEDED, NodeStatus.EXCEPTION)
"""A node with this status is done; anything else is to be run again, unless its round has failed."""

Answer = dict[str, JsonValue]
"""What was given to a node that waited."""


class Past:
    """The checkpoint of a run: its finished executions in the order in which they finished, and those that wait."""

    def __init__(
        self,
        checkpoint: Iterable[Remembered] = (),
        answers: Mapping[PauseKey, Answer] | None = None,
        kept: Mapping[PauseKey, JsonValue] | None = None,
    ) -> None:
        self._by_path: dict[Path, list[Remembered]] = defaultdict(list)
        self._inside: dict[tuple[Path, str], Usage] = {}
        self._rounds: dict[tuple[Path, str], dict[int, None]] = defaultdict(dict)
        self._first: dict[str, Value] = {}
        """What conversation variables held before the first node wrote them."""
        self._answers = dict(answers or {})
        self._kept = dict(kept or {})
        self.index = 0
        """Of the last execution that began."""
        self.usage = NO_USAGE
        self.exceptions = 0
        over: set[str] = set()
        """Executions that are not repeated."""
        for event in checkpoint:
            path = event.container.path if event.container else ()
            self._by_path[path].append(event)
            self.index = max(self.index, event.index)
            for depth, (node_id, round_index) in enumerate(path):
                rounds = self._rounds[path[:depth], node_id]
                rounds.pop(round_index, None)
                rounds[round_index] = None
            if isinstance(event, PauseRequested):
                continue
            self._spend(event, path)
            for write in event.writes:
                if write.scope == CONVERSATION:
                    self._first.setdefault(write.name, write.before)
            self.exceptions += event.status is NodeStatus.EXCEPTION
            if event.status in SETTLED or (path and event.status in (NodeStatus.FAILED, NodeStatus.STOPPED)):
                over.add(event.execution_id)
        self.steps = len(over)

    def __bool__(self) -> bool:
        return bool(self._by_path) or bool(self.index)

    def take(self, path: Path) -> list[Remembered]:
        """What happened in one round, or outside of all containers; given once."""
        return self._by_path.pop(path, [])

    def answer(self, key: PauseKey) -> Answer | None:
        """What was given to a node that waited, None while it waits."""
        return self._answers.get(key)

    def take_kept(self, key: PauseKey) -> JsonValue:
        """What a node kept that did not come to its end; given once."""
        return self._kept.pop(key, None)

    def rounds(self, path: Path, node_id: str) -> list[int]:
        """The rounds of a container that began, in the order in which something last happened in them."""
        return list(self._rounds.get((path, node_id), ()))

    def usage_inside(self, path: Path, node_id: str) -> Usage:
        """What the rounds of a container used."""
        return self._inside.get((path, node_id), NO_USAGE)

    def restore_conversation(self, pool: VariablePool) -> None:
        """Put conversation variables back to what they held before the first node wrote them: each write follows
        again at its place."""
        for name, value in self._first.items():
            pool.set(CONVERSATION, name, value)

    def _spend(self, event: NodeFinished, path: Path) -> None:
        if not event.usage.total_tokens:
            return
        self.usage += event.usage
        for depth, (node_id, _) in enumerate(path):
            key = (path[:depth], node_id)
            self._inside[key] = self._inside.get(key, NO_USAGE) + event.usage
