"""The console API: what people think of answers, and what builders do."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import Response
from pydantic import BaseModel, Field

from treadle.apps.tables import Feedback
from treadle.platform.clock import SECOND
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.log_queries import Moment, app_of, asked_period

router = console_router("Logs")


class AdminRating(BaseModel):
    """What the builders think of an answer, and why; null takes it back."""

    message_id: Annotated[str, Field(max_length=36)]
    rating: Literal["like", "dislike"] | None
    content: Annotated[str, Field(max_length=1000)] | None = None


@router.post("/apps/{app_id}/feedbacks")
async def rate_message(app_id: str, body: AdminRating, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Like or dislike an answer as a builder; the end user's own rating stays."""
    app = await app_of(services, signed_in, app_id)
    await services.talks.rate(
        app.id, body.message_id, body.rating, account_id=signed_in.account_id, content=body.content or None
    )
    return Done()


@router.get(
    "/apps/{app_id}/feedbacks/export",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {}}}},
)
async def export_feedback(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    format: Literal["csv", "json"] = "csv",
    from_source: Literal["", "user", "admin"] = "",
    rating: Literal["", "like", "dislike"] = "",
    with_comment: bool = False,
    start: Moment = "",
    end: Moment = "",
) -> Response:
    """What people think of the answers of an app, with question and answer, the oldest first."""
    app = await app_of(services, signed_in, app_id)
    rows = await services.talks.feedback(
        app.id,
        period=await asked_period(services, signed_in, start, end),
        source=from_source or None,
        rating=rating or None,
        with_comment=with_comment,
    )
    entries = [_exported(*row) for row in rows]
    if format == "json":
        body, media = msgspec.json.encode(entries), "application/json"
    else:
        body, media = "".join(_csv(entries)).encode("utf-8-sig"), "text/csv; charset=utf-8"
    name = f"feedback.{format}"
    return Response(body, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _exported(feedback: Feedback, query: str, answer: str, person: str | None) -> dict[str, str | None]:
    return {
        "time": datetime.fromtimestamp(feedback.created_at / SECOND, UTC).isoformat(timespec="seconds"),
        "from": feedback.from_source,
        "person": person,
        "rating": feedback.rating,
        "comment": feedback.content,
        "question": query,
        "answer": answer,
        "conversation_id": feedback.conversation_id,
        "message_id": feedback.message_id,
    }


def _csv(entries: list[dict[str, str | None]]) -> Iterator[str]:
    """Cells that a spreadsheet would take for formulas are texts."""
    names = ("time", "from", "person", "rating", "comment", "question", "answer", "conversation_id", "message_id")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    for entry in entries:
        cells = (entry[name] or "" for name in names)
        writer.writerow([f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell for cell in cells])
    yield text.getvalue()
