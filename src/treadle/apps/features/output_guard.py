"""Moderation of an answer while it is written: a reader sees only text that has passed a check.

Text waits until it is checked, for a second at most and not once there is a buffer's worth of it; keywords, which cost
nothing to look for, are looked for in every piece as it comes. Source: spec models-and-tools §2.8.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import msgspec

from treadle.apps.features.moderation import KeywordModerator, Moderator, OutputVerdict
from treadle.engine.events import (
    AgentThought,
    AnswerChunk,
    AnswerReplaced,
    Event,
    NodeFinished,
    ReasoningChunk,
    RunEnd,
    RunFinished,
)

_log = logging.getLogger(__name__)

STOPPED_BY_OUTPUT = "Stopped by output moderation."
REASON = "output_moderation"
CHECK_SECONDS = 1.0


class OutputGuard:
    """Stands between a run and those who read it.

    `emit` takes the run's events. Answer text reaches `record` and `publish` once it has passed, everything else is
    recorded at once and published in its order. `stop` ends the run.
    """

    def __init__(
        self,
        moderator: Moderator,
        *,
        record: Callable[[Event], None],
        publish: Callable[[Event], None],
        buffer: int = 300,
        seconds: float = CHECK_SECONDS,
    ) -> None:
        self._moderator = moderator
        self._by_keywords = moderator if isinstance(moderator, KeywordModerator) else None
        self._record = record
        self._publish = publish
        self._buffer = buffer
        self._seconds = seconds
        self.stop: Callable[[str], None] = _nothing
        self._text: list[str] = []
        """The whole answer as it was written."""
        self._size = 0
        self._checked = 0
        """How many characters of it the last check saw."""
        self._shown: list[str] = []
        self._held: deque[Event] = deque()
        self._replaced = False
        self._closed = False
        """A preset reply has taken the place of the answer: nothing more of it is shown."""
        self._tail = ""
        self._timer: asyncio.TimerHandle | None = None
        self._check: asyncio.Task[None] | None = None

    def shown(self) -> str:
        """What readers have seen of the answer."""
        return "".join(self._shown)

    def emit(self, event: Event) -> None:
        """Take an event of the run."""
        match event:
            case AnswerChunk():
                if not self._closed:
                    self._write(event)
            case AnswerReplaced():
                if not self._closed:
                    self._rewrite(event)
            case ReasoningChunk():
                pass  # thinking is checked by nobody, so nobody is shown it
            case AgentThought() if self._replaced:
                self._pass_on(msgspec.structs.replace(event, thought="", answer=""))
            case _:
                self._pass_on(event)

    async def finish(self, finished: RunEnd) -> RunEnd:
        """The last event with the answer as it was shown, once the rest of the answer is checked."""
        self._stop_timer()
        while self._check is not None and not self._check.done():
            await asyncio.wait([self._check])
        if not self._closed and self._size > self._checked:
            await self._look()
        self._release()
        if not self._replaced or not isinstance(finished, RunFinished):
            return finished
        return msgspec.structs.replace(finished, outputs={**finished.outputs, "answer": self.shown()})

    def close(self) -> None:
        """The run is given up."""
        self._stop_timer()
        if self._check is not None:
            self._check.cancel()

    def _write(self, chunk: AnswerChunk) -> None:
        self._text.append(chunk.text)
        self._size += len(chunk.text)
        self._held.append(chunk)
        if self._by_keywords is not None:
            self._sift(self._by_keywords, chunk.text)
        elif self._size - self._checked >= self._buffer:
            self._begin_check()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin_check)

    def _rewrite(self, event: AnswerReplaced) -> None:
        """The run corrects itself: the new text is checked from its beginning."""
        self._text, self._size, self._checked, self._tail = [event.text], len(event.text), 0, ""
        self._held = deque(each for each in self._held if not isinstance(each, AnswerChunk | AnswerReplaced))
        self._held.append(event)
        if self._by_keywords is not None:
            self._sift(self._by_keywords, event.text)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin_check)

    def _sift(self, moderator: KeywordModerator, text: str) -> None:
        """Look for keywords that end in `text`; show all but what may still become one."""
        words = moderator.keywords
        window = self._tail + text
        self._tail = window[-words.reach :] if words.reach else ""
        self._checked = self._size
        self._stop_timer()
        if words.found_in(window):
            self._cut(moderator.plan.output_preset)
            return
        self._release(words.begun_in(window))
        if self._held:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._release)

    def _begin_check(self) -> None:
        self._stop_timer()
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._keep_looking(), name="output moderation")

    async def _keep_looking(self) -> None:
        """Check, and check again at once where a buffer's worth came meanwhile."""
        while not self._closed:
            await self._look()
            if self._size - self._checked < self._buffer:
                break
        if self._held and not self._closed and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin_check)

    async def _look(self) -> None:
        """Check the whole text so far, and show what it said then, or what takes its place."""
        text, size, waiting = "".join(self._text), self._size, len(self._held)
        first = self._text
        try:
            verdict = await self._moderator.output(text)
        except Exception as error:  # whatever fails: the answer is given unmoderated
            _log.warning("an answer could not be moderated, and passes: %s", error)
            verdict = OutputVerdict()
        if self._text is not first:
            return  # the run has corrected itself meanwhile: this verdict is about a text that is gone
        self._checked = size
        if verdict.flagged and verdict.action == "direct_output":
            self._cut(verdict.preset_response)
        elif verdict.flagged:
            self._override(verdict.text, waiting)
        else:
            for _ in range(waiting):
                event = self._held.popleft()
                self._show(_without_text(event) if self._replaced else event)

    def _cut(self, preset: str) -> None:
        """A preset reply takes the place of the answer, and the run ends."""
        self._closed = True
        self._override(preset, len(self._held))
        self.stop(STOPPED_BY_OUTPUT)

    def _override(self, text: str, waiting: int) -> None:
        """`text` takes the place of what was shown, and of the first `waiting` events that were to be."""
        self._replaced = True
        passed = [self._held.popleft() for _ in range(waiting)]
        replacement = AnswerReplaced(text, REASON)
        self._record(replacement)
        self._publish(replacement)
        self._shown = [text]
        for event in passed:
            if not isinstance(event, AnswerChunk | AnswerReplaced | AgentThought):
                self._publish(_without_text(event))
        if self._closed:
            self._stop_timer()

    def _release(self, keep: int = 0) -> None:
        """Show what is held, but for the last `keep` characters of the answer."""
        waiting = sum(len(event.text) for event in self._held if isinstance(event, AnswerChunk)) - keep
        while self._held:
            event = self._held[0]
            if isinstance(event, AnswerChunk):
                if waiting < len(event.text):
                    if waiting > 0:
                        self._show(msgspec.structs.replace(event, text=event.text[:waiting]))
                        self._held[0] = msgspec.structs.replace(event, text=event.text[waiting:])
                    return
                waiting -= len(event.text)
            self._show(self._held.popleft())

    def _show(self, event: Event) -> None:
        """Pass an event on for good."""
        if isinstance(event, AnswerChunk):
            self._shown.append(event.text)
            self._record(event)
        elif isinstance(event, AnswerReplaced):
            self._shown = [event.text]
            self._record(event)
        self._publish(event)

    def _pass_on(self, event: Event) -> None:
        """Record an event at once, and publish it behind the text that came before it."""
        self._record(event)
        if self._held:
            self._held.append(event)
        else:
            self._publish(_without_text(event) if self._replaced else event)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _without_text(event: Event) -> Event:
    """The end of a node without its values, among which is what its model wrote; the record has them."""
    return msgspec.structs.replace(event, outputs={}, process_data={}) if isinstance(event, NodeFinished) else event


def _nothing(_: str) -> None:
    """No run to stop yet."""
