"""Tools of workspaces, whatever kind: listed, set up, and handed to runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from treadle.engine.errors import ToolCredentialsError, ToolNodeError
from treadle.engine.ports import Http, ToolParameter, ToolRef
from treadle.engine.values import JsonValue
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress_rules import EgressRules
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.settings import Settings

from .api.service import ApiService
from .api.source import ApiSource, Timeouts
from .builtin import builtin_providers
from .builtin.provider import BuiltinProvider
from .builtin_source import BuiltinSource, DefaultModel, SpeechFor
from .credentials import CredentialService, ListProviders
from .offered import Offered
from .port import RunTools
from .providers import ProviderInfo
from .sources import Caller, ProviderType, ToolListing, ToolSource, ToolWorld, Workflows
from .topic import TOOLS_TOPIC
from .workflow.service import WorkflowToolService
from .workflow.source import WorkflowSource

HeadersNamed = Callable[[str], Awaitable[frozenset[str]]]
"""The lower-case names of the headers of callers that tools of a workspace send on."""

WorldFor = Callable[[Caller], ToolWorld]
"""What tools may use that are called outside of a run, to see whether they work."""


class ToolService:
    """Everything about tools. One for the whole process."""

    def __init__(
        self,
        *,
        db: Database,
        crypto: Crypto,
        http: Http,
        settings: Settings,
        world_for: WorldFor,
        default_model: DefaultModel,
        providers: ListProviders = builtin_providers,
        speech: SpeechFor | None = None,
    ) -> None:
        """`providers`: the built-in ones."""
        timeouts = Timeouts(settings.api_tool_default_connect_timeout, settings.api_tool_default_read_timeout)
        offered = Offered(
            providers,
            pins=settings.position_tool_pins,
            includes=settings.position_tool_includes,
            excludes=settings.position_tool_excludes,
        )
        self._world_for = world_for
        self._workflows: Workflows | None = None
        self._headers_named: HeadersNamed | None = None
        self.credentials = CredentialService(db, crypto, offered, self._check)
        egress = EgressRules(settings.egress_allow)
        self.builtin = BuiltinSource(offered, self.credentials, default_model, egress, speech)
        self.apis = ApiService(db, crypto, http, timeouts)
        self.workflows = WorkflowToolService(db, self._called_workflows)
        workflow_source = WorkflowSource(
            self.workflows.find, self._called_workflows, max_depth=settings.workflow_call_max_depth
        )
        self._sources: dict[ProviderType, ToolSource] = {
            "builtin": self.builtin,
            "api": ApiSource(self.apis.find, timeouts),
            "workflow": workflow_source,
        }
        self._listings: dict[ProviderType, ToolListing] = {
            "builtin": self.builtin,
            "api": self.apis,
            "workflow": self.workflows,
        }

    def call_workflows_with(self, workflows: Workflows) -> None:
        """Say who runs workflows; needed once, before a workflow is made or called as a tool."""
        self._workflows = workflows

    def add_source(
        self,
        kind: ProviderType,
        source: ToolSource,
        listing: ToolListing | None = None,
        *,
        headers_named: HeadersNamed | None = None,
    ) -> None:
        """Add a kind of tools that lives elsewhere; `headers_named` says which headers of callers they send on."""
        self._sources[kind] = source
        if headers_named is not None:
            self._headers_named = headers_named
        if listing is not None:
            self._listings[kind] = listing

    async def passed_on(self, workspace_id: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of a caller's headers, by lower-case names, that tools of the workspace send on."""
        if not headers or self._headers_named is None:
            return {}
        names = await self._headers_named(workspace_id)
        return {name: headers[name] for name in sorted(names) if name in headers}

    def for_run(self, caller: Caller, world: ToolWorld) -> RunTools:
        """The tools port of a run. Cheap: make one per run."""
        return RunTools(self._sources, caller, world)

    def world_for(self, caller: Caller) -> ToolWorld:
        """What a tool may use that is tried out."""
        return self._world_for(caller)

    async def providers(self, workspace_id: str, kind: ProviderType | None = None) -> list[ProviderInfo]:
        """The providers of one kind or of all, with their tools; secrets are masked."""
        found: list[ProviderInfo] = []
        for listed, listing in self._listings.items():
            if kind in (None, listed):
                found += await listing.providers(workspace_id)
        return found

    def to_look_at(self, workspace_id: str) -> RunTools:
        """The tools of a workspace for who wants to find them, and not to call them for anybody."""
        caller = Caller(workspace_id=workspace_id)
        return self.for_run(caller, self._world_for(caller))

    async def parameters(self, caller: Caller, ref: ToolRef) -> tuple[ToolParameter, ...]:
        """The parameters that a tool has for a caller now. Raises InvalidParam with what its code says."""
        tools = self.for_run(caller, self._world_for(caller))
        try:
            return (await tools.find(ref)).parameters
        except ToolCredentialsError as error:
            raise InvalidParam(str(error), param="credential_id") from error
        except ToolNodeError as error:
            raise InvalidParam(str(error)) from error

    async def icons(self, workspace_id: str, refs: Sequence[ToolRef]) -> dict[str, JsonValue]:
        """The icons of tools by the tools' names; those that are not there are left out."""
        tools, icons = self.to_look_at(workspace_id), dict[str, JsonValue]()
        for ref in refs:
            with suppress(ToolNodeError):
                icons[ref.tool_name] = (await tools.find(ref)).icon
        return icons

    async def builtin_provider(self, workspace_id: str, name: str) -> ProviderInfo:
        """One built-in provider, by any name that app files know it. Raises NotFound."""
        wanted = self.builtin_named(name).name
        return next(each for each in await self.builtin.providers(workspace_id) if each.id == wanted)

    def builtin_named(self, name: str) -> BuiltinProvider:
        """What a built-in provider's file says. Raises NotFound."""
        try:
            return self.builtin.provider(name)
        except ToolNodeError as error:
            raise NotFound(str(error)) from error

    def on_change(self, topic: str) -> None:
        """For `platform.changes.ChangeWatcher`: another process has changed tools."""
        if topic == TOOLS_TOPIC:
            self.credentials.forget()
            self.apis.forget()
            self.workflows.forget()

    async def _check(self, workspace_id: str, provider: BuiltinProvider, values: Mapping[str, JsonValue]) -> None:
        world = self._world_for(Caller(workspace_id=workspace_id))
        await self.builtin.check(workspace_id, provider, values, world)

    def _called_workflows(self) -> Workflows:
        assert self._workflows is not None, "nobody runs workflows here"
        return self._workflows
