"""A built-in tool provider: what its file says, and the way to its code.

Source: spec models-and-tools §4.1 and §4.2.
"""

import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, TypeAlias

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolNodeError
from treadle.engine.ports import Tool, ToolOption, ToolParameter, ToolRef
from treadle.engine.values import Value
from treadle.nodes.config import as_value
from treadle.tools.messages import Message

from .call import Call
from .secrecy import kept_secret, secrets_in

Label = Literal[
    "search", "image", "videos", "weather", "finance", "design", "travel", "social", "news", "medical", "productivity",
    "education", "business", "entertainment", "utilities", "rag", "other",
]  # fmt: skip

Scalar: TypeAlias = bool | int | float | str | None
ToolFunction: TypeAlias = Callable[[Call], AsyncGenerator[Message, None]]


class Icon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An emoji on a coloured ground."""

    background: str
    content: str


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who a provider is. Texts are by language: `en_US`, `zh_Hans`, `ja_JP`."""

    name: str
    author: str = "Treadle"
    label: dict[str, str]
    description: dict[str, str]
    icon: Icon
    labels: tuple[Label, ...]


class CredentialField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of the form in which credentials are entered."""

    type: Literal["secret-input", "text-input", "select", "boolean"]
    required: bool = False
    default: Scalar = None
    options: tuple[ToolOption, ...] = ()
    label: dict[str, str]
    help: dict[str, str] = {}
    placeholder: dict[str, str] = {}
    url: str = ""
    """Where to get one."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter of a tool, as `engine.ports.ToolParameter` explains its members."""

    name: str
    type: Literal["string", "number", "boolean", "select", "secret-input", "file", "files"] = "string"
    form: Literal["llm", "form"] = "llm"
    required: bool = False
    default: Scalar = None
    min: float | None = None
    max: float | None = None
    options: tuple[ToolOption, ...] = ()
    label: dict[str, str]
    human_description: dict[str, str]
    llm_description: str = ""

    def offered(self) -> ToolParameter:
        """The same as the engine's type."""
        return ToolParameter(**msgspec.structs.asdict(self))


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tool does: for people, and for the model."""

    human: dict[str, str]
    llm: str


class BuiltinTool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool of a provider."""

    name: str
    label: dict[str, str]
    description: Description
    parameters: tuple[Parameter, ...] = ()
    has_runtime_parameters: bool = False
    """Whether its code says which parameters it has for credentials and a caller; `parameters` stand until then."""


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The call that shows whether credentials work."""

    tool: str
    parameters: dict[str, Scalar] = {}


class BuiltinProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider as its file describes it. `urls` are the upstream's addresses by name."""

    identity: Identity
    tools: tuple[BuiltinTool, ...]
    credentials_for_provider: dict[str, CredentialField] = {}
    trial: Trial | None = None
    own_check: bool = False
    """Whether `tools.py` has `async def check(call)`, which shows at no cost whether credentials work."""
    urls: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The id that app files use."""
        return self.identity.name

    @property
    def needs_credentials(self) -> bool:
        """Whether anything must be entered before the tools work."""
        return any(field.required and field.default is None for field in self.credentials_for_provider.values())

    def at(self, **urls: str) -> "BuiltinProvider":
        """The same provider with other addresses of its upstream. Raises KeyError for a name that it has not."""
        if unknown := urls.keys() - self.urls.keys():
            raise KeyError(f"{self.name} has no address named {', '.join(sorted(unknown))}")
        return msgspec.structs.replace(self, urls={**self.urls, **urls})

    def tool(self, name: str) -> BuiltinTool:
        """Raises ToolNodeError."""
        for tool in self.tools:
            if tool.name == name:
                return tool
        names = ", ".join(tool.name for tool in self.tools)
        raise ToolNodeError(f'The provider "{self.name}" has no tool "{name}"; it has {names}.')

    def offered(self, name: str, credential_id: str | None = None) -> Tool:
        """The tool as the engine knows tools. Raises ToolNodeError."""
        tool = self.tool(name)
        return Tool(
            ref=ToolRef(provider_type="builtin", provider_id=self.name, tool_name=name, credential_id=credential_id),
            name=name,
            description=tool.description.llm,
            label=tool.label,
            provider_name=self.name,
            icon={"background": self.identity.icon.background, "content": self.identity.icon.content},
            parameters=tuple(parameter.offered() for parameter in tool.parameters),
            has_runtime_parameters=tool.has_runtime_parameters,
        )

    async def runtime_parameters(self, tool: str, call: Call) -> tuple[ToolParameter, ...]:
        """The parameters that a tool with `has_runtime_parameters` has for who calls; those of `call` are not used.

        Raises ToolCredentialsError, and ToolNodeError for code that fails.
        """
        tell: Callable[[Call], Awaitable[tuple[Parameter, ...]]] = self._code(f"parameters of {tool}")
        return tuple(each.offered() for each in await tell(self._prepared(call)))

    def invoke(
        self, tool: str, call: Call, parameters: Sequence[ToolParameter] | None = None
    ) -> AsyncGenerator[Message, None]:
        """Call `tool`; what it gives comes as it is made. Closing the iterator ends the call. `parameters` are those
        that it has for this caller, where they are not those of its file.

        Raises ToolNodeError for an unknown tool; the iterator raises ToolParameterError, ToolCredentialsError and
        ToolInvokeError.
        """
        declared = self.offered(tool).parameters if parameters is None else parameters
        defaults = {each.name: as_value(each.default) for each in declared if each.default is not None}
        run: ToolFunction = self._code(tool.replace("-", "_"))
        prepared = self._prepared(call)
        whole = dataclasses.replace(prepared, parameters={**defaults, **_filled(call.parameters)})
        return kept_secret(run(whole), secrets_in(self._secrets(declared, whole)))

    async def validate(self, credentials: Mapping[str, Value], call: Call) -> None:
        """See that `credentials` work: the form is complete and a representative call succeeds.

        `call` gives the ports; its parameters are not used. Raises ToolCredentialsError, or whatever the call raises.
        """
        for name, field in self.credentials_for_provider.items():
            value = credentials.get(name)
            if value in (None, ""):
                if field.required and field.default is None:
                    raise ToolCredentialsError(f'The credential "{name}" of {self.name} is missing; enter it.')
            elif field.options and value not in [option.value for option in field.options]:
                choices = ", ".join(option.value for option in field.options)
                raise ToolCredentialsError(f'The credential "{name}" of {self.name} must be one of {choices}.')
        if self.own_check:
            check: Callable[[Call], Awaitable[None]] = self._code("check")
            await check(self._prepared(dataclasses.replace(call, parameters={}, credentials=credentials)))
        if self.trial is None:
            return
        parameters: dict[str, Value] = dict(self.trial.parameters)
        trial = dataclasses.replace(call, parameters=parameters, credentials=credentials)
        async for _ in self.invoke(self.trial.tool, trial):
            pass

    def _secrets(self, parameters: Sequence[ToolParameter], call: Call) -> Iterator[Value]:
        """What no message may name."""
        for name, field in self.credentials_for_provider.items():
            if field.type == "secret-input":
                yield call.credentials.get(name)
        for parameter in parameters:
            if parameter.type == "secret-input":
                yield call.parameters.get(parameter.name)

    def _prepared(self, call: Call) -> Call:
        """The call with default credentials and the upstream's addresses."""
        fields = self.credentials_for_provider.items()
        defaults = {name: field.default for name, field in fields if field.default is not None}
        return dataclasses.replace(call, credentials={**defaults, **_filled(call.credentials)}, urls=self.urls)

    def _code(self, name: str) -> Any:
        """The function `name` of the provider's code, which is loaded now."""
        return getattr(import_module(f"{__package__}.{self.name}.tools"), name)


def _filled(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value not in (None, "")}
