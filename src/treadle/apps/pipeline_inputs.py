"""What a knowledge pipeline asks for, once for all its sources or for one of them. Source: spec app-dsl §8.5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from treadle.dsl import JsonMap
from treadle.engine.errors import GraphError, GraphProblem
from treadle.engine.values import JsonValue, Value
from treadle.nodes.config import as_value
from treadle.nodes.inputs import InputVariable

SHARED = "shared"


@dataclass(frozen=True, slots=True)
class PipelineVariable:
    """A question of the form, and the datasource node that it belongs to; `shared` are asked for every source."""

    belongs_to: str
    question: InputVariable
    written: JsonMap
    """As the file has it."""


def pipeline_variables(written: Sequence[JsonMap]) -> tuple[PipelineVariable, ...]:
    """The questions of a pipeline. Raises GraphError for one that cannot be read."""
    return tuple(_variable(position, item) for position, item in enumerate(written))


def asked_by(variables: Sequence[PipelineVariable], root: str | None) -> list[PipelineVariable]:
    """What a run that begins with the datasource `root` asks for."""
    return [each for each in variables if each.belongs_to in (SHARED, root)]


def rag_scope(variables: Sequence[PipelineVariable], root: str | None, inputs: Mapping[str, Value]) -> dict[str, Value]:
    """The variables `rag.<node or shared>.<name>` of a run."""
    scope: dict[str, dict[str, Value]] = {}
    for each in asked_by(variables, root):
        scope.setdefault(each.belongs_to, {})[each.question.variable] = inputs.get(each.question.variable)
    return dict[str, Value](scope)


def rag_defaults(variables: Sequence[PipelineVariable]) -> dict[str, Value]:
    """The same variables of every data source with their defaults, for trying one node."""
    scope: dict[str, dict[str, Value]] = {}
    for each in variables:
        if each.question.default is not None:
            scope.setdefault(each.belongs_to, {})[each.question.variable] = as_value(each.question.default)
    return dict[str, Value](scope)


def _variable(position: int, item: JsonMap) -> PipelineVariable:
    where = f"rag_pipeline_variables[{position}]"
    read: dict[str, JsonValue] = {name: value for name, value in item.items() if value is not None}
    read["default"] = item.get("default_value")
    read["description"] = item.get("tooltips") or ""
    try:
        question = InputVariable.model_validate(read)
    except ValidationError as error:
        first = error.errors()[0]
        member = ".".join(str(part) for part in first["loc"])
        raise GraphError([GraphProblem(f"{where}.{member}: {first['msg']}.", field=where)]) from error
    return PipelineVariable(str(item.get("belong_to_node_id") or SHARED), question, item)
