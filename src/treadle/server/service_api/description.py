"""What an app is, for clients that build a page around it (spec service-api §3.12)."""

from typing import Any

from starlette.types import ASGIApp

from treadle import __version__
from treadle.apps.app_tools import tool_refs
from treadle.apps.compile import CompiledApp
from treadle.apps.service import NotPublished
from treadle.apps.tables import App, Site
from treadle.platform.refusals import Forbidden, Refusal
from treadle.server.app_call import AppCall
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route
from treadle.server.services import Services
from treadle.settings import Settings

JsonMap = dict[str, Any]

_FEATURES = (
    "opening_statement", "suggested_questions", "suggested_questions_after_answer", "speech_to_text",
    "text_to_speech", "retriever_resource", "annotation_reply", "more_like_this", "sensitive_word_avoidance",
    "file_upload",
)  # fmt: skip
_OFF: JsonMap = {"annotation_reply": {"enabled": False}, "more_like_this": {"enabled": False}}


async def welcome(_: Any) -> ASGIApp:
    """GET /v1/."""
    return json_response({"welcome": "Treadle Service API", "api_version": "v1", "server_version": __version__})


async def info(call: AppCall) -> ASGIApp:
    """GET /info."""
    return json_response(
        {
            "name": call.app.name,
            "description": call.app.description,
            "tags": await call.services.apps.tags(call.app.id),
            "mode": call.app.mode,
            "author_name": await call.services.accounts.name_of(call.app.created_by),
        }
    )


async def parameters(call: AppCall) -> ASGIApp:
    """GET /parameters."""
    return json_response(await parameters_of(call.services, call.app))


async def parameters_of(services: Services, app: App) -> JsonMap:
    """The parameters of an app as it is published. Raises Refusal for one that is not."""
    try:
        version = await services.apps.published(app)
    except NotPublished as error:
        raise Refusal(error.message, code="app_unavailable") from error
    shown = parameters_map(version, services.settings)
    if version.extras.annotated:
        shown["annotation_reply"] = await services.annotations.replies.setting(app.id)
    return shown


def parameters_map(version: CompiledApp, settings: Settings) -> JsonMap:
    """The form, the features and the limits of a version; every key is always there."""
    features: JsonMap = {**_OFF, **version.feature_map}
    shown: JsonMap = {name: features.get(name) for name in _FEATURES}
    shown["opening_statement"] = shown["opening_statement"] or ""
    shown["suggested_questions"] = shown["suggested_questions"] or []
    return {
        **shown,
        "user_input_form": list(version.form_items),
        "system_parameters": upload_limits(settings),
    }


def upload_limits(settings: Settings) -> JsonMap:
    """How large files may be, in MiB, and how many there may be in a variable."""
    return {
        "image_file_size_limit": whole(settings.upload_image_file_size_limit),
        "video_file_size_limit": whole(settings.upload_video_file_size_limit),
        "audio_file_size_limit": whole(settings.upload_audio_file_size_limit),
        "file_size_limit": whole(settings.upload_file_size_limit),
        "workflow_file_upload_limit": settings.workflow_file_upload_limit,
    }


def whole(megabytes: float) -> int | float:
    """A limit as clients expect it: an integer, unless an operator set a fraction."""
    return int(megabytes) if megabytes == int(megabytes) else megabytes


async def meta(call: AppCall) -> ASGIApp:
    """GET /meta: icons of the tools that the app may call; none for a tool that is not there."""
    try:
        version = await call.services.apps.published(call.app)
    except NotPublished:
        return json_response({"tool_icons": {}})
    icons = await call.services.tools.icons(call.app.workspace_id, tool_refs(version.graph))
    return json_response({"tool_icons": icons})


async def site(call: AppCall) -> ASGIApp:
    """GET /site."""
    row = await call.services.apps.site(call.app.id)
    if row is None:
        raise Forbidden("This app has no published page.")
    return json_response(await site_map(call, row))


async def site_map(call: AppCall, row: Site) -> JsonMap:
    """The published page of an app."""
    return {
        "title": row.title,
        "chat_color_theme": row.chat_color_theme,
        "chat_color_theme_inverted": row.chat_color_theme_inverted,
        "icon_type": row.icon_type or "emoji",
        "icon": row.icon,
        "icon_background": row.icon_background,
        "icon_url": await call.services.icons.link(row.workspace_id, row.icon_type, row.icon),
        "description": row.description,
        "copyright": row.copyright,
        "privacy_policy": row.privacy_policy,
        "custom_disclaimer": row.custom_disclaimer,
        "input_placeholder": row.input_placeholder,
        "default_language": row.default_language,
        "show_workflow_steps": row.show_workflow_steps,
        "use_icon_as_answer_icon": call.app.use_icon_as_answer_icon,
    }


ROUTES = [
    DeclaredRoute("/", welcome, method="GET", caller=Caller.ANYONE),
    app_route("GET", "/info", info),
    app_route("GET", "/parameters", parameters),
    app_route("GET", "/meta", meta),
    app_route("GET", "/site", site),
]
