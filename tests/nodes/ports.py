"""A small world for nodes: scripted models, recorded HTTP, files and memory that are given."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from treadle.engine.errors import CodeExecutionError, FileFetchError, HttpRequestNodeError, ResponseSizeError
from treadle.engine.ports import (
    ChatDelta,
    ChatRequest,
    HttpRequest,
    HttpResponse,
    KnowledgeBase,
    Message,
    MetadataCondition,
    ModelProfile,
    ModelRef,
    Ports,
    RetrievalRequest,
    Turn,
)
from treadle.engine.usage import Price, Usage
from treadle.engine.values import File, FileType, JsonValue, Value

PRICE = Price()


def usage(prompt: int = 3, completion: int = 2) -> Usage:
    return Usage.priced(prompt, completion, PRICE)


def text_of(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(part.text for part in message.content)


@dataclass
class ScriptedModels:
    """Answers every call with `deltas`, or raises `failure` after them. One word is one token."""

    deltas: Sequence[ChatDelta] = (ChatDelta(text="ok"),)
    model: ModelProfile = field(default_factory=ModelProfile)
    stands_in: ModelRef | None = None
    failure: Exception | None = None
    requests: list[ChatRequest] = field(default_factory=list)
    closed: int = 0

    async def resolve(self, model: ModelRef) -> ModelRef:
        return self.stands_in or model

    async def profile(self, model: ModelRef) -> ModelProfile:
        return self.model

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        self.requests.append(request)
        try:
            for delta in self.deltas:
                yield delta
            if self.failure:
                raise self.failure
            yield ChatDelta(usage=usage(), finish_reason="stop")
        finally:
            self.closed += 1

    def count_tokens(self, model: ModelRef, messages: Sequence[Message]) -> int:
        return sum(len(text_of(message).split()) for message in messages)


def replies(*texts: str) -> ScriptedModels:
    return ScriptedModels([ChatDelta(text=text) for text in texts])


@dataclass
class CodeAnswer:
    outputs: dict[str, JsonValue]
    engine: str = "double"
    elapsed: float = 0.001


@dataclass
class GivenCode:
    """Runs `main`, a function of the test, in the place of the node's code. Arguments and results cross as JSON."""

    main: Callable[..., object]
    calls: list[tuple[str, str, dict[str, JsonValue]]] = field(default_factory=list)

    async def run(
        self, language: Literal["python3", "javascript"], code: str, inputs: dict[str, JsonValue]
    ) -> CodeAnswer:
        self.calls.append((language, code, inputs))
        try:
            result = self.main(**json.loads(json.dumps(inputs)))
        except CodeExecutionError:
            raise
        except Exception as error:
            raise CodeExecutionError(f"{type(error).__name__}: {error}") from error
        return CodeAnswer(json.loads(json.dumps(result)))


@dataclass
class RecordedHttp:
    """Keeps requests and gives `answers` in turn, the last one again and again."""

    answers: list[HttpResponse | Exception] = field(default_factory=list)
    requests: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if "169.254." in request.url:
            raise HttpRequestNodeError(f"{request.url} is blocked by SSRF protection.")
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if len(answer.body) > request.max_bytes:
            raise ResponseSizeError(f"The answer has more than {request.max_bytes} bytes.")
        return answer


