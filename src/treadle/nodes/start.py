"""The start node: a run's inputs and system variables as variables of a node (workflow-nodes §1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from treadle.engine.errors import GraphProblem, NodeError
from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.values import JsonValue, Value, plain

from .about import NodeAbout, OutputsFrom, Words
from .config import NodeConfig, load
from .inputs import InputVariable

if TYPE_CHECKING:
    from jsonschema import Draft7Validator


class StartConfig(NodeConfig):
    """The form that asks for a run's inputs."""

    variables: tuple[InputVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class _ObjectCheck:
    variable: str
    required: bool
    schema: "Draft7Validator | None"


@dataclass(frozen=True, slots=True)
class Start:
    """A start node ready to run."""

    config: StartConfig
    objects: tuple[_ObjectCheck, ...]


class StartInputError(NodeError):
    """An object input does not fit its schema."""


def read(data: Mapping[str, JsonValue]) -> Start:
    """Raises GraphProblem, also for a `json_schema` that is no valid Draft 7 schema."""
    config = load(StartConfig, data)
    checks = tuple(
        _ObjectCheck(variable.variable, variable.required, _validator(position, variable))
        for position, variable in enumerate(config.variables)
        if variable.type == "json_object"
    )
    return Start(config, checks)


def _validator(position: int, variable: InputVariable) -> "Draft7Validator | None":
    schema: JsonValue = variable.json_schema
    field = f"variables[{position}].json_schema"
    if isinstance(schema, str):
        try:
            schema = cast("JsonValue", json.loads(schema)) if schema.strip() else None
        except ValueError as error:
            raise GraphProblem(f'The schema of "{variable.variable}" is not JSON: {error}.', field=field) from None
    if schema is None:
        return None
    # Loading the schema library takes a tenth of a second, and few forms need it.
    from jsonschema import Draft7Validator, SchemaError
    from jsonschema_specifications import REGISTRY

    if not isinstance(schema, (dict, bool)):
        raise GraphProblem(f'The schema of "{variable.variable}" must be an object.', field=field)
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        raise GraphProblem(f'The schema of "{variable.variable}" is not valid: {error.message}.', field=field) from None
    return Draft7Validator(schema, registry=REGISTRY)  # without this registry references would be fetched


async def run(ctx: NodeContext, start: Start) -> NodeResult:
    """Every input by its name, and every system variable as `sys.<name>`."""
    outputs: dict[str, Value] = dict(ctx.inputs)
    for name, value in ctx.pool.scope("sys").items():
        outputs[f"sys.{name}"] = value
    for check in start.objects:
        _check_object(check, outputs.get(check.variable))
    return NodeResult(outputs=outputs, inputs=outputs)


def _check_object(check: _ObjectCheck, value: Value) -> None:
    if value is None:
        if check.required:
            raise StartInputError(f"{check.variable} is required in input form")
        return
    if not isinstance(value, dict):
        raise StartInputError(f"{check.variable} must be a JSON object")
    if check.schema is None:
        return
    from referencing.exceptions import Unresolvable

    try:
        error = next(check.schema.iter_errors(plain(value)), None)
    except Unresolvable as unresolved:
        raise StartInputError(f"The schema of {check.variable} refers to what is not there: {unresolved}") from None
    if error is not None:
        raise StartInputError(f"{check.variable} does not fit its schema: {error.message}")


START = NodeType("start", load=read, run=run)

ABOUT = NodeAbout(
    kind="start",
    family="io",
    icon="LogIn",
    title=Words("Start", "开始", "開始"),
    description=Words("Asks for the inputs of a run.", "收集一次运行所需的输入。", "実行に必要な入力を受け取ります。"),
    outputs_from=(OutputsFrom("variables", "variable", "type"),),
    runs_alone=True,
)
