"""Files of a workspace: uploaded, sent with a request, read and made by nodes.

A file gets into a run only through here: by the id of an upload of the same end user, or by a URL. What a caller says
about a file in any other way is not believed. Source: spec service-api §1.9, §3.4, §3.11.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import delete, select

from treadle.apps.file_types import ILLEGAL, class_of, extension_of, kept_name, mime_type_of
from treadle.apps.tables import MessageFile, StoredFile
from treadle.engine.errors import FileFetchError, HttpRequestNodeError
from treadle.engine.ports import Http, HttpRequest
from treadle.engine.values import File, FileType, JsonValue
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.files import FileStore, StoredFileMissing
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound, Refusal, TooLarge
from treadle.platform.signed_links import SignedLinks, referred
from treadle.settings import Settings

_MIB = 1024 * 1024
_HEAD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Whom a file belongs to. `role` is end_user or account."""

    workspace_id: str
    app_id: str
    role: str
    user_id: str
    run_id: str | None


MOST_PICTURES = 10
LARGEST_PICTURE = 2 * _MIB


class Uploads:
    """The files of all workspaces; every read names the workspace."""

    def __init__(self, db: Database, store: FileStore, links: SignedLinks, http: Http, settings: Settings) -> None:
        self._db = db
        self._store = store
        self._links = links
        self._http = http
        self._settings = settings

    def size_limit(self, kind: FileType) -> int:
        """Bytes that an upload of this class may have."""
        megabytes = {
            "image": self._settings.upload_image_file_size_limit,
            "video": self._settings.upload_video_file_size_limit,
            "audio": self._settings.upload_audio_file_size_limit,
        }.get(kind, self._settings.upload_file_size_limit)
        return int(megabytes * _MIB)

    async def upload(self, origin: FileOrigin, *, name: str, declared_type: str, data: bytes) -> StoredFile:
        """Keep a file that somebody sent. Raises Refusal for its name, kind or size."""
        if ILLEGAL.intersection(name):
            raise InvalidParam('A file name must not have any of / \\ : * ? " < > |.', param="file")
        extension = extension_of(name)
        if extension in _names(self._settings.upload_file_extension_blacklist):
            raise Refusal(f"Files with the extension {extension} are not accepted.", code="file_extension_blocked")
        mime_type = mime_type_of(name, declared_type, data)
        limit = self.size_limit(class_of(extension, mime_type))
        if len(data) > limit:
            raise TooLarge(f"The file is larger than {limit // _MIB} MB.")
        return await self._keep(origin, "upload", kept_name(name), mime_type, data)

    def for_caller(self, workspace_id: str, user_id: str) -> "CallerFiles":
        """What a caller may name in a request."""
        return CallerFiles(self, workspace_id, user_id)

    def for_run(self, origin: FileOrigin) -> "RunFiles":
        """The files port of a run."""
        return RunFiles(self, origin)

    def with_url(self, file: File) -> File:
        """`file` with a fresh link."""
        if file.transfer_method == "remote_url" or not file.related_id:
            return msgspec.structs.replace(file, url=file.remote_url)
        kind = "tool" if file.transfer_method == "tool_file" else "upload"
        link = self._links.link(kind, file.related_id, (file.extension or "").lstrip("."))
        return msgspec.structs.replace(file, url=link)

    def signed_again(self, text: str) -> str:
        """`text` with the links to files in it made anew."""
        return self._links.signed_again(text)

    async def completed(self, workspace_id: str, texts: Sequence[tuple[str, str]]) -> list[str]:
        """Texts, each with the run or document that it belongs to, in which the files that this one made are links
        that open. A text cannot have the files of another one opened."""
        makers = {maker for maker, text in texts if "/files/" in text}
        if not makers:
            return [text for _, text in texts]
        query = select(StoredFile.id, StoredFile.run_id).where(
            StoredFile.workspace_id == workspace_id, StoredFile.kind == "tool", StoredFile.run_id.in_(makers)
        )
        made: dict[str, set[str]] = {}
        async with self._db.session() as session:
            for row in await session.execute(query):
                made.setdefault(row.run_id, set()).add(row.id)
        return [self._links.completed(text, made.get(maker, frozenset())) for maker, text in texts]

    async def pictures(self, workspace_id: str, texts: Sequence[tuple[str, str]]) -> list[list[StoredFile]]:
        """The pictures that stand in texts, each of which comes with the run or document that it belongs to: those that
        this one made, up to `MOST_PICTURES` of `LARGEST_PICTURE` bytes a text."""
        wanted = [referred(text) for _, text in texts]
        ids = {each for several in wanted for each in several}
        if not ids:
            return [[] for _ in texts]
        query = select(StoredFile).where(
            StoredFile.workspace_id == workspace_id,
            StoredFile.kind == "tool",
            StoredFile.id.in_(ids),
            StoredFile.mime_type.startswith("image/"),
            StoredFile.size <= LARGEST_PICTURE,
        )
        async with self._db.session() as session:
            known = {(row.run_id, row.id): row for row in (await session.execute(query)).scalars()}
        return [
            [known[maker, each] for each in several if (maker, each) in known][:MOST_PICTURES]
            for (maker, _), several in zip(texts, wanted, strict=True)
        ]

    async def stored(self, file_id: str, workspace_id: str | None = None) -> StoredFile | None:
        """A stored file; without a workspace only for holders of a signed link."""
        query = select(StoredFile).where(StoredFile.id == file_id)
        if workspace_id is not None:
            query = query.where(StoredFile.workspace_id == workspace_id)
        async with self._db.session() as session:
            return (await session.execute(query)).scalar_one_or_none()

    async def behind_link(self, kind: str, file_id: str, query: Mapping[str, str]) -> tuple[StoredFile, bytes]:
        """The file of a signed link. Raises NotFound (uploads) or Forbidden (made files) for a bad or old one."""
        wanted = "upload" if kind == "upload" else "tool"
        valid = self._links.valid(
            wanted, file_id, query.get("timestamp", ""), query.get("nonce", ""), query.get("sign", "")
        )
        row = await self.stored(file_id) if valid else None
        if row is None or row.kind != wanted:
            message = "This link is not valid any more."
            raise NotFound(message) if wanted == "upload" else Forbidden(message)
        return row, await self.bytes_of(row)

    async def of_app(self, workspace_id: str, app_id: str, file_id: str) -> tuple[StoredFile, bytes]:
        """A file that a message of this app shows.

        Raises NotFound (`file_not_found`) when no message does, Forbidden (`file_access_denied`) when only one of
        another app does.
        """
        row = await self.stored(file_id, workspace_id)
        async with self._db.session() as session:
            found = await session.execute(select(MessageFile.app_id).where(MessageFile.file_id == file_id))
            apps = set(found.scalars())
        if row is None or not apps:
            raise NotFound("No message has this file.", code="file_not_found")
        if app_id not in apps:
            raise Forbidden("This file belongs to another app.", code="file_access_denied")
        return row, await self.bytes_of(row)

    async def bytes_of(self, row: StoredFile) -> bytes:
        """Raises NotFound when the store has lost them."""
        try:
            return await self._store.get(row.key)
        except StoredFileMissing as error:
            raise NotFound("The content of this file is gone.") from error

    async def forget(self, workspace_id: str, file_ids: Sequence[str]) -> None:
        """Delete files that no message shows; unknown ids are no error. Raises FileStoreError."""
        if not file_ids:
            return
        shown = select(MessageFile.file_id).where(MessageFile.file_id.in_(file_ids))
        mine = (StoredFile.workspace_id == workspace_id, StoredFile.id.in_(file_ids), StoredFile.id.not_in(shown))
        async with self._db.session() as session:
            found = await session.execute(select(StoredFile.id, StoredFile.key).where(*mine))
            keys = {row.id: row.key for row in found}
        for key in keys.values():
            await self._store.delete(key)
        async with self._db.transaction() as session:
            await session.execute(delete(StoredFile).where(StoredFile.id.in_(keys)))

    async def made_by(self, workspace_id: str, maker_ids: Sequence[str]) -> list[str]:
        """The ids of the files that these runs, or documents of knowledge, made."""
        query = select(StoredFile.id).where(
            StoredFile.workspace_id == workspace_id, StoredFile.kind == "tool", StoredFile.run_id.in_(maker_ids)
        )
        async with self._db.session() as session:
            return list((await session.execute(query)).scalars())

    async def make(self, origin: FileOrigin, *, name: str, mime_type: str, data: bytes) -> StoredFile:
        """Keep a file that a node made."""
        return await self._keep(origin, "tool", kept_name(name.replace("/", "_")), mime_type, data)

    def descriptor(self, row: StoredFile) -> File:
        """A stored file as a value, with a fresh link."""
        return self.with_url(
            File(
                id=row.id,
                tenant_id=row.workspace_id,
                type=class_of(row.extension, row.mime_type),
                transfer_method="tool_file" if row.kind == "tool" else "local_file",
                remote_url="",
                related_id=row.id,
                filename=row.name,
                extension=f".{row.extension}" if row.extension else "",
                mime_type=row.mime_type,
                size=row.size,
            )
        )

    async def remote(self, workspace_id: str, url: str, declared: FileType | None) -> File:
        """A file on another server, as far as a HEAD request tells. Raises ValueError for a refused address."""
        name = unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or "file"
        mime_type, size = "", -1
        request = HttpRequest(
            method="HEAD", url=url, connect_timeout=_HEAD_SECONDS, read_timeout=_HEAD_SECONDS, max_bytes=0
        )
        try:
            answer = await self._http.send(request)
        except HttpRequestNodeError as error:
            if "refused" in str(error).lower() or "not allowed" in str(error).lower():
                raise ValueError(f"this address may not be fetched: {error}") from error
        else:
            if answer.status < 400:
                mime_type = answer.headers.get("content-type", "").partition(";")[0].strip()
                length = answer.headers.get("content-length", "")
                size = int(length) if length.isdigit() else -1
        mime_type = mime_type or mime_type_of(name, "", b"")
        extension = extension_of(name)
        kind = declared if declared and declared != "custom" else class_of(extension, mime_type)
        return File(
            id=new_id(),
            tenant_id=workspace_id,
            type=kind,
            transfer_method="remote_url",
            remote_url=url,
            filename=name,
            extension=f".{extension}" if extension else "",
            mime_type=mime_type,
            size=size,
            url=url,
        )

    async def fetch(self, url: str) -> bytes:
        """A remote file's bytes, through the guard. Raises FileFetchError."""
        request = HttpRequest(method="GET", url=url, max_bytes=self.size_limit("document"))
        try:
            answer = await self._http.send(request)
        except HttpRequestNodeError as error:
            raise FileFetchError(str(error)) from error
        if answer.status >= 400:
            raise FileFetchError(f"{url} answered with status {answer.status}.")
        return answer.body

    async def _keep(self, origin: FileOrigin, kind: str, name: str, mime_type: str, data: bytes) -> StoredFile:
        row = StoredFile(
            id=new_id(),
            workspace_id=origin.workspace_id,
            app_id=origin.app_id or None,
            kind=kind,
            created_by_role=origin.role,
            created_by=origin.user_id,
            key=await self._store.put(data),
            name=name,
            size=len(data),
            extension=extension_of(name),
            mime_type=mime_type,
            sha256=sha256(data).hexdigest(),
            run_id=origin.run_id,
            created_at=now_us(),
        )
        async with self._db.transaction() as session:
            session.add(row)
        return row


