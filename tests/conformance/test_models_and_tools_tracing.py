"""Models and tools, case by case (spec models-and-tools §9): tracing."""

from collections.abc import Iterator

import pytest

from tests.doubles.langfuse import Langfuse
from tests.doubles.langsmith import LangSmith
from tests.doubles.otlp import OtlpCollector
from tests.server.app_files import answer, chat, chatflow, end, llm, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import MadeApp, Workbench, eventually
from tests.server.http_client import JsonMap
from treadle.platform.crypto import mask_secret
from treadle.server.services import Services
from treadle.tracing.service import TRACING_TOPIC
from treadle.tracing.tables import AppTracing, TracingConfig

LANGSMITH = "langsmith"


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    with Langfuse().in_thread() as double:
        yield double


@pytest.fixture
def langsmith() -> Iterator[LangSmith]:
    with LangSmith().in_thread() as double:
        yield double


@pytest.fixture
def otlp_collector() -> Iterator[OtlpCollector]:
    with OtlpCollector().in_thread() as double:
        yield double


def state_of(console: Console, app: MadeApp) -> JsonMap:
    return dict(console.get(f"/apps/{app.id}/trace").json())


def set_up(console: Console, app: MadeApp, provider: str, **config: str) -> None:
    body = {"tracing_provider": provider, "tracing_config": config}
    made = console.post(f"/apps/{app.id}/trace-config", body)
    assert made.status_code == 201, made.text


def use_langfuse(console: Console, app: MadeApp, langfuse: Langfuse) -> None:
    keys = {"public_key": langfuse.public_key, "secret_key": langfuse.secret_key}
    set_up(console, app, "langfuse", host=langfuse.url, **keys)


def keep_langsmith(bench: Workbench, app: MadeApp, langsmith: LangSmith) -> None:
    """As if it had been set up: the form takes https alone, and the double has none."""
    config = {"api_key": langsmith.key, "project": "shop", "endpoint": langsmith.url}

    async def keep(services: Services) -> None:
        workspace = (await services.accounts.only_workspace()).id
        sealed = services.tracing.sealed(app.id, LANGSMITH, config)
        row = TracingConfig(app_id=app.id, provider=LANGSMITH, workspace_id=workspace, config=sealed)
        row.project_url, row.created_at, row.updated_at = "", 1, 1
        state = AppTracing(app_id=app.id, workspace_id=workspace, enabled=True, provider=LANGSMITH)
        state.sent = state.failures = state.missed = 0
        async with services.db.transaction() as session:
            session.add_all([row, state])

    bench.with_services(keep)
    bench.bump(TRACING_TOPIC)


def test_case_77_a_key_with_stars_keeps_the_stored_one_and_http_is_refused(
    workbench: Workbench, langsmith: LangSmith, langfuse: Langfuse
) -> None:
    console = console_of(workbench)
    app = workbench.import_app(chat(name="Keys"))
    path = f"/apps/{app.id}/trace-config"
    refused = console.post(
        path,
        {
            "tracing_provider": LANGSMITH,
            "tracing_config": {"api_key": "k", "project": "p", "endpoint": langsmith.url},
        },
    )
    assert refused.status_code == 400
    assert "https://" in refused.json()["message"]
    use_langfuse(console, app, langfuse)
    masked = mask_secret(langfuse.secret_key)
    shown = console.get(path, tracing_provider="langfuse").json()
    assert shown["tracing_config"]["secret_key"] == masked
    assert shown["project_url"] == f"{langfuse.url}/project/project-double"
    again = {"public_key": langfuse.public_key, "secret_key": masked, "host": langfuse.url}
    changed = console.change(path, {"tracing_provider": "langfuse", "tracing_config": again})
    assert changed.status_code == 200, changed.text
    again["secret_key"] = "wrong"
    wrong = console.change(path, {"tracing_provider": "langfuse", "tracing_config": again})
    assert wrong.status_code == 400
    assert "credentials" in wrong.json()["message"]
    assert console.get(path, tracing_provider="langfuse").json()["tracing_config"]["secret_key"] == masked
    assert langfuse.secret_key not in str(workbench.rows("SELECT * FROM tracing_configs"))
    langfuse.take_violations()


def test_case_78_a_chatflow_is_a_message_with_its_workflow_and_nodes_on_langsmith(
    workbench: Workbench, langsmith: LangSmith
) -> None:
    app = workbench.import_app(
        chatflow(start(to="ask"), llm("ask", "Say something", to="answer"), answer("{{#ask.text#}}"), name="Traced")
    )
    keep_langsmith(workbench, app, langsmith)
    said = workbench.api(app).chat("hello there").json()
    eventually(lambda: len(langsmith.runs) == 5, "message, workflow and three nodes")
    (message,) = langsmith.children(None)
    assert (message["id"], message["name"], message["run_type"]) == (said["message_id"], "message", "chain")
    assert (message["tags"], message["session_name"]) == (["message", "workflow"], "shop")
    (flow,) = langsmith.children(str(message["id"]))
    assert (flow["name"], flow["run_type"], flow["trace_id"]) == ("workflow", "tool", message["id"])
    nodes = langsmith.children(str(flow["id"]))
    assert [(node["name"], node["run_type"]) for node in nodes] == [
        ("start", "tool"),
        ("llm", "llm"),
        ("answer", "tool"),
    ]
    assert langsmith.take_violations() == []


def test_case_79_a_service_that_is_down_costs_the_answer_nothing_and_is_counted(workbench: Workbench) -> None:
    console = console_of(workbench)
    app = workbench.import_app(chat(name="Down"))
    with OtlpCollector().in_thread() as collector:
        set_up(console, app, "otlp", endpoint=collector.url)
    assert workbench.api(app).chat("hello").status_code == 200
    eventually(lambda: state_of(console, app)["failures"] == 1, "the failure is counted")
    state = state_of(console, app)
    assert (state["waiting"], state["missed"], state["sent"]) == (1, 0, 0)
    assert "could not be reached" in state["last_error"]
    console.post(f"/apps/{app.id}/trace", {"enabled": False})
    assert state_of(console, app)["waiting"] == 0


def test_case_80_nothing_is_exported_unless_it_was_set_up(workbench: Workbench, otlp_collector: OtlpCollector) -> None:
    app = workbench.import_app(workflow(start(to="end"), end()))
    console = console_of(workbench)
    assert workbench.api(app).run().status_code == 200
    state = state_of(console, app)
    assert (state["enabled"], state["configured"], state["waiting"], state["sent"]) == (False, [], 0, 0)
    assert otlp_collector.requests == []
