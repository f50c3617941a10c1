"""The code node: runs a function of the app's author in the sandbox (workflow-nodes §8)."""

from collections.abc import Mapping
from functools import partial
from typing import Literal

from pydantic import Field

from treadle.engine.errors import NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, OutputsFrom, Words
from .code_values import CodeOutput, ResultCheck
from .config import Binding, NodeConfig, bound_values, load, plain_map
from .limits import NodeLimits


class CodeVariable(Binding):
    """An argument of the function. `value_type` is for display only."""

    value_type: str = Field(default="", json_schema_extra={"ui": "hidden"})


class CodeConfig(NodeConfig):
    """The function `main`, its arguments, and what it returns."""

    variables: tuple[CodeVariable, ...] = ()
    code_language: Literal["python3", "javascript"] = "python3"
    code: str = Field(json_schema_extra={"ui": "code", "language": "code_language"})
    outputs: dict[str, CodeOutput] = Field(json_schema_extra={"ui": "code-outputs"})


def read(data: Mapping[str, JsonValue]) -> CodeConfig:
    """Raises GraphProblem, also for an output type that code cannot give."""
    return load(CodeConfig, data)


async def run(limits: NodeLimits, ctx: NodeContext, config: CodeConfig) -> NodeResult:
    """Raises CodeExecutionError when the code fails, CodeNodeError and its kinds for a result that does not fit."""
    inputs = bound_values(ctx.pool, config.variables)
    process_data: dict[str, Value] = {}
    try:
        result = await ctx.ports.code.run(config.code_language, config.code, plain_map(inputs))
        process_data["engine"] = result.engine
        outputs = ResultCheck(limits.code).members(result.outputs, config.outputs)
    except NodeError as error:
        raise NodeFailure(NodeResult(inputs=inputs, process_data=process_data)) from error
    return NodeResult(outputs=outputs, inputs=inputs, process_data=process_data)


def code(limits: NodeLimits) -> NodeType[CodeConfig]:
    """The node type under `limits`."""
    return NodeType("code", load=read, run=partial(run, limits))


ABOUT = NodeAbout(
    kind="code",
    family="transform",
    icon="Code",
    title=Words("Code", "代码", "コード"),
    description=Words(
        "Runs Python or JavaScript in the sandbox.",
        "在沙箱中运行 Python 或 JavaScript。",
        "Python または JavaScript をサンドボックスで実行します。",
    ),
    outputs_from=(OutputsFrom("outputs", type="type"),),
    runs_alone=True,
    retries=True,
    handles_errors=True,
)
