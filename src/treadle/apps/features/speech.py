"""Reading an answer aloud while it is written.

Text is cut at sentence ends and spoken in groups of two sentences, then three, and so on to seven, so that the first
words come soon. Source: spec models-and-tools §2.9, service-api §4.7.
"""

import asyncio
import base64
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from treadle.engine.errors import InvokeError
from treadle.engine.events import AnswerChunk, AnswerReplaced, Event, SpeechChunk, SpeechEnded

_log = logging.getLogger(__name__)

SILENCE_SECONDS = 5.0
_SENTENCE = re.compile(r"[^。.!?！？]*[。.!?！？]")
_FIRST_GROUP = 2
_LARGEST_GROUP = 7

Speak = Callable[[str], AsyncGenerator[bytes, None]]


class Sentences:
    """Gathers text until there is enough of it to be spoken."""

    def __init__(self) -> None:
        self._text = ""
        self._group = _FIRST_GROUP

    def add(self, text: str) -> str | None:
        """A group of whole sentences that is to be spoken now, if one is complete."""
        self._text += text
        whole = list(_SENTENCE.finditer(self._text))
        if len(whole) < self._group:
            return None
        cut = whole[-1].end()
        said, self._text = self._text[:cut], self._text[cut:]
        self._group = min(self._group + 1, _LARGEST_GROUP)
        return said

    def rest(self) -> str:
        """What is left at the end."""
        said, self._text = self._text, ""
        return said


class Speaker:
    """Speaks an answer in the background. `hear` takes the events that readers see."""

    def __init__(self, speak: Speak, publish: Callable[[Event], None], *, silence: float = SILENCE_SECONDS) -> None:
        self._speak = speak
        self._publish = publish
        self._silence = silence
        self._sentences = Sentences()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._heard = asyncio.Event()
        self._task = asyncio.create_task(self._work(), name="reading aloud")

    def hearing(self, publish: Callable[[Event], None]) -> Callable[[Event], None]:
        """`publish`, heard by the speaker too."""

        def told(event: Event) -> None:
            publish(event)
            self.hear(event)

        return told

    def hear(self, event: Event) -> None:
        """Take an event of the answer."""
        if isinstance(event, AnswerChunk):
            self._say(self._sentences.add(event.text) or "")
        elif isinstance(event, AnswerReplaced):
            self._sentences = Sentences()
            while not self._queue.empty():
                self._queue.get_nowait()
            self._say(event.text)

    async def finish(self, *, rest: bool) -> None:
        """Speak what is left, unless `rest` is false, and tell the readers that this was all.

        Gives up when no sound comes for some seconds.
        """
        if rest:
            self._say(self._sentences.rest())
            self._queue.put_nowait(None)
            while not self._task.done():
                self._heard.clear()
                heard = asyncio.create_task(self._heard.wait())
                done, _ = await asyncio.wait(
                    {self._task, heard}, timeout=self._silence, return_when=asyncio.FIRST_COMPLETED
                )
                heard.cancel()
                if not done:
                    _log.warning("reading aloud was given up after %g s without any sound", self._silence)
                    break
        self.close()
        self._publish(SpeechEnded())

    def close(self) -> None:
        """Say nothing more."""
        self._task.cancel()

    def _say(self, text: str) -> None:
        if text.strip():
            self._queue.put_nowait(text)

    async def _work(self) -> None:
        while (text := await self._queue.get()) is not None:
            try:
                async with aclosing(self._speak(text)) as pieces:
                    async for piece in pieces:
                        self._publish(SpeechChunk(base64.b64encode(piece).decode("ascii")))
                        self._heard.set()
            except InvokeError as error:
                _log.warning("an answer could not be read aloud: %s", error)
                return
