"""One call of one app: who calls, for which user, with which arguments. What `/v1` and published pages share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request

from treadle.apps.conversations.history import Owner
from treadle.apps.tables import App, AppMode, CreatedFrom
from treadle.server.arguments import JsonObject, convert, read_form, read_json, read_query
from treadle.server.services import Services

Arguments = TypeVar("Arguments")

CHAT_MODES = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})


class From(StrEnum):
    """Where an endpoint finds `user` and its arguments."""

    JSON = "json"
    FORM = "form"
    QUERY = "query"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class ModeRule:
    """The app modes that an endpoint serves, and the code for all others."""

    modes: frozenset[AppMode]
    code: str
    message: str


ANY_MODE = ModeRule(frozenset(AppMode), "", "")
CHAT_ONLY = ModeRule(CHAT_MODES, "not_chat_app", "This app is no chat app; use the endpoint of its mode.")
COMPLETION_ONLY = ModeRule(
    frozenset({AppMode.COMPLETION}), "app_unavailable", "This app is no completion app; use the endpoint of its mode."
)
WORKFLOW_ONLY = ModeRule(
    frozenset({AppMode.WORKFLOW}), "not_workflow_app", "This app is no workflow; use the endpoint of its mode."
)
GRAPH_ONLY = ModeRule(
    frozenset({AppMode.WORKFLOW, AppMode.ADVANCED_CHAT}), "not_workflow_app", "This app has no workflow."
)


_NO_FORM = FormData()


def _no_form() -> FormData:
    return _NO_FORM


@dataclass(slots=True)
class AppCall:
    """One call of one app. `end_user_id` and `user` are empty on endpoints that take no user."""

    services: Services
    request: Request
    app: App
    created_from: CreatedFrom
    end_user_id: str = ""
    user: str = ""
    api_key_id: str | None = None
    """The key that opened the app."""
    json: JsonObject = field(default_factory=dict[str, Any])
    form: FormData = field(default_factory=_no_form)

    @property
    def owner(self) -> Owner:
        """Whose conversations and messages this call may see."""
        return Owner(self.app.id, self.end_user_id)

    def body(self, kind: type[Arguments]) -> Arguments:
        """The JSON body as `kind`. Raises InvalidParam."""
        return convert(self.json, kind)

    def query(self, kind: type[Arguments]) -> Arguments:
        """The query string as `kind`. Raises InvalidParam."""
        return read_query(self.request, kind)

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    async def read(self, place: From) -> None:
        """Read the body that the endpoint declares. Raises Refusal."""
        if place is From.JSON:
            self.json = await read_json(self.request, self.services.settings.max_request_body)
        elif place is From.FORM:
            self.form = await read_form(self.request, self.services.settings.max_upload_body)
