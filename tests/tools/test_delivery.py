"""What becomes of a tool's messages on their way to a run."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from tests.nodes.ports import MemoryFiles, RecordedHttp, file, http_answer
from treadle.engine.errors import FileFetchError, HttpRequestNodeError, ToolFileError
from treadle.engine.ports import (
    ToolCitations,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.usage import Usage
from treadle.engine.values import File
from treadle.platform.files import FileStoreError
from treadle.tools.delivery import MAX_FILE, deliver
from treadle.tools.messages import (
    Blob,
    BlobChunk,
    Citations,
    FileMessage,
    ImageUrl,
    Json,
    Link,
    Log,
    Message,
    ModelUsage,
    Text,
    Variable,
)

PNG = b"\x89PNG\r\n\x1a\n"


async def given(messages: Sequence[Message]) -> AsyncGenerator[Message, None]:
    for message in messages:
        yield message


async def delivered(
    *messages: Message, http: RecordedHttp | None = None, files: MemoryFiles | None = None
) -> list[ToolMessage]:
    stream = deliver(given(messages), http=http or RecordedHttp([]), files=files or MemoryFiles())
    return [message async for message in stream]


async def test_what_needs_no_keeping_passes_through() -> None:
    usage = Usage(prompt_tokens=1, total_tokens=1)
    one = file("a.png")
    assert await delivered(
        Text("t"), Link("http://x"), Json({"a": 1}, suppressed=True), Variable("v", [1], stream=False),
        Log(id="1", label="step", status="success", data={"a": 1}), Citations([{"title": "t"}]), ModelUsage(usage),
        FileMessage(one),
    ) == [
        ToolText("t"), ToolLink("http://x"), ToolJson({"a": 1}, suppressed=True), ToolVariable("v", [1]),
        ToolLog(id="1", label="step", status="success", data={"a": 1}), ToolCitations([{"title": "t"}]),
        ToolUsage(usage), ToolFile(one, image=True),
    ]  # fmt: skip


async def test_a_link_with_a_type_is_that_of_a_file() -> None:
    (message,) = await delivered(Link("https://h/papers/a%20b.pdf?x=1", "application/pdf"))
    assert isinstance(message, ToolLink)
    assert isinstance(message.file, File)
    assert (message.file.filename, message.file.type, message.file.transfer_method, message.file.url) == (
        "a b.pdf", "document", "remote_url", "https://h/papers/a%20b.pdf?x=1",
    )  # fmt: skip


async def test_a_picture_is_fetched_and_kept() -> None:
    http = RecordedHttp([http_answer(PNG, headers={"content-type": "image/png; x=y"})])
    files = MemoryFiles()
    (message,) = await delivered(ImageUrl("https://h/pictures/loom"), http=http, files=files)
    assert isinstance(message, ToolFile)
    assert message.image
    assert (message.file.filename, message.file.mime_type) == ("loom.png", "image/png")
    assert files.stored == {"saved-0": PNG}
    assert (http.requests[0].method, http.requests[0].max_bytes) == ("GET", MAX_FILE)


async def test_a_picture_inside_of_its_address() -> None:
    files = MemoryFiles()
    (message,) = await delivered(ImageUrl("data:image/png;base64,iVBORw0KGgo="), files=files)
    assert isinstance(message, ToolFile)
    assert files.stored == {"saved-0": PNG}


@pytest.mark.parametrize(
    ("url", "answer", "reason"),
    [
        ("https://h/a.png", http_answer(status=404), "answered with status 404"),
        ("https://h/a.png", http_answer(b""), "answered with nothing"),
        ("https://h/a.png", HttpRequestNodeError("not allowed"), "not allowed"),
        ("data:image/png;base64,%%%", http_answer(), "base64"),
        ("data:image/png", http_answer(), "no complete data address"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_a_note(url: str, answer: object, reason: str) -> None:
    (message,) = await delivered(ImageUrl(url), http=RecordedHttp([answer]))  # type: ignore[list-item]
    assert isinstance(message, ToolText)
    assert message.text.startswith(f"The picture at {url} could not be downloaded: ")
    assert reason in message.text


@pytest.mark.parametrize(
    ("blob", "name", "kind", "image"),
    [
        (Blob(PNG, "image/png", "a.png"), "a.png", "image/png", True),
        (Blob(b"x", "text/csv", "table"), "table.csv", "text/csv", False),
        (Blob(b"x"), None, "application/octet-stream", False),
        (Blob(b"x", ""), None, "application/octet-stream", False),
    ],
)
async def test_bytes_are_kept_with_a_name_and_a_type(blob: Blob, name: str | None, kind: str, image: bool) -> None:
    (message,) = await delivered(blob)
    assert isinstance(message, ToolFile)
    assert message.image is image
    assert message.file.mime_type == kind
    assert message.file.filename is not None
    assert message.file.filename == name if name else message.file.filename.endswith(".bin")


async def test_pieces_are_joined() -> None:
    files = MemoryFiles()

    def piece(data: bytes, number: int, *, end: bool = False) -> BlobChunk:
        return BlobChunk(id="f", sequence=number, total_length=4, data=data, end=end, filename="f.txt")

    (message,) = await delivered(piece(b"ab", 0), piece(b"cd", 1), piece(b"", 2, end=True), files=files)
    assert isinstance(message, ToolFile)
    assert files.stored == {"saved-0": b"abcd"}
    with pytest.raises(ToolFileError, match="larger than 30 MB"):
        await delivered(piece(b"x" * MAX_FILE, 0), piece(b"x", 1))


class FullDisk(MemoryFiles):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def save(self, data: bytes, *, filename: str, mime_type: str) -> File:
        raise self.error


@pytest.mark.parametrize("error", [FileStoreError("the disk is full"), FileFetchError("gone")])
async def test_bytes_that_cannot_be_kept_are_an_error(error: Exception) -> None:
    with pytest.raises(ToolFileError, match=r"A file that the tool gave cannot be kept"):
        await delivered(Blob(b"x"), files=FullDisk(error))


async def test_closing_ends_the_tool() -> None:
    ended: list[bool] = []

    async def endless() -> AsyncGenerator[Message, None]:
        try:
            while True:
                yield Text("again")
        finally:
            ended.append(True)

    stream = deliver(endless(), http=RecordedHttp([]), files=MemoryFiles())
    assert await anext(stream) == ToolText("again")
    await stream.aclose()
    assert ended == [True]
