"""Who used an app, for its programs (spec service-api §3.15)."""

from datetime import UTC, datetime

from starlette.types import ASGIApp

from treadle.accounts.tables import EndUserType
from treadle.platform.refusals import Refusal
from treadle.server.app_call import AppCall
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route


class EndUserNotFound(Refusal):
    code, status = "end_user_not_found", 404


async def show_end_user(call: AppCall) -> ASGIApp:
    """GET /end-users/{end_user_id}: one of this app's."""
    row = await call.services.end_users.by_id(call.app.id, call.path("end_user_id"))
    if row is None:
        raise EndUserNotFound("This app has no end user of that id.")
    given = None if row.is_anonymous else row.session_id
    return json_response(
        {
            "id": row.id,
            "tenant_id": row.workspace_id,
            "app_id": row.app_id,
            "type": "service-api" if row.type == EndUserType.SERVICE_API else row.type,
            "external_user_id": given,
            "name": row.name,
            "is_anonymous": row.is_anonymous,
            "session_id": row.session_id,
            "created_at": _iso(row.created_at),
            "updated_at": _iso(row.updated_at),
        }
    )


def _iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat()


ROUTES = [app_route("GET", "/end-users/{end_user_id}", show_end_user)]
