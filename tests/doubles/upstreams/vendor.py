"""A vendor's API as a table: per endpoint, what a request must hold and what is answered.

A request with a parameter that the vendor does not document, a missing one, a wrong key or a body of another shape is
refused as the vendor refuses it, and recorded as a violation.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web
from jsonschema import Draft202012Validator

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import Form, JsonValue, Request

Answer: TypeAlias = "JsonValue | bytes | web.Response"

ANY = ".+"


@dataclass(frozen=True)
class Endpoint:
    """`query`, `headers` and `form` give a pattern per name that the whole value matches; a name with a `?` at its end
    may be absent. `body` is a JSON Schema, whose objects admit what they name alone. `answer` is given, or made from
    the request."""

    method: str
    path: str
    answer: "Answer | Callable[[Request], Answer]"
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    form: Mapping[str, str] | None = None
    files: Sequence[str] = ()
    body: Mapping[str, Any] | None = None
    kind: str = "application/octet-stream"
    """The content type of an answer in bytes."""
    raw: bool = False
    """Whether it takes a body of its own kind, which `answer` looks at."""
    open: bool = False
    """Whether it answers without a key."""


@dataclass(frozen=True)
class Key:
    """Where a vendor expects the key: `header` or `query` parameter of this name, holding exactly `value`."""

    where: str
    name: str
    value: str
    status: int = 401
    refusal: Answer = None


class Vendor(HttpDouble):
    """A double made of endpoints. `failures` are answered first, one for each request."""

    def __init__(self, *endpoints: Endpoint, key: Key | None = None) -> None:
        super().__init__()
        self.endpoints = endpoints
        self.key = key
        self.failures: list[tuple[int, Answer]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.route(each.method, each.path, self._serving(each)) for each in self.endpoints]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": {"message": refused.message}}

    def fail(self, status: int, answer: Answer = None) -> None:
        """Answers the next request so."""
        self.failures.append((status, answer))

    def _serving(self, endpoint: Endpoint) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            recorded = request[RECORDED]
            if self.failures:
                status, answer = self.failures.pop(0)
                return _response(answer, status)
            if self.key is not None and not endpoint.open and not _has_key(recorded, self.key):
                return _response(self.key.refusal, self.key.status)
            _check_values("query parameter", dict(recorded.query), _without_key(endpoint, self.key))
            _check_values("header", recorded.headers, endpoint.headers, closed=False)
            _check_body(recorded, endpoint)
            answer = endpoint.answer(recorded) if callable(endpoint.answer) else endpoint.answer
            return _response(answer, 200, endpoint.kind)

        return serve


def form_of(recorded: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(recorded.body.fields) if isinstance(recorded.body, Form) else {}


def obj(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON Schema of an object with exactly these members; a member that is no schema is the value itself."""
    members = {name: _schema(value) for name, value in {**required, **(optional or {})}.items()}
    return {"type": "object", "properties": members, "required": [*required], "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}


def _schema(value: Any) -> Any:
    return value if isinstance(value, dict) and ("type" in value or "enum" in value) else {"const": value}


def _without_key(endpoint: Endpoint, key: Key | None) -> Mapping[str, str]:
    return {**endpoint.query, key.name: ANY} if key and key.where == "query" and not endpoint.open else endpoint.query


def _has_key(recorded: Request, key: Key) -> bool:
    if key.where == "query":
        return dict(recorded.query).get(key.name) == key.value
    return recorded.headers.get(key.name.lower()) == key.value


def _check_values(what: str, values: Mapping[str, str], wanted: Mapping[str, str], *, closed: bool = True) -> None:
    for name, pattern in wanted.items():
        bare = name.removesuffix("?")
        value = values.get(bare if closed else bare.lower())
        if value is None:
            if not name.endswith("?"):
                raise Refused(400, f"The {what} {name} is missing.", kind="schema", param=name)
        elif not re.fullmatch(pattern, value, re.DOTALL):
            raise Refused(400, f"The {what} {name} is {value!r}, not {pattern}.", kind="schema", param=name)
    if closed and (unknown := values.keys() - {name.removesuffix("?") for name in wanted}):
        raise Refused(400, f"Unknown {what} {', '.join(sorted(unknown))}.", kind="schema")


def _check_body(recorded: Request, endpoint: Endpoint) -> None:
    if endpoint.form is not None:
        if not isinstance(recorded.body, Form):
            raise Refused(400, "The body is no form.", kind="schema")
        _check_values("field", dict(recorded.body.fields), endpoint.form)
        if sorted(part.field for part in recorded.body.files) != sorted(endpoint.files):
            raise Refused(400, f"The body must hold the files {endpoint.files}.", kind="schema")
    elif endpoint.body is not None:
        if recorded.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refused(400, "The body is not sent as application/json.", kind="schema")
        error = next(iter(Draft202012Validator(endpoint.body).iter_errors(recorded.body)), None)
        if error is not None:
            raise Refused(400, f"{error.json_path}: {error.message}", kind="schema")
    elif recorded.raw and not endpoint.raw:
        raise Refused(400, "This request takes no body.", kind="schema")


def _response(answer: Answer, status: int, kind: str = "text/html") -> web.Response:
    if isinstance(answer, web.Response):
        return answer
    if isinstance(answer, bytes):
        return web.Response(body=answer, status=status, content_type=kind)
    return web.Response(text=json.dumps(answer, ensure_ascii=False), status=status, content_type="application/json")
