"""The vectors of questions: each asked for once, however many searches wait for it, and kept for ten minutes after its
last use. Source: spec knowledge §20.2."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ModelRef
from treadle.knowledge.ingest.embedding import unit_vectors
from treadle.models.service import ModelService

_SECONDS = 600.0
_MOST = 2_000

Vector = NDArray[np.float32]
Key = tuple[str, ModelRef, str]


class QuestionVectors:
    """Vectors of unit length. `clock` gives seconds."""

    def __init__(self, models: ModelService, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._models = models
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, Vector]] = OrderedDict()
        self._asked: dict[Key, asyncio.Task[Vector]] = {}

    async def vector(self, workspace_id: str, model: ModelRef, question: str) -> Vector:
        """Raises InvokeError."""
        key = (workspace_id, model, question)
        now = self._clock()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            self._keep(key, kept[1])
            return kept[1]
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key), name="vector of a question")
            task.add_done_callback(lambda _: self._asked.pop(key, None))
            self._asked[key] = task
        # Whoever gives up waiting must not take the others with them.
        return await asyncio.shield(task)

    async def _ask(self, key: Key) -> Vector:
        workspace_id, model, question = key
        answer = await self._models.for_workspace(workspace_id).embed(model, [question], "query")
        if len(answer.vectors) != 1:
            raise InvokeError(f"[{model.provider}] {model.name}: {len(answer.vectors)} vectors came for one text.")
        (vector,), (reason,) = unit_vectors(answer.vectors)
        if reason is not None:
            raise InvokeError(f"[{model.provider}] {model.name}: {reason}")
        self._keep(key, vector)
        return vector

    def _keep(self, key: Key, vector: Vector) -> None:
        self._kept[key] = (self._clock() + _SECONDS, vector)
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
