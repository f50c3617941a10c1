"""What jobs are to do, and where they stand."""

from typing import Literal

import msgspec

from treadle.platform.clock import SECOND

from .files import LineProblem, Pair

JOBS_TOPIC = "annotation jobs"
"""There may be something to do."""
SETTINGS_TOPIC = "annotation settings"
"""Apps begin or cease to answer with annotations, or do it otherwise."""

ReplyAction = Literal["enable", "disable"]
JobStatus = Literal["waiting", "processing", "completed", "error"]

SHOWN_FOR = 600 * SECOND
"""How long a job is known after its end, in microseconds."""
KEPT_FOR = 24 * 3600 * SECOND


class Enabling(msgspec.Struct, kw_only=True):
    """An app is to answer with its annotations. `generation`: of the index that is being made, once it was begun."""

    score_threshold: float
    provider: str
    model: str
    generation: int | None = None


class Importing(msgspec.Struct, kw_only=True):
    """Pairs to keep, and the lines of the file that are left out."""

    pairs: tuple[Pair, ...]
    problems: tuple[LineProblem, ...] = ()


class Forgetting(msgspec.Struct, kw_only=True):
    """The index of an app that is gone."""

    index_kind: str
    generation: int


def written(payload: msgspec.Struct | None) -> str:
    """A payload as it is kept."""
    return "{}" if payload is None else msgspec.json.encode(payload).decode()
