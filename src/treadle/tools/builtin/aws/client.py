"""Calls of AWS, signed with the keys that were entered (Signature Version 4); botocore does the signing.

It takes a tenth of a second to import, so it is imported where it is used. The role of the machine itself is not for
tools: whoever edits an app could do with it what the operator may do.
"""

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.ports import HttpResponse
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import decoded, send

T = TypeVar("T")

_SIGNED_FOR = {
    "runtime": "bedrock",
    "agents": "bedrock",
    "lambda": "lambda",
    "sagemaker": "sagemaker",
    "transcribe": "transcribe",
}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def region(call: Call) -> str:
    """The region that is called. Raises ToolParameterError."""
    name = call.text("aws_region") or call.credential("aws_region")
    if not _REGION.fullmatch(name):
        raise ToolParameterError(f'"{name}" is no region of AWS; write one like us-east-1.')
    return name


async def asked(
    call: Call,
    answer: type[T],
    service: str,
    path: str,
    body: Mapping[str, JsonValue] | None,
    *,
    target: str = "",
    timeout: float = 60,
) -> T:
    """What a service that speaks JSON answers to a POST, or to a GET without a body.

    `target` is the operation where one address serves several. Raises ToolCredentialsError and ToolInvokeError.
    """
    from botocore.auth import SigV4Auth

    url, method = address(call, service, path), "GET" if body is None else "POST"
    data = b"" if body is None else msgspec.json.encode(body)
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/x-amz-json-1.1" if target else "application/json"
    if target:
        headers["X-Amz-Target"] = target
    signed = _signed(SigV4Auth(_keys(call), _SIGNED_FOR[service], region(call)), method, url, data, headers)
    return decoded(await send(call, method, url, headers=signed, body=data or None, timeout=timeout), answer)


async def in_s3(
    call: Call,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    kind: str = "text/plain; charset=utf-8",
    timeout: float = 60,
) -> HttpResponse:
    """One exchange with S3. Raises ToolCredentialsError and ToolInvokeError."""
    from botocore.auth import S3SigV4Auth

    url = address(call, "s3", path)
    headers = {} if body is None else {"Content-Type": kind}
    signed = _signed(S3SigV4Auth(_keys(call), "s3", region(call)), method, url, body or b"", headers)
    return await send(call, method, url, headers=signed, body=body, timeout=timeout)


async def who_am_i(call: Call) -> None:
    """See that the keys are good, which costs nothing. Raises ToolCredentialsError and ToolInvokeError."""
    from botocore.auth import SigV4Auth

    url, data = f"{address(call, 'identity', '/')}", b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    signed = _signed(SigV4Auth(_keys(call), "sts", region(call)), "POST", url, data, headers)
    await send(call, "POST", url, headers=signed, body=data)


def link(call: Call, path: str, seconds: int) -> str:
    """An address of a file in S3 that anybody can open for a while."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method="GET", url=address(call, "s3", path))
    S3SigV4QueryAuth(_keys(call), "s3", region(call), expires=seconds).add_auth(request)
    return f"{request.url}"


def path_in_s3(uri: str) -> str:
    """The path of a file below the address of S3. Raises ToolParameterError."""
    place = urlsplit(uri)
    if place.scheme != "s3" or not place.netloc or len(place.path) < 2:
        raise ToolParameterError(f'"{uri}" is no file in S3; write it like s3://bucket/folder/file.txt.')
    key = uri.removeprefix("s3://").partition("/")[2]
    return f"/{quote(place.netloc, safe='')}/{quote(key, safe='/-_.~')}"


def address(call: Call, service: str, path: str) -> str:
    """Where a service is in the call's region."""
    return call.urls[service].replace("{region}", region(call)) + path


def _keys(call: Call) -> object:
    from botocore.credentials import Credentials

    return Credentials(call.credential("aws_access_key_id"), call.credential("aws_secret_access_key"))


def _signed(signer: object, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    assert isinstance(signer, SigV4Auth)
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    signer.add_auth(request)
    return {name: str(value) for name, value in request.headers.items() if name != "Host"}
