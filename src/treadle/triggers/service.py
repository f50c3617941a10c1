"""The triggers of all workspaces: their addresses, switches and next times, and the runs that they start.

Source: spec workflow-nodes §23 to §25, workflow-engine §24.
"""

import logging
import secrets
import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.end_users import EndUserService
from treadle.accounts.tables import EndUserType
from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.apps.editing.drafts import Drafts
from treadle.apps.running.requests import StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, CreatedFrom, TriggeredFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.errors import GraphError, GraphProblem
from treadle.engine.graph import NodeSpec
from treadle.engine.values import File, Value
from treadle.nodes.trigger_schedule import TRIGGER_SCHEDULE, Schedule
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

from .repository import TriggerRepository
from .schedule import next_fire
from .tables import Trigger, TriggerKind
from .webhook_request import Keep, Sent

_log = logging.getLogger(__name__)

TRIGGERS_TOPIC = "triggers"
MOST_WEBHOOKS = 5
"""Webhook nodes in one workflow."""

GRACE = 60 * SECOND
"""How late a schedule may fire, in microseconds. A time that nobody was there for longer than this is skipped."""

_LETTERS = string.ascii_letters + string.digits
_KINDS = {
    "trigger-webhook": TriggerKind.WEBHOOK,
    "trigger-schedule": TriggerKind.SCHEDULE,
    "trigger-plugin": TriggerKind.PLUGIN,
}
_CAUSES = {
    TriggerKind.WEBHOOK: TriggeredFrom.WEBHOOK,
    TriggerKind.SCHEDULE: TriggeredFrom.SCHEDULE,
    TriggerKind.PLUGIN: TriggeredFrom.PLUGIN,
}
_AT_ONCE = 100
_BEGIN_SECONDS = 1.0
"""A run begins within the same turn of the loop; this only bounds a wait that cannot be long."""


@dataclass(frozen=True, slots=True)
class ShownTrigger:
    """A trigger and the app that it starts."""

    trigger: Trigger
    app_name: str


