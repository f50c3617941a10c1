"""How calls of Oracle Cloud are authorised: an RSA signature over date, target, host and the digest of the body.

Source: the vendor's description of request signatures; spec models-and-tools §1.20 (`oci`).
"""

import base64
import binascii
import configparser
import hashlib
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from treadle.engine.errors import InvokeAuthorizationError
from treadle.models.target import Target

KEY_ID, KEY = "oci_session_key_id", "oci_session_key"
"""The settings by which a session of the machine's own signs, in place of a user's."""


def signed(target: Target, url: str, body: bytes) -> dict[str, str]:
    """The headers of a POST of JSON. Raises InvokeAuthorizationError."""
    return signature(target, url, body, key_id=_identity(target), pem=_key_text(target))


def signed_look_up(target: Target, url: str) -> dict[str, str]:
    """The headers of a GET. Raises InvokeAuthorizationError."""
    return signature(target, url, None, key_id=_identity(target), pem=_key_text(target))


def signature(
    target: Target, url: str, body: bytes | None, *, key_id: str, pem: str, with_host: bool = True
) -> dict[str, str]:
    """Date, host, what tells of a body (a POST; None for a GET), and a signature by this key over all of them."""
    parts = urlsplit(url)
    content: dict[str, str] = {}
    if body is not None:
        content = {
            "content-length": str(len(body)),
            "content-type": "application/json",
            "x-content-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
        }
    headers = {"date": formatdate(usegmt=True), "host": parts.netloc, **content}
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    values = {**headers, "(request-target)": f"{'get' if body is None else 'post'} {path}"}
    names = ("date", "(request-target)", *(("host",) if with_host else ()), *content)
    text = "\n".join(f"{name}: {values[name]}" for name in names)
    mark = _private_key(target, pem).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    headers["Authorization"] = (
        f'Signature algorithm="rsa-sha256",headers="{" ".join(names)}",keyId="{key_id}",'
        f'signature="{base64.b64encode(mark).decode()}",version="1"'
    )
    return headers


def _identity(target: Target) -> str:
    access = _access(target)
    session = target.settings.get(KEY_ID)
    return str(session) if session else "/".join(access[name] for name in ("tenancy", "user", "fingerprint"))


def compartment_of(target: Target) -> str:
    """The compartment that is charged: the form's, else the one of the configuration file, else the tenancy."""
    access = _access(target)
    return access.get("compartment_id") or access.get("compartment") or access["tenancy"]


def _access(target: Target) -> Mapping[str, str]:
    """Tenancy, user and fingerprint, from the form's fields or from the configuration file in it."""
    settings = {name: str(value) for name, value in target.settings.items()}
    content = settings.get("oci_config_content", "")
    if content:
        found = _configuration(target, content)
    else:
        fields = {"tenancy": "tenancy_ocid", "user": "user_ocid", "fingerprint": "fingerprint"}
        found = {name: settings[field].strip() for name, field in fields.items() if settings.get(field)}
    if compartment := settings.get("compartment_ocid"):
        found["compartment_id"] = compartment.strip()
    demanded = ("tenancy",) if KEY_ID in settings else ("tenancy", "user", "fingerprint")
    if missing := [name for name in demanded if not found.get(name)]:
        raise InvokeAuthorizationError(target.says(f"the credential names no {' and no '.join(missing)}; fill it in."))
    return found


def _configuration(target: Target, content: str) -> dict[str, str]:
    parser = configparser.ConfigParser()
    try:
        parser.read_string(_decoded(content))
        return dict(parser["DEFAULT"])
    except configparser.Error as error:
        raise InvokeAuthorizationError(
            target.says("oci_config_content is no configuration file of Oracle Cloud; paste the file ~/.oci/config.")
        ) from error


def _key_text(target: Target) -> str:
    if KEY in target.settings:
        return str(target.settings[KEY])
    return _decoded(str(target.settings.get("oci_key_content") or target.settings.get("key_content") or ""))


def _decoded(content: str) -> str:
    """The text itself, or what it holds as base64."""
    if "-----" in content or "=" in content.strip().rstrip("="):
        return content
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return content


def _private_key(target: Target, text: str) -> rsa.RSAPrivateKey:
    try:
        return _loaded(text)
    except (ValueError, TypeError) as error:
        raise InvokeAuthorizationError(
            target.says("the private key cannot be read; paste the PEM file that belongs to the fingerprint.")
        ) from error


@lru_cache(maxsize=16)
def _loaded(text: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(text.strip().replace("\\n", "\n").encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an RSA key is needed")
    return key
