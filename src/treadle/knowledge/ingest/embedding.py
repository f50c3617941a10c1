"""Vectors of texts, each paid for once.

What a model said of a text is kept under the text's hash; the rest is asked for in as many texts at a time as the model
takes. Vectors are brought to unit length. Source: spec knowledge §20.2.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select

from treadle.engine.errors import InvokeBadRequestError, InvokeError
from treadle.engine.ports import ModelRef
from treadle.knowledge.tables import EmbeddingCache
from treadle.models.service import ModelService
from treadle.models.workspace import WorkspaceModels
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database, table_of

Vector = NDArray[np.float32]
Purpose: TypeAlias = Literal["document", "query"]

_LOOKED_UP = 500
_REFUSALS = 16
"""Requests that a search for the text which a model refuses may lose; all that is left counts as refused then."""
_PURGED = 1000
_DAY = 24 * 60 * 60 * SECOND

_cache = table_of(EmbeddingCache)


@dataclass(slots=True)
class Embedded:
    """Vectors of unit length by the hash of their text, and why others have none."""

    vectors: dict[str, Vector] = field(default_factory=dict[str, Vector])
    refused: dict[str, str] = field(default_factory=dict[str, str])


class Embedder:
    """Embeds texts of any workspace."""

    def __init__(self, db: Database, models: ModelService) -> None:
        self._db = db
        self._models = models

    async def vectors(
        self, workspace_id: str, model: ModelRef, texts: Mapping[str, str], purpose: Purpose = "document"
    ) -> Embedded:
        """Vectors of `texts`, given by their hashes: those of another purpose need others. Raises InvokeError for what
        concerns all of them; a text that the model refuses, or answers with no number, is told of in `refused`."""
        found = Embedded(await self._known(model, list(texts)))
        missing = {key: text for key, text in texts.items() if key not in found.vectors}
        if not missing:
            return found
        fresh = Embedded()
        models = self._models.for_workspace(workspace_id)
        await _ask(models, model, list(missing), missing, fresh, [_REFUSALS], purpose)
        await self._keep(model, fresh.vectors)
        found.vectors |= fresh.vectors
        found.refused = fresh.refused
        return found

    async def purge(self, days: int) -> int:
        """Forget vectors older than this; gives how many there were."""
        before, count = now_us() - days * _DAY, 0
        old = select(_cache.c.provider, _cache.c.model, _cache.c.hash).where(_cache.c.created_at < before)
        while True:
            async with self._db.begin() as connection:
                rows = (await connection.execute(old.limit(_PURGED))).all()
                for provider, model in {(row.provider, row.model) for row in rows}:
                    hashes = [row.hash for row in rows if (row.provider, row.model) == (provider, model)]
                    await connection.execute(delete(_cache).where(*_of(provider, model), _cache.c.hash.in_(hashes)))
            count += len(rows)
            if len(rows) < _PURGED:
                return count

    async def _known(self, model: ModelRef, hashes: Sequence[str]) -> dict[str, Vector]:
        known: dict[str, Vector] = {}
        async with self._db.connect() as connection:
            for at in range(0, len(hashes), _LOOKED_UP):
                query = select(_cache.c.hash, _cache.c.vector).where(
                    *_of(model.provider, model.name), _cache.c.hash.in_(hashes[at : at + _LOOKED_UP])
                )
                known |= {
                    row.hash: np.frombuffer(row.vector, dtype="<f4").astype(np.float32, copy=False)
                    for row in await connection.execute(query)
                }
        return known

    async def _keep(self, model: ModelRef, vectors: Mapping[str, Vector]) -> None:
        if not vectors:
            return
        now = now_us()
        rows = [
            {
                "provider": model.provider,
                "model": model.name,
                "hash": key,
                "vector": vector.astype("<f4", copy=False).tobytes(),
                "created_at": now,
            }
            for key, vector in vectors.items()
        ]
        async with self._db.begin() as connection:
            await connection.execute(self._db.insert(_cache).on_conflict_do_nothing(), rows)


async def _ask(
    models: WorkspaceModels,
    model: ModelRef,
    keys: list[str],
    texts: Mapping[str, str],
    into: Embedded,
    refusals: list[int],
    purpose: Purpose,
) -> None:
    """Ask for the vectors of `keys`. A refused request is halved until the texts that cause it are found; `refusals`
    holds how many more such requests may be lost."""
    try:
        answer = await models.embed(model, [texts[key] for key in keys], purpose)
    except InvokeBadRequestError as error:
        refusals[0] -= 1
        if len(keys) == 1 or refusals[0] <= 0:
            into.refused |= dict.fromkeys(keys, str(error))
            return
        middle = len(keys) // 2
        await _ask(models, model, keys[:middle], texts, into, refusals, purpose)
        await _ask(models, model, keys[middle:], texts, into, refusals, purpose)
        return
    if len(answer.vectors) != len(keys):
        raise InvokeError(
            f"[{model.provider}] {model.name}: {len(answer.vectors)} vectors came for {len(keys)} texts; "
            "choose another embedding model."
        )
    vectors, reasons = await asyncio.to_thread(unit_vectors, answer.vectors)
    for key, vector, reason in zip(keys, vectors, reasons, strict=True):
        if reason is None:
            into.vectors[key] = vector
        else:
            into.refused[key] = f"[{model.provider}] {model.name}: {reason}"


def unit_vectors(given: Sequence[Sequence[float]]) -> tuple[list[Vector], list[str | None]]:
    """Each vector at unit length, and why it cannot be used where it cannot."""
    widths = {len(vector) for vector in given}
    usual = max(widths, key=lambda width: sum(len(vector) == width for vector in given)) if len(widths) > 1 else None
    vectors: list[Vector] = []
    reasons: list[str | None] = []
    if usual is None:
        rows: Iterable[Any] = np.asarray(given, dtype=np.float32)
    else:
        rows = (np.asarray(vector, dtype=np.float32) for vector in given)
    for row in rows:
        vector = np.asarray(row, dtype=np.float32)
        length = float(np.linalg.norm(vector.astype(np.float64)))
        reason = None
        if not np.isfinite(length):
            reason = "the vector holds values that are no numbers."
        elif length == 0:
            reason = "the vector is empty or all zeros."
        elif usual is not None and len(vector) != usual:
            reason = f"the vector has {len(vector)} dimensions, the others have {usual}."
        vectors.append(vector / np.float32(length) if reason is None else vector)
        reasons.append(reason)
    return vectors, reasons


def _of(provider: str, model: str) -> tuple[Any, Any]:
    return _cache.c.provider == provider, _cache.c.model == model