def http_answer(
    body: bytes = b"", *, status: int = 200, url: str = "http://e/u", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(
        status=status, url=url, headers={"content-type": "text/plain"} if headers is None else dict(headers), body=body
    )


@dataclass
class MemoryFiles:
    """Files by their id."""

    stored: dict[str, bytes] = field(default_factory=dict)
    read_ids: list[str] = field(default_factory=list)

    async def read(self, file: File) -> bytes:
        self.read_ids.append(file.id or "")
        try:
            return self.stored[file.id or ""]
        except KeyError:
            raise FileFetchError(f"The file {file.filename} is missing.") from None

    async def save(self, data: bytes, *, filename: str, mime_type: str) -> File:
        file_id = f"saved-{len(self.stored)}"
        self.stored[file_id] = data
        kind: FileType = "image" if mime_type.startswith("image/") else "document"
        return File(
            type=kind,
            transfer_method="tool_file",
            id=file_id,
            related_id=file_id,
            filename=filename,
            extension="." + filename.rpartition(".")[2],
            mime_type=mime_type,
            size=len(data),
            url=f"http://files/{file_id}",
        )

    async def uploaded(self, file_id: str) -> File:
        if file_id not in self.stored:
            raise FileFetchError(f"There is no file {file_id}.")
        return file(file_id, kind="document")


def file(name: str, *, kind: FileType = "image", mime_type: str = "image/png", url: str | None = None) -> File:
    return File(
        type=kind,
        transfer_method="local_file",
        id=name,
        related_id=name,
        filename=name,
        extension="." + name.rpartition(".")[2],
        mime_type=mime_type,
        size=4,
        url=url or f"http://files/{name}",
    )


@dataclass
class GivenMemory:
    """A conversation of given exchanges."""

    exchanges: Sequence[Turn] = ()
    limits: list[int] = field(default_factory=list)

    async def turns(self, limit: int) -> list[Turn]:
        self.limits.append(limit)
        return list(self.exchanges)[-limit:]


def turns(*pairs: tuple[str, str]) -> GivenMemory:
    return GivenMemory([Turn(query, answer) for query, answer in pairs])


@dataclass(frozen=True)
class Chunk:
    """A segment with the score that every search gives it. With an `answer` it is a question and its answer."""

    base: str
    content: str
    score: float
    document: str = "d"
    answer: str = ""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass
class KnowledgeDouble:
    """Knowledge bases of scored chunks. `top_k` is each base's own setting, used where nothing is merged."""

    chunks: Sequence[Chunk] = ()
    known: Sequence[KnowledgeBase] = ()
    top_k: Mapping[str, int] = field(default_factory=dict)
    failure: Exception | None = None
    requests: list[RetrievalRequest] = field(default_factory=list)

    async def bases(self, dataset_ids: Sequence[str]) -> list[KnowledgeBase]:
        by_id = {base.id: base for base in self.known} or {
            chunk.base: KnowledgeBase(id=chunk.base, name=chunk.base) for chunk in self.chunks
        }
        return [by_id[each] for each in dataset_ids if each in by_id]

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        found = [chunk for chunk in self.chunks if chunk.base in request.dataset_ids and self._fits(chunk, request)]
        found.sort(key=lambda chunk: -chunk.score)
        top_k: JsonValue = self.top_k.get(request.dataset_ids[0], 4)
        if request.merge is not None:
            threshold, top_k = request.merge["score_threshold"], request.merge["top_k"]
            assert isinstance(threshold, float)
            found = [chunk for chunk in found if chunk.score >= threshold]
        assert isinstance(top_k, int)
        return [self._item(chunk, position) for position, chunk in enumerate(found[:top_k], 1)]

    @staticmethod
    def _fits(chunk: Chunk, request: RetrievalRequest) -> bool:
        if request.filter is None:
            return True
        holds = (_holds(condition, chunk.metadata) for condition in request.filter.conditions)
        return all(holds) if request.filter.logical_operator == "and" else any(holds)

    @staticmethod
    def _item(chunk: Chunk, position: int) -> dict[str, Value]:
        content = f"question:{chunk.content} \nanswer:{chunk.answer}" if chunk.answer else chunk.content
        return {
            "metadata": {
                "_source": "knowledge",
                "position": position,
                "dataset_id": chunk.base,
                "document_name": chunk.document,
                "score": chunk.score,
            },
            "title": chunk.document,
            "content": content,
            "files": None,
        }


def _holds(condition: MetadataCondition, metadata: Mapping[str, JsonValue]) -> bool:
    assert condition.operator in ("=", "is"), "this double compares only"
    return condition.name in metadata and metadata[condition.name] == condition.value


def a_world(
    *,
    models: ScriptedModels | None = None,
    code: GivenCode | None = None,
    http: RecordedHttp | None = None,
    files: MemoryFiles | None = None,
    memory: GivenMemory | None = None,
    knowledge: KnowledgeDouble | None = None,
) -> Ports:
    return Ports(
        models=models or ScriptedModels(),
        code=code or GivenCode(dict),
        http=http or RecordedHttp([http_answer()]),
        files=files or MemoryFiles(),
        memory=memory or GivenMemory(),
        knowledge=knowledge or KnowledgeDouble(),
    )
