"""Knowledge that another server searches. Source: spec knowledge §4.4."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from treadle.engine.errors import HttpRequestNodeError, ResponseSizeError
from treadle.engine.ports import Http, HttpRequest, HttpResponse

from .api import error_text
from .errors import CredentialError, SourceError
from .websites import CrawlOptionsError, checked_url

_SECONDS: Final = 60.0
_REFUSED: Final = {
    403: "refuses the key",
    404: "has no retrieval service at this address",
    502: "is not reachable behind its gateway",
}


class ExternalKnowledgeError(SourceError):
    """The other server gave no records."""


@dataclass(frozen=True, slots=True)
class ExternalRecord:
    content: str
    score: float
    title: str
    metadata: dict[str, object] = field(default_factory=dict[str, object])


class ExternalKnowledge:
    """A server with the external knowledge protocol at `<endpoint>/retrieval`."""

    def __init__(self, http: Http, endpoint: str, api_key: str) -> None:
        """Raises SourceError for an endpoint that is no web address."""
        if not endpoint.lower().startswith(("http://", "https://")):
            raise SourceError(f"The endpoint {endpoint!r} must begin with http:// or https://.")
        try:
            self.url = f"{checked_url(endpoint).rstrip('/')}/retrieval"
        except CrawlOptionsError as error:
            raise SourceError(str(error)) from error
        if not api_key:
            raise SourceError("The API key of the external knowledge server is missing.")
        self._http = http
        self._key = api_key

    async def probe(self) -> None:
        """Ask with an empty request whether the service is there and takes the key.

        Any answer will do except 403, 404 and 502. Raises SourceError, with 403 CredentialError.
        """
        answer = await self._send(None)
        if reason := _REFUSED.get(answer.status):
            kind = CredentialError if answer.status == 403 else SourceError
            raise kind(f"{self.url} {reason} (status {answer.status}: {error_text(answer.body)}).")

    async def retrieve(
        self,
        query: str,
        knowledge_id: str,
        *,
        top_k: int,
        score_threshold: float | None = None,
        metadata_condition: Mapping[str, object] | None = None,
    ) -> list[ExternalRecord]:
        """The records for `query`, as the server ranks them; `score_threshold` None asks for all.

        `metadata_condition` is `{logical_operator, conditions: [{name, comparison_operator, value}]}`. Raises
        ExternalKnowledgeError.
        """
        body: dict[str, object] = {
            "retrieval_setting": {"top_k": top_k, "score_threshold": score_threshold or 0.0},
            "query": query,
            "knowledge_id": knowledge_id,
        }
        if metadata_condition is not None:
            body["metadata_condition"] = metadata_condition
        answer = await self._send(json.dumps(body, ensure_ascii=False).encode())
        if answer.status != 200:
            raise ExternalKnowledgeError(
                f"The external knowledge server answered with status {answer.status}: {error_text(answer.body)}"
            )
        return _records(answer)

    async def _send(self, body: bytes | None) -> HttpResponse:
        request = HttpRequest(
            method="POST",
            url=self.url,
            headers=(("Authorization", f"Bearer {self._key}"), ("Content-Type", "application/json")),
            body=body,
            read_timeout=_SECONDS,
        )
        try:
            return await self._http.send(request)
        except (HttpRequestNodeError, ResponseSizeError) as error:
            raise ExternalKnowledgeError(f"The external knowledge server could not be asked: {error}") from error


def _records(answer: HttpResponse) -> list[ExternalRecord]:
    try:
        value: object = json.loads(answer.body)
    except ValueError as error:
        raise ExternalKnowledgeError(
            "The external knowledge server answered with something that is no JSON."
        ) from error
    records = cast("Mapping[str, object]", value).get("records") if isinstance(value, dict) else None
    if not isinstance(records, Sequence) or isinstance(records, str):
        raise ExternalKnowledgeError('The external knowledge server answered without a list of "records".')
    entries = cast("Sequence[object]", records)
    return [_record(cast("Mapping[str, object]", entry)) for entry in entries if isinstance(entry, Mapping)]


def _record(given: Mapping[str, object]) -> ExternalRecord:
    score, metadata = given.get("score"), given.get("metadata")
    return ExternalRecord(
        content=str(given.get("content") or ""),
        score=float(score) if isinstance(score, int | float) else 0.0,
        title=str(given.get("title") or ""),
        metadata=dict(cast("Mapping[str, object]", metadata)) if isinstance(metadata, dict) else {},
    )
