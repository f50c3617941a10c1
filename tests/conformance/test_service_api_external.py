"""Numbered cases of service-api §12 about knowledge that another server holds."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.conformance.test_knowledge_service import external_base
from tests.doubles.external_knowledge import ExternalKnowledge, Record
from tests.doubles.http_double import Refused
from tests.doubles.recording import Request
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap
from tests.server.matchers import refused

SETTINGS: JsonMap = {"top_k": 3, "score_threshold": 0.7, "score_threshold_enabled": False}


class Broken(ExternalKnowledge):
    """A server that refuses every request with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def admit(self, recorded: Request) -> None:
        raise Refused(self.status, "Not now.", kind=None)


@pytest.fixture(scope="module")
def console(workbench: Workbench) -> Console:
    return console_of(workbench)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ExternalKnowledge]:
    with ExternalKnowledge().in_thread() as double:
        yield double


def register(console: Console, double: ExternalKnowledge) -> JsonMap:
    return {"name": uuid4().hex, "settings": {"endpoint": double.url, "api_key": double.key}}


@pytest.mark.parametrize(("status", "accepted"), [(500, True), (400, True), (403, False), (404, False), (502, False)])
def test_case_109_the_probe_takes_what_shows_a_server_there(console: Console, status: int, accepted: bool) -> None:
    with Broken(status).in_thread() as double:
        answer = console.post("/datasets/external-knowledge-api", register(console, double))
    if accepted:
        assert answer.status_code == 201, answer.text
    else:
        assert answer.status_code == 400, answer.text
        assert set(answer.json()) >= {"code", "message", "status"}


def test_case_110_a_call_says_who_asks_for_what(console: Console, elsewhere: ExternalKnowledge) -> None:
    elsewhere.records["port-docs"].append(Record("Nets are mended on Mondays.", "nets.md", None))
    base = external_base(console, elsewhere)
    answer = console.post(
        f"/datasets/{base}/external-hit-testing", {"query": "nets", "external_retrieval_model": SETTINGS}
    )
    assert answer.status_code == 200, answer.text
    assert [record["metadata"] for record in answer.json()["records"] if record["title"] == "nets.md"] == [{}]
    sent = elsewhere.requests_to("/retrieval")[-1]
    assert sent.bearer == elsewhere.key
    assert {name: sent.json[name] for name in ("knowledge_id", "query")} == {
        "knowledge_id": "port-docs",
        "query": "nets",
    }
    assert set(sent.json["retrieval_setting"]) == {"top_k", "score_threshold"}


def test_case_111_without_a_threshold_zero_is_sent(console: Console, elsewhere: ExternalKnowledge) -> None:
    base = external_base(console, elsewhere)
    path = f"/datasets/{base}/external-hit-testing"
    for enabled, wanted in ((False, 0.0), (True, 0.7)):
        settings = {**SETTINGS, "score_threshold_enabled": enabled}
        assert console.post(path, {"query": "ferry", "external_retrieval_model": settings}).status_code == 200
        setting = elsewhere.requests_to("/retrieval")[-1].json["retrieval_setting"]
        assert setting == {"top_k": 3, "score_threshold": wanted}
    refused(console.post(path, {"query": ""}), 400, "invalid_param")
