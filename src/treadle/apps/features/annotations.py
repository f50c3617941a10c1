"""What a run asks of the annotations: whether a question has an answer already.

Source: spec models-and-tools §6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from treadle.engine.values import JsonValue


class AnnotationHit(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation whose question is close enough: its answer is given in the place of a model's."""

    id: str
    content: str
    account_id: str = ""
    account_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that may have been answered before, and who asks; the hit is recorded under these."""

    workspace_id: str
    app_id: str
    query: str
    user_id: str
    created_from: str
    message_id: str


class Annotations(Protocol):
    """The annotations of all apps."""

    async def replies_for(self, app_id: str) -> bool:
        """Whether annotation replies are switched on for this app. Asked for every message: answer from memory."""
        ...

    async def match(self, question: Question) -> AnnotationHit | None:
        """The closest annotation above the app's threshold, counted as a hit; None when there is none.

        Never raises: a failing search is no match.
        """
        ...

    async def setting(self, app_id: str) -> Mapping[str, JsonValue]:
        """The `annotation_reply` of `/parameters`: `{"enabled": False}`, or the settings of the one that is on."""
        ...


class NoAnnotations:
    """Apps without annotations."""

    async def replies_for(self, app_id: str) -> bool:
        return False

    async def match(self, question: Question) -> AnnotationHit | None:
        return None

    async def setting(self, app_id: str) -> Mapping[str, JsonValue]:
        return {"enabled": False}
