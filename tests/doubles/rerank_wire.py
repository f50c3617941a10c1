"""Strict servers of those who offer vectors and scores: Jina, Mixedbread, Voyage, Nomic, Text Embeddings Inference."""

from typing import Any, Literal

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.vendor import ScriptedVendor

VendorName = Literal["jina", "mixedbread", "voyage", "nomic", "tei"]


class ScriptedRetrieval(ScriptedVendor):
    """The API of `vendor` under `url`, which ends with `/v1`. `most`: how many texts one request may have."""

    def __init__(self, vendor: VendorName, *, most: int = 32) -> None:
        super().__init__()
        self.vendor: VendorName = vendor
        self.most = most

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        ranking = {"mixedbread": "/v1/reranking", "tei": "/rerank"}.get(self.vendor, "/v1/rerank")
        embedding = "/v1/embedding/text" if self.vendor == "nomic" else "/v1/embeddings"
        return [web.post(ranking, self._rerank), web.post(embedding, self._embed)]

    def broken_off(self) -> bytes:
        return b""

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], f"retrieval/{self.vendor}_rerank")
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
            case _:
                found = [{"index": index, "relevance_score": score} for index, score in ranked]
                return web.json_response({"model": body["model"], "results": found, "usage": usage})

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], f"retrieval/{self.vendor}_embed")
        texts: list[str] = body.get("texts") or body["input"]
        if len(texts) > self.most:
            raise Refused(422, f"{len(texts)} texts are more than {self.most}")
        used = sum(len(tokens_of(text)) for text in texts)
        found = [vectors.embed(text, 16) for text in texts]
        usage = {"prompt_tokens": used, "total_tokens": used}
        if self.vendor == "nomic":
            return web.json_response({"embeddings": found, "usage": usage, "model": body["model"]})
        data: list[Any] = [{"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(found)]
        return web.json_response({"object": "list", "model": body["model"], "data": data[::-1], "usage": usage})


def shared_words(query: str, documents: list[str]) -> list[tuple[int, float]]:
    """Documents by the share of the query's words that they hold, best first."""
    words = set(vectors.features(query))
    scores = [len(words & set(vectors.features(each))) / (len(words) or 1) for each in documents]
    return sorted(enumerate(scores), key=lambda each: each[1], reverse=True)
