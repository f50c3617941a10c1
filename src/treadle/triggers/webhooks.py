"""Requests to webhooks: those that start the published workflow, and those that an editor waits for.

Source: spec workflow-nodes §23, service-api §8.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from treadle.apps.compile import graph_spec
from treadle.apps.editing.drafts import Drafts
from treadle.apps.passed_headers import passed_headers
from treadle.apps.service import AppService
from treadle.engine.errors import GraphError, GraphProblem
from treadle.engine.values import Value, plain, revive
from treadle.nodes.trigger_webhook import TRIGGER_WEBHOOK, WebhookConfig
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import NotFound, Refusal
from treadle.settings import Settings

from .repository import TriggerRepository
from .service import TRIGGERS_TOPIC, TriggerService
from .tables import Trigger, TriggerKind, TriggerListener
from .webhook_request import Request, WebhookRefused, answer_of, inputs_of

_NOT_FOUND = "There is no such webhook, or it is switched off."
_LOOK_EVERY = 0.5
_KEPT = 3600 * SECOND
"""How long a request that came to a listening editor can be used."""


class Caught(msgspec.Struct, frozen=True):
    """A request that came to a listening editor. `inputs` are those for a run of the draft from `node_id`."""

    id: str
    app_id: str
    node_id: str
    inputs: Mapping[str, Value]


class RateLimit:
    """So many requests a minute for each key, in this process."""

    def __init__(self, a_minute: int) -> None:
        """0 sets no limit."""
        self._a_minute = a_minute
        self._minute = 0
        self._taken: Counter[str] = Counter()

    def take(self, key: str) -> bool:
        """Count a request; False when there were too many."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._taken = minute, Counter()
        self._taken[key] += 1
        return not self._a_minute or self._taken[key] <= self._a_minute


class Webhooks:
    """What happens to a request."""

    def __init__(
        self,
        *,
        settings: Settings,
        db: Database,
        apps: AppService,
        drafts: Drafts,
        triggers: TriggerService,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._db = db
        self._apps = apps
        self._drafts = drafts
        self._triggers = triggers
        self._clock = clock
        self._rate = RateLimit(math.ceil(settings.webhook_rate_limit / settings.workers))
        self._told = asyncio.Event()

    async def open(self, webhook_id: str) -> tuple[Trigger, WebhookConfig]:
        """The published node behind an address, before anything of the request is read.

        Raises WebhookRefused 404 when there is none, it is switched off, or too many requests came.
        """
        row = await self._triggers.by_webhook(webhook_id)
        if row is None or not row.enabled or not row.published or not self._rate.take(row.workspace_id):
            raise WebhookRefused(404, _NOT_FOUND)
        try:
            version = await self._apps.published(await self._apps.app(row.app_id))
            node = version.graph_from(row.node_id).by_id[row.node_id]
        except (Refusal, GraphError, KeyError) as error:
            raise WebhookRefused(404, _NOT_FOUND) from error
        return row, node.config

    async def receive(self, row: Trigger, config: WebhookConfig, request: Request) -> tuple[int, bytes]:
        """Check a request, start a run, and give what its sender is answered. Raises WebhookRefused and Refusal."""
        inputs = await inputs_of(config, request, await self._triggers.keeper(row))
        await self._triggers.start(row, inputs, passed_headers(request.headers.items()))
        return answer_of(config)

    async def open_draft(self, webhook_id: str) -> tuple[Trigger, WebhookConfig]:
        """The node of the draft behind an address, while an editor listens. Raises WebhookRefused 404."""
        row = await self._triggers.by_webhook(webhook_id)
        if row is None or not self._rate.take(row.workspace_id):
            raise WebhookRefused(404, _NOT_FOUND)
        async with self._db.session() as session:
            listened = await TriggerRepository(session).listened_for(row.id, self._clock())
        if not listened:
            raise WebhookRefused(404, "No editor listens to this webhook; start listening there and send again.")
        try:
            draft = await self._drafts.read(row.workspace_id, row.app_id)
            node = next(node for node in graph_spec(draft.definition).nodes if node.id == row.node_id)
            return row, TRIGGER_WEBHOOK.load(node.data)
        except (Refusal, GraphError, GraphProblem, StopIteration) as error:
            raise WebhookRefused(404, _NOT_FOUND) from error

    async def receive_for_draft(self, row: Trigger, config: WebhookConfig, request: Request) -> tuple[int, bytes]:
        """Check a request and give it to the editors that listen. Raises WebhookRefused."""
        inputs = await inputs_of(config, request, await self._triggers.keeper(row))
        text = msgspec.json.encode(plain(dict(inputs))).decode()
        async with self._db.transaction() as session:
            await TriggerRepository(session).tell_listeners(row.id, text, self._clock())
            await bump(session, TRIGGERS_TOPIC)
        return answer_of(config)

    async def listen(self, workspace_id: str, app_id: str, node_id: str, seconds: float) -> Caught | None:
        """Wait for a request to the webhook of a node of the draft; None when none came. Raises NotFound.

        What came can be had again for an hour, by `caught`.
        """
        rows = await self._triggers.of_app(workspace_id, app_id)
        row = next((row for row in rows if row.node_id == node_id and row.kind == TriggerKind.WEBHOOK), None)
        if row is None:
            raise NotFound("There is no such webhook in the draft.")
        now = self._clock()
        listener = TriggerListener(
            id=new_id(),
            workspace_id=workspace_id,
            app_id=app_id,
            node_id=node_id,
            trigger_id=row.id,
            until_at=now + round(seconds * SECOND),
            created_at=now,
        )
        async with self._db.transaction() as session:
            repository = TriggerRepository(session)
            await repository.forget_listeners(now - _KEPT)
            repository.add(listener)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._told.clear()
                    if (caught := await self.caught(workspace_id, listener.id)) is not None:
                        return caught
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._told.wait(), _LOOK_EVERY)
        return None

    async def caught(self, workspace_id: str, listener_id: str) -> Caught | None:
        """What came to a listening editor; None when nothing has."""
        async with self._db.session() as session:
            row = await TriggerRepository(session).listener(workspace_id, listener_id)
        if row is None or row.inputs is None:
            return None
        inputs = revive(msgspec.json.decode(row.inputs))
        return Caught(row.id, row.app_id, row.node_id, inputs if isinstance(inputs, dict) else {})

    def on_change(self, topic: str) -> None:
        """A request came to some editor, perhaps in another process."""
        if topic == TRIGGERS_TOPIC:
            self._told.set()
