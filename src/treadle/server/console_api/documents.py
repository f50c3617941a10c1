"""The console API: documents of knowledge bases (spec knowledge §2, §3.2, §16.1, §17)."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import Response

from treadle.knowledge.document_repository import DocumentFilter
from treadle.knowledge.documents import MetadataOnly
from treadle.knowledge.estimates import Estimate
from treadle.knowledge.requests import NewDocuments
from treadle.knowledge.shapes import DocumentDetail, DocumentShown, Page, ProgressShown
from treadle.knowledge.summaries import SummaryProgress
from treadle.knowledge.tables import SourceType
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.datasets import AddedDocuments, ProgressList, added_documents
from treadle.server.console_api.knowledge_access import LIMIT, PAGE, Done, Repeated, asker_of
from treadle.server.file_responses import attachment

router = console_router("Documents")

_ROOT = "/datasets/{dataset_id}/documents"
_ONE = f"{_ROOT}/{{document_id}}"


@dataclass(slots=True)
class Broken:
    """Documents that ended in an error, or are held."""

    data: list[ProgressShown]
    total: int


@dataclass(slots=True)
class DocumentIds:
    document_ids: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class ToSummarise:
    """Documents to summarise, all when none is named; `anew`: also chunks that have a summary already."""

    document_list: list[str] = field(default_factory=list[str])
    anew: bool = False


@dataclass(slots=True)
class NewName:
    name: str


@dataclass(slots=True)
class Description:
    """Of what type a document is, and the values of that type's fields."""

    doc_type: str
    doc_metadata: dict[str, Any]


@dataclass(slots=True)
class FileLink:
    url: str


@dataclass(slots=True)
class DisabledByThemselves:
    """Documents that were switched off because nobody used them."""

    document_ids: list[str]
    count: int


@router.get(_ROOT)
async def list_documents(
    dataset_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
    page: int = PAGE,
    limit: int = LIMIT,
    keyword: str = "",
    status: str = "",
    sort: str = "",
    fetch: bool = False,
) -> Page[DocumentShown]:
    """The documents of a knowledge base; with `fetch` it is said how far each is."""
    wanted = DocumentFilter(keyword=keyword, status="" if status == "all" else status, sort=sort)
    return await services.knowledge.documents.page(
        asker_of(signed_in), dataset_id, wanted, page=page, limit=limit, fetch=fetch
    )


@router.post(_ROOT)
async def add_documents(
    dataset_id: str, body: NewDocuments, services: ServicesDep, signed_in: MemberDep
) -> AddedDocuments:
    """Add documents, or cut one anew."""
    asker = asker_of(signed_in)
    added = await services.knowledge.adding.add(asker, dataset_id, body)
    return await added_documents(services, asker, added, dataset_id)


@router.delete(_ROOT, status_code=204)
async def delete_documents(
    dataset_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
    document_id: Repeated = (),
) -> None:
    """Delete documents with their chunks."""
    await services.knowledge.documents.delete(asker_of(signed_in), dataset_id, document_id)


@router.patch(f"{_ROOT}/status/{{action}}/batch")
async def set_state(
    dataset_id: str,
    action: str,
    services: ServicesDep,
    signed_in: MemberDep,
    document_id: Repeated = (),
) -> Done:
    """Switch documents on or off, archive them or not."""
    await services.knowledge.documents.set_state(asker_of(signed_in), dataset_id, action, document_id)
    return Done()


@router.post(f"{_ROOT}/download-zip")
async def download_zip(dataset_id: str, body: DocumentIds, services: ServicesDep, signed_in: MemberDep) -> Response:
    """The files of documents as one archive."""
    data = await services.knowledge.documents.zipped(asker_of(signed_in), dataset_id, body.document_ids)
    return Response(data, media_type="application/zip", headers=attachment("documents.zip"))


@router.get("/datasets/{dataset_id}/batch/{batch}/indexing-status")
async def read_batch_progress(dataset_id: str, batch: str, services: ServicesDep, signed_in: MemberDep) -> ProgressList:
    """How far the documents of one request are."""
    return ProgressList(await services.knowledge.documents.progress(asker_of(signed_in), dataset_id, batch=batch))


