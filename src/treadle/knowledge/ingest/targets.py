"""The generations of a base's index: the one that answers, and the one that is being built.

Whatever is indexed while another generation is built goes into both, so that the new one is complete when it takes
over. Source: spec knowledge §9.3.
"""

from typing import Literal

import msgspec

from treadle.engine.ports import ModelRef
from treadle.knowledge.index.port import IndexRef
from treadle.knowledge.tables import KnowledgeBase, Technique

Phase = Literal["build", "drop", "failed", "delete"]


class Building(msgspec.Struct, frozen=True, kw_only=True):
    """What `KnowledgeBase.index_building` holds.

    `build`: `generation` is being filled, for the technique and model named. `drop`: those in `stale` go, nothing else.
    `failed`: the last change was given up, for the reason in `error`; the base answers as before. `delete`: the whole
    base goes.
    """

    phase: Phase
    generation: int = 0
    technique: str = Technique.HIGH_QUALITY
    provider: str | None = None
    model: str | None = None
    error: str | None = None
    stale: tuple[int, ...] = ()
    """Generations that are still to be dropped."""
    since: int = 0
    """When they stopped answering, in microseconds; searches that had begun may still be in them."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A generation to be kept complete. `model` is None for one of keywords; `keywords`: how many a chunk gets."""

    ref: IndexRef
    kind: str | None
    model: ModelRef | None
    keywords: int

    @property
    def generation(self) -> int:
        return self.ref.generation


def building_of(base: KnowledgeBase) -> Building | None:
    """What is under way with the index of a base."""
    return msgspec.json.decode(base.index_building, type=Building) if base.index_building else None


def written(building: Building | None) -> str | None:
    """`building` as the column holds it."""
    return None if building is None else msgspec.json.encode(building).decode()


def targets_of(base: KnowledgeBase) -> tuple[Target, ...]:
    """The generations that chunks of this base go into, the one that answers first."""
    building = building_of(base)
    if base.indexing_technique is None or (building is not None and building.phase == "delete"):
        return ()
    found = [
        _target(
            base,
            base.index_generation,
            base.indexing_technique,
            base.embedding_model_provider,
            base.embedding_model,
        )
    ]
    if building is not None and building.phase == "build":
        found.append(_target(base, building.generation, building.technique, building.provider, building.model))
    return tuple(found)


def ref_of(base: KnowledgeBase, generation: int | None = None) -> IndexRef:
    """One generation of a base, the one that answers by default."""
    return IndexRef(
        workspace_id=base.workspace_id,
        base_id=base.id,
        generation=base.index_generation if generation is None else generation,
    )


def _target(base: KnowledgeBase, generation: int, technique: str, provider: str | None, model: str | None) -> Target:
    embedded = technique == Technique.HIGH_QUALITY
    return Target(
        ref=ref_of(base, generation),
        kind=base.index_kind,
        model=ModelRef(provider or "", model or "") if embedded else None,
        keywords=base.keyword_number,
    )


def wanted_of(base: KnowledgeBase) -> tuple[str | None, str | None, str | None]:
    """Technique, provider and model that a base has, or gets once the change under way is done."""
    building = building_of(base)
    if building is not None and building.phase == "build":
        return building.technique, building.provider, building.model
    return base.indexing_technique, base.embedding_model_provider, base.embedding_model
