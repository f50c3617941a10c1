"""Rerank endpoints, in the dialects of those who have one.

Source: spec models-and-tools §1.19 (COH, JRK, OAI), §1.20; the references of Cohere, Jina, Mixedbread, Voyage, Text
Embeddings Inference, vLLM and llama.cpp.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeError
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .batches import cut_to, in_batches
from .exchange import content_of, send, unexplained
from .failures import refusal, unreadable
from .openai_wire import decode_failure
from .rerank import Score, Scores

Body = dict[str, JsonValue]


class Dialect(msgspec.Struct, frozen=True):
    """How one vendor asks: the path below the base URL, and what it calls things."""

    path: str = "rerank"
    """`{model}` in it is the model's name."""
    documents: str = "documents"
    top_n: str | None = "top_n"
    """None: the vendor scores all, a batch of documents at a time."""
    most: int | None = None
    """How many documents one request takes, where the vendor has a limit; more go in several requests."""
    model: bool = True
    fixed: Mapping[str, bool | str] = {}
    root: bool = False
    """The path stands beside the version of the base URL, not below it."""
    wrapped: bool = False
    """Query and documents are objects with a `text`."""


DIALECTS: Mapping[str, Dialect] = {
    "openai": Dialect(),
    "cohere": Dialect(path="v2/rerank", root=True, most=1000),
    "jina": Dialect(fixed={"return_documents": False}),
    "mixedbread": Dialect(path="reranking", documents="input", top_n="top_k", fixed={"return_input": False}),
    "voyage": Dialect(top_n="top_k", most=1000, fixed={"return_documents": False, "truncation": True}),
    "tei": Dialect(documents="texts", top_n=None, model=False, root=True, fixed={"truncate": True}),
    "localai": Dialect(root=True),
    "lemonade": Dialect(path="reranking"),
    "wenxin": Dialect(most=64),
    "nvidia": Dialect(
        path="retrieval/{model}/reranking", documents="passages", top_n=None, wrapped=True, fixed={"truncate": "END"}
    ),
}
"""By the catalogue setting `rerank`."""


class Result(msgspec.Struct):
    """One document's score."""

    index: int
    relevance_score: float | None = None
    score: float | None = None
    logit: float | None = None

    @property
    def best_known(self) -> float | None:
        """The score, whatever the vendor calls it."""
        return next((each for each in (self.relevance_score, self.score, self.logit) if each is not None), None)


class Counted(msgspec.Struct):
    """Token counts, where the vendor gives any."""

    total_tokens: int | None = None
    prompt_tokens: int | None = None


class Answer(msgspec.Struct):
    """The answer of all but Text Embeddings Inference, which sends the bare list."""

    results: list[Result] | None = None
    data: list[Result] | None = None
    rankings: list[Result] | None = None
    usage: Counted | None = None


_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_list = msgspec.json.Decoder(list[Result]).decode


class HttpRerank:
    """Asks for scores over HTTP."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def rerank(self, target: Target, query: str, documents: Sequence[str], top_n: int | None) -> Scores:
        """The scores of the `top_n` best documents; documents longer than the model's context are cut."""
        dialect = _dialect(target)
        cut = [cut_to(document, target.profile.context_size) for document in documents]
        size = (dialect.most or len(cut)) if dialect.top_n else target.batch

        async def ask(batch: list[str]) -> Scores:
            return await self._ask(target, dialect, query, batch, top_n)

        found: list[Score] = []
        usage = Usage()
        for number, part in enumerate(await in_batches(cut, size, ask)):
            found += [Score(number * size + each.index, each.score) for each in part.scores]
            usage += part.usage
        return Scores(found, usage)

    async def _ask(
        self, target: Target, dialect: Dialect, query: str, documents: list[str], top_n: int | None
    ) -> Scores:
        body: Body = {"model": target.upstream} if dialect.model else {}
        asked: JsonValue = {"text": query} if dialect.wrapped else query
        given: list[JsonValue] = [{"text": each} if dialect.wrapped else each for each in documents]
        body |= {"query": asked, dialect.documents: given, **dialect.fixed}
        if dialect.top_n and top_n is not None:
            body[dialect.top_n] = min(top_n, len(documents))
        headers = {"Content-Type": "application/json", **target.headers}
        base = base_of(target) if dialect.root else target.base_url.rstrip("/")
        url = f"{base}/{dialect.path.replace('{model}', quote(target.upstream))}"
        response = await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        return scores_in(target, sent, len(documents))


def scores_in(target: Target, sent: bytes, count: int) -> Scores:
    """The scores in an answer about `count` documents, in any dialect. Raises InvokeServerUnavailableError."""
    try:
        bare = sent.lstrip()[:1] == b"["
        answer = Answer(_decode_list(sent)) if bare else _decode_answer(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    results = next((each for each in (answer.results, answer.data, answer.rankings) if each is not None), None)
    if results is None:
        raise unreadable(target, sent)
    scores: list[Score] = []
    for each in results:
        score = each.best_known
        if score is None or not 0 <= each.index < count:
            raise unreadable(target, sent)
        scores.append(Score(each.index, score))
    counted = answer.usage or Counted()
    tokens = counted.total_tokens or counted.prompt_tokens or 0
    return Scores(scores, Usage.priced(tokens, 0, target.profile.price))


def _dialect(target: Target) -> Dialect:
    name = target.settings.get("rerank", "openai")
    found = DIALECTS.get(str(name))
    if found is None:
        raise InvokeBadRequestError(target.says("this provider offers no rerank models here."))
    return found


def base_of(target: Target) -> str:
    """The base URL without the version that ends it."""
    base = target.base_url.rstrip("/")
    return base[:-3] if base.endswith(("/v1", "/v2")) else base


def refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """The error for a refusal: every vendor's body has one of the known forms."""
    try:
        return refusal(target, status, decode_failure(body).text, headers)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unexplained(target, status, body, headers)
