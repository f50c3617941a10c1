"""The console API: knowledge bases (spec knowledge §3.1, §9.3, §15, §16.6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from treadle.knowledge.access import Asker
from treadle.knowledge.document_adding import Added
from treadle.knowledge.estimates import Estimate
from treadle.knowledge.repository import BaseFilter
from treadle.knowledge.requests import DatasetChange, EstimateOrder, FirstDocuments, NewDataset
from treadle.knowledge.shapes import DatasetShown, DocumentShown, IconInfo, Page, ProgressShown, QueryShown, RelatedApp
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import FILE_FORM, LIMIT, PAGE, Repeated, asker_of, sent_file
from treadle.server.file_responses import attachment, file_response
from treadle.server.services import Services

router = console_router("Datasets")

_ALL_METHODS = ["semantic_search", "full_text_search", "hybrid_search"]


@dataclass(slots=True)
class IsUsed:
    is_using: bool


@dataclass(slots=True)
class Apps:
    data: list[RelatedApp]
    total: int


@dataclass(slots=True)
class MemberIds:
    data: list[str]


@dataclass(slots=True)
class RetrievalSetting:
    """The ways of searching that the server's index has."""

    retrieval_method: list[str]


@dataclass(slots=True)
class ProcessRuleShown:
    """How documents are cut; `limits` bound what may be set."""

    mode: str
    rules: dict[str, Any]
    limits: dict[str, int]


@dataclass(slots=True)
class NewExternalDataset:
    """A base that is elsewhere."""

    external_knowledge_api_id: str
    external_knowledge_id: str
    name: str
    description: str | None = None
    external_retrieval_model: dict[str, Any] | None = None
    permission: str | None = None
    partial_member_list: list[dict[str, Any]] | None = None


@dataclass(slots=True)
class AddedDocuments:
    """The documents of one request; `batch` tells how far they are."""

    documents: list[DocumentShown]
    batch: str
    dataset: DatasetShown | None = None


@dataclass(slots=True)
class ProgressList:
    data: list[ProgressShown]


@router.get("/datasets")
async def list_datasets(
    services: ServicesDep,
    signed_in: MemberDep,
    page: int = PAGE,
    limit: int = LIMIT,
    keyword: str = "",
    tag_ids: Repeated = (),
    ids: Repeated = (),
    include_all: bool = False,
) -> Page[DatasetShown]:
    """The knowledge bases that the member sees, newest first."""
    wanted = BaseFilter(keyword=keyword, tag_ids=tuple(tag_ids), ids=tuple(ids), everything=include_all)
    return await services.knowledge.bases.list_bases(asker_of(signed_in), wanted, page=page, limit=limit)


@router.post("/datasets", status_code=201)
async def create_dataset(body: NewDataset, services: ServicesDep, signed_in: MemberDep) -> DatasetShown:
    """Make an empty knowledge base."""
    return await services.knowledge.bases.create(asker_of(signed_in), body)


@router.post("/datasets/external", status_code=201)
async def connect_external(body: NewExternalDataset, services: ServicesDep, signed_in: MemberDep) -> DatasetShown:
    """Make a knowledge base of one that is elsewhere."""
    wanted = NewDataset(
        name=body.name,
        description=body.description,
        permission=body.permission,
        partial_member_list=body.partial_member_list,
        provider="external",
        external_knowledge_api_id=body.external_knowledge_api_id,
        external_knowledge_id=body.external_knowledge_id,
        external_retrieval_model=body.external_retrieval_model,
    )
    return await services.knowledge.bases.create(asker_of(signed_in), wanted)


@router.post("/datasets/init")
async def create_with_documents(body: FirstDocuments, services: ServicesDep, signed_in: MemberDep) -> AddedDocuments:
    """Make a knowledge base of its first documents; without a name it is named after the first of them."""
    asker = asker_of(signed_in)
    base, added = await services.knowledge.adding.begin(asker, body)
    return await added_documents(services, asker, added, base.id)


@router.post("/datasets/import", status_code=201, openapi_extra=FILE_FORM)
async def import_dataset(
    request: Request, services: ServicesDep, signed_in: MemberDep, name: str | None = None
) -> DatasetShown:
    """Make a knowledge base of an archive that another one was exported to."""
    part = await sent_file(request, services.settings.max_upload_body)
    return await services.knowledge.imports.make(asker_of(signed_in), part.file, name=name)


