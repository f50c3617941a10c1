"""The world of runs: what they may ask of it, and for how long."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.apps.forms.service import FormService
from treadle.apps.tables import CreatedFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.pipeline_port import NoPipeline, Pipeline
from treadle.engine.ports import Http, Knowledge, Memory, Models, NoForms, NoKnowledge, Ports, Tools
from treadle.engine.run import Limits
from treadle.engine.strategy_port import NoStrategies, Strategies
from treadle.models.service import ModelService
from treadle.sandbox import Sandbox
from treadle.settings import Settings
from treadle.tools.service import ToolService
from treadle.tools.sources import Caller, ToolWorld

KnowledgeFor: TypeAlias = Callable[[Caller], Knowledge]
"""The knowledge bases of the caller's workspace, as a run searches them."""

PipelineFor: TypeAlias = Callable[[str], Pipeline]
"""The knowledge bases of a workspace, by its id, as the run of a knowledge pipeline fills one."""

StrategiesFor: TypeAlias = Callable[[Caller, Models, Tools], Strategies]
"""The agent strategies of the caller's workspace, with the models and the tools that they may call."""


class RunWorld:
    """Makes the ports of single runs. One for the process."""

    def __init__(
        self,
        *,
        settings: Settings,
        models: ModelService,
        uploads: Uploads,
        code: Sandbox,
        http: Http,
        tools: ToolService,
        forms: FormService,
        knowledge: KnowledgeFor | None = None,
        pipeline: PipelineFor | None = None,
    ) -> None:
        """`knowledge` and `pipeline` open the knowledge bases of a workspace to a run; without them there are none."""
        self._settings = settings
        self._models = models
        self._uploads = uploads
        self._code = code
        self._http = http
        self._tools = tools
        self._forms = forms
        self._knowledge = knowledge
        self._pipeline = pipeline
        self._strategies: StrategiesFor | None = None

    def find_strategies_with(self, strategies: StrategiesFor) -> None:
        """Say where the agent strategies are that do not come with the product; without it there are none."""
        self._strategies = strategies

    def limits(self) -> Limits:
        """The bounds of every run."""
        return Limits(
            max_steps=self._settings.workflow_max_execution_steps,
            max_seconds=self._settings.workflow_max_execution_time,
        )

    async def passed_on(self, workspace_id: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of a caller's headers that tools of the workspace send on."""
        return await self._tools.passed_on(workspace_id, headers)

    def ports(
        self,
        workspace_id: str,
        memory: Memory,
        origin: FileOrigin,
        *,
        created_from: str = CreatedFrom.CONSOLE,
        user: str = "",
        depth: int = 0,
        conversation_id: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Ports:
        """What a run of this workspace may ask of the world.

        `depth`: how many runs called each other to get here. `headers`: those of the caller that tools may pass on.
        """
        models, files = self._models.for_workspace(workspace_id), self._uploads.for_run(origin)
        code = self._code.for_workspace(workspace_id)
        caller = Caller(
            workspace_id=workspace_id,
            app_id=origin.app_id,
            conversation_id=conversation_id,
            role=origin.role,
            user_id=origin.user_id,
            user=user,
            created_from=created_from,
            run_id=origin.run_id,
            depth=depth,
            headers=headers or {},
        )
        tools = self._tools.for_run(caller, ToolWorld(models=models, code=code, http=self._http, files=files))
        return Ports(
            models=models,
            code=code,
            http=self._http,
            files=files,
            memory=memory,
            tools=tools,
            knowledge=self._knowledge(caller) if self._knowledge else NoKnowledge(),
            pipeline=self._pipeline(workspace_id) if self._pipeline else NoPipeline(),
            forms=self._forms.for_run(origin) if origin.run_id else NoForms(),
            strategies=self._strategies(caller, models, tools) if self._strategies else NoStrategies(),
        )
