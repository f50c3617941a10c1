"""Following a run from outside the request that started it, whichever process holds it."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp

from treadle.apps.running.feed import RunFeed
from treadle.apps.running.frames import Audience, FrameEncoder, Thread, Vocabulary, file_ids
from treadle.apps.running.records import stored_thoughts
from treadle.engine.events import (
    AgentThought,
    AnswerChunk,
    AnswerFile,
    AnswerReplaced,
    Citations,
    Event,
    RunEnd,
    RunFinished,
    RunPaused,
    RunStarted,
    RunStatus,
)
from treadle.engine.usage import Usage
from treadle.engine.values import File
from treadle.logs.repository import RunRow
from treadle.platform.refusals import NotFound
from treadle.server.event_stream import EventStream
from treadle.server.services import Services

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5
"""Seconds between looks at a run that waits: whoever answers it may do so in another process."""


class _Metadata(msgspec.Struct):
    """What is recorded beside an answer."""

    usage: Usage = Usage()
    retriever_resources: list[dict[str, Any]] = []


async def stream_of(
    services: Services, task_id: str, *, user_id: str, app_id: str, audience: Audience, after: int
) -> ASGIApp:
    """The numbered frames of a run that is in progress; those of one that waits, from what it waits for to its end.

    Raises NotFound when it is over, or not this user's.
    """
    run = services.host.find(task_id=task_id)
    if run is not None and (run.created_by, run.app_id) == (user_id, app_id):
        return EventStream(run.feed, FrameEncoder(run.thread, audience), numbered=True, after=after)
    if run is None:
        paused = await services.elsewhere.paused(task_id, app_id=app_id, user_id=user_id)
        if paused is not None:
            return _to_end(services, await services.logs.run(paused, app_id=app_id), audience)
    run_id = None if run else await services.elsewhere.find(task_id, app_id=app_id, user_id=user_id)
    if run_id is None:
        raise NotFound("This task is unknown or over.")
    row = await services.logs.run(run_id, app_id=app_id)
    return _from_record(services, row, audience=audience, numbered=True, after=after)


async def follow(services: Services, row: RunRow, *, through_pauses: bool = False) -> ASGIApp:
    """A run's stream from its beginning while it lasts; of a run that is over, its last event.

    A run that waits tells for what, and its stream ends there; or, `through_pauses`, when it has ended.
    """
    if through_pauses:
        return _to_end(services, row)
    active = services.host.find(run_id=row.run.id)
    if active is not None:
        return EventStream(active.feed, FrameEncoder(active.thread))
    if row.run.status == "running":
        return _from_record(services, row)
    feed = RunFeed()
    for event in await _standing(services, row):
        feed.publish(event)
    feed.close()
    return EventStream(feed, FrameEncoder(_thread(services, row)))


async def _standing(services: Services, row: RunRow) -> list[Event]:
    """How a run stands that does not go on: what it waits for, or its end."""
    last = await _last_event(services, row)
    return [*last.paused, last] if isinstance(last, RunPaused) else [last]


def _to_end(services: Services, row: RunRow, audience: Audience = "service") -> EventStream:
    feed = RunFeed()
    telling = asyncio.create_task(_tell_to_end(services, row, feed), name=f"follower of run {row.run.id}")

    def stop_telling() -> None:
        telling.cancel()

    return EventStream(feed, FrameEncoder(_thread(services, row), audience), on_close=stop_telling)


async def _tell_to_end(services: Services, row: RunRow, feed: RunFeed) -> None:
    """Tell each stretch of a run, here or elsewhere, and wait between them."""
    run_id, told_pause = row.run.id, False
    try:
        while True:
            active = services.host.find(run_id=run_id)
            if active is not None:
                position = 0
                while not (active.feed.closed and position == len(active.feed.events)):
                    await active.feed.wait(position, _LOOK_EVERY)
                    for event in active.feed.events[position:]:
                        feed.publish(event)
                        told_pause = isinstance(event, RunPaused)
                    position = len(active.feed.events)
                if not told_pause:
                    return
            row = await services.logs.run(run_id)
            match RunStatus(row.run.status):
                case RunStatus.RUNNING:
                    told_pause = False
                    await services.elsewhere.ended(run_id)
                    continue
                case RunStatus.PAUSED:
                    if not told_pause:
                        for event in await _standing(services, row):
                            feed.publish(event)
                    told_pause = True
                    await asyncio.sleep(_LOOK_EVERY)
                case _:
                    for event in _told(services, row, again=False):
                        feed.publish(event)
                    feed.publish(await _last_event(services, row))
                    return
    except (DBAPIError, OSError, NotFound) as error:
        _log.warning("run %s cannot be followed: %s", run_id, error)
    finally:
        feed.close()


def _from_record(
    services: Services, row: RunRow, *, audience: Audience = "service", numbered: bool = False, after: int = 0
) -> EventStream:
    """The stream of a run that another process holds: it begins at once, and tells the rest when the run has ended.

    Who reads on behind event `after` has seen part of the text: it gets the whole in its place.
    """
    feed = RunFeed()
    if not after:
        inputs = msgspec.json.decode(row.run.inputs)
        feed.publish(RunStarted(row.run.id, row.run.created_at / 1e6, inputs))
    telling = asyncio.create_task(_tell(services, row, feed, again=after > 0), name=f"follower of run {row.run.id}")

    def stop_telling() -> None:
        telling.cancel()

    encoder = FrameEncoder(_thread(services, row), audience)
    return EventStream(feed, encoder, numbered=numbered, after=after, earlier=after, on_close=stop_telling)


async def _tell(services: Services, row: RunRow, feed: RunFeed, *, again: bool) -> None:
    try:
        await services.elsewhere.ended(row.run.id)
        row = await services.logs.run(row.run.id)
        for event in _told(services, row, again=again):
            feed.publish(event)
        feed.publish(await _last_event(services, row))
    except (DBAPIError, OSError, NotFound) as error:
        _log.warning("run %s cannot be followed: %s", row.run.id, error)
    finally:
        feed.close()


def _told(services: Services, row: RunRow, *, again: bool) -> Iterator[Event]:
    """What the record holds of a run that has ended, as events."""
    if row.message is not None:
        yield from _rounds(services, row)
        text = services.uploads.signed_again(row.message.answer)
        if text:
            yield AnswerReplaced(text, "") if again else AnswerChunk(text, None, "")
        if cited := _metadata(row).retriever_resources:
            yield Citations("", cited)


def _rounds(services: Services, row: RunRow) -> Iterator[Event]:
    """The files and the rounds of an agent's answer."""
    rounds = stored_thoughts(row.message.agent_thoughts) if row.message else []
    if not rounds:
        return
    files = list(_files(services, row))
    by_id = dict(zip(file_ids(files), files, strict=True))
    for file_id, file in by_id.items():
        yield AnswerFile(file_id, file)
    for kept in rounds:
        yield AgentThought(
            id=kept.id,
            position=kept.position,
            thought=kept.thought,
            tool=kept.tool,
            tool_labels=kept.tool_labels,
            tool_input=kept.tool_input,
            observation=kept.observation,
            files=tuple(by_id[file_id] for file_id in kept.files if file_id in by_id),
        )


