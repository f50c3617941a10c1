"""The answer node: text for the reader of a chatflow (workflow-nodes §3)."""

from collections.abc import Mapping

from pydantic import Field

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.template import Template
from treadle.engine.values import File, JsonValue, Value

from .about import NodeAbout, Output, Words
from .config import NodeConfig, TemplateField, empty_template, load


class AnswerConfig(NodeConfig):
    """What is said."""

    answer: TemplateField = Field(default_factory=empty_template, json_schema_extra={"ui": "template", "rows": 8})


def read(data: Mapping[str, JsonValue]) -> AnswerConfig:
    """Raises GraphProblem."""
    return load(AnswerConfig, data)


async def run(ctx: NodeContext, config: AnswerConfig) -> NodeResult:
    """The text, and the files that it refers to, in order."""
    pool = ctx.pool
    files: list[Value] = []
    for selector in config.answer.selectors:
        value = pool.get(selector)
        if isinstance(value, File):
            files.append(value)
        elif isinstance(value, list):
            files += [item for item in value if isinstance(item, File)]
    return NodeResult(outputs={"answer": config.answer.markdown(pool), "files": files})


def response(config: AnswerConfig) -> Template:
    """The text as it is shown."""
    return config.answer


ANSWER = NodeType("answer", load=read, run=run, response=response)

ABOUT = NodeAbout(
    kind="answer",
    family="io",
    icon="MessageSquare",
    title=Words("Answer", "回复", "回答"),
    description=Words("Says something in the conversation.", "在对话中给出回复。", "会話に返信します。"),
    outputs=(
        Output("answer", "string"),
        Output("files", "array[file]"),
    ),
)
