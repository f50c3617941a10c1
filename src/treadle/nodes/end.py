"""The end node: outputs of a workflow run (workflow-nodes §2)."""

from collections.abc import Mapping

from pydantic import Field

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.template import Selector, Template
from treadle.engine.values import JsonValue, Missing, Value

from .about import NodeAbout, Words
from .config import NodeConfig, SelectorField, load


class EndOutput(NodeConfig):
    """One output. `value_type` is for display only."""

    variable: str = ""
    value_selector: SelectorField = ()
    value_type: str = Field(default="any", json_schema_extra={"ui": "value-type"})


class EndConfig(NodeConfig):
    """What the run gives back."""

    outputs: tuple[EndOutput, ...] = ()


def read(data: Mapping[str, JsonValue]) -> EndConfig:
    """Raises GraphProblem."""
    return load(EndConfig, data)


async def run(ctx: NodeContext, config: EndConfig) -> NodeResult:
    """Never fails: what cannot be resolved is null."""
    outputs: dict[str, Value] = {}
    for output in config.outputs:
        value = ctx.pool.get(output.value_selector)
        outputs[output.variable] = None if isinstance(value, Missing) else value
    return NodeResult(outputs=outputs, inputs=outputs)


def response(config: EndConfig) -> Template:
    """All outputs that name a variable, in order, a line each."""
    parts: list[str | Selector] = []
    for output in config.outputs:
        if not output.value_selector:
            continue
        parts += ["\n", output.value_selector] if parts else [output.value_selector]
    return Template(tuple(parts))


END = NodeType("end", load=read, run=run, response=response, terminal=True)

ABOUT = NodeAbout(
    kind="end",
    family="io",
    icon="LogOut",
    title=Words("End", "结束", "終了"),
    description=Words("Hands over the results of a workflow.", "交出工作流的结果。", "ワークフローの結果を返します。"),
)
