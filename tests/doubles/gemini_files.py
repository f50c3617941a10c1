"""A strict Files API of Gemini: resumable uploads as the vendor documents them, and files that take time."""

import base64
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.recording import Request

GRAIN = 256 * 1024
MOST = 2 * 2**30
REQUEST_LIMIT = 20_000_000


@dataclass
class Upload:
    """An upload that has begun."""

    size: int
    mime_type: str
    display_name: str
    content: bytes = b""


@dataclass
class StoredFile:
    """A file of the account."""

    name: str
    mime_type: str
    content: bytes
    looks_until_active: int = 0
    state_after: str = "ACTIVE"


class ScriptedFiles:
    """The files of one account, as a part of a double."""

    def __init__(self) -> None:
        self.files: dict[str, StoredFile] = {}
        self.looks_until_active = 0
        """How often a file is looked at before it is ready."""
        self.state_after = "ACTIVE"
        self.break_at: int | None = None
        """After how many bytes of an upload the connection breaks, once."""
        self._uploads: dict[str, Upload] = {}
        self._ids = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        """The endpoints."""
        return [
            web.post("/upload/v1beta/files", self._start),
            web.post("/upload/session/{upload}", self._step),
            web.get("/v1beta/files/{file}", self._get),
        ]

    def demand(self, recorded: Request, body: dict[str, Any]) -> None:
        """What a request with files in it must keep to. Raises Refused."""
        if len(recorded.raw) > REQUEST_LIMIT:
            raise Refused(400, "Request payload size exceeds the limit: 20971520 bytes.")
        parts = [part for content in body["contents"] for part in content["parts"]]
        for named in (part["fileData"] for part in parts if "fileData" in part):
            name = named["fileUri"].rpartition("/v1beta/")[2]
            file = self.files.get(name)
            if not name.startswith("files/"):
                continue
            if file is None or file.looks_until_active:
                raise Refused(403, f"You do not have permission to access the File {name} or it may not exist.")
            if file.mime_type != named["mimeType"]:
                raise Refused(400, f"The mime type {named['mimeType']} is not that of the file.")

    async def _start(self, request: web.Request) -> web.StreamResponse:
        recorded: Request = request[RECORDED]
        headers = recorded.headers
        if (headers.get("x-goog-upload-protocol"), headers.get("x-goog-upload-command")) != ("resumable", "start"):
            raise Refused(400, "an upload begins with X-Goog-Upload-Protocol resumable and the command start")
        body = recorded.json
        if not isinstance(body, dict) or set(body) != {"file"} or not set(body["file"]) <= {"name", "display_name"}:
            raise Refused(400, "the body is the metadata of the file")
        size = int(headers["x-goog-upload-header-content-length"])
        if size > MOST:
            raise Refused(400, "a file has at most 2 GB")
        id = f"u{next(self._ids)}"
        self._uploads[id] = Upload(
            size, headers["x-goog-upload-header-content-type"], body["file"].get("display_name", "")
        )
        address = f"https://generativelanguage.googleapis.com/upload/session/{id}?upload_id={id}"
        return web.Response(headers={"X-Goog-Upload-URL": address, "X-Goog-Upload-Status": "active"})

    async def _step(self, request: web.Request) -> web.StreamResponse:
        recorded: Request = request[RECORDED]
        upload = self._uploads[request.match_info["upload"]]
        if request.query.get("upload_id") != request.match_info["upload"]:
            raise Refused(400, "the address of the upload was changed")
        commands = recorded.headers.get("x-goog-upload-command", "").split(", ")
        state = {"X-Goog-Upload-Status": "active", "X-Goog-Upload-Size-Received": str(len(upload.content))}
        if commands == ["query"]:
            return web.Response(headers=state)
        if commands not in (["upload"], ["upload", "finalize"]):
            raise Refused(400, f"unknown command {commands}")
        if int(recorded.headers["x-goog-upload-offset"]) != len(upload.content):
            raise Refused(400, f"the next byte is {len(upload.content)}")
        if self.break_at is not None and len(upload.content) + len(recorded.raw) > self.break_at:
            upload.content += recorded.raw[: self.break_at - len(upload.content)]
            self.break_at = None
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        upload.content += recorded.raw
        if "finalize" not in commands:
            if len(recorded.raw) % GRAIN:
                raise Refused(400, "all pieces but the last are multiples of 256 KiB")
            return web.Response(headers={**state, "X-Goog-Upload-Status": "active"})
        if len(upload.content) != upload.size:
            raise Refused(400, f"{upload.size} bytes were announced, {len(upload.content)} came")
        file = StoredFile(
            f"files/f{next(self._ids)}", upload.mime_type, upload.content, self.looks_until_active, self.state_after
        )
        self.files[file.name] = file
        return web.json_response({"file": self._told(request, file)}, headers={"X-Goog-Upload-Status": "final"})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        file = self.files.get(f"files/{request.match_info['file']}")
        if file is None:
            raise Refused(403, "You do not have permission to access the File or it may not exist.", kind=None)
        file.looks_until_active = max(file.looks_until_active - 1, 0)
        return web.json_response(self._told(request, file))

    def _told(self, request: web.Request, file: StoredFile) -> dict[str, Any]:
        ready = not file.looks_until_active
        told = {
            "name": file.name,
            "mimeType": file.mime_type,
            "sizeBytes": str(len(file.content)),
            "expirationTime": "2026-11-29T08:00:00.000000Z",
            "sha256Hash": base64.b64encode(hashlib.sha256(file.content).hexdigest().encode()).decode(),
            "uri": f"https://generativelanguage.googleapis.com/v1beta/{file.name}",
            "state": file.state_after if ready else "PROCESSING",
            "source": "UPLOADED",
        }
        if ready and file.state_after == "FAILED":
            told["error"] = {"code": 3, "message": "The video has no frames."}
        return told
