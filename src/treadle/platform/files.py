"""Where the bytes of files are: a folder by default, an object store by URL.

Keys are random and made here; names that people gave never become paths. Source: design "Embedded by default".
"""

import asyncio
import re
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


class FileStoreError(Exception):
    """The file store cannot be used. The message says what to do."""


class StoredFileMissing(Exception):
    """There are no bytes under this key."""


class FileStore:
    """Bytes by key. Operations may run at once; none blocks the event loop."""

    def __init__(self, url: str, options: dict[str, str] | None = None) -> None:
        """`url`: `file:///FOLDER`, `s3://BUCKET/PREFIX`, `gs://…` or `az://…`. Raises FileStoreError."""
        self.url = url
        try:
            if urlsplit(url).scheme == "file":
                folder = Path(unquote(urlsplit(url).path))
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._store: ObjectStore = LocalStore(folder)
            else:
                self._store = from_url(url, config=dict(options or {}))  # type: ignore[call-overload]
        except (BaseError, OSError, ValueError) as error:
            raise FileStoreError(f"files cannot be kept at {url}: {error}") from error

    async def put(self, data: bytes) -> str:
        """Keep bytes; gives their key."""
        name = secrets.token_hex(32)
        key = f"{name[:2]}/{name[2:]}"
        await obstore.put_async(self._store, key, data)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes under a key. Raises StoredFileMissing."""
        _check(key)
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise StoredFileMissing(key) from error

    async def delete(self, key: str) -> None:
        """Forget the bytes under a key, if there are any."""
        _check(key)
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def check(self) -> None:
        """Write, read and delete a few bytes. Raises FileStoreError."""
        try:
            async with asyncio.timeout(10):
                key = await self.put(b"treadle")
                if await self.get(key) != b"treadle":
                    raise FileStoreError(f"{self.url} gives back other bytes than it was given")
                await self.delete(key)
        except (BaseError, OSError, TimeoutError) as error:
            raise FileStoreError(f"files cannot be kept at {self.url}: {error}") from error


def _check(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise StoredFileMissing(key)
