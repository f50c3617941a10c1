"""The numbered cases of spec workflow-engine about workflows that are called as tools."""

from uuid import uuid4

from tests.server.app_files import end, start, template, text_input, workflow
from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.tools.test_workflow_tools import (
    GREETER,
    caller_of,
    make_tool,
    pass_a_file,
    republish,
    run,
    shown,
    tool_node,
    update,
)

GREETER_WITH_TITLE = workflow(
    start(text_input("who", required=True), text_input("title", required=True), to="hello"),
    template("hello", "Hello {{ title }} {{ who }}", who="start.who", title="start.title", to="end"),
    end(greeting="hello.output"),
)


def test_case_63_a_workflow_that_calls_itself_ends_with_an_error(any_workbench: Workbench) -> None:
    bench, name = any_workbench, f"self_{uuid4().hex[:8]}"
    app = bench.import_app(workflow(start(to="end"), end()))
    tool = make_tool(console_of(bench), app.id, name=name)
    republish(bench, app, workflow(start(to="tool"), tool_node(tool["workflow_tool_id"], name), end(text="tool.text")))
    assert update(console_of(bench), tool).status_code == 200
    data = run(bench, app)
    assert data["status"] == "failed"
    assert f"Workflows call each other more than 5 deep; does {name} call itself?" in data["error"]
    # The outermost run, and the five that called each other.
    assert bench.rows("SELECT count(*) FROM runs WHERE app_id = :id", id=app.id) == [(6,)]


def test_case_73_a_tool_keeps_its_version_until_it_is_updated(any_workbench: Workbench) -> None:
    bench = any_workbench
    console = console_of(bench)
    inner = bench.import_app(GREETER)
    tool = make_tool(console, inner.id, "who")
    caller = bench.import_app(caller_of(tool["workflow_tool_id"], tool["name"], who="Bo"))
    republish(bench, inner, GREETER_WITH_TITLE)
    assert shown(console, tool["workflow_tool_id"])["synced"] is False
    assert run(bench, caller)["outputs"]["json"] == [{"greeting": "Hello Boé", "text": "Hello Boé"}]
    refused = update(console, tool, "who")
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "The workflow asks for title, which the tool lacks; open the tool and save it again.",
    )
    assert update(console, tool, "who", "title").status_code == 200
    assert shown(console, tool["workflow_tool_id"])["synced"] is True
    failed = run(bench, caller)
    assert 'The parameter "title" of the tool is required' in failed["error"]


def test_case_74_outputs_with_a_file(workbench: Workbench) -> None:
    pass_a_file(workbench)
