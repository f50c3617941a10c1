"""The console API's own description, from which clients are generated."""

from typing import Any

from fastapi import Request

from treadle.server.console_api.access import MemberDep, console_router

router = console_router("Description")


@router.get("/openapi.json", include_in_schema=False)
async def describe(request: Request, _: MemberDep) -> dict[str, Any]:
    """Every endpoint with its arguments and answers, as OpenAPI."""
    return request.app.openapi()
