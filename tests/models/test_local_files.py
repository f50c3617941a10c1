"""Model files in the data folder, for real: what is offered, and what runs."""

import os
import shutil
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models import local
from treadle.models.catalogue import ModelKind
from treadle.models.errors import UnknownModelError
from treadle.models.local import MODEL_NAME, LocalModel, LocalModelError, model_file
from treadle.models.local_files import ModelFileError, read_model_file
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

pytestmark = pytest.mark.local_model


@pytest.fixture
def crypto(tmp_path: Path) -> Crypto:
    return Crypto.open(tmp_path / "key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def models(folder: Path) -> AsyncIterator[LocalModel]:
    running = LocalModel(folder)
    if not running.available():
        pytest.skip(running.unavailable_reason or "")
    yield running
    await running.close()


def add(folder: Path, name: str) -> None:
    """The built-in model's file under another name."""
    file = model_file()
    assert file is not None
    (folder / f"{name}.gguf").symlink_to(file)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(*facts: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(facts)) + b"".join(facts)


def fact(name: str, value: str | int) -> bytes:
    kind = struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<II", 4, value)
    return text(name) + kind


def offered(models: LocalModel) -> dict[str, ModelKind]:
    return {each.model: each.kind for each in models.models() if each.model not in (MODEL_NAME, local.EMBEDDING_NAME)}


def test_a_file_is_read_for_what_it_is(folder: Path) -> None:
    add(folder, "mine")
    found = read_model_file(folder / "mine.gguf")
    assert (found.name, found.kind, found.context_size) == ("mine", ModelKind.LLM, 8192)
    size = os.stat(folder / "mine.gguf").st_size
    assert not found.pools
    assert found.memory == size + 2 * 576 // 9 * 3 * 30 * 8192


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ((fact("general.architecture", "bert"), fact("bert.context_length", 512)), ModelKind.EMBEDDING),
        ((fact("general.architecture", "qwen3"), fact("qwen3.pooling_type", 3)), ModelKind.EMBEDDING),
        ((fact("general.architecture", "qwen3"),), ModelKind.LLM),
    ],
)
def test_a_model_that_pools_is_for_vectors(folder: Path, facts: tuple[bytes, ...], kind: ModelKind) -> None:
    (folder / "a.gguf").write_bytes(header(*facts))
    assert read_model_file(folder / "a.gguf").kind is kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not begin as a GGUF file"),
        (b"<html>not found</html>", "does not begin as a GGUF file"),
        (b"GGUF\x03\x00", "beginning is damaged"),
        (header(version=1), "version 1"),
        (header(fact("general.architecture", "llama")[:-2]), "beginning is damaged"),
        (header(text("x") + struct.pack("<IIQ", 9, 9, 1 << 60)), "beginning is damaged"),
        (header(text("x") + struct.pack("<IQ", 8, 1 << 62)), "beginning is damaged"),
        (header(fact("general.name", "nobody")), "does not name its architecture"),
        (header(fact("general.architecture", "bert"), fact("bert.pooling_type", 4)), "ranks documents"),
    ],
)
def test_a_file_that_is_no_model_is_explained(folder: Path, content: bytes, reason: str) -> None:
    (folder / "a.gguf").write_bytes(content)
    with pytest.raises(ModelFileError, match=reason):
        read_model_file(folder / "a.gguf")


async def test_files_are_listed_and_answer_by_their_name(folder: Path, db: Database, crypto: Crypto) -> None:
    add(folder, "mine")
    (folder / "broken.gguf").write_bytes(b"nope")
    running = LocalModel(folder)
    service = ModelService(db, crypto, running)
    listed = [(each.provider, each.model, each.scope, each.context_size) for each in await service.list_models("w1")]
    assert ("local", "mine", "built-in", 8192) in listed
    assert "broken" not in [model for _, model, _, _ in listed]
    with pytest.raises(UnknownModelError, match=r"broken\.gguf cannot be used: it does not begin as a GGUF file does"):
        await service.set_default("w1", "llm", "local", "broken")
    models = service.for_workspace("w1")
    request = ChatRequest(
        model=ModelRef("local", "mine"),
        messages=(Message(role="user", content="What is the capital of France?"),),
        parameters={"max_tokens": 20, "temperature": 0},
    )
    try:
        assert "Paris" in (await models.complete(request)).text
    finally:
        await running.close()
        await service.close()


async def test_a_new_file_is_noticed(folder: Path, models: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_LOOK", -1.0)
    assert offered(models) == {}
    add(folder, "mine")
    assert offered(models) == {"mine": ModelKind.LLM}
    assert models.models() is models.models()
    (folder / "mine.gguf").unlink()
    assert offered(models) == {}


async def test_a_file_with_a_good_beginning_only_is_explained_when_it_starts(folder: Path, models: LocalModel) -> None:
    whole = model_file()
    assert whole is not None
    shutil.copyfile(whole, folder / "half.gguf")
    os.truncate(folder / "half.gguf", 3_000_000)
    with pytest.raises(LocalModelError, match=r"^The model half did not start: ."):
        await models.endpoint("half")
    assert models.pid_of("half") is None


async def test_what_nobody_uses_makes_room(folder: Path, models: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second", "third"):
        add(folder, name)
    await models.endpoint("first")
    await models.endpoint("second")
    with pytest.raises(LocalModelError, match=r"2 models from files can run at once, and first and second are in use"):
        await models.endpoint("third")
    monkeypatch.setattr(local, "_SURELY_IDLE", 0.0)
    await models.endpoint("third")
    assert [models.pid_of(name) is not None for name in ("first", "second", "third")] == [False, True, True]
    await models.end_idle(0)
    assert [models.pid_of(name) for name in ("first", "second", "third")] == [None, None, None]


async def test_a_model_that_needs_more_memory_than_there_is_does_not_start(
    folder: Path, models: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(folder, "mine")
    monkeypatch.setattr(local, "available_memory", lambda: 350_000_000)
    with pytest.raises(LocalModelError, match=r"mine takes about 0\.2 GB of memory, and 0\.[34] GB are free"):
        await models.endpoint("mine")


async def test_an_embedding_model_from_a_file_gives_vectors(
    folder: Path, db: Database, crypto: Crypto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chat model's file, taken for one: no file for vectors is at hand."""
    add(folder, "mine")
    taken_for_one = replace(read_model_file(folder / "mine.gguf"), kind=ModelKind.EMBEDDING)
    monkeypatch.setattr(local, "model_files", lambda folder: ([taken_for_one], {}))
    running = LocalModel(folder)
    service = ModelService(db, crypto, running)
    try:
        answer = await service.for_workspace("w1").embed(ModelRef("local", "mine"), ["one", "two"])
    finally:
        await running.close()
        await service.close()
    assert [len(vector) for vector in answer.vectors] == [576, 576]
    assert answer.vectors[0] != answer.vectors[1]
