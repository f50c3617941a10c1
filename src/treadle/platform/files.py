"""Where the bytes of files are: a folder by default, an object store by URL.

Keys are random and made here; names that people gave never become paths. Source: design "Embedded by default".
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")
_CHUNK = 256 * 1024


class FileStoreError(Exception):
    """The file store cannot be used. The message says what to do."""


class StoredFileMissing(Exception):
    """There are no bytes under this key."""


class FileStore:
    """Bytes by key. Operations may run at once; none blocks the event loop. All raise FileStoreError."""

    def __init__(self, url: str, options: Mapping[str, str] | None = None) -> None:
        """`url`: `file:///FOLDER`, `s3://BUCKET/PREFIX`, `gs://…` or `az://…`. `options` are the store's own."""
        self.url = url
        with self._told():
            self._store = _opened(url, options or {})

    async def put(self, data: bytes | AsyncIterator[bytes]) -> str:
        """Keep bytes; gives their key. They are there whole or not at all."""
        name = secrets.token_hex(32)
        key = f"{name[:2]}/{name[2:]}"
        with self._told():
            await obstore.put_async(self._store, key, data)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes under a key. Raises StoredFileMissing."""
        with self._told(key):
            found = await obstore.get_async(self._store, _checked(key))
            return bytes(await found.bytes_async())

    async def stream(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, in pieces. Raises StoredFileMissing, before the first piece."""
        with self._told(key):
            if end is None:
                options = cast(Any, {"range": {"offset": start}} if start else {})
            else:
                options = cast(Any, {"range": (start, end)})
            found = await obstore.get_async(self._store, _checked(key), options=options)
            async for chunk in found.stream(min_chunk_size=_CHUNK):
                yield chunk

    async def delete(self, key: str) -> None:
        """Forget the bytes under a key, if there are any."""
        try:
            with self._told(key):
                await obstore.delete_async(self._store, _checked(key))
        except StoredFileMissing:
            return

    async def check(self) -> None:
        """Write, read and delete a few bytes."""
        try:
            async with asyncio.timeout(10):
                key = await self.put(b"treadle")
                if await self.get(key) != b"treadle":
                    raise FileStoreError(f"{self.url} gives back other bytes than it was given")
                await self.delete(key)
        except (StoredFileMissing, TimeoutError) as error:
            raise FileStoreError(f"files cannot be kept at {self.url}: {error or 'no answer in time'}") from error

    @contextmanager
    def _told(self, key: str = "") -> Generator[None]:
        """Failures of the store, in our words."""
        try:
            yield
        except FileNotFoundError as error:
            raise StoredFileMissing(key) from error
        except (BaseError, OSError, ValueError) as error:
            raise FileStoreError(f"files cannot be kept at {self.url}: {error}") from error


def _opened(url: str, options: Mapping[str, str]) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme != "file":
        # Who names an http:// endpoint wants it to be used.
        client = {"allow_http": options.get("endpoint", "").startswith("http://")}
        return cast(Any, from_url)(url, config=dict(options), client_options=client)
    folder = Path(url2pathname(parts.path))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise FileNotFoundError(key)
    return key
