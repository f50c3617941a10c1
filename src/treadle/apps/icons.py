"""Pictures as icons of apps: uploads of a member, shown only to their own workspace and its pages.

An app keeps the id of the upload. Whoever shows one asks here, for an id may have come with a file from elsewhere.
Source: spec console §4.2.
"""

from treadle.apps.tables import StoredFile
from treadle.apps.uploads import Uploads
from treadle.platform.refusals import InvalidParam, NotFound

MAX_BYTES = 10 * 1024 * 1024
KINDS = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Kinds of picture that carry no script."""


class Icons:
    """The pictures that apps of all workspaces have."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def check(self, workspace_id: str, icon_type: str, icon: str) -> None:
        """Raises InvalidParam when `icon` is to be a picture and is none that can be one."""
        if icon_type != "image":
            return
        row = await self._uploads.stored(icon, workspace_id)
        if row is None or not _sent_by_member(row):
            raise InvalidParam("`icon` names no picture of this workspace; upload it first.", param="icon")
        if row.mime_type not in KINDS:
            raise InvalidParam("An icon must be a PNG, JPEG, WebP or GIF picture.", param="icon")
        if row.size > MAX_BYTES:
            raise InvalidParam(f"An icon must not be larger than {MAX_BYTES // 2**20} MB.", param="icon")

    async def picture(self, workspace_id: str, icon_type: str, icon: str) -> tuple[StoredFile, bytes]:
        """The picture of an app. Raises NotFound when it has none."""
        row = await self._shown(workspace_id, icon_type, icon)
        if row is None:
            raise NotFound("There is no picture as an icon here.")
        return row, await self._uploads.bytes_of(row)

    async def link(self, workspace_id: str, icon_type: str | None, icon: str | None) -> str | None:
        """A link to the picture that anybody may open for a while; None for an icon that is no picture."""
        row = await self._shown(workspace_id, icon_type or "", icon or "")
        return self._uploads.descriptor(row).url if row else None

    async def _shown(self, workspace_id: str, icon_type: str, icon: str) -> StoredFile | None:
        if icon_type != "image" or not icon:
            return None
        row = await self._uploads.stored(icon, workspace_id)
        return row if row is not None and _sent_by_member(row) and row.mime_type in KINDS else None


def _sent_by_member(row: StoredFile) -> bool:
    return row.kind == "upload" and row.created_by_role == "account"
