"""Readers see only what has passed a check (spec models-and-tools §2.8)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.apps.features.moderation import InputVerdict, KeywordModerator, Keywords, Moderator, OutputVerdict
from treadle.apps.features.output_guard import STOPPED_BY_OUTPUT, OutputGuard
from treadle.apps.features.plan import ModerationPlan
from treadle.engine.events import (
    AgentThought,
    AnswerChunk,
    AnswerReplaced,
    Event,
    NodeFinished,
    NodeStatus,
    ReasoningChunk,
    RunFinished,
    RunStatus,
    VariableAssigned,
)
from treadle.engine.values import Value

PRESET = "withdrawn"


def keyword_moderator(*words: str) -> KeywordModerator:
    plan = ModerationPlan("keywords", {}, inputs=False, outputs=True, input_preset="", output_preset=PRESET)
    return KeywordModerator(plan, Keywords(words))


@dataclass
class Judge:
    """A moderation by a function, which may take its time. `texts` are those it was asked about."""

    judge: Callable[[str], Awaitable[OutputVerdict]]
    texts: list[str] = field(default_factory=list)

    async def inputs(self, inputs: Mapping[str, Value], query: str) -> InputVerdict:
        return InputVerdict()

    async def output(self, text: str) -> OutputVerdict:
        self.texts.append(text)
        return await self.judge(text)


@dataclass
class Reader:
    """What one guard shows and records."""

    guard: OutputGuard
    events: list[Event]
    records: list[Event]
    changed: asyncio.Event
    stops: list[str] = field(default_factory=list)

    async def until(self, text: str) -> None:
        """Return when the reader sees this text."""
        async with asyncio.timeout(5):
            while self.text != text:
                await self.changed.wait()
                self.changed.clear()

    def write(self, *texts: str) -> None:
        for text in texts:
            self.guard.emit(AnswerChunk(text, ("llm", "text"), "answer"))

    @property
    def text(self) -> str:
        """What a reader has in front of him."""
        shown = ""
        for event in self.events:
            if isinstance(event, AnswerChunk):
                shown += event.text
            elif isinstance(event, AnswerReplaced):
                shown = event.text
        return shown


def reading(moderator: Moderator, *, buffer: int = 300, seconds: float = 60) -> Reader:
    events: list[Event] = []
    records: list[Event] = []
    changed = asyncio.Event()

    def publish(event: Event) -> None:
        events.append(event)
        changed.set()

    guard = OutputGuard(moderator, record=records.append, publish=publish, buffer=buffer, seconds=seconds)
    reader = Reader(guard, events, records, changed)
    guard.stop = reader.stops.append
    return reader


def finished(answer: str) -> RunFinished:
    return RunFinished(run_id="r", status=RunStatus.SUCCEEDED, started_at=0, at=1, outputs={"answer": answer})


async def passing(_: str) -> OutputVerdict:
    return OutputVerdict()


async def test_text_waits_until_there_is_a_buffer_of_it_and_then_appears() -> None:
    judge = Judge(passing)
    reader = reading(judge, buffer=10)
    reader.write("12345")
    await asyncio.sleep(0)
    assert (reader.text, judge.texts) == ("", [])
    reader.write("67890")
    await reader.until("1234567890")
    assert judge.texts == ["1234567890"]
    reader.write("rest")
    end = await reader.guard.finish(finished("1234567890rest"))
    assert (reader.text, judge.texts[-1]) == ("1234567890rest", "1234567890rest")
    assert end.outputs == {"answer": "1234567890rest"}
    assert reader.records == reader.events


async def test_text_that_trickles_is_checked_after_a_while() -> None:
    reader = reading(Judge(passing), seconds=0.01)
    reader.write("slow")
    await reader.until("slow")


async def test_a_flagged_text_is_never_seen_and_the_run_is_stopped() -> None:
    async def strict(text: str) -> OutputVerdict:
        return OutputVerdict(flagged="bad" in text, preset_response=PRESET)

    reader = reading(Judge(strict), buffer=8)
    reader.write("good one ")
    await reader.until("good one ")
    reader.write("a bad one", " and more")
    await reader.until(PRESET)
    reader.write("too late")
    end = await reader.guard.finish(finished("good one a bad one"))
    assert [type(event).__name__ for event in reader.events] == ["AnswerChunk", "AnswerReplaced"]
    assert (reader.text, reader.stops) == (PRESET, [STOPPED_BY_OUTPUT])
    assert end.outputs == {"answer": PRESET}
    assert reader.guard.shown() == PRESET


async def test_the_last_check_may_flag_what_no_check_has_seen() -> None:
    async def strict(text: str) -> OutputVerdict:
        return OutputVerdict(flagged=True, preset_response=PRESET)

    reader = reading(Judge(strict))
    reader.write("short")
    end = await reader.guard.finish(finished("short"))
    assert reader.events == [AnswerReplaced(PRESET, "output_moderation")]
    assert end.outputs["answer"] == PRESET


async def test_an_endpoint_may_rewrite_and_the_answer_goes_on() -> None:
    async def polite(text: str) -> OutputVerdict:
        return OutputVerdict(flagged="damn" in text, action="overridden", text=text.replace("damn", "dear"))

    reader = reading(Judge(polite), buffer=5)
    reader.write("damn it")
    await reader.until("dear it")
    reader.write(", really")
    end = await reader.guard.finish(finished("damn it, really"))
    assert reader.text == "dear it, really"
    assert (end.outputs["answer"], reader.stops) == ("dear it, really", [])


async def test_a_failing_check_lets_the_text_pass() -> None:
    async def broken(text: str) -> OutputVerdict:
        raise OSError("down")

    reader = reading(Judge(broken))
    reader.write("unchecked")
    await reader.guard.finish(finished("unchecked"))
    assert reader.text == "unchecked"


async def test_other_events_are_recorded_at_once_and_shown_in_their_order() -> None:
    reader = reading(Judge(passing))
    assigned = VariableAssigned("mood", "calm")
    reader.write("text")
    reader.guard.emit(assigned)
    reader.guard.emit(ReasoningChunk("secret thoughts", "llm"))
    assert (reader.events, reader.records) == ([], [assigned])
    await reader.guard.finish(finished("text"))
    assert [type(event).__name__ for event in reader.events] == ["AnswerChunk", "VariableAssigned"]


async def test_thoughts_behind_a_withdrawn_text_do_not_repeat_it() -> None:
    reader = reading(keyword_moderator("bad"))
    reader.write("a bad idea")
    reader.guard.emit(AgentThought(id="t", position=1, thought="a bad idea"))
    assert [event.thought for event in reader.events if isinstance(event, AgentThought)] == [""]


async def test_keywords_are_found_across_pieces_and_cost_no_waiting() -> None:
    reader = reading(keyword_moderator("poison"))
    reader.write("Some ", "harmless po")
    assert reader.text == "Some harmless "
    reader.write("tatoes and po")
    assert reader.text == "Some harmless potatoes and "
    reader.write("is", "ON!")
    assert (reader.text, reader.stops) == (PRESET, [STOPPED_BY_OUTPUT])


async def test_half_a_keyword_at_the_end_is_no_keyword() -> None:
    reader = reading(keyword_moderator("poison"))
    reader.write("I have a poi")
    await reader.guard.finish(finished("I have a poi"))
    assert reader.text == "I have a poi"


async def test_a_run_that_corrects_itself_is_checked_from_the_beginning() -> None:
    reader = reading(keyword_moderator("poison"))
    reader.write("draft")
    reader.guard.emit(AnswerReplaced("a poison", "retry"))
    assert reader.text == PRESET
    reader = reading(keyword_moderator("poison"))
    reader.write("draft")
    reader.guard.emit(AnswerReplaced("a cure", "retry"))
    await reader.guard.finish(finished("a cure"))
    assert reader.text == "a cure"


@given(
    st.lists(st.text("abf o", max_size=4), max_size=30), st.lists(st.text("abf o", min_size=1, max_size=4), min_size=1)
)
def test_whatever_the_pieces_no_keyword_is_ever_shown(pieces: list[str], words: list[str]) -> None:
    async def write() -> None:
        reader = reading(keyword_moderator(*words))
        whole = "".join(pieces)
        for piece in pieces:
            reader.write(piece)
            assert not Keywords(tuple(words)).found_in(reader.text) or reader.text == PRESET
        await reader.guard.finish(finished(whole))
        flagged = Keywords(tuple(words)).found_in(whole)
        assert reader.text == (PRESET if flagged else whole)

    asyncio.run(write())


@pytest.mark.parametrize(("text", "found"), [("A FOOL", True), ("fo o", False), ("", False), ("Straße FOO", True)])
def test_keywords_are_parts_of_texts_whatever_their_case(text: str, found: bool) -> None:
    assert Keywords(("foo",)).found_in(text) is found


async def test_the_end_of_a_node_does_not_repeat_what_was_withdrawn() -> None:
    async def strict(text: str) -> OutputVerdict:
        return OutputVerdict(flagged=True, preset_response=PRESET)

    reader = reading(Judge(strict))
    ended = NodeFinished(
        execution_id="e",
        node_id="llm",
        node_type="llm",
        title="",
        index=1,
        predecessor=None,
        status=NodeStatus.SUCCEEDED,
        started_at=0,
        at=1,
        outputs={"text": "bad"},
    )
    reader.write("bad")
    reader.guard.emit(ended)
    await reader.guard.finish(finished("bad"))
    reader.guard.emit(ended)
    assert [event.outputs for event in reader.events if isinstance(event, NodeFinished)] == [{}, {}]
    assert [event.outputs for event in reader.records if isinstance(event, NodeFinished)] == [{"text": "bad"}] * 2
