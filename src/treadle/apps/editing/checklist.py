"""The checklist of a draft: what keeps it from being published, and what is likely to be wrong.

Source: spec console §7.12, workflow-engine §6.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from treadle.apps.check import problems_of
from treadle.apps.editing.drafts import Draft, Drafts
from treadle.apps.features.check import FeatureCheck
from treadle.apps.features.plan import extras_of
from treadle.apps.service import AppService, check_runnable
from treadle.apps.tables import AppMode as StoredMode
from treadle.dsl import AppMode, ModelConfig, NodeView, Problem, graph_view
from treadle.dsl.paths import reachable
from treadle.engine.errors import GraphProblem, NodeError, ToolCredentialsError, ToolNodeError
from treadle.engine.ports import ModelRef, ToolRef
from treadle.models.service import ModelService
from treadle.nodes.tool import read as read_tool
from treadle.platform.refusals import InvalidParam, Refusal
from treadle.tools.service import ToolService

_LAST = {AppMode.WORKFLOW: ("end", "End"), AppMode.ADVANCED_CHAT: ("answer", "Answer")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One item of the checklist. An `error` keeps the draft from being published."""

    kind: str
    severity: Literal["error", "warning"]
    message: str
    node_id: str | None = None
    node_title: str | None = None
    field: str | None = None


class DraftCheck:
    """Checks drafts; callers name the workspace."""

    def __init__(
        self, drafts: Drafts, apps: AppService, models: ModelService, features: FeatureCheck, tools: ToolService
    ) -> None:
        self._drafts = drafts
        self._tools = tools
        self._apps = apps
        self._models = models
        self._features = features

    async def findings(self, workspace_id: str, app_id: str, *, with_models: bool = True) -> list[Finding]:
        """Everything found, errors first. Raises NotFound."""
        draft = await self._drafts.read(workspace_id, app_id)
        pipeline = draft.app.mode == StoredMode.RAG_PIPELINE
        found = [_finding(each) for each in problems_of(draft.definition.to_file(draft.app), pipeline=pipeline)]
        if not any(finding.severity == "error" for finding in found):
            found += self._refused(draft)
        found += _without_index(draft) if pipeline else _without_result(draft)
        found += [
            Finding(kind="extension-unavailable", severity="error", message=problem)
            for problem in await self._features.problems(workspace_id, extras_of(draft.definition))
        ]
        found += [finding async for finding in self._tools_out_of_reach(workspace_id, draft)]
        if with_models:
            found += [finding async for finding in self._models_out_of_reach(workspace_id, draft)]
        return sorted(found, key=lambda finding: finding.severity)

    async def pass_or_refuse(self, workspace_id: str, app_id: str) -> None:
        """Raises NotFound, and InvalidParam with every reason why the draft must not be published."""
        reasons = [
            finding.message
            for finding in await self.findings(workspace_id, app_id, with_models=False)
            if finding.severity == "error"
        ]
        if reasons:
            raise InvalidParam("This app cannot be published. " + " ".join(reasons))

    def _refused(self, draft: Draft) -> Iterator[Finding]:
        """What publishing would say."""
        try:
            check_runnable(draft.definition, self._apps.types)
        except Refusal as refusal:
            yield Finding(kind="cannot-run", severity="error", message=refusal.message)

    async def _models_out_of_reach(self, workspace_id: str, draft: Draft) -> AsyncIterator[Finding]:
        """Nodes whose model the workspace cannot call."""
        models = self._models.for_workspace(workspace_id)
        for node_id, title, ref in _models_of(draft):
            try:
                await models.resolve(ref)
            except NodeError as error:
                yield Finding(
                    kind="model-unavailable",
                    severity="warning",
                    message=str(error),
                    node_id=node_id,
                    node_title=title,
                    field="model",
                )

    async def _tools_out_of_reach(self, workspace_id: str, draft: Draft) -> AsyncIterator[Finding]:
        """Nodes whose tool is not there, which may be brought later, or lacks credentials."""
        tools = self._tools.to_look_at(workspace_id)
        for node_id, title, ref in _tools_of(draft):
            try:
                await tools.find(ref)
            except ToolNodeError as error:
                unauthorized = isinstance(error, ToolCredentialsError)
                yield Finding(
                    kind="tool-unauthorized" if unauthorized else "tool-unavailable",
                    severity="error" if unauthorized else "warning",
                    message=f'Authorization required for the node "{title or node_id}": {error}'
                    if unauthorized
                    else str(error),
                    node_id=node_id,
                    node_title=title,
                    field="provider_id",
                )


def _tools_of(draft: Draft) -> Iterator[tuple[str, str, ToolRef]]:
    if draft.definition.model_config is not None:
        return
    for node in graph_view(draft.workflow).nodes:
        if node.type == "tool":
            with suppress(GraphProblem):  # what else is wrong with the node is a finding of its own
                yield node.id, node.title, read_tool(node.data).ref


def _models_of(draft: Draft) -> Iterator[tuple[str | None, str | None, ModelRef]]:
    config: ModelConfig | None = draft.definition.model_config
    if config is not None:
        if config.model.name:
            yield None, None, ModelRef(config.model.provider, config.model.name, config.model.mode)
        return
    for node in graph_view(draft.workflow).nodes:
        model = node.data.get("model")
        if isinstance(model, Mapping) and model.get("name"):
            ref = ModelRef(str(model.get("provider", "")), str(model["name"]), str(model.get("mode") or "chat"))
            yield node.id, node.title, ref


def _without_index(draft: Draft) -> Iterator[Finding]:
    """What keeps a pipeline from keeping anything: no data source, one that leads nowhere, chunks not chosen."""
    view = graph_view(draft.workflow)
    sources = [node for node in view.nodes if node.type == "datasource"]
    ends = [node for node in view.nodes if node.type == "knowledge-index"]
    if not sources:
        message = "A knowledge pipeline begins with a data source: add one."
        yield Finding(kind="no-source", severity="error", message=message)
    if not ends:
        message = "Nothing is kept: add a node of type Knowledge Base and connect it."
        yield Finding(kind="no-result", severity="error", message=message)
    for node in sources if ends else []:
        if not reachable([node.id], view.edges_inside(None)) & {end.id for end in ends}:
            message = f'The data source "{node.title or node.id}" leads to no knowledge base: connect it to one.'
            yield _of_node("leads-nowhere", message, node, None)
    for node in ends:
        if not node.data.get("index_chunk_variable_selector"):
            message = f'The node "{node.title or node.id}" keeps nothing: choose its variable of chunks.'
            yield _of_node("no-chunks", message, node, "index_chunk_variable_selector")


def _of_node(kind: str, message: str, node: NodeView, field: str | None) -> Finding:
    return Finding(
        kind=kind, severity="error", message=message, node_id=node.id, node_title=node.title or None, field=field
    )


def _without_result(draft: Draft) -> Iterator[Finding]:
    wanted = _LAST.get(draft.definition.mode)
    if wanted is None:
        return
    kind, name = wanted
    if not any(node.type == kind for node in graph_view(draft.workflow).nodes):
        message = f"Nothing comes out of this app: add a node of type {name} and connect it."
        yield Finding(kind="no-result", severity="warning", message=message)


def _finding(problem: Problem) -> Finding:
    return Finding(
        kind=problem.kind.value,
        severity=problem.severity,
        message=problem.message,
        node_id=problem.node,
        node_title=problem.node_title,
        field=problem.field or (None if problem.node else problem.where),
    )
