"""A scripted model that can be made to stop in the middle of an answer and go on when the test says so."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.doubles import openai_wire
from tests.doubles.http_double import RECORDED
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import Failure, Hang, Reply, conversation_text, last_user_text
from tests.doubles.scripted_model import ScriptedModel

TITLE_REQUEST = "Give the message below a title"


class Tale:
    """An answer in parts. The first comes at once, each of the others when the test lets it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._turn = asyncio.Semaphore(0)

    def go_on(self, parts: int = 1) -> None:
        """Lets the next parts out."""
        for _ in range(parts):
            self._loop.call_soon_threadsafe(self._turn.release)

    async def next_part(self) -> None:
        """Waits until the next part is wanted."""
        await self._turn.acquire()


class Storyteller(ScriptedModel):
    """Answers chosen questions in parts, refuses others for a while, and everything else as scripted.

    A question is the text of the last user message. Titles of conversations are the beginning of the question.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tales: list[tuple[Callable[[Request], bool], Tale]] = []
        self._refusals: dict[str, int] = {}
        self.reply_when(asks_for_title, "A talk")

    def tell(self, question: str, *parts: str) -> Tale:
        """Answers `question` with `parts`, each a piece of the stream."""
        return self._tell(asks(question), parts)

    def tell_whom(self, told: str, *parts: str) -> Tale:
        """The same wherever a prompt contains `told`."""
        return self._tell(lambda request: told in conversation_text(request), parts)

    def _tell(self, holds: Callable[[Request], bool], parts: tuple[str, ...]) -> Tale:
        assert self._loop is not None
        tale = Tale(self._loop)
        self._tales.insert(0, (holds, tale))
        self.reply_when(holds, Reply("".join(parts), chunks=parts))
        return tale

    def answer(self, question: str, text: str) -> None:
        """Answers exactly this question with `text`, at once."""
        self.reply_when(asks(question), Reply(text, chunks=(text,)))

    def name_conversation(self, question: str, title: str) -> None:
        """Names conversations that begin with `question`."""
        self.reply_when(
            lambda request: asks_for_title(request) and question_of(request).endswith(question), Reply(title)
        )

    def refuse(self, question: str, times: int = 1) -> None:
        """Refuses the next `times` requests with this question."""
        self._refusals[question] = times

    def next_failure(self, request: Request) -> Failure | None:
        if request.path.endswith("/chat/completions"):
            question = question_of(request)
            if self._refusals.get(question, 0) > 0:
                self._refusals[question] -= 1
                return Failure(1, 400, None, "The shuttle is stuck.", "stuck", None, None)
        return super().next_failure(request)

    async def _write_events(
        self,
        request: web.Request,
        response: web.StreamResponse,
        chunks: Iterator[dict[str, JsonValue]],
        hang: Hang | None,
    ) -> None:
        tale = next((tale for holds, tale in self._tales if holds(request[RECORDED])), None)
        if tale is None:
            await super()._write_events(request, response, chunks, hang)
            return
        told = 0
        for chunk in chunks:
            if has_text(chunk):
                if told:
                    await tale.next_part()
                told += 1
            await response.write(openai_wire.event(chunk, self.style))
        await response.write(openai_wire.frame("[DONE]", self.style))


def question_of(request: Request) -> str:
    """The text of the last user message, without the line ends that prompts are put together with."""
    return last_user_text(request).strip()


def asks(question: str) -> Callable[[Request], bool]:
    """Whether a request has exactly this question."""
    return lambda request: question_of(request) == question


def asks_for_title(request: Request) -> bool:
    return question_of(request).startswith(TITLE_REQUEST)


def has_text(chunk: dict[str, JsonValue]) -> bool:
    """Whether a chunk carries a piece of the answer."""
    choices: Any = chunk["choices"]
    return any(choice["delta"].get("content") for choice in choices)
