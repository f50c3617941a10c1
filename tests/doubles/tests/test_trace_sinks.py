"""Official exporters and clients deliver to the tracing doubles."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
import langsmith as sdk
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode

from tests.doubles.langfuse import Langfuse
from tests.doubles.langsmith import LangSmith
from tests.doubles.otlp import OtlpCollector

NOW = "2024-05-01T09:00:00.000Z"


def export_two_spans(endpoint: str, headers: dict[str, str]) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "treadle"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint, headers=headers)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("chain") as chain:
        chain.set_attribute("gen_ai.usage.input_tokens", 7)
        chain.set_attribute("tags", ["a", "b"])
        with tracer.start_as_current_span("llm") as llm:
            llm.set_status(Status(StatusCode.ERROR, "no answer"))
    provider.shutdown()


def test_the_collector_reads_what_the_official_exporter_sends() -> None:
    with OtlpCollector(headers={"Authorization": "Bearer k"}).in_thread() as collector:
        export_two_spans(collector.url, {"Authorization": "Bearer k"})

    llm, chain = collector.spans
    assert (llm.name, llm.parent_id, llm.trace_id) == ("llm", chain.span_id, chain.trace_id)
    assert (llm.failed, llm.status_message, chain.failed) == (True, "no answer", False)
    assert chain.attributes == {"gen_ai.usage.input_tokens": 7, "tags": ["a", "b"]}
    assert chain.resource["service.name"] == "treadle"


async def test_the_collector_reads_json_with_hexadecimal_ids_and_refuses_rubbish() -> None:
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "run",
        "startTimeUnixNano": "1714554000000000000",
        "endTimeUnixNano": "1714554001000000000",
        "attributes": [{"key": "ok", "value": {"boolValue": True}}],
    }
    async with OtlpCollector() as collector, aiohttp.ClientSession() as http:
        for spans in ([span], [{**span, "spanId": "ee"}]):
            body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
            async with http.post(collector.url, json=body) as response:
                await response.read()
        async with http.post(collector.url, data=b"\xff", headers={"Content-Type": "text/plain"}) as response:
            assert response.status == 415
        assert len(collector.take_violations()) == 2

    [kept] = await collector.wait_spans()
    assert (kept.trace_id, kept.span_id, kept.parent_id) == (span["traceId"], span["spanId"], None)
    assert kept.attributes == {"ok": True}


def test_langfuse_and_langsmith_take_opentelemetry_too() -> None:
    with Langfuse().in_thread() as langfuse, LangSmith().in_thread() as langsmith:
        login = aiohttp.BasicAuth(langfuse.public_key, langfuse.secret_key).encode()
        export_two_spans(f"{langfuse.url}/api/public/otel/v1/traces", {"Authorization": login})
        export_two_spans(f"{langsmith.url}/otel/v1/traces", {"x-api-key": langsmith.key})

    assert [span.name for span in langfuse.spans] == [span.name for span in langsmith.spans] == ["llm", "chain"]


async def test_langfuse_merges_traces_and_observations() -> None:
    def event(kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"id": str(uuid4()), "type": kind, "timestamp": NOW, "body": body}

    usage = {"input": 3, "output": 4, "total": 7, "unit": "TOKENS", "totalCost": 0.1}
    batch = [
        event("trace-create", {"id": "t", "name": "message", "tags": ["message"], "sessionId": "c"}),
        event("span-create", {"id": "s", "traceId": "t", "name": "workflow", "startTime": NOW}),
        event("generation-create", {"id": "g", "traceId": "t", "parentObservationId": "s", "startTime": NOW}),
        event("generation-update", {"id": "g", "traceId": "t", "model": "m", "usage": usage, "endTime": NOW}),
        event("trace-create", {"id": "t", "output": "done"}),
        event("span-create", {"id": "x", "traceId": "t", "startTime": "yesterday"}),
        event("span-create", {"id": "y", "traceId": "t", "startTime": NOW, "level": "FATAL"}),
    ]
    async with Langfuse() as langfuse, aiohttp.ClientSession() as http:
        login = aiohttp.BasicAuth(langfuse.public_key, langfuse.secret_key)
        async with http.post(f"{langfuse.url}/api/public/ingestion", json={"batch": batch}, auth=login) as response:
            status, answer = response.status, await response.json()
        async with http.get(f"{langfuse.url}/api/public/projects", auth=login) as response:
            projects = await response.json()
        async with http.get(f"{langfuse.url}/api/public/projects") as response:
            unauthorised = response.status
        violations = langfuse.take_violations()

    assert (status, len(answer["successes"]), len(answer["errors"])) == (207, 5, 2)
    assert [error["id"] for error in answer["errors"]] == [batch[5]["id"], batch[6]["id"]]
    assert projects["data"][0]["id"] == "project-double"
    assert unauthorised == 401
    assert [violation.kind for violation in violations] == ["schema", "schema", "auth"]
    assert langfuse.traces["t"]["name"] == "message"
    assert langfuse.traces["t"]["output"] == "done"
    assert [item["id"] for item in langfuse.children("t")] == ["s"]
    [generation] = langfuse.children("s")
    assert (generation["type"], generation["model"], generation["usage"]) == ("GENERATION", "m", usage)


@pytest.mark.parametrize("multipart", [True, False], ids=["multipart", "batch"])
def test_langsmith_takes_the_official_clients_runs(multipart: bool) -> None:
    with LangSmith(multipart=multipart).in_thread() as langsmith:
        client = sdk.Client(api_url=langsmith.url, api_key=langsmith.key, auto_batch_tracing=True)
        root = sdk.RunTree(name="message", run_type="chain", inputs={"q": "hi"}, project_name="p", client=client)
        root.post()
        child = root.create_child(name="llm", run_type="llm", inputs={"prompt": "hi"}, tags=["llm"])
        child.post()
        child.end(outputs={"text": "hello"})
        child.patch()
        root.end(outputs={"a": "hello"})
        root.patch()
        client.flush()
        client.close()

    [message] = langsmith.children(None)
    [llm] = langsmith.children(str(message["id"]))
    assert (message["name"], message["run_type"], message["outputs"]) == ("message", "chain", {"a": "hello"})
    assert (llm["run_type"], llm["inputs"], llm["outputs"]) == ("llm", {"prompt": "hi"}, {"text": "hello"})
    assert [project["name"] for project in langsmith.projects.values()] == ["p"]
    expected = "/runs/multipart" if multipart else "/runs/batch"
    assert {request.path for request in langsmith.requests} - {"/info"} == {expected}


def test_langsmith_creates_and_deletes_projects() -> None:
    with LangSmith().in_thread() as langsmith:
        client = sdk.Client(api_url=langsmith.url, api_key=langsmith.key, auto_batch_tracing=False)
        project = client.create_project("throw-away")
        assert project.name == "throw-away"
        client.delete_project(project_name="throw-away")
        client.close()
    assert langsmith.projects == {}


async def test_langsmith_refuses_a_wrong_order_and_a_wrong_key() -> None:
    run_id, other = str(uuid4()), str(uuid4())
    stamp = datetime(2024, 5, 1, 9, tzinfo=UTC).strftime("%Y%m%dT%H%M%S%fZ")
    run = {"id": run_id, "name": "n", "run_type": "chain", "start_time": NOW, "inputs": {}, "trace_id": run_id}
    async with LangSmith() as langsmith, aiohttp.ClientSession() as http:
        for key, order in ((langsmith.key, run_id), (langsmith.key, other), ("wrong", run_id)):
            body = json.dumps({**run, "dotted_order": stamp + order})
            headers = {"x-api-key": key, "Content-Type": "application/json"}
            async with http.post(f"{langsmith.url}/runs", data=body, headers=headers) as response:
                await response.read()
        violations = langsmith.take_violations()
    assert [violation.kind for violation in violations] == ["protocol", "auth"]
    assert list(langsmith.runs) == [run_id]
