"""Apps that search knowledge bases: what models read, what answers cite, and what is counted (spec knowledge §25)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.doubles.script import Reply, ToolCall
from tests.server.agents import agent_app, in_round, messages_of, with_caller
from tests.server.app_files import (
    Node,
    answer,
    chat,
    chatflow,
    completion,
    end,
    leads,
    llm,
    start,
    text_input,
    workflow,
)
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api, JsonMap, text_of

FACTS = {
    "tides.txt": "The tide at Gullhaven is highest at noon.\n\nBoats leave Gullhaven at low tide.",
    "winds.txt": "The west wind at Gullhaven brings rain.\n\nThe harbour master of Gullhaven is called Ola.",
}
SHOWN_TO_VISITORS = {"segment_id", "position", "document_name", "score", "content"}
SHOWN_TO_PROGRAMS = {
    "position", "dataset_id", "dataset_name", "document_id", "document_name", "data_source_type", "segment_id",
    "retriever_from", "score", "content", "page", "doc_metadata", "files", "summary",
}  # fmt: skip


@dataclass
class Shelf:
    """A server with knowledge bases; `base` holds the facts."""

    bench: Workbench
    api: Api
    base: str

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        return self.bench.rows(statement, **values)

    def prompt(self, question: str) -> str:
        """What the model was last sent for this question."""
        for request in reversed(self.bench.model.requests_to("/chat/completions")):
            if question in str(request.json):
                return str(request.json)
        raise AssertionError(f"nobody was asked {question}")


def new_base(api: Api, name: str, texts: dict[str, str], **settings: Any) -> str:
    """A base that holds these documents."""
    body = {"name": name, "indexing_technique": "high_quality", **settings}
    base = str(api.post("/datasets", body).json()["id"])
    rules = {"pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 200}}
    for title, text in texts.items():
        added = api.post(
            f"/datasets/{base}/document/create-by-text",
            {"name": title, "text": text, "process_rule": {"mode": "custom", "rules": rules}, **settings},
        )
        assert added.status_code == 200, added.text

    def indexed() -> bool:
        documents = api.get(f"/datasets/{base}/documents").json()["data"]
        return all(document["indexing_status"] == "completed" for document in documents)

    eventually(indexed, "the documents are indexed")
    return base


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with running_workbench(tmp_path_factory.mktemp("shelf")) as bench:
        credentials = {"endpoint_url": bench.model.url, "api_key": bench.model.key, "context_size": "8192"}
        given = [part for name, value in credentials.items() for part in ("--credential", f"{name}={value}")]
        bench.command(
            "model", "add", "--provider", "openai_api_compatible", "--type", "text-embedding",
            "--model", "stub-embedding", "--default", *given,
        )  # fmt: skip
        bench.command(
            "model", "add", "--provider", "openai_api_compatible", "--type", "text-embedding",
            "--model", "other-embedding", *given,
        )  # fmt: skip
        with_caller(bench)
        api = Api(bench.http, f"{bench.server.url}/v1", {"Authorization": f"Bearer {bench.make_key('dataset')}"})
        yield Shelf(bench, api, new_base(api, "Gullhaven", FACTS))


def searching(*bases: str, **settings: Any) -> JsonMap:
    """The dataset settings of a basic app."""
    return {
        "retrieval_model": "multiple",
        "top_k": 2,
        "reranking_enable": False,
        "datasets": {"datasets": [{"dataset": {"enabled": True, "id": base}} for base in bases]},
        **settings,
    }


CITING = {"retriever_resource": {"enabled": True}}


def test_a_chat_answers_from_its_knowledge_and_cites_it(shelf: Shelf) -> None:
    app = shelf.bench.import_app(chat(dataset_configs=searching(shelf.base), **CITING))
    question = "When is the tide highest at Gullhaven?"
    answered = shelf.bench.api(app).chat(question).json()
    assert "The tide at Gullhaven is highest at noon." in shelf.prompt(question)
    cited = answered["metadata"]["retriever_resources"]
    assert cited[0]["content"] == "The tide at Gullhaven is highest at noon."
    assert [each["position"] for each in cited] == [1, 2, 3, 4], "a single base is searched as it is set itself"
    assert set(cited[0]) == SHOWN_TO_PROGRAMS
    assert (cited[0]["retriever_from"], cited[0]["dataset_id"], cited[0]["document_name"]) == (
        "api", shelf.base, "tides.txt",
    )  # fmt: skip


def test_citations_are_kept_with_the_message(shelf: Shelf) -> None:
    app = shelf.bench.import_app(chat(dataset_configs=searching(shelf.base), **CITING))
    api = shelf.bench.api(app)
    end_of_stream = api.chat_events("Who is the harbour master?")[-1]
    conversation = end_of_stream["conversation_id"]
    (message,) = api.get("/messages", user=api.user, conversation_id=conversation).json()["data"]
    contents = [each["content"] for each in end_of_stream["metadata"]["retriever_resources"]]
    assert "The harbour master of Gullhaven is called Ola." in contents
    assert [each["content"] for each in message["retriever_resources"]] == contents


def test_C_58_visitors_see_citations_in_short_and_none_where_they_are_off(shelf: Shelf) -> None:
    shown = shelf.bench.import_app(chat(dataset_configs=searching(shelf.base), **CITING))
    hidden = shelf.bench.import_app(chat(dataset_configs=searching(shelf.base), retriever_resource={"enabled": False}))
    body = {"inputs": {}, "query": "When do boats leave?", "response_mode": "streaming"}
    events = shelf.bench.visitor(shown).events("/chat-messages", body)
    cited = events[-1]["metadata"]["retriever_resources"]
    assert cited
    assert all(set(each) == SHOWN_TO_VISITORS for each in cited)
    events = shelf.bench.visitor(hidden).events("/chat-messages", body)
    assert events[-1]["metadata"]["retriever_resources"] == []


def test_a_completion_searches_with_its_query_variable(shelf: Shelf) -> None:
    app = shelf.bench.import_app(
        completion(
            text_input("topic", max_length=200, required=False),
            prompt="Write about {{topic}}.",
            dataset_configs=searching(shelf.base, top_k=1),
            dataset_query_variable="topic",
        )
    )
    api = shelf.bench.api(app)
    api.complete({"topic": "the west wind of Gullhaven"})
    assert "The west wind at Gullhaven brings rain." in shelf.prompt("the west wind of Gullhaven")
    before = len(shelf.bench.model.requests_to("/embeddings"))
    assert api.complete({"topic": ""}).status_code == 200
    assert len(shelf.bench.model.requests_to("/embeddings")) == before, "nothing is looked for"


def test_a_chatflow_retrieves_and_cites(shelf: Shelf) -> None:
    app = shelf.bench.import_app(
        chatflow(
            start(to="find"),
            retrieval("find", ["sys", "query"], shelf.base, to="reply"),
            llm(
                "reply",
                "Use this: {{#context#}} for {{#sys.query#}}",
                context={"enabled": True, "variable_selector": ["find", "result"]},
                to="answer",
            ),
            answer("{{#reply.text#}}"),
            features=CITING,
        )
    )
    events = shelf.bench.api(app).chat_events("Who is the harbour master of Gullhaven?")
    cited = events[-1]["metadata"]["retriever_resources"]
    assert "The harbour master of Gullhaven is called Ola." in text_of(events)
    assert cited[0]["content"] == "The harbour master of Gullhaven is called Ola."
    assert cited[0]["retriever_from"] == "workflow"
    assert {"hit_count", "word_count", "segment_position", "index_node_hash"} <= set(cited[0])


def test_a_workflow_gets_passages_as_items(shelf: Shelf) -> None:
    app = shelf.bench.import_app(
        workflow(
            start(text_input("question", max_length=200), to="find"),
            retrieval("find", ["start", "question"], shelf.base, "00000000-0000-7000-8000-000000000000", to="end"),
            end(found="find.result"),
        )
    )
    ran = shelf.bench.api(app).run({"question": "When is the tide highest at Gullhaven?"}).json()["data"]
    assert ran["status"] == "succeeded", ran["error"]
    first = ran["outputs"]["found"][0]
    assert first["title"] == "tides.txt"
    assert first["content"] == "The tide at Gullhaven is highest at noon."
    assert first["metadata"]["_source"] == "knowledge"
    assert [item["metadata"]["position"] for item in ran["outputs"]["found"]] == [1, 2, 3, 4]


def test_C_57_a_query_that_is_no_text_fails_the_node(shelf: Shelf) -> None:
    app = shelf.bench.import_app(
        workflow(
            start(to="find"),
            retrieval("find", ["sys", "files"], shelf.base, to="end"),
            end(found="find.result"),
        )
    )
    ran = shelf.bench.api(app).run({}).json()["data"]
    assert ran["status"] == "failed"
    assert "query is not a string" in ran["error"]


def test_an_agent_searches_by_a_tool_and_cites(shelf: Shelf) -> None:
    question = "Ask the shelf about the harbour master of Gullhaven."
    name = f"dataset_{shelf.base.replace('-', '_')}"
    script = shelf.bench.model
    script.reply_when(in_round(question, 0), Reply(tool_calls=(ToolCall(name, {"query": "harbour master"}),)))
    script.reply_when(in_round(question, 1), Reply("It is Ola."))
    app = shelf.bench.import_app(agent_app(dataset_configs=searching(shelf.base), **CITING))
    events = shelf.bench.api(app).chat_events(question)
    assert text_of(events).endswith("It is Ola.")
    contents = [each["content"] for each in events[-1]["metadata"]["retriever_resources"]]
    assert "The harbour master of Gullhaven is called Ola." in contents
    (last, *_) = [r for r in script.requests_to("/chat/completions") if in_round(question, 1)(r)]
    observed = next(message for message in messages_of(last) if message["role"] == "tool")
    assert "called Ola" in str(observed["content"])


def test_C_59_a_search_of_an_app_is_noted_and_its_hits_are_counted(shelf: Shelf) -> None:
    base = new_base(shelf.api, "Counted", {"one.txt": "A single fact about lighthouses."})
    app = shelf.bench.import_app(chat(dataset_configs=searching(base), **CITING))
    shelf.bench.api(app).chat("What about lighthouses?")
    hits = "SELECT hit_count FROM knowledge_segments WHERE base_id = :base"
    eventually(lambda: shelf.rows(hits, base=base) == [(1,)], "the hit is counted")
    noted = shelf.rows("SELECT content, source, source_app_id FROM knowledge_queries WHERE base_id = :base", base=base)
    assert noted == [("What about lighthouses?", "app", app.id)]
    assert shelf.rows("SELECT app_id FROM knowledge_app_bases WHERE base_id = :base", base=base) == [(app.id,)]


def test_searches_find_the_same_while_another_model_takes_over(shelf: Shelf) -> None:
    base = new_base(shelf.api, "Changing", FACTS)

    def found() -> str:
        answered = shelf.api.post(f"/datasets/{base}/retrieve", {"query": "When is the tide highest?"})
        assert answered.status_code == 200, answered.text
        return str(answered.json()["records"][0]["segment"]["content"])

    generation = "SELECT index_generation, embedding_model FROM knowledge_bases WHERE id = :base"
    shelf.bench.model.delay(0.05)
    changed = shelf.api.call(
        "PATCH",
        f"/datasets/{base}",
        json={"embedding_model": "other-embedding", "embedding_model_provider": "openai_api_compatible"},
    )
    assert changed.status_code == 200, changed.text
    seen: set[str] = {found()}

    def switched() -> bool:
        seen.add(found())
        return shelf.rows(generation, base=base) == [(1, "other-embedding")]

    eventually(switched, "the new model answers")
    shelf.bench.model.delay(0)
    assert {*seen, found()} == {"The tide at Gullhaven is highest at noon."}


def test_a_base_whose_document_is_disabled_is_skipped(shelf: Shelf) -> None:
    base = new_base(shelf.api, "Silent", {"one.txt": "A fact that nobody may know."})
    document = shelf.api.get(f"/datasets/{base}/documents").json()["data"][0]["id"]
    disabled = shelf.api.call("PATCH", f"/datasets/{base}/documents/status/disable", json={"document_ids": [document]})
    assert disabled.status_code == 200, disabled.text
    app = shelf.bench.import_app(chat(dataset_configs=searching(base), **CITING))
    answered = shelf.bench.api(app).chat("Which fact may nobody know?").json()
    assert answered["metadata"]["retriever_resources"] == []


def retrieval(node_id: str, query: list[str], *bases: str, to: str) -> Node:
    data = {
        "type": "knowledge-retrieval",
        "title": node_id,
        "query_variable_selector": query,
        "dataset_ids": list(bases),
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {"top_k": 2, "score_threshold": None, "reranking_enable": False},
    }
    return Node(node_id, data, leads(to))