@router.get("/datasets/{dataset_id}/error-docs")
async def list_broken(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> Broken:
    """Documents that ended in an error, or are held."""
    found = await services.knowledge.documents.broken(asker_of(signed_in), dataset_id)
    return Broken(found, len(found))


@router.post("/datasets/{dataset_id}/retry", status_code=204)
async def retry_documents(dataset_id: str, body: DocumentIds, services: ServicesDep, signed_in: MemberDep) -> None:
    """Begin again with documents that ended in an error."""
    asker = asker_of(signed_in)
    if (await services.knowledge.bases.read(asker, dataset_id)).pipeline_id is None:
        await services.knowledge.documents.retry(asker, dataset_id, body.document_ids)
    else:
        await services.pipeline_runs.retry(asker, dataset_id, body.document_ids)


@router.post(f"{_ROOT}/generate-summary")
async def summarise_documents(dataset_id: str, body: ToSummarise, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Have documents summarised in the background: those named, else all."""
    await services.knowledge.summaries.ask(asker_of(signed_in), dataset_id, body.document_list, anew=body.anew)
    return Done()


@router.delete("/datasets/{dataset_id}/summaries", status_code=204)
async def forget_summaries(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Take all summaries of a knowledge base away, and make no more."""
    await services.knowledge.summaries.forget(asker_of(signed_in), dataset_id)


@router.get(f"{_ONE}/summary-status")
async def read_summary_progress(
    dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep
) -> SummaryProgress:
    """How far the summaries of a document are, chunk by chunk."""
    return await services.knowledge.summaries.progress(asker_of(signed_in), dataset_id, document_id)


@router.get("/datasets/{dataset_id}/auto-disable-logs")
async def list_disabled(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> DisabledByThemselves:
    """Documents that the server switched off because nobody had used the knowledge base for long."""
    ids = await services.knowledge.documents.unused(asker_of(signed_in), dataset_id)
    return DisabledByThemselves(ids, len(ids))


@router.get("/datasets/{dataset_id}/notion/sync")
async def sync_notion(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Fetch the Notion pages of a knowledge base again."""
    await services.knowledge.documents.sync(asker_of(signed_in), dataset_id, None, SourceType.NOTION)
    return Done()


@router.get(_ONE)
async def read_document(
    dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep, metadata: str = "all"
) -> DocumentDetail | MetadataOnly:
    """A document; `metadata` is all, only or without."""
    return await services.knowledge.documents.read(asker_of(signed_in), dataset_id, document_id, metadata=metadata)


@router.delete(_ONE, status_code=204)
async def delete_document(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete a document with its chunks."""
    await services.knowledge.documents.delete(asker_of(signed_in), dataset_id, [document_id])


@router.post(f"{_ONE}/rename")
async def rename_document(
    dataset_id: str, document_id: str, body: NewName, services: ServicesDep, signed_in: MemberDep
) -> DocumentShown:
    """Rename a document and its file."""
    return await services.knowledge.documents.rename(asker_of(signed_in), dataset_id, document_id, body.name)


@router.put(f"{_ONE}/metadata")
async def describe_document(
    dataset_id: str, document_id: str, body: Description, services: ServicesDep, signed_in: MemberDep
) -> Done:
    """Say of what type a document is."""
    await services.knowledge.documents.describe(
        asker_of(signed_in), dataset_id, document_id, body.doc_type, body.doc_metadata
    )
    return Done()


@router.get(f"{_ONE}/indexing-status")
async def read_progress(
    dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep
) -> ProgressShown:
    """How far a document is."""
    (found,) = await services.knowledge.documents.progress(asker_of(signed_in), dataset_id, document_id=document_id)
    return found


@router.get(f"{_ONE}/indexing-estimate")
async def estimate_document(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> Estimate:
    """What a document that is being read will be cut into."""
    return await services.knowledge.estimates.of_document(asker_of(signed_in), dataset_id, document_id)


@router.patch(f"{_ONE}/processing/pause", status_code=204)
async def pause_document(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Hold a document that is being read."""
    await services.knowledge.documents.pause(asker_of(signed_in), dataset_id, document_id)


@router.patch(f"{_ONE}/processing/resume", status_code=204)
async def resume_document(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Go on with a document that is held."""
    await services.knowledge.documents.resume(asker_of(signed_in), dataset_id, document_id)


@router.get(f"{_ONE}/notion/sync")
async def sync_notion_page(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Fetch a Notion page again."""
    await services.knowledge.documents.sync(asker_of(signed_in), dataset_id, document_id, SourceType.NOTION)
    return Done()


@router.get(f"{_ONE}/website-sync")
async def sync_website_page(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Fetch a web page again."""
    await services.knowledge.documents.sync(asker_of(signed_in), dataset_id, document_id, SourceType.WEBSITE)
    return Done()


@router.get(f"{_ONE}/download")
async def download_document(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> FileLink:
    """Where the file of a document can be fetched for a while."""
    file = await services.knowledge.documents.file_of(asker_of(signed_in), dataset_id, document_id)
    return FileLink(f"{services.uploads.descriptor(file).url}&as_attachment=true")


@router.get(f"{_ONE}/export")
async def export_chunks(dataset_id: str, document_id: str, services: ServicesDep, signed_in: MemberDep) -> Response:
    """The chunks of a document as CSV."""
    name, text = await services.knowledge.exports.chunks_csv(asker_of(signed_in), dataset_id, document_id)
    return Response(text.encode("utf-8-sig"), media_type="text/csv", headers=attachment(f"{name}.csv"))
