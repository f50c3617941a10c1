"""The agent node with a strategy that lives in a plugin: what it is given, and what becomes of what it tells.

Source: spec plugins §7.4, workflow-nodes §22 "Evaluation" and "Outputs".
"""

import logging
from contextlib import aclosing
from functools import partial

from treadle.engine.errors import AgentNodeError, InvokeError, NodeError, NoPromptFoundError, ToolNodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult
from treadle.engine.ports import Message, ModelProfile, ModelRef, ToolLog, ToolParameter
from treadle.engine.strategy_port import Strategy, StrategyModel, StrategyTool, StrategyValue
from treadle.engine.values import JsonValue, Value
from treadle.nodes.config import as_value
from treadle.nodes.limits import NodeLimits
from treadle.nodes.prompt import drafts_of, messages_of, within_budget
from treadle.nodes.tool import Heard, closable
from treadle.nodes.tool_parameters import fixed_value, for_the_log

from .belt import shared_out
from .logs import entry_map
from .parameters import AgentParameters
from .settings import AgentConfig

_log = logging.getLogger(__name__)


async def run(limits: NodeLimits, ctx: NodeContext, node: AgentConfig, strategy: Strategy) -> NodeResult:
    """Outputs `text`, `files`, `json`, `usage` and what the strategy adds.

    Raises AgentNodeError for a parameter that is missing or wrong and for a strategy that fails, VariableNotFoundError,
    and ToolNodeError for a tool that does not exist.
    """
    work = _Work(limits, ctx, node, strategy)
    try:
        await work.do()
    except (InvokeError, AgentNodeError) as error:
        raise NodeFailure(work.result({})) from AgentNodeError(f"failed to invoke agent: {error}")
    except NodeError as error:
        raise NodeFailure(work.result({})) from error
    except Exception as error:
        _log.exception("the strategy %s of %s failed unexpectedly", strategy.name, strategy.provider)
        reason = str(error) or type(error).__name__
        raise NodeFailure(work.result({})) from AgentNodeError(f"failed to invoke agent: {reason}")
    return work.result(work.outputs())


class _Work:
    """One execution."""

    def __init__(self, limits: NodeLimits, ctx: NodeContext, node: AgentConfig, strategy: Strategy) -> None:
        self._limits = limits
        self._ctx = ctx
        self._node = node
        self._strategy = strategy
        self._given = AgentParameters(node.agent_parameters, ctx.pool)
        self._inputs: dict[str, Value] = {}
        self._left_out: list[JsonValue] = []
        self._model: ModelRef | None = None
        self._heard = Heard(ctx)
        self._steps: dict[str, ToolLog] = {}

    async def do(self) -> None:
        """Evaluate the parameters and hear the strategy out."""
        values = {parameter.name: await self._value(parameter) for parameter in self._strategy.parameters}
        told = self._ctx.ports.strategies.work(self._strategy, values)
        async with aclosing(closable(told)) as messages:
            async for message in messages:
                if isinstance(message, ToolLog):
                    self._steps[message.id] = message
                    self._ctx.log(message)
                else:
                    self._heard.take(message)

    def outputs(self) -> dict[str, Value]:
        """The steps come first in `json`; outputs that were declared and not given are null."""
        schema = self._strategy.output_schema or {}
        declared = schema.get("properties")
        heard = self._heard.outputs()
        steps: list[Value] = [as_value(step) for step in self._entries()]
        made = self._heard.json
        return {
            **dict.fromkeys(declared if isinstance(declared, dict) else ()),
            **heard,
            "json": [*steps, *made] or heard["json"],
            "usage": as_value(self._heard.usage.to_map()),
        }

    def result(self, outputs: dict[str, Value]) -> NodeResult:
        """The node's result, whether it succeeded or not."""
        usage = self._heard.usage
        process: dict[str, Value] = {"usage": as_value(usage.to_map())}
        if self._model is not None:
            process |= {"model_provider": self._model.provider, "model_name": self._model.name}
        if self._left_out:
            process["tools_left_out"] = as_value(self._left_out)
        info: JsonValue = {"icon": self._strategy.icon, "agent_strategy": self._node.agent_strategy_name}
        metadata: dict[str, JsonValue] = {
            **usage.metadata(),
            "tool_info": info,
            "agent_log": list[JsonValue](self._entries()),
        }
        return NodeResult(outputs=outputs, inputs=self._inputs, process_data=process, metadata=metadata, usage=usage)

    def _entries(self) -> list[dict[str, JsonValue]]:
        return [entry_map(step, self._ctx.node_id) for step in self._steps.values()]

    async def _value(self, parameter: ToolParameter) -> StrategyValue:
        name = parameter.name
        match parameter.type:
            case _ if self._given.value(name) in (None, "", {}, []):
                if parameter.required and parameter.default is None:
                    raise AgentNodeError(f'The agent node has no "{name}"; fill it in.')
                return as_value(parameter.default)
            case "model-selector":
                return await self._chosen_model(name)
            case "array[tools]":
                return await self._tools(name)
            case _:
                return self._plain(parameter)

    def _plain(self, parameter: ToolParameter) -> Value:
        try:
            value = fixed_value(parameter, self._given.value(parameter.name))
        except ToolNodeError as error:
            raise AgentNodeError(str(error)) from error
        self._inputs.update(for_the_log([parameter], {parameter.name: value}))
        return value

    async def _chosen_model(self, name: str) -> StrategyModel:
        chosen, models = self._given.model(name), self._ctx.ports.models
        self._inputs[name] = self._given.value(name)
        model = self._model = await models.resolve(chosen.model)
        profile = await models.profile(model)
        return StrategyModel(
            model=model,
            profile=profile,
            parameters=chosen.parameters,
            stop=chosen.stop,
            history=await self._history(model, profile),
        )

    async def _history(self, model: ModelRef, profile: ModelProfile) -> tuple[Message, ...]:
        if not (self._strategy.keeps_history and self._node.memory):
            return ()
        ports = self._ctx.ports
        turns = drafts_of(await ports.memory.turns(self._node.turns()))
        count = partial(ports.models.count_tokens, model)
        kept = within_budget(turns, [], profile=ModelProfile(), parameters={}, count=count)
        try:
            return await messages_of(
                kept, profile=profile, files=ports.files, detail="high", send_as=self._limits.media
            )
        except NoPromptFoundError:
            return ()

    async def _tools(self, name: str) -> tuple[StrategyTool, ...]:
        tools: list[StrategyTool] = []
        for choice in self._given.tools(name):
            tool = await self._ctx.ports.tools.find(choice.ref)
            try:
                fixed, left = shared_out(tool, choice)
            except ToolNodeError as error:
                self._left_out.append({"tool": tool.name, "reason": str(error)})
                continue
            fills = tuple(parameter for parameter in left if parameter.form == "llm")
            described = choice.description or tool.description
            tools.append(StrategyTool(tool=tool, description=described, parameters=fills, fixed=fixed))
        self._inputs[name] = list[Value](each.tool.name for each in tools)
        return tuple(tools)
