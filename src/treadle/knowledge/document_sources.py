"""From what a caller names to what a new document is: uploaded files, pages of a crawl, Notion pages, plain text.

Source: spec knowledge §3.2, §4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from treadle.apps.tables import StoredFile
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.requests import DataSource, SourceList
from treadle.knowledge.tables import SourceType
from treadle.knowledge.text.kinds import EXTENSIONS
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

MAX_NAME = 255
_CUT = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one document comes from. `info` is its `data_source_info`."""

    name: str
    info: dict[str, Any]
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """The documents that a request names, all from one kind of source."""

    type: SourceType
    found: tuple[Origin, ...]


def source_list(source: DataSource | None) -> SourceList:
    """Raises InvalidParam when there is none."""
    if source is None:
        raise InvalidParam("`data_source` is required: name the files or pages to add.", param="data_source")
    return source.info_list


async def origins_of(repository: DocumentRepository, source: SourceList) -> Origins:
    """Raises InvalidParam, NotFound, and Refusal for files that are no documents."""
    match source.data_source_type:
        case SourceType.UPLOAD:
            return Origins(SourceType.UPLOAD, await _files(repository, source))
        case SourceType.WEBSITE:
            return Origins(SourceType.WEBSITE, _pages(source))
        case SourceType.NOTION:
            return Origins(SourceType.NOTION, _notion(source))
        case other:
            names = ", ".join(SourceType)
            raise InvalidParam(f"`data_source_type` must be one of {names}, not {other!r}.", param="data_source_type")


async def _files(repository: DocumentRepository, source: SourceList) -> tuple[Origin, ...]:
    ids = source.file_info_list.file_ids if source.file_info_list else []
    if not ids:
        raise InvalidParam("`file_info_list.file_ids` names no file.", param="file_info_list")
    rows = await repository.files(ids)
    found: list[Origin] = []
    for file_id in dict.fromkeys(ids):
        row = rows.get(file_id)
        if row is None or row.kind != "upload":
            raise NotFound(f"There is no uploaded file {file_id}.")
        check_extension(row.extension)
        found.append(of_file(row))
    return tuple(found)


def of_file(row: StoredFile, name: str | None = None) -> Origin:
    """An uploaded file as the source of a document."""
    return Origin((name or row.name)[:MAX_NAME], {"upload_file_id": row.id}, row.id)


def check_extension(extension: str) -> None:
    """Raises Refusal (`unsupported_file_type`) for files that hold no text for a base."""
    if extension.lower() not in EXTENSIONS:
        raise Refusal(
            f"Files of type {extension or 'without extension'} cannot be read into a knowledge base; "
            f"use one of {', '.join(sorted(EXTENSIONS))}.",
            code="unsupported_file_type",
            status=415,
            param="file",
        )


async def keep_text(uploads: Uploads, asker: Asker, name: str, text: str) -> StoredFile:
    """Text that a caller sent, kept as a file so that it is read like all others."""
    safe = "".join(" " if letter in '/\\:*?"<>|' or ord(letter) < 32 else letter for letter in name).strip() or "text"
    if not safe.lower().endswith((".txt", ".md", ".markdown")):
        safe = f"{safe[:_CUT]}.txt"
    return await uploads.upload(
        origin_of(asker), name=safe, declared_type="text/plain", data=text.encode("utf-8", "replace")
    )


def origin_of(asker: Asker) -> FileOrigin:
    """Whom a file belongs to that the asker sends."""
    return FileOrigin(asker.workspace_id, "", "account", asker.account_id or "", None)


def _pages(source: SourceList) -> tuple[Origin, ...]:
    wanted = source.website_info_list
    if wanted is None or not wanted.urls:
        raise InvalidParam("`website_info_list.urls` names no page.", param="website_info_list")
    return tuple(
        Origin(
            url if len(url) <= MAX_NAME else f"{url[:_CUT]}...",
            {
                "url": url,
                "provider": wanted.provider,
                "job_id": wanted.job_id,
                "only_main_content": wanted.only_main_content,
                "mode": "crawl",
            },
        )
        for url in dict.fromkeys(wanted.urls)
    )


def _notion(source: SourceList) -> tuple[Origin, ...]:
    found: dict[str, Origin] = {}
    for workspace in source.notion_info_list or []:
        for page in workspace.pages:
            found[page.page_id] = Origin(
                (page.page_name.strip() or page.page_id)[:MAX_NAME],
                {
                    "notion_workspace_id": workspace.workspace_id,
                    "notion_page_id": page.page_id,
                    "notion_page_icon": page.page_icon,
                    "type": page.type,
                    "credential_id": workspace.credential_id,
                },
            )
    if not found:
        raise InvalidParam("`notion_info_list` names no page.", param="notion_info_list")
    return tuple(found.values())


def page_ids(origins: Sequence[Origin]) -> frozenset[str]:
    """The Notion pages among `origins`."""
    return frozenset(str(each.info["notion_page_id"]) for each in origins if "notion_page_id" in each.info)
