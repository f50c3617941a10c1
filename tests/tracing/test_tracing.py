"""Runs that are sent to tracing services: what arrives, what waits, and who may say so."""

import pytest

from tests.doubles.langfuse import Langfuse
from tests.doubles.otlp import OtlpCollector
from tests.server.app_files import answer, chat, chatflow, failing, llm, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import MadeApp, Workbench, eventually
from tests.server.http_client import JsonMap
from treadle.platform.refusals import InvalidParam
from treadle.tracing.otlp import address, headers_of


def state_of(console: Console, app: MadeApp) -> JsonMap:
    return dict(console.get(f"/apps/{app.id}/trace").json())


def set_up(console: Console, app: MadeApp, provider: str, **config: str) -> None:
    made = console.post(f"/apps/{app.id}/trace-config", {"tracing_provider": provider, "tracing_config": config})
    assert made.status_code == 201, made.text


def use_langfuse(console: Console, app: MadeApp, double: Langfuse) -> None:
    set_up(console, app, "langfuse", host=double.url, public_key=double.public_key, secret_key=double.secret_key)


def test_a_chatflow_is_a_trace_with_spans_and_a_generation_on_langfuse(any_workbench: Workbench) -> None:
    bench, console = any_workbench, console_of(any_workbench)
    nodes = (start(to="ask"), llm("ask", "Say something", to="answer"), answer("{{#ask.text#}}"))
    app = bench.import_app(chatflow(*nodes, name="Fused"))
    with Langfuse().in_thread() as double:
        use_langfuse(console, app, double)
        api = bench.api(app, user="reader-7")
        said = api.chat("hello").json()
        eventually(lambda: state_of(console, app)["sent"] == 1, "the run is sent")
        assert double.take_violations() == []
    trace = double.traces[said["message_id"]]
    assert (trace["name"], trace["userId"], trace["sessionId"]) == ("message", "reader-7", said["conversation_id"])
    assert (trace["tags"], trace["output"]) == (["message", "workflow"], said["answer"])
    (flow,) = double.children(said["message_id"])
    assert (flow["name"], flow["type"]) == ("workflow", "SPAN")
    spans = double.children(str(flow["id"]))
    assert [span["name"] for span in spans] == ["start", "llm", "answer"]
    (generation,) = double.children(str(spans[1]["id"]))
    usage = said["metadata"]["usage"]
    assert (generation["type"], generation["model"]) == ("GENERATION", "stub")
    told = generation["usage"]
    assert isinstance(told, dict)
    assert (told["input"], told["output"]) == (usage["prompt_tokens"], usage["completion_tokens"])


def test_a_chat_app_is_a_message_with_its_model_call(workbench: Workbench) -> None:
    console = console_of(workbench)
    app = workbench.import_app(chat(name="Basic traced"))
    with Langfuse().in_thread() as double:
        use_langfuse(console, app, double)
        said = workbench.api(app).chat("hello").json()
        eventually(lambda: state_of(console, app)["sent"] == 1, "the run is sent")
        assert double.take_violations() == []
    assert double.traces[said["message_id"]]["tags"] == ["message", "chat"]
    (generation,) = double.children(said["message_id"])
    assert (generation["name"], generation["type"], generation["output"]) == ("llm", "GENERATION", said["answer"])


def test_a_failed_workflow_is_an_error_for_any_collector(workbench: Workbench) -> None:
    console = console_of(workbench)
    app = workbench.import_app(workflow(start(to="boom"), failing(), name="Breaks"))
    with OtlpCollector(headers={"x-key": "a,b"}).in_thread() as collector:
        set_up(console, app, "otlp", endpoint=collector.url, headers="x-key=a%2Cb")
        workbench.api(app).run()
        eventually(lambda: len(collector.spans) == 3, "workflow, start and code")
        assert collector.take_violations() == []
    root, begun, broken = collector.spans
    assert (root.name, root.failed, root.parent_id) == ("workflow", True, None)
    assert (begun.name, begun.failed, begun.parent_id) == ("start", False, root.span_id)
    assert (broken.name, broken.failed, broken.attributes["node.id"]) == ("code", True, "boom")
    assert "the machine broke" in broken.status_message
    assert root.resource == {"service.name": "treadle"}


def test_what_a_service_refused_is_sent_once_its_key_works_again(
    workbench: Workbench,
) -> None:
    console = console_of(workbench)
    app = workbench.import_app(chat(name="Survives"))
    with Langfuse().in_thread() as double:
        use_langfuse(console, app, double)
        double.secret_key = "changed"
        said = [workbench.api(app).chat(f"hello {number}").json()["message_id"] for number in range(2)]
        eventually(lambda: state_of(console, app)["failures"] > 0, "the service refuses the key")
        assert "credentials" in state_of(console, app)["last_error"]
        double.secret_key = "sk-lf-double"
        workbench.change("UPDATE tracing_jobs SET due_at = 0 WHERE app_id = :app", app=app.id)
        eventually(lambda: state_of(console, app)["sent"] == 2, "both are sent")
        double.take_violations()
    assert set(said) == set(double.traces)
    assert state_of(console, app)["waiting"] == 0


def test_only_administrators_of_the_workspace_change_tracing(workbench: Workbench) -> None:
    app = workbench.import_app(chat(name="Guarded"))
    path, config = f"/apps/{app.id}/trace", f"/apps/{app.id}/trace-config"
    editor = console_of(workbench, role="editor")
    assert editor.get(path).status_code == 200
    assert editor.post(path, {"enabled": True}).status_code == 403
    assert editor.call("DELETE", config, params={"tracing_provider": "otlp"}).status_code == 403
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Elsewhere").id)
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, {"enabled": True}).status_code == 404
    admin = console_of(workbench)
    refused = admin.post(path, {"enabled": True})
    assert (refused.status_code, "credentials" in refused.json()["message"]) == (400, True)
    assert admin.get(config, tracing_provider="nothing").status_code == 400
    odd = {"tracing_provider": "otlp", "tracing_config": {"endpoint": "http://127.0.0.1:1", "colour": "red"}}
    assert "colour" in admin.post(config, odd).json()["message"]


def test_removing_the_service_in_use_turns_tracing_off(workbench: Workbench) -> None:
    console = console_of(workbench)
    app = workbench.import_app(chat(name="Removed"))
    with OtlpCollector().in_thread() as collector:
        set_up(console, app, "otlp", endpoint=collector.origin)
    assert state_of(console, app)["enabled"]
    gone = console.call("DELETE", f"/apps/{app.id}/trace-config", params={"tracing_provider": "otlp"})
    assert gone.status_code == 200
    state = state_of(console, app)
    assert (state["enabled"], state["tracing_provider"], state["configured"]) == (False, None, [])


def test_addresses_and_headers_of_collectors() -> None:
    assert address("http://c:4318") == "http://c:4318/v1/traces"
    assert address("https://c/api/otel/") == "https://c/api/otel/v1/traces"
    assert address("https://c/v1/traces") == "https://c/v1/traces"
    assert headers_of("a=1, b=Bearer%20x,") == {"a": "1", "b": "Bearer x"}
    with pytest.raises(InvalidParam):
        headers_of("no equals sign")
