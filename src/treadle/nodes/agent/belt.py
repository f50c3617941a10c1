"""The tools that an agent may call: what its model is shown of them, and what it gets when it calls one.

Source: spec models-and-tools §3.2, workflow-nodes §22.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from treadle.engine.errors import ToolNodeError, ToolParameterError
from treadle.engine.ports import (
    Knowledge,
    KnowledgeBase,
    RetrievalRequest,
    Tool,
    ToolCitations,
    ToolMessage,
    ToolParameter,
    ToolRef,
    Tools,
    ToolSpec,
    ToolText,
)
from treadle.engine.values import JsonValue, Value
from treadle.nodes.context import context_of
from treadle.nodes.tool_parameters import FILE_TYPES, agent_values, for_the_log, json_schema

Invoke = Callable[[Mapping[str, JsonValue]], AsyncIterator[ToolMessage]]

_NOT_FOR_MODELS = frozenset({"app-selector", "model-selector", "array[tools]"})
_BAD_LETTER = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as the model sees it, and how it is called.

    `invoke` takes the model's arguments and raises ToolParameterError for what it cannot use; closing what it gives
    ends the call. `fixed` are the builder's values as logs may show them.
    """

    spec: ToolSpec
    invoke: Invoke
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    provider_type: str = ""
    provider: str = ""
    icon: JsonValue = None
    fixed: Mapping[str, Value] = field(default_factory=dict[str, Value])

    @property
    def parameters(self) -> list[str]:
        """The names of the arguments that the model may give."""
        properties = self.spec.parameters.get("properties")
        return list(properties) if isinstance(properties, dict) else []


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """A tool that the builder gave to an agent.

    `fixed` values are the builder's, hidden from the model; `form_values` count only for parameters of the tool's form.
    `description` replaces the tool's own when it is not empty.
    """

    ref: ToolRef
    fixed: Mapping[str, Value] = field(default_factory=dict[str, Value])
    form_values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    description: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tool that cannot be offered, and why."""

    name: str
    reason: str


class Belt:
    """The tools of one agent, under names that differ."""

    def __init__(self) -> None:
        self._by_name: dict[str, Offered] = {}
        self.left_out: list[LeftOut] = []

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is offered."""
        return tuple(offered.spec for offered in self._by_name.values())

    def add(self, offered: Offered) -> None:
        """Offer one more tool; one whose name is taken already gets a number."""
        name, taken = offered.spec.name, 1
        while name in self._by_name:
            taken += 1
            name = f"{offered.spec.name[: _LONGEST_NAME - 4]}_{taken}"
        if name != offered.spec.name:
            spec = ToolSpec(name, offered.spec.description, offered.spec.parameters)
            offered = Offered(
                spec,
                offered.invoke,
                offered.label,
                offered.provider_type,
                offered.provider,
                offered.icon,
                offered.fixed,
            )
        self._by_name[name] = offered

    def leave_out(self, name: str, reason: str) -> None:
        """Remember that a tool cannot be offered."""
        self.left_out.append(LeftOut(name, reason))

    def keep(self, names: Iterable[str]) -> None:
        """Offer only the tools of these names."""
        wanted = frozenset(names)
        self._by_name = {name: offered for name, offered in self._by_name.items() if name in wanted}

    def find(self, name: str) -> Offered | None:
        """The tool that the model means by `name`; models add a `functions.` in front, or blanks around."""
        name = name.strip()
        return self._by_name.get(name) or self._by_name.get(name.removeprefix("functions."))

    def names(self) -> list[str]:
        """The names of all tools that are offered."""
        return list(self._by_name)


def shared_out(tool: Tool, choice: ToolChoice) -> tuple[dict[str, Value], list[ToolParameter]]:
    """The values that the builder fixed, and the parameters that are left.

    Raises ToolNodeError for a tool that needs a file, which no model can give.
    """
    form = {parameter.name for parameter in tool.parameters if parameter.form == "form"}
    fixed = {**{name: value for name, value in choice.form_values.items() if name in form}, **choice.fixed}
    left = [
        parameter
        for parameter in tool.parameters
        if parameter.name not in fixed and parameter.type not in _NOT_FOR_MODELS
    ]
    for parameter in left:
        if parameter.form == "llm" and parameter.required and parameter.type in FILE_TYPES:
            raise ToolNodeError(f'The tool "{tool.name}" needs the file "{parameter.name}", which no model can give.')
    return fixed, left


