"""Ranking documents and embedding texts, in every vendor's dialect."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.rerank_wire import ScriptedRetrieval, VendorName
from tests.doubles.scripted_model import ScriptedModel
from tests.models.vendors import ask, said, target_at
from treadle.engine.errors import InvokeBadRequestError, InvokeRateLimitError, InvokeServerUnavailableError
from treadle.engine.ports import ModelProfile
from treadle.models.catalogue import Model, ModelKind, Provider, provider_of
from treadle.models.connection import target_of
from treadle.models.http import ModelHttp
from treadle.models.protocols import batches, protocol
from treadle.models.protocols.openai import OpenAI
from treadle.models.protocols.rerank import Score, rerank_protocol
from treadle.models.protocols.rerank_http import HttpRerank
from treadle.models.protocols.retrieval import Retrieval
from treadle.models.reranking import Ranking, ranked
from treadle.models.schema import model_schema
from treadle.models.state import ModelKey, Resolved, Usable
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

DOCUMENTS = ["Bread is made of flour.", "Paris lies in France.", "In France they speak French."]
QUERY = "Where in France lies Paris"


@pytest.fixture(params=["jina", "mixedbread", "voyage", "tei"])
async def ranker(request: pytest.FixtureRequest) -> AsyncIterator[ScriptedRetrieval]:
    name: VendorName = request.param
    async with ScriptedRetrieval(name, most=2 if name == "tei" else 32) as server:
        yield server


def resolved_at(provider: str, url: str, *, model: str = "a-reranker", key: str = "sk-scripted") -> Resolved:
    """A rerank model of a provider of the catalogue, its server being this one."""
    found: Provider = provider_of(provider)
    field = found.connection.url_field or ""
    credentials = {field: url, found.connection.key_field or "": key}
    schema = model_schema(found, model, ModelKind.RERANK, {})
    assert isinstance(schema, Model)
    usable = Usable(ModelKey(provider, model, ModelKind.RERANK), found, schema, {}, "model")
    return Resolved(usable, target_of(found, schema, credentials, target_at("").profile.price), None)


async def ranking(
    http: ModelHttp, resolved: Resolved, top_n: int | None = None, threshold: float | None = None
) -> Ranking:
    return await ranked(resolved, http, QUERY, DOCUMENTS, top_n, threshold)


async def test_every_dialect_gives_the_vendors_scores(http: ModelHttp, ranker: ScriptedRetrieval) -> None:
    target = target_at(ranker.url, ranker.key, batch=2, rerank=ranker.vendor)
    scores = (await HttpRerank(http).rerank(target, QUERY, DOCUMENTS, None)).scores
    assert sorted((each.index, each.score) for each in scores) == [(0, 0.0), (1, 0.8), (2, 0.4)]


async def test_every_dialect_gives_the_best(http: ModelHttp, ranker: ScriptedRetrieval) -> None:
    target = target_at(ranker.url, ranker.key, batch=2, rerank=ranker.vendor)
    scores = (await HttpRerank(http).rerank(target, QUERY, DOCUMENTS, 1)).scores
    assert max(scores, key=lambda each: each.score) == Score(1, 0.8)
    if ranker.vendor != "tei":
        assert len(scores) == 1


@pytest.mark.parametrize("name", ["openrouter", "lemonade", "wenxin"])
async def test_a_provider_ranks_where_its_reference_says(http: ModelHttp, name: VendorName) -> None:
    dialect = str(provider_of(name).connection.settings.get("rerank", "openai"))
    async with ScriptedRetrieval(name) as server:
        target = target_at(server.url, server.key, rerank=dialect)
        found = await HttpRerank(http).rerank(target, QUERY, DOCUMENTS, 2)
    assert [(each.index, each.score) for each in found.scores] == [(1, 0.8), (2, 0.4)]


async def test_more_documents_than_one_request_takes_go_in_several(http: ModelHttp) -> None:
    many = [*(f"Bread number {number}." for number in range(150)), *DOCUMENTS]
    async with ScriptedRetrieval("wenxin") as server:
        target = target_at(server.url, server.key, rerank="wenxin")
        found = await HttpRerank(http).rerank(target, QUERY, many, 2)
        assert sorted(len(request.json["documents"]) for request in server.requests) == [25, 64, 64]
    best = sorted(found.scores, key=lambda each: each.score, reverse=True)[:2]
    assert [(each.index, each.score) for each in best] == [(151, 0.8), (152, 0.4)]


async def test_cohere_ranks_beside_the_version_of_its_base_url(http: ModelHttp) -> None:
    async with ScriptedCohere() as server:
        for base in (server.url, f"{server.url}/v1", f"{server.url}/v2/"):
            result = await ranking(http, resolved_at("cohere", base, key=server.key), 2)
            assert [(each.index, each.score) for each in result.documents] == [(1, 0.8), (2, 0.4)]
            assert [each.text for each in result.documents] == [DOCUMENTS[1], DOCUMENTS[2]]


async def test_generic_scores_are_spread_over_0_to_1(http: ModelHttp, upstream: ScriptedModel) -> None:
    upstream.rerank_by(lambda query, documents: [-3.0, 5.0, 1.0])
    result = await ranking(http, resolved_at("openai_api_compatible", upstream.url))
    assert [(each.index, each.score) for each in result.documents] == [(1, 1.0), (2, 0.5), (0, 0.0)]
    above = await ranking(http, resolved_at("openai_api_compatible", upstream.url), threshold=0.5)
    assert [each.index for each in above.documents] == [1, 2]


async def test_equal_generic_scores_are_0(http: ModelHttp, upstream: ScriptedModel) -> None:
    upstream.rerank_by(lambda query, documents: [0.9, 0.9, 0.9])
    result = await ranking(http, resolved_at("openai_api_compatible", upstream.url))
    assert [(each.index, each.score) for each in result.documents] == [(0, 0.0), (1, 0.0), (2, 0.0)]


async def test_other_providers_scores_stay_as_they_are(http: ModelHttp, upstream: ScriptedModel) -> None:
    upstream.rerank_by(lambda query, documents: [-3.0, 5.0, 1.0])
    resolved = resolved_at("xinference", upstream.url)
    assert [each.score for each in (await ranking(http, resolved)).documents] == [5.0, 1.0, -3.0]


async def test_without_documents_nothing_is_asked(http: ModelHttp, upstream: ScriptedModel) -> None:
    result = await ranked(resolved_at("openai_api_compatible", upstream.url), http, QUERY, [], None, None)
    assert (result.documents, upstream.requests) == ([], [])


async def test_a_provider_without_scores_says_so(http: ModelHttp) -> None:
    assert rerank_protocol("anthropic", http) is None


async def test_a_rate_limit_of_one_request_is_for_the_caller_to_wait_out(
    http: ModelHttp, upstream: ScriptedModel
) -> None:
    upstream.fail(1, 429, retry_after=3)
    with pytest.raises(InvokeRateLimitError) as failure:
        await ranking(http, resolved_at("openai_api_compatible", upstream.url))
    assert (failure.value.retry_after, len(upstream.requests)) == (3, 1)


async def test_places_that_are_none_are_no_scores(http: ModelHttp, upstream: ScriptedModel) -> None:
    resolved = resolved_at("openai_api_compatible", upstream.url)
    upstream.rerank_by(lambda query, documents: [1.0] * len(documents))
    assert len((await ranking(http, resolved)).documents) == 3
    async with ScriptedRetrieval("tei") as other:
        wrong = target_at(other.url, other.key, rerank="jina")
        with pytest.raises(InvokeBadRequestError, match="no such model or endpoint"):
            await HttpRerank(http).rerank(wrong, QUERY, DOCUMENTS, None)
        other.take_violations()


TEXTS = ["one", "two words", "three more words", "four", "five"]
EMBEDDERS: list[VendorName] = ["jina", "mixedbread", "voyage", "nomic"]


@pytest.mark.parametrize("vendor", EMBEDDERS)
async def test_vectors_come_in_the_order_of_their_texts(http: ModelHttp, vendor: VendorName) -> None:
    async with ScriptedRetrieval(vendor, most=2) as server:
        target = target_at(server.url, server.key, embedding=vendor)
        document = await Retrieval(http).embed(target, TEXTS, "document")
        one_by_one = [(await Retrieval(http).embed(target, [text], "document")).vectors[0] for text in TEXTS]
        assert document.vectors == one_by_one
        assert len({tuple(vector) for vector in document.vectors}) == 5
        assert document.usage.prompt_tokens == 8
        query = await Retrieval(http).embed(target, TEXTS[:1], "query")
        assert len(query.vectors) == 1
        asked = server.requests[-1].json
        told = {"jina": "retrieval.query", "nomic": "search_query", "voyage": "query", "mixedbread": None}[vendor]
        assert (asked.get("task") or asked.get("task_type") or asked.get("input_type")) == told


async def test_older_models_of_jina_are_told_no_task(http: ModelHttp) -> None:
    async with ScriptedRetrieval("jina") as server:
        await Retrieval(http).embed(target_at(server.url, server.key, embedding="jina", task=False), ["a"], "query")
        assert "task" not in server.requests[0].json


async def test_long_texts_are_cut_in_proportion(http: ModelHttp) -> None:
    async with ScriptedRetrieval("voyage") as server:
        target = target_at(server.url, server.key, embedding="voyage", profile=ModelProfile(context_size=10))
        texts = ["word " * 80, "short", "東" * 100]
        await Retrieval(http).embed(target, texts, "document")
        sent = [text for request in server.requests for text in request.json["input"]]
        assert sorted(sent) == sorted([text[: len(text) * 10 // max(text_tokens(text), 10)] for text in texts])
        assert len(max(sent, key=len)) < 100


async def test_one_refused_batch_fails_the_whole(http: ModelHttp) -> None:
    async with ScriptedRetrieval("jina", most=2) as server:
        server.fail(1, 500)
        with pytest.raises(InvokeServerUnavailableError):
            await Retrieval(http).embed(target_at(server.url, server.key, embedding="jina"), TEXTS, "document")


async def test_batches_wait_out_rate_limits(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.fail(3, 429, retry_after=0)
    target: Target = target_at(upstream.url, upstream.key)
    assert len((await wire.embed(target, TEXTS, "document")).vectors) == 5
    assert len(upstream.requests) == 6
    upstream.fail(3 * (len(batches.PAUSES) + 1), 429, retry_after=0)
    with pytest.raises(InvokeRateLimitError):
        await wire.embed(target, TEXTS, "document")


async def test_a_long_pause_is_not_waited_for(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.fail(1, 429, retry_after=3600)
    with pytest.raises(InvokeRateLimitError):
        await wire.embed(target_at(upstream.url, upstream.key), TEXTS, "document")


async def test_these_vendors_do_not_chat(http: ModelHttp) -> None:
    wire = protocol("retrieval", http)
    with pytest.raises(InvokeBadRequestError, match="no chat models"):
        await said(wire, target_at("http://127.0.0.1:1"), ask())
    with pytest.raises(InvokeBadRequestError, match="no chat models"):
        await wire.complete(target_at("http://127.0.0.1:1"), ask())
