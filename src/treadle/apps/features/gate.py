"""What happens between a request and its run: moderation of what was asked, annotation replies, external data.

Nothing of it costs a run whose app uses none. Source: spec models-and-tools §2.3 (steps 4 to 6), workflow-engine §14.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from treadle.apps.features.annotations import AnnotationHit, Annotations, Question
from treadle.apps.features.external_data import ExternalData
from treadle.apps.features.moderation import (
    ApiModerator,
    CodeModerator,
    InputVerdict,
    KeywordModerator,
    Keywords,
    ModelModerator,
    ModerationError,
    Moderator,
)
from treadle.apps.features.plan import API, KEYWORDS, OPENAI, Extras, ModerationPlan
from treadle.apps.side_work import SideWork, Tell, untold
from treadle.engine.errors import InvokeError
from treadle.engine.values import Value, plain
from treadle.extensions.code import CodeExtensions
from treadle.extensions.service import ExtensionService
from treadle.models.service import ModelService
from treadle.nodes.config import as_value
from treadle.platform.clock import now_us

STOPPED_BY_MODERATION = "Stopped by input moderation."
STOPPED_BY_ANNOTATION = "Stopped by annotation reply."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request before its run."""

    workspace_id: str
    app_id: str
    inputs: Mapping[str, Value]
    query: str
    user_id: str
    created_from: str
    message_id: str
    conversation_id: str | None = None
    at: int = 0
    """When it came, in microseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A text in the place of a run. `reason` is why nothing ran."""

    text: str
    reason: str
    annotation: AnnotationHit | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """What the run works with. `rewritten`: moderation changed inputs or query, and what was sent is not kept."""

    query: str
    inputs: dict[str, Value] = field(default_factory=dict[str, Value])
    rewritten: bool = False


class Gate:
    """Lets requests through, changes them, or answers in the place of a run."""

    def __init__(
        self,
        *,
        extensions: ExtensionService,
        code: CodeExtensions,
        models: ModelService,
        annotations: Annotations,
        tell: Tell = untold,
    ) -> None:
        """`tell` hears of every check of what was asked."""
        self._extensions = extensions
        self._code = code
        self._models = models
        self._annotations = annotations
        self._tell = tell
        self._data = ExternalData(extensions, code)

    async def concerns(self, extras: Extras, app_id: str) -> bool:
        """Whether anything is to be done before a run of this app."""
        return (
            bool(extras.data_tools)
            or (extras.moderation is not None and extras.moderation.inputs)
            or (extras.annotated and await self._annotations.replies_for(app_id))
        )

    async def admit(self, extras: Extras, asked: Asked) -> Admitted | Reply:
        """Moderation first, then annotations, then external data.

        Raises ModerationError, ExternalDataError and InvokeError; then nothing runs.
        """
        query, inputs, rewritten = asked.query, dict(asked.inputs), False
        if extras.moderation is not None and extras.moderation.inputs:
            verdict = await self._moderated(extras.moderation, asked)
            if verdict.flagged and verdict.action == "direct_output":
                return Reply(verdict.preset_response, STOPPED_BY_MODERATION)
            if verdict.flagged:
                query, inputs, rewritten = _overridden(verdict, query, inputs)
        if extras.annotated and query and await self._annotations.replies_for(asked.app_id):
            question = Question(
                workspace_id=asked.workspace_id,
                app_id=asked.app_id,
                query=query,
                user_id=asked.user_id,
                created_from=asked.created_from,
                message_id=asked.message_id,
            )
            if hit := await self._annotations.match(question):
                return Reply(hit.content, STOPPED_BY_ANNOTATION, hit)
        if extras.data_tools:
            inputs |= await self._data.values(
                extras.data_tools,
                workspace_id=asked.workspace_id,
                app_id=asked.app_id,
                inputs=inputs,
                query=query,
            )
        return Admitted(query, inputs, rewritten)

    async def _moderated(self, plan: ModerationPlan, asked: Asked) -> InputVerdict:
        start, verdict, failure = now_us(), InputVerdict(), None
        try:
            verdict = await self.moderator(plan, asked.workspace_id, asked.app_id).inputs(asked.inputs, asked.query)
        except (ModerationError, InvokeError) as error:
            failure = str(error)
            raise
        finally:
            self._tell(_check(asked, verdict, start, failure))
        return verdict

    def moderator(self, plan: ModerationPlan, workspace_id: str, app_id: str) -> Moderator:
        """The moderation that an app has chosen. Raises ModerationError when this server has no such type."""
        if plan.type == KEYWORDS:
            return KeywordModerator(plan, Keywords(plan.keywords))
        if plan.type == OPENAI:
            return ModelModerator(plan, self._models.media_for(workspace_id))
        if plan.type == API:
            return ApiModerator(plan, self._extensions, workspace_id, app_id)
        found = self._code.moderation.get(plan.type)
        if found is None:
            raise ModerationError(f'This server has no moderation "{plan.type}"; choose another type.')
        return CodeModerator(found.kind(app_id, workspace_id, plan.config))


def _check(asked: Asked, verdict: InputVerdict, start: int, failure: str | None) -> SideWork:
    told = {"action": verdict.action, "preset_response": verdict.preset_response}
    return SideWork(
        kind="moderation",
        workspace_id=asked.workspace_id,
        app_id=asked.app_id,
        user_id=asked.user_id,
        conversation_id=asked.conversation_id,
        message_id=asked.message_id or None,
        message_at=asked.at,
        start=start,
        end=now_us(),
        inputs={"inputs": plain(dict(asked.inputs)), "query": asked.query},
        outputs={**told, "flagged": verdict.flagged, "inputs": verdict.inputs, "query": verdict.query},
        details={**told, "query": asked.query},
        error=failure,
    )


def _overridden(verdict: InputVerdict, query: str, inputs: dict[str, Value]) -> tuple[str, dict[str, Value], bool]:
    """What moderation made of query and inputs; only variables of the form count."""
    if verdict.query is not None:
        query = verdict.query
    changed = {name: as_value(value) for name, value in (verdict.inputs or {}).items() if name in inputs}
    if verdict.inputs is not None:
        inputs = {name: changed.get(name) for name in inputs}
    return query, inputs, True
