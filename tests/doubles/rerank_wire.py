"""Strict servers of those whose vectors and scores have a layout of their own."""

from typing import Any, Literal

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.vendor import ScriptedVendor

VendorName = Literal[
    "jina", "mixedbread", "voyage", "nomic", "tei", "nvidia", "huggingface", "openrouter", "lemonade", "wenxin"
]

_RANKING = {
    "mixedbread": "/v1/reranking",
    "tei": "/rerank",
    "nvidia": "/v1/retrieval/{model:.+}/reranking",
    "lemonade": "/v1/reranking",
}
_EMBEDDING = {"nomic": "/v1/embedding/text", "huggingface": "/v1/models/{model:.+}/pipeline/feature-extraction"}


class ScriptedRetrieval(ScriptedVendor):
    """The API of `vendor` under `url`, which ends with `/v1`. `most`: how many texts one request may have."""

    def __init__(self, vendor: VendorName, *, most: int = 32) -> None:
        super().__init__()
        self.vendor: VendorName = vendor
        self.most = most
        self.by_token = False
        """Hugging Face: a vector per token instead of one per text."""

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        ranking = _RANKING.get(self.vendor, "/v1/rerank")
        embedding = _EMBEDDING.get(self.vendor, "/v1/embeddings")
        return [web.post(ranking, self._rerank), web.post(embedding, self._embed)]

    def broken_off(self) -> bytes:
        return b""

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], f"retrieval/{self.vendor}_rerank")
        if self.vendor == "nvidia":
            return self._nvidia_ranking(body)
        documents = body.get("texts") or body.get("input") or body.get("documents")
        if self.vendor == "tei" and len(documents) > self.most:
            raise Refused(422, f"batch size {len(documents)} > maximum allowed batch size {self.most}")
        ranked = shared_words(body["query"], documents)[: body.get("top_n") or body.get("top_k")]
        usage = {"total_tokens": sum(len(tokens_of(text)) for text in documents)}
        match self.vendor:
            case "tei":
                return web.json_response([{"index": index, "score": score} for index, score in ranked])
            case "mixedbread":
                results = [{"index": index, "score": score, "object": "rank_result"} for index, score in ranked]
                return web.json_response({"model": body["model"], "data": results, "usage": usage, "top_k": 10})
            case "voyage":
                found = [{"index": index, "relevance_score": score} for index, score in ranked]
                return web.json_response({"object": "list", "data": found, "model": body["model"], "usage": usage})
            case "openrouter":
                every = [
                    {"index": index, "relevance_score": score, "document": {"text": documents[index]}}
                    for index, score in ranked
                ]
                cost = {"cost": 0.001, "search_units": 1}
                return web.json_response(
                    {"model": body["model"], "provider": "Cohere", "results": every, "usage": cost}
                )
            case _:
                found = [{"index": index, "relevance_score": score} for index, score in ranked]
                return web.json_response({"model": body["model"], "results": found, "usage": usage})

    def _nvidia_ranking(self, body: Any) -> web.StreamResponse:
        """Logits instead of scores."""
        ranked = shared_words(body["query"]["text"], [each["text"] for each in body["passages"]])
        return web.json_response({"rankings": [{"index": index, "logit": score} for index, score in ranked]})

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], f"retrieval/{self.vendor}_embed")
        texts: list[str] = body.get("texts") or body.get("inputs") or body["input"]
        if len(texts) > self.most:
            raise Refused(422, f"{len(texts)} texts are more than {self.most}")
        used = sum(len(tokens_of(text)) for text in texts)
        found = [vectors.embed(text, 16) for text in texts]
        usage = {"prompt_tokens": used, "total_tokens": used}
        if self.vendor == "huggingface":
            return web.json_response([[each, each] for each in found] if self.by_token else found)
        if self.vendor == "nomic":
            return web.json_response({"embeddings": found, "usage": usage, "model": body["model"]})
        data: list[Any] = [{"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(found)]
        return web.json_response({"object": "list", "model": body["model"], "data": data[::-1], "usage": usage})


def shared_words(query: str, documents: list[str]) -> list[tuple[int, float]]:
    """Documents by the share of the query's words that they hold, best first."""
    words = set(vectors.features(query))
    scores = [len(words & set(vectors.features(each))) / (len(words) or 1) for each in documents]
    return sorted(enumerate(scores), key=lambda each: each[1], reverse=True)
