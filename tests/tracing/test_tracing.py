"""Runs that are sent to tracing services: what arrives, what waits, and who may say so."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.conformance.test_models_and_tools_tracing import keep_langsmith
from tests.doubles.langfuse import Langfuse
from tests.doubles.langsmith import LangSmith
from tests.doubles.otlp import OtlpCollector
from tests.server.app_files import answer, chat, chatflow, end, failing, llm, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import MadeApp, Workbench, eventually
from tests.server.http_client import JsonMap
from treadle.platform.refusals import InvalidParam
from treadle.tracing.otlp import Collector, address, headers_of
from treadle.tracing.server_export import ServerExport


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


OTLP_SERVICES = {
    "opik": (
        {"api_key": "key-1", "project": "shop", "workspace": "acme", "url": ""},
        "/v1/private/otel/v1/traces",
        {"Authorization": "key-1", "Comet-Workspace": "acme", "projectName": "shop"},
        {},
    ),
    "weave": (
        {"api_key": "key-1", "entity": "acme", "project": "shop", "endpoint": ""},
        "/otel/v1/traces",
        {"Authorization": "Basic YXBpOmtleS0x", "project_id": "acme/shop"},
        {"wandb.entity": "acme", "wandb.project": "shop"},
    ),
    "phoenix": (
        {"api_key": "key-1", "project": "shop", "endpoint": ""},
        "/v1/traces",
        {"Authorization": "Bearer key-1"},
        {"openinference.project.name": "shop"},
    ),
    "arize": (
        {"api_key": "key-1", "space_id": "U3BhY2U6MTo=", "project": "shop", "endpoint": ""},
        "/v1/traces",
        {"arize-space-id": "U3BhY2U6MTo=", "arize-api-key": "key-1"},
        {"openinference.project.name": "shop"},
    ),
}
"""The form of a service, and what its documents say an export must carry: path, headers, resource."""


@pytest.mark.parametrize("provider", OTLP_SERVICES)
def test_each_service_gets_what_its_documents_ask_for(workbench: Workbench, provider: str) -> None:
    form, path, headers, resource = OTLP_SERVICES[provider]
    console = console_of(workbench)
    app = workbench.import_app(chatflow(start(to="ask"), llm("ask", "Hi", to="answer"), answer("{{#ask.text#}}")))
    collector = OtlpCollector(path=path, headers=headers, resource=resource, binary=True)
    with collector.in_thread():
        own = next(name for name in ("url", "endpoint") if name in form)
        wrong = {"tracing_provider": provider, "tracing_config": {**form, own: collector.origin, "api_key": "other"}}
        assert "credentials" in console.post(f"/apps/{app.id}/trace-config", wrong).json()["message"]
        collector.take_violations()
        set_up(console, app, provider, **{**form, own: collector.origin})
        workbench.api(app).chat("hello")
        eventually(lambda: len(collector.spans) == 5, "message, workflow and three nodes")
        assert collector.take_violations() == []
    root, flow, _, asked, _ = collector.spans
    assert (root.name, flow.parent_id, asked.parent_id) == ("message", root.span_id, flow.span_id)
    kinds = [
        (span.attributes["gen_ai.span.kind"], span.attributes["openinference.span.kind"]) for span in (flow, asked)
    ]
    assert kinds == [("TASK", "CHAIN"), ("LLM", "LLM")]
    assert asked.attributes["gen_ai.usage.total_tokens"] == (
        asked.attributes["gen_ai.usage.input_tokens"] + asked.attributes["gen_ai.usage.output_tokens"]
    )


def moderated_chat(name: str) -> str:
    return chat(
        name=name,
        suggested_questions_after_answer={"enabled": True},
        sensitive_word_avoidance={
            "enabled": True,
            "type": "keywords",
            "config": {
                "keywords": "forbidden",
                "inputs_config": {"enabled": True, "preset_response": "Not that."},
                "outputs_config": {"enabled": False, "preset_response": ""},
            },
        },
    )


def test_moderation_suggestions_and_titles_are_spans_on_langfuse(any_workbench: Workbench) -> None:
    bench, console = any_workbench, console_of(any_workbench)
    app = bench.import_app(moderated_chat("Asides"))
    with Langfuse().in_thread() as double:
        use_langfuse(console, app, double)
        api = bench.api(app, user="reader-8")
        said = api.chat("hello").json()
        api.get(f"/messages/{said['message_id']}/suggested", user=api.user)
        stopped = api.chat("this is forbidden").json()
        api.post(f"/conversations/{said['conversation_id']}/name", {"auto_generate": True, "user": api.user})
        names = ["generate_conversation_name", "message", "message"]
        eventually(lambda: sorted(str(trace["name"]) for trace in double.traces.values())[-3:] == names, "all is sent")
        eventually(lambda: len(double.children(said["message_id"])) == 3, "what belongs to the message")
        eventually(lambda: bool(double.children(stopped["message_id"])), "the check that stopped")
        assert double.take_violations() == []
    by_name = {str(child["name"]): child for child in double.children(said["message_id"])}
    assert sorted(by_name) == ["llm", "moderation", "suggested_question"]
    check, suggested = by_name["moderation"], by_name["suggested_question"]
    assert (check["type"], check["output"]["flagged"]) == ("SPAN", False)
    assert (suggested["type"], suggested["usage"]["unit"]) == ("GENERATION", "CHARACTERS")
    (refused,) = [child for child in double.children(stopped["message_id"]) if child["name"] == "moderation"]
    assert refused["output"]["flagged"] is True
    assert refused["output"]["preset_response"] == "Not that."
    assert refused["metadata"]["query"] == "this is forbidden"
    title = next(trace for trace in double.traces.values() if trace["name"] == "generate_conversation_name")
    assert title["sessionId"] == said["conversation_id"]


def test_asides_hang_below_their_message_on_langsmith(workbench: Workbench) -> None:
    app = workbench.import_app(moderated_chat("Asides of LangSmith"))
    with LangSmith().in_thread() as double:
        keep_langsmith(workbench, app, double)
        api = workbench.api(app)
        said = api.chat("hello").json()
        api.get(f"/messages/{said['message_id']}/suggested", user=api.user)
        eventually(lambda: len(double.children(said["message_id"])) == 3, "check, model call and suggestions")
        assert double.take_violations() == []
    (root,) = [run for run in double.runs.values() if run["id"] == said["message_id"]]
    for run in double.children(said["message_id"]):
        assert str(run["dotted_order"]).startswith(f"{root['dotted_order']}.")
        assert (run["run_type"] == "tool") == (run["name"] in ("moderation", "suggested_question"))


def test_the_whole_server_sends_to_one_collector_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    """While the collector is down runs end; the server dies, starts again, and sends each of them once."""
    with OtlpCollector(headers={"Authorization": "Bearer k", "x-team": "one"}, binary=True).in_thread() as collector:
        environment = {
            "ENABLE_OTEL": "true",
            "OTLP_BASE_ENDPOINT": collector.origin,
            "OTLP_API_KEY": "k",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=two",
            "OTEL_SERVICE_NAME": "shop",
        }
        with running_workbench(tmp_path, environment) as bench:
            app = bench.import_app(workflow(start(to="end"), end(), name="Counted"))
            own = bench.import_app(chat(name="Sent twice"))
            with Langfuse().in_thread() as double:
                use_langfuse(console_of(bench), own, double)
                said = bench.api(own).chat("hello").json()
                eventually(lambda: said["message_id"] in double.traces, "its own service has it too")
            runs = {bench.api(app).run().json()["workflow_run_id"] for _ in range(5)}
            waiting = "SELECT run_id FROM tracing_jobs WHERE target = 'server'"
            assert runs < {row[0] for row in bench.rows(waiting)}
            bench.server.kill()
            bench.server.environment["OTEL_EXPORTER_OTLP_HEADERS"] = "x-team=one"
            bench.change("UPDATE tracing_jobs SET due_at = 0")
            collector.take_violations()
            bench.server.start()
            eventually(lambda: bench.rows(waiting) == [], "nothing waits any more")
            assert collector.take_violations() == []
    roots = [span for span in collector.spans if span.parent_id is None]
    assert sorted(span.name for span in roots if span.name != "generate_conversation_name") == [
        "message", *["workflow"] * 5
    ]  # fmt: skip
    assert {span.resource["service.name"] for span in collector.spans} == {"shop"}


def test_a_part_of_the_runs_is_sampled_by_their_ids() -> None:
    export = ServerExport(Collector("http://c/v1/traces"), 0.25)
    taken = sum(export.wants(str(uuid4())) for _ in range(2000))
    assert 380 < taken < 620
    assert not ServerExport(Collector("http://c/v1/traces"), 0.0).wants("any")
    assert all(ServerExport(Collector("http://c/v1/traces"), 1.0).wants(str(uuid4())) for _ in range(100))


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
