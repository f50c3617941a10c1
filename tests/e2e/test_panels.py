"""The panels of nodes: one field of every node type is edited as a person does it, and the saved draft has it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site

Edit = Callable[[Locator], None]


def typed(label: str, text: str) -> Edit:
    """Writes into a field; at its end, as editors keep what they have."""

    def edit(panel: Locator) -> None:
        field = panel.get_by_label(label, exact=True).locator("visible=true").last
        expect(field).not_to_have_attribute("aria-busy", "true")
        field.click()
        field.press("ControlOrMeta+a")
        field.press_sequentially(text)

    return edit


def chosen(label: str, option: str) -> Edit:
    return lambda panel: panel.get_by_label(label, exact=True).select_option(option) and None


def switched(label: str) -> Edit:
    return lambda panel: panel.get_by_role("switch", name=label, exact=True).click()


def picked(label: str, option: str) -> Edit:
    """One of a few choices in sight."""
    return lambda panel: (
        panel.get_by_role("radiogroup", name=label, exact=True).get_by_role("radio", name=option, exact=True).click()
    )


def pressed(label: str) -> Edit:
    return lambda panel: panel.get_by_role("button", name=label, exact=True).click()


def variable(label: str, search: str) -> Edit:
    """Opens a box, searches, takes the first."""

    def edit(panel: Locator) -> None:
        panel.get_by_role("button", name=label, exact=True).first.click()
        box = panel.page.get_by_role("combobox", name="Search variables")
        box.fill(search)
        box.press("Enter")

    return edit


def condition(panel: Locator) -> None:
    panel.get_by_role("button", name="Add a condition").click()
    box = panel.page.get_by_role("combobox", name="Search variables")
    box.fill("word")
    box.press("Enter")


def mail(panel: Locator) -> None:
    switched("By mail")(panel)


EDITS: dict[str, tuple[Edit, Callable[[dict[str, Any]], Any], Any]] = {
    "start": (pressed("Add an input"), lambda data: data["variables"][-1]["variable"], "input"),
    "answer": (typed("Answer", "Hello"), lambda data: data["answer"], "Hello"),
    "llm": (typed("Message 1, System", "Be kind"), lambda data: data["prompt_template"][0]["text"], "Be kind"),
    "knowledge-retrieval": (
        picked("How they are ranked", "By weights"),
        lambda data: data["multiple_retrieval_config"]["reranking_mode"],
        "weighted_score",
    ),
    "question-classifier": (typed("Class 1", "Praise"), lambda data: data["classes"][0]["name"], "Praise"),
    "if-else": (
        condition,
        lambda data: data["cases"][0]["conditions"][0]["variable_selector"],
        ["start", "word"],
    ),
    "code": (typed("Name of the output", "total\n"), lambda data: [*data["outputs"]], ["total"]),
    "template-transform": (typed("Template", "Hi"), lambda data: data["template"], "Hi"),
    "http-request": (typed("Address", "http://example.com"), lambda data: data["url"], "http://example.com"),
    "variable-aggregator": (variable("Add a variable", "word"), lambda data: data["variables"], [["start", "word"]]),
    "assigner": (
        lambda panel: (
            pressed("Add an assignment")(panel),
            chosen("Operation", "clear")(panel),
        )[0],
        lambda data: data["items"][0]["operation"],
        "clear",
    ),
    "parameter-extractor": (pressed("Add a value"), lambda data: data["parameters"][0]["name"], "value"),
    "document-extractor": (
        variable("Documents", "papers"),
        lambda data: [data["variable_selector"], data["is_array_file"]],
        [["start", "papers"], True],
    ),
    "list-operator": (switched("Sort"), lambda data: data["order_by"]["enabled"], True),
    "iteration": (
        chosen("When a round fails", "continue-on-error"),
        lambda data: data["error_handle_mode"],
        "continue-on-error",
    ),
    "loop": (pressed("Add a variable"), lambda data: data["loop_variables"][0]["label"], "value"),
    "loop-end": (typed("Title of the step", "Enough"), lambda data: data["title"], "Enough"),
    "agent": (picked("Strategy", "ReAct"), lambda data: data["agent_strategy_name"], "ReAct"),
    "tool": (pressed("Choose a tool"), lambda data: data["tool_name"], "current_time"),
    "human-input": (switched("By mail"), lambda data: data["delivery_methods"][0]["type"], "email"),
    "end": (pressed("Add a result"), lambda data: data["outputs"][0]["variable"], "result"),
    "trigger-webhook": (chosen("Method", "put"), lambda data: data["method"], "put"),
    "trigger-schedule": (picked("How often", "Weekly"), lambda data: data["frequency"], "weekly"),
    "trigger-plugin": (typed("Event", "opened"), lambda data: data["event_name"], "opened"),
}
"""By node type: what is done in its panel, what is then looked at in its data, and what that is."""

INSIDE = {"loop-end": "loop"}
NEVER_OPENED = {"iteration-start", "loop-start", "variable-assigner"}


def graph_of(types: list[dict[str, Any]]) -> dict[str, Any]:
    """A start and a node of each type behind it, all as new ones are."""
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    kinds = {each["type"] for each in types}
    for at, each in enumerate(types):
        kind = each["type"]
        data = {**each["defaults"], "type": kind, "title": kind}
        if kind == "start":
            data["variables"] = [
                {"variable": "word", "label": "Word", "type": "text-input", "required": True},
                {"variable": "papers", "label": "Papers", "type": "file-list", "required": False},
            ]
        node = {"id": kind.replace("-", "_"), "type": "custom", "data": data, "position": {"x": 300 * at, "y": 0}}
        if kind in INSIDE:
            node |= {"parentId": INSIDE[kind], "position": {"x": 60, "y": 60}}
            data |= {"isInLoop": True, "loop_id": INSIDE[kind]}
        elif kind != "start" and not kind.startswith("trigger-") and "start" in kinds:
            edges.append({"id": f"e{at}", "source": "start", "target": node["id"]})
        nodes.append(node)
    return {"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}}


def app_with_every_node(site: Site, page: Page, mode: str) -> tuple[Canvas, list[str]]:
    canvas = Canvas(site, page).create(mode, f"Every node, {mode}")
    types = canvas.call("GET", "/workflow-node-types")["data"]
    used = [each for each in types if mode in each["modes"] and each["type"] not in NEVER_OPENED]
    if mode == "workflow":  # a workflow begins with a start or with triggers, and the other test has the start
        used = [each for each in used if each["type"] != "start"]
    canvas.save_draft({**canvas.draft(), "graph": graph_of(used)})
    return canvas, [each["type"] for each in used]


def open_panel(site: Site, page: Page, canvas: Canvas, kind: str) -> Locator:
    page.goto(f"{site.url}/app/{canvas.app_id}/workflow?node={kind.replace('-', '_')}")
    panel = page.locator(f"[data-node-panel={kind}]")
    expect(panel).to_be_visible()
    return panel


@pytest.mark.parametrize("mode", ["advanced-chat", "workflow"])
def test_a_field_of_every_node_type_is_edited_and_saved(site: Site, console: Page, mode: str) -> None:
    canvas, kinds = app_with_every_node(site, console, mode)
    only_here = [kind for kind in kinds if mode == "advanced-chat" or kind in ("end",) or kind.startswith("trigger-")]
    assert set(only_here) <= set(EDITS), "a node type has no edit in this test"
    for kind in only_here:
        panel = open_panel(site, console, canvas, kind)
        EDITS[kind][0](panel)
        if kind == "tool":
            search = console.get_by_label("Search tools")
            search.fill("current time")
            console.get_by_role("button", name="Current").first.click()
        canvas.until_saved()
    saved = {node["data"]["type"]: node["data"] for node in canvas.draft()["graph"]["nodes"]}
    assert {kind: EDITS[kind][1](saved[kind]) for kind in only_here} == {kind: EDITS[kind][2] for kind in only_here}


def test_a_renamed_input_is_renamed_where_it_is_read(site: Site, console: Page) -> None:
    canvas, _ = app_with_every_node(site, console, "advanced-chat")
    draft = canvas.draft()
    for node in draft["graph"]["nodes"]:
        if node["data"]["type"] == "answer":
            node["data"]["answer"] = "You said {{#start.word#}}."
    canvas.save_draft(draft)
    panel = open_panel(site, console, canvas, "start")
    panel.get_by_role("button", name="word Word").click()
    typed("Name of the variable", "phrase\n")(panel)
    canvas.until_saved()
    answer = next(node for node in canvas.draft()["graph"]["nodes"] if node["data"]["type"] == "answer")
    assert answer["data"]["answer"] == "You said {{#start.phrase#}}."
    panel.get_by_role("button", name="Remove phrase").click()
    expect(console.get_by_role("alertdialog", name="Remove phrase?")).to_contain_text("answer")


def test_a_variable_is_inserted_by_typing_a_slash(site: Site, console: Page) -> None:
    canvas, _ = app_with_every_node(site, console, "advanced-chat")
    panel = open_panel(site, console, canvas, "answer")
    typed("Answer", "Hi /wor")(panel)
    expect(console.locator(".cm-tooltip-autocomplete")).to_contain_text("word")
    console.keyboard.press("Enter")
    expect(panel.locator(".cm-token")).to_contain_text("word")
    console.keyboard.type("!")
    canvas.until_saved()
    answer = next(node for node in canvas.draft()["graph"]["nodes"] if node["data"]["type"] == "answer")
    assert answer["data"]["answer"] == "Hi {{#start.word#}}!"


def test_a_curl_command_becomes_the_request(site: Site, console: Page) -> None:
    canvas, _ = app_with_every_node(site, console, "advanced-chat")
    panel = open_panel(site, console, canvas, "http-request")
    panel.get_by_role("button", name="Import cURL").click()
    console.get_by_label("cURL command").fill(
        "curl 'https://api.example.com/v1?a=1' \\\n -H 'X-Kind: cloth' \\\n -d '{\"name\": \"twill\"}'"
    )
    console.get_by_role("button", name="Import", exact=True).click()
    canvas.until_saved()
    data = next(node["data"] for node in canvas.draft()["graph"]["nodes"] if node["data"]["type"] == "http-request")
    assert (data["method"], data["url"], data["headers"], data["params"]) == (
        "post",
        "https://api.example.com/v1",
        "X-Kind:cloth",
        "a:1",
    )
    assert (data["body"]["type"], data["body"]["data"][0]["value"]) == ("json", '{"name": "twill"}')


@pytest.mark.parametrize("kind", ["llm", "http-request", "if-else", "start"])
def test_a_panel_can_be_used_by_everybody(site: Site, console: Page, visitors: Visitors, kind: str) -> None:
    canvas, _ = app_with_every_node(site, console, "advanced-chat")
    open_panel(site, console, canvas, kind)
    expect(console.locator("[aria-busy=true]")).to_have_count(0)
    expect_accessible(console)
