"""A run in progress, and what callers who wait for it are told."""

import asyncio
from collections.abc import Callable
from typing import Any

from treadle.apps.features.around import Around
from treadle.apps.running import container_frames
from treadle.apps.running.feed import RunFeed
from treadle.apps.running.frames import Citing, Failure, Thread, answer_of, failure_of, message_metadata
from treadle.apps.running.overheard import Overheard
from treadle.engine.events import AnnotationUsed, Citations, RunEnd, RunPaused, RunStatus
from treadle.engine.run import Run


class ActiveRun:
    """A run in progress: whoever holds it may follow it, wait for it, or stop it."""

    def __init__(
        self, *, app_id: str, created_by: str, thread: Thread, run: Run, feed: RunFeed, around: Around | None = None
    ) -> None:
        self.app_id = app_id
        self.created_by = created_by
        self.thread = thread
        self.run = run
        self.feed = feed
        self.around = around or Around()
        self.overheard: Overheard | None = None
        self.task: asyncio.Task[RunEnd] | None = None
        self._release: Callable[[], None] | None = None

    async def finished(self) -> RunEnd:
        """The last event, once everything of the run is committed. A caller that leaves does not end the run."""
        assert self.task is not None
        return await asyncio.shield(self.task)

    def stop(self, reason: str) -> None:
        """End the run as stopped, wherever it is."""
        self.run.stop(reason)
        self.around.stop()

    def hold_slot(self, release: Callable[[], None]) -> None:
        """Keep a slot of the app until `release`."""
        self._release = release

    def release(self) -> None:
        """Give the slot of the app back; the run may go on."""
        if self._release is not None:
            self._release()
            self._release = None

    def shown(self) -> str:
        """The part of the answer that readers have seen."""
        guard = self.around.guard
        return self.run.stream.shown() if guard is None else guard.shown()

    def failure(self, finished: RunEnd) -> Failure | None:
        """Why a message has no answer."""
        return failure_of(self.thread.mode, finished) if finished.status is RunStatus.FAILED else None

    def workflow_answer(self, finished: RunEnd) -> dict[str, Any]:
        """The blocking answer of a workflow (spec service-api §4.8), or that it waits (workflow-engine §24)."""
        if isinstance(finished, RunPaused):
            return {
                "task_id": self.thread.task_id,
                "workflow_run_id": finished.run_id,
                "data": {
                    "id": finished.run_id,
                    "workflow_id": self.thread.version_id,
                    **container_frames.paused(finished, self.thread.created_at),
                    "error": None,
                    "finished_at": None,
                },
            }
        return {
            "task_id": self.thread.task_id,
            "workflow_run_id": finished.run_id,
            "data": {
                "id": finished.run_id,
                "workflow_id": self.thread.version_id,
                "status": finished.status,
                "outputs": finished.outputs,
                "error": finished.error,
                "elapsed_time": round(finished.elapsed, 6),
                "total_tokens": finished.total_tokens,
                "total_steps": finished.total_steps,
                "created_at": int(finished.started_at),
                "finished_at": int(finished.at),
            },
        }

    def message_answer(self, finished: RunEnd) -> dict[str, Any]:
        """The blocking answer of a chat or completion app (spec service-api §4.8)."""
        thread, citing = self.thread, Citing()
        for event in self.feed.events:
            if isinstance(event, Citations):
                citing.add(event)
            elif isinstance(event, AnnotationUsed) and thread.mode != "advanced-chat":
                citing.annotation = event
        conversation = {"conversation_id": thread.conversation_id} if thread.mode != "completion" else {}
        return {
            "event": "message",
            "task_id": thread.task_id,
            "id": thread.message_id,
            "message_id": thread.message_id,
            **conversation,
            "mode": thread.mode,
            "answer": answer_of(finished) if thread.mode == "advanced-chat" else answer_of(finished).strip(),
            "metadata": message_metadata(finished.usage, citing, shown=thread.show_citations),
            "created_at": thread.created_at,
        }
