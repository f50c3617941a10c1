"""An external knowledge endpoint (service-api.md §6) that searches its records by shared words."""

from dataclasses import dataclass, field

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request


@dataclass(frozen=True)
class Record:
    """One piece of knowledge."""

    content: str
    title: str
    metadata: dict[str, JsonValue] | None = field(default_factory=dict[str, JsonValue])


class ExternalKnowledge(HttpDouble):
    """The service whose `url` is the registered endpoint; the product itself appends `/retrieval`."""

    def __init__(self, *, key: str = "knowledge-key") -> None:
        super().__init__()
        self.key = key
        self.records: dict[str, list[Record]] = {
            "port-docs": [
                Record("No swimming in the harbour.", "rules.md", {"path": "rules.md", "port": "Bergen"}),
                Record("The ferry leaves at nine.", "ferry.md", {"path": "ferry.md", "port": "Oslo"}),
            ]
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/retrieval", self._retrieve)]

    def admit(self, recorded: Request) -> None:
        if recorded.bearer is None:
            raise Refused(403, "Malformed Authorization header.", kind="auth", code="1001")
        if recorded.bearer != self.key:
            raise Refused(403, "Authorisation failed.", kind="auth", code="1002")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error_code": int(refused.code or 1000), "error_msg": refused.message}

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        if not recorded.raw:  # the probe that a platform sends when the endpoint is registered
            raise Refused(400, "An empty request.", kind=None)
        body = self.json_body(recorded, "extension/retrieval")
        records = self.records.get(str(body["knowledge_id"]))
        if records is None:
            raise Refused(404, "No such knowledge.", kind=None, code="2001")
        setting = recorded.json["retrieval_setting"]
        wanted = set(vectors.features(str(body["query"])))
        scored = [
            (len(wanted & set(vectors.features(record.content))) / max(len(wanted), 1), record) for record in records
        ]
        best = sorted(scored, key=lambda pair: -pair[0])[: setting["top_k"]]
        return web.json_response(
            {
                "records": [
                    {"content": record.content, "score": score, "title": record.title, "metadata": record.metadata}
                    for score, record in best
                    if score >= setting["score_threshold"]
                ]
            }
        )
