"""A model chooses one of several knowledge bases for a question (workflow-nodes §5.5)."""

import json
from collections.abc import Sequence
from typing import Final

from treadle.engine.node import NodeContext
from treadle.engine.ports import KnowledgeBase, ModelRef, ToolSpec
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue

from .json_reply import first_object
from .limits import NodeLimits
from .model_call import CallRecord
from .model_question import Question, ask, asked_model
from .model_settings import ModelConfig

_BY_TOOL: Final = """\
Each tool searches one knowledge base. Call the one whose knowledge base is most likely to hold what the question asks
for. Call none if no knowledge base fits."""
_BY_TEXT: Final = """\
Choose the knowledge base that is most likely to hold what the question asks for.

The knowledge bases:
{bases}

The question:
{query}

Reply with one JSON object and nothing else: {{"dataset_id": "<the id of the chosen one>"}}, or {{"dataset_id": null}} \
if none fits."""


async def choose_base(
    limits: NodeLimits, ctx: NodeContext, config: ModelConfig, bases: Sequence[KnowledgeBase], query: str
) -> tuple[KnowledgeBase | None, Usage]:
    """The base that the model chooses, None when it chooses none, and what asking cost.

    Raises InvokeError, ModelNotExistError.
    """
    model = await asked_model(ctx, config)
    record = CallRecord(ModelRef(config.provider, config.name, config.mode))
    if model.calls_tools and model.ref.mode != "completion":
        question = Question(query, system=_BY_TOOL, tools=tuple(_tool(base) for base in bases))
        reply = await ask(limits, ctx, model, question, record)
        named = reply.tool_calls[0].name if reply.tool_calls else None
    else:
        listed = "\n".join(_listed(base) for base in bases)
        question = Question(_BY_TEXT.format(bases=listed, query=query), schema=_reply_schema(bases))
        reply = await ask(limits, ctx, model, question, record)
        named = (first_object(reply.text) or {}).get("dataset_id")
    return next((base for base in bases if base.id == named), None), reply.usage


def _description(base: KnowledgeBase) -> str:
    return base.description or f"Useful for questions about {base.name}."


def _reply_schema(bases: Sequence[KnowledgeBase]) -> dict[str, JsonValue]:
    named: JsonValue = {"anyOf": [{"type": "string", "enum": [base.id for base in bases]}, {"type": "null"}]}
    return {
        "type": "object",
        "properties": {"dataset_id": named},
        "required": ["dataset_id"],
        "additionalProperties": False,
    }


def _tool(base: KnowledgeBase) -> ToolSpec:
    return ToolSpec(base.id, _description(base), {"type": "object", "properties": {}, "required": []})


def _listed(base: KnowledgeBase) -> str:
    return json.dumps({"id": base.id, "name": base.name, "description": _description(base)}, ensure_ascii=False)
