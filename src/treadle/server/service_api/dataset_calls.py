"""From a request with a knowledge key to a call: who asks, with which arguments.

The order of checks: route, key, workspace, arguments; whether the key opens a base is asked where that is looked for.
Source: spec service-api §1.2, §5.1.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import ASGIApp

from treadle.accounts.tables import KeyType
from treadle.knowledge.access import Asker
from treadle.knowledge.service import KnowledgeService
from treadle.platform.refusals import BadRequest, InvalidParam, Unauthorized
from treadle.server.app_call import From
from treadle.server.arguments import JsonObject, convert, decode_json, read_form, read_json, read_query
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.service_api.calls import bearer_token
from treadle.server.services import Services

Arguments = TypeVar("Arguments")
DATASET = "/datasets/{dataset_id:uuid}"
DOCUMENT = f"{DATASET}/documents/{{document_id:uuid}}"
SEGMENT = f"{DOCUMENT}/segments/{{segment_id:uuid}}"


@dataclass(slots=True)
class DatasetCall:
    """One call with a knowledge key."""

    services: Services
    request: Request
    asker: Asker
    json: JsonObject = field(default_factory=dict[str, Any])
    form: FormData = field(default_factory=FormData)

    @property
    def knowledge(self) -> KnowledgeService:
        return self.services.knowledge

    @property
    def dataset_id(self) -> str:
        return str(self.request.path_params["dataset_id"])

    @property
    def document_id(self) -> str:
        return str(self.request.path_params["document_id"])

    @property
    def segment_id(self) -> str:
        return str(self.request.path_params["segment_id"])

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def body(self, kind: type[Arguments]) -> Arguments:
        """The JSON body as `kind`; what is null counts as left out. Raises InvalidParam."""
        return convert({name: value for name, value in self.json.items() if value is not None}, kind)

    def query(self, kind: type[Arguments]) -> Arguments:
        """The query string as `kind`. Raises InvalidParam."""
        return read_query(self.request, kind)

    def queries(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated, or hold several parted by commas."""
        given = [*self.request.query_params.getlist(name), *self.request.query_params.getlist(f"{name}[]")]
        return [part.strip() for value in given for part in value.replace("\x00", "").split(",") if part.strip()]

    def data(self, kind: type[Arguments]) -> Arguments:
        """The JSON text in the form's part `data` as `kind`. Raises BadRequest and InvalidParam."""
        part = self.form.get("data")
        if part is None or part == "":
            return convert({}, kind)
        if not isinstance(part, str):
            raise InvalidParam("The part `data` must be JSON text, not a file.", param="data")
        try:
            value = decode_json(part.encode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest(f"The part `data` is not valid JSON: {error}.") from error
        if not isinstance(value, dict):
            raise InvalidParam("The part `data` must be a JSON object.", param="data")
        given = msgspec.convert(value, dict[str, Any])
        return convert({name: each for name, each in given.items() if each is not None}, kind)

    @property
    def has_file(self) -> bool:
        return any(isinstance(part, UploadFile) for _, part in self.form.multi_items())


Handler = Callable[[DatasetCall], Awaitable[ASGIApp]]


def dataset_route(method: str, path: str, handler: Handler, *, reads: From = From.NOWHERE) -> DeclaredRoute:
    """A route that serves holders of a knowledge key."""

    async def endpoint(request: Request) -> ASGIApp:
        services: Services = request.app.state.services
        call = DatasetCall(services, request, await _asker(request, services))
        if reads is From.JSON:
            call.json = await read_json(request, services.settings.max_request_body)
        elif reads is From.FORM:
            call.form = await read_form(request, services.settings.max_upload_body)
        return await handler(call)

    return DeclaredRoute(path, endpoint, method=method, caller=Caller.KNOWLEDGE_KEY)


async def _asker(request: Request, services: Services) -> Asker:
    owner = await services.keys.resolve(bearer_token(request), KeyType.DATASET)
    if owner is None or owner.workspace_archived:
        raise Unauthorized("This API key is not valid.")
    return await services.knowledge.asker_of(owner)


_LAST_PAGE = 99_999


class Paging(msgspec.Struct):
    """Which page of a list."""

    page: int = 1
    limit: int = 20

    def check(self) -> None:
        """Raises InvalidParam."""
        if not 1 <= self.page <= _LAST_PAGE:
            raise InvalidParam(f"`page` must be from 1 to {_LAST_PAGE:,}.", param="page")
        if self.limit < 1:
            raise InvalidParam("`limit` must be 1 or more.", param="limit")


def paging_of(call: DatasetCall) -> Paging:
    """The page that is asked for. Raises InvalidParam."""
    found = call.query(Paging)
    found.check()
    return found
