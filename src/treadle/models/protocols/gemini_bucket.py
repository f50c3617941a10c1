"""Large media for Vertex AI: it keeps no files of its own and reads them from a bucket of Google Cloud Storage.

A file is stored under a digest of its content and stays, so that it is sent once; a lifecycle rule of the bucket
deletes it. Source: the vendor's description of Gemini's file data and of the JSON API of Cloud Storage.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from treadle.engine.errors import (
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import Part
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import fetch, send
from .gemini_files import bytes_of_part
from .gemini_reply import refused

FOLDER = "treadle"


async def in_bucket(http: ModelHttp, target: Target, part: Part, token: str) -> Part:
    """`part`, its data stored in the credential's bucket and replaced by its gs:// address. Raises InvokeError."""
    bucket = str(target.settings.get("vertex_bucket") or "").strip().removeprefix("gs://").strip("/")
    if not bucket:
        raise InvokeBadRequestError(
            target.says(
                "the files are larger than the 20 MB that Vertex AI takes in a request. Store a vertex_bucket, in "
                f"which the service account may create objects; they go through Cloud Storage then: {target.command()}"
            )
        )
    content = await asyncio.to_thread(bytes_of_part, target, part)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    name = f"{FOLDER}/{digest}{'.' if part.format else ''}{part.format}"
    storage = str(target.settings["storage_url"]).rstrip("/")
    headers = {"Authorization": f"Bearer {token}"}
    if not await _stored(http, target, f"{storage}/storage/v1/b/{quote(bucket)}/o/{quote(name, safe='')}", headers):
        url = f"{storage}/upload/storage/v1/b/{quote(bucket)}/o?uploadType=media&name={quote(name, safe='')}"
        headers = {**headers, "Content-Type": part.mime_type or "application/octet-stream"}
        (await send(http, target, url, content, headers, _refused)).close()
    return msgspec.structs.replace(part, data="", url=f"gs://{bucket}/{name}")


async def _stored(http: ModelHttp, target: Target, url: str, headers: Mapping[str, str]) -> bool:
    """Whether the object is there; who may not look may still be allowed to store."""
    try:
        await fetch(http, target, url, headers, refused)
    except (InvokeConnectionError, InvokeServerUnavailableError):
        raise
    except InvokeError:
        return False
    return True


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    if status in (401, 403, 404):
        bucket = target.settings.get("vertex_bucket")
        return InvokeBadRequestError(
            target.says(
                f"the bucket {bucket} does not take files (HTTP {status}). Create it, and give the service account the "
                "role Storage Object User in it."
            )
        )
    return refused(target, status, body, headers)
