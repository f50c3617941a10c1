"""Documents of knowledge bases (spec service-api §5.5 to §5.7)."""

from dataclasses import dataclass

import msgspec
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.apps.file_types import extension_of
from treadle.knowledge.document_adding import Added
from treadle.knowledge.document_repository import DocumentFilter
from treadle.knowledge.document_sources import check_extension, origin_of
from treadle.knowledge.requests import NewDocuments
from treadle.platform.clock import SECOND
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.app_call import From
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.dataset_calls import DATASET, DOCUMENT, DatasetCall, dataset_route, paging_of
from treadle.server.service_api.files import the_file


@dataclass(slots=True, kw_only=True)
class TextDocument(NewDocuments):
    """A document of text; `name` and `text` are required where one is made."""

    text: str | None = None


class ListQuery(msgspec.Struct):
    keyword: str = ""
    status: str = ""
    sort: str = ""


class DetailQuery(msgspec.Struct):
    metadata: str = "all"


class Chosen(msgspec.Struct):
    document_ids: list[str] = []


async def create_by_text(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/document/create-by-text."""
    wanted = call.body(TextDocument)
    name, text = _required(wanted.name, "name"), _required(wanted.text, "text")
    wanted.name = None
    return await _answer(call, await call.knowledge.adding.add_text(call.asker, call.dataset_id, name, text, wanted))


async def create_by_file(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/document/create-by-file."""
    part = the_file(call.form)
    wanted = call.data(NewDocuments)
    if wanted.original_document_id:
        return await _answer(call, await _replaced(call, wanted.original_document_id, part, wanted))
    added = await call.knowledge.adding.add_file(
        call.asker, call.dataset_id, part.filename or "", part.content_type or "", await part.read(), wanted
    )
    return await _answer(call, added)


async def update_by_text(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/{document_id}/update-by-text."""
    wanted = call.body(TextDocument)
    if wanted.text is None:
        return await _answer(call, await _replaced(call, call.document_id, None, wanted))
    name = _required(wanted.name, "name")
    wanted.name, wanted.original_document_id = None, call.document_id
    added = await call.knowledge.adding.add_text(call.asker, call.dataset_id, name, wanted.text, wanted)
    return await _answer(call, added)


async def update_by_file(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/{document_id}/update-by-file; PATCH the document."""
    wanted = call.data(NewDocuments)
    part = the_file(call.form) if call.has_file else None
    return await _answer(call, await _replaced(call, call.document_id, part, wanted))


async def list_documents(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents."""
    wanted, paging = call.query(ListQuery), paging_of(call)
    chosen = DocumentFilter(keyword=wanted.keyword, status=wanted.status, sort=wanted.sort)
    return json_response(
        await call.knowledge.documents.page(call.asker, call.dataset_id, chosen, page=paging.page, limit=paging.limit)
    )


async def indexing_status(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{batch}/indexing-status."""
    found = await call.knowledge.documents.progress(call.asker, call.dataset_id, batch=call.path("batch"))
    return json_response({"data": found})


async def read_document(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{document_id}."""
    metadata = call.query(DetailQuery).metadata
    return json_response(
        await call.knowledge.documents.read(call.asker, call.dataset_id, call.document_id, metadata=metadata)
    )


async def delete_document(call: DatasetCall) -> ASGIApp:
    """DELETE /datasets/{dataset_id}/documents/{document_id}."""
    await call.knowledge.documents.delete(call.asker, call.dataset_id, [call.document_id])
    return Response(status_code=204) if call.services.settings.compat == "newest" else json_response(DONE)


async def set_state(call: DatasetCall) -> ASGIApp:
    """PATCH /datasets/{dataset_id}/documents/status/{action}."""
    wanted = call.body(Chosen).document_ids
    await call.knowledge.documents.set_state(call.asker, call.dataset_id, call.path("action"), wanted)
    return json_response(DONE)


async def upload_file(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{document_id}/upload-file."""
    file = await call.knowledge.documents.file_of(call.asker, call.dataset_id, call.document_id)
    url = call.services.uploads.descriptor(file).url or ""
    return json_response(
        {
            "id": file.id,
            "name": file.name,
            "size": file.size,
            "extension": file.extension,
            "url": url,
            "download_url": f"{url}&as_attachment=true",
            "mime_type": file.mime_type,
            "created_by": file.created_by,
            "created_at": file.created_at / SECOND,
        }
    )


async def download(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{document_id}/download."""
    file = await call.knowledge.documents.file_of(call.asker, call.dataset_id, call.document_id)
    return json_response({"url": f"{call.services.uploads.descriptor(file).url}&as_attachment=true"})


async def download_zip(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/download-zip."""
    wanted = call.body(Chosen).document_ids
    data = await call.knowledge.documents.zipped(call.asker, call.dataset_id, wanted)
    headers = {"Content-Disposition": 'attachment; filename="documents.zip"'}
    return Response(data, media_type="application/zip", headers=headers)


async def _replaced(call: DatasetCall, document_id: str, part: UploadFile | None, wanted: NewDocuments) -> Added:
    """A document read again, or run again where a pipeline makes it; from another file where there is one."""
    if (await call.knowledge.bases.read(call.asker, call.dataset_id)).pipeline_id is not None:
        return await _run_again(call, document_id, part)
    if part is None:
        return await call.knowledge.adding.cut_again(call.asker, call.dataset_id, document_id, wanted)
    wanted.original_document_id = document_id
    return await call.knowledge.adding.add_file(
        call.asker, call.dataset_id, part.filename or "", part.content_type or "", await part.read(), wanted
    )


async def _run_again(call: DatasetCall, document_id: str, part: UploadFile | None) -> Added:
    file = None
    if part is not None:
        name, declared = part.filename or "", part.content_type or ""
        check_extension(extension_of(name))
        file = await call.services.uploads.upload(
            origin_of(call.asker), name=name, declared_type=declared, data=await part.read()
        )
    made = await call.services.pipeline_runs.again(call.asker, call.dataset_id, document_id, file=file)
    return Added(call.dataset_id, made.documents, made.batch)


async def _answer(call: DatasetCall, added: Added) -> ASGIApp:
    shown = await call.knowledge.documents.shown(call.asker, added.base_id, added.documents)
    if not shown:
        raise NotFound("The document is gone.")
    return json_response({"document": shown[0], "batch": added.batch})


def _required(value: str | None, name: str) -> str:
    if value is None or not value.strip():
        raise InvalidParam(f"`{name}` is required.", param=name)
    return value


ROUTES = [
    dataset_route("GET", f"{DATASET}/documents", list_documents),
    dataset_route("PATCH", f"{DATASET}/documents/status/{{action}}", set_state, reads=From.JSON),
    dataset_route("POST", f"{DATASET}/documents/download-zip", download_zip, reads=From.JSON),
    dataset_route("GET", f"{DATASET}/documents/{{batch}}/indexing-status", indexing_status),
    dataset_route("GET", DOCUMENT, read_document),
    dataset_route("PATCH", DOCUMENT, update_by_file, reads=From.FORM),
    dataset_route("DELETE", DOCUMENT, delete_document),
    dataset_route("GET", f"{DOCUMENT}/upload-file", upload_file),
    dataset_route("GET", f"{DOCUMENT}/download", download),
    *(
        route
        for dash in ("-", "_")
        for route in (
            dataset_route("POST", f"{DATASET}/document/create{dash}by{dash}text", create_by_text, reads=From.JSON),
            dataset_route("POST", f"{DATASET}/document/create{dash}by{dash}file", create_by_file, reads=From.FORM),
            dataset_route("POST", f"{DOCUMENT}/update{dash}by{dash}text", update_by_text, reads=From.JSON),
            dataset_route("POST", f"{DOCUMENT}/update{dash}by{dash}file", update_by_file, reads=From.FORM),
        )
    ),
]
