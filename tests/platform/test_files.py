import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from treadle.platform.files import FileStore, FileStoreError, StoredFileMissing


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """Options for a store that speaks S3, with the bucket `treadle`."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="treadle")
    yield {"endpoint": endpoint, "region": "us-east-1", "access_key_id": "k", "secret_access_key": "s"}
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "folder":
        return FileStore((tmp_path / "a folder ü").as_uri())
    return FileStore("s3://treadle/some/prefix", request.getfixturevalue("s3"))


async def test_bytes_come_back_until_they_are_deleted(store: FileStore) -> None:
    key = await store.put(b"hello")
    empty = await store.put(b"")
    assert (await store.get(key), await store.get(empty)) == (b"hello", b"")
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(StoredFileMissing):
        await store.get(key)
    assert await store.get(empty) == b""


async def test_large_files_are_kept_and_read_in_pieces(store: FileStore) -> None:
    data = bytes(range(256)) * 40_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 100_000):
            yield data[start : start + 100_000]

    key = await store.put(pieces())
    assert b"".join([chunk async for chunk in store.stream(key)]) == data
    assert b"".join([chunk async for chunk in store.stream(key, start=1000, end=1010)]) == data[1000:1010]
    assert b"".join([chunk async for chunk in store.stream(key, start=len(data) - 5)]) == data[-5:]


async def test_an_upload_that_breaks_off_leaves_nothing_readable(tmp_path: Path) -> None:
    store = FileStore(tmp_path.as_uri())

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 6_000_000
        raise OSError("the sender went away")

    with pytest.raises(FileStoreError):
        await store.put(broken())
    assert _files_in(tmp_path) == []


def _files_in(folder: Path) -> list[str]:
    """Whole files; one that is being written has a name with #."""
    return [path.name for path in folder.rglob("*") if path.is_file() and "#" not in path.name]


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "/etc/passwd", "ab/../cd", "ab/" + "z" * 62, "AB/" + "a" * 62, f"ab/{'a' * 62}\n"]
)
async def test_a_key_that_was_not_made_here_finds_nothing(store: FileStore, key: str) -> None:
    with pytest.raises(StoredFileMissing):
        await store.get(key)
    with pytest.raises(StoredFileMissing):
        [chunk async for chunk in store.stream(key)]
    await store.delete(key)


async def test_keys_are_random(store: FileStore) -> None:
    keys = await asyncio.gather(*(store.put(b"same") for _ in range(20)))
    assert len(set(keys)) == 20


async def test_the_folder_is_private(tmp_path: Path) -> None:
    FileStore((tmp_path / "files").as_uri())
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700


async def test_a_store_that_works_passes_its_check(store: FileStore) -> None:
    await store.check()


async def test_stores_that_do_not_work_say_so(s3: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(FileStoreError, match="s3://missing"):
        await FileStore("s3://missing/x", s3).check()
    with pytest.raises(FileStoreError):
        FileStore("nonsense://x")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileStoreError):
        FileStore((tmp_path / "file").as_uri())
