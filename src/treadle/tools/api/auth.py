"""How requests to an API show who sends them. Source: spec models-and-tools §4.4 "Auth"."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from treadle.engine.values import JsonValue

from .failures import ApiDocumentError

AuthType: TypeAlias = Literal["none", "api_key_header", "api_key_query"]
Prefix: TypeAlias = Literal["basic", "bearer", "custom"]

SECRET = "api_key_value"
"""The only member of the credentials that is secret."""


class ApiCredentials(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key, and where in a request it goes."""

    auth_type: AuthType = "none"
    api_key_header: str = "Authorization"
    api_key_value: str = ""
    api_key_header_prefix: Prefix = "custom"
    api_key_query_param: str = "key"

    def header(self) -> tuple[str, str] | None:
        """The header that carries the key. A `user:password` after `Basic` is encoded as that header wants it."""
        if self.auth_type != "api_key_header":
            return None
        key = self.api_key_value
        match self.api_key_header_prefix:
            case "bearer":
                key = f"Bearer {key}"
            case "basic":
                key = f"Basic {b64encode(key.encode()).decode('ascii') if ':' in key else key}"
            case "custom":
                pass
        return self.api_key_header, key

    def query(self) -> tuple[str, str] | None:
        """The parameter of the address that carries the key."""
        return (self.api_key_query_param, self.api_key_value) if self.auth_type == "api_key_query" else None


def read_credentials(given: Mapping[str, JsonValue]) -> ApiCredentials:
    """The credentials of a filled-in form. Raises ApiDocumentError with a sentence."""
    kind = str(given.get("auth_type") or "none")
    kinds: dict[str, AuthType] = {
        "none": "none",
        "api_key": "api_key_header",
        "api_key_header": "api_key_header",
        "api_key_query": "api_key_query",
    }
    if kind not in kinds:
        raise ApiDocumentError(f"auth_type must be none, api_key_header or api_key_query, not {kind!r}.")
    if kinds[kind] == "none":
        return ApiCredentials()
    key = _line(given, "api_key_value")
    if not key:
        raise ApiDocumentError("api_key_value is missing: give the key that the API asks for.")
    if kinds[kind] == "api_key_query":
        return ApiCredentials(
            auth_type="api_key_query",
            api_key_value=key,
            api_key_query_param=_line(given, "api_key_query_param") or "key",
        )
    prefix = str(given.get("api_key_header_prefix") or "custom")
    if prefix not in ("basic", "bearer", "custom"):
        raise ApiDocumentError(f"api_key_header_prefix must be basic, bearer or custom, not {prefix!r}.")
    return ApiCredentials(
        auth_type="api_key_header",
        api_key_value=key,
        api_key_header=_line(given, "api_key_header") or "Authorization",
        api_key_header_prefix=prefix,
    )


def _line(given: Mapping[str, JsonValue], name: str) -> str:
    text = str(given.get(name) or "").strip()
    if any(ord(letter) < 32 for letter in text):
        raise ApiDocumentError(f"{name} must not have line breaks or control characters.")
    return text


CREDENTIAL_FORM: list[JsonValue] = [
    {
        "name": "auth_type",
        "type": "select",
        "required": True,
        "default": "none",
        "options": [
            {"value": "none", "label": {"en_US": "None", "zh_Hans": "无"}},
            {"value": "api_key_header", "label": {"en_US": "API key in a header", "zh_Hans": "请求头中的密钥"}},
            {"value": "api_key_query", "label": {"en_US": "API key in the query", "zh_Hans": "查询参数中的密钥"}},
        ],
        "placeholder": {"en_US": "How requests are authorized", "zh_Hans": "请求的鉴权方式"},
    },
    {
        "name": "api_key_header",
        "type": "text-input",
        "required": False,
        "default": "Authorization",
        "placeholder": {"en_US": "Name of the header", "zh_Hans": "请求头名称"},
    },
    {
        "name": "api_key_header_prefix",
        "type": "select",
        "required": False,
        "default": "custom",
        "options": [
            {"value": "basic", "label": {"en_US": "Basic", "zh_Hans": "Basic"}},
            {"value": "bearer", "label": {"en_US": "Bearer", "zh_Hans": "Bearer"}},
            {"value": "custom", "label": {"en_US": "Nothing before it", "zh_Hans": "无前缀"}},
        ],
    },
    {
        "name": "api_key_query_param",
        "type": "text-input",
        "required": False,
        "default": "key",
        "placeholder": {"en_US": "Name of the query parameter", "zh_Hans": "查询参数名称"},
    },
    {
        "name": "api_key_value",
        "type": "secret-input",
        "required": False,
        "default": "",
        "placeholder": {"en_US": "The key", "zh_Hans": "密钥"},
    },
]
"""The fields of the credentials, as the console API shows them."""