@router.get("/datasets/process-rule")
async def read_process_rule(
    services: ServicesDep, signed_in: MemberDep, document_id: str | None = None, dataset_id: str | None = None
) -> ProcessRuleShown:
    """The rule that a form starts from: the newest of a base, or of the base of a document, or the default."""
    return ProcessRuleShown(
        **await services.knowledge.documents.process_rule(asker_of(signed_in), document_id, base_id=dataset_id)
    )


@router.get("/datasets/retrieval-setting")
async def read_retrieval_setting(services: ServicesDep, signed_in: MemberDep) -> RetrievalSetting:
    """The ways of searching that the server's index has."""
    return RetrievalSetting(list(_ALL_METHODS))


@router.post("/datasets/indexing-estimate")
async def estimate_documents(body: EstimateOrder, services: ServicesDep, signed_in: MemberDep) -> Estimate:
    """What documents would be cut into."""
    return await services.knowledge.estimates.estimate(asker_of(signed_in), body)


@router.get("/datasets/{dataset_id}")
async def read_dataset(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> DatasetShown:
    """A knowledge base."""
    return await services.knowledge.bases.read(asker_of(signed_in), dataset_id)


@router.get(
    "/datasets/{dataset_id}/icon", response_class=Response, responses={200: {"content": {"image/*": {"schema": {}}}}}
)
async def read_icon(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> Response:
    """The picture of a base whose `icon_type` is `image`; browsers keep it, so name the `icon` in the query."""
    base = await services.knowledge.bases.read(asker_of(signed_in), dataset_id)
    icon = base.icon_info or IconInfo()
    row, data = await services.icons.picture(signed_in.workspace_id, icon.icon_type or "", icon.icon or "")
    return file_response(row, data, download=False, cache="private, max-age=86400")


@router.patch("/datasets/{dataset_id}")
async def change_dataset(
    dataset_id: str, body: DatasetChange, services: ServicesDep, signed_in: MemberDep
) -> DatasetShown:
    """Change a knowledge base; another embedding model is taken up in the background."""
    if body.icon_info is not None:
        icon = body.icon_info
        await services.icons.check(
            signed_in.workspace_id, str(icon.get("icon_type") or ""), str(icon.get("icon") or "")
        )
    return await services.knowledge.bases.change(asker_of(signed_in), dataset_id, body)


@router.delete("/datasets/{dataset_id}", status_code=204)
async def delete_dataset(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete a knowledge base with all that it holds."""
    await services.knowledge.bases.delete(asker_of(signed_in), dataset_id)


@router.get("/datasets/{dataset_id}/use-check")
async def check_use(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> IsUsed:
    """Whether an app uses a knowledge base."""
    return IsUsed(await services.knowledge.bases.is_used(asker_of(signed_in), dataset_id))


@router.get("/datasets/{dataset_id}/related-apps")
async def list_related_apps(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> Apps:
    """The apps that use a knowledge base."""
    found = await services.knowledge.bases.related_apps(asker_of(signed_in), dataset_id)
    return Apps(found, len(found))


@router.get("/datasets/{dataset_id}/permission-part-users")
async def list_members(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> MemberIds:
    """The accounts that a knowledge base is shared with."""
    return MemberIds(await services.knowledge.bases.members(asker_of(signed_in), dataset_id))


@router.get("/datasets/{dataset_id}/queries")
async def list_queries(
    dataset_id: str, services: ServicesDep, signed_in: MemberDep, page: int = PAGE, limit: int = LIMIT
) -> Page[QueryShown]:
    """What a knowledge base was asked, newest first."""
    return await services.knowledge.bases.queries(asker_of(signed_in), dataset_id, page=page, limit=limit)


@router.get("/datasets/{dataset_id}/indexing-status")
async def read_all_progress(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> ProgressList:
    """How far the documents of a knowledge base are."""
    return ProgressList(await services.knowledge.documents.progress(asker_of(signed_in), dataset_id))


@router.get("/datasets/{dataset_id}/export")
async def export_dataset(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> StreamingResponse:
    """A knowledge base as one archive: settings, documents, chunks and files."""
    name, file = await services.knowledge.exports.base(asker_of(signed_in), dataset_id)

    def pieces() -> Iterator[bytes]:
        while data := file.read(256 * 1024):
            yield data

    return StreamingResponse(
        pieces(),
        media_type="application/zip",
        headers=attachment(f"{name}.zip"),
        background=BackgroundTask(file.close),
    )


async def added_documents(services: Services, asker: Asker, added: Added, dataset_id: str) -> AddedDocuments:
    """Documents as they are now, with their base."""
    shown = await services.knowledge.documents.shown(asker, dataset_id, added.documents)
    return AddedDocuments(shown, added.batch, await services.knowledge.bases.read(asker, dataset_id))
