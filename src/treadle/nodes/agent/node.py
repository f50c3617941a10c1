"""The agent node: hands a question to a strategy that calls tools until it can answer (workflow-nodes §22)."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from treadle.engine.errors import AgentNodeError, InvokeError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.ports import ModelProfile, ModelRef
from treadle.engine.values import JsonValue, Value, to_text
from treadle.nodes.about import NodeAbout, Output, Words
from treadle.nodes.config import as_value, reader
from treadle.nodes.context import context_of
from treadle.nodes.limits import NodeLimits
from treadle.nodes.media import files_of
from treadle.nodes.model_call import CallRecord
from treadle.nodes.prompt import Draft, drafts_of, within_budget

from . import elsewhere
from .assignment import Assignment
from .belt import Belt, belt_of
from .kept import Notebook
from .logs import RoundLogs
from .parameters import AgentParameters
from .prompting import Briefing, can_call_tools, work
from .settings import FUNCTION_CALLING, AgentConfig

_NO_SIZE: Final = ModelProfile()
"""Of a model whose context size is not known: as many tokens of the conversation as the reference takes."""


@dataclass(slots=True)
class Done:
    """What is known of an execution, whether it succeeds or not."""

    record: CallRecord
    info: dict[str, JsonValue]
    logs: RoundLogs | None = None
    ending: str = ""
    left_out: tuple[JsonValue, ...] = ()

    def result(self, outputs: dict[str, Value]) -> NodeResult:
        """The node's result, with its steps as metadata."""
        result = self.record.result(outputs)
        result.metadata = {**result.metadata, "tool_info": self.info, "agent_log": self._entries()}
        if self.ending:
            result.process_data["ended_by"] = self.ending
        if self.left_out:
            result.process_data["tools_left_out"] = as_value(list(self.left_out))
        return result

    def _entries(self) -> list[JsonValue]:
        return list(self.logs.entries) if self.logs else []


async def run(limits: NodeLimits, ctx: NodeContext, node: AgentConfig) -> NodeResult:
    """Outputs `text`, `files`, `json` and `usage`.

    Raises AgentNodeError for an unknown strategy or a failed model call, VariableNotFoundError, and ToolNodeError for a
    tool that does not exist.
    """
    if node.strategy is None:
        return await _run_elsewhere(limits, ctx, node)
    icon_and_name: dict[str, JsonValue] = {"icon": None, "agent_strategy": node.agent_strategy_name}
    done = Done(CallRecord(ModelRef("", "")), icon_and_name)
    try:
        await _work(limits, ctx, node, done)
    except InvokeError as error:
        raise NodeFailure(done.result({})) from AgentNodeError(f"failed to invoke agent: {error}")
    except NodeError as error:
        raise NodeFailure(done.result({})) from error
    logs = done.logs
    assert logs is not None
    usage = done.record.reply.usage
    told: list[Value] = [as_value(entry) for entry in logs.entries]
    nothing: list[Value] = [{"data": list[Value]()}]
    return done.result(
        {
            "text": logs.speech.text,
            "files": list[Value](logs.files),
            "json": [*told, *logs.json] or nothing,
            "usage": as_value(usage.to_map()),
        }
    )


async def _run_elsewhere(limits: NodeLimits, ctx: NodeContext, node: AgentConfig) -> NodeResult:
    strategy = await ctx.ports.strategies.find(node.agent_strategy_provider_name, node.agent_strategy_name)
    if strategy is None:
        raise AgentNodeError(f"failed to get agent strategy: {node.missing_strategy()}")
    return await elsewhere.run(limits, ctx, node, strategy)


async def _work(limits: NodeLimits, ctx: NodeContext, node: AgentConfig, done: Done) -> None:
    parameters = AgentParameters(node.agent_parameters, ctx.pool)
    chosen = parameters.model()
    record, models = done.record, ctx.ports.models
    record.model = chosen.model
    record.inputs = parameters.logged()
    instruction, query = parameters.text("instruction"), parameters.required_text("query")
    files = files_of(parameters.value("files")) if node.strategy == FUNCTION_CALLING else []
    citations = context_of(parameters.value("context")).citations
    rounds = parameters.rounds()
    belt = await _belt(ctx, parameters, done)
    record.inputs["tools"] = list[Value](belt.names())
    if citations:
        ctx.cite(citations)
    model = record.model = await models.resolve(chosen.model)
    profile = await models.profile(model)
    question = Draft("user", query, files)
    frame = [Draft("system", instruction)] if instruction else []
    history = drafts_of(await ctx.ports.memory.turns(node.turns())) if node.memory else []
    count = partial(models.count_tokens, model)
    logs = done.logs = RoundLogs(ctx, model=model.name, provider=model.provider)
    assignment = Assignment(
        ctx=ctx,
        model=model,
        profile=profile,
        parameters=chosen.parameters,
        stop=chosen.stop,
        user=to_text(ctx.pool.get(("sys", "user_id"))) or None,
        belt=belt,
        rounds=rounds,
        closing=False,
        teller=logs,
        record=record,
        tool_seconds=limits.agent_tool_seconds,
        notebook=Notebook(ctx),
    )
    briefing = Briefing(
        frame=frame,
        instruction=instruction,
        question=question,
        history=within_budget(history, [*frame, question], profile=_NO_SIZE, parameters={}, count=count),
        send_as=limits.media,
    )
    natively = node.strategy == FUNCTION_CALLING and can_call_tools(profile)
    done.ending = await work(assignment, briefing, natively=natively)


async def _belt(ctx: NodeContext, parameters: AgentParameters, done: Done) -> Belt:
    belt = await belt_of(parameters.tools(), ctx.ports.tools, lenient=False)
    allowed = parameters.names("allowed_tools")
    if allowed is not None:
        belt.keep(allowed)
    done.left_out = tuple({"tool": tool.name, "reason": tool.reason} for tool in belt.left_out)
    return belt


def agent(limits: NodeLimits) -> NodeType[AgentConfig]:
    """The node type under `limits`."""
    return NodeType("agent", load=reader(AgentConfig), run=partial(run, limits))


ABOUT = NodeAbout(
    kind="agent",
    family="model",
    icon="Bot",
    title=Words("Agent", "智能体", "エージェント"),
    description=Words(
        "Lets a model work with tools until it has an answer.",
        "让模型借助工具工作，直到得出答案。",
        "モデルが答えを得るまでツールを使って働きます。",
    ),
    outputs=(
        Output("text", "string"),
        Output("files", "array[file]"),
        Output("json", "array[object]"),
        Output("usage", "object"),
    ),
    runs_alone=True,
    handles_errors=True,
)
