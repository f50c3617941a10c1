"""What is asked of the log of an app: which days, whose, how they ended, how they were rated."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from treadle.accounts.service import SignedIn
from treadle.apps.tables import App
from treadle.logs.days import Period, period
from treadle.logs.repository import RunFilter
from treadle.logs.talks import SortBy, TalkFilter
from treadle.server.console_api.access import EditorDep, ServicesDep
from treadle.server.services import Services

AnnotationStatus = Literal["all", "annotated", "not_annotated"]
Moment = Annotated[str, Query(description="`YYYY-MM-DD HH:mm` in the time zone of the signed-in account.")]
Page = Annotated[int, Query(ge=1, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Keyword = Annotated[str, Query(max_length=255)]
Status = Annotated[
    Literal["", "running", "paused", "succeeded", "partial-succeeded", "failed", "stopped"],
    Query(description="How a run ended; of a conversation, at least one."),
]
Trigger = Literal["", "app-run", "webhook", "schedule", "plugin"]
Channel = Annotated[
    Literal["", "service-api", "web-app", "installed-app", "trigger"], Query(description="How the app was used.")
]
RatingQuery = Annotated[
    Literal["", "user_like", "user_dislike", "admin_like", "admin_dislike", "none"],
    Query(description="How answers were rated; of a conversation, at least one."),
]
PersonQuery = Annotated[str, Query(max_length=255, description="A part of a session id, or of a member's name.")]
KeyQuery = Annotated[str, Query(max_length=36, description="The key of the app that was called with.")]
_ANNOTATED: dict[str, bool | None] = {"all": None, "annotated": True, "not_annotated": False}


async def _talk_filter(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    keyword: Keyword = "",
    start: Moment = "",
    end: Moment = "",
    annotation_status: AnnotationStatus = "all",
    status: Status = "",
    rating: RatingQuery = "",
    person: PersonQuery = "",
    created_from: Channel = "",
    api_key_id: KeyQuery = "",
    sort_by: SortBy = "-created_at",
) -> TalkFilter:
    """Which conversations or texts a page or a file asks for."""
    app = await app_of(services, signed_in, app_id)
    return TalkFilter(
        app_id=app.id,
        period=await asked_period(services, signed_in, start, end),
        annotated=_ANNOTATED[annotation_status],
        keyword=keyword,
        status=status or None,
        rating=rating or None,
        person=person,
        created_from=created_from or None,
        api_key_id=api_key_id or None,
        sort_by=sort_by,
    )


async def _run_filter(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    keyword: Keyword = "",
    status: Status = "",
    created_from: Channel = "",
    triggered_from: Trigger = "",
    end_user: Annotated[str, Query(max_length=255, description="A session id.")] = "",
    person: PersonQuery = "",
    api_key_id: KeyQuery = "",
    start: Moment = "",
    end: Moment = "",
    sort_by: Literal["created_at", "-created_at"] = "-created_at",
) -> RunFilter:
    """Which runs a page or a file asks for."""
    app = await app_of(services, signed_in, app_id)
    asked = await asked_period(services, signed_in, start, end)
    return RunFilter(
        workspace_id=signed_in.workspace_id,
        app_id=app.id,
        statuses=(status,) if status else (),
        keyword=keyword,
        created_after=asked.start,
        created_before=None if asked.stop is None else asked.stop - 1,
        created_from=created_from or None,
        triggered_from=triggered_from or None,
        session_id=end_user or None,
        person=person,
        api_key_id=api_key_id or None,
        oldest_first=sort_by == "created_at",
    )


TalkFilterDep = Annotated[TalkFilter, Depends(_talk_filter)]
RunFilterDep = Annotated[RunFilter, Depends(_run_filter)]


async def asked_period(services: Services, signed_in: SignedIn, start: str, end: str) -> Period:
    """What a page asks for in the time zone of its reader. Raises InvalidParam."""
    return period(start, end, await zone_of(services, signed_in))


async def zone_of(services: Services, signed_in: SignedIn) -> ZoneInfo:
    """The time zone in which somebody reads charts and logs."""
    return ZoneInfo((await services.profiles.of(signed_in)).timezone)


async def app_of(services: Services, signed_in: SignedIn, app_id: str) -> App:
    """An app of the workspace. Raises NotFound."""
    return await services.apps.of_workspace(signed_in.workspace_id, app_id)
