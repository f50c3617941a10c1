"""Reading answers aloud (spec models-and-tools §2.9)."""

import asyncio
import base64
from collections.abc import AsyncGenerator

from treadle.apps.features.speech import Sentences, Speaker
from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.events import AnswerChunk, AnswerReplaced, Event, SpeechChunk, SpeechEnded


def chunk(text: str) -> AnswerChunk:
    return AnswerChunk(text, None, "answer")


def test_sentences_come_in_growing_groups() -> None:
    sentences = Sentences()
    groups = [said for number in range(1, 31) if (said := sentences.add(f"S{number}. "))]
    assert [group.count(".") for group in groups] == [2, 3, 4, 5, 6, 7]
    assert groups[0] == "S1. S2."
    assert sentences.rest().count(".") == 3
    assert sentences.rest() == ""


def test_a_text_without_sentence_ends_is_left_for_the_end() -> None:
    sentences = Sentences()
    assert sentences.add("no end in sight, ") is None
    assert sentences.add("none") is None
    assert sentences.rest() == "no end in sight, none"


async def said(*events: Event, rest: bool = True) -> list[Event]:
    """What is published for these events; the voice says a text's letters."""
    published: list[Event] = []

    async def speak(text: str) -> AsyncGenerator[bytes, None]:
        yield text.encode()

    speaker = Speaker(speak, published.append)
    hear = speaker.hearing(lambda _: None)
    for event in events:
        hear(event)
    await speaker.finish(rest=rest)
    return published


def heard(events: list[Event]) -> list[str]:
    return [base64.b64decode(event.audio).decode() for event in events if isinstance(event, SpeechChunk)]


async def test_everything_is_spoken_in_order_and_the_end_is_told_once() -> None:
    events = await said(chunk("One. Two"), chunk(". Three. Fo"), chunk("ur"))
    assert heard(events) == ["One. Two. Three.", " Four"]
    assert events[-1] == SpeechEnded()
    assert events.count(SpeechEnded()) == 1


async def test_a_text_that_takes_the_place_of_another_is_spoken_instead() -> None:
    assert heard(await said(chunk("Not this. "), AnswerReplaced("But this", "output_moderation"))) == ["But this"]


async def test_an_answer_that_broke_off_is_not_finished() -> None:
    assert await said(chunk("One"), rest=False) == [SpeechEnded()]


async def test_a_voice_that_fails_ends_the_speech_and_nothing_else() -> None:
    published: list[Event] = []

    async def speak(text: str) -> AsyncGenerator[bytes, None]:
        raise InvokeBadRequestError("no voice")
        yield b""

    speaker = Speaker(speak, published.append)
    speaker.hear(chunk("One. Two."))
    await speaker.finish(rest=True)
    assert published == [SpeechEnded()]


async def test_a_voice_that_falls_silent_is_not_waited_for() -> None:
    published: list[Event] = []

    async def speak(text: str) -> AsyncGenerator[bytes, None]:
        yield b"a"
        await asyncio.Event().wait()

    speaker = Speaker(speak, published.append, silence=0.05)
    speaker.hear(chunk("One. Two."))
    async with asyncio.timeout(5):
        await speaker.finish(rest=True)
    assert published == [SpeechChunk(base64.b64encode(b"a").decode()), SpeechEnded()]
