"""Following a run from outside the request that started it."""

import msgspec
from starlette.types import ASGIApp

from treadle.apps.feed import RunFeed
from treadle.apps.frames import Audience, FrameEncoder, Thread, Vocabulary
from treadle.engine.events import RunFinished, RunStatus
from treadle.engine.usage import Usage
from treadle.logs.repository import RunRow
from treadle.platform.refusals import NotFound
from treadle.server.event_stream import EventStream
from treadle.server.services import Services


def stream_of(
    services: Services, task_id: str, *, user_id: str, app_id: str, audience: Audience, after: int
) -> ASGIApp:
    """The numbered frames of a run that is in progress here. Raises NotFound when it is not, or not this user's."""
    run = services.host.find(task_id=task_id)
    if run is None or run.created_by != user_id or run.app_id != app_id:
        raise NotFound("This task is unknown or over.")
    return EventStream(run.feed, FrameEncoder(run.thread, audience), numbered=True, after=after)


async def follow(services: Services, row: RunRow) -> ASGIApp:
    """A run's stream from its beginning while it lasts; of a run that is over, its last event."""
    active = services.host.find(run_id=row.run.id)
    if active is not None:
        return EventStream(active.feed, FrameEncoder(active.thread))
    feed = RunFeed()
    feed.publish(_last_event(row))
    feed.close()
    return EventStream(feed, FrameEncoder(_thread(row)))


def _last_event(row: RunRow) -> RunFinished:
    run = row.run
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
        usage=Usage(total_tokens=run.total_tokens),
    )


def _thread(row: RunRow) -> Thread:
    run = row.run
    mode: Vocabulary = "workflow" if run.mode == "workflow" else "advanced-chat"
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
    )