def offer_tool(tool: Tool, choice: ToolChoice, tools: Tools) -> Offered:
    """The tool with the builder's fixed values. Raises ToolNodeError for one that no model can call."""
    fixed, shown = shared_out(tool, choice)

    def invoke(arguments: Mapping[str, JsonValue]) -> AsyncIterator[ToolMessage]:
        return tools.invoke(tool, agent_values(tool, fixed, arguments))

    return Offered(
        spec=ToolSpec(model_name(tool.name), choice.description or tool.description, json_schema(shown)),
        invoke=invoke,
        label=tool.label,
        provider_type=tool.ref.provider_type,
        provider=tool.provider_name or tool.ref.provider_id,
        icon=tool.icon,
        fixed=for_the_log(tool.parameters, fixed),
    )


def offer_base(base: KnowledgeBase, knowledge: Knowledge, *, retriever_from: str) -> Offered:
    """A knowledge base as a tool that searches it with its own settings."""
    about = base.description or f"Searches the knowledge base {base.name}. Use it for questions about its subject."
    request = RetrievalRequest(dataset_ids=(base.id,), query="", retriever_from=retriever_from)
    return _search(f"dataset_{base.id.replace('-', '_')}", about, base.name, base.id, knowledge, request)


def offer_bases(
    bases: Sequence[KnowledgeBase], knowledge: Knowledge, merge: dict[str, JsonValue], *, retriever_from: str
) -> Offered:
    """Several knowledge bases as one tool that searches all of them and sorts what it finds as `merge` says."""
    about = "Searches these knowledge bases: " + "; ".join(
        f"{base.name} ({base.description})" if base.description else base.name for base in bases
    )
    ids = tuple(base.id for base in bases)
    request = RetrievalRequest(dataset_ids=ids, query="", merge=merge, retriever_from=retriever_from)
    return _search("dataset_search", about, ", ".join(base.name for base in bases), ids[0], knowledge, request)


def _search(
    name: str, about: str, label: str, provider: str, knowledge: Knowledge, request: RetrievalRequest
) -> Offered:
    """A tool whose one parameter is what `request` asks for."""

    async def invoke(arguments: Mapping[str, JsonValue]) -> AsyncIterator[ToolMessage]:
        query = arguments.get("query")
        if not isinstance(query, str) or not query.strip():
            raise ToolParameterError('The parameter "query" must be the text to search for.')
        found = await knowledge.retrieve(msgspec.structs.replace(request, query=query))
        context = context_of(list[Value](found))
        if context.citations:
            yield ToolCitations(context.citations)
        yield ToolText(context.text or "Nothing was found for this query.")

    query: dict[str, JsonValue] = {"type": "string", "description": "What to search for, as a question or as words."}
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"query": query}, "required": ["query"]}
    return Offered(
        spec=ToolSpec(name, about, schema),
        invoke=invoke,
        label={"en_US": label, "zh_Hans": label},
        provider_type="dataset-retrieval",
        provider=provider,
    )


async def belt_of(choices: Sequence[ToolChoice], tools: Tools, *, lenient: bool) -> Belt:
    """The chosen tools. A tool that does not exist raises ToolNodeError, or is left out when `lenient`."""
    belt = Belt()
    for choice in choices:
        try:
            tool = await tools.find(choice.ref)
        except ToolNodeError as error:
            if not lenient:
                raise
            belt.leave_out(choice.ref.tool_name, str(error))
            continue
        try:
            belt.add(offer_tool(tool, choice, tools))
        except ToolNodeError as error:
            belt.leave_out(tool.name, str(error))
    return belt


def arguments_of(offered: Offered, given: JsonValue) -> dict[str, JsonValue]:
    """What the model gave, as named arguments. Raises ToolParameterError.

    An object is taken as it is and nothing as no arguments. Anything else is the value of the one parameter of a tool
    that has only one; for others a text is read as JSON.
    """
    if isinstance(given, dict):
        return given
    if given is None or given == "":
        return {}
    names = offered.parameters
    parsed = _parsed(given) if isinstance(given, str) else None
    if isinstance(parsed, dict) and (len(names) != 1 or names[0] in parsed):
        return parsed
    if len(names) == 1:
        return {names[0]: given}
    raise ToolParameterError(
        f"The arguments must be a JSON object with the members {', '.join(names) or '(none)'}, "
        f"but were {json.dumps(given, ensure_ascii=False)[:200]}."
    )


def _parsed(text: str) -> JsonValue:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def model_name(name: str) -> str:
    """`name` in the letters that all providers accept as the name of a tool."""
    return _BAD_LETTER.sub("_", name)[:_LONGEST_NAME] or "tool"