class TriggerService:
    """Callers name the workspace, or hold the secret address of a webhook."""

    def __init__(
        self,
        *,
        db: Database,
        apps: AppService,
        drafts: Drafts,
        end_users: EndUserService,
        uploads: Uploads,
        host: RunHost,
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        """`settle` returns when every run that has begun is on record."""
        self._db = db
        self._apps = apps
        self.drafts = drafts
        self._end_users = end_users
        self._uploads = uploads
        self._host = host
        self._settle = settle
        self._clock: Callable[[], int] = now_us

    def go_by(self, clock: Callable[[], int]) -> None:
        """Go by another clock than the machine's; it gives microseconds since the epoch."""
        self._clock = clock

    async def on_publish(self, session: AsyncSession, app: App, definition: Definition) -> None:
        """The triggers of a version that runs from now on; those that it lacks rest. Raises InvalidParam.

        Called in the transaction that publishes, so that both happen or neither does.
        """
        nodes = _trigger_nodes(app, definition)
        repository = TriggerRepository(session)
        rows = await repository.of_app(app.id)
        if not nodes and not rows:
            return
        if sum(node.kind == "trigger-webhook" for node in nodes) > MOST_WEBHOOKS:
            raise InvalidParam(f"This app cannot be published. A workflow has at most {MOST_WEBHOOKS} webhooks.")
        now = self._clock()
        scheduled = False
        for row in rows.values():
            row.published, row.next_at, row.updated_at = False, None, now
        for node in nodes:
            row = rows.get(node.id) or _new_row(app, node, now)
            if node.id not in rows:
                repository.add(row)
            row.kind, row.title = _KINDS[node.kind], node.title
            _give_address(row)
            if row.kind == TriggerKind.SCHEDULE:
                if scheduled:
                    continue  # one schedule a workflow: the first
                scheduled = True
                schedule = _schedule(node)
                row.cron, row.timezone = schedule.cron, schedule.timezone
            row.published = True
            row.next_at = _next(row, now)
        await bump(session, TRIGGERS_TOPIC)

    async def of_app(self, workspace_id: str, app_id: str) -> Sequence[Trigger]:
        """The triggers of an app, those of the draft included: each webhook has its address from now on.

        Raises NotFound.
        """
        draft = await self.drafts.read(workspace_id, app_id)
        nodes = _trigger_nodes(draft.app, draft.definition)
        async with self._db.transaction(lock=f"triggers of {app_id}") as session:
            repository = TriggerRepository(session)
            rows = await repository.of_app(app_id)
            now = self._clock()
            for node in nodes:
                if node.id not in rows:
                    rows[node.id] = _new_row(draft.app, node, now)
                    repository.add(rows[node.id])
                _give_address(rows[node.id])
            known = {node.id for node in nodes}
            return [row for row in rows.values() if row.published or row.node_id in known]

    async def of_workspace(self, workspace_id: str) -> list[ShownTrigger]:
        """The triggers of all published versions of a workspace, oldest first."""
        names = {entry.app.id: entry.app.name for entry in await self._apps.list_apps(workspace_id)}
        async with self._db.session() as session:
            rows = await TriggerRepository(session).of_workspace(workspace_id)
        return [ShownTrigger(row, names.get(row.app_id, "")) for row in rows if row.published]

    async def switch(self, workspace_id: str, trigger_id: str, *, enabled: bool) -> Trigger:
        """Switch a trigger on or off. Raises NotFound."""
        async with self._db.transaction() as session:
            row = await TriggerRepository(session).one(workspace_id, trigger_id)
            if row is None:
                raise NotFound("There is no such trigger.")
            row.enabled, row.updated_at = enabled, self._clock()
            row.next_at = _next(row, row.updated_at)
            await bump(session, TRIGGERS_TOPIC)
            return row

    async def by_webhook(self, webhook_id: str) -> Trigger | None:
        """The trigger behind the address of a webhook."""
        async with self._db.session() as session:
            return await TriggerRepository(session).by_webhook(webhook_id)

    async def next_due(self) -> int | None:
        """When the next schedule fires, in microseconds since the epoch."""
        async with self._db.session() as session:
            return await TriggerRepository(session).next_due()

    async def fire_due(self) -> list[str]:
        """Start a run for every schedule whose time has come, unless another process does: the ids of the runs."""
        now = self._clock()
        async with self._db.session() as session:
            due = await TriggerRepository(session).due(now, _AT_ONCE)
        started: list[str] = []
        for row in due:
            meant = row.next_at
            async with self._db.transaction() as session:
                claimed = await TriggerRepository(session).claim(row, next_at=_next(row, now), now=now)
            if not claimed or meant is None:
                continue
            if now - meant > GRACE:
                _log.info("schedule of app %s was missed by %d s and is skipped", row.app_id, (now - meant) // SECOND)
                continue
            try:
                started.append(await self.start(row, {}))
            except Refusal as refusal:
                _log.warning("schedule of app %s started nothing: %s", row.app_id, refusal.message)
        return started

    async def start(self, row: Trigger, inputs: Mapping[str, Value], headers: Mapping[str, str] | None = None) -> str:
        """Start a run of the published version from the node of a trigger, and give its id once it is on record.

        `headers`: those of the request behind it that tools may pass on.
        Raises Refusal.
        """
        app = await self._apps.app(row.app_id)
        if app.status != "normal":
            raise NotFound("This app is not available.")
        user = await self._user(row)
        run = await self._host.start(
            StartRun(
                app=app,
                created_from=CreatedFrom.TRIGGER,
                triggered_from=_CAUSES[TriggerKind(row.kind)],
                user_id=user,
                user=row.id,
                inputs=inputs,
                root=row.node_id,
                headers=headers or {},
            )
        )
        assert run.task is not None
        run.task.add_done_callback(lambda _: run.release())
        await run.feed.wait(0, _BEGIN_SECONDS)
        await self._settle()
        return run.thread.run_id

    async def keeper(self, row: Trigger) -> Keep:
        """Stores files of a request as those of its trigger."""
        origin = FileOrigin(row.workspace_id, row.app_id, "end_user", await self._user(row), None)

        async def keep(sent: Sent) -> File:
            made = await self._uploads.make(origin, name=sent.name, mime_type=sent.content_type, data=sent.data)
            return self._uploads.descriptor(made)

        return keep

    async def _user(self, row: Trigger) -> str:
        """The end user that a trigger is to its app."""
        user = await self._end_users.get_or_create(
            workspace_id=row.workspace_id,
            app_id=row.app_id,
            type=EndUserType.TRIGGER,
            session_id=row.id,
            is_anonymous=False,
        )
        return user.id


def _trigger_nodes(app: App, definition: Definition) -> list[NodeSpec]:
    if app.mode != AppMode.WORKFLOW or definition.workflow is None:
        return []
    try:
        nodes = graph_spec(definition).nodes
    except GraphError:
        return []
    return [node for node in nodes if node.kind in _KINDS and node.parent is None]


def _schedule(node: NodeSpec) -> Schedule:
    """Raises InvalidParam."""
    try:
        return TRIGGER_SCHEDULE.load(node.data)
    except GraphProblem as problem:
        message = f'This app cannot be published. The node "{node.title or node.id}": {problem.message}'
        raise InvalidParam(message) from problem


def _new_row(app: App, node: NodeSpec, now: int) -> Trigger:
    return Trigger(
        id=new_id(),
        workspace_id=app.workspace_id,
        app_id=app.id,
        node_id=node.id,
        kind=_KINDS[node.kind],
        title=node.title,
        enabled=True,
        published=False,
        created_at=now,
        updated_at=now,
    )


def _give_address(row: Trigger) -> None:
    if row.kind == TriggerKind.WEBHOOK and row.webhook_id is None:
        row.webhook_id = "".join(secrets.choice(_LETTERS) for _ in range(24))


def _next(row: Trigger, now: int) -> int | None:
    if not (row.enabled and row.published and row.cron and row.timezone):
        return None
    return next_fire(Schedule(row.cron, row.timezone), now)
