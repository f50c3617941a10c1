"""An instance of Oracle Cloud: its metadata service, and the federation service that trusts its certificate."""

import base64
import datetime
import hashlib
import re
import time

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.oci_wire import ScriptedOracleCloud
from tests.doubles.recording import JsonValue

TENANCY = "ocid1.tenancy.1"
_SIGNED = ["date", "(request-target)", "content-length", "content-type", "x-content-sha256"]


class ScriptedInstance(HttpDouble):
    """Tokens that it gives open `cloud`. `lasts`: for how many seconds."""

    def __init__(self, cloud: ScriptedOracleCloud) -> None:
        super().__init__()
        self.cloud = cloud
        self.lasts = 1200
        self.tokens = 0
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._leaf = certificate(self._key)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/opc/v2/instance/regionInfo", self._region),
            web.get("/opc/v2/identity/{file}", self._identity),
            web.post("/v1/x509", self._federate),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"code": "NotAuthenticated", "message": refused.message}

    def _asked_well(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != "Bearer Oracle":
            raise Refused(403, "Version 2 of the metadata service demands Authorization: Bearer Oracle", kind="auth")

    async def _region(self, request: web.Request) -> web.StreamResponse:
        self._asked_well(request)
        return web.json_response(
            {
                "realmDomainComponent": "oraclecloud.com",
                "realmKey": "oc1",
                "regionIdentifier": "eu-frankfurt-1",
                "regionKey": "FRA",
            }
        )

    async def _identity(self, request: web.Request) -> web.StreamResponse:
        self._asked_well(request)
        pem = serialization.Encoding.PEM
        match request.match_info["file"]:
            case "cert.pem" | "intermediate.pem":
                return web.Response(body=self._leaf.public_bytes(pem))
            case "key.pem":
                form = serialization.PrivateFormat.TraditionalOpenSSL
                return web.Response(body=self._key.private_bytes(pem, form, serialization.NoEncryption()))
            case _:
                raise Refused(404, "not found")

    async def _federate(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        given = dict(re.findall(r'(\w+)="([^"]*)"', recorded.headers.get("authorization", "")))
        mark = ":".join(f"{byte:02X}" for byte in self._leaf.fingerprint(hashes.SHA1()))
        if given["keyId"] != f"{TENANCY}/fed-x509/{mark}" or given["headers"].split() != _SIGNED:
            raise Refused(401, "The required information to complete authentication was not provided.", kind="auth")
        if recorded.headers["x-content-sha256"] != base64.b64encode(hashlib.sha256(recorded.raw).digest()).decode():
            raise Refused(401, "The digest of the body is wrong.", kind="auth")
        values = {**recorded.headers, "(request-target)": "post /v1/x509"}
        text = "\n".join(f"{name}: {values[name]}" for name in _SIGNED)
        try:
            self._key.public_key().verify(
                base64.b64decode(given["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature as error:
            raise Refused(401, "Failed to verify the HTTP(S) Signature", kind="auth") from error
        body = recorded.json
        if set(body) != {"certificate", "publicKey", "intermediateCertificates"}:
            raise Refused(400, f"unexpected {sorted(body)}")
        if x509.load_der_x509_certificate(base64.b64decode(body["certificate"])) != self._leaf:
            raise Refused(401, "another certificate", kind="auth")
        public = serialization.load_der_public_key(base64.b64decode(body["publicKey"]))
        assert isinstance(public, rsa.RSAPublicKey)
        self.tokens += 1
        token = jwt.encode({"exp": time.time() + self.lasts, "n": self.tokens}, "s" * 32)
        self.cloud.sessions[token] = public
        return web.json_response({"token": token})


def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """An instance's certificate, which names its tenancy."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "ocid1.instance.1"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "opc-certtype:instance"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"opc-tenant:{TENANCY}"),
        ]
    )
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