class CallerFiles:
    """Finds the files that a caller names in a request (spec service-api §3.4)."""

    def __init__(self, uploads: Uploads, workspace_id: str, user_id: str) -> None:
        self._uploads = uploads
        self._workspace_id = workspace_id
        self._user_id = user_id

    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        """Raises ValueError with a sentence."""
        declared = mapping.get("type", "custom")
        if declared not in ("image", "document", "audio", "video", "custom"):
            raise ValueError(f"`type` must be image, document, audio, video or custom, not {declared!r}.")
        method = mapping.get("transfer_method")
        if method == "remote_url":
            return await self._remote(mapping, declared)
        if method == "local_file":
            return await self._stored(mapping, "upload_file_id", "upload", declared)
        if method == "tool_file":
            return await self._stored(mapping, "tool_file_id", "tool", declared)
        raise ValueError(f"`transfer_method` must be remote_url, local_file or tool_file, not {method!r}.")

    async def _remote(self, mapping: Mapping[str, JsonValue], declared: FileType) -> File:
        url = mapping.get("url") or mapping.get("remote_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ValueError("`url` must begin with http:// or https://.")
        return await self._uploads.remote(self._workspace_id, url, declared)

    async def _stored(self, mapping: Mapping[str, JsonValue], member: str, kind: str, declared: FileType) -> File:
        file_id = mapping.get(member)
        try:
            known = str(uuid.UUID(file_id)) if isinstance(file_id, str) else None
        except ValueError:
            known = None
        row = await self._uploads.stored(known, self._workspace_id) if known else None
        if row is None or row.kind != kind or row.created_by != self._user_id:
            raise ValueError(f"`{member}` names no file of yours.")
        file = self._uploads.descriptor(row)
        if declared != "custom" and file.type not in (declared, "custom"):
            raise ValueError(f"{row.name} is of type {file.type}, not {declared}.")
        return msgspec.structs.replace(file, type=declared) if file.type == "custom" else file


class RunFiles:
    """`engine.ports.Files` for one run."""

    def __init__(self, uploads: Uploads, origin: FileOrigin) -> None:
        self._uploads = uploads
        self._origin = origin

    async def read(self, file: File) -> bytes:
        if file.transfer_method == "remote_url":
            return await self._uploads.fetch(file.remote_url or "")
        row = await self._uploads.stored(file.related_id or "", self._origin.workspace_id)
        if row is None:
            raise FileFetchError(f"The file {file.filename or file.related_id} is gone.")
        try:
            return await self._uploads.bytes_of(row)
        except NotFound as error:
            raise FileFetchError(error.message) from error

    async def save(self, data: bytes, *, filename: str, mime_type: str) -> File:
        row = await self._uploads.make(self._origin, name=filename, mime_type=mime_type, data=data)
        return self._uploads.descriptor(row)

    async def uploaded(self, file_id: str) -> File:
        row = await self._uploads.stored(file_id, self._origin.workspace_id)
        if row is None or row.kind != "upload":
            raise FileFetchError(f"There is no uploaded file {file_id} in this workspace.")
        return self._uploads.descriptor(row)


def _names(listed: str) -> set[str]:
    return {name.strip().lower().lstrip(".") for name in listed.split(",") if name.strip()}
