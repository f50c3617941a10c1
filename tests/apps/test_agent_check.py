"""What is said of agents in app files before they run."""

import json

import pytest

from tests.server.agents import AGENT_CHATFLOW, CALLING, agent_app
from treadle.apps.check import check_file


def test_agents_that_can_run_are_no_problem() -> None:
    assert check_file(CALLING).problems == []
    assert check_file(AGENT_CHATFLOW).problems == []


def test_a_strategy_that_is_not_installed_is_a_warning() -> None:
    file = json.loads(AGENT_CHATFLOW)
    file["workflow"]["graph"]["nodes"][1]["data"]["agent_strategy_provider_name"] = "acme/x/x"
    (problem,) = check_file(json.dumps(file, ensure_ascii=False)).problems
    assert (problem.severity, problem.node, problem.field) == ("warning", "work", "agent_strategy_name")
    assert problem.message == (
        'The node "work": The strategy "function_calling" of "acme/x/x" is not installed. Choose function_calling or '
        "ReAct. Until then the node fails when it runs."
    )


def test_an_unknown_strategy_of_an_app_is_an_error() -> None:
    (problem,) = check_file(agent_app(strategy="magic")).problems
    assert problem.severity == "error"
    assert 'but is "magic"' in problem.message


@pytest.mark.parametrize("agent_mode", [{"prompt": ""}, {"tools": None}, {"max_iteration": None}, {"strategy": None}])
def test_what_old_editors_wrote_for_nothing_is_read(agent_mode: dict[str, object]) -> None:
    assert check_file(agent_app(agent_mode=agent_mode)).problems == []


def test_parameters_may_be_an_empty_list() -> None:
    tool = {
        "enabled": True,
        "provider_type": "builtin",
        "provider_id": "time",
        "tool_name": "weekday",
        "tool_parameters": [],
    }
    assert check_file(agent_app(tool)).problems == []


def test_what_a_node_lacks_is_a_warning() -> None:
    file = json.loads(AGENT_CHATFLOW)
    file["workflow"]["graph"]["nodes"][1]["data"]["agent_parameters"] = {"query": {"type": "constant", "value": ""}}
    problems = check_file(json.dumps(file, ensure_ascii=False)).problems
    assert [(problem.severity, problem.field) for problem in problems] == [
        ("warning", "agent_parameters.model"),
        ("warning", "agent_parameters.query"),
        ("warning", "agent_parameters.tools"),
    ]
