"""Oracle Cloud called as the machine itself, against an instance's metadata and federation services."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.doubles.oci_machine import TENANCY, ScriptedInstance
from tests.doubles.oci_wire import ScriptedOracleCloud
from tests.models.vendors import ask, said, target_at, text_of
from treadle.engine.errors import InvokeAuthorizationError
from treadle.models.http import ModelHttp
from treadle.models.protocols.oci import OracleCloud
from treadle.models.protocols.oci_principal import INSTANCE, RESOURCE

MODEL = "meta.llama-3.3-70b-instruct"


@pytest.fixture
async def cloud() -> AsyncIterator[ScriptedOracleCloud]:
    async with ScriptedOracleCloud() as double:
        yield double


@pytest.fixture
async def instance(cloud: ScriptedOracleCloud, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedInstance]:
    async with ScriptedInstance(cloud) as double:
        monkeypatch.setenv("OCI_METADATA_BASE_URL", f"{double.origin}/opc/v2")
        monkeypatch.setenv("OCI_SDK_AUTH_CLIENT_REGION_URL", double.origin)
        yield double


async def test_an_instance_calls_with_a_token_that_it_keeps(
    http: ModelHttp, cloud: ScriptedOracleCloud, instance: ScriptedInstance
) -> None:
    cloud.model_pages = [[{"displayName": "meta.llama", "capabilities": ["CHAT"]}]]
    cloud.reply("Grüße!")
    wire, target = OracleCloud(http), target_at(cloud.url, model=MODEL, authentication_method=INSTANCE)
    assert text_of(await said(wire, target, ask())) == "Grüße!"
    assert cloud.requests[-1].json["compartmentId"] == TENANCY
    assert len((await wire.embed(target, ["a"], "query")).vectors) == 1
    assert [each.name for each in await wire.list_models(target)] == ["meta.llama"]
    assert instance.tokens == 1


async def test_a_token_that_ends_is_replaced(
    http: ModelHttp, cloud: ScriptedOracleCloud, instance: ScriptedInstance
) -> None:
    instance.lasts = 60
    target = target_at(cloud.url, model=MODEL, authentication_method=INSTANCE, compartment_ocid="ocid1.compartment.2")
    for _ in range(2):
        await OracleCloud(http).complete(target, ask())
    assert instance.tokens == 2
    assert cloud.requests[-1].json["compartmentId"] == "ocid1.compartment.2"


async def test_a_machine_elsewhere_is_told_so(http: ModelHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCI_METADATA_BASE_URL", "http://127.0.0.1:9/opc/v2")
    target = target_at("http://127.0.0.1:9", model=MODEL, authentication_method=INSTANCE)
    with pytest.raises(InvokeAuthorizationError, match=r"no instance of Oracle Cloud .* Store a user's key"):
        await OracleCloud(http).complete(target, ask())


async def test_a_machine_shows_its_identity_to_oracle_alone(http: ModelHttp) -> None:
    target = target_at("https://evil.example", model=MODEL, authentication_method=INSTANCE)
    with pytest.raises(InvokeAuthorizationError, match=r"only used at addresses of Oracle Cloud, not at https://evil"):
        await OracleCloud(http).complete(target, ask())


async def test_a_resource_calls_with_what_its_environment_names(
    http: ModelHttp, cloud: ScriptedOracleCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = target_at(cloud.url, model=MODEL, authentication_method=RESOURCE)
    with pytest.raises(InvokeAuthorizationError, match="no resource of Oracle Cloud"):
        await OracleCloud(http).complete(target, ask())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode({"exp": time.time() + 600, "res_tenant": "ocid1.tenancy.7"}, "s" * 32)
    cloud.sessions[token] = key.public_key()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "rpst").write_text(token, "utf-8")
    (tmp_path / "key.pem").write_bytes(pem)
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", str(tmp_path / "rpst"))
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", str(tmp_path / "key.pem"))
    assert (await OracleCloud(http).complete(target, ask())).text
    assert cloud.requests[-1].json["compartmentId"] == "ocid1.tenancy.7"
