"""Calls of Oracle Cloud as the machine itself: an instance's certificate, or what a resource is given, for a token.

An instance shows the certificate that its metadata service hands out to the regional federation service, which answers
with a token for a key made for the session. A function, a container or a notebook finds token and key where its
environment says. Source: the vendor's description of instance and resource principals, and of the metadata service.
"""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from treadle.engine.errors import InvokeAuthorizationError, InvokeError
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import content_of, fetch, send
from .failures import unreadable
from .oci_signing import KEY, KEY_ID, signature
from .rerank_http import refused

INSTANCE, RESOURCE = "instance_principal_authentication", "resource_principal_authentication"

_METADATA = "http://169.254.169.254/opc/v2"
_ASKED_AS = {"Authorization": "Bearer Oracle"}
_MARGIN = 120
_OF_ORACLE = (".oraclecloud.com", ".oraclegovcloud.com", ".oraclegovcloud.uk", ".oraclecloud.eu")
_TENANCY = ("opc-tenant:", "opc-identity:")


@dataclass(frozen=True, slots=True)
class Session:
    """A token, the key that calls with it are signed with, the tenancy, and when it ends (seconds since the epoch)."""

    token: str
    pem: str
    tenancy: str
    ends: float


class _Region(msgspec.Struct, rename="camel"):
    region_identifier: str
    realm_domain_component: str = "oraclecloud.com"


class _Granted(msgspec.Struct):
    token: str


_kept: dict[str, Session] = {}
"""The instance's session, by the address of its metadata service."""


async def opened(http: ModelHttp, target: Target) -> Target:
    """`target` with what signs its calls, where it is to be called as this machine. Raises InvokeError."""
    method = target.settings.get("authentication_method")
    if method not in (INSTANCE, RESOURCE):
        return target
    host = urlsplit(target.base_url).hostname or ""
    if not (host in ("localhost", "127.0.0.1", "::1") or host.endswith(_OF_ORACLE)):
        raise InvokeAuthorizationError(
            target.says(f"this machine's identity is only used at addresses of Oracle Cloud, not at {target.base_url}.")
        )
    session = await _of_instance(http, target) if method == INSTANCE else _of_resource(target)
    settings = {**target.settings, KEY_ID: f"ST${session.token}", KEY: session.pem, "tenancy_ocid": session.tenancy}
    return replace(target, settings=settings, secrets=(*target.secrets, session.token))


async def _of_instance(http: ModelHttp, target: Target) -> Session:
    base = os.environ.get("OCI_METADATA_BASE_URL", "").strip().rstrip("/") or _METADATA
    session = _kept.get(base)
    if session is None or session.ends < time.time():
        try:
            session = await _federated(http, target, base)
        except InvokeError as error:
            raise InvokeAuthorizationError(
                target.says(
                    "this machine is no instance of Oracle Cloud that may act for itself "
                    f"({error}). Store a user's key, or add the instance to a dynamic group with a policy."
                )
            ) from error
        _kept[base] = session
    return session


async def _federated(http: ModelHttp, target: Target, base: str) -> Session:
    async def told(path: str) -> bytes:
        return await fetch(http, target, f"{base}/{path}", _ASKED_AS, refused)

    sent = await told("instance/regionInfo")
    try:
        region = msgspec.json.decode(sent, type=_Region)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    leaf, key = await told("identity/cert.pem"), await told("identity/key.pem")
    intermediate = _bare((await told("identity/intermediate.pem")).decode())
    try:
        certificate = x509.load_pem_x509_certificate(leaf)
        tenancy = _tenancy(certificate)
    except ValueError as error:
        raise unreadable(target, b"the metadata service gave no certificate of a tenancy") from error
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    asked = {"certificate": _bare(leaf.decode()), "publicKey": _bare(public.decode())}
    body = msgspec.json.encode({**asked, "intermediateCertificates": [intermediate]})
    url = os.environ.get("OCI_SDK_AUTH_CLIENT_REGION_URL", "").strip().rstrip("/")
    url = url or f"https://auth.{region.region_identifier}.{region.realm_domain_component}"
    mark = ":".join(f"{byte:02X}" for byte in certificate.fingerprint(hashes.SHA1()))
    headers = signature(
        target, f"{url}/v1/x509", body, key_id=f"{tenancy}/fed-x509/{mark}", pem=key.decode(), with_host=False
    )
    response = await send(http, target, f"{url}/v1/x509", body, headers, refused)
    try:
        sent = await content_of(target, response)
    finally:
        response.close()
    try:
        token = msgspec.json.decode(sent, type=_Granted).token
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, b"an answer of the federation service that is no token") from error
    pem = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return Session(token, pem, tenancy, _ends(token))


def _of_resource(target: Target) -> Session:
    """Version 2.2: token and key stand in the environment, or in files that it names and that change by themselves."""
    token, pem = _given("OCI_RESOURCE_PRINCIPAL_RPST"), _given("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")
    if os.environ.get("OCI_RESOURCE_PRINCIPAL_VERSION") != "2.2" or not token or not pem:
        raise InvokeAuthorizationError(
            target.says(
                "this process is no resource of Oracle Cloud that may act for itself: OCI_RESOURCE_PRINCIPAL_VERSION, "
                "_RPST and _PRIVATE_PEM are not all set. Store a user's key."
            )
        )
    try:
        tenancy = str(jwt.decode(token, options={"verify_signature": False}).get("res_tenant", ""))
    except jwt.PyJWTError as error:
        raise InvokeAuthorizationError(target.says("OCI_RESOURCE_PRINCIPAL_RPST holds no token.")) from error
    return Session(token, pem, tenancy, _ends(token))


def _given(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if value.startswith("/"):
        try:
            return Path(value).read_text("utf-8").strip()
        except OSError:
            return ""
    return value


def _tenancy(certificate: x509.Certificate) -> str:
    """Raises ValueError."""
    for attribute in certificate.subject:
        for prefix in _TENANCY:
            if isinstance(attribute.value, str) and attribute.value.startswith(prefix):
                return attribute.value.removeprefix(prefix)
    raise ValueError("no tenancy")


def _ends(token: str) -> float:
    try:
        stated = jwt.decode(token, options={"verify_signature": False}).get("exp")
    except jwt.PyJWTError:
        stated = None
    return float(stated) - _MARGIN if isinstance(stated, int | float) else time.time() + _MARGIN


def _bare(pem: str) -> str:
    """The base64 of a PEM alone."""
    return "".join(line.strip() for line in pem.splitlines() if not line.startswith("-----"))
