"""The built-in tools as a source: by any name that app files know them, with the workspace's credentials."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

import msgspec

from treadle.dsl.providers import normalise_tool_provider
from treadle.engine.errors import ToolCredentialsError, ToolNodeError
from treadle.engine.ports import ModelRef, Tool, ToolRef
from treadle.engine.values import JsonValue
from treadle.nodes.config import as_value
from treadle.platform.egress_rules import EgressRules

from .builtin.call import Call, Speech
from .builtin.provider import BuiltinProvider
from .credentials import CredentialService, ListProviders
from .messages import Message
from .providers import ProviderInfo
from .sources import Caller, ToolCall, ToolWorld

DefaultModel = Callable[[str], Awaitable[ModelRef | None]]
"""The default language model of a workspace."""
SpeechFor = Callable[[str], Speech]
"""The models of speech of a workspace."""


class BuiltinSource:
    """Implements `tools.sources.ToolSource` and `ToolListing`."""

    def __init__(
        self,
        providers: ListProviders,
        credentials: CredentialService,
        default_model: DefaultModel,
        egress: EgressRules,
        speech: SpeechFor | None = None,
    ) -> None:
        self._list = providers
        self._credentials = credentials
        self._default_model = default_model
        self._egress = egress
        self._speech = speech

    def provider(self, provider_id: str) -> BuiltinProvider:
        """The provider of a short name or of `organisation/plugin/provider`. Raises ToolNodeError."""
        found = named(self._list(), provider_id)
        if found is None:
            raise ToolNodeError(
                f'There is no tool provider "{provider_id}" here. `treadle tool list` shows those that there are.'
            )
        return found

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        """Raises ToolNodeError, ToolCredentialsError when it needs credentials and has none, and what the code of a
        tool says that tells its parameters itself."""
        provider = self.provider(ref.provider_id)
        tool = tool_of(provider, ref)
        if not provider.needs_credentials and not tool.has_runtime_parameters:
            return tool
        credentials = await self._opened(caller.workspace_id, provider, ref)
        if provider.needs_credentials and credentials is None:
            raise ToolCredentialsError(
                f'The tools of "{provider.name}" need credentials; add them in the console, '
                f"or with `treadle tool credential add --provider {provider.name}`."
            )
        if not tool.has_runtime_parameters:
            return tool
        call = await self._call(caller, world, credentials or {})
        told = await provider.runtime_parameters(tool.name, call)
        return msgspec.structs.replace(tool, parameters=told)

    async def invoke(self, call: ToolCall) -> AsyncIterator[Message]:
        """Raises ToolParameterError, ToolCredentialsError, ToolInvokeError and ToolFileError."""
        provider = self.provider(call.tool.ref.provider_id)
        credentials = await self._opened(call.caller.workspace_id, provider, call.tool.ref) or {}
        prepared = await self._call(call.caller, call.world, credentials)
        given = replace(prepared, parameters=call.parameters)
        messages = provider.invoke(call.tool.name, given, call.tool.parameters)
        async with aclosing(_generator(messages)) as told:
            async for message in told:
                yield message

    async def check(
        self, workspace_id: str, provider: BuiltinProvider, credentials: Mapping[str, JsonValue], world: ToolWorld
    ) -> None:
        """See that credentials work, by the provider's own representative call. Raises NodeError."""
        call = await self._call(Caller(workspace_id=workspace_id), world, credentials)
        await provider.validate({name: as_value(value) for name, value in credentials.items()}, call)

    async def providers(self, workspace_id: str) -> Sequence[ProviderInfo]:
        """All built-in providers, with the workspace's own credentials masked."""
        stored = {each.provider: each for each in reversed(await self._credentials.list_credentials(workspace_id))}
        return [
            provider_info(provider, stored[name].credentials if name in stored else None)
            for name, provider in self._list().items()
        ]

    async def _opened(self, workspace_id: str, provider: BuiltinProvider, ref: ToolRef) -> dict[str, JsonValue] | None:
        """The credentials chosen; the default ones where none are, or where an app came from elsewhere."""
        chosen = None
        if ref.credential_id:
            chosen = await self._credentials.opened(workspace_id, provider.name, ref.credential_id)
        return chosen if chosen is not None else await self._credentials.opened(workspace_id, provider.name)

    async def _call(self, caller: Caller, world: ToolWorld, credentials: Mapping[str, JsonValue]) -> Call:
        return Call(
            parameters={},
            http=world.http,
            code=world.code,
            models=world.models,
            files=world.files,
            credentials={name: as_value(value) for name, value in credentials.items()},
            model=await self._default_model(caller.workspace_id),
            egress=self._egress,
            speech=self._speech(caller.workspace_id) if self._speech else None,
            user_id=caller.user_id,
            app_id=caller.app_id,
            conversation_id=caller.conversation_id,
        )


async def _generator(messages: AsyncIterator[Message]) -> AsyncGenerator[Message, None]:
    try:
        async for message in messages:
            yield message
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()


def named(providers: Mapping[str, BuiltinProvider], provider_id: str) -> BuiltinProvider | None:
    """The provider of a short name, or of the name of the plugin that has the same tools elsewhere."""
    wanted = normalise_tool_provider(provider_id)
    return providers.get(provider_id) or next(
        (providers[name] for name in providers if normalise_tool_provider(name) == wanted), None
    )


def tool_of(provider: BuiltinProvider, ref: ToolRef) -> Tool:
    """A built-in tool as runs and people know it. Raises ToolNodeError."""
    offered = provider.offered(ref.tool_name, ref.credential_id)
    human = provider.tool(ref.tool_name).description.human
    return msgspec.structs.replace(offered, human_description=human)


def provider_info(provider: BuiltinProvider, credentials: Mapping[str, JsonValue] | None) -> ProviderInfo:
    """A built-in provider as people see it; `credentials` are masked, None where there are none."""
    identity = provider.identity
    ref = ToolRef(provider_type="builtin", provider_id=provider.name, tool_name="")
    return ProviderInfo(
        id=provider.name,
        type="builtin",
        name=provider.name,
        author=identity.author,
        label=identity.label,
        description=identity.description,
        icon=msgspec.to_builtins(identity.icon),
        labels=identity.labels,
        tools=tuple(tool_of(provider, msgspec.structs.replace(ref, tool_name=tool.name)) for tool in provider.tools),
        credentials=dict(credentials or {}),
        needs_credentials=provider.needs_credentials,
        authorized=credentials is not None or not provider.needs_credentials,
    )
