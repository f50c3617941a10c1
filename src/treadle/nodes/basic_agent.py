"""The model step of agent apps: a prompt from the app's configuration, and rounds of model and tool calls.

It is no node type of app files: agent apps are compiled to start, this node, and answer. Source: spec models-and-tools
§3.1 to §3.5, app-dsl §7.6. A model without tool calls reasons in text, also where function calling is chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from treadle.dsl.model_settings import AgentStrategy, AgentTool, ModelConfig, PromptType
from treadle.engine.errors import NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.ports import ToolRef
from treadle.engine.values import File, JsonValue, Value, to_text

from .agent.assignment import Assignment
from .agent.belt import Belt, ToolChoice, belt_of, offer_base, offer_bases
from .agent.kept import Notebook
from .agent.past import messages_of_turns, turns_within
from .agent.prompting import Briefing, can_call_tools, work
from .agent.thoughts import Thoughts
from .basic import BasicModel, fill
from .basic import read as read_basic
from .config import as_value
from .knowledge_retrieval import MultipleRetrieval
from .limits import NodeLimits
from .media import files_of
from .model_call import CallRecord
from .model_settings import MAX_TURNS
from .prompt import Draft, drafts_of

BASIC_AGENT_KIND: Final = "basic-agent"

_MOST_ROUNDS: Final = 99
_DATASET: Final = "dataset"
_OLD_TOOLS: Final[Mapping[str, tuple[str, str]]] = {
    "google_search": ("google", "google_search"),
    "web_reader": ("webscraper", "webscraper"),
    "wikipedia": ("wikipedia", "wikipedia_search"),
    "current_datetime": ("time", "current_time"),
}
"""Provider and tool of the tools that old files name with one word."""


def is_agent(config: ModelConfig) -> bool:
    """Whether the app works in rounds; the router strategies only choose a knowledge base for a plain chat."""
    return config.agent_mode.strategy not in (AgentStrategy.ROUTER, AgentStrategy.REACT_ROUTER)


@dataclass(frozen=True, slots=True)
class BasicAgent:
    """The node ready to run."""

    model: BasicModel
    tools: tuple[ToolChoice, ...]
    bases: tuple[str, ...]
    rounds: int
    merge: dict[str, JsonValue] | None = None
    """How passages of several bases are sorted, where one tool searches all of them."""

    @property
    def config(self) -> ModelConfig:
        return self.model.config


def read(data: Mapping[str, JsonValue]) -> BasicAgent:
    """Reads `data["model_config"]`, an app's configuration. Raises GraphProblem."""
    model = read_basic(data)
    mode = model.config.agent_mode
    switched_on = [tool for tool in mode.tools if tool.enabled]
    attached = [tool.id for tool in switched_on if tool.tool_name == _DATASET and not tool.provider_id and tool.id]
    bases = dict.fromkeys([*model.config.dataset_configs.dataset_ids, *attached])
    return BasicAgent(
        model=model,
        tools=tuple(_choice(tool) for tool in switched_on if tool.provider_id or tool.tool_name in _OLD_TOOLS),
        bases=tuple(bases),
        rounds=max(0, min(mode.max_iteration, _MOST_ROUNDS)) + 1,
        merge=_merge(data.get("retrieval")) if len(bases) > 1 else None,
    )


def _merge(retrieval: JsonValue) -> dict[str, JsonValue] | None:
    """How all bases are searched together; None where each is a tool of its own, as without a model that sorts."""
    together = retrieval.get("multiple_retrieval_config") if isinstance(retrieval, dict) else None
    if not isinstance(together, dict) or not together.get("reranking_model") or not together.get("reranking_enable"):
        return None
    return MultipleRetrieval.model_validate(together).merge()


def _choice(tool: AgentTool) -> ToolChoice:
    """The tool, its fixed values being those of the form."""
    if not tool.provider_id:
        provider, name = _OLD_TOOLS[tool.tool_name]
        return ToolChoice(ToolRef(provider_type="builtin", provider_id=provider, tool_name=name))
    ref = ToolRef(
        provider_type=tool.provider_type or "builtin",
        provider_id=tool.provider_id,
        tool_name=tool.tool_name,
        credential_id=tool.credential_id or None,
    )
    return ToolChoice(ref, form_values={name: as_value(value) for name, value in tool.tool_parameters.items()})


