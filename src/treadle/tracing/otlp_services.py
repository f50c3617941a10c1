"""The services that take OpenTelemetry traces, each with the form that its own documents ask for.

Sources: opentelemetry.io (exporter); comet.com/docs/opik (OpenTelemetry); docs.wandb.ai/weave (OTel);
arize.com/docs/phoenix and arize.com/docs/ax (OpenTelemetry).
"""

from base64 import b64encode

from .otlp import Collector, OtlpService, address, headers_of
from .providers import Config, ConfigField

_PROJECT = "openinference.project.name"
_KEY = ConfigField(name="api_key", secret=True)
_ANY_URL = ("https", "http")


def _any(config: Config) -> Collector:
    headers = headers_of(config["headers"])
    return Collector(address(config["endpoint"]), headers, {"service.name": config["service_name"]})


def _opik(config: Config) -> Collector:
    headers = {"projectName": config["project"]}
    if config["api_key"]:
        headers["Authorization"] = config["api_key"]
    if config["workspace"]:
        headers["Comet-Workspace"] = config["workspace"]
    return Collector(f"{config['url']}/v1/private/otel/v1/traces", headers)


def _weave(config: Config) -> Collector:
    login = b64encode(f"api:{config['api_key']}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "project_id": f"{config['entity']}/{config['project']}"}
    resource = {"wandb.entity": config["entity"], "wandb.project": config["project"]}
    return Collector(f"{config['endpoint']}/otel/v1/traces", headers, resource)


def _phoenix(config: Config) -> Collector:
    headers = {"Authorization": f"Bearer {config['api_key']}"} if config["api_key"] else {}
    return Collector(address(config["endpoint"]), headers, {_PROJECT: config["project"]})


def _arize(config: Config) -> Collector:
    headers = {"arize-space-id": config["space_id"], "arize-api-key": config["api_key"]}
    headers |= {"space_id": config["space_id"], "api_key": config["api_key"]}
    return Collector(address(config["endpoint"]), headers, {_PROJECT: config["project"]})


OTLP_SERVICES = (
    OtlpService(
        "opik",
        (
            ConfigField(name="api_key", secret=True, required=False),
            ConfigField(name="project", default="Default Project"),
            ConfigField(name="workspace", required=False),
            ConfigField(name="url", default="https://www.comet.com/opik/api", url=_ANY_URL),
        ),
        _opik,
    ),
    OtlpService(
        "weave",
        (
            _KEY,
            ConfigField(name="entity"),
            ConfigField(name="project"),
            ConfigField(name="endpoint", default="https://trace.wandb.ai", url=_ANY_URL),
        ),
        _weave,
        lambda config: f"https://wandb.ai/{config['entity']}/{config['project']}/weave",
    ),
    OtlpService(
        "phoenix",
        (
            ConfigField(name="api_key", secret=True, required=False),
            ConfigField(name="project", default="default"),
            ConfigField(name="endpoint", default="http://localhost:6006", url=_ANY_URL),
        ),
        _phoenix,
        lambda config: config["endpoint"].removesuffix("/v1/traces"),
    ),
    OtlpService(
        "arize",
        (
            _KEY,
            ConfigField(name="space_id", secret=True),
            ConfigField(name="project"),
            ConfigField(name="endpoint", default="https://otlp.arize.com", url=_ANY_URL),
        ),
        _arize,
    ),
    OtlpService(
        "otlp",
        (
            ConfigField(name="endpoint", default="http://localhost:4318", url=_ANY_URL),
            ConfigField(name="headers", secret=True, required=False),
            ConfigField(name="service_name", default="treadle"),
        ),
        _any,
    ),
)
