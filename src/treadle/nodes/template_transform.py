"""The template node: text made by a Jinja template from variables (workflow-nodes §9)."""

from collections.abc import Mapping
from functools import partial

from pydantic import Field

from treadle.engine.errors import NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.values import JsonValue

from .about import NodeAbout, Output, Words
from .config import Binding, JinjaField, NodeConfig, bound_values, load, plain_map
from .limits import NodeLimits


class TemplateConfig(NodeConfig):
    """A template and the names that it uses."""

    variables: tuple[Binding, ...] = ()
    template: JinjaField = Field(json_schema_extra={"ui": "jinja", "rows": 10})


def read(data: Mapping[str, JsonValue]) -> TemplateConfig:
    """Raises GraphProblem. A malformed template is no problem: the node fails when it runs."""
    return load(TemplateConfig, data)


async def run(limits: NodeLimits, ctx: NodeContext, config: TemplateConfig) -> NodeResult:
    """Raises TemplateRenderError."""
    inputs = bound_values(ctx.pool, config.variables)
    try:
        text = config.template.render(plain_map(inputs), max_length=limits.template_length)
    except NodeError as error:
        raise NodeFailure(NodeResult(inputs=inputs)) from error
    return NodeResult(outputs={"output": text}, inputs=inputs)


def template_transform(limits: NodeLimits) -> NodeType[TemplateConfig]:
    """The node type under `limits`."""
    return NodeType("template-transform", load=read, run=partial(run, limits))


ABOUT = NodeAbout(
    kind="template-transform",
    family="transform",
    icon="FileText",
    title=Words("Template", "模板", "テンプレート"),
    description=Words(
        "Puts variables into a text with Jinja.", "用 Jinja 把变量写进文本。", "Jinja で変数を文章に埋め込みます。"
    ),
    outputs=(Output("output", "string"),),
    runs_alone=True,
    handles_errors=True,
)
