"""The if-else node: the first case that holds chooses the way on (workflow-nodes §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import AliasChoices, Field

from treadle.engine.errors import NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, Output, Words
from .conditions import Condition, evaluate
from .config import NodeConfig, load

ELSE = "false"


class Case(NodeConfig):
    """Conditions that lead to the handle `case_id`."""

    case_id: str = Field(validation_alias=AliasChoices("case_id", "id"))
    logical_operator: Literal["and", "or"] = "and"
    conditions: tuple[Condition, ...] = Field(default=(), json_schema_extra={"ui": "conditions"})


class IfElseConfig(NodeConfig):
    """IF, then ELIF cases in order. Conditions beside `cases` are an older form, used when there are no cases."""

    cases: tuple[Case, ...] = Field(default=(), json_schema_extra={"ui": "cases"})
    logical_operator: Literal["and", "or"] = Field(default="and", json_schema_extra={"ui": "hidden"})
    conditions: tuple[Condition, ...] = Field(default=(), json_schema_extra={"ui": "hidden"})


@dataclass(frozen=True, slots=True)
class IfElse:
    """An if-else node ready to run; each case with its settings as they are logged."""

    cases: tuple[tuple[Case, dict[str, Value]], ...]


def read(data: Mapping[str, JsonValue]) -> IfElse:
    """Raises GraphProblem."""
    config = load(IfElseConfig, data)
    cases = config.cases or (
        Case(case_id="true", logical_operator=config.logical_operator, conditions=config.conditions),
    )
    return IfElse(tuple((case, _logged(case)) for case in cases))


def _logged(case: Case) -> dict[str, Value]:
    return {
        "case_id": case.case_id,
        "logical_operator": case.logical_operator,
        "conditions": [
            {
                "variable_selector": list[Value](condition.variable_selector),
                "comparison_operator": condition.comparison_operator,
                "value": list[Value](condition.value) if isinstance(condition.value, list) else condition.value,
            }
            for condition in case.conditions
        ],
    }


async def run(ctx: NodeContext, node: IfElse) -> NodeResult:
    """Raises VariableNotFoundError and the errors of comparisons, with what was evaluated until then."""
    evaluated: list[Value] = []
    groups: list[Value] = []
    result = NodeResult(inputs={"conditions": evaluated}, process_data={"condition_results": groups})
    selected = ELSE
    for case, logged in node.cases:
        evaluated.clear()
        results: list[Value] = []
        try:
            holds = _holds(ctx.pool, case, evaluated, results)
        except NodeError as error:
            raise NodeFailure(result) from error
        groups.append({"group": logged, "results": results, "final_result": holds})
        if holds:
            selected = case.case_id
            result.outputs = {"result": True, "selected_case_id": selected}
            result.handle = selected
            return result
    result.outputs = {"result": False, "selected_case_id": selected}
    result.handle = selected
    return result


def _holds(pool: VariablePool, case: Case, evaluated: list[Value], results: list[Value]) -> bool:
    """Stops at the first condition that decides; later ones may name variables that do not exist."""
    decides = case.logical_operator == "or"
    for condition in case.conditions:
        holds, actual, expected = evaluate(pool, condition)
        evaluated.append(
            {
                "actual_value": actual,
                "expected_value": expected,
                "comparison_operator": condition.comparison_operator,
            }
        )
        results.append(holds)
        if holds is decides:
            return decides
    return not decides


IF_ELSE = NodeType("if-else", load=read, run=run, branching=True)

ABOUT = NodeAbout(
    kind="if-else",
    family="logic",
    icon="GitBranch",
    title=Words("If/Else", "条件分支", "条件分岐"),
    description=Words(
        "Goes on where the first condition holds.", "沿第一个成立的条件继续。", "最初に成り立つ条件の先へ進みます。"
    ),
    outputs=(
        Output("result", "boolean"),
        Output("selected_case_id", "string"),
    ),
    runs_alone=True,
)