async def _last_event(services: Services, row: RunRow) -> RunEnd:
    run = row.run
    if run.status == RunStatus.PAUSED:
        return RunPaused(
            run_id=run.id,
            started_at=run.created_at / 1e6,
            at=run.created_at / 1e6 + run.elapsed,
            paused=await services.resumer.waiting(run.id),
            outputs=msgspec.json.decode(run.outputs) if run.outputs else {},
            total_steps=run.total_steps,
            total_tokens=run.total_tokens,
        )
    return RunFinished(
        run_id=run.id,
        status=RunStatus(run.status),
        started_at=run.created_at / 1e6,
        at=(run.finished_at or run.created_at) / 1e6,
        outputs=msgspec.json.decode(run.outputs) if run.outputs else {},
        error=run.error,
        error_type=run.error_type,
        total_steps=run.total_steps,
        exceptions_count=run.exceptions_count,
        total_tokens=run.total_tokens,
        usage=_metadata(row).usage if row.message else Usage(total_tokens=run.total_tokens),
        files=tuple(_files(services, row)),
    )


def _metadata(row: RunRow) -> _Metadata:
    return msgspec.json.decode(row.message.message_metadata, type=_Metadata) if row.message else _Metadata()


def _files(services: Services, row: RunRow) -> Iterator[File]:
    """The files that the answer made, links signed anew."""
    for entry in msgspec.json.decode(row.message.files) if row.message else ():
        if entry["belongs_to"] == "assistant":
            yield services.uploads.with_url(msgspec.convert(entry["file"], File))


def _thread(services: Services, row: RunRow) -> Thread:
    run = row.run
    mode: Vocabulary = run.mode  # type: ignore[assignment]
    user = row.end_user
    return Thread(
        mode=mode,
        task_id=run.task_id,
        run_id=run.id,
        version_id=run.version_id,
        created_at=run.created_at // 1_000_000,
        created_by={"id": run.created_by, "user": user.session_id if user else ""},
        message_id=run.message_id or "",
        conversation_id=run.conversation_id or "",
        form_token=services.forms.token,
    )
