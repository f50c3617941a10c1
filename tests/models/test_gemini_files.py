"""Files above what a request takes: the Files API of Gemini, and a bucket for Vertex AI."""

import base64
from collections.abc import AsyncIterator

import pytest

from tests.doubles.gemini_wire import ScriptedGemini, ScriptedVertex
from tests.models.test_gemini import ask, said, target, text_of
from tests.models.test_gemini_vertex import target as vertex_target
from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.models.http import ModelHttp
from treadle.models.protocols import gemini_files
from treadle.models.protocols.gemini import Gemini
from treadle.models.protocols.gemini_vertex import Vertex

MB = 1_000_000
TENTH = 100_000


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedGemini]:
    async with ScriptedGemini() as model:
        yield model


@pytest.fixture
async def cloud() -> AsyncIterator[ScriptedVertex]:
    async with ScriptedVertex() as model:
        yield model


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini_files, "_FIRST_WAIT", 0.01)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything a tenth, and pieces of 512 KiB."""
    monkeypatch.setattr(gemini_files, "MOST_INLINE", 18 * TENTH)
    monkeypatch.setattr(gemini_files, "PIECE", 2**19)


def film(size: int, fill: bytes = b"f") -> Part:
    data = base64.b64encode(fill * size).decode()
    return Part(type="video", data=data, mime_type="video/mp4", format="mp4", filename="film.mp4")


def shown(*parts: Part) -> ChatRequest:
    return ask(Message(role="user", content=(Part(type="text", text="What is this?"), *parts)))


def sent_parts(upstream: ScriptedGemini) -> list[dict[str, object]]:
    return upstream.requests[-1].json["contents"][0]["parts"]


async def test_a_large_file_is_uploaded_awaited_and_named_by_its_address(
    http: ModelHttp, upstream: ScriptedGemini
) -> None:
    upstream.files.looks_until_active = 2
    upstream.reply("A film.")
    assert text_of(await said(Gemini(http), target(upstream), shown(film(20 * MB), film(10)))) == "A film."
    (stored,) = upstream.files.files.values()
    assert (stored.mime_type, stored.content) == ("video/mp4", b"f" * 20 * MB)
    uri = f"https://generativelanguage.googleapis.com/v1beta/{stored.name}"
    assert sent_parts(upstream)[1:] == [
        {"fileData": {"mimeType": "video/mp4", "fileUri": uri}},
        {"inlineData": {"mimeType": "video/mp4", "data": base64.b64encode(b"f" * 10).decode()}},
    ]
    steps = [each.headers["x-goog-upload-command"] for each in upstream.requests if "/upload/" in each.path]
    assert steps == ["start", "upload", "upload", "upload, finalize"]
    assert all(each.headers["x-goog-api-key"] == "AIza-scripted" for each in upstream.requests)


@pytest.mark.usefixtures("small")
async def test_only_the_largest_files_are_moved(http: ModelHttp, upstream: ScriptedGemini) -> None:
    upstream.reply("Films.")
    await Gemini(http).complete(
        target(upstream), shown(film(6 * TENTH, b"a"), film(9 * TENTH, b"b"), film(6 * TENTH, b"c"))
    )
    assert [len(file.content) for file in upstream.files.files.values()] == [9 * TENTH]
    assert ["fileData" in part for part in sent_parts(upstream)] == [False, False, True, False]


@pytest.mark.usefixtures("small")
async def test_the_next_turn_uses_what_was_uploaded_until_it_is_gone(http: ModelHttp, upstream: ScriptedGemini) -> None:
    upstream.reply_sequence(["One.", "Two.", "Three."])
    question = shown(film(15 * TENTH, b"n"), film(15 * TENTH, b"n"))
    wire = Gemini(http)
    await wire.complete(target(upstream), question)
    await wire.complete(target(upstream), question)
    assert len(upstream.files.files) == 1
    upstream.files.files.clear()
    await wire.complete(target(upstream), question)
    assert len(upstream.files.files) == 1


@pytest.mark.usefixtures("small")
async def test_a_broken_upload_goes_on_where_it_broke(http: ModelHttp, upstream: ScriptedGemini) -> None:
    upstream.files.break_at = 9 * TENTH
    upstream.reply("Whole.")
    await Gemini(http).complete(target(upstream), shown(film(20 * TENTH, b"r")))
    assert [file.content == b"r" * 20 * TENTH for file in upstream.files.files.values()] == [True]
    steps = [each.headers["x-goog-upload-command"] for each in upstream.requests if "/upload/session" in each.path]
    assert steps == ["upload", "upload", "query", "upload", "upload", "upload, finalize"]


@pytest.mark.usefixtures("small")
async def test_a_file_that_the_provider_cannot_use_is_told(http: ModelHttp, upstream: ScriptedGemini) -> None:
    upstream.files.state_after = "FAILED"
    with pytest.raises(InvokeBadRequestError, match=r"cannot use a file \(FAILED\): The video has no frames\."):
        await Gemini(http).complete(target(upstream), shown(film(20 * TENTH, b"x")))


@pytest.mark.usefixtures("small")
async def test_vertex_reads_large_files_from_a_bucket(http: ModelHttp, cloud: ScriptedVertex) -> None:
    cloud.reply_sequence(["One.", "Two."])
    to = vertex_target(cloud.url, key=cloud.account, vertex_bucket="b-1", storage_url=cloud.origin)
    wire = Vertex(http)
    await wire.complete(to, shown(film(20 * TENTH)))
    ((name, stored),) = cloud.bucket.items()
    assert stored == ("video/mp4", b"f" * 20 * TENTH)
    assert sent_parts(cloud)[1] == {"fileData": {"mimeType": "video/mp4", "fileUri": f"gs://b-1/{name}"}}
    await wire.complete(to, shown(film(20 * TENTH)))
    assert len(cloud.requests_to("/upload/storage/v1/b/b-1/o")) == 1


@pytest.mark.usefixtures("small")
async def test_vertex_says_what_to_do_without_a_bucket_of_its_own(http: ModelHttp, cloud: ScriptedVertex) -> None:
    to = vertex_target(cloud.url, key=cloud.account)
    with pytest.raises(InvokeBadRequestError, match=r"larger than the 20 MB .* Store a vertex_bucket"):
        await Vertex(http).complete(to, shown(film(20 * TENTH)))
    to = vertex_target(cloud.url, key=cloud.account, vertex_bucket="other", storage_url=cloud.origin)
    with pytest.raises(InvokeBadRequestError, match=r"bucket other does not take files .* Storage Object User"):
        await Vertex(http).complete(to, shown(film(20 * TENTH)))
