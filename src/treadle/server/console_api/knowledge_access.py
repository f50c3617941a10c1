"""Who asks for knowledge in the console. Every route asks for a member; which base lets that one in is asked there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.datastructures import UploadFile

from treadle.accounts.service import SignedIn
from treadle.knowledge.access import Asker
from treadle.platform.refusals import Refusal
from treadle.server.arguments import read_form

PAGE = Query(default=1, ge=1, le=99_999)
LIMIT = Query(default=20, ge=1)
Repeated = Annotated[Sequence[str], Query()]
"""A parameter that may be given several times."""
FILE_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}, "name": {"type": "string"}},
                }
            }
        },
    }
}
"""How the description of the API says that a route takes a file."""


@dataclass(slots=True)
class Done:
    """It is done."""

    result: str = "success"


def asker_of(signed_in: SignedIn) -> Asker:
    """The member as one who asks for knowledge."""
    return Asker(workspace_id=signed_in.workspace_id, account_id=signed_in.account_id, role=signed_in.role)


async def sent_file(request: Request, limit: int) -> UploadFile:
    """The file of a form. Raises Refusal."""
    form = await read_form(request, limit)
    parts = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
    if not parts:
        raise Refusal("Send the file in the part `file`.", code="no_file_uploaded")
    if len(parts) > 1:
        raise Refusal("Send one file at a time.", code="too_many_files")
    return parts[0]
