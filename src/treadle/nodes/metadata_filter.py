"""Conditions on the metadata of documents, given by hand or found by a model (workflow-nodes §5.4)."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from treadle.engine.node import NodeContext
from treadle.engine.pool import VariablePool
from treadle.engine.ports import KnowledgeBase, MetadataCondition, MetadataFilter, ModelRef
from treadle.engine.template import Template
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue, Missing, to_text

from .config import NodeConfig
from .json_reply import first_object
from .limits import NodeLimits
from .model_call import CallRecord
from .model_question import Question, ask, asked_model
from .model_settings import ModelConfig

MetadataOperator = Literal[
    "contains", "not contains", "start with", "end with", "is", "is not", "empty", "not empty", "in", "not in",
    "=", "≠", ">", "<", "≥", "≤", "before", "after",
]  # fmt: skip
OPERATORS: Final[tuple[str, ...]] = MetadataOperator.__args__  # type: ignore[attr-defined]
_SPELLINGS: Final = {"!=": "≠", ">=": "≥", "<=": "≤"}
_WITHOUT_VALUE: Final = ("empty", "not empty")
_BREAKS = re.compile(r"[\r\n\t]")

_QUESTION: Final = """\
Documents carry metadata. Say which conditions on it a question asks for, so that only the documents that fit are
searched.

The fields, with their types:
{fields}

The operators: {operators}.

The question:
{query}

Reply with one JSON object and nothing else. Its key "metadata_map" holds a list, one entry for every condition:
{{"metadata_field_name": "...", "metadata_field_value": "...", "comparison_operator": "..."}}. Use only these fields and
operators. If the question asks for no condition, the list is empty."""


def _read_operator(value: object) -> object:
    return _SPELLINGS.get(value, value) if isinstance(value, str) else value


class ConditionConfig(NodeConfig):
    """A condition on one field. Text in `value` may hold references; no value at all skips the condition."""

    name: str = ""
    comparison_operator: Annotated[MetadataOperator, BeforeValidator(_read_operator)] = Field(
        json_schema_extra={"ui": "metadata-operator"}
    )
    value: str | int | float | list[str] | None = None


class ConditionsConfig(NodeConfig):
    """Conditions, joined by `and` or `or`."""

    logical_operator: Annotated[
        Literal["and", "or"], BeforeValidator(lambda value: "and" if value == "and" else "or")
    ] = "and"
    conditions: tuple[ConditionConfig, ...] = ()


def given_filter(pool: VariablePool, config: ConditionsConfig) -> MetadataFilter | None:
    """The filter with its values put in; None when no condition is left."""
    conditions = [
        MetadataCondition(
            name=condition.name,
            operator=condition.comparison_operator,
            value=None if condition.comparison_operator in _WITHOUT_VALUE else _expanded(pool, condition.value),
        )
        for condition in config.conditions
        if condition.value is not None or condition.comparison_operator in _WITHOUT_VALUE
    ]
    return (
        MetadataFilter(conditions=tuple(conditions), logical_operator=config.logical_operator) if conditions else None
    )


def _expanded(pool: VariablePool, value: str | int | float | list[str] | None) -> str | int | float | list[str] | None:
    """A lone reference to a number gives the number, any other text its expansion on one line."""
    if not isinstance(value, str):
        return value
    template = Template.parse(value.strip())
    if len(template.parts) == 1 and template.selectors:
        found = pool.get(template.selectors[0])
        if not isinstance(found, Missing) and isinstance(found, (int, float)) and not isinstance(found, bool):
            return found
        return _one_line(to_text(found))
    return _one_line(template.text(pool))


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


async def asked_filter(
    limits: NodeLimits,
    ctx: NodeContext,
    config: ModelConfig,
    bases: Sequence[KnowledgeBase],
    query: str,
    logical_operator: Literal["and", "or"],
) -> tuple[MetadataFilter | None, Usage]:
    """The filter that a model reads out of the question, None when it finds none, and what asking cost.

    Fields and operators that do not exist are left out. Raises InvokeError, ModelNotExistError.
    """
    fields = {name: kind for base in bases for name, kind in base.metadata_fields.items()}
    if not fields:
        return None, Usage()
    model = await asked_model(ctx, config)
    text = _QUESTION.format(
        fields="\n".join(json.dumps({"name": name, "type": kind}, ensure_ascii=False) for name, kind in fields.items()),
        operators=", ".join(f'"{operator}"' for operator in OPERATORS),
        query=query,
    )
    record = CallRecord(ModelRef(config.provider, config.name, config.mode))
    reply = await ask(limits, ctx, model, Question(text, schema=_reply_schema(list(fields))), record)
    found = (first_object(reply.text) or {}).get("metadata_map")
    entries = found if isinstance(found, list) else []
    conditions = tuple(condition for entry in entries if (condition := _condition(entry, fields)) is not None)
    if not conditions:
        return None, reply.usage
    return MetadataFilter(conditions=conditions, logical_operator=logical_operator), reply.usage


def _reply_schema(names: Sequence[str]) -> dict[str, JsonValue]:
    entry: dict[str, JsonValue] = {
        "metadata_field_name": {"type": "string", "enum": list[JsonValue](names)},
        "metadata_field_value": {"type": ["string", "number"]},
        "comparison_operator": {"type": "string", "enum": list[JsonValue](OPERATORS)},
    }
    item: JsonValue = {"type": "object", "properties": entry, "required": list(entry), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"metadata_map": {"type": "array", "items": item}},
        "required": ["metadata_map"],
        "additionalProperties": False,
    }


def _condition(entry: JsonValue, fields: dict[str, str]) -> MetadataCondition | None:
    if not isinstance(entry, dict):
        return None
    name, value = entry.get("metadata_field_name"), entry.get("metadata_field_value")
    operator = _read_operator(entry.get("comparison_operator"))
    if not isinstance(name, str) or name not in fields or operator not in OPERATORS:
        return None
    if operator in _WITHOUT_VALUE:
        return MetadataCondition(name=name, operator=str(operator))
    if isinstance(value, list):
        return MetadataCondition(name=name, operator=str(operator), value=[str(item) for item in value])
    if isinstance(value, (str, int, float)):
        text = _one_line(value) if isinstance(value, str) else value
        return MetadataCondition(name=name, operator=str(operator), value=text)
    return None