async def run(limits: NodeLimits, ctx: NodeContext, node: BasicAgent) -> NodeResult:
    """Outputs `text`, `files` and `usage`. Raises InvokeError, and NoPromptFoundError for an empty prompt."""
    record = CallRecord(node.model.model)
    belt = Belt()
    try:
        thoughts, ending, belt = await _work(limits, ctx, node, record)
    except NodeError as error:
        raise NodeFailure(record.result({})) from error
    usage = record.reply.usage
    result = record.result(
        {"text": thoughts.speech.text, "files": list[Value](thoughts.files), "usage": as_value(usage.to_map())}
    )
    result.process_data["ended_by"] = ending
    result.process_data["tools"] = list[Value](belt.names())
    if belt.left_out:
        result.process_data["tools_left_out"] = [{"tool": tool.name, "reason": tool.reason} for tool in belt.left_out]
    return result


async def _work(
    limits: NodeLimits, ctx: NodeContext, node: BasicAgent, record: CallRecord
) -> tuple[Thoughts, str, Belt]:
    models, config = ctx.ports.models, node.config
    model = record.model = await models.resolve(node.model.model)
    profile = await models.profile(model)
    belt = await _belt(ctx, node)
    values = {name: to_text(value) for name, value in ctx.inputs.items()}
    frame = _frame(config, values)
    files: list[File] = files_of(ctx.pool.get(("sys", "files")))
    question = Draft("user", to_text(ctx.pool.get(("sys", "query"))), files)
    parameters = dict(node.model.parameters)
    natively = can_call_tools(profile)
    turns = turns_within(
        await ctx.ports.memory.turns(MAX_TURNS),
        [*frame, question],
        profile=profile,
        parameters=parameters,
        count=partial(models.count_tokens, model),
        with_tools=natively,
    )
    thoughts = Thoughts(ctx)
    assignment = Assignment(
        ctx=ctx,
        model=model,
        profile=profile,
        parameters=parameters,
        stop=node.model.stop,
        user=to_text(ctx.pool.get(("sys", "user_id"))) or None,
        belt=belt,
        rounds=node.rounds,
        closing=True,
        teller=thoughts,
        record=record,
        tool_seconds=limits.agent_tool_seconds,
        notebook=Notebook(ctx),
    )
    briefing = Briefing(
        frame=frame,
        instruction="\n\n".join(draft.text.strip() for draft in frame if draft.role == "system"),
        question=question,
        history=drafts_of(turns),
        template=config.agent_mode.prompt.first_prompt if config.agent_mode.prompt else "",
        user_prefix=node.model.user,
        assistant_prefix=node.model.assistant,
        detail=config.file_upload.image.detail,
        send_as=limits.media,
    )
    if natively:
        briefing.past = await messages_of_turns(
            turns, profile=profile, files=ctx.ports.files, detail=briefing.detail, send_as=briefing.send_as
        )
    ending = await work(assignment, briefing, natively=natively)
    return thoughts, ending, belt


async def _belt(ctx: NodeContext, node: BasicAgent) -> Belt:
    """The tools and the knowledge bases that can be offered; what is missing is left out."""
    belt = await belt_of(node.tools, ctx.ports.tools, lenient=True)
    if node.bases:
        found = {base.id: base for base in await ctx.ports.knowledge.bases(node.bases)}
        if node.merge is not None and len(found) > 1:
            belt.add(offer_bases(list(found.values()), ctx.ports.knowledge, node.merge, retriever_from="api"))
        for base_id in node.bases:
            if base_id in found:
                if node.merge is not None and len(found) > 1:
                    continue
                belt.add(offer_base(found[base_id], ctx.ports.knowledge, retriever_from="api"))
            else:
                belt.leave_out(base_id, "There is no such knowledge base, or it is empty.")
    return belt


def _frame(config: ModelConfig, values: Mapping[str, str]) -> Sequence[Draft]:
    """What stands before the conversation. Knowledge comes through tools, so there is no context to fill in."""
    if config.prompt_type is PromptType.SIMPLE:
        texts = [Draft("system", fill(f"{config.pre_prompt}\n" if config.pre_prompt else "", values))]
    elif config.model.mode == "chat":
        filled = {**values, "#context#": ""}
        texts = [Draft(message.role, fill(message.text, filled)) for message in config.chat_prompt_config.prompt]
    else:
        filled = {**values, "#context#": "", "#query#": "", "#histories#": ""}
        texts = [Draft("system", fill(config.completion_prompt_config.prompt.text, filled))]
    drafts = [draft for draft in texts if draft.text]
    if not any(draft.role == "system" for draft in drafts) and config.pre_prompt:
        drafts.insert(0, Draft("system", fill(config.pre_prompt, values)))
    return drafts


def basic_agent(limits: NodeLimits) -> NodeType[BasicAgent]:
    """The node type under `limits`."""
    return NodeType(BASIC_AGENT_KIND, load=read, run=partial(run, limits))
