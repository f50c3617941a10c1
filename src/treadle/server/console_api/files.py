"""The console API: files that members send, to try drafts with."""

from pathlib import PurePath

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from treadle.apps.uploads import FileOrigin
from treadle.knowledge.document_sources import check_extension
from treadle.knowledge.text.kinds import EXTENSIONS
from treadle.platform.refusals import Refusal
from treadle.server.arguments import read_form
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router

router = console_router("Files")


class UploadedFile(BaseModel):
    """A kept file. Name it in inputs as `{type, transfer_method: "local_file", upload_file_id: id}`."""

    id: str
    name: str
    size: int
    extension: str
    mime_type: str
    created_at: float


class SupportedTypes(BaseModel):
    """Extensions, without a dot, of the files that knowledge bases can read."""

    allowed_extensions: list[str]


class UploadLimits(BaseModel):
    """MiB that a file may have."""

    file_size_limit: float
    image_file_size_limit: float
    audio_file_size_limit: float
    video_file_size_limit: float


@router.get("/files/support-type")
async def list_supported_types(signed_in: MemberDep) -> SupportedTypes:
    """Which files knowledge bases can read."""
    return SupportedTypes(allowed_extensions=sorted(EXTENSIONS))


@router.get("/files/upload")
async def read_upload_limits(services: ServicesDep, signed_in: MemberDep) -> UploadLimits:
    """How large a file may be."""
    settings = services.settings
    return UploadLimits(
        file_size_limit=settings.upload_file_size_limit,
        image_file_size_limit=settings.upload_image_file_size_limit,
        audio_file_size_limit=settings.upload_audio_file_size_limit,
        video_file_size_limit=settings.upload_video_file_size_limit,
    )


@router.post(
    "/files/upload",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
async def upload_file(request: Request, services: ServicesDep, signed_in: MemberDep, source: str = "") -> UploadedFile:
    """Keep a file of this member. With `source` datasets it must be one that knowledge bases can read."""
    form = await read_form(request, services.settings.max_upload_body)
    part = form.get("file")
    if not isinstance(part, UploadFile):
        raise Refusal("Send the file in the part `file`.", code="no_file_uploaded")
    if source == "datasets":
        check_extension(PurePath(part.filename or "").suffix.removeprefix("."))
    origin = FileOrigin(signed_in.workspace_id, "", "account", signed_in.account_id, None)
    row = await services.uploads.upload(
        origin, name=part.filename or "", declared_type=part.content_type or "", data=await part.read()
    )
    return UploadedFile(
        id=row.id,
        name=row.name,
        size=row.size,
        extension=row.extension,
        mime_type=row.mime_type,
        created_at=row.created_at / 1e6,
    )
